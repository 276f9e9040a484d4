"""Random layer calls and random architectures, for tests that compare our rules with Keras's.

Everything is drawn from a `random.Random`, so that a failure names the seed that repeats it. Parameters are drawn from
the declarations: a new block takes part without a word here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnstudio.core.analysis.tracing import Trace, trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import BlockSpec, catalogue, spec_class
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.declare import Form, Parameter
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.program import Tensor

CLASSES = ("circle", "square", "star")

RANGES: Mapping[str, tuple[int, int]] = {
    "filters": (1, 8), "units": (1, 8), "kernel_size": (1, 5), "strides": (1, 3), "dilation_rate": (1, 3),
    "groups": (1, 4), "pool_size": (1, 4), "size": (1, 3), "depth_multiplier": (1, 3), "output_padding": (0, 2),
    "padding": (0, 2), "cropping": (0, 2), "ratio": (1, 4), "rates": (1, 4),
}  # fmt: skip
"""Small numbers that make much happen on small maps. Others take the first few values their declaration allows."""


def small_shape(rng: random.Random, rank: int) -> Shape:
    """A sample's shape with `rank` spatial axes, small enough to compute with."""
    most = {0: 0, 1: 24, 2: 12, 3: 7}[rank]
    channels = rng.choice((1, 2, 3, 4, 6, 8))
    return (*(rng.randint(min(5, most), most) for _ in range(rank)), channels)


def draw_parameter(rng: random.Random, parameter: Parameter, rank: int) -> Any:
    """A value that the declaration allows, for an input with `rank` spatial axes."""
    if parameter.optional and rng.random() < 0.5:
        return None
    least = int(parameter.minimum or 0)
    low, high = RANGES.get(parameter.name, (least, least + 3))
    low = max(low, least)
    match parameter.form:
        case Form.INTEGER:
            return rng.randint(low, high)
        case Form.NUMBER:
            ends = (parameter.above if parameter.minimum is None else parameter.minimum, parameter.below)
            top = parameter.maximum if ends[1] is None else 0.999
            return round(rng.uniform((ends[0] or 0.0) + 1e-3, min(top or 1.0, 3.0)), 3)
        case Form.FLAG:
            return rng.random() < 0.5
        case Form.CHOICE:
            return rng.choice(parameter.choices)
        case Form.SIZE:
            one = rng.random() < 0.6
            return rng.randint(low, high) if one else tuple(rng.randint(low, high) for _ in range(max(rank, 1)))
        case Form.MARGINS:
            return _draw_margins(rng, low, high, rank)
        case Form.NUMBERS:
            return round(rng.uniform(0.1, 3.0), 3)
        case Form.SHAPE:
            return tuple(rng.randint(max(low, 1), high) for _ in range(rng.randint(1, 3)))
        case _:
            return parameter.default


def _draw_margins(rng: random.Random, low: int, high: int, rank: int) -> Any:
    if rng.random() < 0.4:
        return rng.randint(low, high)
    sides = [(rng.randint(low, high), rng.randint(low, high)) for _ in range(max(rank, 1))]
    return tuple(a if rng.random() < 0.3 else (a, b) for a, b in sides)


def draw_spec(rng: random.Random, kind: str, x: Tensor) -> BlockSpec:
    """A spec of that kind: each parameter its default or a random value."""
    cls = spec_class(kind)
    drawn = {p.name: draw_parameter(rng, p, x.rank) for p in cls.parameters if rng.random() < 0.6}
    if kind == "Reshape":
        drawn["target_shape"] = draw_reshape(rng, x.shape)
    if kind == "Permute":
        drawn["dims"] = tuple(rng.sample(range(1, len(x.shape) + 1), len(x.shape)))
    if kind == "GroupNormalisation":
        drawn["groups"] = rng.choice([n for n in range(1, x.channels + 1) if x.channels % n == 0])
    return cls(**drawn)


