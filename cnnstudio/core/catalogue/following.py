"""The rules of values that follow, as practitioners choose them when nothing speaks against it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnnstudio.core.following import Followed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.architecture import Block
    from cnnstudio.core.catalogue.base import BlockSpec

FEWEST, MOST = 8, 512
"""Halving and doubling end here. What a person set beyond is taken over as it is."""
MOST_GROUPS = 8
"""Of Group normalisation: as many as composite blocks take."""
LONGEST_LIST = 2
"""Blocks that a reason names."""


def filter_count(spec: BlockSpec, upstream: Sequence[Block]) -> Followed | None:
    """As many as the nearest block that sets the channels; twice as many for each halving of the map since, own
    strides counted, and half as many for each doubling. None behind Input, and where the number is not known.

    Encoders thus grow while their maps shrink, decoders the other way round, and what stands at one size agrees.
    A merge counts by its first input, so the convolution behind it has as many maps as the branch it goes on from.
    """
    if not upstream or (count := upstream[-1].spec.channels_set()) is None or upstream[-1].spec.max_inputs == 0:
        return None
    source, between = upstream[-1], upstream[:-1]
    own = spec.halvings()
    steps = own + sum([b.spec.halvings() for b in between])
    if steps == 0 or count < 1:  # a count out of bounds is lint's to name
        return Followed(max(count, 1), f"as many as {source.id}")
    wanted = count << min(steps, 32) if steps > 0 else max(count >> -steps, 1)
    value = max(count, min(wanted, MOST)) if steps > 0 else min(count, max(wanted, FEWEST))
    if value != wanted:
        limit = f"no more than {MOST}" if steps > 0 else f"no fewer than {FEWEST}"
        return Followed(value, f"{limit} by itself ({source.id} has {count:,})")
    by = [b.id for b in reversed(between) if b.spec.halvings() * steps > 0]
    causes = _listed(by) if by else ""
    if own * steps > 0:
        causes = f"{causes} and its strides" if by else "its strides"
    return Followed(value, f"{_times(steps)} {'after' if by else 'by'} {causes} ({source.id} has {count:,})")


def _times(steps: int) -> str:
    words = {1: "doubled", -1: "halved", -2: "a quarter"}
    return words.get(steps) or (f"{2**steps:,} times as many" if steps > 0 else f"1 in {2**-steps:,}")


def _listed(ids: Sequence[str]) -> str:
    return " and ".join(ids) if len(ids) <= LONGEST_LIST else f"{len(ids)} blocks from {ids[0]} to {ids[-1]}"


def group_count(spec: BlockSpec, upstream: Sequence[Block]) -> Followed | None:
    """The most groups up to 8 that divide the channels which come in. None where their number is not known."""
    if not upstream or (count := upstream[-1].spec.channels_set()) is None:
        return None
    for block in reversed(upstream[:-1]):
        times = block.spec.channels_times()
        if times is None:
            return None
        count *= times
    value = math.gcd(count, MOST_GROUPS)
    return Followed(max(1, value), f"divides the {count:,} channels that come in")


def patch_size(spec: BlockSpec, upstream: Sequence[Block]) -> Followed | None:
    """The kernel of a transposed convolution as wide as its strides, so that patches touch and do not overlap.

    At strides of 1 nothing grows and there is nothing to tile: 3 on that axis.
    """
    strides = vars(spec)["strides"]
    value = tuple(_patch(s) for s in strides) if isinstance(strides, tuple) else _patch(strides)
    return Followed(value, "as wide as its strides" if value == strides else "a plain window where strides are 1")


def _patch(stride: int) -> int:
    return stride if stride > 1 else 3
