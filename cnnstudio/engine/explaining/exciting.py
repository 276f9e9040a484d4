"""The samples of a part that excite a channel most."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.declare import closest
from cnnstudio.engine.data import PARTS, DataError
from cnnstudio.engine.explaining.passing import on_device, passed, plain, portions, shape_of
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import Exciting, ExplanationProgress

if TYPE_CHECKING:
    from cnnstudio.engine.data.dataset import Part
    from cnnstudio.engine.explaining.network import Answering, Network
    from cnnstudio.wire.messages import FindExciting

_MOST_BYTES = 64 << 20
"""Of samples in an answer."""
_AT_ONCE = 256


def exciting(command: FindExciting, network: Network) -> Answering:
    """Answer FindExciting: the whole part passes through the network, as far as the block. Equal values: first come."""
    shape = shape_of(command.block, network.program)
    if not 0 <= command.channel < shape[-1]:
        raise SketchError(
            f'There is no channel {command.channel} in the block "{command.block[:64]}": it has 0 to {shape[-1] - 1}.'
        )
    if command.part not in PARTS:
        raise SketchError(f'There is no part "{command.part[:40]}" of the data. {closest(command.part, PARTS)}')
    network = network.still()
    part = network.data.parts[command.part]
    values = np.empty(len(part), "float32")
    places = np.empty(len(part), "int64")
    with on_device("The samples that excite a channel most"):
        for portion in portions(network.program, len(part), _AT_ONCE):
            found = _channel(network, command, _inputs(part, portion))
            flat = np.nan_to_num(found.reshape(len(found), -1), nan=-np.inf)
            places[portion] = flat.argmax(axis=1)
            values[portion] = flat.max(axis=1)
            yield ExplanationProgress(command.request, portion.stop, len(part))
    most = max(1, _MOST_BYTES // (4 * math.prod(part.shape)))
    best = np.argsort(-values, kind="stable")[: min(max(1, command.count), most)]
    return Exciting(
        request=command.request,
        block=command.block,
        channel=command.channel,
        part=command.part,
        indices=best.astype("int32"),
        values=values[best],
        cells=_cells(places[best], shape[:-1]),
        inputs=_inputs(part, best),
    )


def _channel(network: Network, command: FindExciting, inputs: np.ndarray) -> np.ndarray:
    """What the channel gives for these samples (n, ...), at the end after the last curve, as its maps show it."""
    block, program = command.block, network.program
    is_end = network.predicts and program.outputs[block] == program.result
    found = passed(network, inputs, () if is_end else (block,), to_end=is_end)
    values = found.output if is_end else found.blocks[block]
    return plain(values[..., command.channel])


def _cells(places: np.ndarray, spatial: tuple[int, ...]) -> np.ndarray:
    if not spatial:
        return np.empty((len(places), 0), "int32")
    return np.stack(np.unravel_index(places, spatial), axis=1).astype("int32")


def _inputs(part: Part, chosen: slice | np.ndarray) -> np.ndarray:
    try:
        return part.batch(chosen)[0]
    except DataError as error:
        raise SketchError(str(error)) from error
