"""A bypassed block is left out of the network: what it reads first passes it unchanged."""

from __future__ import annotations

from typing import Any

import pytest

from cnnstudio.core.analysis.lint import has_errors, lint
from cnnstudio.core.analysis.tracing import Trace, trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.code.source import script
from cnnstudio.core.document import Document
from cnnstudio.core.edits import BypassBlocks, EditError
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.files import read_experiment, write_experiment

Row = tuple[str, str, str, dict[str, Any]]
"""Id, kind, ids it reads with spaces between, parameters."""


def made(*rows: Row, bypassed: str = "") -> Experiment:
    """These blocks behind an Input of 8 x 8 x 1."""
    blocks = [Block("input", Input(shape=(8, 8, 1)))]
    for id, kind, reads, values in rows:
        blocks.append(Block(id, spec_class(kind)(**values), tuple(reads.split()), bypassed=id in bypassed.split()))
    return Experiment(architecture=Architecture.of(blocks))


def traced(experiment: Experiment) -> Trace:
    """For the experiment's own data."""
    return trace(experiment.architecture, experiment.data.info())


TAIL: tuple[Row, ...] = (("pool", "GlobalAveragePooling", "last", {}), ("output", "Output", "pool", {}))
CHAIN: tuple[Row, ...] = (
    ("conv", "Convolution", "input", {"filters": 6}),
    ("last", "Convolution", "conv", {"filters": 4}),
    *TAIL,
)
BRANCHES: tuple[Row, ...] = (
    ("left", "Convolution", "input", {"filters": 6}),
    ("right", "Convolution", "input", {"filters": 6, "strides": 2}),
    ("last", "Add", "left right", {}),
    *TAIL,
)


def test_a_bypassed_block_has_no_parameters_and_passes_its_shape_on() -> None:
    before, after = traced(made(*CHAIN)), traced(made(*CHAIN, bypassed="conv"))
    conv = after.blocks["conv"]
    assert (conv.bypassed, conv.params, conv.macs, conv.activation_bytes) == (True, 0, 0, 0)
    assert conv.output is not None
    assert conv.output.shape == (8, 8, 1)
    assert after.blocks["last"].params == 4 * (9 * 1 + 1), "it reads one channel now, not six"
    assert after.params < before.params
    assert after.fields["last"][0].cells == 3, "the window that was left out adds nothing to the receptive field"


def test_the_program_and_the_script_leave_it_out() -> None:
    experiment = made(*CHAIN, bypassed="conv")
    program = traced(experiment).program()
    assert "conv" not in {step.block for step in program.steps}
    assert program.outputs["conv"] == "input", "its feature maps are those of what it reads"
    text = script(experiment)
    assert "conv" not in text.replace("convolution", "")
    assert text.count("Conv2D(") == 1


def test_what_it_says_is_a_hint_and_the_fix_uses_it_again() -> None:
    experiment = made(*CHAIN, bypassed="conv")
    [hint] = lint(traced(experiment))
    assert str(hint) == "hint: conv: conv is bypassed: what it reads passes unchanged."
    [fix] = hint.fixes
    assert fix.label == "Use it again"
    assert fix.gives == "conv gives 8 × 8 × 6 · + 240 parameters", "60 of its own, 180 of the one behind it"
    document = Document(experiment)
    document.do(fix.edit())
    assert document.undo_label == "Use conv again"
    assert lint(traced(document.value)) == ()


def test_a_bypassed_merge_passes_its_first_input_and_the_others_end_there() -> None:
    assert has_errors(lint(traced(made(*BRANCHES)))), "two sizes"
    experiment = made(*BRANCHES, bypassed="last")
    after = traced(experiment)
    assert after.blocks["last"].output == after.blocks["left"].output
    found = {(d.severity.value, d.block) for d in lint(after)}
    assert found == {("warning", "right"), ("hint", "last")}, "right leads nowhere now"
    assert "right" not in {step.block for step in after.program().steps}
    code = script(experiment)
    assert 'name="left"' in code
    assert 'name="right"' not in code
    [hint] = [d for d in lint(after) if d.block == "last"]
    assert hint.message == "last is bypassed: what it reads from left passes unchanged."
    assert [f.label for f in hint.fixes] == ["Remove last"], "used again it would be an error"


@pytest.mark.parametrize("values", [{"kernel_size": 9, "padding": "valid"}, {"filters": 0}, {"groups": 4}])
def test_a_bypassed_broken_block_is_no_error(values: dict[str, Any]) -> None:
    rows: tuple[Row, ...] = (("conv", "Convolution", "input", values), ("last", "Convolution", "conv", {}), *TAIL)
    assert has_errors(lint(traced(made(*rows))))
    assert [d.severity.value for d in lint(traced(made(*rows, bypassed="conv")))] == ["hint"]


def test_bypassing_is_among_the_fixes_of_a_broken_block() -> None:
    experiment = made(
        ("flat", "Flatten", "input", {}),
        ("up", "Upsampling", "flat", {}),
        ("last", "Dense", "up", {}),
        ("output", "Output", "last", {}),
    )
    fixes = {f.label: f.gives for d in lint(traced(experiment)) if d.block == "up" for f in d.fixes}
    assert fixes["Bypass up"] == "up passes on 64"


def test_loose_bypassed_blocks_are_judged_by_who_reads_them() -> None:
    alone = made(*CHAIN, ("loose", "Convolution", "", {}), bypassed="loose")
    assert [(d.severity.value, d.block) for d in lint(traced(alone))] == [("hint", "loose")]
    read = made(("loose", "Convolution", "", {}), ("last", "Convolution", "loose", {}), *TAIL, bypassed="loose")
    [error] = lint(traced(read))
    assert (error.severity.value, error.block) == ("error", "loose")
    assert any(f.label == "Connect input to it" for f in error.fixes)


def test_blocks_before_and_behind_it_are_still_mended() -> None:
    """A fix that puts a block behind a bypassed one finds the connection, not the step that passes it."""
    conv, off, output = ("conv", "Convolution", "input"), ("off", "Dropout", "conv"), ("output", "Output", "off")
    document = Document(made((*conv, {}), (*off, {}), (*output, {}), bypassed="off"))
    error = lint(traced(document.value))[0]
    assert error.fixes[0].label == "Put global average pooling behind off"
    document.do(error.fixes[0].edit())
    assert not has_errors(lint(traced(document.value)))


def test_undo_and_files_bring_it_back() -> None:
    document = Document(made(*CHAIN))
    start = document.value
    document.do(BypassBlocks(ids=("conv", "last")))
    assert document.undo_label == "Bypass 2 blocks"
    assert read_experiment(write_experiment(document.value), "again") == document.value
    document.do(BypassBlocks(ids=("conv",), bypassed=False))
    assert [b.id for b in document.value.architecture.blocks.values() if b.bypassed] == ["last"]
    document.undo()
    document.undo()
    assert document.value is start
    document.do(BypassBlocks(ids=("conv",), bypassed=False))
    assert not document.can_undo, "it was in use already"


@pytest.mark.parametrize(("id", "title"), [("input", "Input"), ("output", "Output")])
def test_the_ends_stay(id: str, title: str) -> None:
    document = Document(made(*CHAIN))
    with pytest.raises(EditError, match=f"{title} is an end of every network"):
        document.do(BypassBlocks(ids=("conv", id)))
    assert not document.can_undo
