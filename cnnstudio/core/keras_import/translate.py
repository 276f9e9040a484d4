"""From one Keras layer to the block, or the few blocks, that do the same; else the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnstudio.core.catalogue import BlockSpec, spec_class
from cnnstudio.core.keras_import.given import Given, Unknown, class_of, tupled
from cnnstudio.core.keras_import.naming import clean
from cnnstudio.core.keras_import.operations import block_for, is_operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.keras_import.records import Node


@dataclass(frozen=True)
class Part:
    """One block of a translation and where in the layer's group its weights lie."""

    spec: BlockSpec
    suffix: str = ""
    """Ends the block's name where a layer becomes two blocks: "activation"."""
    inner: str = ""
    """Path within the layer's group."""
    stored: tuple[Shape, ...] = ()
    """Shapes that its weights have in the file, where they are not those of the block."""


@dataclass(frozen=True)
class Translation:
    """What a layer came to: blocks in a chain, the first of which reads what the layer read."""

    parts: tuple[Part, ...]
    training_only: tuple[str, ...] = ()
    """Words for arguments that were left behind because they only matter while training."""
    initialisers: tuple[str, ...] = ()
    """Arguments that say how fresh weights are drawn, other than Keras's defaults."""


def translate(node: Node, shapes: tuple[Shape, ...]) -> Translation:
    """Blocks for one call of a layer on inputs of these shapes. Raises Unknown."""
    if is_operation({"module": node.module}):
        _check_call(node)
        spec = block_for(node.class_name, len(node.inputs), node.arguments)
        if spec is None or node.keywords:
            raise Unknown("a call of a function of keras.ops with these arguments has no block")
        return Translation((Part(spec),))
    beside = node.module.startswith("keras.src.applications")
    make = (_OF_APPLICATIONS if beside else _LAYERS).get(node.class_name)
    if make is None or not _is_keras_own(node):
        varies = node.class_name.startswith(("Random", "AugMix", "CutMix", "MixUp", "RandAugment"))
        raise Unknown("it only varies samples while training, so bypassing it changes no answer" if varies else "")
    _check_call(node)
    _check_precision(node.config.get("dtype"))
    given = Given(node.config)
    parts = make(given, shapes)
    words, initialisers = given.leftovers()
    if node.keywords.get("training") is False and node.class_name == "BatchNormalization":
        words.append("calls with training=False")
    return Translation(tuple(parts), tuple(words), tuple(initialisers))


def _is_keras_own(node: Node) -> bool:
    """Whether the class is Keras's and not one of the same name that somebody wrote."""
    return ">" not in node.registered and (not node.module or node.module.startswith("keras"))


def _check_call(node: Node) -> None:
    extra = [name for name, value in node.keywords.items() if name != "training" or value is True]
    if extra:
        raise Unknown(f"it is called with {clean(', '.join(extra))[:60]}")
    if not is_operation({"module": node.module}) and any(a is not None for a in node.arguments):
        raise Unknown("it is called with further arguments")
    if any(s.output for s in node.inputs):
        raise Unknown("it reads a further output of a layer, and a block has one")


def _check_precision(dtype: Any) -> None:
    policy = precision({"dtype": dtype})
    if policy.startswith(("int8", "int4", "float8")):
        raise Unknown(f"its weights are quantised ({policy[:40]})")


def precision(config: dict[str, Any]) -> str:
    """The dtype that a layer computes in, as Keras calls it."""
    name, inner = class_of(config.get("dtype"))
    policy = inner.get("name", name) if inner else name
    return clean(policy) if isinstance(policy, str) else ""


# Activations, alone and as arguments

_CURVES: dict[str, dict[str, Any]] = {
    "leaky_relu": {"negative_slope": 0.2},
    "elu": {"alpha": 1.0},
    "swish": {"function": "silu"},
    "hard_swish": {"function": "hard_silu"},
    "hardswish": {"function": "hard_silu"},
    "exp": {"function": "exponential"},
}
"""Keras's functions that need more than their name said."""


def _curve(name: str) -> BlockSpec:
    """The Activation block of one of Keras's functions. Raises Unknown."""
    activation = spec_class("Activation")
    spec = activation(**{"function": name, **_CURVES.get(name, {})})
    known = activation.parameter("function")
    assert known is not None
    if known.problem(getattr(spec, "function", None)):
        raise Unknown(f'its activation "{clean(name)[:40]}" has no block')
    return spec


