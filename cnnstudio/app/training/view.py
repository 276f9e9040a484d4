"""The content of the Train page: composition, and the wiring between run, document, selection and worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from cnnstudio.app.features.wall import FeatureWall
from cnnstudio.app.features.words import tool, words
from cnnstudio.app.format import tensor_shape
from cnnstudio.app.theme import mark, space
from cnnstudio.app.training.curves import CurvePanel
from cnnstudio.app.training.evaluation.panel import EvaluationPanel
from cnnstudio.app.training.header import RunHeader
from cnnstudio.app.training.latent.panel import LatentPanel
from cnnstudio.app.training.recipe_panel import RecipePanel
from cnnstudio.app.training.sample_chooser import SampleChooser
from cnnstudio.app.training.sentences import foreign_words, why_no_maps
from cnnstudio.app.training.watcher import Watcher
from cnnstudio.wire.messages import FeatureMaps, WatchFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.selection import Selection
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.run_state import RunState


class TrainView(QWidget):
    """Forwards and listens: the parts know how to show, the run and the document know what."""

    export_wanted = Signal(str)
    rate_wanted = Signal()
    inspection_wanted = Signal(str)

    def __init__(
        self,
        bridge: DocumentBridge,
        selection: Selection,
        worker: WorkerClient,
        run: RunController,
        parent: QWidget | None = None,
        *,
        at_once: bool = True,
    ) -> None:
        """What is not made `at_once` is by `built`."""
        super().__init__(parent)
        self._bridge, self._selection, self._run = bridge, selection, run
        self._active = False
        self._last_run = ("", False)
        self._has_model = True
        self._lines: list[tuple[str, str]] = []
        self._header = RunHeader()
        self._worker = worker
        self._tabs = QTabWidget()
        self._tabs.setObjectName("train_tabs")
        self._tabs.setAccessibleName("What is shown of the run")
        self._tabs.setToolTip("Recipe, curves, evaluation and, for autoencoders, the values of the bottleneck")
        self._tabs.tabBar().setDrawBase(False)
        self._tabs.setUsesScrollButtons(False)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._said = words("train_said", tone="muted", scale="caption")
        self._watcher = Watcher(worker, self)
        self._arrange()
        if at_once:
            for _ in self.built():
                pass

    def built(self) -> Iterator[None]:
        """Make maps and tabs, with rests; to be gone through once, and to its end, before anyone sees them."""
        yield from self._make_maps()
        yield
        self._recipe = RecipePanel(self._bridge, self._worker, at_once=False)
        self._add_tab(self._recipe, "Recipe", "How the next run trains, and what it would need")
        yield
        yield from self._recipe.built()
        yield
        self._curves = CurvePanel()
        self._add_tab(self._curves, "Curves", "Loss, metrics and learning rate, epoch by epoch")
        yield
        self._evaluation = EvaluationPanel()
        tip = "What the network gets right and wrong on validation and test"
        self._add_tab(self._evaluation, "Evaluation", tip)
        yield
        self._latent = LatentPanel(self._worker)
        self._add_tab(self._latent, "Bottleneck", "Set the values between encoder and decoder by hand")
        self._tabs.setTabVisible(self._tabs.indexOf(self._latent), False)
        self._connect(self._worker)
        self._fill_blocks(self.block)

    # Composition

    def _add_tab(self, panel: QWidget, title: str, tip: str) -> None:
        self._tabs.setTabToolTip(self._tabs.addTab(panel, title), tip)

    def _arrange(self) -> None:
        """Put together what holds the tabs, from the outside, see `LatePage.built`."""
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        self._splitter.setObjectName("train_splitter")
        whole.addWidget(self._header)
        whole.addWidget(self._splitter, 1)
        left, inside = _panel()
        self._splitter.addWidget(left)
        inside.addWidget(self._tabs, 1)
        inside.addWidget(self._said)
        self._said.setVisible(False)

    def _make_maps(self) -> Iterator[None]:
        self._blocks = QComboBox()
        self._blocks.setObjectName("train_block")
        self._blocks.setAccessibleName("Block")
        self._blocks.setToolTip("The block whose feature maps are shown; it is the selected block of the design")
        self._blocks.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._blocks.setMinimumContentsLength(16)
        self._inspect = tool("train_inspect", "inspect", "Inspect this block: maps, kernels, explanations (Ctrl+4)")
        self._chooser = SampleChooser(self._worker, self._bridge.probe)
        right, column = _panel()
        self._splitter.addWidget(right)
        top = QHBoxLayout()
        top.setSpacing(space(2))
        top.addWidget(self._blocks, 1)
        top.addLayout(self._chooser.buttons)
        top.addWidget(self._inspect)
        column.setSpacing(space(3))
        column.addLayout(top)
        sample_and_maps = QSplitter(Qt.Orientation.Vertical)
        sample_and_maps.setObjectName("train_sample_splitter")
        sample_and_maps.setChildrenCollapsible(False)
        column.addWidget(sample_and_maps, 1)
        sample_and_maps.addWidget(self._chooser)
        yield
        self._wall = FeatureWall(sample_and_maps)
        sample_and_maps.addWidget(self._wall)
        sample_and_maps.setStretchFactor(0, 1)
        sample_and_maps.setStretchFactor(1, 1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([600, 600])

    def _connect(self, worker: WorkerClient) -> None:
        self._header.export_wanted.connect(self.export_wanted)
        self._header.resume.clicked.connect(self._run.resume)
        self._header.more.clicked.connect(self._run.train_more)
        self._recipe.rate_wanted.connect(self.rate_wanted)
        self._curves.said.connect(self._say)
        self._blocks.activated.connect(self._choose_block)
        self._inspect.clicked.connect(self._want_inspection)
        self._chooser.chosen.connect(self._watch)
        self._chooser.chosen.connect(self._follow_sample)
        self._chooser.view.threshold_changed.connect(self._evaluation.show_threshold)
        self._selection.changed.connect(self._follow_selection)
        self._bridge.changed.connect(self._follow_design)
        self._run.changed.connect(self._follow_run)
        worker.received.connect(self._take)
        worker.state_changed.connect(self._follow_worker)

    # What others look at

    @property
    def wall(self) -> FeatureWall:
        """The feature maps."""
        return self._wall

    @property
    def curves(self) -> CurvePanel:
        """The curves."""
        return self._curves

    @property
    def recipe(self) -> RecipePanel:
        """The fields of the recipe."""
        return self._recipe

    @property
    def evaluation(self) -> EvaluationPanel:
        """Metrics, confusion matrix, classes."""
        return self._evaluation

    @property
    def latent(self) -> LatentPanel:
        """The values of the bottleneck."""
        return self._latent

    @property
    def tabs(self) -> QTabWidget:
        """Curves, evaluation, bottleneck."""
        return self._tabs

    @property
    def chooser(self) -> SampleChooser:
        """The sample."""
        return self._chooser

    @property
    def block(self) -> str:
        """The block whose maps are shown, "" when the design has none."""
        return str(self._blocks.currentData() or "")

    def set_active(self, active: bool) -> None:
        """Whether the page is in sight. Out of sight it watches nothing and only keeps the points of the curves."""
        self._active = active
        if active:
            self._fill_blocks(self.block)
            self._follow_run(self._run.state)
        self._chooser.set_active(active)
        self._watcher.set_active(active)

    def hasHeightForWidth(self) -> bool:
        """No: lines of the header that break would let the scroll area ask for the height that all parts would like."""
        return False

    def show_preflight(self) -> None:
        """Show the recipe and measure what a run of it would need and take."""
        self._tabs.setCurrentWidget(self._recipe)
        self._recipe.preflight.measure()

    # Run

    def _follow_run(self, state: RunState) -> None:
        if (state.run, self._run.is_foreign) != self._last_run:
            if state.run != self._last_run[0]:
                self._has_model = True
                self._leave_recipe()
            self._last_run = (state.run, self._run.is_foreign)
            self._explain_wall()
            self._chooser.view.forget_prediction()
            self._watch()
        elif state.phase == "running" and state.epoch == 0:
            self._watcher.tell_again()
        self._curves.follow(state)
        if not self._active:
            return
        self._header.show_run(self._run, self._bridge.experiment)
        trained = self._trained()
        self._chooser.show_experiment(trained)
        self._evaluation.follow(state, trained.data.info().class_names)
        self._follow_sample()
        if self._wall.layer is None:
            self._explain_wall()

    def _leave_recipe(self) -> None:
        """Another run: what it does is of more interest now than the recipe of the next one."""
        if self._tabs.currentWidget() is self._recipe:
            self._tabs.setCurrentWidget(self._curves)

    def _follow_sample(self) -> None:
        if self._active:
            useful = self._latent.follow(self._run.state, self._trained(), self._chooser.sample)
            self._tabs.setTabVisible(self._tabs.indexOf(self._latent), useful)

    def _trained(self) -> Experiment:
        """What the maps and samples belong to: the frozen copy of the run; the design before the first, and when
        the run is of another experiment."""
        frozen = None if self._run.is_foreign else self._run.experiment
        return frozen or self._bridge.experiment

    def _take(self, event: object) -> None:
        if not self._active or not isinstance(event, FeatureMaps | WatchFailed):
            return
        if isinstance(event, WatchFailed):
            if (event.block, event.run) == (self._watcher.wanted[0], self._run.state.run):
                self._wall.show_message("These maps cannot be shown", event.message)
        elif (event.block, event.sample) == self._watcher.wanted and event.run == self._run.state.run:
            self._wall.show_maps(event)
            self._chooser.view.show_prediction(event.prediction)

    def _follow_worker(self, state: str) -> None:
        if state in ("lost", "stopped"):
            self._has_model = False  # the worker held it; what is on the wall stays, as it is still true

    # Block

    def _fill_blocks(self, chosen: str) -> None:
        chosen = self._selection.current or chosen
        blocks = self._bridge.trace.blocks
        lines = [(id, f"{id}   {tensor_shape(traced.output)}") for id, traced in blocks.items()]
        if lines != self._lines:
            self._lines = lines
            self._blocks.clear()
            for row, (id, line) in enumerate(lines):
                self._blocks.addItem(line, id)
                self._blocks.setItemData(row, blocks[id].spec.title, Qt.ItemDataRole.ToolTipRole)
        self._show_block(chosen or self._first_of_interest())

    def _first_of_interest(self) -> str:
        blocks = self._bridge.trace.blocks
        worth = (id for id, t in blocks.items() if t.spec.group == "Convolution")
        learned = (id for id, t in blocks.items() if t.spec.kind not in ("Input", "Output"))
        return next(worth, next(learned, next(iter(blocks), "")))

    def _show_block(self, block: str) -> None:
        at = self._blocks.findData(block)
        if at < 0:
            at = self._blocks.findData(self._first_of_interest())
        self._blocks.setCurrentIndex(at)
        self._watch()

    def _choose_block(self) -> None:
        if self.block:
            self._selection.select((self.block,))
            self._watch()

    def _want_inspection(self) -> None:
        """Whatever is at hand: the run that the maps are of, or the design."""
        self._choose_block()
        self.inspection_wanted.emit("")

    def _follow_selection(self) -> None:
        if self._selection.current and self._selection.current != self.block:
            self._show_block(self._selection.current)

    def _watch(self) -> None:
        block = "" if self._run.is_foreign else self._run.trained_block(self.block)
        wanted = (block, self._chooser.sample)
        if wanted != self._watcher.wanted or self._wall.layer is None:
            self._explain_wall()
        self._watcher.watch(*wanted)

    def _explain_wall(self) -> None:
        state, block = self._run.state, self.block
        if not block:
            self._wall.show_message("No blocks", "Place blocks on the Design page first.")
        elif not state.run:
            self._wall.show_message("No feature maps yet", "Press Train (F5): they appear here while it trains.")
        elif self._run.is_foreign:
            name, now = self._run.name, self._bridge.experiment.name
            self._wall.show_message("Another experiment", foreign_words(name, now, state.active))
        elif reason := why_no_maps(self._trained(), self._run.trained_block(block), block):
            self._wall.show_message("Not in this run", reason)
        elif state.phase == "failed":
            self._wall.show_message("No feature maps", "The run failed. Mend it and press Train (F5).")
        elif state.active:
            self._wall.show_message("One moment", f"The maps of {block} appear after a few steps.")
        elif not self._has_model:
            gone = "The trained model went with the worker that has ended. Press Train (F5) to see maps again."
            self._wall.show_message("No feature maps", gone)
        else:
            self._wall.show_message("The run is over", f"Waiting for the maps of {block} from the trained model.")

    # Document

    def _follow_design(self, change: Change) -> None:
        if self._active:
            old, new = change.renamed or ("", "")
            self._fill_blocks(new if self.block == old else self.block)
            self._follow_run(self._run.state)

    def _say(self, sentence: str) -> None:
        self._said.setText(sentence)
        self._said.setToolTip(sentence)
        self._said.setVisible(bool(sentence))


def _panel() -> tuple[QFrame, QVBoxLayout]:
    frame = QFrame()
    mark(frame, kind="panel")
    column = QVBoxLayout(frame)
    column.setContentsMargins(space(4), space(3), space(4), space(3))
    column.setSpacing(space(2))
    return frame, column
