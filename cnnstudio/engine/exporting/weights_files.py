"""The numbers alone, for the model that generated code builds: as Keras keeps them, and as safetensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.code.source import to_python
from cnnstudio.core.formats.weights_file import WeightsFile, write_weights
from cnnstudio.engine.backend import keras
from cnnstudio.engine.exporting.code_models import answers_of, built
from cnnstudio.engine.exporting.stages import Stage, Writing, Written
from cnnstudio.engine.running.weights_writing import save_weights

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.exporting import Wish
    from cnnstudio.engine.exporting.material import Material


def write_keras_weights(material: Material, wish: Wish, path: Path) -> Writing:
    """`.weights.h5`, as `Model.load_weights` takes it."""
    yield Stage("Writing")
    save_weights(material.served, path)
    yield Stage("Opening again")
    model = built(to_python(material.served_program))
    model.load_weights(path)
    return Written(answers_of(model))


def write_safetensors(material: Material, wish: Wish, path: Path) -> Writing:
    """Arrays named LAYER/WEIGHT, as the layers of the generated code and their weights are called."""
    yield Stage("Writing")
    layers = material.served.layers
    arrays = {f"{layer.name}/{w.name}": keras.ops.convert_to_numpy(w) for layer in layers for w in layer.weights}
    write_weights(arrays, path)
    yield Stage("Opening again")
    model, saved = built(to_python(material.served_program)), WeightsFile(path)
    for layer in model.layers:
        for weight in layer.weights:
            weight.assign(saved.read(f"{layer.name}/{weight.name}"))
    return Written(answers_of(model))
