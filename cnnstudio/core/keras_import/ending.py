"""The model's end: its last layer as the Output block, where that does the same, and a data source that fits."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data_info import Task
from cnnstudio.core.recipe import DataRecipe, Noise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.architecture import Block
    from cnnstudio.core.keras_import.assemble import Draft

MOST_VALUES = 32 * 1024 * 1024
"""Values of all samples that stand in for data: 128 MB as float32."""


def end(draft: Draft) -> DataRecipe:
    """Put Output in the place of the last layer if it fits; the data that stand in. Adds notes to the draft."""
    for id in draft.other_results:
        draft.notes.add("A design has one Output; the further outputs of the model, {layers}, end without one.", id)
    found = _output(draft)
    if found is None:
        _say_what_is_missing(draft)
        return _data(draft, Task.CLASSIFICATION, 10)
    last, task, units, values, behind = found
    block = draft.blocks[last]
    draft.blocks[last] = replace(block, spec=spec_class("Output")(**values))
    if behind:  # the curve is now part of Output
        del draft.blocks[behind]
        draft.members = {k: [m for m in v if m != behind] for k, v in draft.members.items()}
    draft.result = last
    if values["activation"] == "linear" and task is not Task.RECONSTRUCTION:
        draft.notes.add(
            "The model ends in raw scores, without softmax, and so does its Output {layers}: before you train it here, "
            "set its activation to auto, as the loss is worked out from probabilities.",
            last,
        )
    return _data(draft, task, units)


def _output(draft: Draft) -> tuple[str, Task, int, dict[str, Any], str] | None:
    """The block to replace, task, number of classes, Output's parameters, and the block of a curve behind it."""
    readers: dict[str, list[str]] = {}
    for block in draft.blocks.values():
        for source in block.inputs:
            readers.setdefault(source, []).append(block.id)
    last, curve, behind = draft.blocks[draft.result], "", ""
    if last.spec.kind == "Activation" and len(last.inputs) == 1:
        curve, behind = str(vars(last.spec)["function"]), last.id
        if readers[last.inputs[0]] != [behind] or readers.get(behind) or last.inputs[0] in draft.other_results:
            return None
        last = draft.blocks[last.inputs[0]]
    elif readers.get(last.id):
        return None
    values = vars(last.spec)
    own = values.get("activation")
    if last.spec.kind not in ("Dense", "Convolution") or (curve and own != "none"):
        return None
    activation = curve or ("linear" if own == "none" else str(own))
    if activation not in ("softmax", "sigmoid", "linear"):
        return None
    fitted = _fit(draft, last, values, activation)
    return None if fitted is None else (last.id, *fitted, behind)


def _fit(
    draft: Draft, last: Block, values: Mapping[str, Any], activation: str
) -> tuple[Task, int, dict[str, Any]] | None:
    comes_in = draft.tensors[last.inputs[0]].shape
    parameters: dict[str, Any] = {"use_bias": values["use_bias"]}
    if last.spec.kind == "Dense":
        units = values["units"]
        if len(comes_in) > 1:
            return None
    else:
        units = values["filters"]
        size = values["kernel_size"]
        if isinstance(size, tuple) and set(size) == {1}:
            size = 1
        plain = (values["strides"], values["dilation_rate"], values["groups"]) == (1, 1, 1)
        if not plain or comes_in[:-1] != draft.input_shape[:-1] or (size != 1 and values["padding"] != "same"):
            return None
        parameters["kernel_size"] = size
    maps = len(comes_in) > 1
    same = (*comes_in[:-1], units) == draft.input_shape
    if same and activation != "softmax":
        task = Task.RECONSTRUCTION
    elif units >= 2:
        task = Task.SEGMENTATION if maps else Task.CLASSIFICATION
    else:
        return None
    usual = "sigmoid" if task is Task.RECONSTRUCTION else "softmax"
    parameters["activation"] = "auto" if activation == usual else activation
    return task, units, parameters


def _say_what_is_missing(draft: Draft) -> None:
    shape = draft.tensors[draft.result].shape
    gives = " x ".join(map(str, shape))
    if len(shape) > 1:
        advice = "for a classifier, put Global average pooling and Output behind it"
    elif shape[0] == 1:
        advice = "Output gives one value per class, so for yes or no put an Output for two classes in its place"
    else:
        advice = "put an Output behind it, or in its place"
    draft.notes.add(f"The model ends in {{layers}}, which gives {gives} and is no Output: {advice}.", draft.result)


def _data(draft: Draft, task: Task, classes: int) -> DataRecipe:
    most = Noise.parameter("classes")
    if most is not None and most.problem(classes):
        classes = 10
    count = max(10, min(64, MOST_VALUES // math.prod(draft.input_shape)))
    source = Noise(task=task.value, shape=draft.input_shape, classes=classes, count=count)
    return DataRecipe(source=source)
