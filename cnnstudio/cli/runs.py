"""`cnnstudio runs`: what has been trained; and RUN, the argument by which other verbs take one of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnnstudio.cli.output import say, tell
from cnnstudio.cli.progress import clock
from cnnstudio.cli.table import table
from cnnstudio.cli.verb import OK, CommandError, UsageError, Verb
from cnnstudio.core.changes import changes
from cnnstudio.core.changes import summary as told_changes
from cnnstudio.core.formats.files import FileError, load_experiment
from cnnstudio.core.formats.run_folder import EXPERIMENT, RunFolderError
from cnnstudio.core.formats.run_index import RunIndex, RunSummary, find_run, parents, read_run
from cnnstudio.core.metrics import all_defined, metric_told

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from cnnstudio.core.changes import Change
    from cnnstudio.core.experiment import Experiment

HELP = 'a run: its folder, its name as `cnnstudio runs` lists it, or "last"'
STATES = {
    "RUNNING": "running",
    "PAUSED": "paused",
    "FINISHED": "finished",
    "STOPPED": "stopped",
    "FAILED": "failed",
    "INTERRUPTED": "interrupted",
}


def add_run(parser: argparse.ArgumentParser) -> None:
    """The positional argument RUN."""
    parser.add_argument("run", metavar="RUN", help=HELP)


def run_folder(text: str) -> Path:
    """The folder of the run that a person names. Raises UsageError, which offers the closest names."""
    try:
        return find_run(text)
    except RunFolderError as error:
        raise UsageError(str(error)) from error


def summary(folder: Path) -> RunSummary:
    """What is known of the run in a folder. Raises UsageError."""
    try:
        return read_run(folder)
    except RunFolderError as error:
        raise UsageError(str(error)) from error


def frozen(folder: Path) -> Experiment:
    """The experiment of the run in a folder, as it was trained. Raises CommandError."""
    try:
        return load_experiment(folder / EXPERIMENT)
    except FileError as error:
        raise CommandError(f'The run in "{folder}" cannot be read: {error}') from error


def record(run: RunSummary) -> dict[str, Any]:
    """The JSON object of a run."""
    kept = run.record
    return {
        "run": str(run.folder),
        "id": run.id,
        "title": run.title,
        "experiment": kept.name,
        "state": STATES[run.status],
        "started": kept.started,
        "seconds": kept.seconds,
        "epochs": kept.epochs_done,
        "epochs_asked": kept.epochs,
        "best_epoch": kept.best_epoch,
        "metrics": all_defined(kept.metrics),
        "best": all_defined(run.best),
        "test": all_defined(kept.test),
        "parameters": kept.params,
        "device": kept.device,
        "seed": kept.seed,
        "parent": kept.parent,
        "tags": list(run.notes.tags),
        "note": run.notes.note,
        "can_resume": run.can_resume,
        "message": kept.message,
    }


def judged(run: RunSummary) -> str:
    """How good it became, in a few words: on validation at its best epoch."""
    value = run.best_value(run.judge)
    return "" if value is None else metric_told(run.judge, value)


def tested(run: RunSummary) -> str:
    """How good it did on the test part, by the same metric."""
    value = run.test_value(run.judge)
    return "" if value is None else metric_told(run.judge, value)


class Differences:
    """What runs change against the ones that they came from."""

    def __init__(self, runs: Sequence[RunSummary]) -> None:
        self._folders = {run.id: run.folder for run in runs}
        self._parents = parents(runs)
        self._read: dict[str, Experiment | None] = {}

    def parent(self, run: RunSummary) -> str:
        """Name of the run that it came from; "" where that is not among them."""
        return self._parents.get(run.id, "")

    def of(self, run: RunSummary) -> tuple[Change, ...] | None:
        """What it changes; None where it came from no other, or one of the two cannot be read."""
        before, after = (self._experiment(id) for id in (self.parent(run), run.id))
        return None if before is None or after is None else changes(before, after)

    def _experiment(self, id: str) -> Experiment | None:
        if id not in self._read and id in self._folders:
            try:
                self._read[id] = frozen(self._folders[id])
            except CommandError:
                self._read[id] = None
        return self._read.get(id)


def _row(run: RunSummary, differences: Differences) -> tuple[str, ...]:
    kept = run.record
    return (
        run.id,
        run.title,
        STATES[run.status],
        f"{kept.epochs_done:,}/{kept.epochs:,}",
        judged(run),
        tested(run),
        f"{kept.params:,}",
        clock(kept.seconds),
        kept.device,
        ", ".join(run.notes.tags),
        told_changes(differences.of(run) or ()),
    )


def _json(run: RunSummary, differences: Differences) -> dict[str, Any]:
    found = differences.of(run)
    told = None if found is None else [str(change) for change in found]
    return record(run) | {"parent": differences.parent(run), "changes": told}


_HEADINGS = (
    "run",
    "title",
    "state",
    "epochs",
    "best on validation",
    "test",
    "parameters",
    "time",
    "device",
    "tags",
    "changes",
)
_NUMBERS = (3, 6, 7)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print a JSON list with all that is kept of each run")


def _run(args: argparse.Namespace) -> int:
    index = RunIndex()
    index.refresh()
    differences = Differences(index.runs)
    if args.json:
        say(json.dumps([_json(run, differences) for run in index.runs], indent=2))
    elif index.runs:
        say(table(_HEADINGS, [_row(run, differences) for run in index.runs], right=_NUMBERS))
    else:
        tell(f'There is no run in "{index.root}" yet: `cnnstudio train` makes one.')
    for entry in index.entries:
        if not isinstance(entry, RunSummary):
            tell(f"cnnstudio: {entry.reason}")
    return OK


VERB = Verb(
    "runs",
    "list what has been trained",
    "Lists your runs, the newest first: state, epochs, best metric on validation, test result, parameters, time, "
    "device, tags, and what each changes against the run that it came from. Give a name from the first column to "
    'resume, compare, evaluate, predict or export; "last" is the newest.',
    _arguments,
    _run,
)
