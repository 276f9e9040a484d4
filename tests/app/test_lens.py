"""The lens as a person uses it: mouse and keys on the map, edits in the inspector, what the worker answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QMenu, QSpinBox, QTabWidget, QToolButton, QWidget

from cnnstudio.app.asking import AGAIN
from cnnstudio.app.design_page import DesignPage
from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.features.colormaps import VIRIDIS
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.lens.panel import LensPanel
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.run_controller import RunController
from cnnstudio.app.selection import Selection
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.builtin import Shapes, Waveforms
from cnnstudio.core.document import Document
from cnnstudio.core.edits import MoveBlocks, SetParameters
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.placing.layout import arrange
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.wire.messages import (
    EffectiveField,
    Failed,
    GetEffectiveField,
    GetMaps,
    GetSamples,
    Maps,
    RunEnded,
    Sample,
)
from tests.helpers.recording import RecordingWorker, pictures
from tests.helpers.started import run_started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from cnnstudio.core.data.sources import SourceSpec

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CONVOLUTION = ("conv", "Convolution", {"filters": 5})
HEAD: tuple[tuple[str, str, dict[str, Any]], ...] = (("gap", "GlobalAveragePooling", {}), ("output", "Output", {}))


def experiment(source: SourceSpec, *blocks: tuple[str, str, dict[str, Any]], shape: tuple[int, ...] = ()) -> Experiment:
    """A chain of these blocks on that data."""
    first = ("input", "Input", {"shape": shape or source.info().input_shape})
    placed: list[Block] = []
    for id, kind, values in (first, *blocks):
        placed.append(Block(id, spec_class(kind)(**values), tuple(b.id for b in placed[-1:])))
    places = arrange(Architecture.of(placed))
    moved = MoveBlocks(positions=places)
    return moved(Experiment(architecture=Architecture.of(placed), data=DataRecipe(source=source)))


IMAGES = experiment(Shapes(size=32), CONVOLUTION, *HEAD)


class Shown:
    """The Design page with the Lens tab in front, on a worker that only remembers."""

    def __init__(self, qtbot: QtBot, design: Experiment = IMAGES, state: str = "ready") -> None:
        self.bot = qtbot
        self.bridge, self.selection = DocumentBridge(Document(design)), Selection()
        self.bridge.changed.connect(self.selection.keep_existing)
        self.worker = RecordingWorker(state)
        self.run = RunController(self.bridge, self.selection, self.worker)
        self.page = DesignPage(self.bridge, self.selection, self.worker, self.run)
        qtbot.addWidget(self.page)
        self.page.resize(1280, 760)
        self.page.move(-400, 0)  # the screen of the tests is 800 wide, and no mouse goes beyond it
        self.page.show()
        qtbot.waitExposed(self.page)
        self.page.activateWindow()
        qtbot.waitUntil(self.page.isActiveWindow)

    def open(self, block: str = "conv") -> Shown:
        """Click the card, then the tab."""
        if block:
            self.click_card(block)
        bar = self.part(QTabWidget, "design_tabs").tabBar()
        tab = next(i for i in range(bar.count()) if bar.tabText(i) == "Lens")
        QTest.mouseClick(bar, LEFT, NONE, bar.tabRect(tab).center())
        assert self.lens.isVisible()
        return self

    def click_card(self, block: str) -> None:
        canvas = self.page.canvas
        canvas.centerOn(canvas.board.cards[block].body.center())
        at = canvas.mapFromScene(canvas.board.cards[block].body.topLeft() + QPointF(40, 14))
        QTest.mouseClick(canvas.viewport(), LEFT, NONE, at)
        assert self.selection.current == block

    @property
    def lens(self) -> LensPanel:
        found = self.page.findChild(LensPanel)
        assert found is not None
        return found

    def part(self, kind: type[Any], name: str) -> Any:
        lens = self.page.findChild(LensPanel)
        found = (lens.findChildren(kind, name) if lens is not None else []) or self.page.findChildren(kind, name)
        assert len(found) == 1, name
        return found[0]

    def text(self, name: str) -> str:
        label = self.part(QLabel, name)
        return str(label.text()) if label.isVisible() else ""

    def on_map(self, row: int, column: int) -> QPoint:
        view = self.lens.map_view
        return view.grid().part((row, row + 1), (column, column + 1)).center().toPoint()

    def hover(self, row: int, column: int) -> None:
        QTest.mouseMove(self.lens.map_view, self.on_map(row, column))

    def click(self, row: int, column: int) -> None:
        QTest.mouseClick(self.lens.map_view, LEFT, NONE, self.on_map(row, column))

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.lens.map_view, key)

    def choose_effective(self) -> None:
        mode = self.part(Segments, "lens_mode")
        QTest.mouseClick(mode, LEFT, NONE, mode.segment_rect(1).center().toPoint())

    def await_asked(self, kind: type[Any], number: int) -> Any:
        self.bot.waitUntil(lambda: len(self.worker.all(kind)) == number, timeout=2000)
        return self.worker.all(kind)[-1]

    def answer_maps(self, maps: Any, number: int = 1, **other: Any) -> None:
        asked = self.await_asked(GetMaps, number)
        low, high = np.zeros(len(maps), np.float32), np.full(len(maps), 1, np.float32)
        values = {"trained": False, **other}
        sample = pictures(range(1), self.bridge.trace.architecture.input_shape)[0]
        self.worker.arrive(
            Maps(asked.request, asked.block, asked.sample, input=sample, maps=maps, low=low, high=high, **values)
        )

    def answer_field(self, field: Any, number: int = 1, *, trained: bool = False) -> None:
        asked = self.await_asked(GetEffectiveField, number)
        self.worker.arrive(EffectiveField(asked.request, asked.block, asked.cell, trained, field))


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot).open()


def test_turning_dilation_from_1_to_4_widens_the_outline_and_adds_no_parameter(shown: Shown) -> None:
    """The page's own promise: watched with the cell pinned, the dilation turned up key by key."""
    shown.click(16, 16)
    field = shown.part(QWidget, "field_dilation_rate")
    QTest.mouseClick(field, LEFT)
    widths, told = [], []
    for size in (3, 5, 7, 9):
        footprint = shown.lens.footprint
        assert footprint is not None
        assert (footprint.sizes, footprint.count, footprint.holes) == ((size, size), 9, size * size - 9)
        assert shown.bridge.trace.blocks["conv"].params == 140
        widths.append(shown.lens.sample_view.outline.width() / shown.lens.sample_view.grid().width)
        told.append(shown.lens.told)
        QTest.keyClick(field, Qt.Key.Key_Up)
    assert widths == [3, 5, 7, 9]
    assert told[0] == "Cell (16, 16) of conv sees 3 × 3 px · 140 parameters · pinned"
    wide = "Cell (16, 16) of conv sees 9 × 9 px, 9 of 81 cells (dilation leaves 72 out) · 140 parameters · pinned"
    assert told[3] == wide


