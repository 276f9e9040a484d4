"""An explanation as a figure: the sample, and beside it how much each of its places counts."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_DPI = 150
_SIGNED, _UNSIGNED = "coolwarm", "magma"
"""Of matplotlib: both even to the eye; the middle of the first stands for zero."""
_STRENGTH = 0.65
_STRIP = 1.6
"""Height in inches of a channel of a signal."""
_MOST_CHANNELS = 8


def explained_png(
    picture: np.ndarray, inputs: np.ndarray, title: str, *, signed: bool, sample: bool, box: Sequence[float] = ()
) -> bytes:
    """The figure as a PNG file.

    `inputs` (..., channels) is the sample as the network sees it, `picture` has its spatial shape, or, where it is a
    `sample` itself, its whole shape. Of a volume the slice is shown in which most happens. A `box` is framed: left,
    top, right and bottom as shares of the size.
    """
    if sample:
        inputs, picture = picture, np.zeros(picture.shape[:-1] or picture.shape)
    if inputs.ndim == 4:
        middle = int(np.abs(picture).sum(axis=(1, 2)).argmax()) if picture.any() else len(inputs) // 2
        inputs, picture, title = inputs[middle], picture[middle], f"{title}, slice {middle}"
    drawn = {1: _vector, 2: _signal, 3: _image}[inputs.ndim]
    figure = drawn(inputs, None if sample else picture, signed)
    if box and inputs.ndim == 3:
        _frame(figure, box, inputs.shape)
    figure.suptitle(title, fontsize=10)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI)
    return file.getvalue()


def _limits(picture: np.ndarray, signed: bool) -> tuple[float, float]:
    if not signed:
        return 0.0, float(picture.max()) or 1.0
    most = float(np.abs(picture).max()) or 1.0
    return -most, most


def _image(inputs: np.ndarray, picture: np.ndarray | None, signed: bool) -> Figure:
    """The sample alone, or beside the picture that lies over it in grey."""
    figure = Figure(figsize=(5.0 if picture is None else 7.4, 3.6), layout="constrained")
    axes = figure.subplots(1, 1 if picture is None else 2, squeeze=False)[0]
    low, high = float(inputs.min()), float(inputs.max())
    shown = (inputs - low) / ((high - low) or 1.0)
    colours = shown if inputs.shape[-1] == 3 else shown.mean(axis=-1)
    axes[0].imshow(colours, cmap="gray", interpolation="nearest")
    if picture is not None:
        axes[1].imshow(shown.mean(axis=-1), cmap="gray", vmin=0.0, vmax=1.0, interpolation="nearest")
    if picture is not None and picture.any():  # where nothing counts, a veil would only darken
        least, most = _limits(picture, signed)
        cmap = _SIGNED if signed else _UNSIGNED
        over = axes[1].imshow(picture, cmap=cmap, vmin=least, vmax=most, alpha=_STRENGTH, interpolation="nearest")
        _bar(figure, over, axes[1])
    for each in axes:
        each.set_axis_off()
    return figure


def _frame(figure: Figure, box: Sequence[float], shape: tuple[int, ...]) -> None:
    """Draw what is explained on every image."""
    left, top, right, bottom = box
    height, width = shape[:2]
    for axes in figure.axes[:2]:
        for colour, thick in (("black", 3.5), ("white", 1.5)):
            corner, size = (left * width - 0.5, top * height - 0.5), ((right - left) * width, (bottom - top) * height)
            axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=colour, linewidth=thick))


def _signal(inputs: np.ndarray, picture: np.ndarray | None, signed: bool) -> Figure:
    """A line for each channel, coloured by what its places count."""
    count = min(_MOST_CHANNELS, inputs.shape[-1])
    figure = Figure(figsize=(7.4, 0.9 + _STRIP * count), layout="constrained")
    axes = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
    for channel, each in enumerate(axes):
        values = inputs[:, channel]
        if picture is None:
            each.plot(values, color="black", linewidth=1.2)
        else:
            over = _coloured(each, values, picture, signed)
            _bar(figure, over, each)
        each.set_ylabel(f"Channel {channel}" if inputs.shape[-1] > 1 else "Value", fontsize=8)
        each.tick_params(labelsize=8)
    axes[-1].set_xlabel("Place", fontsize=8)
    return figure


def _coloured(axes: Axes, values: np.ndarray, picture: np.ndarray, signed: bool) -> ScalarMappable:
    least, most = _limits(picture, signed)
    points = np.stack([np.arange(len(values)), values], axis=1)
    parts = np.stack([points[:-1], points[1:]], axis=1)
    lines = LineCollection(list(parts), cmap=_SIGNED if signed else _UNSIGNED, linewidths=2.0)
    lines.set_array((picture[:-1] + picture[1:]) / 2)
    lines.set_clim(least, most)
    axes.add_collection(lines)
    axes.autoscale_view()
    axes.set_facecolor("0.55" if signed else "0.85")
    return lines


def _vector(inputs: np.ndarray, picture: np.ndarray | None, signed: bool) -> Figure:
    """A bar for each value."""
    figure = Figure(figsize=(7.4, 3.0), layout="constrained")
    axes = figure.subplots()
    shown = inputs if picture is None else picture
    axes.bar(np.arange(len(shown)), shown, color="0.35")
    axes.axhline(0, color="0.6", linewidth=0.8)
    axes.set_xlabel("Value", fontsize=8)
    axes.tick_params(labelsize=8)
    return figure


def _bar(figure: Figure, over: ScalarMappable, axes: Axes) -> None:
    opaque = ScalarMappable(over.norm, over.cmap)
    bar = figure.colorbar(opaque, ax=axes, fraction=0.05, pad=0.02)
    bar.ax.tick_params(labelsize=8)
