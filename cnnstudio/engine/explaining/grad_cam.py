"""Grad-CAM: where the maps of a block that speak for a class are high.

After Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization" (ICCV 2017):
each map is weighted by the mean of the score's gradient on it, and what is left below zero counts for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.explaining.aims import aim_at
from cnnstudio.engine.explaining.passing import gradient, passed, plain, require_gradients, shape_of
from cnnstudio.engine.explaining.resizing import resized
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import Explained

if TYPE_CHECKING:
    from cnnstudio.core.explaining import GradCam
    from cnnstudio.core.program import Program
    from cnnstudio.engine.explaining.network import Answering, Network
    from cnnstudio.wire.messages import Explain


def grad_cam(command: Explain, network: Network, settings: GradCam) -> Answering:
    """The picture is float32 with the input's spatial shape, at least 0, in the units of the score."""
    require_gradients("Grad-CAM")
    block = command.block or last_maps(network.program)
    shape = shape_of(block, network.program)
    if len(shape) < 2:
        raise SketchError(f'The block "{block[:64]}" gives a vector, which has no places: choose one that gives maps.')
    inputs = network.sample(command.sample)
    aim = aim_at(command.target, network, inputs)
    yield None
    with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
        x = tensorflow.constant(inputs, "float32")
        tape.watch(x)
        found = passed(network, x, (block,))
        score = aim(found)
    maps = found.blocks[block]
    slopes = gradient(score, maps, tape)
    if slopes is None:
        raise SketchError(f'What the network answers does not depend on the block "{block[:64]}": choose another.')
    yield None
    weights = slopes[0].mean(axis=tuple(range(len(shape) - 1)))
    heat = np.maximum(plain(maps)[0] @ weights, 0.0)
    picture = resized(heat, network.program.input_shape[:-1])
    numbers = {**aim.numbers, "largest": float(heat.max())}
    return Explained(command.request, command.method, block, aim.target, network.trained, picture, numbers)


def last_maps(program: Program) -> str:
    """The last block before the output whose maps have places. Raises SketchError where there is none."""
    shapes = {block: shape_of(block, program) for block in program.outputs}
    ends = {block for block, name in program.outputs.items() if name == program.result}
    with_places = [b for b, shape in shapes.items() if b not in ends and max(shape[:-1], default=1) > 1]
    convolved = {step.block for step in program.steps if any(len(w.shape) > 2 for w in step.weights)}
    chosen = [block for block in with_places if block in convolved] or with_places
    if not chosen:
        raise SketchError("No block of this network gives maps, so Grad-CAM has nothing to weigh.")
    return chosen[-1]