def _with_activation(
    make: Callable[[str], BlockSpec], activation: Any, known: tuple[str, ...], shapes: tuple[Shape, ...]
) -> list[Part]:
    """A block that applies the activation itself where it can, else with a block for it behind.

    `shapes` go into the layer; what comes out has as many axes.
    """
    if activation is None or activation == "linear":
        return [Part(make("none"))]
    name, config = class_of(activation)
    if isinstance(activation, dict) and name == "function":
        inner = activation.get("config")
        if not isinstance(inner, str) or ">" in str(activation.get("registered_name") or ""):
            raise Unknown("its activation is a function of its own")
        name = inner
    elif isinstance(activation, dict):
        return [Part(make("none")), *_activation_layer(activation, name, config, shapes)]
    curve = _curve(name)
    function = str(vars(curve)["function"])
    if function in known and name not in ("leaky_relu", "elu"):
        return [Part(make(function))]
    if name in known:  # Keras's defaults are those that a layer applies by that name
        return [Part(make(name))]
    if function == "linear":
        return [Part(make("none"))]
    return [Part(make("none")), Part(curve, "activation")]


def _activation_layer(
    activation: dict[str, Any], name: str, config: dict[str, Any], shapes: tuple[Shape, ...]
) -> list[Part]:
    make = _LAYERS.get(name)
    module = str(activation.get("module") or "")
    if make is None or not module.startswith("keras") or name not in _CURVED:
        raise Unknown(f"its activation is the layer {clean(name)[:40]}")
    given = Given(config)
    parts = make(given, shapes)
    given.leftovers()
    return [Part(part.spec, "activation", "activation") for part in parts]


def _names() -> tuple[str, ...]:
    parameter = spec_class("Convolution").parameter("activation")
    return parameter.choices if parameter else ()


