"""Where layer rules are kept and asked."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from cnnstudio.core.diagnostics import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.field import Field
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
            )
        return tuple(value)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a layer call gives: shape without batch axis, field, weights in Keras's order, multiply-adds."""

    shape: Shape
    field: Field
    weights: tuple[Weight, ...] = ()
    macs: int = 0


Rule: TypeAlias = Callable[[Call], Outcome]
_rules: dict[str, Rule] = {}


def rule(*layers: str) -> Callable[[Rule], Rule]:
    """Register a function as the rule of these Keras layers."""

    def register(function: Rule) -> Rule:
        for layer in layers:
            _rules[layer] = function
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
    return _rules[call.layer](call)
