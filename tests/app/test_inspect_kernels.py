"""The Kernels tab as a person uses it: what comes from the worker or the timeline, views, orders, numbers, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QWidget

from cnnstudio.app.features.kernels import POINTS, arranged, response
from cnnstudio.app.inspect.inspection import Inspection
from cnnstudio.app.inspect.kernels.frequency_plot import FrequencyPlot
from cnnstudio.app.inspect.kernels.panel import BY_CHANGE, BY_NORM, CHANGE, NOW, START, UNTRAINED, KernelsPanel
from cnnstudio.app.inspect.kernels.source import NO_KERNELS
from cnnstudio.app.inspect.subject import Subject
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.preferences import Preferences
from cnnstudio.core.formats.timeline import Moment
from cnnstudio.core.formats.timeline_writing import TimelineWriter
from cnnstudio.wire.messages import Failed, GetKernels, Kernels
from tests.helpers.recording import Studio, studio

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

LEFT = Qt.MouseButton.LeftButton


class Tab(NamedTuple):
    """The tab with what it is made of."""

    bot: QtBot
    studio: Studio
    inspection: Inspection
    panel: KernelsPanel
    answered: set[int]
    """Requests."""

    def answer(self, now: Any, start: Any = None) -> GetKernels:
        """The worker answers what was asked last."""
        worker = self.studio.worker
        self.bot.waitUntil(lambda: any(each.request not in self.answered for each in worker.all(GetKernels)))
        asked = worker.all(GetKernels)[-1]
        self.answered.add(asked.request)
        worker.arrive(Kernels(asked.request, asked.block, bool(asked.directory), now, now if start is None else start))
        return asked

    def shown(self) -> Any:
        """The values on the wall, to a byte's precision."""
        layer = self.panel.wall.layer
        assert layer is not None
        return layer.values()

    def choose_order(self, order: str) -> list[int]:
        combo = self.panel.findChild(QComboBox, "kernels_order")
        assert combo is not None
        combo.setFocus()
        QTest.keyClick(combo, Qt.Key.Key_Home)
        for _ in range(combo.findText(order)):
            QTest.keyClick(combo, Qt.Key.Key_Down)
        assert combo.currentText() == order
        assert self.panel.wall.ranks is not None
        return [int(kernel) for kernel in self.panel.wall.ranks]


@pytest.fixture
def tab(qtbot: QtBot) -> Tab:
    """The design is inspected, its convolution is chosen."""
    made = studio()
    inspection = Inspection(made.bridge, made.selection, made.run, made.worker, Preferences(), made.bridge)
    panel = KernelsPanel(inspection)
    qtbot.addWidget(panel)
    panel.resize(900, 560)
    panel.show()
    inspection.choose_subject(Subject("Design", made.bridge.experiment))
    inspection.choose_block("conv")
    panel.set_active(True)
    return Tab(qtbot, made, inspection, panel, set())


def weights(seed: int = 0, *, reads: int = 2, count: int = 4) -> Any:
    return np.random.default_rng(seed).normal(size=(3, 3, reads, count)).astype(np.float32)


def test_kernels_stand_on_the_wall_as_the_mean_of_what_they_read(tab: Tab) -> None:
    now = weights()
    assert tab.answer(now).block == "conv"
    np.testing.assert_allclose(tab.shown(), np.moveaxis(now.mean(axis=2), -1, 0), atol=0.02)
    parts = tab.panel.parts.layer
    assert parts is not None
    np.testing.assert_allclose(parts.values(), np.moveaxis(now[..., 0], -1, 0), atol=0.02)
    assert "as before the first step" in tab.panel.numbers


def trained(tab: Tab) -> None:
    """A run that is over is inspected."""
    tab.inspection.choose_subject(Subject("Run", tab.studio.bridge.experiment, "/runs/1", "1"))


def test_what_training_has_not_changed_cannot_be_asked_for_and_says_why(tab: Tab) -> None:
    """The view that was chosen is on again with the next network that was trained."""
    now = weights()
    tab.answer(now)
    view = tab.panel.findChild(Segments, "kernels_view")
    order = tab.panel.findChild(QComboBox, "kernels_order")
    assert view is not None
    assert order is not None
    QTest.mouseClick(view, LEFT, pos=view.segment_rect(CHANGE).center().toPoint())
    assert view.index == NOW
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.index == NOW
    assert view.shut_reasons == {CHANGE: UNTRAINED, START: UNTRAINED}
    order.setFocus()
    QTest.keyClick(order, Qt.Key.Key_End)
    assert order.currentText() == BY_NORM
    trained(tab)
    tab.answer(1.5 * now, now)
    QTest.mouseClick(view, LEFT, pos=view.segment_rect(CHANGE).center().toPoint())
    assert view.index == CHANGE
    tab.inspection.choose_subject(Subject("Design", tab.studio.bridge.experiment))  # its answer was kept
    assert view.index == NOW
    np.testing.assert_allclose(tab.shown(), np.moveaxis(now.mean(axis=2), -1, 0), atol=0.02)
    trained(tab)
    assert view.index == CHANGE


