"""Windows that slide over the spatial axes: lengths, padding and fields shared by convolution and pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.analysis.cells import Cells, under_window
from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.analysis.field import AxisField, Move, View, each_axis, slide
from cnnstudio.core.declare import show

if TYPE_CHECKING:
    from cnnstudio.core.layers.registry import Call


def window_length(size: int, reach: int, stride: int, padding: str) -> int:
    """Cells that a window of `reach` (dilation counted in) yields along an axis of `size` cells."""
    if padding == "valid":
        return (size - reach) // stride + 1
    return -(-size // stride)


def pad_before(size: int, reach: int, stride: int, padding: str) -> int:
    """Cells of padding before the first cell. "same" pads by the input's size, as TensorFlow does.

    Below 0 with "centred": windows smaller than their strides leave out cells at both ends, not at the far one only.
    """
    if padding == "valid":
        return 0
    if padding == "causal":
        return reach - 1
    out = -(-size // stride)
    whole = (out - 1) * stride + reach - size
    return int(whole / 2) if padding == "centred" else max(whole, 0) // 2


def reaches(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """Cells from a dilated kernel's first to its last, both counted."""
    return tuple([(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)])


def slide_all(
    call: Call, window: str, kernel: tuple[int, ...], strides: tuple[int, ...], padding: str, dilation: tuple[int, ...]
) -> tuple[tuple[int, ...], View]:
    """Spatial sizes and view of a sliding window; refuses a window that does not fit.

    `window` is the argument that sets the window's size. Keras lets some such calls through, and TensorFlow's
    pooling then kills the process.
    """
    spatial, reach = call.x.spatial, reaches(kernel, dilation)
    if padding == "valid" and any(r > n for r, n in zip(reach, spatial, strict=True)):
        _refuse_window(window, call, reach)
    out = tuple([window_length(*a, padding) for a in zip(spatial, reach, strides, strict=True)])
    arguments = tuple([(*a, padding) for a in zip(spatial, kernel, dilation, strides, strict=True)])
    return out, each_axis(_WINDOW, arguments)


def _slide(axis: AxisField, size: int, kernel: int, dilation: int, stride: int, padding: str) -> AxisField:
    reach = (kernel - 1) * dilation + 1
    return slide(axis, reach, stride, pad_before(size, reach, stride, padding))


def _under(cells: Cells, size: int, kernel: int, dilation: int, stride: int, padding: str) -> Cells:
    before = pad_before(size, (kernel - 1) * dilation + 1, stride, padding)
    return under_window(cells, kernel, dilation, stride, before)


_WINDOW = Move(_slide, _under)
"""A window along an axis. Arguments: size of the axis, cells of the kernel, dilation, stride, padding."""


def _refuse_window(window: str, call: Call, reach: tuple[int, ...]) -> None:
    spatial = call.x.spatial
    what = "pool" if window == "pool_size" else "kernel"
    dilated = ", dilation counted in," if reach != call.axes(window, 1) else ""
    fit = tuple(min(k, n) for k, n in zip(call.axes(window, 1), spatial, strict=True))
    raise Refused(
        f'With padding "valid" the {what}{dilated} must fit the input, but it covers {show(reach)} cells '
        f'and only {show(spatial)} come in: make it smaller or set padding to "same".',
        window,
        suggest=(
            ('Set padding to "same"', {"padding": "same"}),
            (f"Set {window.replace('_', ' ')} to {show(fit)}", {window: fit}),
            ("Set dilation to 1", {"dilation_rate": 1}),
        ),
        wanted={call.x.step: f"at least {show(reach)}"},
    )
