"""Forms that other runtimes read: converted from the twin, opened by these and tried, or refused with the block."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.engine.backend import backend, tensorflow
from cnnstudio.engine.exporting.comparing import ASTRAY, ROOM, gap, highest_of
from cnnstudio.engine.exporting.errors import ExportError
from cnnstudio.engine.exporting.quiet import quietly
from cnnstudio.engine.exporting.stages import Stage
from cnnstudio.engine.exporting.twin import block_of, twin_of, twins_of_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cnnstudio.core.program import Step
    from cnnstudio.engine.exporting.material import Material
    from cnnstudio.engine.exporting.stages import Predict
    from cnnstudio.engine.exporting.twin import Rules, Twin

_TRIED = 4
"""Samples on which a fresh file is tried before it counts as one."""


@dataclass(frozen=True)
class Foreign:
    """A form of others, and how it is made."""

    title: str
    rules: Rules
    """What is rewritten for it."""
    batch: int | None
    """Samples that the file takes at a time; None: any number."""
    convert: Callable[[Twin, Path], None]
    """Writes a twin to a path. It may print and raise what it likes."""
    open: Callable[[Path], Predict]
    """The file in its own runtime."""
    exact: bool = True
    """Whether it has to answer as the network does, apart from rounding; else any number will do."""
    instead: str = "choose Keras or SavedModel"
    """What to do where it cannot express a network."""


class _OffError(Exception):
    """The file does not answer as the network does."""


def check_backend(title: str) -> None:
    """Raise ExportError where Keras computes with something else than TensorFlow, which the converters read."""
    if tensorflow is None:
        raise ExportError(
            f"{title} is written by way of TensorFlow, but Keras computes with {backend} here: start the program "
            "without KERAS_BACKEND, or choose Keras or Safetensors."
        )


def convert(material: Material, form: Foreign, path: Path) -> Generator[Stage, None, tuple[Predict, Twin]]:
    """Write, open again and try on a few samples. Raises ExportError that names the block that cannot be expressed."""
    check_backend(form.title)
    yield Stage("Rewriting what the form has no word for")
    twin = twin_of(material, form.rules, form.batch)
    yield Stage("Converting")
    asked = next(iter(material.samples(size=_TRIED)))
    wanted = np.asarray(material.model.predict_on_batch(asked.inputs))
    try:
        with quietly() as heard:
            return _made(form, twin, path, asked.raw, wanted), twin
    except (OSError, MemoryError):
        raise  # the place or the machine is at fault, not the network
    except Exception as error:  # each converter and each runtime has classes of its own
        path.unlink(missing_ok=True)
        details = "".join(traceback.format_exception(error)) + heard.text
        if not np.isfinite(wanted).all():  # no block is at fault
            raise ExportError(f"{form.title} cannot express this network, as {ASTRAY}", details) from error
        step = yield from _culprit(material, form, path.name)
        raise _refusal(material, form, step, details) from error


def _made(form: Foreign, twin: Twin, path: Path, samples: np.ndarray, wanted: np.ndarray) -> Predict:
    """Raises whatever converter and runtime may raise, or _OffError."""
    form.convert(twin, path)
    predict = form.open(path)
    answers = predict(samples)
    if answers.shape != wanted.shape:
        raise _OffError(f"Its answers have the shape {answers.shape} instead of {wanted.shape}.")
    highest, off = max(1.0, highest_of(wanted)), float(gap(wanted, answers).max(initial=0.0))
    if form.exact and off > ROOM * highest:
        raise _OffError(f"Its answers are off by {off:g}, where the largest is {highest:g}.")
    if np.isinf(off):
        raise _OffError("Some of its answers are no numbers.")
    return predict


def _culprit(material: Material, form: Foreign, name: str) -> Generator[Stage, None, Step | None]:
    """The first step that the form cannot do by itself, on samples drawn at random."""
    draw = np.random.default_rng(0)
    total = len(material.served_program.steps)
    with TemporaryDirectory() as room:
        for number, (place, twin) in enumerate(twins_of_steps(material, form.rules, form.batch)):
            yield Stage("Looking for the block that cannot be written", number, total)
            samples = draw.normal(size=(_TRIED, *place.shapes[0])).astype("float32")
            count = len(place.step.inputs)
            wanted = np.asarray(place.layer([samples] * count if count > 1 else samples))
            try:
                with quietly():
                    _made(form, twin, Path(room) / name, samples, wanted)
            except (OSError, MemoryError):
                raise
            except Exception:  # see `convert`
                return place.step
    return None


def _refusal(material: Material, form: Foreign, step: Step | None, details: str) -> ExportError:
    """Names the block that fails by itself, else the one that the converter speaks of."""
    block = step.block if step is not None else block_of(details, material.served_program)
    if not block:
        return ExportError(
            f"{form.title} cannot express this network as a whole, though it can each of its blocks: {form.instead}.",
            details,
        )
    layer = "" if step is None else f" (its layer {step.layer})"
    return ExportError(
        f'{form.title} cannot express the block "{block}"{layer}, and no exact equivalent is known: {form.instead}, '
        "or put another block in its place.",
        details,
    )
