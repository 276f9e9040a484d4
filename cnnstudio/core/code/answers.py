"""How a network's answers are read: what the engine does, and what programs beside exported models carry along.

As in `samples`, the source text of these functions is copied; each needs numpy as `np`, and of `core.code` only the
functions that it calls. Lines keep to the 88 columns of generated code, in the layout that Black gives them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.code.preparing import placement, prepared_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_ANSWER = -1
"""Stands in a mask where the network saw nothing: outside the region that was cut out."""


def as_shares(scores: np.ndarray) -> np.ndarray:
    """Raw scores (..., classes) as shares that add up to 1, float32."""
    raised = np.exp(scores.astype("float64") - scores.max(axis=-1, keepdims=True))
    made: np.ndarray = (raised / raised.sum(axis=-1, keepdims=True)).astype("float32")
    return made


def as_chances(scores: np.ndarray) -> np.ndarray:
    """Raw scores as chances from 0 to 1 each, float32."""
    turned = np.tanh(0.5 * scores.astype("float64"))
    made: np.ndarray = (0.5 * (1 + turned)).astype("float32")
    return made


def mask_as_found(mask: np.ndarray, found: Sequence[int], mode: str) -> np.ndarray:
    """Class indices in the `found` sizes of a sample that was resized by `mode`.

    int32 with those sizes: the nearest answer of the mask, -1 where there is none.
    """
    taken, filled = placement(found, mask.shape, mode)
    region = mask[tuple(slice(start, start + size) for start, size in filled)]
    made = np.full(tuple(found), -1, "int32")
    place = tuple(slice(start, start + size) for start, size in taken)
    made[place] = prepared_mask(region, [size for _, size in taken], "stretch")
    return made


def boxes_as_found(
    boxes: np.ndarray,
    found: Sequence[int],
    wanted: Sequence[int],
    mode: str,
) -> np.ndarray:
    """Boxes of an image of the `wanted` size as pixels of the one of size `found`.

    Boxes (n, 4 or more): left, top, right and bottom come first, as shares; the other
    columns stay. Edges end at the border of the image.
    """
    made = np.array(boxes, "float32")
    rows, columns = zip(*placement(found, wanted, mode), strict=True)
    for axis, (part, filled) in ((0, columns), (1, rows)):
        (start, count), (offset, size) = part, filled
        across = found[1 - axis]
        places = made[:, [axis, axis + 2]] * wanted[1 - axis] - offset
        edges = places * (count / size) + start
        made[:, [axis, axis + 2]] = np.clip(edges, 0, across)
    return made
