"""A network and all that it learns with, set up from an experiment: what a run trains and what a trial tries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnstudio.core.code.samples import epoch_order
from cnnstudio.core.formats.weights_store import WeightsError
from cnnstudio.engine import devices
from cnnstudio.engine.augmenting import Augmenter
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras, layer_names
from cnnstudio.engine.data import load
from cnnstudio.engine.initial import give_weights
from cnnstudio.engine.learning import make_learner
from cnnstudio.engine.optimizers import compile_model
from cnnstudio.engine.running.control import RunError
from cnnstudio.engine.tasks import kit_for

if TYPE_CHECKING:
    import numpy as np

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.program import Program, Step
    from cnnstudio.engine.data import Dataset
    from cnnstudio.engine.learning import Learner, Plan
    from cnnstudio.engine.tasks import TaskKit


@dataclass(frozen=True, slots=True)
class Workbench:
    """A compiled model with the data of its experiment and its learner."""

    experiment: Experiment
    program: Program
    data: Dataset
    model: Any
    kit: TaskKit
    learner: Learner
    start: str
    """What the weights start from, in one sentence without its full stop; "" for fresh ones."""

    @property
    def steps_per_epoch(self) -> int:
        """Batches of the training part, the last one smaller."""
        return -(-len(self.data.training) // self.experiment.training.batch_size)

    def batches(self, epoch: int) -> list[np.ndarray]:
        """Indices into the training part, each sample once: the order follows from the seed and the epoch, from 1."""
        recipe = self.experiment.training
        order = epoch_order(len(self.data.training), recipe.seed, epoch)
        return [order[start : start + recipe.batch_size] for start in range(0, len(order), recipe.batch_size)]


def set_up(experiment: Experiment, design: Trace, plan: Plan | None = None) -> Workbench:
    """Load the data, build and compile the model, make its learner; to be called in the scope of the device.

    `plan`: as in `make_learner`. The same experiment gives the same weights each time. Raises DataError and RunError.
    """
    data = load(experiment.data)
    keras.utils.set_random_seed(experiment.training.seed)
    program = design.program()
    kit = _kit(experiment, program, data)
    with devices.model_scope(devices.resolve(experiment.training.device)):
        model = build_keras(program, precision=experiment.training.precision)
        compile_model(model, kit)
    start = _started_weights(model, program, experiment)
    augmenter = Augmenter(experiment.data.augmentation, data.info, experiment.training.seed)
    learner = make_learner(model, kit, data.training, augmenter, plan)
    return Workbench(experiment, program, data, model, kit, learner, start)


def begun_model(bench: Workbench) -> Any:
    """A model of its own with the weights that the first step of the experiment starts from.

    Raises RunError where it starts from a file that is gone.
    """
    keras.utils.set_random_seed(bench.experiment.training.seed)
    model = build_keras(bench.program, precision=bench.experiment.training.precision)
    _started_weights(model, bench.program, bench.experiment)
    return model


def _kit(experiment: Experiment, program: Program, data: Dataset) -> TaskKit:
    return kit_for(
        data.info,
        experiment.training,
        scores=program.gives_scores,
        noisy=experiment.data.preparation.added_noise > 0,
        counts=data.class_counts("training") if experiment.training.class_weights else (),
        samples=len(data.training),
    )


def _started_weights(model: Any, program: Program, experiment: Experiment) -> str:
    """Put the experiment's weights into the fresh model; the sentence that says which fit."""
    names = layer_names(program)

    def layer_of(step: Step) -> Any:
        return model.get_layer(names[step.name])

    try:
        return str(give_weights(program, layer_of, experiment) or "")
    except WeightsError as error:
        raise RunError(str(error)) from error
