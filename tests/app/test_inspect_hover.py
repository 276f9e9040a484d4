"""What is framed under the mouse: the support of the gradient, by the definition of each layer, through the wall."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtTest import QTest

from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.inspect.inspection import Inspection
from cnnstudio.app.inspect.maps.panel import MapsPanel
from cnnstudio.app.inspect.subject import Subject
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.run_controller import RunController
from cnnstudio.app.selection import Selection
from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.document import Document
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.wire.messages import GetMaps, Maps
from tests.helpers.designs import chain, spec
from tests.helpers.recording import RecordingWorker, Studio

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LENGTH = 48


def convolved(n: int, kernel: int, strides: int = 1, dilation: int = 1) -> Any:
    """Which of n cells each cell of a "same" convolution reads, bool (out, in): TensorFlow's rule for the padding."""
    out = -(-n // strides)
    before = max((out - 1) * strides + (kernel - 1) * dilation + 1 - n, 0) // 2
    reads = np.zeros((out, n), bool)
    for cell in range(out):
        for tap in range(kernel):
            at = cell * strides + tap * dilation - before
            if 0 <= at < n:
                reads[cell, at] = True
    return reads


def transposed(n: int, kernel: int, strides: int) -> Any:
    """The same of a "same" transposed convolution: each cell paints a patch on strides times as many cells."""
    before = max(kernel - strides, 0) // 2
    reads = np.zeros((n * strides, n), bool)
    for cell in range(n):
        for tap in range(kernel):
            at = cell * strides + tap - before
            if 0 <= at < n * strides:
                reads[at, cell] = True
    return reads


def convolution(**values: Any) -> Any:
    return spec("Convolution", filters=2, padding="same", **values)


STRIDED = ("a", convolution(kernel_size=5, strides=3)), convolved(LENGTH, 5, 3)
DILATED = ("b", convolution(kernel_size=3, dilation_rate=4)), convolved(16, 3, 1, 4)
ENLARGED = (
    ("c", spec("TransposedConvolution", filters=2, kernel_size=4, strides=2, padding="same")),
    transposed(16, 4, 2),
)


@pytest.mark.parametrize("layers", [[STRIDED], [STRIDED, DILATED], [STRIDED, ENLARGED], [STRIDED, DILATED, ENLARGED]])
@pytest.mark.parametrize("thinned", [1, 2])
def test_the_frame_is_the_support_of_the_gradient(qtbot: QtBot, layers: list[Any], thinned: int) -> None:
    """Also where the worker has sent every second cell of a large map."""
    reads = np.eye(LENGTH, dtype=bool)
    for _block, of_layer in layers:
        reads = of_layer.astype(int) @ reads > 0
    blocks = [block for block, _of_layer in layers]
    panel = opened(qtbot, blocks, len(reads) // thinned)
    tiles, wave = panel.first.tiles, panel.first.wave
    for sent in range(0, len(reads) // thinned, 3):
        strip = tiles.tile_rect(1)
        x = strip.left() + (sent + 0.5) * strip.width() / (len(reads) // thinned)
        QTest.mouseMove(tiles.viewport(), QPointF(x, strip.center().y()).toPoint())
        seen = np.flatnonzero(reads[sent * thinned])
        place, framed = strip.width() / LENGTH, wave.framed
        left = tiles.viewport().geometry().left() + strip.left()
        assert framed.left() == pytest.approx(left + seen[0] * place, abs=1), sent
        assert framed.right() == pytest.approx(left + (seen[-1] + 1) * place, abs=1), sent
        shown = panel.first.footprint((sent,))
        assert shown is not None
        cells = {at for axes in shown.seen for first, end in axes[0].runs() for at in range(first, end)}
        assert cells == set(seen.tolist())


def test_gaps_of_a_dilated_kernel_are_not_said_to_be_seen(qtbot: QtBot) -> None:
    """The frame holds them; what is hatched in the input does not."""
    panel = opened(qtbot, [("b", convolution(kernel_size=3, dilation_rate=4))], LENGTH)
    shown = panel.first.footprint((20,))
    assert shown is not None
    assert [tuple(axes[0].runs()) for axes in shown.seen] == [((16, 17), (20, 21), (24, 25))]


def opened(qtbot: QtBot, blocks: list[Any], cells: int) -> MapsPanel:
    """The Maps tab on a network for signals, with so many cells of its last block on the wall."""
    data = DataRecipe(source=Noise(shape=(LENGTH, 1), classes=2, count=10))
    design = chain(*blocks)
    entry = dataclasses.replace(design.input, spec=dataclasses.replace(design.input.spec, shape=(LENGTH, 1)))
    document = Document(Experiment("Hover", architecture=design.with_blocks(entry), data=data))
    bridge, selection, worker = DocumentBridge(document), Selection(), RecordingWorker()
    made = Studio(bridge, selection, worker, RunController(bridge, selection, worker))
    inspection = Inspection(made.bridge, made.selection, made.run, made.worker, Preferences(), made.bridge)
    panel = MapsPanel(inspection)
    qtbot.addWidget(panel)
    panel.resize(1000, 620)
    panel.show()
    inspection.choose_subject(Subject("Design", made.bridge.experiment))
    inspection.choose_block(blocks[-1][0])
    panel.set_active(True)
    qtbot.waitUntil(lambda: bool(made.worker.all(GetMaps)))
    asked = made.worker.all(GetMaps)[-1]
    maps = np.random.default_rng(0).integers(0, 256, (2, cells)).astype(np.uint8)
    low, high = np.zeros(2, np.float32), np.ones(2, np.float32)
    sample = np.sin(np.arange(LENGTH, dtype=np.float32))[:, np.newaxis]
    made.worker.arrive(
        Maps(asked.request, asked.block, asked.sample, False, sample, maps=maps, low=low, high=high, prediction=low)
    )
    qtbot.waitUntil(lambda: panel.first.wave.isVisible() and panel.first.tiles.tile_rect(0).width() > 200)
    return panel
