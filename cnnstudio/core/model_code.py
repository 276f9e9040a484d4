"""The function that builds a program's model, written as an author of Keras code would write it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.keras_signatures import spoken
from cnnstudio.core.program import INPUT
from cnnstudio.core.writing import COLUMNS, INDENT, arguments, call, free_name, literal

if TYPE_CHECKING:
    from cnnstudio.core.program import Program, Step

FLOW = "x"
"""The variable of a result inside a block that only the next line reads, as authors of Keras code call it."""
_TAKEN = frozenset({"keras", "layers", FLOW})


@dataclass(frozen=True, slots=True)
class ModelCode:
    """Lines of the function that builds the model, and which of them belong to which block."""

    lines: tuple[str, ...]
    blocks: dict[str, tuple[int, int]]
    """Block id -> its first and last line, counted from 0 within `lines`."""


def model_code(program: Program, name: str = "build_model") -> ModelCode:
    """The function: `keras.Sequential` for a plain chain, the functional API for anything that branches."""
    steps = needed(program)
    head = f"def {name}():"
    if _is_chain(program, steps):
        return _sequential(program, steps, head)
    return _functional(program, steps, head)


def needed(program: Program) -> tuple[Step, ...]:
    """The steps the result depends on, in order: Keras drops the others from a functional model as well."""
    wanted = {program.result}
    kept: list[Step] = []
    for step in reversed(program.steps):
        if step.name in wanted:
            kept.append(step)
            wanted.update(step.inputs)
    return tuple(reversed(kept))


def _is_chain(program: Program, steps: tuple[Step, ...]) -> bool:
    before = INPUT
    for step in steps:
        if step.inputs != (before,):
            return False
        before = step.name
    return bool(steps)


class _Lines:
    """Collects lines and remembers which block they belong to."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.blocks: dict[str, tuple[int, int]] = {}

    def add(self, block: str, lines: list[str]) -> None:
        first = self.blocks.get(block, (len(self.lines), 0))[0]
        self.lines.extend(lines)
        self.blocks[block] = (first, len(self.lines) - 1)

    def code(self) -> ModelCode:
        return ModelCode(tuple(self.lines), self.blocks)


def _layer_parts(step: Step, name: str) -> list[str]:
    return arguments(*spoken(step.layer, {**step.config, "name": name}))


def _sequential(program: Program, steps: tuple[Step, ...], head: str) -> ModelCode:
    out = _Lines(head, f"{INDENT}return keras.Sequential(", f"{INDENT * 2}[")
    inner = INDENT * 3
    out.add(INPUT, [f"{inner}keras.Input({literal(program.input_shape)}, name={literal(INPUT)}),"])
    names = layer_names(program)
    for step in steps:
        out.add(step.block, call(f"layers.{step.layer}", _layer_parts(step, names[step.name]), ",", inner))
    out.lines += [f"{INDENT * 2}]", f"{INDENT})"]
    return out.code()


def _functional(program: Program, steps: tuple[Step, ...], head: str) -> ModelCode:
    out = _Lines(head)
    variables = {INPUT: free_name("inputs", _TAKEN)}
    shape = literal(program.input_shape)
    out.add(INPUT, [f"{INDENT}{variables[INPUT]} = keras.Input({shape}, name={literal(INPUT)})"])
    taken = {*_TAKEN, variables[INPUT]}
    names = layer_names(program)
    passing = _passing(program, steps)
    for step in steps:
        is_output = program.outputs.get(step.block) == step.name
        variable = FLOW if step.name in passing else free_name(step.block if is_output else step.name, taken)
        taken.add(variable)
        variables[step.name] = variable
        sources = [variables[source] for source in step.inputs]
        parts = _layer_parts(step, names[step.name])
        out.add(step.block, _assignment(f"{variable} = layers.{step.layer}", parts, sources))
    ends = [variables[INPUT], variables[program.result]]
    out.lines += call("return keras.Model", ends, "", INDENT)
    return out.code()


def _passing(program: Program, steps: tuple[Step, ...]) -> set[str]:
    """Steps inside a block whose result the next step reads, and nothing else does."""
    readers: dict[str, list[str]] = {}
    for step in steps:
        for source in step.inputs:
            readers.setdefault(source, []).append(step.name)
    kept = {*program.outputs.values(), program.result}
    return {
        step.name
        for step, after in itertools.pairwise(steps)
        if readers[step.name] == [after.name] and after.inputs == (step.name,) and step.name not in kept
    }


def _assignment(head: str, parts: list[str], sources: list[str]) -> list[str]:
    if len(sources) == 1:
        return call(head, parts, f"({sources[0]})", INDENT)
    listed = f"([{', '.join(sources)}])"
    first = call(head, parts, "", INDENT)
    if len(first[-1]) + len(listed) <= COLUMNS:
        return [*first[:-1], first[-1] + listed]
    inner = INDENT * 2
    body = f"{inner}[{', '.join(sources)}]"
    if len(body) > COLUMNS:
        each = "".join(f"{inner}{INDENT}{source},\n" for source in sources)
        body = f"{inner}[\n{each}{inner}]"
    return [*first[:-1], first[-1] + "(", *body.split("\n"), f"{INDENT})"]


def layer_names(program: Program) -> dict[str, str]:
    """Step name -> name of its Keras layer, all different; the engine gives its layers the same names."""
    names: dict[str, str] = {}
    taken = {INPUT}
    for step in program.steps:
        name = stem = step.name.replace(".", "_")
        number = 1
        while name in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name)
        names[step.name] = name
    return names
