"""Networks for signals, and one that gives its picture back, inspected live and after with the real worker.

What a tab shows is held against what another way comes to: kernels against those that the run has kept, the replayed
wall against the file of its moment, the maps of a drawing against its line.
"""

from __future__ import annotations

import dataclasses
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QImageReader
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QSlider, QWidget

from cnnstudio.app.features.kernels import arranged
from cnnstudio.app.inspect import view as inspect_view
from cnnstudio.app.inspect.probes.canvas import SignalCanvas
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.core.data.builtin import Noise, Waveforms
from cnnstudio.core.document import Document
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.formats.timeline import Timeline
from cnnstudio.core.formats.vitals import histogram_name
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.wire.messages import PINNED, Sample
from tests.helpers.designs import chain, spec
from tests.helpers.effort import LATER, LONGER
from tests.helpers.studio import LEFT, LONG, Studio
from tests.journeys.test_inspection import ALT, inspected, shows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from cnnstudio.app.inspect.view import InspectView

EPOCHS = 2000
"""More than anybody waits for: the runs are stopped."""
LENGTH = 32
MAPS, KERNELS, HEALTH, WHY, MISTAKES = (Qt.Key(Qt.Key.Key_1 + number) for number in range(5))


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    """The window, its worker on the way."""
    made = Studio(qtbot)
    yield made
    made.close()


def waves() -> Experiment:
    """A small network that names waves: its first block has kernels and the scales of a normalisation."""
    first = spec("ConvNormActivation", filters=4, kernel_size=5, padding="same", normalisation="batch")
    blocks = chain(("first", first), ("pool", spec("MaxPooling")), ("mean", spec("GlobalAveragePooling")))
    return with_input("Waves", blocks, Waveforms(count=80, length=LENGTH))


def codes() -> Experiment:
    """A small autoencoder: what comes out of its code is as large as what went in."""
    small = spec("Convolution", filters=6, strides=2, padding="same", activation="relu")
    large = spec("TransposedConvolution", filters=6, kernel_size=4, strides=2, padding="same")
    return with_input("Codes", chain(("small", small), ("large", large)), Noise(shape=(8, 8, 1), task="reconstruction"))


def volumes() -> Experiment:
    """A small network for volumes."""
    first = spec("Convolution", filters=3, padding="same", activation="relu")
    blocks = chain(("first", first), ("mean", spec("GlobalAveragePooling")))
    return with_input("Volumes", blocks, Noise(shape=(4, 6, 8, 1), classes=2, count=40))


def with_input(name: str, blocks: Any, source: Any) -> Experiment:
    """An experiment on this data, whose input has its shape, and that trains for as long as it is let."""
    shape = source.info().input_shape
    entry = dataclasses.replace(blocks.input, spec=dataclasses.replace(blocks.input.spec, shape=shape))
    recipe = dataclasses.replace(TrainingRecipe(), epochs=EPOCHS)
    return Experiment(name, architecture=blocks.with_blocks(entry), data=DataRecipe(source=source), training=recipe)


def lived(studio: Studio, experiment: Experiment, block: str) -> InspectView:
    """Open it, train it with the key, and see how the wall of the block follows the run."""
    window = studio.window
    window.bridge.open(Document(experiment))
    studio.wait_for_worker()
    studio.key(Qt.Key.Key_F5)
    studio.until(lambda: window.run.state.is_set_up, LONG)
    view = inspected(studio)
    view.inspection.choose_block(block)
    studio.until(lambda: shows(view, block, window.run.state.run), LONG)
    came: list[object] = []
    view.maps.first.source.arrived.connect(came.append)
    studio.until(lambda: len(came) >= 2 and len(window.run.state.history) >= 2, LONG)
    view.maps.first.source.arrived.disconnect(came.append)
    origin = studio.find(QLabel, "inspect_maps_first_origin").text()
    assert origin.startswith("epoch "), origin
    return view


