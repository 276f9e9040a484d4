"""Experiment files: JSON with a versioned format, read strictly, written whole.

Reading goes in two steps: plain records first (sizes, types, unknown names), then blocks and recipes from the
catalogue. Nothing in a file is ever executed, and every fault is one sentence with the place in the file.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from typing import TYPE_CHECKING, Any

import msgspec

from cnnstudio.core.architecture import BLOCK_ID, Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.declare import DeclarationError, closest, from_plain, to_plain
from cnnstudio.core.edits import MAX_BLOCKS
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.layout import arrange
from cnnstudio.core.program import INPUT
from cnnstudio.core.recipe import DataRecipe, SourceSpec, TrainingRecipe, source_class
from cnnstudio.core.storage import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "cnnstudio-experiment"
MAJOR, MINOR = 1, 0
MAX_BYTES = 1024 * 1024
MAX_DEPTH = 16
FARTHEST = 1e7
"""Cards lie within this distance of the origin, in canvas pixels."""


class FileError(ValueError):
    """A file that cannot be read as an experiment; its text is one sentence for the person."""


class _BlockRecord(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    kind: str
    parameters: dict[str, Any] = {}
    inputs: list[str] = []
    position: tuple[float, float] | None = None


class _ArchitectureRecord(msgspec.Struct, forbid_unknown_fields=True):
    blocks: list[_BlockRecord]


class _SourceRecord(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    parameters: dict[str, Any] = {}


class _DataRecord(msgspec.Struct, forbid_unknown_fields=True):
    source: _SourceRecord
    parameters: dict[str, Any] = {}


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    name: str
    architecture: _ArchitectureRecord
    data: _DataRecord
    training: dict[str, Any]
    description: str = ""
    tags: list[str] = []


def write_experiment(experiment: Experiment) -> str:
    """The experiment as JSON text, every parameter spelled out, so that later defaults cannot change its meaning."""
    blocks = [
        {
            "id": b.id,
            "kind": b.spec.kind,
            "parameters": to_plain(b.spec),
            "inputs": list(b.inputs),
            "position": list(b.position),
        }
        for b in experiment.architecture.blocks.values()
    ]
    source = experiment.data.source
    document = {
        "format": f"{FORMAT} {MAJOR}.{MINOR}",
        "name": experiment.name,
        "description": experiment.description,
        "tags": list(experiment.tags),
        "architecture": {"blocks": blocks},
        "data": {
            "source": {"kind": source.kind, "parameters": to_plain(source)},
            "parameters": to_plain(experiment.data),
        },
        "training": to_plain(experiment.training),
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return _on_one_line(text) + "\n"


def _on_one_line(text: str) -> str:
    """Put lists of numbers and short texts on one line: [3, 3] rather than four lines."""
    plain = r'(?:-?[\d.e+]+|"[a-z0-9_]*")'
    short = re.compile(rf"\[\s*({plain}(?:,\s*{plain})*)\s*\](?=,?$)", re.MULTILINE)
    return short.sub(lambda m: "[" + ", ".join(p.strip() for p in m[1].split(",")) + "]", text)


def save_experiment(path: Path, experiment: Experiment) -> None:
    """Write the file, keeping the one before as a backup. Raises OSError with the old file untouched."""
    data = write_experiment(experiment).encode()
    if len(data) > MAX_BYTES:
        raise FileError(f"{path.name} would have {len(data):,} bytes; an experiment file has at most {MAX_BYTES:,}.")
    write_atomic(path, data, backup=True)


def load_experiment(path: Path) -> Experiment:
    """Read an experiment file. Raises FileError, whose sentence names the file."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FileError(f"{path} is not a file; choose an experiment file (.json).")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    return read_experiment(data, path.name)


