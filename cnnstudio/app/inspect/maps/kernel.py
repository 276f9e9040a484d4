"""The kernel behind one channel: what it looks for in each channel of its input."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.asking import Question
from cnnstudio.app.features.colormaps import COOL_TO_WARM
from cnnstudio.app.features.kernels import arranged
from cnnstudio.app.features.layer_maps import LayerMaps, Scaling
from cnnstudio.app.features.tiles import TileView
from cnnstudio.app.features.words import words
from cnnstudio.app.format import counted, shape
from cnnstudio.app.theme import space
from cnnstudio.core.formats.timeline import TimelineError
from cnnstudio.wire.messages import GetKernels, Kernels

if TYPE_CHECKING:
    from cnnstudio.app.inspect.maps.source import Wanted
    from cnnstudio.app.worker_client import WorkerClient

NO_KERNELS = "This block has no kernels."
_NO_ONE_KERNEL = "No single kernel makes a channel of this block: see the Kernels tab."
_NOT_KEPT = "The timeline keeps no kernels of this block at this moment."


class KernelView(QWidget):
    """One tile for each channel that the kernel reads, all on one scale with zero in its middle."""

    hovered = Signal(str)

    def __init__(self, worker: WorkerClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_kernel")
        self._channel = 0
        self._kernels: Any = None
        self._layer, self._count = "", 0
        self._key: object = None
        self._question = Question(worker, "the kernels", self)
        self._title = words("inspect_kernel_title", tone="muted", tip="The weights that make the chosen channel")
        self._message = words("inspect_kernel_message", tone="muted", wrap=True)
        self._tiles = TileView()
        self._tiles.setObjectName("inspect_kernel_tiles")
        self._tiles.setAccessibleName("Kernel of the channel")
        self._tiles.setToolTip("The kernel's weights, one tile for each channel that it reads")
        self._tiles.set_colours(COOL_TO_WARM)
        self._tiles.set_scaling(Scaling(whole_layer=True))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(self._tiles)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        column.addWidget(self._title)
        column.addWidget(self._stack, 1)
        self._tiles.hovered.connect(self.hovered)
        self._question.answered.connect(self._take)
        self._question.waiting.connect(self._say)
        self._question.failed.connect(self._fail)

    @property
    def tiles(self) -> TileView:
        """The tiles, for those who point at them."""
        return self._tiles

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it."""
        self._question.set_active(active)

    def want(self, wanted: Wanted | None, channel: int, count: int, epoch: int) -> None:
        """Show the kernel of that of `count` channels of the wanted block; while it trains, anew with each `epoch`."""
        key = None if wanted is None else (wanted, epoch if wanted.subject.active else -1, channel)
        if key == self._key:
            return
        self._key, self._channel, self._count = key, channel, count
        if wanted is None or not wanted.subject.sliding_layer(wanted.block):
            self._kernels = None
            self._question.forget()
            self._say("" if wanted is None else NO_KERNELS)
            return
        self._layer = wanted.subject.sliding_layer(wanted.block)
        if wanted.moment is not None:
            self._question.forget()
            self._replay(wanted, wanted.moment)
            return
        subject, block = wanted.subject, wanted.block
        same = (subject.key, subject.run, epoch if subject.active else -1, block)
        self._question.wish(same, functools.partial(_get_kernels, wanted))

    def _take(self, event: object) -> None:
        if isinstance(event, Kernels):
            self._kernels = np.asarray(event.kernels, np.float32)
            self._show()

    def _replay(self, wanted: Wanted, moment: int) -> None:
        try:
            found = None if wanted.timeline is None else wanted.timeline.array(moment, f"kernel/{wanted.block}")
        except (KeyError, IndexError, TimelineError):
            found = None
        self._kernels = None if found is None or found.dtype.kind != "f" else found.astype(np.float32)
        if self._kernels is None:
            self._say(_NOT_KEPT)
        self._show()

    def _show(self) -> None:
        kernels = self._kernels
        if kernels is None:
            return
        kernel = channel_kernel(kernels, self._layer, self._channel, self._count)
        if kernel is None:
            self._kernels = None
            self._say(_NO_ONE_KERNEL)
            return
        layer = LayerMaps.made_of(kernel)
        sizes = shape(layer.maps.shape[1:])
        self._title.setText(f"Kernel of {sizes}" if layer.kind == "signals" else f"Kernel {sizes}")
        self._title.setToolTip(f"The weights that make the chosen channel: {counted(layer.count, 'channel')} in")
        self._tiles.set_depth(layer.depth // 2)
        self._tiles.show_layer(layer)
        self._stack.setCurrentWidget(self._tiles)

    def _say(self, sentence: str) -> None:
        if self._kernels is not None and sentence.endswith("\u2026"):
            return  # the last ones stay until the next have come
        self._title.setText("Kernel")
        self._message.setText(sentence)
        self._stack.setCurrentWidget(self._message)

    def _fail(self, sentence: str, details: str) -> None:
        self._kernels = None
        self._say(sentence)


def channel_kernel(kernels: Any, layer: str, channel: int, count: int) -> Any:
    """The kernel (channels in, sizes...) that makes one of `count` channels; None where no single one does.

    `kernels` as Keras lays out those of `layer`.
    """
    if kernels.ndim < 3 or layer.startswith("Separable"):
        return None
    each = arranged(kernels, layer)
    return each[channel] if len(each) == count and 0 <= channel < count else None


def _get_kernels(wanted: Wanted, request: int) -> GetKernels:
    return GetKernels(
        request=request, experiment=wanted.subject.text, directory=wanted.subject.directory, block=wanted.block
    )
