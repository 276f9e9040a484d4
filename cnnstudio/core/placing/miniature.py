"""An architecture in small, for thumbnails: a bar for each block along the flow, as high as its maps are large."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from cnnstudio.core.placing.layout import COLUMN, ROW, arrange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.program import Tensor

_WIDTH = 0.62
"""Of a bar, in steps along the flow."""
_LOW, _HIGH = 0.24, 0.9
"""Heights of a vector's bar and of one for maps as large as the input, in lanes."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A block: its middle in steps along the flow and in lanes across it, and its size in both."""

    along: float
    across: float
    width: float
    height: float
    family: str
    """Group of the catalogue, which has a colour in the theme."""
    faint: bool = False
    """Whether it is bypassed."""


@dataclass(frozen=True, slots=True)
class Miniature:
    """Bars and the lines between them; the flow goes from left to right."""

    length: float
    """Steps along the flow."""
    breadth: float
    """Lanes across it."""
    bars: tuple[Bar, ...]
    lines: tuple[tuple[int, int], ...]
    """Pairs of places in `bars`: which feeds which."""


def miniature(traced: Trace) -> Miniature:
    """The architecture of a trace in small, laid out anew without its groups: no card is moved for it."""
    architecture = dataclasses.replace(traced.architecture, groups=MappingProxyType({}))
    places = arrange(architecture)
    largest = _extent(traced.data.input_shape)
    ids = list(architecture.blocks)
    bars = [_bar(traced, id, places[id], largest) for id in ids]
    at = {id: place for place, id in enumerate(ids)}
    lines = [(at[i], at[id]) for id, block in architecture.blocks.items() for i in block.inputs if i in at]
    low = min((bar.across - 0.5 for bar in bars), default=0.0)
    bars = [dataclasses.replace(bar, across=bar.across - low) for bar in bars]
    return Miniature(
        length=max((bar.along + 0.5 for bar in bars), default=1.0),
        breadth=max((bar.across + 0.5 for bar in bars), default=1.0),
        bars=tuple(bars),
        lines=tuple(lines),
    )


def _bar(traced: Trace, id: str, place: tuple[float, float], largest: float) -> Bar:
    block = traced.architecture.blocks[id]
    x, y = place
    height = _height(_output(traced.blocks, id), largest)
    return Bar(y / ROW + 0.5, x / COLUMN + 0.5, _WIDTH, height, block.spec.group, block.bypassed)


def _output(blocks: Mapping[str, object], id: str) -> Tensor | None:
    return getattr(blocks.get(id), "output", None)


def _height(output: Tensor | None, largest: float) -> float:
    """In lanes, by the logarithm of the size of a map: each halving takes the same away."""
    if output is None or output.rank == 0 or largest <= 1:
        return _LOW
    share = math.log2(max(1.0, _extent(output.shape))) / math.log2(largest)
    return _LOW + (_HIGH - _LOW) * min(1.0, share)


def _extent(shape: tuple[int, ...]) -> float:
    """Mean length of the spatial axes; 1 for a vector."""
    axes = shape[:-1]
    return math.prod(axes) ** (1 / len(axes)) if axes else 1.0
