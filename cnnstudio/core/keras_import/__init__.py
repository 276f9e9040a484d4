"""Reading models that Keras saved: `.keras` files and the text of `model.to_json()`, translated into blocks.

The studio never lets Keras read a file of a stranger. The configuration is read here as plain JSON and each layer that
the catalogue can express becomes a block; the others become Opaque blocks that keep their class and configuration.
Nothing in a file is executed, imported by name or unpickled, and every fault is one sentence.
"""

from __future__ import annotations

import io
import re
import stat
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, TypeAlias

from cnnstudio.core.architecture import MAX_BLOCKS, Architecture
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.strict_json import MAX_BYTES, FileError
from cnnstudio.core.initial_weights import with_weights
from cnnstudio.core.keras_import.assemble import Draft, assemble, groups_of
from cnnstudio.core.keras_import.container import Container, open_container
from cnnstudio.core.keras_import.ending import end
from cnnstudio.core.keras_import.records import read_records
from cnnstudio.core.keras_import.weights import read_weights
from cnnstudio.core.placing.layout import arrange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy as np

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.recipe import DataRecipe

__all__ = ["FileError", "Imported", "WeightArray", "read_model", "read_model_file"]

WeightArray: TypeAlias = "np.ndarray"
"""One weight as float32, of the shape that the program's `Weight` of that name has."""


@dataclass(frozen=True)
class Imported:
    """What a Keras file came to."""

    experiment: Experiment
    """The design, laid out, with `Noise` as its data: a stand-in with the samples' shape and the number of classes.

    `experiment.weights` is "": the caller stores `weights` and puts the fingerprint in.
    """
    weights: Mapping[str, WeightArray]
    """Values under "STEP/WEIGHT": `Step.name` and `Weight.name` of the program that tracing the architecture yields.

    All of a step's weights are there or none. Empty for a file without weights. Each imported block lays one step,
    named like the block. The layer of a step is found with `engine.build.layer_names`, its weights, in the order of
    `Step.weights`, are `layer.weights`.
    """
    notes: tuple[str, ...] = ()
    """A sentence for everything that was not carried over one to one; empty where the design says all."""


def read_model(data: bytes, name: str) -> Imported:
    """Translate the bytes of a `.keras` file, or of the text of `to_json()`; `name` names the file in sentences.

    Raises FileError with one sentence.
    """
    return _read(io.BytesIO(data), name)


def read_model_file(path: Path) -> Imported:
    """Like `read_model`, for a file on disk, whose weights are then not in memory twice. Raises FileError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileError(f"{path} is not a file; choose a .keras file, or the JSON text of a model.")
        with path.open("rb") as file:
            return _read(file, path.name)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error


def _read(file: IO[bytes], name: str) -> Imported:
    container = open_container(file, name)
    model = read_records(container.config, name)
    shape = concrete(model.input_shape)
    if problem := _shape_problem(shape):
        raise FileError(f"{name} takes samples that no design can: {problem}")
    draft = assemble(model, shape)
    if shape != model.input_shape:
        draft.notes.add(
            f"The model takes samples of any size; Input is set to {' x '.join(map(str, shape))} until you change it."
        )
    data = end(draft)
    weights = read_weights(draft, container.weights, name)
    _note_file(draft, container)
    experiment = _experiment(draft, data, weights, (model.name, name, container.keras_version))
    return Imported(experiment, MappingProxyType(weights), draft.notes.sentences())


def _note_file(draft: Draft, container: Container) -> None:
    if container.weights is None:
        draft.notes.add("The file has no weights: the network starts from fresh ones.")
        for layer in draft.initialised:
            draft.notes.add("Fresh weights are drawn by Keras's defaults, not by the initialisers of {layers}.", layer)
    if container.config.get("compile_config"):
        draft.notes.add("Optimizer, loss and metrics of the file are not carried over: see the training recipe.")
    if container.left_out:
        draft.notes.add(f"Of the file, {len(container.left_out):,} further members are not read.")


_UNKNOWN_SIZES = {1: 256, 2: 224, 3: 64}
"""Cells of an axis of any size: what networks for signals, images and volumes are often given."""


def concrete(shape: tuple[int | None, ...]) -> Shape:
    """The sample shape with sizes in the place of open ones."""
    size = _UNKNOWN_SIZES.get(len(shape) - 1, 16)
    return tuple(size if n is None else n for n in shape)


_LIKE_A_FINGERPRINT = "0" * 64


def _shape_problem(shape: Shape) -> str | None:
    parameter = spec_class("Input").parameter("shape")
    return None if parameter is None else parameter.problem(shape)


def _experiment(draft: Draft, data: DataRecipe, weights: Iterable[str], named: tuple[str, str, str]) -> Experiment:
    """`named` are the model, the file and the version of Keras. Raises FileError where it could not be saved."""
    model, file, version = named
    blocks = tuple(draft.blocks.values())
    if len(blocks) > MAX_BLOCKS:
        raise FileError(f"{file} would become {len(blocks):,} blocks; a design holds at most {MAX_BLOCKS:,}.")
    architecture = Architecture.of(blocks, groups_of(draft))
    places = arrange(architecture)
    architecture = architecture.made_of(b.at(*places[b.id]) for b in blocks)
    automatic = re.fullmatch(r"(functional|sequential|model)(_\d+)?", model)
    name = file.rpartition("/")[2].rsplit(".", 1)[0] if automatic or not model else model
    written = f" by Keras {version[:20]}" if version else ""
    experiment = Experiment(
        name=name[:200] or "Untitled",
        description=f"Imported from {file[:200]}, written{written}." if written else f"Imported from {file[:200]}.",
        architecture=architecture,
        data=data,
    )
    size = len(write_experiment(with_weights(experiment, _LIKE_A_FINGERPRINT, weights)).encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise FileError(
            f"{file} would become an experiment of {size:,} bytes, but an experiment file has at most {MAX_BYTES:,}: "
            "import a part of the model."
        )
    return experiment