def test_seen_cells_have_the_sample_s_colours_and_holes_lie_in_the_shade(shown: Shown) -> None:
    shown.bridge.do(SetParameters(id="conv", values={"dilation_rate": 4}))
    sample = shown.worker.answer().inputs[0]
    shown.hover(16, 10)
    view = shown.lens.sample_view
    image = view.grab().toImage()

    def colour(row: int, column: int) -> Any:
        at = view.grid().part((row, row + 1), (column, column + 1)).center().toPoint()
        found = image.pixelColor(at)
        return np.array([found.red(), found.green(), found.blue()])

    seen = {(row, column) for row in (12, 16, 20) for column in (6, 10, 14)}
    for row, column in ((12, 6), (16, 10), (20, 14), (13, 6), (14, 9), (2, 2), (31, 31)):
        off = np.abs(colour(row, column) - sample[row, column] * 255).max()
        assert (off <= 1) == ((row, column) in seen), (row, column)


def test_the_mouse_chooses_a_cell_and_a_click_keeps_it(shown: Shown) -> None:
    shown.hover(3, 4)
    assert shown.lens.map_view.cell == (3, 4)
    shown.click(3, 5)
    shown.hover(20, 20)
    assert (shown.lens.map_view.cell, shown.lens.map_view.is_pinned) == ((3, 5), True)
    shown.click(3, 5)
    assert not shown.lens.map_view.is_pinned
    shown.hover(20, 21)
    assert shown.lens.map_view.cell == (20, 21)
    QTest.mouseMove(shown.lens.map_view, QPoint(1, 1))
    assert shown.lens.map_view.cell == (20, 21), "beside the map nothing is chosen"


