"""The networks that can be inspected: the design, the run of this window, and every run of the person's folder."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.app.inspect.subject import Subject
from cnnstudio.core.formats.files import FileError, load_experiment
from cnnstudio.core.formats.run_folder import EXPERIMENT, LAST, RunFolderError
from cnnstudio.core.formats.run_index import read_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.runs.library import RunLibrary
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_index import RunSummary

DESIGN = "design"
"""Names the design; runs are named by their folders."""
REMEMBERED = "inspect_network"
OFFERED = 20
"""Runs that are offered without a search, the newest ones."""


@dataclass(frozen=True)
class _Found:
    """What a folder holds, as long as nothing in it is another."""

    subject: Subject | None
    problem: str = ""


class Networks(QObject):
    """Decides which network is inspected, and hands it to the `Inspection`.

    Until the person chooses one it is the run of this window, or the design before the first run and where the run
    is of another experiment. A run that starts takes the place of whatever was chosen.
    """

    changed = Signal()
    """Another one is chosen, what is known of it is another, or there are others to choose from."""

    def __init__(self, inspection: Inspection, library: RunLibrary) -> None:
        super().__init__(inspection)
        self._inspection = inspection
        self.library = library
        """The runs to choose from; looked through while the page is in sight."""
        self.problem = ""
        """Why what was chosen cannot be inspected, a sentence; "" when it can."""
        self._active = False
        self._chosen = inspection.preferences.choice(REMEMBERED)
        """DESIGN, a folder, or "" for what is nearest at hand."""
        self._held = ""
        """Id of the run whose model the worker has."""
        self._last_run = ""
        self._standing: tuple[object, ...] = ()
        """Of the run of this window, as far as it matters here."""
        self._told: tuple[object, ...] = ()
        """What listeners know of."""
        self._experiment = functools.lru_cache(maxsize=OFFERED)(_read_experiment)
        inspection.run.changed.connect(self._follow_run)
        inspection.bridge.changed.connect(self._refresh)
        inspection.bridge.opened.connect(self._follow_opened)
        inspection.worker.state_changed.connect(self._follow_worker)
        library.changed.connect(self._refresh)
        library.run_changed.connect(self._follow_summary)

    @property
    def chosen(self) -> str:
        """DESIGN, or the folder of the run that is inspected."""
        if self._chosen and self._chosen != DESIGN and not Path(self._chosen).is_dir():
            return self._nearest()  # it went to the trash
        return self._chosen or self._nearest()

    @property
    def summary(self) -> RunSummary | None:
        """What lists know of the run that is inspected; None for a design."""
        return None if self.chosen == DESIGN else self._summary(self.chosen)

    @property
    def offers(self) -> Sequence[tuple[str, str]]:
        """Name and key of the design and of the newest runs."""
        runs = [(run.title, str(run.folder)) for run in self.library.runs[:OFFERED]]
        return (("Design", DESIGN), *runs)

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking. Out of sight no run is looked for and no network made."""
        self._active = active
        self.library.set_active(active, "inspect")
        if active:
            self._refresh()

    def choose(self, key: str) -> None:
        """Inspect the design or the run in that folder, until a run starts or another experiment is opened."""
        self._chosen = key
        self._inspection.preferences.keep_choice(REMEMBERED, key)
        self._refresh()

    def subject(self, key: str) -> Subject | None:
        """The network of that key as it is now; None where it cannot be read."""
        return self._found(key).subject

    # What makes a difference

    def _follow_run(self) -> None:
        state = self._inspection.run.state
        if state.active and state.run != self._last_run:
            self._last_run = state.run
            self._held = self._chosen = ""
        if state.active and state.is_set_up:
            self._held = state.run
        foreign = self._inspection.run.is_foreign
        standing = (state.run, state.active, state.is_set_up, state.directory, foreign, self._held, self._chosen)
        if standing != self._standing:  # of how far it has come `library` tells
            self._standing = standing
            self._refresh()

    def _follow_opened(self) -> None:
        self._chosen = ""
        self._refresh()

    def _follow_worker(self, state: str) -> None:
        if state in ("starting", "lost", "stopped"):
            self._held = ""
        self._refresh()

    def _follow_summary(self, run: RunSummary) -> None:
        if str(run.folder) == self.chosen:
            self._refresh()

    def _refresh(self) -> None:
        if not self._active:
            return
        found = self._found(self.chosen)
        self.problem = found.problem
        if found.subject is not None:
            self._inspection.choose_subject(found.subject)
        summary = self.summary
        standing = None if summary is None else (summary.status, summary.record.epochs_done)
        told = (self.chosen, self.problem, self.offers, standing)
        if told != self._told:
            self._told = told
            self.changed.emit()

    # Making them

    def _nearest(self) -> str:
        run = self._inspection.run
        if not run.state.directory or not run.state.is_set_up or (run.is_foreign and not run.state.active):
            return DESIGN
        return run.state.directory

    def _found(self, key: str) -> _Found:
        run = self._inspection.run
        if key == DESIGN:
            return _Found(Subject("Design", self._inspection.bridge.experiment))
        if key != run.state.directory or run.experiment is None or not run.state.is_set_up:
            return self._from_folder(Path(key))
        state = run.state
        title = self._title(key) or run.name
        if state.active:
            return _Found(Subject(title, run.experiment, run=state.run, active=True, folder=key))
        weights, stamp = _weights(Path(key))
        held = state.run if state.run == self._held else ""
        return _Found(Subject(title, run.experiment, weights, held, folder=key, stamp=stamp))

    def _from_folder(self, folder: Path) -> _Found:
        try:
            experiment = self._experiment(folder)
        except FileError as error:
            return _Found(None, f"This run cannot be inspected. {error}")
        weights, stamp = _weights(folder)
        title = self._title(str(folder)) or experiment.name
        return _Found(Subject(title, experiment, weights, folder=str(folder), stamp=stamp))

    def _title(self, folder: str) -> str:
        summary = self._summary(folder)
        return "" if summary is None else summary.title

    def _summary(self, key: str) -> RunSummary | None:
        folder = Path(key)
        known = self.library.get(folder.name)
        if known is not None and known.folder == folder:
            return known
        try:
            return read_run(folder)
        except RunFolderError:
            return None


def _read_experiment(folder: Path) -> Experiment:
    return load_experiment(folder / EXPERIMENT)


def _weights(folder: Path) -> tuple[str, int]:
    """The folder where it holds weights, else "", and when they were written."""
    try:
        return str(folder), (folder / LAST).stat().st_mtime_ns
    except OSError:
        return "", 0
