"""The function that builds a program's model, written as an author of Keras code would write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.keras_signatures import spoken
from cnnstudio.core.program import INPUT
from cnnstudio.core.writing import COLUMNS, INDENT, arguments, call, free_name, literal, one_line

if TYPE_CHECKING:
    from cnnstudio.core.program import Program, Step

_TAKEN = frozenset({"keras", "layers"})


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
    for step, name in zip(steps, layer_names(steps), strict=True):
        out.add(step.block, call(f"layers.{step.layer}", _layer_parts(step, name), ",", inner))
    out.lines += [f"{INDENT * 2}]", f"{INDENT})"]
    return out.code()


def _functional(program: Program, steps: tuple[Step, ...], head: str) -> ModelCode:
    out = _Lines(head)
    variables = {INPUT: free_name("inputs", _TAKEN)}
    shape = literal(program.input_shape)
    out.add(INPUT, [f"{INDENT}{variables[INPUT]} = keras.Input({shape}, name={literal(INPUT)})"])
    taken = {*_TAKEN, variables[INPUT]}
    for step, name in zip(steps, layer_names(steps), strict=True):
        variable = free_name(step.name, taken)
        taken.add(variable)
        variables[step.name] = variable
        sources = [variables[source] for source in step.inputs]
        out.add(step.block, _assignment(f"{variable} = layers.{step.layer}", _layer_parts(step, name), sources))
    ends = [variables[INPUT], variables[program.result]]
    out.lines += call("return keras.Model", ends, "", INDENT)
    return out.code()


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


def layer_names(steps: tuple[Step, ...]) -> list[str]:
    """Keras layer names: the step names with "_" for ".", made unique by a number."""
    names: list[str] = []
    taken = {INPUT}
    for step in steps:
        stem = one_line(step.name).replace(".", "_").replace("/", "_")
        name, number = stem, 2
        while name in taken:
            name, number = f"{stem}_{number}", number + 1
        taken.add(name)
        names.append(name)
    return names
