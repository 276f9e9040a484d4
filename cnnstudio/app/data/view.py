"""The content of the Data page: source panel, gallery and statistics, kept in step with the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from cnnstudio.app.data.class_bars import ClassBars, PartBar
from cnnstudio.app.data.gallery import PAGE, Gallery
from cnnstudio.app.data.loader import SampleLoader, Wish
from cnnstudio.app.data.sources import SourcePanel
from cnnstudio.app.features.words import words
from cnnstudio.app.format import shape
from cnnstudio.app.theme import mark, space
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.edits import SetData

if TYPE_CHECKING:
    from cnnstudio.app.data.commands import DataCommands
    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.recipe import DataRecipe
    from cnnstudio.wire.messages import Samples

TASK_WORDS = {
    Task.CLASSIFICATION: "Classification: name the class of a sample",
    Task.SEGMENTATION: "Segmentation: name the class of every pixel",
    Task.RECONSTRUCTION: "Reconstruction: give the sample back",
}


class Statistics(QScrollArea):
    """What is known of the data: task, shape, parts and classes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_statistics")
        self.setAccessibleName("Data statistics")
        self.setWidgetResizable(True)
        self._task = words("data_task", wrap=True)
        self._shape = words("data_shape", tone="muted", tip="Sizes of one sample, channels last")
        self.parts = PartBar()
        self.classes = ClassBars()
        self._classes_title = words("data_classes_title", "Classes", scale="title")
        self._promise = words(
            "data_promise",
            "The test part is never used in training, nor for any choice.",
            scale="caption",
            tone="muted",
            wrap=True,
        )
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(space(4), space(4), space(4), space(4))
        column.setSpacing(space(2))
        column.addWidget(self._task)
        column.addWidget(self._shape)
        column.addSpacing(space(2))
        column.addWidget(words("data_parts_title", "Parts", scale="title"))
        column.addWidget(self.parts)
        column.addWidget(self._promise)
        column.addSpacing(space(2))
        column.addWidget(self._classes_title)
        column.addWidget(self.classes)
        column.addStretch(1)
        self.setWidget(inside)

    def show_recipe(self, recipe: DataRecipe) -> None:
        """What the declaration knows, before any sample is here."""
        info = recipe.info()
        self._task.setText(TASK_WORDS[info.task])
        self._shape.setText(f"One sample: {shape(info.input_shape)}")
        unit = "pixels" if info.task is Task.SEGMENTATION else "samples"
        self._classes_title.setText("Classes by pixel" if unit == "pixels" else "Classes")
        self.classes.setToolTip(f"Number of {unit} of each class, by part")
        self._classes_title.setVisible(bool(info.classes))
        self.classes.setVisible(bool(info.classes))

    def show_counts(self, samples: Samples, info: DataInfo) -> None:
        """What the samples add to it."""
        self.parts.show_parts(samples.parts)
        masks = info.task is Task.SEGMENTATION
        self.classes.show_counts(info.class_names, samples.class_counts, swatches=masks)


class DataView(QWidget):
    """Shows the document's data recipe and turns what the person asks for into edits and requests."""

    def __init__(
        self, bridge: DocumentBridge, worker: WorkerClient, commands: DataCommands, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._commands = commands
        self._sources = SourcePanel()
        self._gallery = Gallery()
        self._statistics = Statistics()
        self._loader = SampleLoader(worker, self)
        self._loader.loading.connect(self._gallery.show_loading)
        self._loader.failed.connect(self._gallery.show_failure)
        self._loader.loaded.connect(self._show_samples)
        self._gallery.retried.connect(self._loader.retry)
        self._gallery.wanted.connect(self._ask_at_once)
        self._sources.wanted.connect(self._edit)
        bridge.changed.connect(self._follow)
        self._arrange()
        self._show_recipe()

    def _arrange(self) -> None:
        centre = QFrame()
        mark(centre, kind="panel")
        inside = QVBoxLayout(centre)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._gallery)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("data_splitter")
        for widget, stretch in ((self._sources, 0), (centre, 1), (self._statistics, 0)):
            splitter.addWidget(widget)
            splitter.setStretchFactor(splitter.count() - 1, stretch)
        splitter.setChildrenCollapsible(False)
        self._sources.setMinimumWidth(280)
        self._statistics.setMinimumWidth(220)
        for panel in (self._sources, self._statistics):
            mark(panel, kind="panel")
        splitter.setSizes([320, 700, 270])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(splitter)

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

    def set_active(self, active: bool) -> None:
        """Whether the page is in sight; only then are samples asked for."""
        self._loader.set_active(active)

    def _edit(self, recipe: DataRecipe, gesture: str) -> None:
        if not self._bridge.do(SetData(recipe=recipe, gesture=gesture)):
            self._sources.show_recipe(self._bridge.experiment.data)

    def _follow(self, change: Change) -> None:
        if change.before.data != change.after.data:
            self._show_recipe()

    def _show_recipe(self) -> None:
        recipe = self._bridge.experiment.data
        self._sources.show_recipe(recipe)
        self._statistics.show_recipe(recipe)
        self._gallery.rewind()
        self._loader.want(self._wish())

    def _ask_at_once(self) -> None:
        self._loader.want(self._wish(), at_once=True)

    def _wish(self) -> Wish:
        return Wish(self._bridge.experiment, self._gallery.part, self._gallery.start, PAGE)

    def _show_samples(self, samples: Samples) -> None:
        info = self._bridge.experiment.data.info()
        self._gallery.show_parts(samples.parts)
        self._gallery.show_samples(samples, info)
        self._statistics.show_counts(samples, info)
