"""Which samples are for training, validation and test: drawn by the seed, or as the source says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.code import samples
from cnnstudio.core.data.facts import PARTS
from cnnstudio.engine.data.errors import DataError

if TYPE_CHECKING:
    from cnnstudio.core.recipe import DataRecipe


def split_rows(
    recipe: DataRecipe, count: int, labels: np.ndarray | None, given: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Part -> numbers of its samples, int64.

    `labels` are class indices (count,) where each sample has one: parts that are drawn have all classes in the same
    shares. `given` is an index into PARTS for each sample, -1 where the source does not say. A part that the source
    does not name is drawn from its training part, so that nothing of a given test part is ever learned or looked at.
    Raises DataError when a part would be empty.
    """
    try:
        if not recipe.given_parts or given is None:
            drawn = samples.split(count, recipe.validation, recipe.test, recipe.seed, labels)
            return dict(zip(PARTS, drawn, strict=True))
        return _as_given(recipe, given, labels)
    except ValueError as error:
        raise DataError(str(error)) from error


def _as_given(recipe: DataRecipe, given: np.ndarray, labels: np.ndarray | None) -> dict[str, np.ndarray]:
    parts = {name: np.flatnonzero(given == at) for at, name in enumerate(PARTS)}
    parts["training"] = np.flatnonzero(given <= 0)  # those that no part is named for are there to be learned
    for name, share in (("test", recipe.test), ("validation", recipe.validation)):
        if not len(parts[name]):
            parts["training"], parts[name] = samples.draw(parts["training"], share, recipe.seed, labels)
    if not len(parts["training"]):
        raise DataError("The source names no sample for training: let the parts be drawn (Parts: random).")
    return parts