def test_every_cell_is_reached_by_keys(shown: Shown) -> None:
    view = shown.lens.map_view
    shown.part(QTabWidget, "design_tabs").tabBar().setFocus()
    shown.page.show_lens()
    assert QApplication.focusWidget() is view
    for key, cell in (
        (Qt.Key.Key_Home, (0, 0)), (Qt.Key.Key_Up, (0, 0)), (Qt.Key.Key_Right, (0, 1)), (Qt.Key.Key_Down, (1, 1)),
        (Qt.Key.Key_Left, (1, 0)), (Qt.Key.Key_End, (31, 31)), (Qt.Key.Key_Down, (31, 31)),
    ):  # fmt: skip
        shown.key(key)
        assert view.cell == cell
        assert view.accessibleDescription() == shown.lens.told
        assert shown.lens.told.startswith(f"Cell {cell} of conv")
    shown.key(Qt.Key.Key_Return)
    assert view.is_pinned
    shown.key(Qt.Key.Key_Left)
    assert (view.cell, view.is_pinned) == ((31, 30), True)
    shown.key(Qt.Key.Key_Escape)
    assert not view.is_pinned


def test_at_the_border_padding_is_counted_and_hatched(shown: Shown) -> None:
    shown.key(Qt.Key.Key_Home)
    assert shown.lens.told == "Cell (0, 0) of conv sees 3 × 3 px, 4 of 9 cells (5 are padding) · 140 parameters"
    view = shown.lens.sample_view
    assert view.outline.topLeft() == view.grid().part((-1, 0), (-1, 0)).topLeft()
    image = view.grab().toImage()

    def colours(columns: tuple[int, int]) -> set[str]:
        place = view.grid().part((-1, 0), columns).toRect().adjusted(2, 2, -2, -1)
        inside = [(x, y) for x in range(place.left(), place.right()) for y in range(place.top(), place.bottom())]
        return {image.pixelColor(x, y).name() for x, y in inside}

    assert len(colours((10, 16))) == 1
    assert colours((10, 16)) < colours((-1, 2))


def test_it_follows_the_selection_and_says_what_it_cannot_show(shown: Shown) -> None:
    assert shown.text("empty_state") == ""
    shown.click_card("gap")
    seen = "sees the whole input, 32 × 32 px; its window of 34 × 34 px reaches beyond it"
    assert shown.lens.told == f"Each value of gap {seen} · no parameters"
    assert shown.lens.map_view.words == "gap yields 5 values without a place: each of them sees the same of the input."
    shown.hover(0, 0)
    shown.key(Qt.Key.Key_Right)
    assert shown.lens.map_view.cell == ()
    shown.selection.select(())
    assert shown.text("empty_state") == "Select a block to see what a cell of its map sees of the input."
    shown.bridge.do(SetParameters(id="conv", values={"kernel_size": 40, "padding": "valid"}))
    shown.click_card("conv")
    assert shown.text("empty_state") == "conv has no map yet: mend what stands in Problems."
    shown.bridge.undo()
    assert shown.lens.told.startswith("Cell (16, 16) of conv sees 3 × 3 px")


def test_without_a_worker_the_theory_is_there_already(qtbot: QtBot) -> None:
    shown = Shown(qtbot, state="starting").open()
    assert shown.lens.told == "Cell (16, 16) of conv sees 3 × 3 px · 140 parameters"
    assert shown.text("lens_input_label") == "Starting the worker that reads the data…"
    assert shown.text("lens_map_label") == "conv 32 × 32 × 5 · Starting the worker…"
    assert not shown.worker.sent
    shown.worker.enter("ready")
    shown.worker.answer()
    assert shown.text("lens_input_label") == "Input 32 × 32 × 3 · sample 0: circle"
    assert shown.await_asked(GetMaps, 1).block == "conv"


