"""Exact equivalents of what the forms of others have no word for: the same numbers from other operations."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cnnstudio.core.layers.transposed import cut_before
from cnnstudio.core.layers.windows import pad_before, window_length
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.build import make_layer
from cnnstudio.engine.exporting.twin import Rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.engine.exporting.twin import Compute, Place, Rule

Curve: TypeAlias = "Callable[[Any], Any]"
Curves: TypeAlias = Mapping[str, Curve]
"""Keras's name of an activation to the same curve in other operations."""


def gelu(values: Any) -> Any:
    """By the error function, as Gaussian Error Linear Units (Hendrycks and Gimpel, 2016) define it: Keras asks
    TensorFlow for its complement, which ONNX lacks.
    """
    return 0.5 * values * (1.0 + tensorflow.math.erf(values * math.sqrt(0.5)))


def celu(values: Any) -> Any:
    """With the alpha of 1 that Keras's name stands for, it is ELU."""
    return tensorflow.nn.elu(values)


def curved(curves: Curves) -> Rule:
    """Layers whose activation is one of `curves`."""

    def rule(place: Place) -> Rewritten | None:
        name = str(place.step.config.get("activation"))
        if name not in curves:
            return None
        curve = curves[name]
        note = _curve_told(name)
        if place.step.layer == "Activation":
            return Rewritten(lambda given: curve(given[0]), note)
        bare = _bare(place)
        return Rewritten(lambda given: curve(bare(given[0])), note)

    return rule


def _curve_told(name: str) -> str:
    return f"{name} is written as other operations that give the same values."


def _told(note: str, place: Place, curves: Curves) -> str:
    """`note` of a convolution that is written otherwise, and that its activation is, too, where it is."""
    name = str(place.step.config.get("activation"))
    return f"{note} Its {_curve_told(name)}" if name in curves else note


def _bare(place: Place) -> Any:
    """The layer of a place without its activation."""
    step = dataclasses.replace(place.step, config={**place.step.config, "activation": None})
    layer = make_layer(step, place.layer.name)
    layer.build((None, *place.shapes[0]))
    layer.set_weights(place.layer.get_weights())
    return layer


def grouped(curves: Curves, *, stuffed: bool = False, dilated_only: bool = False) -> Rule:
    """Convolutions in groups: one for each, on its own channels, and their maps put behind one another.

    `stuffed`: with dilation written as zeros within the kernels. `dilated_only`: others can stay as they are.
    """

    def rule(place: Place) -> Rewritten | None:
        groups = place.step.config.get("groups", 1)
        rates = _axes(place.step.config.get("dilation_rate", 1), len(place.shapes[0]) - 1)
        if groups == 1 or (dilated_only and max(rates) == 1):
            return None
        kernels = np.split(_array(place.layer.kernel), groups, axis=-1)
        if stuffed:
            kernels = [_stuffed(kernel, rates) for kernel in kernels]
        channels = place.shapes[0][-1] // groups

        def convolved(values: Any) -> Any:
            parts = (values[..., i * channels : (i + 1) * channels] for i in range(groups))
            each = (_conv(place, *pair, dilated=not stuffed) for pair in zip(parts, kernels, strict=True))
            return tensorflow.concat(list(each), axis=-1)

        note = f"its {groups} groups are convolutions side by side."
        return Rewritten(_finished(place, convolved, curves), _told(note, place, curves))

    return rule


def dilated_volumes(curves: Curves) -> Rule:
    """Dilated convolutions over volumes: the kernel with the zeros in it that dilation leaves out."""

    def rule(place: Place) -> Rewritten | None:
        rates = _axes(place.step.config.get("dilation_rate", 1), 3)
        if max(rates) == 1:
            return None
        kernel = _stuffed(_array(place.layer.kernel), rates)
        note = "its dilation is written as zeros within the kernel."
        return Rewritten(_finished(place, lambda values: _conv(place, values, kernel, dilated=False), curves), note)

    return rule


def _stuffed(kernel: np.ndarray, rates: Sequence[int]) -> np.ndarray:
    """A kernel (..., in, out) with `rate - 1` zeros between its cells along each axis."""
    spread = [(n - 1) * rate + 1 for n, rate in zip(kernel.shape, rates, strict=False)]
    wide = np.zeros((*spread, *kernel.shape[len(rates) :]), kernel.dtype)
    wide[tuple(slice(None, None, rate) for rate in rates)] = kernel
    return wide


def _conv(place: Place, values: Any, kernel: np.ndarray, *, dilated: bool = True) -> Any:
    """The convolution of a layer with another kernel, without bias."""
    config = place.step.config
    padding, rank = config.get("padding", "valid"), len(place.shapes[0]) - 1
    rate = config.get("dilation_rate", 1) if dilated else 1
    if padding == "causal":
        reach = (kernel.shape[0] - 1) * _axes(rate, 1)[0]
        values, padding = tensorflow.pad(values, [[0, 0], [reach, 0], [0, 0]]), "valid"
    strides = _axes(config.get("strides", 1), rank)
    return keras.ops.conv(values, kernel, strides, padding, "channels_last", _axes(rate, rank))


