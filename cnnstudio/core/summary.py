"""A network as a table of its layers, for a report: as text, in Markdown or in LaTeX."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core import wording
from cnnstudio.core.analysis.field import identity
from cnnstudio.core.program import INPUT
from cnnstudio.core.tables import Table, aligned, in_latex, in_markdown, latex, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cnnstudio.core.analysis.field import Field
    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.program import Program

HEADINGS = ("Block", "Layer", "Output shape", "Parameters", "Multiply-adds", "Receptive field")
_NUMBERS = (False, False, True, True, True, True)
_FLOAT32 = 4
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class _Told:
    """What a summary says, before it has a form."""

    name: str
    description: str
    facts: tuple[tuple[str, str], ...]
    """Name of a number, and the number with its unit."""
    layers: Table


def summary_text(name: str, description: str, design: Trace, ending: str) -> str:
    """The layers of a design that is free of errors, in the form that the ending names: .txt, .md or .tex.

    Raises ValueError for a design that has errors, and KeyError for another ending.
    """
    program = design.program()
    facts = _facts(design, program)
    return FORMS[ending](_Told(_line(name), _line(description), facts, _layers(program)))


def fields_of(program: Program) -> Mapping[str, Field]:
    """Name of each step -> the receptive field of what it yields, on the input's spatial axes."""
    found = {INPUT: identity(program.input_shape[:-1])}
    for step in program.steps:
        found[step.name] = step.view(tuple(found[name] for name in step.inputs))
    return found


def _layers(program: Program) -> Table:
    fields = fields_of(program)
    rows = [(INPUT, "Input", wording.shape(program.input_shape), "0", "0", wording.receptive_field(fields[INPUT]))]
    shown = ""
    for step in program.steps:
        rows.append(
            (
                step.block if step.block != shown else "",
                step.layer,
                wording.shape(step.output.shape),
                wording.count(step.params),
                wording.count(step.macs),
                wording.receptive_field(fields[step.name]),
            )
        )
        shown = step.block
    macs = sum(step.macs for step in program.steps)
    return Table(HEADINGS, rows, _NUMBERS, ("Total", "", "", wording.count(program.params), wording.count(macs), ""))


def _facts(design: Trace, program: Program) -> tuple[tuple[str, str], ...]:
    trainable = sum(step.trainable_params for step in program.steps)
    result = next((s.output for s in program.steps if s.name == program.result), None)
    cells = sum(step.output.cells for step in program.steps)
    left_out = sum(1 for traced in design.blocks.values() if traced.id not in _used(design))
    facts = [
        ("Input", wording.lettered_shape(program.input_shape)),
        ("Output", wording.lettered_shape(result.shape if result is not None else program.input_shape)),
        ("Parameters that training changes", wording.count(trainable)),
        ("Other parameters", wording.count(program.params - trainable)),
        ("Weights as float32", wording.size_of(program.params * _FLOAT32)),
        ("Results of all layers for one sample as float32", wording.size_of(cells * _FLOAT32)),
    ]
    if left_out:
        facts.append(("Blocks that do not lead to the Output, left out here", wording.count(left_out)))
    return tuple(facts)


def _used(design: Trace) -> frozenset[str]:
    ends = [id for id, traced in design.blocks.items() if traced.spec.kind == "Output"]
    return frozenset(ends).union(*(design.architecture.feeding(id) for id in ends))


def _line(text: str) -> str:
    """A name may have been written by anybody: line ends in it must not break the form, nor may a terminal obey it."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def _as_text(told: _Told) -> str:
    head = [told.name, "=" * len(told.name), *textwrap.wrap(told.description, _WIDTH), ""]
    width = max(len(name) for name, _ in told.facts)
    foot = ["", *(f"{name.ljust(width)}  {value}" for name, value in told.facts)]
    return "\n".join(head) + "\n" + aligned(told.layers) + "\n".join(foot) + "\n"


def _as_markdown(told: _Told) -> str:
    about = f"{in_markdown(told.description)}\n\n" if told.description else ""
    facts = "".join(f"- {in_markdown(name)}: {value}\n" for name, value in told.facts)
    return f"# {in_markdown(told.name)}\n\n{about}{markdown(told.layers)}\n{facts}"


def _as_latex(told: _Told) -> str:
    """A tabular and a line of facts; a comment ends with its line, and the names in it have none."""
    facts = "; ".join(f"{name}: {value}" for name, value in told.facts)
    return f"% {told.name}\n{latex(told.layers)}\n\\par\\smallskip\\noindent {in_latex(facts)}.\n"


FORMS: Mapping[str, Callable[[_Told], str]] = {".txt": _as_text, ".md": _as_markdown, ".tex": _as_latex}
"""Ending -> what writes that form."""
