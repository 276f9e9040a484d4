"""The model's end: its last layer as the Output block, where that does the same, and a data source that fits."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.data.info import Task
from cnnstudio.core.program import Tensor
from cnnstudio.core.recipe import DataRecipe

if TYPE_CHECKING:
    from cnnstudio.core.architecture import Block
    from cnnstudio.core.keras_import.assemble import Draft

MOST_VALUES = 32 * 1024 * 1024
"""Values of all samples that stand in for data: 128 MB as float32."""


@dataclass
class _Head:
    """The end of the model as far as Output can stand for it."""

    last: Block
    """The Dense or Convolution."""
    activation: str
    behind: list[str]
    """Blocks behind it, in the order of the flow: a change of shape, a curve."""


def end(draft: Draft) -> DataRecipe:
    """Put Output in the place of the last layer if it fits; the data that stand in. Adds notes to the draft."""
    for id in draft.other_results:
        draft.notes.add("A design has one Output; the further outputs of the model, {layers}, end without one.", id)
    head = _head(draft)
    fitted = None
    if head is not None:
        if _turns_into_vector(draft, head):
            _make_dense(draft, head)
            draft.notes.add(
                "The last convolution, {layers}, sees a single cell, so it works behind Flatten now, with the same "
                "weights.",
                head.last.id,
            )
        fitted = _fit(draft, head)
    if head is None or fitted is None:
        _say_what_is_missing(draft)
        return _data(draft, Task.CLASSIFICATION, 10)
    task, units, values = fitted
    last = head.last.id
    draft.blocks[last] = replace(draft.blocks[last], spec=spec_class("Output")(**values))
    _remove(draft, head.behind)
    draft.result = last
    if values["activation"] == "linear" and task is not Task.RECONSTRUCTION:
        draft.notes.add(
            "The model ends in raw scores, without softmax, and so does its Output {layers}; the loss is worked out "
            "from these scores.",
            last,
        )
    return _data(draft, task, units)


def _head(draft: Draft) -> _Head | None:
    """The last layer with weights, if nothing but a change of shape and a curve stand behind it."""
    readers: dict[str, list[str]] = {}
    for block in draft.blocks.values():
        for source in block.inputs:
            readers.setdefault(source, []).append(block.id)
    at, behind, curve = draft.blocks[draft.result], list[str](), ""
    if readers.get(at.id):
        return None
    while at.spec.kind in ("Activation", "Reshape", "Flatten"):
        if at.spec.kind == "Activation":
            if curve:
                return None
            curve = str(vars(at.spec)["function"])
        behind.insert(0, at.id)
        [source] = at.inputs
        if readers[source] != [at.id] or source in draft.other_results:
            return None
        at = draft.blocks[source]
    own = vars(at.spec).get("activation")
    if at.spec.kind not in ("Dense", "Convolution") or (curve and own != "none"):
        return None
    activation = curve or ("linear" if own == "none" else str(own))
    if activation not in ("softmax", "sigmoid", "linear"):
        return None
    return _Head(at, activation, behind)


def _turns_into_vector(draft: Draft, head: _Head) -> bool:
    """Whether a convolution of a single cell is made a vector, which is what a Dense block gives at once."""
    comes_in = draft.tensors[head.last.inputs[0]].shape
    values = vars(head.last.spec)
    return (
        head.last.spec.kind == "Convolution"
        and math.prod(comes_in[:-1]) == 1
        and (values["groups"], values["kernel_size"]) == (1, 1)
        and len(draft.tensors[draft.result].shape) == 1
        and head.last.id in draft.held
        and len([id for id in head.behind if draft.blocks[id].spec.kind != "Activation"]) == 1
    )


def _make_dense(draft: Draft, head: _Head) -> None:
    """Flatten first and weigh then: the same numbers, and what Output does."""
    last, values = head.last, vars(head.last.spec)
    flat = next(id for id in head.behind if draft.blocks[id].spec.kind != "Activation")
    comes_in = draft.tensors[last.inputs[0]].shape
    draft.blocks[flat] = replace(draft.blocks[flat], spec=spec_class("Flatten")(), inputs=last.inputs)
    draft.tensors[flat] = Tensor(flat, comes_in[-1:])
    dense = spec_class("Dense")(units=values["filters"], activation=values["activation"], use_bias=values["use_bias"])
    head.last = draft.blocks[last.id] = replace(last, spec=dense, inputs=(flat,))
    head.behind = [id for id in head.behind if id != flat]
    held = draft.held[last.id]
    weights = tuple(replace(w, shape=w.shape[-2:]) if w.name == "kernel" else w for w in held.weights)
    draft.held[last.id] = replace(held, weights=weights, stored=tuple(w.shape for w in held.weights))


def _remove(draft: Draft, ids: list[str]) -> None:
    """Blocks whose work Output does now."""
    for id in ids:
        del draft.blocks[id]
    draft.members = {models: [id for id in held if id not in ids] for models, held in draft.members.items()}


def _fit(draft: Draft, head: _Head) -> tuple[Task, int, dict[str, Any]] | None:
    """Task, number of classes and Output's parameters. Only a curve may stand behind the last layer now."""
    last, values, activation = head.last, vars(head.last.spec), head.activation
    if any(draft.blocks[id].spec.kind != "Activation" for id in head.behind):
        return None
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
