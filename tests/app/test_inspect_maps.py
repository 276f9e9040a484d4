"""The Maps tab as a person uses it: live, after a run, replayed; order, scale, channel, cell, two walls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QLabel, QSlider, QWidget

from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.inspect.inspection import Inspection
from cnnstudio.app.inspect.maps.panel import FIRST_VIEW, SECOND_VIEW, MapsPanel
from cnnstudio.app.inspect.subject import Subject
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.run_controller import RunController
from cnnstudio.app.selection import Selection
from cnnstudio.core.analysis.footprint import Sight
from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.document import Document
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.formats.timeline import Moment, pin_of
from cnnstudio.core.formats.timeline_writing import TimelineWriter
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.wire.messages import FeatureMaps, GetKernels, GetMaps, Kernels, Maps, Sample, Watch, WatchFailed
from tests.helpers.designs import chain, spec
from tests.helpers.recording import RecordingWorker, Studio, studio

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cnnstudio.app.inspect.maps.side import MapSide

LEFT = Qt.MouseButton.LeftButton
SHAPE = (32, 8, 8)


class Tab(NamedTuple):
    """The tab with what it is made of."""

    bot: QtBot
    studio: Studio
    inspection: Inspection
    panel: MapsPanel
    answered: set[int]
    """Requests for maps."""

    def part(self, kind: type[Any], name: str) -> Any:
        found = self.panel.findChild(kind, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        return str(self.part(QLabel, name).toolTip() if name.endswith("tip") else self.part(QLabel, name).text())

    def watches(self, view: int) -> list[tuple[str, Sample]]:
        return [(w.block, w.sample) for w in self.studio.worker.all(Watch) if w.view == view]

    def live(self, maps: Any, low: Any = None, high: Any = None, **other: Any) -> None:
        """Maps of the run arrive."""
        count = len(maps)
        low = np.zeros(count, np.float32) if low is None else np.asarray(low, np.float32)
        high = np.ones(count, np.float32) if high is None else np.asarray(high, np.float32)
        values = {"block": "conv", "sample": Sample(), "run": self.studio.run.state.run, **other}
        nothing = np.zeros(0, np.float32)
        self.studio.worker.arrive(
            FeatureMaps(epoch=1, step=10, maps=maps, low=low, high=high, prediction=nothing, **values)
        )

    def answer(self, maps: Any, high: float = 1.0, sample: Any = None) -> GetMaps:
        """The worker answers what was asked last."""
        worker = self.studio.worker
        self.bot.waitUntil(lambda: any(asked.request not in self.answered for asked in worker.all(GetMaps)))
        asked = worker.all(GetMaps)[-1]
        self.answered.add(asked.request)
        sample = sample_values() if sample is None else sample
        low, top = np.zeros(len(maps), np.float32), np.full(len(maps), high, np.float32)
        values = {"maps": maps, "low": low, "high": top, "prediction": np.zeros(10, np.float32)}
        self.studio.worker.arrive(
            Maps(asked.request, asked.block, asked.sample, bool(asked.directory), sample, **values)
        )
        return asked

    def point(self, channel: int, row: int, column: int) -> QPoint:
        tile = self.panel.first.tiles.tile_rect(channel)
        return (tile.topLeft() + QPointF((column + 0.5) * tile.width() / 8, (row + 0.5) * tile.height() / 8)).toPoint()

    def choose(self, name: str, entry: str) -> None:
        """Choose an entry of a field by the keyboard."""
        combo = self.part(QComboBox, name)
        combo.setFocus()
        down = combo.findText(entry) - combo.currentIndex()
        for _ in range(abs(down)):
            QTest.keyClick(combo, Qt.Key.Key_Down if down > 0 else Qt.Key.Key_Up)
        assert combo.currentText() == entry


def random_maps(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(0, 256, shape or SHAPE).astype(np.uint8)


def sample_values() -> Any:
    return np.random.default_rng(1).random((8, 8, 1)).astype(np.float32)


@pytest.fixture
def tab(qtbot: QtBot) -> Tab:
    """The design is inspected, its convolution is chosen."""
    return opened(qtbot, studio(), "conv")


def around(experiment: Experiment) -> Studio:
    """A studio with this experiment."""
    bridge, selection, worker = DocumentBridge(Document(experiment)), Selection(), RecordingWorker()
    return Studio(bridge, selection, worker, RunController(bridge, selection, worker))


def opened(qtbot: QtBot, made: Studio, block: str) -> Tab:
    """The design of the studio is inspected, that block of it is chosen."""
    inspection = Inspection(made.bridge, made.selection, made.run, made.worker, Preferences(), made.bridge)
    panel = MapsPanel(inspection)
    qtbot.addWidget(panel)
    panel.resize(1000, 620)
    panel.show()
    inspection.choose_subject(Subject("Design", made.bridge.experiment))
    inspection.choose_block(block)
    panel.set_active(True)
    return Tab(qtbot, made, inspection, panel, set())


def order_of(side: MapSide) -> list[int]:
    """The channels in the order in which they stand."""
    assert side.tiles.ranks is not None
    return [int(channel) for channel in side.tiles.ranks]


def train(tab: Tab) -> None:
    """A run begins and is inspected."""
    run = tab.studio.start()
    tab.inspection.choose_subject(Subject("Run", tab.studio.bridge.experiment, "", run, True))


def test_a_design_is_asked_for_its_maps_and_shows_them(tab: Tab) -> None:
    asked = tab.answer(maps := random_maps())
    assert (asked.block, asked.directory, asked.sample) == ("conv", "", Sample())
    layer = tab.panel.first.layer
    assert layer is not None
    assert np.array_equal(layer.maps, maps)
    assert tab.text("inspect_maps_first_count") == "32 maps of 8 × 8"
    assert tab.text("inspect_maps_first_origin") == "untrained"
    assert tab.panel.first.sample is not None
    assert np.array_equal(tab.panel.first.sample, sample_values())


def test_a_run_is_watched_and_its_maps_replace_each_other(tab: Tab) -> None:
    train(tab)
    assert tab.watches(FIRST_VIEW)[-1] == ("conv", Sample())
    assert "Waiting" in tab.panel.first.message
    for seed in (1, 2):
        tab.live(random_maps(seed=seed))
        layer = tab.panel.first.layer
        assert layer is not None
        assert np.array_equal(layer.maps, random_maps(seed=seed))
    assert tab.text("inspect_maps_first_origin") == "epoch 1, 10 steps"
    tab.live(random_maps(seed=3), block="flat")
    tab.live(random_maps(seed=3), run="another")
    layer = tab.panel.first.layer
    assert layer is not None
    assert np.array_equal(layer.maps, random_maps(seed=2))


def test_what_cannot_be_seen_is_not_watched(tab: Tab) -> None:
    train(tab)
    tab.panel.set_active(False)
    assert tab.watches(FIRST_VIEW)[-1][0] == ""
    asked = len(tab.studio.worker.sent)
    tab.inspection.choose_block("flat")
    assert len(tab.studio.worker.sent) == asked
    tab.panel.set_active(True)
    assert tab.watches(FIRST_VIEW)[-1] == ("flat", Sample())


def test_a_run_that_has_ended_keeps_its_maps(tab: Tab) -> None:
    train(tab)
    tab.live(random_maps())
    state = tab.studio.run.state
    tab.studio.finish()
    ended = Subject("Run", tab.studio.bridge.experiment, state.directory, state.run, False)
    tab.inspection.choose_subject(ended)
    assert tab.panel.first.layer is not None
    assert tab.text("inspect_maps_first_origin") == "epoch 1, 10 steps"


def test_a_block_that_cannot_be_watched_says_why(tab: Tab) -> None:
    train(tab)
    tab.studio.worker.arrive(WatchFailed(tab.studio.run.state.run, "conv", "The block is not in this run."))
    assert tab.panel.first.message == "These maps cannot be shown: The block is not in this run."


def test_channels_are_sorted_and_the_order_is_remembered(tab: Tab) -> None:
    maps = np.zeros((32, 8, 8), np.uint8)
    maps[:, 0, 0] = 255
    high = np.arange(1, 33)
    tab.answer(maps, high=20.0)
    assert tab.panel.first.tiles.ranks is None
    train(tab)
    tab.live(maps, high=high)
    tab.choose("inspect_maps_order", "Strongest first")
    assert order_of(tab.panel.first) == list(range(31, -1, -1))
    assert tab.panel.first.tiles.tile_rect(31).topLeft().y() == 0
    tab.choose("inspect_maps_order", "Most changed first")
    assert order_of(tab.panel.first) == sorted(range(32), key=lambda c: -abs(c + 1 - 20))
    again = MapsPanel(tab.inspection)
    tab.bot.addWidget(again)
    assert again.look.names[0] == "Most changed first"


def test_the_order_waits_while_the_mouse_is_on_a_tile(tab: Tab) -> None:
    train(tab)
    tab.live(random_maps())
    tab.choose("inspect_maps_order", "Strongest first")
    before = order_of(tab.panel.first)
    QTest.mouseMove(tab.panel.first.tiles.viewport(), tab.point(before[0], 4, 4))
    tab.live(random_maps(), high=np.linspace(1, 9, 32))
    assert order_of(tab.panel.first) == before


def test_a_click_opens_a_channel_beside_the_wall(tab: Tab) -> None:
    maps = random_maps()
    tab.answer(maps)
    QTest.mouseClick(tab.panel.first.tiles.viewport(), LEFT, pos=tab.point(5, 3, 3))
    assert tab.inspection.channel == 5
    assert tab.text("inspect_detail_title") == "Channel 5"
    counts = tab.panel.detail.histogram.counts
    assert list(counts) == [int(((maps[5] >> 3) == level).sum()) for level in range(32)]
    QTest.mouseClick(tab.part(QAbstractButton, "inspect_detail_next"), LEFT)
    assert tab.inspection.channel == 6
    tab.panel.first.tiles.setFocus()
    QTest.keyClick(tab.panel.first.tiles, Qt.Key.Key_Home)
    assert tab.inspection.channel == 0


def test_enter_goes_on_to_the_cells_and_escape_back_to_the_wall(tab: Tab) -> None:
    tab.answer(random_maps())
    tiles, view = tab.panel.first.tiles, tab.panel.detail.map_view
    tiles.setFocus()
    QTest.keyClick(tiles, Qt.Key.Key_Right)
    QTest.keyClick(tiles, Qt.Key.Key_Right)
    assert tab.inspection.channel == 2
    QTest.keyClick(tiles, Qt.Key.Key_Return)
    assert view.hasFocus()
    cell = view.cell
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert view.cell == (cell[0] - 1, cell[1])
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert tiles.hasFocus()
    QTest.keyClick(tiles, Qt.Key.Key_Left)
    assert tab.inspection.channel == 1


def test_the_mouse_reads_a_value_and_outlines_what_the_cell_sees(tab: Tab) -> None:
    maps = random_maps()
    tab.answer(maps)
    QTest.mouseMove(tab.panel.first.tiles.viewport(), tab.point(3, 0, 4))
    assert tab.text("inspect_maps_reading") == f"Channel 3 · row 0, column 4 · {maps[3, 0, 4] / 255:.4g}"
    expected = Sight(tab.studio.bridge.trace, "conv").of((0, 4))
    found = tab.panel.first.footprint((0, 4))
    assert found is not None
    assert (found.outline, found.count) == (expected.outline, expected.count)
    grid = tab.panel.detail.sample_view.grid()
    assert tab.panel.detail.sample_view.outline == grid.part(*expected.outline)


def test_the_keyboard_moves_the_cell_of_the_enlarged_map(tab: Tab) -> None:
    maps = random_maps()
    tab.answer(maps)
    view = tab.panel.detail.map_view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Home)
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.cell == (0, 1)
    assert tab.text("inspect_maps_reading") == f"Channel 0 · row 0, column 1 · {maps[0, 0, 1] / 255:.4g}"


def test_the_kernel_of_the_channel_is_shown(tab: Tab) -> None:
    tab.answer(random_maps())
    worker = tab.studio.worker
    tab.bot.waitUntil(lambda: bool(worker.all(GetKernels)))
    kernels = np.random.default_rng(2).normal(size=(3, 3, 1, 32)).astype(np.float32)
    worker.arrive(Kernels(worker.all(GetKernels)[-1].request, "conv", False, kernels, kernels))
    layer = tab.panel.detail.kernel.tiles.layer
    assert layer is not None
    assert layer.channel(0) == pytest.approx(kernels[:, :, 0, 0], abs=float(np.ptp(kernels[..., 0])) / 255)
    QTest.mouseClick(tab.panel.first.tiles.viewport(), LEFT, pos=tab.point(7, 3, 3))
    layer = tab.panel.detail.kernel.tiles.layer
    assert layer is not None
    assert layer.channel(0) == pytest.approx(kernels[:, :, 0, 7], abs=float(np.ptp(kernels[..., 7])) / 255)


def test_a_second_block_stands_beside_and_both_can_share_a_scale(tab: Tab) -> None:
    train(tab)
    tab.live(random_maps())
    tab.choose("inspect_beside_kind", "Beside another block")
    tab.choose("inspect_beside_which", "input")
    assert tab.watches(SECOND_VIEW)[-1] == ("input", Sample())
    tab.live(random_maps(1, 8, 8), low=[-3], high=[5], block="input")
    assert tab.panel.second.layer is not None
    QTest.mouseClick(tab.part(QCheckBox, "inspect_same_scale"), LEFT, pos=QPoint(8, 12))
    assert tab.panel.first.scaling.span == tab.panel.second.scaling.span == (-3, 5)
    tab.live(random_maps(), high=[9] * 32)
    assert tab.panel.second.scaling.span == (-3, 9)
    tab.choose("inspect_beside_kind", "One wall")
    assert tab.watches(SECOND_VIEW)[-1][0] == ""
    assert not tab.panel.second.isVisible()
    assert tab.panel.first.scaling.span is None


def test_a_second_probe_keeps_the_order_of_the_first_wall(tab: Tab) -> None:
    train(tab)
    tab.live(random_maps(), high=np.arange(32) % 7 + 1)
    tab.choose("inspect_maps_order", "Strongest first")
    tab.choose("inspect_beside_kind", "Beside another probe")
    sample = tab.watches(SECOND_VIEW)[-1][1]
    assert sample != Sample()
    tab.live(random_maps(seed=9), sample=sample)
    assert tab.panel.second.layer is not None
    assert order_of(tab.panel.second) == order_of(tab.panel.first)


def replayed(folder: Path, shapes: int = 3) -> list[Any]:
    """A timeline with so many moments; the maps of each."""
    writer, pin, kept = TimelineWriter(folder), pin_of("validation", 0), []
    for step in range(shapes):
        maps = random_maps(seed=step)
        ones = np.ones(32, np.float32)
        arrays = {f"maps/{pin}/conv": maps, f"low/{pin}/conv": -ones, f"high/{pin}/conv": ones}
        arrays["kernel/conv"] = np.full((3, 3, 1, 32), step, np.float16)
        writer.add(Moment(step * 10, step, float(step)), arrays | {f"input/{pin}": sample_values()})
        kept.append(maps)
    return kept


def test_moments_are_replayed_without_a_worker_and_stand_side_by_side(tab: Tab, tmp_path: Path) -> None:
    kept = replayed(tmp_path)
    tab.studio.worker.enter("stopped")
    tab.inspection.choose_subject(Subject("Run", tab.studio.bridge.experiment, str(tmp_path)))
    tab.inspection.record.set_active(True)
    tab.inspection.choose_moment(2)
    layer = tab.panel.first.layer
    assert layer is not None
    assert np.array_equal(layer.maps, kept[2])
    assert tab.text("inspect_maps_first_origin") == "epoch 2, 20 steps"
    assert tab.panel.first.sample is not None
    assert np.array_equal(tab.panel.first.sample, sample_values())
    kernel = tab.panel.detail.kernel.tiles.layer
    assert kernel is not None
    assert kernel.channel(0).tolist() == [[2.0] * 3] * 3
    tab.choose("inspect_beside_kind", "Beside another moment")
    assert tab.inspection.second_moment == 0
    layer = tab.panel.second.layer
    assert layer is not None
    assert np.array_equal(layer.maps, kept[0])
    tab.inspection.choose_second_moment(1)
    layer = tab.panel.second.layer
    assert layer is not None
    assert np.array_equal(layer.maps, kept[1])
    tab.inspection.choose_second_moment(None)
    assert not tab.panel.second.isVisible()
    tab.inspection.choose_block("flat")
    assert "The timeline has no maps of flat" in tab.panel.first.message


def test_another_network_stands_beside_with_its_own_weights(
    tab: Tab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab.answer(random_maps())
    other = Subject("Earlier", tab.studio.bridge.experiment, str(tmp_path), folder=str(tmp_path))
    networks = tab.inspection.networks
    known = {"design": tab.inspection.subject, "earlier": other}
    monkeypatch.setattr(type(networks), "offers", (("Design", "design"), ("Earlier", "earlier")))
    monkeypatch.setattr(networks, "subject", known.get)
    networks.changed.emit()
    tab.choose("inspect_beside_kind", "Beside another network")
    asked = tab.answer(random_maps(seed=4))
    assert asked.directory == str(tmp_path)
    assert tab.panel.second.layer is not None
    assert tab.text("inspect_maps_second_title") == "Earlier, conv"
    assert tab.text("inspect_maps_second_origin") == "trained"


def signals(qtbot: QtBot) -> Tab:
    """A network for signals, its first pooling."""
    experiment = preset("signal-cnn").experiment
    assert experiment is not None
    return opened(qtbot, around(experiment), "max_pooling_1")


def test_signals_are_strips_under_the_input_that_frames_what_a_place_sees(qtbot: QtBot) -> None:
    tab = signals(qtbot)
    wave = np.sin(np.arange(128, dtype=np.float32) / 9)[:, np.newaxis]
    tab.answer(random_maps(16, 64), sample=wave)
    side = tab.panel.first
    assert side.wave.isVisible()
    tab.bot.waitUntil(lambda: side.tiles.tile_rect(0).width() > 300)
    strips = [side.tiles.tile_rect(channel) for channel in range(16)]
    assert {strip.left() for strip in strips} == {strips[0].left()}
    at = strips[2].center().toPoint()
    QTest.mouseMove(side.tiles.viewport(), at)
    cell = (int((at.x() - strips[2].left()) / strips[2].width() * 64),)
    assert f"Channel 2 · position {cell[0]}" in tab.text("inspect_maps_reading")
    found = side.footprint(cell)
    assert found is not None
    first, end = (min(max(at, 0), 128) for at in found.outline[0])
    width = strips[0].width()
    assert side.wave.framed.width() == pytest.approx((end - first) / 128 * width, abs=1)
    left = side.tiles.viewport().geometry().left() + strips[0].left() + first / 128 * width
    assert side.wave.framed.left() == pytest.approx(left, abs=1)
    detail = tab.panel.detail  # what runs along time has the whole width, as the strips have
    for part in (detail.map_view, detail.sample_view):
        assert part.width() > 0.9 * detail.width() - 20
    assert detail.kernel.geometry().left() > detail.histogram.geometry().right()


def test_the_size_of_tiles_is_chosen_and_remembered(tab: Tab) -> None:
    """They fill the wall unless one size is asked for."""
    tab.answer(random_maps(6, 8, 8))
    tiles = tab.panel.first.tiles
    fitting = tiles.tile_rect(0).width()
    assert fitting > 128, "six maps have room to grow"
    tab.choose("inspect_maps_tile_size", "Small tiles")
    assert tiles.tile_rect(0).width() == 48
    tab.choose("inspect_maps_tile_size", "Large tiles")
    assert tiles.tile_rect(0).width() == 192
    QTest.mouseMove(tiles.viewport(), tab.point(1, 7, 0))
    assert tab.text("inspect_maps_reading").startswith("Channel 1 \u00b7 row 7, column 0")
    again = MapsPanel(tab.inspection)
    tab.bot.addWidget(again)
    assert again.look.look.tile == 192


def test_a_slice_of_a_volume_is_chosen_on_the_slider_and_by_the_cell(qtbot: QtBot) -> None:
    blocks = chain(("conv", spec("Convolution")), ("flat", spec("Flatten")))
    data = DataRecipe(source=Noise(shape=(6, 8, 8, 1), classes=2, count=30))
    tab = opened(qtbot, around(Experiment(name="Volumes", architecture=blocks, data=data)), "conv")
    maps = random_maps(32, 6, 8, 8)
    tab.answer(maps, sample=np.random.default_rng(0).random((6, 8, 8, 1)).astype(np.float32))
    assert tab.text("inspect_maps_first_slice_label") == "Slice 4 of 6"
    slider = tab.part(QSlider, "inspect_maps_first_slice")
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Home)
    QTest.mouseMove(tab.panel.first.tiles.viewport(), tab.point(1, 2, 3))
    value = number(maps[1, 0, 2, 3] / 255)
    assert tab.text("inspect_maps_reading") == f"Channel 1 · slice 0, row 2, column 3 · {value}"
    QTest.keyClick(tab.panel.detail.map_view, Qt.Key.Key_PageDown)
    assert slider.value() == 1


def test_every_control_has_a_name_and_says_what_it_does(tab: Tab) -> None:
    tab.choose("inspect_beside_kind", "Beside another block")
    for kind in (QComboBox, QCheckBox, QAbstractButton):
        for control in tab.panel.findChildren(kind):
            if control.objectName().startswith("inspect"):
                assert control.accessibleName(), control.objectName()
                assert control.toolTip(), control.objectName()
    names = [w.objectName() for w in tab.panel.findChildren(QWidget) if w.objectName().startswith("inspect")]
    assert len(names) == len(set(names))
