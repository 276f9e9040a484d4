"""The preparation that suits samples, where their sizes have to be settled before a network can take them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from cnnstudio.core.data.preparation import Preparation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.engine.scan.listing import Listing

MOST_AS_FOUND = 256
"""Pixels of the longer edge up to which images of one size are taken as they are."""
SQUARES = (16, 32, 48, 64, 96, 128)
MOST_LENGTH = 16_384


def suggested(listing: Listing) -> Preparation:
    """Images of one size of at most 256 pixels, signals of one length and all else stay as they are.

    Other images become squares: the largest of 16, 32, 48, 64, 96 and 128 pixels that the shorter edge of at least
    half of them reaches (16 if none does), so that most are made smaller and training stays quick. Signals of several
    lengths get the length that at least half of them reach, 16,384 at most: longer ones are cut round their centre,
    shorter ones padded.
    """
    sizes = {shape[:-1]: 0 for shape in listing.shapes}
    for shape, count in listing.shapes.items():
        sizes[shape[:-1]] += count
    rank = listing.source.info().rank
    if not sizes or rank not in (1, 2):
        return Preparation()
    reached = _reached_by_half({size: n for size, n in sizes.items() if size})
    if rank == 1:
        return Preparation() if len(sizes) == 1 else Preparation(length=min(reached, MOST_LENGTH), resize="pad")
    if len(sizes) == 1 and max(max(size) for size in sizes) <= MOST_AS_FOUND:
        return Preparation()
    edge = max((s for s in SQUARES if s <= reached), default=SQUARES[0])
    return Preparation(height=edge, width=edge)


def _reached_by_half(sizes: Mapping[tuple[int, ...], int]) -> int:
    """The greatest number that the shortest axis of at least half of the samples reaches."""
    shortest = sorted(((min(size), count) for size, count in sizes.items()), reverse=True)
    total = sum(count for _, count in shortest)
    sums = itertools.accumulate(count for _, count in shortest)
    return next(edge for (edge, _), so_far in zip(shortest, sums, strict=True) if 2 * so_far >= total)
