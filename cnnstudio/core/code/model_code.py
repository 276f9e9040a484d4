"""The function that builds a program's model, written as an author of Keras code would write it."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.code.keras_signatures import spoken
from cnnstudio.core.code.writing import (
    COLUMNS,
    INDENT,
    Piece,
    arguments,
    call,
    comment,
    free_name,
    laid_out,
    listed,
    literal,
)
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cnnstudio.core.architecture import Group
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


def model_code(
    program: Program, name: str = "build_model", groups: Collection[Group] = (), *, mixed: bool = False
) -> ModelCode:
    """The function: `keras.Sequential` for a plain chain, the functional API for anything that branches.

    The names of `groups` stand as comments above their first layers. `mixed`: layers compute in fewer bits, so the one
    that gives the result is told to give float32.
    """
    if mixed:
        program = _with_exact_result(program)
    steps = needed(program)
    head = f"def {name}():"
    headings = _headings(steps, groups)
    if _is_chain(program, steps):
        return _sequential(program, steps, head, headings)
    return _functional(program, steps, head, headings)


def _headings(steps: Sequence[Step], groups: Collection[Group]) -> dict[str, list[str]]:
    """Block id -> what stands above it: names of groups that begin, outer ones first; empty where one only ends."""
    found: dict[str, list[str]] = {}
    begun: set[str] = set()
    inside: set[str] = set()
    largest_first = sorted(groups, key=lambda g: -len(g.blocks))
    for block in dict.fromkeys(step.block for step in steps):
        around = {g.id for g in largest_first if block in g.blocks}
        new = [g for g in largest_first if g.id in around - begun]
        if new or (inside and not around):
            found[block] = [g.name for g in new]
        begun |= around
        inside = around
    return found


def _with_exact_result(program: Program) -> Program:
    steps = [
        dataclasses.replace(step, config={**step.config, "dtype": "float32"}) if step.name == program.result else step
        for step in program.steps
    ]
    return dataclasses.replace(program, steps=tuple(steps))


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


def _layer_parts(step: Step, name: str) -> list[Piece]:
    return arguments(*spoken(step.layer, {**step.config, "name": name}))


def _sequential(
    program: Program, steps: tuple[Step, ...], head: str, headings: Mapping[str, Sequence[str]]
) -> ModelCode:
    out = _Lines(head, f"{INDENT}return keras.Sequential(", f"{INDENT * 2}[")
    inner = INDENT * 3
    out.add(INPUT, [f"{inner}keras.Input({literal(program.input_shape)}, name={literal(INPUT)}),"])
    names = layer_names(program)
    for step in steps:
        if step.block not in out.blocks:  # Black takes empty lines out of brackets, so groups have their names alone
            out.lines += [line for title in headings.get(step.block, ()) for line in comment(title, inner)]
        parts = _layer_parts(step, names[step.name])
        out.add(step.block, laid_out(call(f"layers.{step.layer}", parts, ","), inner))
    out.lines += [f"{INDENT * 2}]", f"{INDENT})"]
    return out.code()


def _functional(
    program: Program, steps: tuple[Step, ...], head: str, headings: Mapping[str, Sequence[str]]
) -> ModelCode:
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
        if step.block not in out.blocks and step.block in headings:
            titles = headings[step.block]
            out.lines += ["", *(line for title in titles for line in comment(title, INDENT))]
        parts = _layer_parts(step, names[step.name])
        out.add(step.block, _assignment(f"{variable} = layers.{step.layer}", parts, sources))
    ends = [Piece(variables[INPUT]), Piece(variables[program.result])]
    out.lines += laid_out(call("return keras.Model", ends), INDENT)
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


def _assignment(head: str, parts: list[Piece], sources: list[str]) -> list[str]:
    """`head(parts)(sources)`. Black breaks up the last brackets if that is enough, also round a lone name, which reads
    badly: then the arguments go one a line, which it keeps."""
    opened = call(head, parts, "(")
    alone = len(INDENT + opened.text) <= COLUMNS
    if len(sources) == 1:
        return laid_out(dataclasses.replace(call(head, parts, f"({sources[0]})"), loose=alone), INDENT)
    several = listed("", [Piece(source) for source in sources])
    *before, last = laid_out(opened, INDENT)
    if len(last + several.text) < COLUMNS:
        return [*before, f"{last}{several.text})"]
    return [*before, last, *laid_out(several, INDENT * 2), f"{INDENT})"]


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
