"""Integrated gradients: how much each place of a sample adds to the score, on the way from an empty sample.

After Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks" (ICML 2017). What the places add comes to
the difference of the scores at both ends of the way; the sum over steps misses that by a little, which is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.explaining.aims import aim_at
from cnnstudio.engine.explaining.baselines import empty
from cnnstudio.engine.explaining.passing import gradient, passed, plain, portions, require_gradients
from cnnstudio.wire.messages import Explained, ExplanationProgress

if TYPE_CHECKING:
    from cnnstudio.core.explaining import IntegratedGradients
    from cnnstudio.engine.explaining.aims import Aim
    from cnnstudio.engine.explaining.network import Answering, Network
    from cnnstudio.wire.messages import Explain


def integrated_gradients(command: Explain, network: Network, settings: IntegratedGradients) -> Answering:
    """The picture is float32 with the input's spatial shape, in the units of the score, summed over channels.

    Numbers: "baseline", the score of the empty sample; "gap", how far the sum of the picture is from the difference of
    both scores, as a share of it.
    """
    require_gradients("Integrated gradients")
    inputs = network.sample(command.sample)
    aim = aim_at(command.target, network, inputs)
    start = empty(inputs, settings.baseline)
    way = (inputs - start).astype("float32")
    # Gauss and Legendre's places: for as many steps the sum comes closer than with even ones.
    places, weights = np.polynomial.legendre.leggauss(settings.steps)
    places, weights = (places + 1) / 2, weights / 2
    total = np.zeros(inputs.shape[1:])
    for part in portions(network.program, settings.steps):
        along = places[part].reshape(-1, *(1,) * (inputs.ndim - 1))
        slopes = _slopes(network, aim, (start + along * way).astype("float32"))
        total += np.tensordot(weights[part], slopes.astype("float64"), axes=1)
        picture = _of_places(total * way[0])
        yield ExplanationProgress(command.request, part.stop, settings.steps, picture)
    ends = plain(aim(passed(network, np.concatenate([start, inputs])))).astype("float64")
    added, wanted = float((total * way[0]).sum()), float(ends[1] - ends[0])
    numbers = {**aim.numbers, "baseline": float(ends[0]), "gap": _gap(added, wanted)}
    picture = _of_places(total * way[0])
    return Explained(command.request, command.method, command.block, aim.target, network.trained, picture, numbers)


def _slopes(network: Network, aim: Aim, inputs: np.ndarray) -> np.ndarray:
    """The gradient of each sample's score on the sample, (n, ...)."""
    x = tensorflow.constant(inputs)
    with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        score = aim(passed(network, x))
    found = gradient(score, x, tape)
    return np.zeros_like(inputs) if found is None else found


def _of_places(added: np.ndarray) -> np.ndarray:
    """Summed over channels; each value of a vector is a place."""
    return (added.sum(axis=-1) if added.ndim > 1 else added).astype("float32")


def _gap(added: float, wanted: float) -> float:
    """As a share of the difference; of the larger of both sums where that is next to nothing."""
    scale = max(abs(wanted), 1e-6 * max(1.0, abs(added)))
    return abs(added - wanted) / scale
