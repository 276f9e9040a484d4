"""Experiment files: JSON with a versioned format, read strictly, written whole.

Reading goes in two steps: plain records first (sizes, types, unknown names), then blocks and recipes from the
catalogue. Nothing in a file is ever executed, and every fault is one sentence with the place in the file.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import stat
from typing import TYPE_CHECKING, Any

import msgspec

from cnnstudio.core.about import LONGEST_NOTES, Paper, checked_expected, checked_papers
from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.facts import MOST_CLASSES, PARTS, Facts
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.known import source_class
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.declare import D, DeclarationError, closest, from_plain, show, to_plain
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.block_records import (
    BlockRecord,
    CommentRecord,
    GroupRecord,
    plain_block,
    plain_comment,
    plain_group,
    read_blocks,
)
from cnnstudio.core.formats.faults import showable
from cnnstudio.core.formats.storage import open_regular, write_atomic
from cnnstudio.core.formats.strict_json import MAX_BYTES, MAX_DEPTH, FileError, Format, read_json, write_json
from cnnstudio.core.formats.weights_store import lay_beside
from cnnstudio.core.program import INPUT
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.architecture import Architecture
    from cnnstudio.core.data.sources import SourceSpec

__all__ = [
    "FORM",
    "FORMAT",
    "MAJOR",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MINOR",
    "FileError",
    "bounded",
    "file_name",
    "load_experiment",
    "read_experiment",
    "read_whole",
    "same_file",
    "save_experiment",
    "write_experiment",
]

FORMAT = "cnnstudio-experiment"
MAJOR, MINOR = 1, 4


class _ArchitectureRecord(msgspec.Struct, forbid_unknown_fields=True):
    blocks: list[BlockRecord]
    groups: list[GroupRecord] = []
    comments: list[CommentRecord] = []


class _SourceRecord(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    parameters: dict[str, Any] = {}
    facts: Facts | None = None


class _DataRecord(msgspec.Struct, forbid_unknown_fields=True):
    source: _SourceRecord
    parameters: dict[str, Any] = {}
    preparation: dict[str, Any] = {}
    augmentation: dict[str, Any] = {}


class _PaperRecord(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    authors: str = ""
    year: int = 0
    link: str = ""


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    name: str
    architecture: _ArchitectureRecord
    data: _DataRecord
    training: dict[str, Any]
    description: str = ""
    tags: list[str] = []
    weights: str = ""
    papers: list[_PaperRecord] = []
    expected: dict[str, float] = {}
    notes: str = ""


FORM = Format(
    FORMAT,
    MAJOR,
    MINOR,
    "an experiment",
    _Record,
    (_ArchitectureRecord, BlockRecord, GroupRecord, CommentRecord, _DataRecord, _SourceRecord, _PaperRecord, Facts),
)
MOST_CELLS = 1 << 40
"""Of anything counted in the facts of a scan."""
MOST_TAGS = 32
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def write_experiment(experiment: Experiment) -> str:
    """The experiment as JSON text, every parameter spelled out, so that later defaults cannot change its meaning."""
    data = experiment.data
    document: dict[str, Any] = {
        "format": FORM.head,
        "name": experiment.name,
        "description": experiment.description,
        "tags": list(experiment.tags),
        **_plain_about(experiment),
        "architecture": _plain_architecture(experiment.architecture),
        "data": {
            "source": plain_source(data.source),
            "preparation": to_plain(data.preparation),
            "augmentation": to_plain(data.augmentation),
            "parameters": to_plain(data),
        },
        "training": to_plain(experiment.training),
    }
    if experiment.weights:
        document["weights"] = experiment.weights
    return write_json(document)


def _plain_about(experiment: Experiment) -> dict[str, Any]:
    """What not every experiment says about itself: left out where there is nothing."""
    plain: dict[str, Any] = {}
    if experiment.papers:
        plain["papers"] = [_plain_paper(paper) for paper in experiment.papers]
    if experiment.expected:
        plain["expected"] = dict(experiment.expected)
    if experiment.notes:
        plain["notes"] = experiment.notes
    return plain


def _plain_paper(paper: Paper) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(paper).items() if value}


def _plain_architecture(architecture: Architecture) -> dict[str, Any]:
    plain: dict[str, Any] = {"blocks": [plain_block(b) for b in architecture.blocks.values()]}
    if architecture.groups:
        plain["groups"] = [plain_group(g) for g in architecture.groups.values()]
    if architecture.comments:
        plain["comments"] = [plain_comment(c) for c in architecture.comments.values()]
    return plain


def save_experiment(path: Path, experiment: Experiment) -> str:
    """Write the file, and beside it the weights that the experiment starts from; the ones before are kept as backups.

    The sentence why the weights are not beside it, "" when all is well. Raises OSError with the old file untouched.
    """
    write_file(path, experiment)
    return lay_beside(experiment.weights, path) if experiment.weights else ""


def write_file(path: Path, experiment: Experiment) -> None:
    """Write the file alone; its weights are left to the caller. Raises OSError and FileError, the old one untouched."""
    data = write_experiment(experiment).encode()
    if len(data) > MAX_BYTES:
        raise FileError(f"{path.name} would have {len(data):,} bytes; an experiment file has at most {MAX_BYTES:,}.")
    write_atomic(path, data, backup=True)


def load_experiment(path: Path) -> Experiment:
    """Read an experiment file; its weights are `weights_store.adopt`'s. Raises FileError, which names the file."""
    return read_experiment(read_whole(path, "an experiment file (.json)"), path.name)


