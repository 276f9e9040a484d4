"""`cnnstudio presets`: which designs one can start from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cnnstudio.cli.output import say
from cnnstudio.cli.table import table
from cnnstudio.cli.verb import OK, Verb
from cnnstudio.core.formats.presets import presets

if TYPE_CHECKING:
    import argparse

    from cnnstudio.core.formats.presets import Preset


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print a JSON list, with descriptions and paths")


def _record(preset: Preset) -> dict[str, object]:
    found = preset.experiment
    return {
        "id": preset.id,
        "name": found.name if found else "",
        "description": found.description if found else "",
        "tags": list(found.tags) if found else [],
        "data": found.data.source.kind if found else "",
        "task": found.data.info().task.value if found else "",
        "path": str(preset.path),
        "user": preset.user,
        "error": preset.error,
    }


def _row(preset: Preset) -> tuple[str, ...]:
    found = preset.experiment
    whose = "yours" if preset.user else "shipped"
    if found is None:
        return (preset.id, f"cannot be read: {preset.error}", "", "", whose)
    return (preset.id, found.name, found.data.source.title, found.data.info().task.value, whose)


def _run(args: argparse.Namespace) -> int:
    found = presets()
    if args.json:
        say(json.dumps([_record(p) for p in found], indent=2))
    else:
        say(table(("preset", "name", "data", "task", "from"), [_row(p) for p in found]))
    return OK


VERB = Verb(
    "presets",
    "list the designs one can start from",
    "Lists the presets shipped with CNN Studio and those you saved yourself. Give an id from the first column to "
    "check, code or train.",
    _arguments,
    _run,
)