def test_the_map_is_painted_as_mean_and_channel_by_channel(shown: Shown) -> None:
    maps = np.zeros((5, 32, 32), np.uint8)
    maps[3, :16] = 255
    shown.answer_maps(maps)
    assert shown.text("lens_map_label") == "conv 32 × 32 × 5 · untrained"
    table = VIRIDIS.table()

    def levels() -> tuple[int, int]:
        image = shown.lens.map_view.grab().toImage()
        first, last = (table.index(image.pixel(shown.on_map(row, 4))) for row in (2, 30))
        return first, last

    assert levels() == (255, 0)
    spin = shown.part(QSpinBox, "lens_channel")
    assert spin.text() == "Mean of channels"
    spin.setFocus()
    QTest.keyClick(spin, Qt.Key.Key_Up)
    assert (spin.text(), levels()) == ("Channel 0", (0, 0))
    for _ in range(3):
        QTest.keyClick(spin, Qt.Key.Key_Up)
    assert (spin.text(), levels()) == ("Channel 3", (255, 0))


def test_moving_a_card_asks_nothing_and_an_edit_asks_again(shown: Shown) -> None:
    shown.answer_maps(np.zeros((5, 32, 32), np.uint8))
    shown.bridge.do(MoveBlocks(positions={"conv": (300.0, 300.0)}))
    assert shown.text("lens_map_label") == "conv 32 × 32 × 5 · untrained"
    for filters in (6, 7, 8):
        shown.bridge.do(SetParameters(id="conv", values={"filters": filters}))
    assert '"filters": 8' in shown.await_asked(GetMaps, 2).experiment
    shown.answer_maps(np.zeros((8, 32, 32), np.uint8), 2)
    shown.bridge.jump(1)
    assert shown.text("lens_map_label") == "conv 32 × 32 × 5 · untrained", "known already"
    assert len(shown.worker.all(GetMaps)) == 2


def test_the_effective_field_is_asked_for_once_the_mouse_rests_and_kept(shown: Shown) -> None:
    shown.worker.answer()
    shown.choose_effective()
    for column in range(10, 21):
        shown.hover(8, column)
    assert shown.text("lens_effective") == "Computing the effective field…"
    asked = shown.await_asked(GetEffectiveField, 1)
    assert (asked.block, asked.cell, asked.sample, asked.directory) == ("conv", (8, 20), Sample(), "")
    field = np.zeros((32, 32), np.float32)
    field[8, 20], field[8, 19], field[7, 20], field[7, 19] = 1.0, 0.9, 0.05, 0.04
    shown.answer_field(field)
    words = "Effective field (untrained): 95 % of the gradient lies in 2 of 9 cells, 22.2 %"
    assert shown.text("lens_effective") == words
    view = shown.lens.sample_view
    image, grid = view.grab().toImage(), view.grid()
    strong, weak = (image.pixelColor(grid.part((8, 9), (c, c + 1)).center().toPoint()) for c in (20, 21))
    assert strong.lightness() > weak.lightness() + 80
    shown.hover(9, 20)
    shown.answer_field(np.zeros((32, 32), np.float32), 2, trained=True)
    assert shown.text("lens_effective").startswith("Effective field (trained): no gradient reaches this cell")
    shown.hover(8, 20)
    assert shown.text("lens_effective") == words
    assert len(shown.worker.all(GetEffectiveField)) == 2


def test_while_an_answer_is_out_only_the_latest_cell_is_asked_next(shown: Shown) -> None:
    shown.choose_effective()
    shown.hover(8, 8)
    first = shown.await_asked(GetEffectiveField, 1)
    for column in range(9, 14):
        shown.hover(8, column)
        shown.bot.wait(40)
    shown.bot.wait(200)
    assert len(shown.worker.all(GetEffectiveField)) == 1
    shown.worker.arrive(EffectiveField(first.request, "conv", (8, 8), False, np.ones((32, 32), np.float32)))
    assert shown.text("lens_effective") == "Computing the effective field…", "that was another cell's"
    assert shown.await_asked(GetEffectiveField, 2).cell == (8, 13)


def test_what_fails_is_said_and_can_be_asked_again(shown: Shown) -> None:
    asked = shown.await_asked(GetMaps, 1)
    shown.worker.arrive(Failed(asked.request, "No previews: too slow.", "the details"))
    assert shown.lens.failure == "No previews: too slow."
    assert shown.text("lens_map_label") == "conv 32 × 32 × 5 · no values"
    assert shown.lens.told.startswith("Cell (16, 16) of conv sees 3 × 3 px")
    QTest.mouseClick(shown.part(QToolButton, "lens_retry"), LEFT)
    assert shown.lens.failure == ""
    shown.answer_maps(np.zeros((5, 32, 32), np.uint8), 2)
    assert shown.text("lens_map_label") == "conv 32 × 32 × 5 · untrained"


