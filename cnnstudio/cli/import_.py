"""`cnnstudio import`: a Keras model as an experiment, weights included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.cli.output import say, tell
from cnnstudio.cli.verb import AT_FAULT, OK, CommandError, UsageError, Verb
from cnnstudio.core.formats.files import save_experiment
from cnnstudio.core.formats.strict_json import FileError
from cnnstudio.core.formats.weights_store import beside
from cnnstudio.core.importing import import_model

if TYPE_CHECKING:
    import argparse

    from cnnstudio.core.importing import Import


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", metavar="FILE", type=Path, help="a .keras file, or a .json file with the text of model.to_json()"
    )
    parser.add_argument(
        "--out", metavar="EXPERIMENT", type=Path, required=True, help="the experiment file to write, such as net.json"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that is there; it is kept as EXPERIMENT~")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _check_places(model: Path, out: Path, force: bool) -> None:
    if not model.is_file():
        what = "is a folder" if model.is_dir() else "does not exist"
        raise UsageError(f"{model} {what}: name a .keras file or the text of model.to_json().")
    if out.suffix.lower() != ".json":
        raise UsageError(f'The name of an experiment file ends in .json, but "{out.name}" does not.')
    if out.exists() and (out.samefile(model) or not out.is_file()):
        raise UsageError(f"{out} is no file to write to: name another one.")
    if out.exists() and not force:
        raise UsageError(f"{out} is there already: name another file, or replace it with --force.")


def record(done: Import, out: Path) -> dict[str, Any]:
    """The JSON object of `cnnstudio import --json`."""
    return {
        "name": done.experiment.name,
        "experiment": str(out),
        "blocks": done.blocks,
        "params": done.params,
        "weights": done.arrays,
        "weights_file": str(beside(out)) if done.arrays else None,
        "notes": list(done.notes),
        "unknown": [{"block": u.block, "layer": u.layer} for u in done.unknown],
    }


def report(done: Import, out: Path) -> str:
    """What was imported and what was not, as text."""
    lines = [str(done), *(f"  {note}" for note in done.notes)]
    if done.unknown:
        kinds: dict[str, list[str]] = {}
        for unknown in done.unknown:
            kinds.setdefault(unknown.layer, []).append(unknown.block)
        named = "; ".join(f"{layer} ({', '.join(blocks)})" for layer, blocks in kinds.items())
        how_many = "1 layer is" if len(done.unknown) == 1 else f"{len(done.unknown):,} layers are"
        lines.append(f"{how_many} not known: {named}")
    written = f"{out} and {beside(out)} ({beside(out).stat().st_size:,} bytes)" if done.arrays else str(out)
    return "\n".join([*lines, f"Wrote {written}"])


def _run(args: argparse.Namespace) -> int:
    _check_places(args.model, args.out, args.force)
    try:
        done = import_model(args.model)
        problem = save_experiment(args.out, done.experiment)
    except FileError as error:
        raise CommandError(str(error)) from error
    if problem:
        raise UsageError(problem)
    say(json.dumps(record(done, args.out), indent=2) if args.json else report(done, args.out))
    if done.unknown:
        tell("cnnstudio: The design cannot be trained before the layers that are not known are replaced or removed.")
    return AT_FAULT if done.unknown else OK


VERB = Verb(
    "import",
    "turn a Keras model into an experiment, weights included",
    "Reads a .keras file, or the text of model.to_json(), and writes an experiment; the weights go into a file beside "
    "it, and training starts from them. Nothing in the model's file is executed. Every layer without a block is named, "
    "and kept as a block that is marked; the exit code is then 1.",
    _arguments,
    _run,
)
