"""What the Runs page knows: the index of all runs, the run under way, and what each changes against its parent.

Folders are looked at in slices of a few milliseconds between the window's other work; while the page is out of sight
nothing is looked at.
"""

from __future__ import annotations

import functools
import time
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.app.runs.live import as_it_stands, is_of
from cnnstudio.core.changes import Change, changes
from cnnstudio.core.formats.files import FileError, load_experiment
from cnnstudio.core.formats.run_folder import EXPERIMENT
from cnnstudio.core.formats.run_index import RunIndex, UnreadableRun, parents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cnnstudio.app.run_controller import RunController
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_index import Entry, RunSummary
    from cnnstudio.wire.run_state import RunState

SLICE = 0.004
"""Seconds of work between two looks at what else there is to do."""
PAUSE_MS = 4
"""Milliseconds between slices that compare experiments: nobody waits for them."""
TOLD_EVERY = 0.25
"""Seconds: rows are painted anew for what has been compared no more often than this."""
ONE_BY_ONE = 8
"""Runs that are told one by one where they are others than before; of more, the table is filled anew in less time."""
EVERY_MS = 2000
"""How often new runs and runs of other processes are looked for, while the page is in sight."""
_EXPERIMENTS = 64
"""Experiments kept for comparisons: neighbours share their parent."""


class RunLibrary(QObject):
    """All runs of the person's folder. Views listen to `changed` and `run_changed` and pull."""

    changed = Signal()
    """Runs came or went, or many are others than before."""
    run_changed = Signal(object)
    """This RunSummary is another than before."""
    compared = Signal(frozenset)
    """Names of the runs whose changes have been found just now."""

    def __init__(self, run: RunController, parent: QObject | None = None, *, root: Path | None = None) -> None:
        super().__init__(parent)
        self.index = RunIndex(root)
        self.has_looked = False
        """Whether every folder has been looked at once."""
        self._run = run
        self._runs: dict[str, RunSummary] = {}
        self._parents: dict[str, str] = {}
        self._found: dict[tuple[str, str], tuple[Change, ...] | None] = {}
        """(run, parent) -> what the run changes; None where one of the two cannot be read."""
        self._steps: Iterator[Entry] | None = None
        self._due: deque[str] = deque()
        """Runs that have not been compared with their parents yet."""
        self._refused: tuple[UnreadableRun, ...] = ()
        self._told = False
        self._compared: set[str] = set()
        self._told_at = 0.0
        self._viewers: set[str] = set()
        self._looking = QTimer(self, singleShot=True, interval=0)
        self._looking.timeout.connect(self._look)
        self._comparing = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._comparing.timeout.connect(self._compare)
        self._every = QTimer(self, interval=EVERY_MS)
        self._every.timeout.connect(self._look_for_new)
        self._experiment = functools.lru_cache(maxsize=_EXPERIMENTS)(_experiment_of)
        run.changed.connect(self._follow_run)

    @property
    def runs(self) -> tuple[RunSummary, ...]:
        """All runs, newest first."""
        return tuple(self._runs.values())

    @property
    def unreadable(self) -> tuple[UnreadableRun, ...]:
        """Folders that should be runs and cannot be read."""
        return tuple(entry for entry in self.index.entries if isinstance(entry, UnreadableRun))

    @property
    def is_looking(self) -> bool:
        """Whether folders are being looked at."""
        return self._steps is not None

    @property
    def is_comparing(self) -> bool:
        """Whether there are runs left to be compared with their parents."""
        return bool(self._due)

    def get(self, id: str) -> RunSummary | None:
        """The run of that name."""
        return self._runs.get(id)

    def parent_run(self, run: RunSummary) -> RunSummary | None:
        """The run that this one came from."""
        return self._runs.get(self._parents.get(run.id, ""))

    def changes(self, run: RunSummary) -> tuple[Change, ...] | None:
        """What the run changes against its parent; None where it has none, or that is not known yet."""
        return self._found.get((run.id, self._parents.get(run.id, "")))

    @property
    def tags(self) -> tuple[str, ...]:
        """All tags in use."""
        return tuple(sorted({tag for run in self._runs.values() for tag in run.notes.tags}, key=str.casefold))

    def set_active(self, active: bool, viewer: str = "runs") -> None:
        """Look at the folders, and keep looking for new ones, while one of the viewers wants it; or rest."""
        (self._viewers.add if active else self._viewers.discard)(viewer)
        if active:
            self.refresh()
            self._every.start()
        elif not self._viewers:
            for timer in (self._every, self._looking, self._comparing):
                timer.stop()
            self._steps = None

    def refresh(self) -> None:
        """Look at every folder, slice by slice."""
        self._begin(only_live=False)

    def look_at(self, *folders: Path) -> None:
        """These have been changed by the window itself: read them at once."""
        for folder in folders:
            self.index.look_at(folder)
        self._take_over()

    def _look_for_new(self) -> None:
        if self._steps is None:
            self._begin(only_live=True)

    def _begin(self, *, only_live: bool) -> None:
        self._steps = self.index.steps(only_live=only_live)
        self._looking.start()

    def _look(self) -> None:
        if self._steps is None:
            return
        end = time.perf_counter() + SLICE
        for _ in self._steps:
            if time.perf_counter() > end:
                self._looking.start()
                return
        self._steps = None
        self.has_looked = True
        self._take_over()

    def _take_over(self) -> None:
        """Tell what is another than before."""
        state = self._run.state
        runs = {run.id: as_it_stands(run, state) for run in self.index.runs}
        before, self._runs = self._runs, runs
        unreadable = self.unreadable
        if list(before) != list(runs) or unreadable != self._refused or not self._told:
            self._refused = unreadable
            self._parents = parents(self.index.runs)
            self._due = deque(id for id, parent in self._parents.items() if (id, parent) not in self._found)
            self._due.reverse()  # the newest first
            self._comparing.start()
            self.changed.emit()
            self._told = True
            return
        others = [run for id, run in runs.items() if run != before[id]]
        if len(others) > ONE_BY_ONE:
            self.changed.emit()
            return
        for run in others:
            self.run_changed.emit(run)

    # The run under way

    def _follow_run(self, state: RunState) -> None:
        if not self._every.isActive():
            return
        run = next((r for r in self._runs.values() if is_of(state, r)), None)
        if run is None:
            if state.active:
                self._look_for_new()
            return
        if not state.active and run.under_way:
            self.index.look_at(run.folder)  # the record has its last word
            self._take_over()
            return
        now = as_it_stands(run, state)
        if now != run:
            self._runs[now.id] = now
            self.run_changed.emit(now)

    # Differences

    def _compare(self) -> None:
        end = time.perf_counter() + SLICE
        while self._due and time.perf_counter() < end:
            id = self._due.popleft()
            run, parent = self._runs.get(id), self._runs.get(self._parents.get(id, ""))
            if run is None or parent is None:
                continue
            self._found[id, parent.id] = self._difference(parent.folder, run.folder)
            self._compared.add(id)
        if self._due:
            self._comparing.start()
        if not self._due or end - self._told_at > TOLD_EVERY:
            compared, self._compared, self._told_at = frozenset(self._compared), set(), end
            self.compared.emit(compared)

    def _difference(self, parent: Path, run: Path) -> tuple[Change, ...] | None:
        before, after = self._experiment(parent), self._experiment(run)
        return None if before is None or after is None else changes(before, after)


def _experiment_of(folder: Path) -> Experiment | None:
    try:
        return load_experiment(folder / EXPERIMENT)
    except FileError:
        return None