def test_a_lost_worker_is_said_and_retry_starts_a_new_one(shown: Shown) -> None:
    asked = shown.await_asked(GetMaps, 1)
    shown.worker.enter("lost")
    shown.worker.arrive(Failed(asked.request, "The worker ended without warning (SIGKILL)."))
    assert shown.lens.failure == f"The worker ended without warning (SIGKILL). {AGAIN}"
    QTest.mouseClick(shown.part(QToolButton, "lens_retry"), LEFT)
    assert shown.worker.starts == 1
    assert shown.text("lens_map_label") == "conv 32 × 32 × 5 · Starting the worker…"
    shown.worker.enter("ready")
    assert shown.await_asked(GetMaps, 2).block == "conv"


def test_another_sample_changes_sample_and_map(shown: Shown) -> None:
    shown.worker.answer()
    shown.answer_maps(np.zeros((5, 32, 32), np.uint8))
    QTest.mouseClick(shown.part(QToolButton, "lens_next"), LEFT)
    assert shown.await_asked(GetMaps, 2).sample == Sample("validation", 1)
    shown.answer_maps(np.zeros((5, 32, 32), np.uint8), 2)
    assert [(a.part, a.start, a.count) for a in shown.worker.all(GetSamples)] == [
        ("validation", 0, 1),
        ("validation", 1, 1),
    ]
    shown.worker.answer()
    QTest.mouseClick(shown.part(QToolButton, "lens_previous"), LEFT)
    assert not shown.part(QToolButton, "lens_previous").isEnabled()
    part = shown.part(QComboBox, "lens_part")
    part.setFocus()
    QTest.keyClick(part, Qt.Key.Key_Down)
    assert shown.await_asked(GetMaps, 3).sample == Sample("training", 0)
    assert [part.itemText(i) for i in range(part.count())] == ["Validation samples", "Training samples"]


def test_out_of_sight_it_asks_nothing(qtbot: QtBot) -> None:
    shown = Shown(qtbot)
    shown.click_card("conv")
    shown.bridge.do(SetParameters(id="conv", values={"filters": 9}))
    assert shown.page.findChild(LensPanel) is None
    shown.open("")
    shown.await_asked(GetMaps, 1)
    shown.answer_maps(np.zeros((9, 32, 32), np.uint8))
    shown.page.show_problems()
    shown.bridge.do(SetParameters(id="conv", values={"filters": 4}))
    qtbot.wait(250)
    assert len(shown.worker.all(GetMaps)) == 1
    shown.page.show_lens()
    assert '"filters": 4' in shown.await_asked(GetMaps, 2).experiment


def test_signals_show_the_stretch_that_is_seen(qtbot: QtBot) -> None:
    causal = {"filters": 4, "padding": "causal", "dilation_rate": 8}
    shown = Shown(qtbot, experiment(Waveforms(length=128), ("conv", "Convolution", causal), *HEAD)).open()
    shown.worker.answer()
    shown.hover(0, 100)
    assert shown.lens.told == "Cell 100 of conv sees 17 samples, 3 of 17 cells (dilation leaves 14 out) · 16 parameters"
    view = shown.lens.sample_view
    assert view.outline.left() == pytest.approx(view.grid().part((0, 1), (84, 85)).left())
    shown.key(Qt.Key.Key_Left)
    shown.key(Qt.Key.Key_Up)
    assert shown.lens.map_view.cell == (99,)
    shown.choose_effective()
    field = np.zeros(128, np.float32)
    field[[83, 91, 99]] = 0.2, 0.5, 1.0
    shown.answer_field(field)
    assert shown.text("lens_effective").endswith("lies in 3 of 3 cells, 100.0 %")


