"""The whole model as plain Keras saves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.engine.backend import keras
from cnnstudio.engine.exporting.code_models import answers_of
from cnnstudio.engine.exporting.stages import Stage, Writing, Written
from cnnstudio.engine.optimizers import compile_model

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.exporting import Wish
    from cnnstudio.engine.exporting.material import Material


def write_keras(material: Material, wish: Wish, path: Path) -> Writing:
    """`.keras`, compiled with Keras's own loss, so that others can evaluate it and train it further."""
    yield Stage("Writing")
    model = material.served
    compile_model(model, material.kit, for_others=True)
    model.optimizer.build(model.trainable_variables)  # else the file has fewer variables than its reader expects
    model.save(path)
    yield Stage("Opening again")
    opened = keras.models.load_model(path)  # our own file, made a moment ago: never someone else's
    return Written(answers_of(opened))
