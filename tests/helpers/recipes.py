"""Training recipes drawn from everything that their declaration allows."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from cnnstudio.core.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from cnnstudio.core.declare import Parameter


def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Every value that the parameter may have."""
    if parameter.choices:
        drawn: st.SearchStrategy[Any] = st.sampled_from(parameter.choices)
    elif isinstance(parameter.default, bool):
        drawn = st.booleans()
    elif isinstance(parameter.default, int):
        drawn = st.integers(int(_least(parameter)), int(_most(parameter)))
    else:
        drawn = st.floats(
            _least(parameter),
            _most(parameter),
            exclude_min=parameter.above is not None,
            exclude_max=parameter.below is not None,
            allow_subnormal=False,
        )
    return st.none() | drawn if parameter.optional else drawn


def _least(parameter: Parameter) -> float:
    return next((bound for bound in (parameter.minimum, parameter.above) if bound is not None), -math.inf)


def _most(parameter: Parameter) -> float:
    return next((bound for bound in (parameter.maximum, parameter.below) if bound is not None), math.inf)


@st.composite
def recipes(draw: st.DrawFn, like: TrainingRecipe | None = None) -> TrainingRecipe:
    """A recipe that has some parameters other than this one, or than a fresh one."""
    plain = like or TrainingRecipe()
    chosen = draw(st.lists(st.sampled_from(plain.parameters), unique_by=lambda p: p.name, max_size=12))
    return dataclasses.replace(plain, **{p.name: draw(values(p)) for p in chosen})
