"""What lies beside an exported model and says how to prepare samples for it and to read its answers: a JSON document.

Whoever uses the model somewhere else needs nothing of the studio but these few entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from cnnstudio.core.data.info import Task
from cnnstudio.core.formats.strict_json import Format, read_json, write_json

if TYPE_CHECKING:
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.exporting import Wish
    from cnnstudio.core.program import Program

NAME, MAJOR, MINOR = "cnnstudio-model", 1, 0


class SidecarInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model takes."""

    shape: tuple[int, ...]
    """Of one sample, channels last; a batch has one more axis in front."""
    resize: Literal["stretch", "crop", "pad"] = "stretch"
    """How a sample comes to that size, as Preparation has it."""
    white: float = 1.0
    """What is 255 in files of 8 bits, 65535 in those of 16 and 1 in other numbers; further steps are in the model."""
    batch: int | None = None
    """Samples that the model takes at once; None for as many as are given."""


class SidecarOutput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model answers."""

    shape: tuple[int, ...]
    """For one sample."""
    scores: bool = False
    """Whether answers are raw scores that no curve has brought to shares or chances yet."""
    mean: tuple[float, ...] = ()
    """Of each channel, where samples come out as they were standardised: a sample is output / scale + mean."""
    scale: tuple[float, ...] = ()
    meaning: str = ""
    """How to read it, in a sentence."""


class Sidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The document."""

    format: str
    name: str
    """Of the experiment."""
    file: str
    """Name of the model's file or folder, in the same folder."""
    form: str
    """One of `exporting.FORMATS`."""
    quantise: Literal["none", "float16", "dynamic", "int8"]
    task: Literal["classification", "multi-label", "segmentation", "reconstruction", "detection"]
    input: SidecarInput
    output: SidecarOutput
    classes: tuple[str, ...] = ()
    """Names, in the order of the class indices."""
    epoch: int = 0
    """That the weights come from; 0 for a network that was not trained."""


FORM = Format(NAME, MAJOR, MINOR, "the description of an exported model", Sidecar, (SidecarInput, SidecarOutput))

_MEANINGS = {
    Task.CLASSIFICATION: "A share for each class; together they are 1.",
    Task.MULTILABEL: "For each class the chance that it is there, each by itself.",
    Task.SEGMENTATION: "For each position a share for each class; the largest is the answer.",
    Task.RECONSTRUCTION: "The sample that comes out, in the size of the input.",
    Task.DETECTION: "For each cell, for each class the chance that the middle of such an object lies in it; then how "
    "far its left, top, right and bottom edges are from the middle of the cell, as shares of width and height.",
}
_SCORES = {
    Task.CLASSIFICATION: "A raw score for each class; softmax makes shares of them.",
    Task.MULTILABEL: "A raw score for each class; the logistic function makes chances of them.",
    Task.SEGMENTATION: "For each position a raw score for each class; the largest is the answer.",
    Task.DETECTION: f"Raw scores; the logistic function makes of them: {_MEANINGS[Task.DETECTION]}",
}


def meaning(task: Task, *, scores: bool) -> str:
    """How answers are read, in a sentence."""
    return _SCORES.get(task, _MEANINGS[task]) if scores else _MEANINGS[task]


def sidecar_of(
    wish: Wish,
    experiment: Experiment,
    program: Program,
    info: DataInfo,
    *,
    white: float,
    mean: tuple[float, ...] = (),
    scale: tuple[float, ...] = (),
    epoch: int = 0,
) -> Sidecar:
    """The description of what `wish` writes. `mean` and `scale` are those that samples were standardised by, if any."""
    task, scores = info.task, program.gives_scores and info.task is not Task.RECONSTRUCTION
    shape = next(step.output.shape for step in program.steps if step.name == program.result)
    undone = (mean, scale) if task is Task.RECONSTRUCTION else ((), ())
    return Sidecar(
        FORM.head,
        experiment.name,
        wish.path.name,
        wish.format,
        wish.quantise,
        task.value,
        SidecarInput(tuple(program.input_shape), experiment.data.preparation.resize, white, wish.form.batch),
        SidecarOutput(tuple(shape), scores, *undone, meaning=meaning(task, scores=scores)),
        tuple(info.class_names),
        epoch,
    )


def sidecar_text(sidecar: Sidecar) -> str:
    """The document as it lies beside the model."""
    return write_json(msgspec.to_builtins(sidecar))


def read_sidecar(text: str | bytes, place: str) -> Sidecar:
    """The description in a document; `place` names it in errors. Raises FileError."""
    return read_json(text, place, FORM)
