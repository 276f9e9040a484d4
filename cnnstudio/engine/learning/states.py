"""Variables of Keras as plain arrays, and back: what checkpoints keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PIECE = 1 << 18
"""Numbers that are looked at in one go: what is computed from them takes memory, too."""


class VariablesState(Mapping[str, np.ndarray]):
    """The values of variables under their number and name, so that none are mistaken for another.

    Each is read when it is asked for, as it is at that moment, and on the CPU without a copy: a network's weights and
    all that its optimizer keeps would take their memory a second time.
    """

    def __init__(self, variables: Sequence[Any], others: Mapping[str, np.ndarray] | None = None) -> None:
        """`others`: arrays that belong to the state beside those of the variables."""
        self._variables = _named(variables)
        self._others = others or {}

    def __getitem__(self, name: str) -> np.ndarray:
        return values_of(self._variables[name]) if name in self._variables else self._others[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._variables
        yield from self._others

    def __len__(self) -> int:
        return len(self._variables) + len(self._others)


def tensor_of(variable: Any) -> Any:
    """What a variable holds now, as a tensor that stays as it is when the variable is given something else."""
    held = variable.value
    return held.read_value() if hasattr(held, "read_value") else held  # other libraries' tensors never change


def values_of(variable: Any) -> np.ndarray:
    """What a variable holds now, to be read only: on the CPU, the memory of the variable itself."""
    return np.asarray(tensor_of(variable))


def are_finite(variables: Sequence[Any]) -> bool:
    """Whether all that the variables hold are finite numbers."""
    return all(_are_finite(values_of(variable).reshape(-1)) for variable in variables)


def _are_finite(values: np.ndarray) -> bool:
    return all(bool(np.isfinite(values[at : at + _PIECE]).all()) for at in range(0, len(values), _PIECE))


def restore_variables(variables: Sequence[Any], state: Mapping[str, np.ndarray]) -> None:
    """Assign the values that `VariablesState` gave. Raises ValueError before anything is changed."""
    named = _named(variables)
    for name, variable in named.items():
        if name not in state or state[name].shape != tuple(variable.shape):
            raise ValueError(f"The checkpoint is another network's: it has no {name} of shape {tuple(variable.shape)}.")
    for name, variable in named.items():
        variable.assign(state[name])


def _named(variables: Sequence[Any]) -> dict[str, Any]:
    """Not by path: Keras counts optimizers and seed generators over the whole life of a process, and names them so.

    Nor by the whole name: it counts variables that nobody has named, too.
    """
    return {f"{number}:{variable.name.rstrip('_0123456789')}": variable for number, variable in enumerate(variables)}
