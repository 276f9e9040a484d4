"""Reads what a comparison needs of its runs, a file at a time between the window's other work, and keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.core.formats.files import FileError, load_experiment
from cnnstudio.core.formats.run_folder import EXPERIMENT, RunFolderError
from cnnstudio.core.formats.run_metrics import RunMetrics, metrics_stamp, read_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_index import RunSummary

LIVE_MS = 1000
"""How often the metrics of a run under way are looked at."""


class RunReader(QObject):
    """Metrics and, where they are wanted, experiments of the runs. Listeners pull when something was read."""

    changed = Signal()
    """All that is wanted has been read, and something of it is new."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[RunSummary, ...] = ()
        self._wants_experiments = False
        self._metrics: dict[Path, tuple[tuple[int, int, int], RunMetrics]] = {}
        self._experiments: dict[Path, Experiment | None] = {}
        self._problems: dict[tuple[Path, str], str] = {}
        self._steps: Iterator[bool] | None = None
        self._news = False
        self._next = QTimer(self)
        self._next.setInterval(0)
        self._next.timeout.connect(self._step)
        self._again = QTimer(self)
        self._again.setInterval(LIVE_MS)
        self._again.timeout.connect(self.look_again)

    @property
    def metrics(self) -> Mapping[Path, RunMetrics]:
        """By folder of the run, as far as they have been read."""
        return {run.folder: self._metrics[run.folder][1] for run in self._runs if run.folder in self._metrics}

    @property
    def experiments(self) -> Mapping[Path, Experiment | None]:
        """By folder of the run, as far as they have been read; None for one that cannot be."""
        return self._experiments

    @property
    def problems(self) -> tuple[str, ...]:
        """Why something could not be read, a sentence each."""
        return tuple(self._problems.values())

    @property
    def is_reading(self) -> bool:
        """Whether more is to come."""
        return self._next.isActive()

    def want(self, runs: tuple[RunSummary, ...], *, experiments: bool) -> None:
        """Read what is not known of these runs, and forget all others."""
        self._runs, self._wants_experiments = runs, experiments
        folders = {run.folder for run in runs}
        self._metrics = {folder: known for folder, known in self._metrics.items() if folder in folders}
        self._experiments = {folder: known for folder, known in self._experiments.items() if folder in folders}
        self._problems = {key: told for key, told in self._problems.items() if key[0] in folders}
        self.look_again()
        if any(run.under_way for run in runs):
            self._again.start()
        else:
            self._again.stop()

    def rest(self) -> None:
        """Read nothing until something is wanted again."""
        self._next.stop()
        self._again.stop()

    def look_again(self) -> None:
        """Read what has changed on disk."""
        self._steps = self._reading()
        self._next.start()

    def _step(self) -> None:
        for is_new in self._steps or ():
            self._news = self._news or is_new
            if is_new:
                return  # the rest waits until the window has done what else there is
        self._next.stop()
        if self._news:
            self._news = False
            self.changed.emit()

    def _reading(self) -> Iterator[bool]:
        for run in self._runs:
            yield self._read_metrics(run.folder)
        if self._wants_experiments:
            for run in self._runs:
                yield self._read_experiment(run.folder)

    def _read_metrics(self, folder: Path) -> bool:
        stamp = metrics_stamp(folder)
        if folder in self._metrics and self._metrics[folder][0] == stamp:
            return False
        try:
            metrics = read_metrics(folder)
        except RunFolderError as error:
            metrics = RunMetrics(problem=str(error))
        self._metrics[folder] = (stamp, metrics)
        self._tell((folder, "metrics"), metrics.problem)
        return True

    def _read_experiment(self, folder: Path) -> bool:
        if folder in self._experiments:
            return False  # a run's copy is frozen
        try:
            self._experiments[folder] = load_experiment(folder / EXPERIMENT)
        except FileError as error:
            self._experiments[folder] = None
            self._tell((folder, "experiment"), str(error))
        return True

    def _tell(self, key: tuple[Path, str], problem: str) -> None:
        if problem:
            self._problems[key] = problem
        else:
            self._problems.pop(key, None)
