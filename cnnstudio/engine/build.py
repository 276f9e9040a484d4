"""From a program to a Keras model, step by step: no rule of its own, so that it cannot disagree with the code shown."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cnnstudio.core.program import INPUT
from cnnstudio.engine.backend import keras

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.program import Program, Step

CALLS_PER_STEP = 30
"""Python frames that Keras may need for each layer of a chain; about 1,000 layers pass the usual limit."""


def layer_name(step: str) -> str:
    """The name of a step's Keras layer; `layer_names` sorts out two steps that come to the same one."""
    return step.replace(".", "_")


def layer_names(program: Program) -> dict[str, str]:
    """Step name -> name of its layer, all different: "a.b" and a block called "a_b" stay apart."""
    taken = {INPUT}
    names: dict[str, str] = {}
    for step in program.steps:
        name = plain = layer_name(step.name)
        number = 1
        while name in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name)
        names[step.name] = name
    return names


def build_keras(program: Program, name: str | None = None, *, precision: str = "float32") -> keras.Model:
    """The Keras model of `program`, weights drawn from Keras's current seed.

    Input: (batch, *program.input_shape), float32. Layer names are those of `layer_names`. A program traced without
    errors builds; what Keras would reject was refused while tracing.

    `precision`: what layers compute in, "float32", "bfloat16" or "float16". Weights are float32 all the same, and so is
    the result: a loss of eight bits would say little.
    """
    with room_for(len(program.steps)):
        tensors: dict[str, Any] = {INPUT: keras.Input(program.input_shape, name=INPUT)}
        names = layer_names(program)
        for step in program.steps:
            exact = precision == "float32" or step.name == program.result
            layer = make_layer(step, names[step.name], "" if exact else f"mixed_{precision}")
            given = [tensors[source] for source in step.inputs]
            tensors[step.name] = layer(given if len(given) > 1 else given[0])
        return keras.Model(tensors[INPUT], tensors[program.result], name=name)


def make_layer(step: Step, name: str, policy: str = "") -> Any:
    """The Keras layer of one step, not built yet. Its initialisers take their seeds from Python's `random`.

    `policy`: name of Keras's dtype policy; "" for the usual one.
    """
    given = {"dtype": policy} if policy else {}
    return getattr(keras.layers, step.layer)(**step.config, **given, name=name)


@contextmanager
def room_for(steps: int) -> Iterator[None]:
    """A recursion limit that a chain of that many layers does not reach."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 3000 + CALLS_PER_STEP * steps))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
