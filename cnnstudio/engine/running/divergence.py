"""Why a loss stopped being a finite number: what a sample holds, a block whose values explode, or steps too long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code.model_code import needed
from cnnstudio.engine.backend import DEVICE_ERRORS, keras, tensorflow
from cnnstudio.engine.build import layer_names, room_for
from cnnstudio.engine.running.control import RunError
from cnnstudio.engine.workbench import begun_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cnnstudio.engine.data import Part
    from cnnstudio.engine.workbench import Workbench

_LARGEST_OF_HALF = 65504.0
_HUGE = 1e6
"""Values of samples beyond this, and gradients at fresh weights, leave no room for learning in float32."""
_GROWN = 1e4
"""So many times the largest value that goes in, and a fresh block's values explode: usual ones stay below a hundred."""
_LOOKED_AT = 16
"""Samples that blocks are tried on."""


def cause_of(bench: Workbench, batches: Sequence[np.ndarray], epoch: int, *, validating: bool = False) -> str:
    """The likeliest cause, as the end of "the loss stopped being a finite number", and what to do about it.

    `batches`: those of the training part, by their indices, among which it happened in that `epoch`. `validating`: it
    was the loss of validation, while that of training was still finite.

    Data are looked at first, then the blocks with the weights that the run began with: what explodes there does so at
    any learning rate. If neither shows anything, it is the rate.
    """
    part, name = (bench.data.validation, "validation") if validating else (bench.data.training, "training")
    looked_at = _in_order(len(part)) if validating else batches
    found = _fault_of_data(part, name, looked_at, 0 if validating else epoch, _limit(bench))
    return found or _fault_of_blocks(bench, batches) or _fault_of_rate(bench)


def _in_order(count: int) -> Iterable[np.ndarray]:
    return (np.arange(at, min(at + 64, count)) for at in range(0, count, 64))


def _limit(bench: Workbench) -> float:
    return _LARGEST_OF_HALF if bench.experiment.training.precision == "float16" else _HUGE


# The data


def _fault_of_data(part: Part, name: str, batches: Iterable[np.ndarray], epoch: int, limit: float) -> str:
    """What a sample holds that no network can learn from; "" where all are sound."""
    for indices in batches:
        inputs, targets = part.batch(indices, epoch)
        for values, held in ((inputs, "values"), (targets, "targets")):
            if values.dtype.kind != "f":
                continue
            worst = np.abs(values.reshape(len(values), -1)).max(axis=1, initial=0.0)
            if np.isfinite(worst).all() and worst.max(initial=0.0) <= limit:
                continue
            row = int(np.argmax(np.where(np.isfinite(worst), worst, np.inf)))
            return _told_of_data(part, name, int(indices[row]), held, worst, row)
    return ""


def _told_of_data(part: Part, name: str, index: int, held: str, worst: np.ndarray, row: int) -> str:
    files = part.names(slice(index, index + 1))
    sample = f"{name} sample {index:,}" + (f' ("{files[0]}")' if files else "")
    if not math.isfinite(worst[row]):
        return f"{sample} holds {held} that are no finite numbers. Mend it, or leave it out."
    reach = f"{sample} holds {held} as large as {worst[row]:.2g}"
    if float(np.median(worst.astype("float64"))) > worst[row] / 100:
        return f"{reach}, and others do so, too. Standardise the samples."
    return f"{reach}, far beyond those of others. Mend it, or leave it out."


# The blocks


def _fault_of_blocks(bench: Workbench, batches: Sequence[np.ndarray]) -> str:
    """The block at which values or gradients explode with the weights that the run began with; "" for none."""
    chosen = next((indices[:_LOOKED_AT] for indices in reversed(batches) if len(indices)), None)
    if chosen is None:
        return ""
    inputs, targets = bench.data.training.batch(chosen)
    names = layer_names(bench.program)
    alive = {step.name for step in needed(bench.program)}
    ends = {block: step for block, step in bench.program.outputs.items() if step in alive}
    try:
        with room_for(len(bench.program.steps)):
            model = begun_model(bench)  # of its own: batch statistics of the run's one are not to change
            looked_at = keras.Model(model.inputs[0], [model.get_layer(names[step]).output for step in ends.values()])
            return _exploding_block(bench, looked_at, ends, inputs, targets)
    except DEVICE_ERRORS:  # a second model may be too much for the memory; the run has failed already
        return ""
    except RunError:  # the file of the first weights is gone
        return ""


def _exploding_block(
    bench: Workbench, model: Any, ends: dict[str, str], inputs: np.ndarray, targets: np.ndarray
) -> str:
    """`model` gives what each of the blocks in `ends` (block to step) gives."""
    limit = min(_limit(bench), _GROWN * max(1.0, float(np.abs(inputs).max(initial=0.0))))
    gradients: list[tuple[Any, Any]] = []
    if tensorflow is None:
        outputs = _listed(model(inputs, training=True))
    else:
        outputs, gradients = _with_gradients(bench, model, list(ends.values()), inputs, targets)
    for block, values in zip(ends, outputs, strict=True):
        reach = _reach(values)
        if not reach <= limit:
            how = f"reach {reach:.2g}" if math.isfinite(reach) else "are no finite numbers any more"
            return f'values explode at block "{block}": with the first weights they {how}. {_advice(bench, block)}'
    blocks = _blocks_of_layers(bench)
    for variable, gradient in gradients:
        reach = 0.0 if gradient is None else _reach(gradient)
        if not reach <= _HUGE:
            how = f"reach {reach:.2g}" if math.isfinite(reach) else "are no finite numbers"
            block = blocks.get(variable.path.split("/")[0], "")
            return f'gradients explode at block "{block}": with the first weights they {how}. {_advice(bench, block)}'
    return ""


def _with_gradients(
    bench: Workbench, model: Any, steps: list[str], inputs: np.ndarray, targets: np.ndarray
) -> tuple[list[Any], list[tuple[Any, Any]]]:
    """What the blocks give, and each weight with its gradient."""
    with tensorflow.GradientTape() as tape:
        outputs = _listed(model(inputs, training=True))
        loss = bench.model.loss(keras.ops.convert_to_tensor(targets), outputs[steps.index(bench.program.result)])
        if model.losses:
            loss += tensorflow.add_n(model.losses)
    weights = model.trainable_variables
    return outputs, list(zip(weights, tape.gradient(loss, weights), strict=True))


def _listed(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def _reach(values: Any) -> float:
    """The largest value, whatever its sign; NaN or infinity where one is."""
    array = np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(values, "float32")))
    return float(np.abs(array).max(initial=0.0))


def _blocks_of_layers(bench: Workbench) -> dict[str, str]:
    names = layer_names(bench.program)
    return {names[step.name]: step.block for step in bench.program.steps}


def _advice(bench: Workbench, block: str) -> str:
    advice = "Give it smaller numbers, or take it out."
    if any(step.params for step in bench.program.steps if step.block == block):
        advice = "Put a batch normalisation in front of it."
    if bench.experiment.training.precision == "float16":
        return f"Choose bfloat16 or float32 as the number format. {advice}"
    return advice


# The rate


def _fault_of_rate(bench: Workbench) -> str:
    recipe = bench.experiment.training
    ways = [f"lower the learning rate (now {recipe.learning_rate:g})"]
    if recipe.clipping == "none":
        ways.append("clip gradients")
    if not any(step.layer == "BatchNormalization" for step in bench.program.steps):
        ways.append("add a batch normalisation")
    *first, last = ways
    told = f"{', '.join(first)} or {last}" if first else last
    return f"the steps are too long. {told[0].upper()}{told[1:]}."
