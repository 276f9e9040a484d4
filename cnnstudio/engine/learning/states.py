"""Variables of Keras as plain arrays, and back: what checkpoints keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.engine.backend import keras

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def variables_state(variables: Sequence[Any]) -> dict[str, np.ndarray]:
    """The values of the variables under their number and name, so that none are mistaken for another."""
    return {name: np.array(keras.ops.convert_to_numpy(v)) for name, v in _named(variables).items()}


def restore_variables(variables: Sequence[Any], state: Mapping[str, np.ndarray]) -> None:
    """Assign the values that `variables_state` gave. Raises ValueError before anything is changed."""
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
