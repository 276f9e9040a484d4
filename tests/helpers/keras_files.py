"""Keras files written by hand, as Keras writes them: no TensorFlow is needed to try an import."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

NAME = "small_net"
KERNEL = np.arange(36, dtype="float32").reshape(3, 3, 1, 4) / 36


def _layer(kind: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}


def model_text(*, odd: bool = False) -> str:
    """What `model.to_json()` gives for a small classifier of the digits; `odd` puts a layer in that nobody knows."""
    layers = [
        _layer("InputLayer", batch_shape=[None, 8, 8, 1], dtype="float32", name="input_layer"),
        _layer("Conv2D", name="conv2d", filters=4, kernel_size=[3, 3], activation="relu"),
        _layer("GlobalAveragePooling2D", name="pool"),
        _layer("Dense", name="dense", units=10, activation="softmax"),
    ]
    if odd:
        layers.insert(2, _layer("Wobble", name="wobble", strength=3))
    return json.dumps({
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": NAME, "layers": layers, "build_input_shape": [None, 8, 8, 1]},
        "registered_name": None,
    })  # fmt: skip


def write_keras(path: Path, *, odd: bool = False) -> Path:
    """The same model with weights, as a `.keras` file."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        for name, arrays in (
            ("conv2d", (KERNEL, np.full(4, 0.5, "float32"))),
            ("dense", (np.ones((4, 10), "float32"), np.zeros(10, "float32"))),
        ):
            group = file.create_group(f"layers/{name}/vars")
            group.attrs["name"] = name
            for number, array in enumerate(arrays):
                group[str(number)] = array
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}))
        archive.writestr("config.json", model_text(odd=odd))
        archive.writestr("model.weights.h5", weights.getvalue())
    return path