def read_whole(path: Path, wanted: str) -> bytes:
    """What a file holds, a byte past the most a document may have at the most. Raises FileError, which names the file.

    `wanted` says what to choose where it is none: a folder, or a pipe that would be waited for.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileError(f"{path} is not a file; choose {wanted}.")
        with open_regular(path) as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error


def read_experiment(text: str | bytes, place: str) -> Experiment:
    """The experiment in a JSON text; `place` names it in errors. Raises FileError."""
    record = read_json(text, place, FORM)
    try:
        architecture = _architecture(record.architecture)
        data = _data(record.data)
        training = bounded(from_plain(TrainingRecipe, record.training, "training"), "training")
        if record.weights and not _FINGERPRINT.fullmatch(record.weights):
            raise DeclarationError(
                f'weights must be the SHA-256 of a weights file, 64 of 0-9 and a-f, not "{record.weights[:70]}".'
            )
        papers = checked_papers(Paper(**msgspec.structs.asdict(paper)) for paper in record.papers)
        expected = checked_expected(record.expected)
    except DeclarationError as error:
        raise FileError(f"{place}: {error}") from error
    return Experiment(
        name=showable(record.name[:200]) or "Untitled",
        description=record.description[:LONGEST_NOTES],
        tags=tuple(record.tags[:MOST_TAGS]),
        architecture=architecture,
        data=data,
        training=training,
        weights=record.weights,
        papers=papers,
        expected=expected,
        notes=record.notes[:LONGEST_NOTES],
    )


def plain_source(source: SourceSpec) -> dict[str, Any]:
    """A data source as JSON-ready values, with what a scan found in it."""
    plain: dict[str, Any] = {"kind": source.kind, "parameters": to_plain(source)}
    if isinstance(source, FileSource):
        plain["facts"] = msgspec.to_builtins(source.facts)
    return plain


def write_source(source: SourceSpec) -> str:
    """A data source as JSON text, for the wire."""
    return json.dumps(plain_source(source))


def read_source(text: str | bytes, place: str) -> SourceSpec:
    """The data source in a JSON text; `place` names it in errors. Raises FileError."""
    try:
        return _source(msgspec.json.decode(text, type=_SourceRecord))
    except msgspec.MsgspecError as error:
        raise FileError(f"{place} is not a data source: {error}.") from error
    except DeclarationError as error:
        raise FileError(f"{place}: {error}") from error


def _source(record: _SourceRecord) -> SourceSpec:
    source = bounded(from_plain(source_class(record.kind), record.parameters, "data source"), "data source")
    if record.facts is None:
        return source
    if not isinstance(source, FileSource):
        raise DeclarationError(f"data source: {source.kind} is not read from files, so it has no facts of a scan.")
    _hold_to_sense(record.facts)
    return source.found(record.facts)


def _hold_to_sense(facts: Facts) -> None:
    """What no scan can have found is refused, so that nobody computes with it."""
    sizes_fit = 1 <= len(facts.shape) <= 4 and all(1 <= n <= MOST_CELLS for n in facts.shape)
    if not sizes_fit or not 0 <= facts.samples <= MOST_CELLS or len(facts.classes) > MOST_CLASSES:
        raise DeclarationError(
            f"data source: facts must have 1 to 4 sizes of at least 1, a number of samples and at most "
            f"{MOST_CLASSES:,} classes, not {show(facts.shape)}, {facts.samples:,} and {len(facts.classes):,}."
        )
    if unknown := set(facts.parts) - set(PARTS):
        raise DeclarationError(f"data source: facts name the part {show(min(unknown))}. {closest('', PARTS)}")


def _data(record: _DataRecord) -> DataRecipe:
    recipe = bounded(from_plain(DataRecipe, record.parameters, "data"), "data")
    if recipe.validation + recipe.test > 0.9:
        raise DeclarationError(
            f"data: validation ({recipe.validation:g}) and test ({recipe.test:g}) together must leave at least "
            "0.1 for training."
        )
    return dataclasses.replace(
        recipe,
        source=_source(record.source),
        preparation=bounded(from_plain(Preparation, record.preparation, "preparation"), "preparation"),
        augmentation=bounded(from_plain(Augmentation, record.augmentation, "augmentation"), "augmentation"),
    )


def bounded(value: D, place: str) -> D:
    """Recipes have no canvas card to show a fault on, so a value out of bounds is refused at the door."""
    for parameter in value.parameters:
        problem = parameter.problem(getattr(value, parameter.name))
        if problem:
            raise DeclarationError(f"{place}: {problem}")
    return value


def _architecture(record: _ArchitectureRecord) -> Architecture:
    if all(block.id != INPUT for block in record.blocks):
        raise DeclarationError(f'architecture lacks its Input block (id "{INPUT}").')
    return read_blocks(record.blocks, "architecture", record.groups, record.comments)


def file_name(name: str) -> str:
    """A safe file stem for an experiment's name: "LeNet on digits" -> "lenet-on-digits"."""
    stem = re.sub(r"[^\w]+", "-", name.lower()).strip("-_")[:80]
    reserved = stem.split(".")[0] in {"con", "prn", "aux", "nul"} or re.fullmatch(r"(com|lpt)\d", stem)
    return f"{stem}-1" if reserved else stem or "untitled"


def same_file(a: Path, b: Path) -> bool:
    """Whether two paths name one file."""
    return os.path.normcase(os.path.abspath(a)) == os.path.normcase(os.path.abspath(b))