def test_two_lines_of_a_response_are_named_and_one_is_not(qtbot: QtBot) -> None:
    plot = FrequencyPlot()
    qtbot.addWidget(plot)
    plot.resize(320, 240)
    kernel = np.array([[0.5, 0.5]], np.float32)
    plot.show_kernel(kernel, kernel.copy())
    assert not plot.names
    alone = plot.drawn()
    plot.show_kernel(kernel, np.array([[0.5, -0.5]], np.float32))
    assert plot.names == ("Shown", "Before the first step")
    both = plot.drawn()
    assert alone is not None
    assert both is not None
    assert alone != both


def test_change_is_that_since_the_start_and_orders_the_kernels(tab: Tab) -> None:
    trained(tab)
    start = weights()
    now = start.copy()
    now[..., 2] += 1.0
    now[..., 3] *= 0.01
    tab.answer(now, start)
    view = tab.panel.findChild(QWidget, "kernels_view")
    assert view is not None
    view.setFocus()
    for _ in range(CHANGE):
        QTest.keyClick(view, Qt.Key.Key_Right)
    np.testing.assert_allclose(tab.shown()[2], np.ones((3, 3)), atol=0.02)
    np.testing.assert_allclose(tab.shown()[0], np.zeros((3, 3)), atol=0.02)
    assert tab.choose_order(BY_CHANGE)[0] == 2
    norms = np.linalg.norm(now.reshape(-1, 4), axis=0)
    assert tab.choose_order(BY_NORM) == list(np.argsort(-norms))


def test_a_click_on_a_kernel_chooses_its_channel(tab: Tab) -> None:
    now = weights()
    tab.answer(1.5 * now, now)
    place = tab.panel.wall.tile_rect(3).center().toPoint()
    QTest.mouseClick(tab.panel.wall.viewport(), LEFT, pos=place)
    assert tab.inspection.channel == 3
    assert "50 % of the norm at the start" in tab.panel.numbers


def test_one_channel_of_the_input_can_be_chosen(tab: Tab) -> None:
    tab.answer(now := weights())
    combo = tab.panel.findChild(QComboBox, "kernels_input")
    assert combo is not None
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    QTest.keyClick(combo, Qt.Key.Key_Down)
    np.testing.assert_allclose(tab.shown(), np.moveaxis(now[:, :, 1], -1, 0), atol=0.02)


def test_a_block_without_kernels_says_so_and_asks_nothing(tab: Tab) -> None:
    tab.answer(weights())
    before = len(tab.studio.worker.all(GetKernels))
    tab.inspection.choose_block("output")
    assert tab.panel.message == NO_KERNELS
    assert len(tab.studio.worker.all(GetKernels)) == before


def test_a_failure_can_be_tried_again(tab: Tab) -> None:
    worker = tab.studio.worker
    tab.bot.waitUntil(lambda: bool(worker.all(GetKernels)))
    worker.arrive(Failed(worker.all(GetKernels)[-1].request, "The worker is busy."))
    assert tab.panel.message == "The worker is busy."
    button = tab.panel.findChild(QWidget, "kernels_message_action")
    assert button is not None
    QTest.mouseClick(button, LEFT)
    tab.bot.waitUntil(lambda: len(worker.all(GetKernels)) == 2)
    tab.answer(weights())
    assert tab.panel.message == ""


def test_a_moment_of_the_timeline_needs_no_worker(tab: Tab, tmp_path: Path) -> None:
    writer = TimelineWriter(tmp_path)
    for step in (0, 10):
        writer.add(Moment(step, step // 10, 0.1 * step), {"kernel/conv": weights(step)})
    experiment = tab.studio.bridge.experiment
    tab.inspection.choose_subject(Subject("Run", experiment, str(tmp_path)))
    tab.inspection.record.set_active(True)
    tab.inspection.choose_moment(1)
    np.testing.assert_allclose(tab.shown(), np.moveaxis(weights(10).mean(axis=2), -1, 0), atol=0.02)
    assert "changed by" in tab.panel.numbers
    tab.inspection.choose_moment(0)
    np.testing.assert_allclose(tab.shown(), np.moveaxis(weights(0).mean(axis=2), -1, 0), atol=0.02)
    assert "as before the first step" in tab.panel.numbers


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        ("Conv2D", (3, 5, 2, 4), (4, 2, 3, 5)),
        ("Conv2DTranspose", (3, 5, 4, 2), (4, 2, 3, 5)),
        ("DepthwiseConv2D", (3, 5, 2, 3), (6, 1, 3, 5)),
        ("SeparableConv1D", (7, 2, 3), (6, 1, 7)),
        ("Conv3D", (2, 3, 5, 1, 4), (4, 1, 2, 3, 5)),
    ],
)
def test_every_kind_of_layer_is_arranged_alike(layer: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert arranged(np.zeros(shape, np.float32), layer).shape == expected


def test_the_response_of_known_kernels() -> None:
    mean, difference = np.full((1, 2), 0.5, np.float32), np.array([[0.5, -0.5]], np.float32)
    frequencies, low = response(mean)
    _, high = response(difference)
    assert (len(frequencies), frequencies[0], frequencies[-1]) == (POINTS, 0.0, 0.5)
    np.testing.assert_allclose(low, np.cos(np.pi * frequencies), atol=1e-6)
    np.testing.assert_allclose(high, np.sin(np.pi * frequencies), atol=1e-6)
