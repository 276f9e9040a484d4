"""Checks on what comes into a block, with sentences in the block's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.declare import show

if TYPE_CHECKING:
    from cnnstudio.core.net import Net
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
    net.refuse(f"{title} needs {wanted}, but {given}.")
