"""The trained model of a run as a file to take away. Every export is opened again by its own runtime and compared."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.data.info import Task
from cnnstudio.core.declare import closest
from cnnstudio.core.formats.weights_store import WeightsError
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras, layer_names
from cnnstudio.engine.data import DataError, Dataset, load
from cnnstudio.engine.initial import give_weights
from cnnstudio.engine.optimizers import compile_model
from cnnstudio.engine.running.control import PlaceError, RunError
from cnnstudio.engine.tasks import kit_for
from cnnstudio.engine.using.trained import open_run

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment

_BATCH = 64
_EQUAL = 1e-5


class ExportError(Exception):
    """The model cannot be exported: one sentence for the person, and details for a report."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class ExportPlaceError(ExportError):
    """The run's folder, or where the file is to go, is at fault, not what was trained."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was written, opened again and compared with the model on the test part.

    Where the person's files are not there any more it is compared on noise: what was learned can still be taken away.
    """

    path: Path
    bytes: int
    max_abs_difference: float
    agreement: float
    """Share of samples (pixels) with the same predicted class; for tasks without one, of values equal to 1e-5."""


def export_run(directory: str | Path, format: str, path: str | Path) -> Export:
    """Write the model that the run in `directory` has learned (its last weights) to `path`.

    Nothing lies at `path` unless the file was opened again and compared. Raises ExportError.
    """
    return _exported(lambda: _trained_model(Path(directory)), format, Path(path))


def export_experiment(experiment: Experiment, format: str, path: str | Path) -> Export:
    """The same for an experiment whose weights were imported and all fit: its model as it is before training.

    Raises ExportError.
    """
    return _exported(lambda: _imported_model(experiment), format, Path(path))


def _exported(made: Callable[[], tuple[Any, Dataset]], format: str, target: Path) -> Export:
    if format not in _WRITERS:
        raise ExportError(f'There is no export format "{format[:40]}". {closest(format, _WRITERS)}')
    write, suffix = _WRITERS[format]
    if target.suffix != suffix:
        wrong = f'A file of format "{format}" ends in {suffix}, but "{target.name}" does not: rename it.'
        raise ExportPlaceError(wrong)
    model, data = made()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as room:
            part = Path(room) / f"model{suffix}"
            difference, agreement = write(model, data, part)
            size = part.stat().st_size
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(target)
    except OSError as error:
        why = error.strerror or str(error)
        raise ExportPlaceError(f'"{target}" cannot be written ({why}): choose another place.', repr(error)) from error
    return Export(target, size, difference, agreement)


def _trained_model(folder: Path) -> tuple[Any, Dataset]:
    """The run's model with its last weights, built from the run's own experiment."""
    try:
        opened = open_run(folder)
        experiment, program = opened.experiment, opened.design.program()
        model = build_keras(program)
        opened.give_weights(model)
    except PlaceError as error:
        raise ExportPlaceError(error.message) from error
    except RunError as error:
        raise ExportError(error.message, error.details) from error
    data = _data_of(experiment)
    compile_model(model, kit_for(data.info, experiment.training, scores=program.gives_scores), for_others=True)
    model.optimizer.build(model.trainable_variables)  # else the file has fewer variables than its reader expects
    return model, data


def _data_of(experiment: Experiment) -> Dataset:
    """The samples to compare on; where the person's files are gone or changed, noise of the same shape."""
    try:
        return load(experiment.data)
    except DataError:
        info = experiment.data.info()
        noise = Noise(shape=info.input_shape, classes=max(2, info.classes), count=_BATCH)
        stand_in = noise.having("task", info.task.value)
        return dataclasses.replace(load(DataRecipe(source=stand_in)), info=info)


def _imported_model(experiment: Experiment) -> tuple[Any, Dataset]:
    """The experiment's model with the weights that it starts from."""
    if not experiment.weights:
        raise ExportError(f"{experiment.name} has no weights: train it first, and export the run.")
    design = trace(experiment.architecture, experiment.data.info())
    errors = [d for d in lint(design) if d.severity is Severity.ERROR]
    if errors:
        raise ExportError(f"The design has errors, so there is no model. {errors[0].block}: {errors[0].message}")
    program = design.program()
    model = build_keras(program)
    names = layer_names(program)
    try:
        start = give_weights(program, lambda step: model.get_layer(names[step.name]), experiment)
    except WeightsError as error:
        raise ExportError(str(error)) from error
    if start is not None and not start.is_whole:
        raise ExportError(f"{start}. Train it first, and export the run: fresh weights have learned nothing.")
    data = _data_of(experiment)
    compile_model(model, kit_for(data.info, experiment.training, scores=program.gives_scores), for_others=True)
    model.optimizer.build(model.trainable_variables)
    return model, data


def _write_keras(model: Any, data: Dataset, path: Path) -> tuple[float, float]:
    model.save(path)
    opened = keras.models.load_model(path)  # our own file, made a moment ago: never someone else's
    return compare(model, opened, data)


_Writer: TypeAlias = Callable[[Any, Dataset, Path], tuple[float, float]]
_WRITERS: dict[str, tuple[_Writer, str]] = {"keras": (_write_keras, ".keras")}
FORMATS = tuple(_WRITERS)


def compare(model: Any, opened: Any, data: Dataset) -> tuple[float, float]:
    """Largest difference of two models' outputs on the test part, and the share of equal answers."""
    largest, equal, total = 0.0, 0, 0
    for inputs, _ in data.test.batches(_BATCH):
        ours, theirs = (np.asarray(m.predict_on_batch(inputs)) for m in (model, opened))
        gap = np.abs(ours - theirs)
        largest = max(largest, float(gap.max()))
        one_class = data.info.task in (Task.CLASSIFICATION, Task.SEGMENTATION)
        same = ours.argmax(-1) == theirs.argmax(-1) if one_class else gap <= _EQUAL
        equal, total = equal + int(same.sum()), total + same.size
    return largest, equal / total