def test_volumes_are_gone_through_slice_by_slice(qtbot: QtBot) -> None:
    shape = (9, 12, 12, 1)
    shown = Shown(qtbot, experiment(Shapes(), CONVOLUTION, *HEAD, shape=shape)).open()
    input_slice, map_slice = (shown.part(QWidget, f"lens_{n}_slice") for n in ("input", "map"))
    assert (map_slice.value(), input_slice.value()) == (4, 4)
    for _ in range(3):
        shown.key(Qt.Key.Key_PageDown)
    assert (shown.lens.map_view.cell, map_slice.value()) == ((7, 6, 6), 7)
    assert input_slice.value() == 6, "the nearest slice of which something is seen"
    map_slice.setFocus()
    QTest.keyClick(map_slice, Qt.Key.Key_Left)
    assert shown.lens.map_view.cell == (6, 6, 6)
    shown.hover(2, 3)
    assert shown.lens.told == "Cell (6, 2, 3) of conv sees 3 × 3 × 3 voxels · 140 parameters"


def test_a_trained_run_gives_its_weights(qtbot: QtBot) -> None:
    shown = Shown(qtbot, experiment(Waveforms(length=128), CONVOLUTION, *HEAD)).open()
    shown.answer_maps(np.zeros((5, 128), np.uint8))
    shown.run.start()
    state = shown.run.state
    shown.worker.arrive(run_started(state.run, state.directory, epochs=1))
    shown.worker.arrive(RunEnded(state.run, "finished", state.directory, 1, 2.0, {}))
    assert shown.await_asked(GetMaps, 2).directory == state.directory
    shown.answer_maps(np.zeros((5, 128), np.uint8), 2, trained=True)
    assert shown.text("lens_map_label") == f"conv 128 × 5 · run {state.run}"


def _focused() -> str:
    widget = QApplication.focusWidget()
    return widget.objectName() if widget is not None else ""


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow(Preferences(), RecordingWorker())
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.bridge.mark_saved()
    made.close()


def test_keys_menu_and_command_palette_lead_there(window: MainWindow, qtbot: QtBot) -> None:
    canvas = window.design.canvas
    action = window.actions_table["lens"]
    assert not action.isEnabled()
    window.selection.select(["convolution_1"])
    window.show_data()
    QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    lens = window.findChild(LensPanel)
    assert lens is not None
    assert lens.isVisible()
    assert lens.map_view.hasFocus()
    window.design.show_problems()
    middle = canvas.mapFromScene(canvas.board.cards["convolution_1"].body.center())
    QApplication.postEvent(
        canvas.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, canvas.mapToGlobal(middle))
    )
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    row = next(a for a in menu.actions() if a.text().startswith("Show in lens"))
    QTest.mouseClick(menu, LEFT, NONE, menu.actionGeometry(row).center())
    assert lens.isVisible()
    window.design.show_problems()
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: _focused() == "command_search")
    search = QApplication.focusWidget()
    assert search is not None
    QTest.keyClicks(search, "show in lens")
    QTest.keyClick(search, Qt.Key.Key_Return)
    qtbot.waitUntil(lens.isVisible)


def test_a_sentence_too_long_for_one_line_breaks_before_the_parameters(shown: Shown) -> None:
    label = shown.lens.findChild(QLabel, "lens_words")
    assert isinstance(label, QLabel)
    shown.key(Qt.Key.Key_Home)
    for width in range(120, 900, 60):
        label.resize(width, label.height())
        whole = label.text().replace("\n", " \u00b7 ")
        assert whole == shown.lens.told
        assert label.text() == whole or label.text().endswith("\n140 parameters")
        assert ("\n" in label.text()) == (label.fontMetrics().horizontalAdvance(whole) >= width)


def test_no_more_room_is_kept_round_the_input_than_padding_takes(shown: Shown) -> None:
    view = shown.lens.sample_view

    def beside() -> float:
        """Cells that fit beside the input along the tighter side."""
        room = min(view.width(), view.height()) - 8
        return (room - 32 * view.grid().height) / view.grid().height

    assert shown.bridge.do(SetParameters(id="conv", values={"padding": "valid"}))
    shown.bot.waitUntil(lambda: view.grid().height == (min(view.width(), view.height()) - 8) // 32)
    assert shown.bridge.do(SetParameters(id="conv", values={"padding": "same", "kernel_size": 31}))
    shown.key(Qt.Key.Key_Home)
    shown.bot.waitUntil(lambda: beside() >= 2 * 4)  # an eighth of the size on either side
    assert view.grid().height == (min(view.width(), view.height()) - 8) // (32 + 2 * 4)  # however far padding reaches