def read_experiment(text: str | bytes, place: str) -> Experiment:
    """The experiment in a JSON text; `place` names it in errors. Raises FileError."""
    record = _read_record(text, place)
    try:
        architecture = _resolve(record.architecture)
        source: SourceSpec = from_plain(
            source_class(record.data.source.kind), record.data.source.parameters, "data source"
        )
        recipe: DataRecipe = from_plain(DataRecipe, record.data.parameters, "data")
        training: TrainingRecipe = from_plain(TrainingRecipe, record.training, "training")
        _hold_to_bounds(source, "data source")
        _hold_to_bounds(recipe, "data")
        _hold_to_bounds(training, "training")
        if recipe.validation + recipe.test > 0.9:
            raise DeclarationError(
                f"data: validation ({recipe.validation:g}) and test ({recipe.test:g}) together must leave at least "
                "0.1 for training."
            )
    except DeclarationError as error:
        raise FileError(f"{place}: {error}") from error
    data = DataRecipe(source=source, validation=recipe.validation, test=recipe.test, seed=recipe.seed)
    name = record.name[:200] or "Untitled"
    return Experiment(name, record.description[:10_000], tuple(record.tags[:32]), architecture, data, training)


def _hold_to_bounds(value: SourceSpec | DataRecipe | TrainingRecipe, place: str) -> None:
    """Recipes have no canvas card to show a fault on, so a value out of bounds is refused at the door."""
    for parameter in value.parameters:
        problem = parameter.problem(getattr(value, parameter.name))
        if problem:
            raise DeclarationError(f"{place}: {problem}")


def _read_record(text: str | bytes, place: str) -> _Record:
    data = text.encode() if isinstance(text, str) else text
    if len(data) > MAX_BYTES:
        raise FileError(f"{place} has more than {MAX_BYTES:,} bytes, the most an experiment file may have.")
    try:
        plain = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{place} is not an experiment: byte {error.start:,} is not UTF-8 text.") from error
    if _depth(plain) > MAX_DEPTH:
        raise FileError(f"{place} nests more than {MAX_DEPTH} levels deep, the most an experiment file may.")
    try:
        document = json.loads(
            plain, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_int=_int, parse_float=_float
        )
    except json.JSONDecodeError as error:
        raise FileError(f"{place} is not JSON: {error.msg.lower()} in line {error.lineno:,}.") from error
    except DeclarationError as error:
        raise FileError(f"{place}: {error}") from error
    _check_format(document, place)
    try:
        return msgspec.convert(document, _Record)
    except msgspec.ValidationError as error:
        raise FileError(f"{place}: {_explain(str(error), document)}") from error


def _check_format(document: object, place: str) -> None:
    given = document.get("format") if isinstance(document, dict) else None
    match = re.fullmatch(rf"{FORMAT} (\d{{1,6}})\.(\d{{1,6}})", given) if isinstance(given, str) else None
    if match is None:
        raise FileError(f'{place} is not an experiment: "format" must read "{FORMAT} {MAJOR}.{MINOR}".')
    if int(match[1]) > MAJOR:
        raise FileError(
            f"{place} was written by a newer CNN Studio (format {match[1]}.{match[2]}; this one reads {MAJOR}.x): "
            "update the studio to open it."
        )
    if int(match[1]) < 1:
        raise FileError(f"{place} has the unknown format version {match[1]}.{match[2]}; the first was 1.0.")


def _explain(message: str, document: Any) -> str:
    """msgspec's message with the place as a person reads it and the closest known name."""
    what, _, path = message.partition(" - at `")
    where = path.rstrip("`").removeprefix("$").lstrip(".") or "the document"
    unknown = re.search(r"unknown field `(.*)`", what, re.DOTALL)
    if unknown:
        records = (_Record, _ArchitectureRecord, _BlockRecord, _DataRecord, _SourceRecord)
        known = {name for record in records for name in record.__struct_fields__}
        return f'{where} has the unknown entry "{unknown[1][:60]}". {closest(unknown[1], known)}'
    missing = re.search(r"missing required field `(.*)`", what)
    if missing:
        return f'{where} lacks the entry "{missing[1]}".'
    return f"{where}: {what[:1].lower()}{what[1:].replace('`', '')}."


