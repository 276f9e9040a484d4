"""Checks on what comes into a block, with sentences in the block's own words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnnstudio.core.catalogue.base import spec_class
from cnnstudio.core.declare import show

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.declare import Shape
    from cnnstudio.core.program import Tensor

_NAMES = {1: "a signal", 2: "an image", 3: "a volume"}


def need_axes(net: Net, x: Tensor, title: str, ranks: tuple[int, ...] = (1, 2, 3)) -> None:
    """Refuse an input whose number of spatial axes is not among `ranks`."""
    if x.rank in ranks:
        return
    names = [_NAMES[r] for r in ranks]
    wanted = " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    if x.rank == 0:
        given = f"a vector of {x.channels:,} values comes in: put this block before Flatten or Global pooling"
    else:
        given = f"{show(x.shape)} comes in"
    reshape = spec_class("Reshape")
    fixes = [net.put_before(x, reshape(target_shape=s), f"a reshape to {show(s)}") for s in _folded(x, ranks)]
    net.refuse(f"{title} needs {wanted}, but {given}.", "", *fixes, wanted={x.step: wanted})


def _folded(x: Tensor, ranks: tuple[int, ...]) -> list[Shape]:
    """The same values with another number of spatial axes: a vector as square maps, last axes as channels."""
    shapes: list[Shape] = []
    for rank in sorted(ranks, key=lambda r: (r != 2, r)):
        if x.rank > rank:
            shapes.append((*x.shape[:rank], math.prod(x.shape[rank:])))
        elif x.rank == 0:
            width = max(n for n in range(1, math.isqrt(x.channels) + 1) if x.channels % n**rank == 0)
            width = x.channels if rank == 1 else width
            shapes.append((*(width for _ in range(rank)), x.channels // width**rank))
    return shapes
