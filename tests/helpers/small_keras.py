"""A small Keras model on disk, for the digits: no TensorFlow is needed to try an import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tests.helpers.keras_files import entrance, keras_file, layer, text

if TYPE_CHECKING:
    from pathlib import Path

NAME = "small_net"
KERNEL = np.arange(36, dtype="float32").reshape(3, 3, 1, 4) / 36
_ARRAYS = {
    "layers/conv2d/vars/0": KERNEL,
    "layers/conv2d/vars/1": np.full(4, 0.5, "float32"),
    "layers/dense/vars/0": np.ones((4, 10), "float32"),
    "layers/dense/vars/1": np.zeros(10, "float32"),
}


def _model(*, odd: bool) -> dict[str, Any]:
    layers = [
        entrance((8, 8, 1)),
        layer("Conv2D", "conv2d", filters=4, kernel_size=[3, 3], activation="relu"),
        layer("GlobalAveragePooling2D", "pool"),
        layer("Dense", "dense", units=10, activation="softmax"),
    ]
    if odd:
        layers.insert(2, layer("Wobble", "wobble", strength=3))
    return {"module": "keras", "class_name": "Sequential", "config": {"name": NAME, "layers": layers}}


def model_text(*, odd: bool = False) -> str:
    """What `model.to_json()` gives for a classifier of four blocks; `odd` puts a layer in that nobody knows."""
    return text(_model(odd=odd)).decode()


def write_keras(path: Path, *, odd: bool = False) -> Path:
    """The same model with weights, as a `.keras` file."""
    path.write_bytes(keras_file(_model(odd=odd), _ARRAYS))
    return path
