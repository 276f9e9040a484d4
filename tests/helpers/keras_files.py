"""Files as Keras saves them, put together by hand, so that each part can be made wrong on purpose. No Keras here."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHAPE = (6, 6, 2)
MODEL: dict[str, Any] = {"module": "keras.src.models.functional", "class_name": "Functional"}


def tensor(layer: str, shape: tuple[int, ...], call: int = 0, output: int = 0) -> dict[str, Any]:
    """A tensor as the call of a layer names it."""
    config = {"shape": [None, *shape], "dtype": "float32", "keras_history": [layer, call, output]}
    return {"class_name": "__keras_tensor__", "config": config}


def layer(kind: str, name: str, *calls: list[Any], **config: Any) -> dict[str, Any]:
    """A layer of a functional model; each call is the list of its positional arguments."""
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, "trainable": True, "dtype": "float32", **config},
        "registered_name": None,
        "name": name,
        "inbound_nodes": [{"args": arguments, "kwargs": {}} for arguments in calls],
    }


def entrance(shape: tuple[int | None, ...] = SHAPE, name: str = "images") -> dict[str, Any]:
    """An InputLayer."""
    return layer("InputLayer", name, batch_shape=[None, *shape])


def functional(*layers: dict[str, Any], name: str = "net", **config: Any) -> dict[str, Any]:
    """A functional model from its first layer to its last."""
    ends = {"input_layers": [layers[0]["name"], 0, 0], "output_layers": [layers[-1]["name"], 0, 0]}
    return {**MODEL, "config": {"name": name, "layers": list(layers), **ends, **config}}


def small() -> dict[str, Any]:
    """Conv2D, Flatten and Dense with softmax over three classes."""
    return functional(
        entrance(),
        layer(
            "Conv2D",
            "Conv.1",
            [tensor("images", SHAPE)],
            filters=4,
            kernel_size=[3, 3],
            strides=[1, 1],
            padding="valid",
            activation="relu",
        ),
        layer("Flatten", "flat", [tensor("Conv.1", (4, 4, 4))]),
        layer("Dense", "answer", [tensor("flat", (64,))], units=3, activation="softmax"),
    )


def small_weights() -> dict[str, np.ndarray]:
    """Weights of `small` by their paths in the file."""
    rng = np.random.default_rng(0)
    shapes = {
        "layers/conv2d/vars/0": (3, 3, 2, 4),
        "layers/conv2d/vars/1": (4,),
        "layers/dense/vars/0": (64, 3),
        "layers/dense/vars/1": (3,),
    }
    return {path: rng.normal(size=shape).astype("float32") for path, shape in shapes.items()}


def weights_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """An HDF5 file of these arrays."""
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        for path, array in arrays.items():
            root[path] = array
    return file.getvalue()


def learned() -> dict[str, list[np.ndarray]]:
    """Arrays of the layers of a small network by their names."""
    rng = np.random.default_rng(1)
    shapes: dict[str, list[tuple[int, ...]]] = {
        "input": [],
        "conv_1": [(3, 3, 2, 4), (4,)],
        "norm": [(4,)] * 4,
        "output": [(64, 3), (3,)],
    }
    return {name: [rng.normal(size=shape).astype("float32") for shape in each] for name, each in shapes.items()}


def run_weights_bytes(layers: Mapping[str, Sequence[np.ndarray]]) -> bytes:
    """What Keras writes of a model with these layers: places count the kinds of layers, names stand beside them."""
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        for number, (name, arrays) in enumerate(layers.items()):
            group = root.create_group(f"layers/kind_{number}/vars")
            group.attrs["name"] = name
            for place, array in enumerate(arrays):
                group[str(place)] = array
        root.create_group("vars").attrs["name"] = "functional"
        root.create_group("optimizer/vars").attrs["name"] = "adam"
        root["optimizer/vars/0"] = np.int64(12)
    return file.getvalue()


def text(model: dict[str, Any]) -> bytes:
    """What `to_json()` gives."""
    return json.dumps(model).encode()


def archive(members: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A ZIP of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        for path, data in members.items():
            made.writestr(path, data)
    return file.getvalue()


def keras_file(model: dict[str, Any] | None = None, arrays: Mapping[str, np.ndarray] | None = None) -> bytes:
    """A whole `.keras` file, of `small` if nothing else is said."""
    members = {
        "metadata.json": b'{"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}',
        "config.json": text(model or small()),
        "model.weights.h5": weights_bytes(small_weights() if arrays is None else arrays),
    }
    return archive(members)
