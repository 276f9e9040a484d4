"""Where Keras puts a layer's weights in the file: by its class and by how many of that class came before it."""

from __future__ import annotations

import re
from typing import Any

from cnnstudio.core.keras_import.operations import is_operation


def snake_case(class_name: str) -> str:
    """A class name as Keras makes it part of a path: "BatchNormalization" -> "batch_normalization"."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def group_names(model: dict[str, Any]) -> list[str]:
    """The group of each layer of a model: "layers/conv2d", "layers/conv2d_1"; "" for calls that are no layers.

    A Sequential does not count its InputLayer, and operations such as + are not counted at all.
    """
    count: dict[str, int] = {}
    names = []
    sequential = model["class_name"] == "Sequential"
    for layer in model["config"]["layers"]:
        if is_operation(layer) or (sequential and layer["class_name"] == "InputLayer"):
            names.append("")
            continue
        stem = snake_case(layer["class_name"])
        number = count.get(stem, 0)
        count[stem] = number + 1
        names.append(f"layers/{stem}_{number}" if number else f"layers/{stem}")
    return names