def _activation(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    parts = _with_activation(_as_curve, given.take("activation"), (), shapes)
    return parts[1:] or [Part(_as_curve("linear"))]


def _as_curve(name: str) -> BlockSpec:
    return spec_class("Activation")(function="linear" if name == "none" else name)


def _relu(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    ceiling = given.take("max_value")
    slope = given.number("negative_slope", 0.0)
    threshold = given.number("threshold", 0.0)
    if ceiling is not None:
        ceiling = given.number("max_value", 0.0)
    values: dict[str, Any] = {"max_value": ceiling, "threshold": threshold}
    if slope:
        values |= {"function": "leaky_relu", "negative_slope": slope}
    return [Part(spec_class("Activation")(**values))]


def _leaky_relu(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    old = given.number("alpha", 0.3)  # its name in Keras 2
    slope = given.number("negative_slope", old)
    return [Part(spec_class("Activation")(function="leaky_relu", negative_slope=slope))]


def _elu(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    return [Part(spec_class("Activation")(function="elu", alpha=given.number("alpha", 1.0)))]


def _prelu(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    shared = given.take("shared_axes") or ()
    if shared and tuple(shared) != tuple(range(1, len(shapes[0]))):
        raise Unknown("its slopes are shared along some axes only")
    return [Part(spec_class("Activation")(function="prelu", share="channel" if shared else "nothing"))]


def _softmax(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    axis = given.take("axis", -1)
    if axis not in (-1, (-1,), len(shapes[0])):
        raise Unknown("it works along another axis than the channels")
    return [Part(_as_curve("softmax"))]


_CURVED = {"ReLU": _relu, "LeakyReLU": _leaky_relu, "ELU": _elu, "PReLU": _prelu, "Softmax": _softmax}


# Layers with weights


def _window(given: Given) -> dict[str, Any]:
    given.channels_last()
    return {
        "kernel_size": given.size("kernel_size"),
        "strides": given.size("strides", 1),
        "padding": given.choice("padding", "valid", ("valid", "same", "causal")),
        "dilation_rate": given.size("dilation_rate", 1),
        "use_bias": given.flag("use_bias", True),
    }


def _convolution(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    values = {"filters": given.whole("filters"), **_window(given), "groups": given.take("groups", 1)}
    return _activated(given, shapes, "Convolution", values)


def _depthwise(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    given.taken |= {"filters", "groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"}
    values = {**_window(given), "depth_multiplier": given.take("depth_multiplier", 1)}
    return _activated(given, shapes, "DepthwiseConvolution", values)


def _separable(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    given.taken |= {"groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"}
    values = {"filters": given.whole("filters"), **_window(given)}
    values["depth_multiplier"] = given.take("depth_multiplier", 1)
    return _activated(given, shapes, "SeparableConvolution", values)


def _transposed(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    values = {"filters": given.whole("filters"), **_window(given)}
    if values.pop("dilation_rate") != 1:
        raise Unknown("it is dilated, which TensorFlow computes on GPUs only")
    if given.take("groups", 1) != 1:
        raise Unknown("its channels are split into groups")
    return _activated(
        given, shapes, "TransposedConvolution", {**values, "output_padding": given.size("output_padding")}
    )


def _dense(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    return _activated(given, shapes, "Dense", {"units": given.whole("units"), "use_bias": given.flag("use_bias", True)})


def _activated(given: Given, shapes: tuple[Shape, ...], kind: str, values: dict[str, Any]) -> list[Part]:
    def make(activation: str) -> BlockSpec:
        return spec_class(kind)(**values, activation=activation)

    return _with_activation(make, given.take("activation"), _names(), shapes)


def _batch_norm(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    _last_axis(given, shapes)
    if given.take("renorm", False):
        raise Unknown("it renormalises")
    given.taken |= {"renorm_clipping", "renorm_momentum", "virtual_batch_size", "fused", "adjustment"}
    values = _scaled(given) | {"momentum": given.number("momentum", 0.99)}
    return [Part(spec_class("BatchNormalisation")(**values))]


def _layer_norm(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    axes = given.take("axis", -1)
    axes = axes if isinstance(axes, tuple) else (axes,)
    count = len(shapes[0])
    places = sorted(a % (count + 1) if type(a) is int else 0 for a in axes)
    if places == [count]:
        over = "channels"
    elif places == list(range(1, count + 1)):
        over = "all axes"
    else:
        raise Unknown("it works over some axes only")
    return [Part(spec_class("LayerNormalisation")(over=over, **_scaled(given)))]


def _group_norm(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    _last_axis(given, shapes)
    groups = given.take("groups", 32)
    return [Part(spec_class("GroupNormalisation")(groups=shapes[0][-1] if groups == -1 else groups, **_scaled(given)))]


def _scaled(given: Given) -> dict[str, Any]:
    return {
        "epsilon": given.number("epsilon", 0.001),
        "center": given.flag("center", True),
        "scale": given.flag("scale", True),
    }


def _last_axis(given: Given, shapes: tuple[Shape, ...]) -> None:
    axis = given.take("axis", -1)
    axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
    if axis not in (-1, len(shapes[0])):
        raise Unknown("it works along another axis than the channels")


# Layers without weights


def _numbers(value: Any, name: str) -> float | tuple[float, ...]:
    """One number or one for each channel, however many brackets are round them. Raises Unknown."""
    while isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], tuple):
        value = value[0]
    parts = value if isinstance(value, tuple) else (value,)
    if not parts or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in parts):
        raise Unknown(f"its {name} is neither a number nor a list of numbers")
    return tuple(float(v) for v in parts) if isinstance(value, tuple) else float(value)


def _rescaling(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    scale = _numbers(class_of_array(given.take("scale", 1.0)), "scale")
    offset = _numbers(class_of_array(given.take("offset", 0.0)), "offset")
    return [Part(spec_class("Rescaling")(scale=scale, offset=offset))]


def class_of_array(value: Any) -> Any:
    """The numbers of an array that Keras wrote as an object."""
    if isinstance(value, dict):
        return tupled((value.get("config") or {}).get("value"))
    return value


def _standardisation(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    _last_axis(given, shapes)
    if given.take("invert", False):
        raise Unknown("it undoes a normalisation")
    mean, variance = class_of_array(given.take("mean")), class_of_array(given.take("variance"))
    values = {} if mean is None else {"mean": _numbers(mean, "mean"), "variance": _numbers(variance, "variance")}
    return [Part(spec_class("Standardisation")(**values))]


def _pooling(kind: str) -> Callable[[Given, tuple[Shape, ...]], list[Part]]:
    def make(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
        given.channels_last()
        size, strides = given.size("pool_size", 2), given.size("strides")
        padding = given.choice("padding", "valid", ("valid", "same"))
        strides = None if strides == size else strides
        return [Part(spec_class(kind)(pool_size=size, strides=strides, padding=padding))]

    return make


def _global_pooling(kind: str) -> Callable[[Given, tuple[Shape, ...]], list[Part]]:
    def make(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
        given.channels_last()
        return [Part(spec_class(kind)(keepdims=given.flag("keepdims", False)))]

    return make


def _margins(kind: str, name: str) -> Callable[[Given, tuple[Shape, ...]], list[Part]]:
    def make(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
        given.channels_last()
        value = given.take(name)
        if isinstance(value, tuple):
            value = (value,) if len(shapes[0]) == 2 and all(type(n) is int for n in value) else value
            flat = {n for side in value for n in (side if isinstance(side, tuple) else (side,))}
            value = flat.pop() if len(flat) == 1 else value
        return [Part(spec_class(kind)(**{name: value}))]

    return make


def _upsampling(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    given.channels_last()
    interpolation = given.choice("interpolation", "nearest", ("nearest", "bilinear"))
    return [Part(spec_class("Upsampling")(size=given.size("size", 2), interpolation=interpolation))]


def _dropout(kind: str, **values: Any) -> Callable[[Given, tuple[Shape, ...]], list[Part]]:
    def make(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
        given.channels_last()
        return [Part(spec_class(kind)(rate=given.number("rate", 0.5), **values))]

    return make


def _noise(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    return [Part(spec_class("GaussianNoise")(stddev=given.number("stddev", 0.1)))]


def _flatten(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    given.channels_last()
    return [Part(spec_class("Flatten")())]


def _reshape(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    target = given.take("target_shape")
    target = target if isinstance(target, tuple) else (target,)
    return [Part(spec_class("Reshape")(target_shape=tuple(-1 if n is None else n for n in target)))]


def _permute(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    return [Part(spec_class("Permute")(dims=given.take("dims")))]


def _merge(kind: str) -> Callable[[Given, tuple[Shape, ...]], list[Part]]:
    def make(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
        return [Part(spec_class(kind)())]

    return make


def _concatenate(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    axis, count = given.take("axis", -1), len(shapes[0])
    place = axis % (count + 1) if type(axis) is int else 0
    if place == count:
        return [Part(spec_class("Concatenate")())]
    if not 1 <= place <= 3:
        raise Unknown("it joins along another axis than those of a sample")
    return [Part(spec_class("Concatenate")(axis=("first", "second", "third")[place - 1]))]


def _nothing(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    """Layers that leave values as they are: only training knows of them."""
    given.taken |= {"l1", "l2"}
    return [Part(_as_curve("linear"))]


def _layer_scale(given: Given, shapes: tuple[Shape, ...]) -> list[Part]:
    """A learned factor for each channel: what a depthwise convolution of one cell does."""
    given.taken |= {"init_values", "projection_dim"}
    if len(shapes[0]) not in (2, 3):
        raise Unknown("it is neither on a signal nor on an image")
    spec = spec_class("DepthwiseConvolution")(kernel_size=1, padding="valid", use_bias=False)
    return [Part(spec, stored=(shapes[0][-1:],))]


_OF_APPLICATIONS = {"LayerScale": _layer_scale}
"""Layers that Keras itself keeps beside its networks."""

_LAYERS: dict[str, Callable[[Given, tuple[Shape, ...]], list[Part]]] = {
    **_CURVED,
    **{f"Conv{n}D": _convolution for n in (1, 2, 3)},
    **{f"Convolution{n}D": _convolution for n in (1, 2, 3)},
    **{f"DepthwiseConv{n}D": _depthwise for n in (1, 2)},
    **{f"SeparableConv{n}D": _separable for n in (1, 2)},
    **{f"Conv{n}DTranspose": _transposed for n in (1, 2, 3)},
    **{f"{kind}Pooling{n}D": _pooling(f"{kind}Pooling") for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{
        f"Global{kind}Pooling{n}D": _global_pooling(f"Global{kind}Pooling")
        for kind in ("Max", "Average")
        for n in (1, 2, 3)
    },
    **{f"ZeroPadding{n}D": _margins("ZeroPadding", "padding") for n in (1, 2, 3)},
    **{f"Cropping{n}D": _margins("Cropping", "cropping") for n in (1, 2, 3)},
    **{f"UpSampling{n}D": _upsampling for n in (1, 2, 3)},
    **{f"SpatialDropout{n}D": _dropout("SpatialDropout") for n in (1, 2, 3)},
    **{kind: _merge(kind) for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")},
    "Dense": _dense,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "GroupNormalization": _group_norm,
    "Normalization": _standardisation,
    "Rescaling": _rescaling,
    "Activation": _activation,
    "Dropout": _dropout("Dropout"),
    "GaussianDropout": _dropout("Dropout", variant="gaussian"),
    "AlphaDropout": _dropout("Dropout", variant="alpha"),
    "GaussianNoise": _noise,
    "ActivityRegularization": _nothing,
    "Identity": _nothing,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "Concatenate": _concatenate,
}
"""What each of Keras's layers becomes."""
