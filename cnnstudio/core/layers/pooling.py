"""Pooling, over windows and over everything."""

from __future__ import annotations

from cnnstudio.core.analysis.field import gather_all
from cnnstudio.core.layers.registry import Call, Outcome, rule
from cnnstudio.core.layers.windows import slide_all


@rule(
    "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D"
)  # fmt: skip
def pooling(call: Call) -> Outcome:
    """Keras MaxPooling and AveragePooling; strides left out are the pool size."""
    pool = call.axes("pool_size", 2)
    strides = pool if call.get("strides", None) is None else call.axes("strides", 1)
    padding = call.get("padding", "valid")
    if padding == "same" and len(pool) == 3:
        padding = "centred"  # what TensorFlow does with volumes, and with nothing else
    spatial, view = slide_all(call, "pool_size", pool, strides, padding, (1,) * len(pool))
    return Outcome((*spatial, call.x.channels), view)


@rule(
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D",
    "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D",
)  # fmt: skip
def global_pooling(call: Call) -> Outcome:
    """Keras GlobalAveragePooling and GlobalMaxPooling; with `keepdims` the axes stay, with one cell each."""
    kept = (1,) * call.x.rank if call.get("keepdims", False) else ()
    return Outcome((*kept, call.x.channels), gather_all(call.x.spatial))
