"""Summaries: every preset in every form, sums that are the design's, names that anybody may have written."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture
from cnnstudio.core.formats.presets import preset, presets
from cnnstudio.core.summary import FORMS, fields_of, summary_text
from cnnstudio.core.tables import Table, aligned, in_latex, in_markdown

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment

SHIPPED = [p.id for p in presets() if not p.user]
NASTY = "50 % of $x_1$ & {y}\\ #~^ | <b>*`[a](b)\n\\end{document} \x1b[31m"


def experiment(id: str) -> Experiment:
    found = preset(id).experiment
    assert found is not None
    return found


def text_of(of: Experiment, ending: str) -> str:
    return summary_text(of.name, of.description, trace(of.architecture, of.data.info()), ending)


@pytest.mark.parametrize("id", SHIPPED)
def test_every_layer_has_a_row_and_the_sums_are_those_of_the_design(id: str) -> None:
    of = experiment(id)
    design = trace(of.architecture, of.data.info())
    program = design.program()
    lines = text_of(of, ".txt").splitlines()
    rules = [n for n, line in enumerate(lines) if re.fullmatch(r"-+(  -+)+", line)]
    rows = lines[rules[0] + 1 : rules[1]]
    assert len(rows) == len(program.steps) + 1
    layers = [re.split(r"  +", row)[1] for row in rows]
    assert layers == ["Input", *(step.layer for step in program.steps)]
    counts = [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", lines[rules[1] + 1])]
    assert counts == [program.params, sum(step.macs for step in program.steps)]
    assert f"{sum(s.trainable_params for s in program.steps):,}" in "\n".join(lines[rules[1] :])


@pytest.mark.parametrize("id", SHIPPED)
def test_fields_are_those_that_the_canvas_shows(id: str) -> None:
    of = experiment(id)
    design = trace(of.architecture, of.data.info())
    program = design.program()
    fields = fields_of(program)
    for block, step in program.outputs.items():
        assert fields[step] == design.fields[block]


def _cells(line: str, between: str, end: str = "") -> list[str]:
    return [cell.strip() for cell in re.split(between, line.strip().removesuffix(end).strip("|")) if cell.strip()]


def test_all_forms_have_the_same_cells() -> None:
    of = experiment("resnet-style")
    text, marked, set_ = (text_of(of, ending).splitlines() for ending in (".txt", ".md", ".tex"))
    first, last = (n for n, line in enumerate(text) if line.startswith("-----"))
    rows = [_cells(line, "  +") for line in (*text[first + 1 : last], text[last + 1])]
    assert len(rows) > 20
    assert [_cells(line, r"\|") for line in marked if line.startswith("| ")][2:][: len(rows)] == rows
    latex = [line.replace(r"$\times$", "×").replace(r"\_", "_") for line in set_ if line.endswith(r"\\")]
    assert [_cells(line, "&", r"\\") for line in latex][1:] == rows


@pytest.mark.parametrize("ending", FORMS)
def test_names_break_no_form(ending: str) -> None:
    of = dataclasses.replace(experiment("lenet-5"), name=NASTY, description=NASTY)
    text, plain = text_of(of, ending), text_of(experiment("lenet-5"), ending)
    assert "\x1b" not in text
    assert len(text.splitlines()) <= len(plain.splitlines())
    if ending == ".tex":
        code = [line for line in text.splitlines() if not line.startswith("%")]
        assert not any("\\end{document}" in line for line in code)


def test_what_markdown_and_latex_would_read_as_theirs_is_escaped() -> None:
    assert in_latex("a_b & 5 % \\x {y}\nz") == r"a\_b \& 5 \% \textbackslash{}x \{y\} z"
    assert in_markdown("a|b *c* <d> `e` [f](g) \\h\ni_j") == r"a\|b \*c\* \<d> \`e\` \[f\](g) \\h i_j"


def test_a_block_that_leads_nowhere_is_told_of_and_not_counted() -> None:
    of = experiment("lenet-5")
    lost = dataclasses.replace(of.architecture.blocks["dense_1"], id="lost")
    more = dataclasses.replace(of, architecture=Architecture.of([*of.architecture.blocks.values(), lost]))
    *rest, told = text_of(more, ".txt").splitlines()
    assert told == "Blocks that do not lead to the Output, left out here  1"
    assert [" ".join(line.split()) for line in rest] == [
        " ".join(line.split()) for line in text_of(of, ".txt").splitlines()
    ]


def test_columns_of_a_table_stand_under_each_other() -> None:
    told = aligned(Table(("name", "count"), [("a", "1"), ("longer", "1,000")], (False, True), ("sum", "1,001")))
    assert told.splitlines() == [
        "name    count",
        "------  -----",
        "a           1",
        "longer  1,000",
        "------  -----",
        "sum     1,001",
    ]
