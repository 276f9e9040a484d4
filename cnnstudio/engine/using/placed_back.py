"""What a network answers for a sample of its own size, laid over the sample as it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.code.preparing import placement, prepared_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_ANSWER = -1
"""Stands in a mask where the network saw nothing: outside the region that was cut out."""


def mask_as_found(mask: np.ndarray, found: Sequence[int], mode: str) -> np.ndarray:
    """Class indices in the `found` sizes of a sample that came to those of `mask` as Preparation.resize says.

    int32 with those sizes: the nearest answer, NO_ANSWER where there is none.
    """
    taken, filled = placement(found, mask.shape, mode)
    region = mask[tuple(slice(start, start + size) for start, size in filled)]
    made = np.full(tuple(found), NO_ANSWER, "int32")
    place = tuple(slice(start, start + size) for start, size in taken)
    made[place] = prepared_mask(region, [size for _, size in taken], "stretch")
    return made


def boxes_as_found(boxes: np.ndarray, found: Sequence[int], wanted: Sequence[int], mode: str) -> np.ndarray:
    """Boxes (n, 4 or more), whose edges are shares of an image of the `wanted` size, as pixels of one of size `found`.

    Left, top, right and bottom come first; the other columns stay. Edges end at the border of the image.
    """
    made = np.array(boxes, "float32")
    rows, columns = zip(*placement(found, wanted, mode), strict=True)
    for axis, (taken, filled) in ((0, columns), (1, rows)):
        (start, count), (offset, size) = taken, filled
        across = found[1 - axis]
        edges = (made[:, [axis, axis + 2]] * wanted[1 - axis] - offset) * (count / size) + start
        made[:, [axis, axis + 2]] = np.clip(edges, 0, across)
    return made