def _finished(place: Place, convolved: Curve, curves: Curves) -> Compute:
    """A convolution with the bias and the activation of its layer."""
    bias = _array(place.layer.bias) if place.step.config.get("use_bias", True) else None
    curve = curves.get(place.step.config.get("activation") or "", place.layer.activation)

    def compute(given: Sequence[Any]) -> Any:
        values = convolved(given[0])
        return curve(values if bias is None else values + bias)

    return compute


def narrow_transposed(curves: Curves) -> Rule:
    """Transposed convolutions whose kernel is narrower than their strides or paints less than comes out: it is widened
    by zeros, which paint nothing, and what Keras cuts off is cut off behind.
    """

    def rule(place: Place) -> Rewritten | None:
        config, rank = place.step.config, len(place.shapes[0]) - 1
        sizes, strides = _axes(config["kernel_size"], rank), _axes(config.get("strides", 1), rank)
        axes = list(zip(place.shapes[0][:rank], place.step.output.shape[:rank], sizes, strides, strict=True))
        cuts = [(cut_before(n, out, k, s, config.get("padding", "valid")), out) for n, out, k, s in axes]
        needed = [max(k, s, cut + out - (n - 1) * s) for (n, _, k, s), (cut, out) in zip(axes, cuts, strict=True)]
        if tuple(needed) == sizes:
            return None
        added = [(0, wide - size) for wide, size in zip(needed, sizes, strict=True)]
        kernel = np.pad(_array(place.layer.kernel), [*added, (0, 0), (0, 0)])

        def convolved(values: Any) -> Any:
            painted = keras.ops.conv_transpose(values, kernel, strides, "valid", None, "channels_last")
            return painted[(slice(None), *(slice(cut, cut + out) for cut, out in cuts))]

        note = "its kernel is widened by zeros to what it has to paint."
        return Rewritten(_finished(place, convolved, curves), _told(note, place, curves))

    return rule


def normed_cell(place: Place) -> Rewritten | None:
    """Layer normalisation of a single cell: of a vector, which comes to the same."""
    *cells, channels = place.shapes[0]
    if not cells or any(cell != 1 for cell in cells) or place.step.config.get("axis", -1) != -1:
        return None
    layer = make_layer(place.step, place.layer.name)
    layer.build((None, channels))
    layer.set_weights(place.layer.get_weights())

    def compute(given: Sequence[Any]) -> Any:
        vector = tensorflow.reshape(given[0], (-1, channels))
        return tensorflow.reshape(layer(vector), (-1, *place.shapes[0]))

    return Rewritten(compute, "its single cell is normalised as a vector.")


def pooled_volumes(place: Place) -> Rewritten:
    """Pooling over volumes as two poolings over images, first within the slices, then across them."""
    config, shape = place.step.config, place.shapes[0]
    pool = _axes(config.get("pool_size", 2), 3)
    strides = pool if config.get("strides") is None else _axes(config["strides"], 3)
    padding = "centred" if config.get("padding", "valid") == "same" else "valid"
    windows = [_Window(*axis, padding) for axis in zip(shape[:3], pool, strides, strict=True)]
    largest = place.step.layer.startswith("Max")
    reduce = tensorflow.nn.max_pool2d if largest else tensorflow.nn.avg_pool2d
    outside = float(np.finfo("float32").min) if largest else 0.0
    share = np.einsum("i,j,k->ijk", *(window.share for window in windows)).astype("float32")[None, ..., None]
    (depth, height, width), (out, *plane) = (w.whole for w in windows), (w.out for w in windows)

    def compute(given: Sequence[Any]) -> Any:
        values = _fitted(given[0], windows, outside)
        values = tensorflow.reshape(values, (-1, height, width, shape[3]))
        values = reduce(values, pool[1:], strides[1:], "VALID")
        values = tensorflow.reshape(values, (-1, depth, math.prod(plane), shape[3]))
        values = reduce(values, (pool[0], 1), (strides[0], 1), "VALID")
        values = tensorflow.reshape(values, (-1, out, *plane, shape[3]))
        return values if largest or np.all(share == 1) else values * share

    return Rewritten(compute, "its pooling over volumes is written as two poolings, within slices and across them.")


class _Window:
    """A pooling window along one axis, with its padding written out."""

    def __init__(self, size: int, pool: int, stride: int, padding: str) -> None:
        self.out = window_length(size, pool, stride, padding)
        self.whole = (self.out - 1) * stride + pool
        """Cells that the windows cover together."""
        self.before = pad_before(size, pool, stride, padding)
        self.after = self.whole - size - self.before
        """Cells added at the ends; below 0: left out."""
        cells = np.arange(self.whole) - self.before
        inside = ((cells >= 0) & (cells < size)).astype("float64")
        counts = np.array([inside[i * stride : i * stride + pool].sum() for i in range(self.out)])
        self.share = pool / counts
        """What a mean over padded cells has to be multiplied by, so that these do not count."""


def _fitted(values: Any, windows: Sequence[_Window], outside: float) -> Any:
    """Volumes with cells added or left out at the ends of each axis."""
    cut = tuple(slice(max(0, -w.before), -max(0, -w.after) or None) for w in windows)
    added = [(max(0, w.before), max(0, w.after)) for w in windows]
    values = values[(slice(None), *cut)] if any(s != slice(0, None) for s in cut) else values
    return tensorflow.pad(values, [(0, 0), *added, (0, 0)], constant_values=outside) if np.any(added) else values


def _axes(value: Any, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _array(weight: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(weight))
