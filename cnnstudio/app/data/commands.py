"""What a person does with data: choose them, look through them again, find them elsewhere, undo, weigh classes.

A scan that ends well is taken over at once, in one step of undo, and the bar tells what is another in the design.
One that fails changes nothing.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices

from cnnstudio.app.data.scanning import Outcome, SourceScanner
from cnnstudio.app.format import count, counted
from cnnstudio.app.message_bar import Choice
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.edits import SetData, SetTraining
from cnnstudio.core.edits.adopting import adopted, changes, in_sentence
from cnnstudio.core.fixes.designs import designs_for
from cnnstudio.core.formats.presets import presets

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu, QWidget

    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.message_bar import MessageBar
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.data.facts import ScanReport
    from cnnstudio.core.data.sources import SourceSpec
    from cnnstudio.core.edits import UseDesign
    from cnnstudio.core.experiment import Experiment

SETTLE_MS = 500
"""A parameter of a source that is being typed is settled after this long: only then are the files looked through."""
KEY = "data"
DATA_FILES = "Data (*.npz *.npy *.csv)"
ENDINGS = (".npz", ".npy", ".csv")
REPORTS_KEPT = 8


class DataCommands(QObject):
    """Owns the scan and its report; edits go to the bridge."""

    page_wanted = Signal()
    """Bring the Data page to the front."""
    problems_wanted = Signal()
    """Show the problems of the design."""
    changed = Signal()
    """A scan began, went on or ended, or its report is another: see `scanner` and `report`."""
    refused = Signal()
    """What was asked of the source has not come about: forms show the document again."""

    def __init__(
        self,
        window: QWidget | None,
        bridge: DocumentBridge,
        messages: MessageBar,
        preferences: Preferences,
        worker: WorkerClient,
        run: RunController | None = None,
    ) -> None:
        """`run` tells whether a training goes on, which keeps the data it began with."""
        super().__init__(window)
        self._run = run
        self._window, self._bridge, self._messages, self._preferences = window, bridge, messages, preferences
        self.scanner = SourceScanner(worker, self)
        self._reports: dict[tuple[str, str], ScanReport] = {}
        """By path and fingerprint, the latest last."""
        self._failed: tuple[FileSource, str] | None = None
        """A check of these files that failed, and why."""
        self._checking: FileSource | None = None
        self._incoming: Outcome | None = None
        """What a check found in files that have changed."""
        self._wanted: FileSource | None = None
        self._settle = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._settle.timeout.connect(self._scan_wanted)
        self.scanner.changed.connect(self.changed)
        self.scanner.scanned.connect(self._take)
        self.scanner.failed.connect(self._fail)
        bridge.changed.connect(self._follow)

    @property
    def source(self) -> FileSource | None:
        """The person's own files, if the experiment reads any."""
        source = self._bridge.experiment.data.source
        return source if isinstance(source, FileSource) else None

    @property
    def report(self) -> ScanReport | None:
        """What the latest scan found in the files that the experiment reads."""
        source = self.source
        return None if source is None else self._reports.get((source.path, source.facts.fingerprint))

    @property
    def problem(self) -> str:
        """Why the files that the experiment reads could not be looked through; "" when they could."""
        return self._failed[1] if self._failed is not None and self._failed[0] == self.source else ""

    @property
    def is_lost(self) -> bool:
        """Whether nothing lies any more where the experiment reads its files: they have moved, or a disk is not in."""
        source = self.source
        return source is not None and bool(source.path) and not Path(source.path).exists()

    @property
    def is_checking(self) -> bool:
        """Whether the scan under way is one that nobody asked for: see `check`."""
        return self._checking is not None

    @property
    def can_weigh(self) -> bool:
        """Whether class weights mean anything for the task."""
        experiment = self._bridge.experiment
        return experiment.training.weighs_classes(experiment.data.info().task)

    def open_folder(self) -> None:
        """Ask for a folder and use what is in it."""
        from cnnstudio.app.dialogs.files import ask_folder

        dialog = ask_folder(self._window, "Open data folder", self._folder())
        dialog.fileSelected.connect(self.open_path)
        dialog.open()

    def open_file(self) -> None:
        """Ask for a file and use what is in it."""
        from cnnstudio.app.dialogs.files import ask_open

        dialog = ask_open(self._window, self._folder(), "Open data file", DATA_FILES)
        dialog.fileSelected.connect(self.open_path)
        dialog.open()

    def open_path(self, path: str) -> None:
        """Use what lies there; the worker tells what it is."""
        self.page_wanted.emit()
        self._scan(path, None)

    def open_source(self, source: FileSource) -> None:
        """Use these files, read as the source says."""
        self.page_wanted.emit()
        self._scan(source.path, source)

    def change_source(self, source: FileSource) -> None:
        """Read the files in another way, once typing has come to rest."""
        self._wanted = source
        self._settle.start()

    def rescan(self) -> None:
        """Look through the files again, whatever an earlier scan has found."""
        if self.source is not None:
            self.page_wanted.emit()
            self._scan(self.source.path, self.source, fresh=True)

    def relink(self) -> None:
        """Ask where the files lie now."""
        source = self.source
        if source is None:
            return
        from cnnstudio.app.dialogs.files import ask_folder, ask_open

        title = f"Where is “{Path(source.path).name}” now?"
        is_file = Path(source.path).suffix.lower() in ENDINGS
        folder = self._folder()
        ask = ask_open(self._window, folder, title, DATA_FILES) if is_file else ask_folder(self._window, title, folder)
        ask.fileSelected.connect(self.relink_to)
        ask.open()

    def relink_to(self, path: str) -> None:
        """Read the same data from another place."""
        if self.source is not None and path:
            self.page_wanted.emit()
            self._scan(path, self.source.moved(path))

    def reveal(self) -> None:
        """Show the files in the system's file manager."""
        if self.source is None:
            return
        path = Path(self.source.path)
        folder = path if path.is_dir() else path.parent
        if not folder.is_dir():
            text = f"There is no folder {folder} any more: say where the data are now."
            self._say(text, "error", (Choice("Find the data", self.relink),))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._say(f"No file manager answers; the data lie in {folder}.", "warning")

    def cancel(self) -> None:
        """Give the scan up; the data stay as they are."""
        self._checking = None
        self.scanner.cancel()
        self.refused.emit()

    def check(self) -> None:
        """Look quietly through files of which no report is at hand: they may have changed since they were scanned."""
        source = self.source
        if source is None or not source.path or self.scanner.active or self.problem:
            return
        if self.report is not None and not self.is_lost:
            return
        self._checking = source
        self.scanner.begin(source.path, source)

    def use(self, source: SourceSpec) -> None:
        """Take over a source that needs no scan."""
        self._adopt(source, None, f"{source.title}:")

    def weigh_classes(self) -> None:
        """Let training count samples of rare classes for more, or all alike again."""
        recipe = self._bridge.experiment.training
        if self.can_weigh:
            self._bridge.do(SetTraining(recipe=dataclasses.replace(recipe, class_weights=not recipe.class_weights)))

    def recent(self) -> list[FileSource]:
        """Files used lately that are still there, the latest first."""
        return self._preferences.recent_sources

    def fill_recent(self, menu: QMenu) -> None:
        """Put the data used lately into the menu."""
        menu.clear()
        for source in self.recent():
            action = menu.addAction(f"{Path(source.path).name}  ({source.title.lower()})")
            action.setToolTip(source.path)
            action.setData(source)
            action.triggered.connect(self._open_recent)
        if menu.isEmpty():
            menu.addAction("No data of your own yet").setEnabled(False)
            return
        menu.addSeparator()
        menu.addAction("Forget recent data").triggered.connect(self._preferences.forget_recent_sources)

    def _open_recent(self) -> None:
        action = self.sender()
        if isinstance(action, QAction) and isinstance(source := action.data(), FileSource):
            self.open_source(source)

    def _scan_wanted(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self._scan(wanted.path, wanted)

    def _scan(self, path: str, source: FileSource | None, *, fresh: bool = False) -> None:
        self._checking, self._incoming = None, None
        self._settle.stop()
        self._messages.dismiss(KEY)
        self.scanner.begin(path, source, fresh=fresh)

    def _take(self, outcome: Outcome) -> None:
        source, report = outcome.source, outcome.report
        checked, self._checking = self._checking, None
        key = (source.path, source.facts.fingerprint)
        self._reports.pop(key, None)
        self._reports[key] = report
        while len(self._reports) > REPORTS_KEPT:
            self._reports.pop(next(iter(self._reports)))
        self._failed = None
        if checked is None:
            self._adopt_files(outcome)
        elif checked == self.source and source.facts != checked.facts:
            self._offer(outcome, checked)
        self.changed.emit()

    def _adopt_files(self, outcome: Outcome) -> None:
        source = outcome.source
        if not source.facts.samples:
            self._fail(source.problem(), "")
            return
        self._preferences.add_recent_source(source)
        name = Path(source.path).name or source.path
        known = len(source.facts.classes)
        classes = f" of {counted(known, 'class', 'classes')}" if known else ""
        skipped = outcome.report.skipped_total
        left_out = f" {counted(skipped, 'file')} {'is' if skipped == 1 else 'are'} not used." if skipped else ""
        told = f"“{name}”: {counted(source.facts.samples, 'sample')}{classes}.{left_out}"
        self._adopt(source, outcome, told)

    def _adopt(self, source: SourceSpec, outcome: Outcome | None, told: str) -> None:
        before = self._bridge.experiment
        recipe = adopted(before.data, source, outcome.preparation if outcome is not None else None)
        if self._bridge.do(SetData(recipe=recipe)):
            self._tell(before, told, outcome is not None)
        else:
            self.refused.emit()

    def _tell(self, before: Experiment, told: str, always: bool) -> None:
        """Say what has become another, and what can be done about it."""
        after = self._bridge.experiment
        if before.data == after.data:
            self._say(f"{told} Nothing has changed.", "ok")
            return
        changed = in_sentence(changes(before, after))
        errors = sum(d.severity is Severity.ERROR for d in self._bridge.diagnostics)
        if not (changed or always or errors):
            return
        problem = after.data.problem()
        broken = f"{counted(errors, 'problem')} in the design now." if errors else ""
        choices: list[Choice] = []
        if errors:
            choices.append(Choice("Show problems", self.problems_wanted.emit))
            for edit in designs_for(after, presets(), 1):
                choices.append(Choice(edit.label, partial(self._use_design, edit)))
        choices.append(Choice("Undo", self._bridge.undo))
        going_on = "The run goes on with the data it began with." if self._run and self._run.state.active else ""
        text = " ".join(part for part in (told, changed, broken, problem, going_on) if part)
        self._say(text, "warning" if errors or problem else "ok", tuple(choices))

    def _use_design(self, edit: UseDesign) -> None:
        self._bridge.do(edit)

    def _offer(self, outcome: Outcome, known: FileSource) -> None:
        """The files of the experiment are others than when they were scanned: the person decides."""
        self._incoming = outcome
        name, now, then = Path(known.path).name, outcome.source.facts.samples, known.facts.samples
        told = f"The files of “{name}” have changed since they were scanned: {counted(now, 'sample')}"
        told += f" (were {count(then)})." if now != then else ", some of them others."
        self._say(told, "warning", (Choice("Use them as they are now", self._adopt_incoming),))

    def _adopt_incoming(self) -> None:
        outcome, self._incoming = self._incoming, None
        if outcome is not None:
            self._adopt_files(outcome)

    def _fail(self, sentence: str, details: str) -> None:
        checked, self._checking = self._checking, None
        if checked is not None:
            self._failed = (checked, sentence)
        else:
            kept = "" if self._bridge.experiment.data.problem() else " The data stay as they were."
            again = Choice("Choose another folder", self.open_folder), Choice("Choose another file", self.open_file)
            self._say(f"{sentence}{kept}", "error", again, details)
        self.refused.emit()
        self.changed.emit()

    def _say(self, text: str, tone: str, choices: tuple[Choice, ...] = (), details: str = "") -> None:
        self._messages.show_message(text, tone, choices, details, key=KEY)

    def _follow(self, change: Change) -> None:
        if change.before.data != change.after.data:
            self._messages.dismiss("run")  # why a run on the data before could not go on
        self._messages.dismiss(KEY)  # its Undo and its numbers were of the state before
        self._incoming = None
        self._settle.stop()
        self._wanted = None

    def _folder(self) -> Path:
        recent = self.recent()
        return Path(recent[0].path).parent if recent else Path.home()
