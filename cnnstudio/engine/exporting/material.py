"""What is taken away: the network of a run or of a design, and the samples that it is compared on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.data.files import ArrayFile, FileSource
from cnnstudio.core.formats.run_folder import EXPERIMENT
from cnnstudio.core.formats.weights_store import WeightsError, adopt
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras, layer_names
from cnnstudio.engine.data import DataError, Dataset, load
from cnnstudio.engine.exporting.errors import ExportError, ExportPlaceError
from cnnstudio.engine.exporting.front import Front
from cnnstudio.engine.exporting.pictures import outline_of
from cnnstudio.engine.initial import give_weights
from cnnstudio.engine.running.control import PlaceError, RunError
from cnnstudio.engine.tasks import kit_for
from cnnstudio.engine.using.trained import open_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_folder import Which
    from cnnstudio.core.program import Program
    from cnnstudio.engine.data.dataset import Finish
    from cnnstudio.engine.tasks import TaskKit

BATCH = 64
"""Samples that are asked about together."""


class Asked(NamedTuple):
    """Samples of a part that file and network are asked about."""

    raw: np.ndarray
    """As a file takes them: what `Material.served` and every exported model take, float32 (n, ...)."""
    inputs: np.ndarray
    """The same prepared as in training: what `Material.model` takes, float32 (n, ...)."""
    targets: np.ndarray
    """As `Part.batch` gives them."""


@dataclass(frozen=True)
class Material:
    """A network that is ready to be written in any form."""

    experiment: Experiment
    started: Experiment
    """The same with the weights that it starts from, if any."""
    design: Trace
    program: Program
    model: Any
    """Keras model in float32, whatever it was trained in. It takes samples prepared as in training."""
    data: Dataset
    stand_in: bool
    """Whether the data are noise, because the person's files are gone or have changed."""
    kit: TaskKit
    finish: Finish
    """The last steps of preparation, from samples as they are kept to what `model` takes."""
    trained: bool
    epoch: int = 0
    """That the weights come from."""

    @cached_property
    def front(self) -> Front:
        """What stands before the network in every file."""
        return Front(_has_bytes(self.experiment, None if self.stand_in else self.data), self.finish)

    @cached_property
    def served_program(self) -> Program:
        """The program behind its front: what the files compute."""
        return self.front.before(self.program)

    @cached_property
    def served(self) -> Any:
        """Flat Keras model of `served_program` with the weights of `model`. It takes values as they are in the files.

        Built for this, so a writer may compile it. A twin of it takes `give_weights`.
        """
        made = build_keras(self.served_program)
        self.give_weights(made)
        return made

    def give_weights(self, model: Any) -> None:
        """Put what was learned into a model whose layers have the names of those of `model`, all or some."""
        learned = {layer.name: layer for layer in self.model.layers if layer.weights}
        for layer in model.layers:
            if layer.weights and layer.name in learned:
                layer.set_weights(learned[layer.name].get_weights())

    def samples(self, part: str = "test", size: int = BATCH, most: int | None = None) -> Iterator[Asked]:
        """The part in order, `size` samples at a time, with the noise in which it is judged; `most`: no more than so
        many, spread evenly over it.
        """
        chosen = self.data.parts[part]
        count = len(chosen)
        numbers = np.linspace(0, count - 1, count if most is None else min(count, most)).astype(int)
        for start in range(0, len(numbers), size):
            rows = numbers[start : start + size]
            fetched = chosen.store.fetch(chosen.rows[rows])
            kept = fetched[0]
            noise = chosen.noise_of(rows, 0)
            inputs = self.finish(kept) if noise is None else self.finish(kept) + noise
            yield Asked(self.front.noisy(self.front.raw(kept), noise), inputs, chosen.finished(fetched)[1])


def of_run(folder: Path, which: Which = "last") -> Material:
    """The network that the run in `folder` has learned. Raises ExportError."""
    try:
        opened = open_run(folder)
        program = opened.design.program()
        model = build_keras(program)
        epoch = opened.give_weights(model, which)
        finish = opened.finish()
    except PlaceError as error:
        raise ExportPlaceError(error.message) from error
    except RunError as error:
        raise ExportError(error.message, error.details) from error
    if opened.started.weights:
        adopt(opened.started.weights, folder / EXPERIMENT)  # for code, which starts from them; it says if they are gone
    data, stand_in = _data_of(opened.experiment)
    kit = kit_for(data.info, opened.experiment.training, scores=program.gives_scores)
    return Material(
        opened.experiment, opened.started, opened.design, program, model, data, stand_in, kit, finish, True, epoch
    )


def of_experiment(experiment: Experiment) -> Material:
    """The network of a design as it is before training: with imported weights where it starts from some, else fresh
    ones of the recipe's seed. Raises ExportError.
    """
    design = outline_of(experiment).design
    program = design.program()
    keras.utils.set_random_seed(experiment.training.seed)
    model = build_keras(program)
    names = layer_names(program)
    try:
        give_weights(program, lambda step: model.get_layer(names[step.name]), experiment)
    except WeightsError as error:
        raise ExportError(str(error)) from error
    data, stand_in = _data_of(experiment)
    kit = kit_for(data.info, experiment.training, scores=program.gives_scores)
    return Material(experiment, experiment, design, program, model, data, stand_in, kit, data.test.finish, False)


def _data_of(experiment: Experiment) -> tuple[Dataset, bool]:
    """The samples to compare on; where the person's files are gone or changed, noise of the same shape."""
    try:
        return load(experiment.data), False
    except DataError:
        info = experiment.data.info()
        noise = Noise(shape=info.input_shape, classes=max(2, info.classes), count=BATCH)
        stand_in = noise.having("task", info.task.value)
        return dataclasses.replace(load(DataRecipe(source=stand_in)), info=info), True


def _has_bytes(experiment: Experiment, data: Dataset | None) -> bool:
    """Whether the samples of the files have 8 bits; without the data, whether files like these usually have."""
    if data is not None:
        kept, _ = data.test.store.fetch(data.test.rows[:1])
        return kept.dtype == np.uint8
    source = experiment.data.source
    return isinstance(source, FileSource) and not isinstance(source, ArrayFile) and experiment.data.info().rank == 2