def stop(studio: Studio) -> Timeline:
    """End the run with the key; the timeline that it has left."""
    studio.key(Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
    studio.until(lambda: studio.window.run.state.phase == "stopped", LONG)
    return Timeline.open(Path(studio.window.run.state.directory))


def pointed(studio: Studio, view: InspectView, channel: int, share: float) -> str:
    """Point at that share of a strip's width; what is read out."""
    tiles = view.maps.first.tiles
    strip = tiles.tile_rect(channel)
    at = QPointF(strip.left() + share * strip.width(), strip.center().y()).toPoint()
    QTest.mouseMove(tiles.viewport(), at - QPoint(3, 0))
    QTest.mouseMove(tiles.viewport(), at)
    return studio.find(QWidget, "inspect_maps_reading").property("text") or ""


def kernels(studio: Studio, view: InspectView, timeline: Timeline, block: str, layer: str) -> None:
    """Those at the start are those of the first moment, and both lines of the response have names."""
    studio.key(KERNELS, ALT)
    start = arranged(timeline.array(0, f"kernel/{block}"), layer)
    wall = view.kernels.wall
    studio.until(lambda: wall.layer is not None and wall.layer.maps.shape == start.mean(axis=1).shape, LONG)
    assert "changed by" in studio.find(QLabel, "kernels_facts").text()
    segments = studio.find(Segments, "kernels_view")
    assert not segments.shut_reasons
    QTest.mouseClick(segments, LEFT, pos=segments.segment_rect(2).center().toPoint())
    shown = wall.layer
    assert shown is not None
    np.testing.assert_allclose(shown.values(), start.mean(axis=1), atol=float(np.ptp(start)) / 100)
    if start.ndim == 3:
        assert view.kernels.frequency.isVisible()
        assert len(view.kernels.frequency.names) == 2


def health(studio: Studio, view: InspectView, timeline: Timeline, block: str) -> None:
    """The block has its line; its histogram is of kernels, far below the 1 of a normalisation's scales."""
    studio.key(HEALTH, ALT)
    studio.until(lambda: block in view.health.norms.lines, LONG)
    low, high = timeline.array(0, histogram_name("weights", block))[:2]
    assert -1 < low < high < 0.9
    view.inspection.choose_block("input")
    assert "input has no weights" in studio.find(QLabel, "health_nothing").text()
    view.inspection.choose_block(block)


def replayed(studio: Studio, view: InspectView, timeline: Timeline, block: str) -> None:
    """The first moment on the wall is the one in its file; a second stands beside it."""
    studio.key(MAPS, ALT)
    slider = studio.find(QSlider, "timeline_moment")
    studio.until(lambda: slider.maximum() == len(timeline))  # the last moment is found in the folder a little later
    slider.setFocus()
    studio.key(Qt.Key.Key_Home)
    found = timeline.layer(0, "validation-0", block)
    assert found is not None
    studio.until(lambda: has_come(view.maps.first, found.maps))
    studio.press("timeline_compare")
    assert view.maps.second.isVisible()
    studio.find(QSlider, "timeline_second").setFocus()
    studio.key(Qt.Key.Key_End)
    last = timeline.layer(len(timeline) - 1, "validation-0", block)
    assert last is not None
    studio.until(lambda: has_come(view.maps.second, last.maps))


def has_come(wall: Any, maps: Any) -> bool:
    return wall.layer is not None and np.array_equal(wall.layer.maps, maps)


def filmed(studio: Studio, timeline: Timeline, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame for each moment of the walls as they stand."""
    monkeypatch.setattr(inspect_view, "ask_place", lambda *_: path)
    action = studio.window.findChild(QAction, "timeline_export_gif")
    assert action is not None
    action.trigger()
    studio.until(path.exists, LONG)
    dialog = studio.dialog()
    studio.until(lambda: QImageReader(str(path)).imageCount() == len(timeline), LONG)
    dialog.close()


def drawn(studio: Studio, view: InspectView) -> None:
    """A line drawn with the mouse is pinned, its maps stand on the wall, and the network names it."""
    view.inspection.choose_second_moment(None)
    view.inspection.choose_moment(None)
    view.probes.draw()
    pad = view.probes.pad
    assert pad is not None
    canvas = pad.canvas
    assert isinstance(canvas, SignalCanvas)
    heard: list[Sample] = []
    pad.answered.connect(heard.append)
    left, right, y = 20, canvas.width() - 20, canvas.height() // 3
    QTest.mousePress(canvas, LEFT, pos=QPoint(left, y))
    for x in range(left, right, 60):
        QTest.mouseMove(canvas, QPoint(x, y if x // 60 % 2 else 2 * y))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(right, y))
    studio.until(lambda: bool(heard) and heard[-1] == view.inspection.sample, LONG)
    assert pad.view.verdict.startswith("Network says")
    line = canvas.sheet.values.copy()
    pad.close()
    assert view.inspection.sample.part == PINNED
    side = view.maps.first
    studio.until(lambda: side.source.wanted is not None and side.source.wanted.sample == view.inspection.sample)
    studio.until(lambda: side.layer is not None and alike(side.sample, line) > 0.99, LONG)


def alike(sample: Any, line: Any) -> float:
    """How much a sample is like what was drawn, whatever it was prepared with: their correlation, 0 without one."""
    return 0.0 if sample is None or sample.size != line.size else float(np.corrcoef(sample.ravel(), line.ravel())[0, 1])


def killed(studio: Studio, view: InspectView, block: str) -> None:
    """The worker dies while the wall is live: that is said, and the wall comes back with the next worker."""
    window = studio.window
    hello = window.worker.hello
    assert hello is not None
    os.kill(hello.pid, signal.SIGKILL)
    studio.until(lambda: window.worker.hello is not hello)
    assert not window.run.state.active
    assert "SIGKILL" in studio.find(QLabel, "message_text").text()
    assert view.inspection.block == block
    studio.until(lambda: window.worker.hello is not None, LONG)
    studio.until(lambda: view.maps.first.layer is not None and "epoch" not in origin(studio), LONG)


def origin(studio: Studio) -> str:
    return studio.find(QLabel, "inspect_maps_first_origin").text()


@pytest.mark.search
@LONGER
def test_waves_and_codes_are_inspected_while_they_are_learned_and_after(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One window: a network for signals, then one whose answer is the picture itself."""
    view = lived(studio, waves(), "first")
    wave = view.maps.first.wave
    assert wave.isVisible()
    assert "Channel 2 \u00b7 position 16" in pointed(studio, view, 2, 16.5 / LENGTH)
    strip = view.maps.first.tiles.tile_rect(2)
    assert wave.framed.width() == pytest.approx(5 / LENGTH * strip.width(), abs=2)
    timeline = stop(studio)
    assert len(timeline) >= 2
    kernels(studio, view, timeline, "first", "Conv1D")
    health(studio, view, timeline, "first")
    replayed(studio, view, timeline, "first")
    filmed(studio, timeline, tmp_path / "film.gif", monkeypatch)
    drawn(studio, view)

    view = lived(studio, codes(), "large")
    layer = view.maps.first.layer
    assert layer is not None
    assert layer.maps.shape == (6, 8, 8)
    timeline = stop(studio)
    kernels(studio, view, timeline, "large", "Conv2DTranspose")
    replayed(studio, view, timeline, "large")
    view.inspection.choose_second_moment(None)
    view.inspection.choose_moment(None)
    studio.key(MISTAKES, ALT)
    gallery = view.mistakes
    studio.until(lambda: gallery.tally is not None and gallery.tally.is_whole, LONG)


@pytest.mark.parametrize("_", [pytest.param(None, marks=LATER)])
def test_a_worker_that_dies_over_a_live_wall_is_replaced_and_the_wall_comes_back(studio: Studio, _: None) -> None:
    view = lived(studio, waves(), "pool")
    killed(studio, view, "pool")


@pytest.mark.parametrize("_", [pytest.param(None, marks=LATER)])
def test_volumes_are_inspected_slice_by_slice(studio: Studio, _: None) -> None:
    view = lived(studio, volumes(), "first")
    slider = studio.find(QSlider, "inspect_maps_first_slice")
    slider.setFocus()
    studio.key(Qt.Key.Key_Home)
    assert studio.find(QLabel, "inspect_maps_first_slice_label").text() == "Slice 1 of 4"
    timeline = stop(studio)
    kernels(studio, view, timeline, "first", "Conv3D")
    health(studio, view, timeline, "first")
    replayed(studio, view, timeline, "first")


SIGNALS = ("signal-cnn", "signal-denoiser")


@pytest.mark.parametrize("id", [pytest.param(id, marks=LATER) for id in SIGNALS])
def test_presets_of_signals_are_inspected(studio: Studio, id: str) -> None:
    known = preset(id).experiment
    assert known is not None
    few = dataclasses.replace(known.data, source=known.data.source.having("count", 160))
    endless = dataclasses.replace(known, data=few, training=dataclasses.replace(known.training, epochs=EPOCHS))
    slides = next(b for b in known.architecture.topology.order if b != "input")
    view = lived(studio, endless, slides)
    assert view.maps.first.wave.isVisible()
    timeline = stop(studio)
    health(studio, view, timeline, slides)
    replayed(studio, view, timeline, slides)
