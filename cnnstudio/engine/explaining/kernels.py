"""The weights of a convolution, beside those that it started from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import Kernels

if TYPE_CHECKING:
    from cnnstudio.engine.explaining.network import Answering, Network
    from cnnstudio.wire.messages import GetKernels


def kernels(command: GetKernels, network: Network) -> Answering:
    """Answer GetKernels."""
    now = next((w for w in network.weights(command.block) if w.ndim > 2), None)
    if now is None:
        raise SketchError(f'The block "{command.block[:64]}" has no kernels: choose a convolution.')
    yield None
    start = next(w for w in network.weights_before(command.block) if w.ndim > 2)
    return Kernels(command.request, command.block, network.trained, now, start)
