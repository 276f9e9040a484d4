"""How each block's result changes when the sample is moved: pooling makes it change less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.data.info import Task
from cnnstudio.engine.explaining.passing import on_device, passed, plain, portions
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import ExplanationProgress, ShiftResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.engine.explaining.network import Answering, Network
    from cnnstudio.engine.explaining.passing import Passed
    from cnnstudio.wire.messages import GetShiftResponse


def shift_response(command: GetShiftResponse, network: Network) -> Answering:
    """Answer GetShiftResponse. A block that gives only zeros without shift changes by 1 as soon as it gives others."""
    network = network.still()
    inputs = network.sample(command.sample)
    axis = _axis(command.axis, inputs.shape[1:-1])
    most = min(max(1, command.most), inputs.shape[axis] - 1)
    shifts = np.arange(-most, most + 1)
    blocks = tuple(network.program.outputs)
    has_classes = network.predicts and network.kit.info.task in (Task.CLASSIFICATION, Task.MULTILABEL)
    changes = np.zeros((len(blocks), len(shifts)), "float32")
    predictions = np.zeros((len(shifts), network.kit.info.classes if has_classes else 0), "float32")
    with on_device("How the blocks answer to a shift"):
        still = _results(network, passed(network, inputs, blocks))
        yield None
        for portion in portions(network.program, len(shifts), 16):
            moved = np.concatenate([shifted(inputs, axis, int(shift)) for shift in shifts[portion]])
            found = passed(network, moved, blocks)
            results = _results(network, found)
            for row, block in enumerate(blocks):
                changes[row, portion] = _distances(results[block], still[block])
            if has_classes:
                predictions[portion] = [network.kit.shown(output) for output in plain(found.output)]
            yield ExplanationProgress(command.request, portion.stop, len(shifts))
    return ShiftResponse(command.request, shifts.astype("int32"), blocks, changes, predictions)


def shifted(inputs: np.ndarray, axis: int, places: int) -> np.ndarray:
    """Samples moved along an axis; what moves in is the value of the edge."""
    size = inputs.shape[axis]
    return inputs.take((np.arange(size) - places).clip(0, size - 1), axis)


def _axis(axis: int, spatial: tuple[int, ...]) -> int:
    """The axis of a batch that is meant. Raises SketchError."""
    if not spatial:
        raise SketchError("The samples are vectors, which have no places to move along.")
    if not -len(spatial) <= axis < len(spatial):
        raise SketchError(f"There is no axis {axis} to move along: the samples have {len(spatial)}, counted from 0.")
    if spatial[axis] < 2:
        raise SketchError("The samples have a single place along this axis, so they cannot be moved.")
    return 1 + axis % len(spatial)


def _results(network: Network, found: Passed) -> Mapping[str, np.ndarray]:
    """Each block's result; that of the last one after its curve, as its maps show it."""
    program = network.program
    ends = {block for block, name in program.outputs.items() if name == program.result}
    return {block: plain(found.output if block in ends else values) for block, values in found.blocks.items()}


def _distances(results: np.ndarray, still: np.ndarray) -> np.ndarray:
    """Of each of (n, ...) to (1, ...), as a share of the latter's norm."""
    apart = np.sqrt(((results - still).astype("float64") ** 2).reshape(len(results), -1).sum(axis=1))
    norm = float(np.sqrt((still.astype("float64") ** 2).sum()))
    made: np.ndarray = apart / norm if norm > 0 else (apart > 0).astype("float64")
    return made