def _depth(text: str) -> int:
    deepest = depth = 0
    for bracket in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text):
        mark = bracket[0]
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAX_DEPTH:
                break
        elif mark in "]}":
            depth -= 1
    return deepest


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DeclarationError(f'the entry "{key[:60]}" stands twice in one object; keep one of them.')
        found[key] = value
    return found


def _no_constant(name: str) -> float:
    raise DeclarationError(f"{name} is not a number that an experiment may hold.")


def _int(digits: str) -> int:
    if len(digits) > 18:
        raise DeclarationError(f"the number {digits[:20]}... is too large.")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise DeclarationError(f"the number {digits[:20]} is too large.")
    return value


def _resolve(record: _ArchitectureRecord) -> Architecture:
    if len(record.blocks) > MAX_BLOCKS:
        raise DeclarationError(f"architecture has {len(record.blocks):,} blocks; the most is {MAX_BLOCKS:,}.")
    blocks: dict[str, Block] = {}
    for entry in record.blocks:
        place = f'block "{entry.id[:60]}"'
        if not BLOCK_ID.fullmatch(entry.id):
            raise DeclarationError(f'{place}: an id has lower-case letters, digits and "_" and starts with a letter.')
        if entry.id in blocks:
            raise DeclarationError(f"{place} stands twice in the architecture; ids must differ.")
        spec = from_plain(spec_class(entry.kind), entry.parameters, place)
        if (entry.id == INPUT) != (entry.kind == "Input"):
            raise DeclarationError(f'{place}: the Input block, and only it, has the id "{INPUT}".')
        x, y = entry.position or (0.0, 0.0)
        if not max(abs(x), abs(y)) <= FARTHEST:
            raise DeclarationError(
                f"{place}: position must lie within {FARTHEST:,.0f} of the origin, not at {x:g}, {y:g}."
            )
        blocks[entry.id] = Block(entry.id, spec, tuple(entry.inputs), (x, y))
    if INPUT not in blocks:
        raise DeclarationError(f'architecture lacks its Input block (id "{INPUT}").')
    for block in blocks.values():
        _check_inputs(block, blocks)
    return _placed(Architecture.of(blocks.values()), record)


def _check_inputs(block: Block, blocks: dict[str, Block]) -> None:
    for source in block.inputs:
        if source not in blocks:
            raise DeclarationError(
                f'block "{block.id}" reads "{source[:60]}", which is not there. {closest(source, blocks)}'
            )
        if blocks[source].spec.kind == "Output":
            raise DeclarationError(f'block "{block.id}" reads "{source}", but Output ends the network.')
    if len(set(block.inputs)) != len(block.inputs):
        raise DeclarationError(f'block "{block.id}" reads one block twice; name each input once.')
    most = block.spec.max_inputs
    if most is not None and len(block.inputs) > most:
        raise DeclarationError(f'block "{block.id}" takes at most {most} inputs, but has {len(block.inputs)}.')


def _placed(architecture: Architecture, record: _ArchitectureRecord) -> Architecture:
    """Cards without a position are laid out, all together, so that they do not lie on each other."""
    if all(entry.position is not None for entry in record.blocks):
        return architecture
    places = arrange(architecture)
    return Architecture.of(Block(b.id, b.spec, b.inputs, places[b.id]) for b in architecture.blocks.values())


def file_name(name: str) -> str:
    """A safe file stem for an experiment's name: "LeNet on digits" -> "lenet-on-digits"."""
    stem = re.sub(r"[^\w]+", "-", name.lower()).strip("-_")[:80]
    reserved = stem.split(".")[0] in {"con", "prn", "aux", "nul"} or re.fullmatch(r"(com|lpt)\d", stem)
    return f"{stem}-1" if reserved else stem or "untitled"


def same_file(a: Path, b: Path) -> bool:
    """Whether two paths name one file."""
    return os.path.normcase(os.path.abspath(a)) == os.path.normcase(os.path.abspath(b))
