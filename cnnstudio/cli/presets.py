"""`cnnstudio presets`: which designs one can start from; taking preset files in and giving them away."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.cli.output import say
from cnnstudio.cli.table import table
from cnnstudio.cli.verb import OK, CommandError, UsageError, Verb
from cnnstudio.core.data.info import Task
from cnnstudio.core.declare import closest
from cnnstudio.core.formats.files import FileError
from cnnstudio.core.formats.own_presets import give_away, take_in
from cnnstudio.core.formats.preset_filter import KINDS, PresetFilter
from cnnstudio.core.formats.presets import preset as preset_of
from cnnstudio.core.formats.presets import presets
from cnnstudio.core.metrics import metric_told

if TYPE_CHECKING:
    import argparse

    from cnnstudio.core.formats.presets import Preset

_TASKS = {task.value: task for task in Task}
_KINDS = {name.lower(): rank for name, rank in KINDS.items()}
_RANGE = re.compile(r"(\d{0,15})-(\d{0,15})|(\d{1,15})")
_MOST = 10**15


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", metavar="WORD", nargs="*", help="show only presets that hold all of these words")
    parser.add_argument("--task", metavar="TASK", help=f"one of: {', '.join(_TASKS)}")
    parser.add_argument("--data", metavar="KIND", help=f"one of: {', '.join(_KINDS)}")
    parser.add_argument("--tag", metavar="TAG", default="", help="show only presets with this tag")
    parser.add_argument("--params", metavar="RANGE", help="parameters, such as -20000, 20000-100000 or 1000000-")
    owner = parser.add_mutually_exclusive_group()
    owner.add_argument("--own", action="store_true", help="show only your own presets")
    owner.add_argument("--shipped", action="store_true", help="show only those that came with CNN Studio")
    parser.add_argument("--import", dest="taken", metavar="FILE", nargs="+", type=Path, help="take in preset files")
    parser.add_argument("--export", metavar="PRESET", help="write a preset to the file that --out names")
    parser.add_argument("--out", metavar="PATH", type=Path, help="the file that --export writes")
    parser.add_argument("--json", action="store_true", help="print a JSON list, with descriptions, numbers and paths")


def _record(preset: Preset) -> dict[str, object]:
    found, numbers = preset.experiment, preset.summary
    return {
        "id": preset.id,
        "name": found.name if found else "",
        "description": found.description if found else "",
        "tags": list(found.tags) if found else [],
        "data": found.data.source.kind if found else "",
        "task": found.data.info().task.value if found else "",
        "shape": list(found.data.info().input_shape) if found else [],
        "blocks": numbers.blocks if numbers else None,
        "params": numbers.params if numbers else None,
        "macs": numbers.macs if numbers else None,
        "expected": dict(found.expected) if found else {},
        "papers": [{"title": p.title, "authors": p.authors, "year": p.year, "link": p.link} for p in found.papers]
        if found
        else [],
        "notes": found.notes if found else "",
        "path": str(preset.path),
        "user": preset.user,
        "error": preset.error,
    }


def _row(preset: Preset) -> tuple[str, ...]:
    found, numbers = preset.experiment, preset.summary
    whose = "yours" if preset.user else "shipped"
    if found is None or numbers is None:
        return (preset.id, f"cannot be read: {preset.error}", "", "", "", "", whose)
    expected = metric_told(*found.expected[0]) if found.expected else ""
    task = found.data.info().task.value
    return (preset.id, found.name, found.data.source.title, task, f"{numbers.params:,}", expected, whose)


def _filter(args: argparse.Namespace) -> PresetFilter:
    """What the person asks for. Raises UsageError."""
    for given, known in ((args.task, _TASKS), (args.data, _KINDS)):
        if given is not None and given not in known:
            raise UsageError(f'There is no "{given[:60]}" to look for. {closest(given, known)}')
    own = True if args.own else False if args.shipped else None
    rank = _KINDS[args.data] if args.data else None
    task = _TASKS[args.task] if args.task else None
    return PresetFilter(tuple(args.words), task, rank, _range(args.params), own, args.tag)


def _range(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = _RANGE.fullmatch(text.replace(",", ""))
    if match is None or text == "-":
        raise UsageError(f'--params takes a range such as 20000-100000, -20000 or 1000000-, not "{text[:60]}".')
    low, high, exact = match.groups()
    if exact:
        return int(exact) - 1, int(exact)
    return int(low or 0) - 1, int(high or _MOST)


def _take_in(paths: list[Path]) -> None:
    """Raises CommandError for the first that cannot be taken in; those before it are there."""
    for path in paths:
        try:
            taken = take_in(path)
        except FileError as error:
            raise CommandError(str(error)) from error
        say(f"{taken.id}: “{taken.name}” is among your presets now.{' ' if taken.note else ''}{taken.note}")


def _give_away(id: str, out: Path | None) -> None:
    if out is None:
        raise UsageError("--export needs --out PATH: the file to write the preset to.")
    try:
        found = preset_of(id)
    except FileError as error:
        raise UsageError(str(error)) from error
    try:
        problem = give_away(found, out)
    except FileError as error:
        raise CommandError(str(error)) from error
    say(problem or f"{id} is written to {out}.")


def _run(args: argparse.Namespace) -> int:
    wanted = _filter(args)
    if args.out is not None and args.export is None:
        raise UsageError("--out goes with --export PRESET.")
    if args.taken is not None or args.export is not None:
        if args.taken is not None:
            _take_in(args.taken)
        if args.export is not None:
            _give_away(args.export, args.out)
        return OK
    found = [p for p in presets() if wanted.matches(p, work_out=True)]
    if args.json:
        say(json.dumps([_record(p) for p in found], indent=2))
    elif found:
        say(table(("preset", "name", "data", "task", "parameters", "expected", "from"), [_row(p) for p in found]))
    else:
        say("No preset matches; other words or fewer filters may find it.")
    return OK


VERB = Verb(
    "presets",
    "list the designs one can start from",
    "Lists the presets shipped with CNN Studio and those you saved yourself, with their size and what they are "
    "expected to come to on the test part. Give an id from the first column to check, code, train or export. "
    "--import takes preset files in among your own, --export writes one to a file.",
    _arguments,
    _run,
)
