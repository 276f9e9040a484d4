"""The content of the Data page: source panel, samples, files and statistics, kept in step with the document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QTabWidget, QWidget

from cnnstudio.app.data.augmentation import AugmentationPanel
from cnnstudio.app.data.gallery import Gallery
from cnnstudio.app.data.loader import unvaried
from cnnstudio.app.data.report_view import ReportView
from cnnstudio.app.data.scan_panel import ScanPanel
from cnnstudio.app.data.sources import SourcePanel
from cnnstudio.app.data.statistics import Statistics
from cnnstudio.app.theme import mark
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.edits import SetData

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.app.data.commands import DataCommands
    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.recipe import DataRecipe
    from cnnstudio.wire.messages import Samples


class DataView(QWidget):
    """Shows the document's data recipe and turns what the person asks for into edits and requests."""

    def __init__(
        self, bridge: DocumentBridge, worker: WorkerClient, commands: DataCommands, parent: QWidget | None = None
    ) -> None:
        """An empty frame, which `built` fills."""
        super().__init__(parent)
        self._bridge, self._worker, self._commands = bridge, worker, commands
        self._active = False
        self._centre = QStackedWidget(self)
        self._tabs = QTabWidget(self._centre)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setObjectName("data_splitter")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._splitter)

    def built(self) -> Iterator[None]:
        """Make the parts, with rests; to be gone through once, and to its end, before anyone sees them."""
        line = self.fontMetrics().height()  # with a larger font of the system, forms want more room
        self._sources = SourcePanel(self._splitter)
        self._sources.setMinimumWidth(max(312, 20 * line))
        self._add_part(self._sources)
        yield
        yield from self._sources.prepare(self._bridge.experiment.data)
        yield
        self._add_part(self._centre, stretch=1)
        self._set_up_tabs()
        self._gallery = Gallery(self._worker)
        self._tabs.addTab(self._gallery, "Samples")
        yield
        self._augmentation = AugmentationPanel(self._worker)
        self._tabs.addTab(self._augmentation, "Augmentation")
        yield
        yield from self._augmentation.prepare()
        yield
        self._report = ReportView()
        self._tabs.addTab(self._report, "Files")
        self._scan = ScanPanel()
        self._centre.addWidget(self._scan)
        yield
        self._statistics = Statistics(self._splitter)
        self._statistics.setMinimumWidth(max(220, 14 * line))
        self._add_part(self._statistics)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setSizes([320, 700, 270])
        yield
        self._connect()
        self._show_recipe()
        self._show_scan()

    def _add_part(self, part: QWidget, stretch: int = 0) -> None:
        mark(part, kind="panel")
        self._splitter.addWidget(part)
        self._splitter.setStretchFactor(self._splitter.count() - 1, stretch)

    def _set_up_tabs(self) -> None:
        self._tabs.setObjectName("data_tabs")
        self._tabs.setAccessibleName("Samples, augmentation and files")
        self._tabs.setDocumentMode(True)
        self._tabs.tabBar().setObjectName("data_tab_bar")
        self._centre.addWidget(self._tabs)

    def _connect(self) -> None:
        bridge, commands, own = self._bridge, self._commands, self._sources.own
        bridge.changed.connect(self._follow)
        commands.changed.connect(self._show_scan)
        commands.refused.connect(self._restore)
        self._gallery.filled.connect(self._show_counts)
        self._gallery.find_wanted.connect(commands.relink)
        self._sources.wanted.connect(self._edit)
        self._augmentation.wanted.connect(self._edit)
        self._sources.source_wanted.connect(commands.use)
        self._sources.read_wanted.connect(commands.change_source)
        own.folder_wanted.connect(commands.open_folder)
        own.file_wanted.connect(commands.open_file)
        own.rescan_wanted.connect(commands.rescan)
        own.relink_wanted.connect(commands.relink)
        own.reveal_wanted.connect(commands.reveal)
        own.moved.connect(commands.relink_to)
        own.recent_shown.connect(commands.fill_recent)
        self._scan.cancelled.connect(commands.cancel)
        self._report.scan_wanted.connect(commands.rescan)
        self._statistics.weigh_wanted.connect(commands.weigh_classes)
        self._statistics.problems_wanted.connect(commands.problems_wanted)
        self._statistics.files_wanted.connect(self._show_files)
        self._tabs.currentChanged.connect(self._follow_tab)

    @property
    def gallery(self) -> Gallery:
        """The samples."""
        return self._gallery

    @property
    def statistics(self) -> Statistics:
        """The numbers."""
        return self._statistics

    @property
    def sources(self) -> SourcePanel:
        """The recipe."""
        return self._sources

    @property
    def report(self) -> ReportView:
        """The files."""
        return self._report

    @property
    def tabs(self) -> QTabWidget:
        """Samples, augmentation and files."""
        return self._tabs

    @property
    def augmentation(self) -> AugmentationPanel:
        """How training samples are varied."""
        return self._augmentation

    @property
    def is_scanning(self) -> bool:
        """Whether the scan is in front."""
        return self._centre.currentWidget() is self._scan

    def set_active(self, active: bool) -> None:
        """Whether the page is in sight; only then are samples asked for, and files looked at."""
        self._active = active
        self._gallery.set_active(active)
        self._follow_tab()
        if active:
            self._commands.check()

    def _follow_tab(self) -> None:
        self._augmentation.set_active(self._active and self._tabs.currentWidget() is self._augmentation)

    def _edit(self, recipe: DataRecipe, gesture: str) -> None:
        if not self._bridge.do(SetData(recipe=recipe, gesture=gesture)):
            self._restore()

    def _restore(self) -> None:
        self._sources.show_recipe(self._bridge.experiment.data)
        self._show_augmentation()

    def _follow(self, change: Change) -> None:
        before, after = change.before.data, change.after.data
        if before != after and unvaried(before) == unvaried(after):
            self._restore()  # the samples themselves are still the same
        elif before != after:
            self._show_recipe()
            if self._active:
                self._commands.check()
        if change.before.training is not change.after.training:
            self._statistics.show_weights(change.after)
            self._show_augmentation()  # its draws follow from the seed of training
        self._show_problems()

    def _show_recipe(self) -> None:
        experiment = self._bridge.experiment
        self._sources.show_recipe(experiment.data)
        self._statistics.show_experiment(experiment)
        self._statistics.forget_counts()
        self._gallery.show_experiment(experiment, experiment.data.problem())
        self._show_augmentation()
        self._show_problems()
        self._show_report()

    def _show_augmentation(self) -> None:
        experiment = self._bridge.experiment
        self._augmentation.show_experiment(experiment, experiment.data.problem())

    def _show_problems(self) -> None:
        self._statistics.show_problems(sum(d.severity is Severity.ERROR for d in self._bridge.diagnostics))

    def _show_scan(self) -> None:
        scanning = self._commands.scanner.active and not self._commands.is_checking
        if scanning:
            self._scan.show_scan(self._commands.scanner)
        self._centre.setCurrentWidget(self._scan if scanning else self._tabs)
        if not scanning:
            self._show_report()
        source = self._commands.source
        if source is not None and self._commands.problem and self._commands.is_lost:
            self._gallery.show_lost(source.path)

    def _show_report(self) -> None:
        commands, source = self._commands, self._commands.source
        report = commands.report
        self._statistics.show_report(report)
        if report is not None:
            self._report.show_report(report)
        elif source is None:
            self._report.show_nothing("No files", "These data are built in. Files are listed for data of your own.")
        elif commands.is_lost:
            self._report.show_nothing("The data have moved", "Say on the left where the files are now.")
        elif commands.problem:
            self._report.show_nothing("The files cannot be looked through", commands.problem, "Scan again")
        elif commands.scanner.active:
            self._report.show_nothing("One moment", f"Looking through “{Path(source.path).name}”…")
        else:
            self._report.show_nothing("Not scanned", "Look through the files to see what is in them.", "Scan")
        skipped = report.skipped_total if report is not None else 0
        self._tabs.setTabText(self._tabs.indexOf(self._report), f"Files ({skipped:,} not used)" if skipped else "Files")

    def _show_files(self) -> None:
        self._tabs.setCurrentWidget(self._report)

    def _show_counts(self, samples: Samples) -> None:
        self._gallery.show_parts(samples.parts)
        self._statistics.show_counts(samples, self._bridge.experiment)
