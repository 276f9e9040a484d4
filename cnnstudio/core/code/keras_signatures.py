"""What Keras assumes when an argument is left out, so that generated code says only what matters.

A table and not an inspection: core never imports Keras. The engine's tests hold the table against Keras itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Signature:
    """Of one Keras layer: the arguments an author gives by position, and the defaults of the others.

    A default that is one number stands for that number on every axis, as Keras reads it.
    """

    positional: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


_WINDOW: dict[str, Any] = {"strides": 1, "padding": "valid", "dilation_rate": 1, "activation": None, "use_bias": True}
_INITIAL = {"kernel_initializer": "glorot_uniform", "bias_initializer": "zeros"}
_SCALE = {
    "axis": -1, "epsilon": 0.001, "center": True, "scale": True,
    "beta_initializer": "zeros", "gamma_initializer": "ones",
}  # fmt: skip
_SEPARABLE = {"depthwise_initializer": "glorot_uniform", "bias_initializer": "zeros", "depth_multiplier": 1}

_CONV = Signature(("filters", "kernel_size"), {**_WINDOW, **_INITIAL, "groups": 1})
_TRANSPOSED = Signature(("filters", "kernel_size"), {**_WINDOW, **_INITIAL, "output_padding": None})
_DEPTHWISE = Signature(("kernel_size",), {**_WINDOW, **_SEPARABLE})
_SEPARATED = Signature(("filters", "kernel_size"), {**_WINDOW, **_SEPARABLE, "pointwise_initializer": "glorot_uniform"})
_MAX_POOL = Signature(("pool_size",), {"pool_size": 2, "strides": None, "padding": "valid"})
_AVERAGE_POOL = Signature(("pool_size",), {"strides": None, "padding": "valid"})
_GLOBAL_POOL = Signature((), {"keepdims": False})
_SPATIAL_DROPOUT = Signature(("rate",), {"seed": None})
_MERGE = Signature()

SIGNATURES: dict[str, Signature] = {
    **{f"Conv{n}D": _CONV for n in (1, 2, 3)},
    **{f"Conv{n}DTranspose": _TRANSPOSED for n in (1, 2, 3)},
    **{f"DepthwiseConv{n}D": _DEPTHWISE for n in (1, 2)},
    **{f"SeparableConv{n}D": _SEPARATED for n in (1, 2)},
    **{f"MaxPooling{n}D": _MAX_POOL for n in (1, 2, 3)},
    **{f"AveragePooling{n}D": _AVERAGE_POOL for n in (1, 2, 3)},
    **{f"Global{kind}Pooling{n}D": _GLOBAL_POOL for kind in ("Average", "Max") for n in (1, 2, 3)},
    **{f"SpatialDropout{n}D": _SPATIAL_DROPOUT for n in (1, 2, 3)},
    **{f"UpSampling{n}D": Signature(("size",), {"size": 2}) for n in (1, 3)},
    "UpSampling2D": Signature(("size",), {"size": 2, "interpolation": "nearest"}),
    **{f"ZeroPadding{n}D": Signature(("padding",), {"padding": 1}) for n in (1, 2, 3)},
    "Cropping1D": Signature(("cropping",), {"cropping": (1, 1)}),
    "Cropping2D": Signature(("cropping",), {"cropping": ((0, 0), (0, 0))}),
    "Cropping3D": Signature(("cropping",), {"cropping": ((1, 1), (1, 1), (1, 1))}),
    **{name: _MERGE for name in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")},
    "Concatenate": Signature((), {"axis": -1}),
    "Dense": Signature(("units",), {"activation": None, "use_bias": True, **_INITIAL}),
    "BatchNormalization": Signature(
        (),
        {**_SCALE, "momentum": 0.99, "moving_mean_initializer": "zeros", "moving_variance_initializer": "ones"},
    ),
    "LayerNormalization": Signature((), _SCALE),
    "GroupNormalization": Signature(("groups",), {**_SCALE, "groups": 32}),
    "Activation": Signature(("activation",)),
    "ReLU": Signature((), {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
    "LeakyReLU": Signature((), {"negative_slope": 0.3}),
    "ELU": Signature((), {"alpha": 1.0}),
    "PReLU": Signature((), {"alpha_initializer": "Zeros", "shared_axes": None}),
    "Softmax": Signature((), {"axis": -1}),
    "Dropout": Signature(("rate",), {"noise_shape": None, "seed": None}),
    "GaussianNoise": Signature(("stddev",), {"seed": None}),
    "GaussianDropout": Signature(("rate",), {"seed": None}),
    "AlphaDropout": Signature(("rate",), {"noise_shape": None, "seed": None}),
    "Flatten": Signature(),
    "Reshape": Signature(("target_shape",)),
    "Permute": Signature(("dims",)),
    "Rescaling": Signature(("scale",), {"offset": 0.0}),
    "Normalization": Signature((), {"axis": -1, "mean": None, "variance": None, "invert": False}),
}

_ANY_AXES = frozenset({"strides", "dilation_rate", "pool_size", "size", "padding"})
"""Arguments where Keras reads one number as that number on every axis."""


def spoken(layer: str, config: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments worth writing: those by position, then those by name that differ from Keras's defaults.

    A layer that the table does not know gets all of its arguments by name.
    """
    signature = SIGNATURES.get(layer, Signature())
    given = {k: v for k, v in config.items() if not _is_default(signature, k, v, config)}
    by_position = []
    for argument in signature.positional:
        if argument not in given:
            break
        by_position.append(given.pop(argument))
    return by_position, given


def _is_default(signature: Signature, argument: str, value: Any, config: Mapping[str, Any]) -> bool:
    if argument not in signature.defaults:
        return False
    default = signature.defaults[argument]
    if argument == "strides" and default is None:  # a pooling window moves by its own size when nothing is said
        default = config.get("pool_size", signature.defaults.get("pool_size"))
        return value is None or _same_axes(value, default) or _same_axes(default, value)
    return _same_axes(value, default) if argument in _ANY_AXES else _same(value, default)


def _same(value: Any, default: Any) -> bool:
    return isinstance(value, bool) == isinstance(default, bool) and bool(value == default)


def _same_axes(value: Any, default: Any) -> bool:
    if isinstance(value, tuple) and isinstance(default, int):
        return all(_same_axes(v, default) for v in value)
    return _same(value, default)
