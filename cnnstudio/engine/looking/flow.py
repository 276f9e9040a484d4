"""One sample through a network: what every block yields on the way.

Step by step, outside any compiled function, a pass costs about a millisecond a layer and nothing beforehand, so it
suits networks that change with each edit, where compiling would take longer than computing. Compiled it takes less than
a tenth of that: for a network that is looked at again and again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.program import INPUT
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.looking.compiled import for_one_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from cnnstudio.core.program import Program, Step

_MOST_AT_ONCE = 32 << 20
"""Values of all results of a network that may be held at once."""


def flow(
    program: Program,
    layer_of: Callable[[Step], Any],
    inputs: np.ndarray,
    wanted: Collection[str] | None = None,
    check: Callable[[], None] | None = None,
) -> Iterator[tuple[str, np.ndarray]]:
    """Each block (of those wanted, or all) and its result for one sample, in the order of the program.

    `inputs` is (1, ...); results are float32 (..., channels), without the batch axis. `layer_of` gives the layer of a
    step. What no later step reads is let go at once, so the memory taken is that of a few maps. `check` is called
    before each step; what it raises ends the pass.
    """
    blocks = {id: step for id, step in program.outputs.items() if wanted is None or id in wanted}
    at_step: dict[str, list[str]] = {}
    for id, name in blocks.items():
        at_step.setdefault(name, []).append(id)
    steps = program.steps if wanted is None else leading_to(program, set(blocks.values()))
    readers = Counter(name for step in steps for name in step.inputs)
    held: dict[str, Any] = {INPUT: keras.ops.convert_to_tensor(inputs, "float32")}
    for id in at_step.get(INPUT, ()):
        yield id, np.asarray(inputs[0], "float32")
    for step in steps:
        if check is not None:
            check()
        given = [held[name] for name in step.inputs]
        result = layer_of(step)(given if len(given) > 1 else given[0], training=False)
        held[step.name] = result
        readers.subtract(step.inputs)
        for name in {*step.inputs, step.name}:
            if readers[name] <= 0:
                del held[name]
        if step.name in at_step:
            values = np.asarray(keras.ops.convert_to_numpy(result)[0], "float32")
            for id in at_step[step.name]:
                yield id, values


def compiled_flow(
    program: Program, inputs: Any, tensors: Mapping[str, Any], wanted: Collection[str] | None = None
) -> Callable[[np.ndarray], Iterator[tuple[str, np.ndarray]]] | None:
    """As `flow` of the blocks wanted, in one call that is compiled the first time; None where that would not serve.

    `inputs` and `tensors` (by step name) are Keras's symbolic ones. All results are held at once, so networks with
    large maps go step by step; so do other backends than TensorFlow.
    """
    if tensorflow is None or sum(step.output.cells for step in program.steps) > _MOST_AT_ONCE:
        return None
    asked = [id for id in program.outputs if wanted is None or id in wanted]
    ids = [id for id in asked if program.outputs[id] != INPUT]
    if not ids:  # the sample itself takes no computing
        return None
    way = keras.Function(inputs, [tensors[program.outputs[id]] for id in ids])

    def results(sample: Any) -> list[Any]:
        return [tensorflow.cast(values[0], tensorflow.float32) for values in way(sample)]

    compiled = for_one_sample(results, inputs)

    def passed(sample: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        for id in asked:
            if program.outputs[id] == INPUT:
                yield id, np.asarray(sample[0], "float32")
        for id, values in zip(ids, compiled(sample), strict=True):
            yield id, values.numpy()

    return passed


def leading_to(program: Program, names: set[str]) -> list[Step]:
    """The steps that lead to those of these names, themselves counted, in order."""
    needed, found = set(names), []
    for step in reversed(program.steps):
        if step.name in needed:
            found.append(step)
            needed.update(step.inputs)
    return found[::-1]


def tensors_from(program: Program, layers: Mapping[str, Any], name: str) -> tuple[Any, Any]:
    """Keras's symbolic input in place of that step's result, and the program's result, led through `layers`.

    Raises ValueError where a way leads past the step, so that its result alone does not decide what comes out.
    """
    needed, later = {program.result}, []
    for step in reversed(program.steps):
        if step.name in needed and step.name != name:
            later.append(step)
            needed.update(step.inputs)
    if INPUT in needed or name not in needed:
        raise ValueError(f"The result does not follow from {name} alone.")
    shape = next(s.output.shape for s in program.steps if s.name == name)
    start = keras.Input(shape)
    held: dict[str, Any] = {name: start}
    for step in reversed(later):
        given = [held[source] for source in step.inputs]
        held[step.name] = layers[step.name](given if len(given) > 1 else given[0])
    return start, held[program.result]


def tensors_to(program: Program, layers: Mapping[str, Any], name: str) -> tuple[Any, Any]:
    """Keras's symbolic input and the result of the step of that name, led through `layers` (by step name)."""
    held = tensors_of(program, layers, {name})
    return held[INPUT], held[name]


def tensors_of(program: Program, layers: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """Keras's symbolic input and results, by step name, of all steps that lead to those of these names."""
    held: dict[str, Any] = {INPUT: keras.Input(program.input_shape, name=INPUT)}
    for step in leading_to(program, names):
        given = [held[source] for source in step.inputs]
        held[step.name] = layers[step.name](given if len(given) > 1 else given[0])
    return held
