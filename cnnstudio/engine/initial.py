"""The weights that an experiment starts from, given to the layers of its network where they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.core.formats.weights_file import WeightsFile
from cnnstudio.core.formats.weights_store import find
from cnnstudio.core.initial_weights import Start, start_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.program import Program, Step


def give_weights(program: Program, layer_of: Callable[[Step], Any], experiment: Experiment) -> Start | None:
    """Assign the weights that the experiment starts from to the built layers of its program.

    What does not fit keeps the fresh weights that it has. Returns which do, None for an experiment that starts fresh.
    Raises WeightsError for a file that is missing or damaged; then no layer has changed.
    """
    if not experiment.weights:
        return None
    file = WeightsFile(find(experiment.weights))
    start = start_of(experiment, program, file.shapes)
    for step in program.steps:
        if step.weights:
            variables = {v.name: v for v in layer_of(step).weights}
            for weight in step.weights:
                if (name := start.taken.get((step.name, weight.name))) is not None:
                    variables[weight.name].assign(file.read(name))
    return start
