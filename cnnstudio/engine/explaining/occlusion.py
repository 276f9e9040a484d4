"""Occlusion: how much the score falls when a patch of the sample is covered, for patches all over it.

After Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014). A place's value is the mean
over the patches that cover it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.engine.explaining.aims import aim_at
from cnnstudio.engine.explaining.baselines import empty
from cnnstudio.engine.explaining.passing import passed, plain, portions
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import Explained, ExplanationProgress

if TYPE_CHECKING:
    from cnnstudio.core.explaining import Occlusion
    from cnnstudio.engine.explaining.network import Answering, Network
    from cnnstudio.wire.messages import Explain

Patch = tuple[slice, ...]


def occlusion(command: Explain, network: Network, settings: Occlusion) -> Answering:
    """The picture is float32 with the input's spatial shape: the fall of the score, in its units.

    Numbers: "patch" and "stride", edges in cells along the longest axis; "patches", how many; "fall", the largest.
    """
    inputs = network.sample(command.sample)
    aim = aim_at(command.target, network, inputs)
    yield None
    sizes = inputs.shape[1:-1] or inputs.shape[1:]
    edges, strides = _edges(sizes, settings)
    patches = list(_patches(sizes, edges, strides))
    cover = empty(inputs, settings.fill)[0]
    before = float(plain(aim(passed(network, inputs)))[0])
    falls, times = np.zeros(sizes), np.zeros(sizes)
    for part in portions(network.program, len(patches)):
        covered = np.repeat(inputs, part.stop - part.start, axis=0)
        for sample, patch in zip(covered, patches[part], strict=True):
            sample[patch] = cover[patch]
        scores = plain(aim(passed(network, covered)))
        for score, patch in zip(scores, patches[part], strict=True):
            falls[patch] += before - float(score)
            times[patch] += 1
        yield ExplanationProgress(command.request, part.stop, len(patches), _mean(falls, times))
    picture = _mean(falls, times)
    numbers = {
        **aim.numbers,
        "patch": float(max(edges)),
        "stride": float(max(strides)),
        "patches": float(len(patches)),
        "fall": float(picture.max()),
    }
    return Explained(command.request, command.method, command.block, aim.target, network.trained, picture, numbers)


def _edges(sizes: tuple[int, ...], settings: Occlusion) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The patch's edges and strides along each axis. Raises SketchError where it would leave places out."""
    edges, strides = settings.edges(sizes), settings.strides(sizes)
    if any(stride > edge for stride, edge in zip(strides, edges, strict=True)):
        raise SketchError(
            f"The patch is {max(edges)} cells wide and would move by {max(strides)}, which leaves places that are "
            "never covered: make the stride no larger than the patch."
        )
    return edges, strides


def _patches(sizes: tuple[int, ...], edges: tuple[int, ...], strides: tuple[int, ...]) -> itertools.product[Patch]:
    """All of them; the last along an axis ends with it."""
    along = []
    for size, edge, stride in zip(sizes, edges, strides, strict=True):
        starts = sorted({*range(0, size - edge, stride), size - edge})
        along.append([slice(start, start + edge) for start in starts])
    return itertools.product(*along)


def _mean(falls: np.ndarray, times: np.ndarray) -> np.ndarray:
    mean: np.ndarray = (falls / np.maximum(times, 1)).astype("float32")
    return mean
