"""Where layer rules are kept and asked."""

from __future__ import annotations

import functools
import importlib
import math
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.analysis.field import View, keep
from cnnstudio.core.declare import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.program import Tensor, Weight


@dataclass(frozen=True, slots=True)
class Call:
    """A layer about to be called: its Keras class name, keyword arguments and symbolic inputs."""

    layer: str
    config: Mapping[str, Any]
    inputs: tuple[Tensor, ...]

    @property
    def x(self) -> Tensor:
        """The first, and for most layers the only, input."""
        return self.inputs[0]

    def get(self, name: str, default: Any) -> Any:
        """Keyword argument `name`, or Keras's default for it."""
        return self.config.get(name, default)

    def axes(self, name: str, default: int) -> tuple[int, ...]:
        """Argument `name` as one number per spatial axis of the input, as Keras standardises it."""
        value = self.config.get(name, default)
        rank = self.x.rank
        if isinstance(value, int):
            return (value,) * rank
        if len(value) != rank:
            raise Refused(
                f"{name.replace('_', ' ').capitalize()} needs one number, or {rank} numbers for this "
                f"{rank}-D input, but has {len(value)}.",
                name,
                suggest=((f"Use {value[0]} on every axis", {name: value[0]}),),
            )
        return tuple(value)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a layer call gives: shape without batch axis, view, weights in Keras's order, multiply-adds."""

    shape: Shape
    view: View = keep
    weights: tuple[Weight, ...] = ()
    macs: int = 0


Rule: TypeAlias = Callable[[Call], Outcome]
_rules: dict[str, tuple[Rule, int | None]] = {}
"""Rule of each layer, and the number of spatial axes its input must have."""

MAX_CELLS = 2**31 - 1
"""Values of one tensor or weight that TensorFlow's 32-bit kernels can index: 8 GiB as float32."""


def rule(*layers: str) -> Callable[[Rule], Rule]:
    """Register a function as the rule of these Keras layers."""

    def register(function: Rule) -> Rule:
        for layer in layers:
            digits = re.search(r"(\d)D", layer)
            _rules[layer] = (function, int(digits[1]) if digits else None)
        return function

    return register


@functools.cache
def _load() -> None:
    package = importlib.import_module("cnnstudio.core.layers")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"cnnstudio.core.layers.{module.name}")


def known_layers() -> tuple[str, ...]:
    """Names of all layers that have a rule."""
    _load()
    return tuple(sorted(_rules))


def work_out(call: Call) -> Outcome:
    """Apply the layer's rule. Raises Refused where Keras would reject, crash or silently misread the call."""
    _load()
    apply, rank = _rules[call.layer]
    if rank is not None and rank != len(call.inputs[0].shape) - 1:
        message = f"{call.layer} needs {_AXES[rank]}, but {show(call.x.shape)} comes in."
        raise Refused(message, wanted={call.x.step: _AXES[rank].partition(" (")[0]})
    outcome = apply(call)
    if math.prod(outcome.shape) > MAX_CELLS:
        raise Refused(
            f"One tensor can hold at most {MAX_CELLS:,} values, but {show(outcome.shape)} would be "
            f"{math.prod(outcome.shape):,} for a single sample: make it smaller."
        )
    for weight in outcome.weights:
        if weight.count > MAX_CELLS:
            raise Refused(
                f"One weight can hold at most {MAX_CELLS:,} values, but the {weight.name} of {show(weight.shape)} "
                f"would be {weight.count:,} ({4 * weight.count / 2**30:,.0f} GiB): let fewer values come in or go out."
            )
    return outcome


_AXES = {
    1: "a signal (length x channels)",
    2: "an image (height x width x channels)",
    3: "a volume (depth x height x width x channels)",
}
