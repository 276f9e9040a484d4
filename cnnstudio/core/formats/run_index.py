"""All runs of a folder, read fast and safely: what the Runs page lists and the command line names.

A run costs two small files: its record and the person's notes. What has not changed since is not read again, and a
folder that cannot be read is listed with the reason. Nothing is written here: a run that says it is under way but has
lost its process is shown as interrupted, whether or not its record has been settled yet.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from cnnstudio.core.declare import closest
from cnnstudio.core.formats.run_folder import (
    CHECKPOINT,
    EXPERIMENT,
    STATE,
    UNDER_WAY,
    RunFolderError,
    RunRecord,
    is_alive,
    read_record,
)
from cnnstudio.core.formats.run_notes import NOTES, RunNotes, read_notes
from cnnstudio.core.formats.storage import runs_folder
from cnnstudio.core.metrics import VALIDATION, higher_is_better, shown_metrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cnnstudio.core.formats.run_folder import Status

LAST = "last"
"""Names the run that was started latest."""
_Stamp: TypeAlias = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run as lists show it."""

    folder: Path
    record: RunRecord
    notes: RunNotes = field(default_factory=RunNotes)
    status: Status = "FINISHED"
    """Where the run stands; INTERRUPTED too where the record still says it is under way."""
    has_checkpoint: bool = False
    """Whether there is a state of training to go on from."""
    problem: str = ""
    """Why the person's notes cannot be read; "" when all is well."""

    @property
    def id(self) -> str:
        """Name of the folder: what commands and `RunRecord.parent` call the run."""
        return self.folder.name

    @property
    def title(self) -> str:
        """What the person calls it, or else the name of its experiment."""
        return self.notes.title or self.record.name

    @property
    def under_way(self) -> bool:
        """Whether a process trains it."""
        return self.status in UNDER_WAY

    @property
    def can_resume(self) -> bool:
        """Whether it ended before its last epoch and can go on from where it was."""
        return self.has_checkpoint and not self.under_way and self.status != "FINISHED"

    @property
    def can_extend(self) -> bool:
        """Whether more epochs can be trained than it was meant to have."""
        return self.has_checkpoint and not self.under_way

    @property
    def started(self) -> datetime.datetime | None:
        """When it was started, with the offset of its clock; None where the record has no such time."""
        return _moment(self.record.started)

    @property
    def judges(self) -> tuple[str, ...]:
        """Metrics that stand for the run without "val_": the loss, and the first that judges its network, if any."""
        return _judges(tuple(self.record.metrics))

    @property
    def judge(self) -> str:
        """The metric that the run is judged by; "loss" where nothing else is measured."""
        return self.judges[-1] if self.judges else "loss"

    @property
    def best(self) -> Mapping[str, float | None]:
        """Metrics of the best epoch. A run of format 1.0 kept those of the last alone: these, if it was the best."""
        if self.record.best or self.record.best_epoch != self.record.epochs_done:
            return self.record.best
        return self.record.metrics

    def best_value(self, metric: str) -> float | None:
        """A metric on validation at the best epoch, or on training where there is no validation."""
        return self.best.get(f"{VALIDATION}{metric}", self.best.get(metric))

    def test_value(self, metric: str) -> float | None:
        """A metric on the test part; None before the run has ended, or where it has none."""
        return self.record.test.get(metric)


@dataclass(frozen=True, slots=True)
class UnreadableRun:
    """A folder that should be a run's and cannot be read."""

    folder: Path
    reason: str


Entry: TypeAlias = "RunSummary | UnreadableRun"


def read_run(folder: Path) -> RunSummary:
    """The run in that folder. Raises RunFolderError where there is none that can be read."""
    record = read_record(folder)
    notes, problem = RunNotes(), ""
    try:
        notes = read_notes(folder)
    except RunFolderError as error:
        problem = str(error)
    return _settled(RunSummary(folder, record, notes, record.status, problem=problem))


def _settled(run: RunSummary) -> RunSummary:
    """The run as it is now: processes end without a word, and a checkpoint comes without the record being written."""
    status = run.record.status
    if status in UNDER_WAY and not is_alive(run.record):
        status = "INTERRUPTED"
    has_checkpoint = _has_checkpoint(run.folder)
    if (status, has_checkpoint) == (run.status, run.has_checkpoint):
        return run
    return dataclasses.replace(run, status=status, has_checkpoint=has_checkpoint)


def _has_checkpoint(folder: Path) -> bool:
    path = str(folder / CHECKPOINT)  # Path.is_file raises where a folder must not be looked into
    return os.path.isfile(path) or os.path.isfile(f"{path}~")