def draw_reshape(rng: random.Random, shape: Shape) -> Shape:
    """A shape that holds as many values, by splitting and joining axes."""
    sizes = list(shape)
    for _ in range(rng.randint(0, 3)):
        at = rng.randrange(len(sizes))
        divisors = [n for n in range(1, sizes[at] + 1) if sizes[at] % n == 0]
        part = rng.choice(divisors)
        if len(sizes) < 4 and rng.random() < 0.5:
            sizes[at : at + 1] = [part, sizes[at] // part]
        elif len(sizes) > 1:
            first = rng.randrange(len(sizes) - 1)
            sizes[first : first + 2] = [sizes[first] * sizes[first + 1]]
    if rng.random() < 0.3:
        sizes[rng.randrange(len(sizes))] = -1
    return tuple(sizes)


@dataclass(frozen=True)
class RandomNet:
    """A random architecture, its trace and its data."""

    seed: int
    trace: Trace
    data: DataInfo

    @property
    def kinds(self) -> set[str]:
        """Kinds of block that lead to its output."""
        used = {step.block for step in self.trace.program().steps}
        return {b.spec.kind for b in self.trace.architecture.blocks.values() if b.id in used}


def random_net(seed: int, blocks: int = 8, most_cells: int = 20_000) -> RandomNet:
    """A random directed acyclic architecture without errors: branches, merges, one to three spatial axes.

    A drawn block that does not fit is left out; tensors stay below `most_cells` values.
    """
    rng = random.Random(seed)
    shape = small_shape(rng, rng.choice((1, 2, 2, 2, 3)))
    data = DataInfo(Task.CLASSIFICATION, shape, CLASSES)
    architecture = Architecture.of([Block(INPUT, Input(shape=shape))])
    traced = trace(architecture, data)
    kinds = [k for k, cls in catalogue().items() if not cls.hidden and k != "Output"]
    for number in range(blocks):
        tensors = [(id, t.output) for id, t in traced.blocks.items() if t.output is not None]
        spec, inputs = _draw_block(rng, rng.choice(kinds), tensors)
        changed = architecture.with_blocks(Block(f"b{number}", spec, inputs))
        tried = trace(changed, data, traced)
        output = tried.blocks[f"b{number}"].output
        if output is not None and all(s.output.cells <= most_cells for s in tried.blocks[f"b{number}"].steps):
            architecture, traced = changed, tried
    return RandomNet(seed, _ended(rng, architecture, traced, data), data)


def _draw_block(rng: random.Random, kind: str, tensors: list[tuple[str, Tensor]]) -> tuple[BlockSpec, tuple[str, ...]]:
    """A spec and the blocks it reads: mostly recent ones; merges read tensors that fit together."""
    id, x = tensors[-1] if rng.random() < 0.6 else rng.choice(tensors)
    cls = spec_class(kind)
    if cls.min_inputs == 1:
        return draw_spec(rng, kind, x), (id,)
    fitting = [i for i, t in tensors if t.shape == x.shape or (kind == "Concatenate" and t.spatial == x.spatial)]
    count = min(len(fitting), rng.randint(2, cls.max_inputs or 4))
    return cls(), tuple(rng.sample(fitting, count)) if count > 1 else (id, id)


def _ended(rng: random.Random, architecture: Architecture, traced: Trace, data: DataInfo) -> Trace:
    """The last block, and whatever no other block reads, brought to Output."""
    read = {source for block in architecture.blocks.values() for source in block.inputs}
    loose = [id for id in architecture.blocks if id not in read]
    ends = []
    for number, id in enumerate(loose):
        output = traced.blocks[id].output
        assert output is not None
        pooled = output.rank in (1, 2, 3) and rng.random() < 0.5
        spec = spec_class("GlobalAveragePooling" if pooled else "Flatten")()
        ends.append(Block(f"end{number}", spec, (id,)))
    joined = ends[0].id if len(ends) == 1 else "joined"
    extra = [] if len(ends) == 1 else [Block("joined", spec_class("Concatenate")(), tuple(b.id for b in ends))]
    output_block = Block("output", spec_class("Output")(), (joined,))
    return trace(architecture.with_blocks(*ends, *extra, output_block), data, traced)


@dataclass(frozen=True)
class RandomCall:
    """One Keras layer call with any parameters, sensible or not."""

    layer: str
    config: dict[str, Any]
    shapes: tuple[Shape, ...]

    def __str__(self) -> str:
        arguments = ", ".join(f"{k}={v!r}" for k, v in self.config.items())
        return f"{self.layer}({arguments}) on {' and '.join(map(str, self.shapes))}"


def random_call(rng: random.Random, layers: tuple[str, ...]) -> RandomCall:
    """A call of one of `layers` whose parameters are often illegal and whose input often does not fit."""
    layer = rng.choice(layers)
    digits = [int(c) for c in layer if c.isdigit()]
    rank = digits[0] if digits and rng.random() < 0.96 else rng.randint(0, 3)
    shape = small_shape(rng, rank)
    if rng.random() < 0.3:
        shape = (*(rng.randint(1, 4) for _ in range(rank)), shape[-1])
    shapes: tuple[Shape, ...] = (shape,)
    if layer in MERGES:
        shapes = tuple(_disturbed(rng, shape) for _ in range(rng.randint(2, 3)))
    return RandomCall(layer, _random_config(rng, layer, shape), shapes)


MERGES = ("Add", "Average", "Maximum", "Minimum", "Subtract", "Multiply", "Concatenate")


def _disturbed(rng: random.Random, shape: Shape) -> Shape:
    sizes = list(shape)
    if rng.random() < 0.4:
        sizes[rng.randrange(len(sizes))] = rng.choice((1, 2, sizes[0]))
    if rng.random() < 0.1:
        sizes = sizes[1:] or sizes
    return tuple(sizes)


def _random_config(rng: random.Random, layer: str, shape: Shape) -> dict[str, Any]:
    rank = len(shape) - 1
    options = {name: draw(rng, rank, shape) for name, draw in _ARGUMENTS.get(_family(layer), {}).items()}
    needed = {
        "filters",
        "kernel_size",
        "units",
        "rate",
        "stddev",
        "activation",
        "target_shape",
        "dims",
        "scale",
        "mean",
        "variance",
        "pool_size",
        "cropping",
    }
    return {
        k: v for k, v in options.items() if (k in needed and layer != "Dense") or rng.random() < 0.6 or k == "units"
    }


def _family(layer: str) -> str:
    stem = "".join(c for c in layer if not c.isdigit())
    return _FAMILIES.get(stem, stem)


_FAMILIES = {
    "MaxPoolingD": "Pooling", "AveragePoolingD": "Pooling", "GlobalAveragePoolingD": "Global",
    "GlobalMaxPoolingD": "Global", "SpatialDropoutD": "Dropout",
}  # fmt: skip


def _axes(low: int, high: int, *, often_one: bool = False) -> Any:
    def draw(rng: random.Random, rank: int, shape: Shape) -> Any:
        if often_one and rng.random() < 0.6:
            return 1
        if rng.random() < 0.6:
            return rng.randint(low, high)
        return tuple(rng.randint(low, high) for _ in range(rank if rng.random() < 0.9 else rank + 1))

    return draw


def _one(*values: Any) -> Any:
    return lambda rng, rank, shape: rng.choice(values)


def _pairs(rng: random.Random, rank: int, shape: Shape) -> Any:
    if rng.random() < 0.3:
        return rng.randint(0, 3)
    pairs = tuple((rng.randint(0, 3), rng.randint(0, 3)) for _ in range(rank if rng.random() < 0.9 else rank + 1))
    if rank == 1 and len(pairs) == 1:
        return pairs[0]
    return pairs


def _per_channel(rng: random.Random, rank: int, shape: Shape) -> Any:
    return 0.5 if rng.random() < 0.5 else tuple(round(rng.uniform(0.1, 2.0), 2) for _ in range(shape[-1]))


def _any_shape(rng: random.Random, rank: int, shape: Shape) -> Shape:
    drawn = draw_reshape(rng, shape)
    if rng.random() < 0.3:
        at = rng.randrange(len(drawn))
        drawn = tuple(rng.choice((-1, 1, 2, 5)) if i == at else n for i, n in enumerate(drawn))
    return drawn


_BIAS = {"use_bias": _one(True, False), "activation": _one(None, "relu", "tanh", "softmax")}
_WINDOW = {
    "kernel_size": _axes(1, 5),
    "strides": _axes(1, 3, often_one=True),
    "padding": _one("valid", "same", "same", "causal"),
    "dilation_rate": _axes(1, 3, often_one=True),
}
_NORM = {"center": _one(True, False), "scale": _one(True, False), "epsilon": _one(1e-3, 1e-5)}
_ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "ConvD": {"filters": _one(1, 2, 3, 4, 6), **_WINDOW, "groups": _one(1, 1, 1, 2, 3), **_BIAS},
    "DepthwiseConvD": {**_WINDOW, "depth_multiplier": _one(1, 2, 3), **_BIAS},
    "SeparableConvD": {"filters": _one(1, 2, 5), **_WINDOW, "depth_multiplier": _one(1, 2), **_BIAS},
    "ConvDTranspose": {
        "filters": _one(1, 2, 3),
        "kernel_size": _axes(1, 5),
        "strides": _axes(1, 3),
        "padding": _one("valid", "same"),
        "output_padding": _axes(0, 2),
        "dilation_rate": _one(1, 1, 1, 1, 1, 2),
        **_BIAS,
    },
    "Pooling": {"pool_size": _axes(1, 6), "strides": _axes(1, 4), "padding": _one("valid", "same")},
    "Global": {"keepdims": _one(True, False)},
    "UpSamplingD": {"size": _one(1, 2, 3)},
    "ZeroPaddingD": {"padding": _pairs},
    "CroppingD": {"cropping": _pairs},
    "Reshape": {"target_shape": _any_shape},
    "Permute": {"dims": lambda rng, rank, shape: tuple(rng.sample(range(1, len(shape) + 1), len(shape)))},
    "Concatenate": {"axis": _one(-1, -1, 1, 2, 3)},
    "Rescaling": {"scale": _per_channel, "offset": _per_channel},
    "Normalization": {"mean": _per_channel, "variance": _per_channel},
    "Dense": {"units": _one(1, 2, 7), **_BIAS},
    "BatchNormalization": {**_NORM, "momentum": _one(0.9, 0.99)},
    "LayerNormalization": _NORM,
    "GroupNormalization": {**_NORM, "groups": _one(1, 2, 3, 4, 8, -1)},
    "ReLU": {"max_value": _one(None, 6.0), "negative_slope": _one(0.0, 0.5), "threshold": _one(0.0, 1.0)},
    "LeakyReLU": {"negative_slope": _one(0.0, 0.3)},
    "ELU": {"alpha": _one(0.5, 1.0)},
    "Activation": {"activation": _one("relu", "softmax", "gelu", "hard_tanh", "log_sigmoid", "celu")},
    "PReLU": {"shared_axes": lambda rng, rank, shape: tuple(range(1, rng.randint(0, rank) + 1)) or None},
    "GaussianDropout": {"rate": _one(0.0, 0.5, 1.5)},
    "AlphaDropout": {"rate": _one(0.0, 0.5, 1.5)},
    "Dropout": {"rate": _one(0.0, 0.5, 0.999, 1.0, 1.5, -0.1)},
    "GaussianNoise": {"stddev": _one(0.0, 0.5, 1.0, 1.5, -0.1)},
}
