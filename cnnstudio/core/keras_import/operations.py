"""Calls that are no layers: `x + y`, `x * 0.5` and the functions of keras.ops, as Keras 3 records them."""

from __future__ import annotations

from typing import Any

from cnnstudio.core.catalogue import BlockSpec, spec_class

MODULES = ("keras.src.ops", "keras.ops", "keras.src.operations")

MERGES = {"Add": "Add", "Subtract": "Subtract", "Multiply": "Multiply", "Maximum": "Maximum", "Minimum": "Minimum"}
ACTIVATIONS = {
    "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Silu": "silu", "Softplus": "softplus",
    "Softsign": "softsign", "Selu": "selu", "HardSigmoid": "hard_sigmoid", "HardSilu": "hard_silu", "Tanh": "tanh",
    "LogSigmoid": "log_sigmoid", "Exp": "exponential",
}  # fmt: skip
"""Functions of one tensor and nothing else, and the curve that is the same."""


def is_operation(layer: dict[str, Any]) -> bool:
    """Whether an entry of a configuration is a call of a function and no layer."""
    return str(layer.get("module") or "").startswith(MODULES)


def block_for(operation: str, tensors: int, arguments: tuple[Any, ...]) -> BlockSpec | None:
    """The block that does the same as an operation of that class, if there is one.

    `arguments` are those of the call, with None for each of its `tensors`.
    """
    if tensors == 2 and arguments == (None, None) and operation in MERGES:
        return spec_class(MERGES[operation])()
    if tensors != 1:
        return None
    if arguments == (None,):
        if operation in ACTIVATIONS:
            return spec_class("Activation")(function=ACTIVATIONS[operation])
        return spec_class("Rescaling")(scale=-1.0) if operation == "Negative" else None
    if len(arguments) != 2:
        return None
    first, second = arguments
    number = second if first is None else first
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return _with_number(operation, float(number), tensor_first=first is None)


def _with_number(operation: str, number: float, *, tensor_first: bool) -> BlockSpec | None:
    rescaling = spec_class("Rescaling")
    match operation:
        case "Add":
            return rescaling(offset=number)
        case "Subtract":
            return rescaling(offset=-number) if tensor_first else rescaling(scale=-1.0, offset=number)
        case "Multiply":
            return rescaling(scale=number)
        case "Divide" | "TrueDivide":
            return rescaling(scale=1.0 / number) if tensor_first and number else None
        case _:
            return None