class RunIndex:
    """The runs below a folder, newest first. `refresh` reads what is new or has changed."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = runs_folder() if root is None else root
        self._known: dict[str, tuple[_Stamp, Entry]] = {}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What the last `refresh` found, newest first."""
        return tuple(entry for _, (_, entry) in sorted(self._known.items(), reverse=True))

    @property
    def runs(self) -> tuple[RunSummary, ...]:
        """Those that could be read, newest first."""
        return tuple(entry for entry in self.entries if isinstance(entry, RunSummary))

    def refresh(self) -> None:
        """Look at every folder."""
        for _ in self.steps():
            pass

    def steps(self, *, only_live: bool = False) -> Iterator[Entry]:
        """Refresh one folder at a time, newest first, for a window that must not be held up.

        With `only_live` one that is over is looked at only if its record is another: a second window or the command
        line may have let it go on, and a folder that could not be read may have got its record.
        """
        names = self._names()
        for name in self._known.keys() - set(names):
            del self._known[name]
        for name in names:
            yield self._known[name][1] if only_live and self._is_as_it_was(name) else self._look_at(name)

    def look_at(self, folder: Path) -> None:
        """Read that one folder anew, if it is below the index's; one that is gone is forgotten."""
        if folder.parent != self.root:
            return
        self._known.pop(folder.name, None)
        if os.path.isdir(folder):
            self._look_at(folder.name)

    def _is_as_it_was(self, name: str) -> bool:
        if name not in self._known:
            return False
        stamp, entry = self._known[name]
        is_live = isinstance(entry, RunSummary) and entry.under_way
        return not is_live and stamp[0] == _file_stamp(self.root / name / STATE)

    def _names(self) -> list[str]:
        try:
            with os.scandir(self.root) as found:
                return sorted((e.name for e in found if e.is_dir() and not e.name.startswith(".")), reverse=True)
        except OSError:  # nothing has been trained yet, or the disk is gone
            return []

    def _look_at(self, name: str) -> Entry:
        folder = self.root / name
        stamp = _stamp(folder)
        before = self._known.get(name)
        entry: Entry
        if before is not None and before[0] == stamp:
            entry = before[1] if isinstance(before[1], UnreadableRun) else _settled(before[1])
        else:
            try:
                entry = read_run(folder)
            except RunFolderError as error:
                entry = UnreadableRun(folder, str(error))
        self._known[name] = (stamp, entry)
        return entry


def _stamp(folder: Path) -> _Stamp:
    """Tells whether one of the files that are read has been written anew: every write is a rename."""
    return tuple(_file_stamp(folder / name) for name in (STATE, NOTES, EXPERIMENT))


def _file_stamp(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_mtime_ns, status.st_ino, status.st_size)


def parents(runs: Iterable[RunSummary]) -> dict[str, str]:
    """The run that each came from, by their names: the one its record tells, or else the one before of its experiment.

    Runs that have neither are left out.
    """
    known = {run.id: run for run in runs}
    latest: dict[str, str] = {}
    found = {}
    for run in sorted(known.values(), key=_order):
        told = run.record.parent
        parent = told if told in known and told != run.id else latest.get(run.record.name, "")
        if parent:
            found[run.id] = parent
        latest[run.record.name] = run.id
    return found


def _order(run: RunSummary) -> tuple[float, str]:
    """By the time they were started; two of a second by the names of their folders."""
    return (run.started.timestamp() if run.started is not None else 0.0, run.id)


def find_run(wanted: str, root: Path | None = None) -> Path:
    """The folder of the run that a person names: a folder, the name of one below `root`, or "last".

    Raises RunFolderError, which offers the closest names.
    """
    root = runs_folder() if root is None else root
    index = RunIndex(root)
    if wanted == LAST:
        index.refresh()
        if not index.runs:
            raise RunFolderError(f'There is no run in "{root}" yet: train an experiment first.')
        return max(index.runs, key=_order).folder
    for folder in (Path(wanted), root / wanted):
        if wanted and os.path.isfile(folder / STATE):
            return Path(os.path.abspath(folder))  # a run is called by the name of its folder, which "." is not
    index.refresh()
    titled = [run.folder for run in index.runs if wanted in (run.title, run.record.name)]
    if len(titled) == 1:
        return titled[0]
    if titled:
        names = ", ".join(folder.name for folder in titled[:5])
        raise RunFolderError(f'{len(titled):,} runs are called "{wanted}": name the folder of one, such as {names}.')
    hint = closest(wanted, [run.id for run in index.runs]) if index.runs else "There is no run yet."
    raise RunFolderError(f'"{wanted[:200]}" is neither the folder of a run nor the name of one in "{root}". {hint}')


def better(metric: str, value: float, other: float) -> bool:
    """Whether the first value of a metric is the better one."""
    return value > other if higher_is_better(metric) else value < other


@functools.lru_cache(maxsize=256)
def _judges(names: tuple[str, ...]) -> tuple[str, ...]:
    """Runs of a task measure the same: asked for thousands of times, worked out once."""
    judged = tuple(n.removeprefix(VALIDATION) for n in names if n.startswith(VALIDATION))
    return shown_metrics(tuple(n for n in names if not n.startswith(VALIDATION) and n != "learning_rate"), judged)


@functools.lru_cache(maxsize=4096)
def _moment(text: str) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError):
        return None
