"""Every fix that lint offers holds: its finding is gone, no error has come in its place, and undo brings all back.

CNNSTUDIO_FIX_SEED says where the seeds begin; see `helpers.effort` for how many designs are tried.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.document import Document
from cnnstudio.core.edits import EditError
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.fixes import offers
from cnnstudio.core.formats.presets import presets
from tests.helpers.disturbances import disturbed
from tests.helpers.effort import times
from tests.helpers.random_nets import random_net

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix
    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.catalogue import BlockSpec

NETS = times(400)
SEED = int(os.environ.get("CNNSTUDIO_FIX_SEED", "0"))

Sound = tuple["Architecture", "DataInfo"]


@pytest.fixture(scope="module")
def shipped() -> list[Sound]:
    """The shipped presets."""
    experiments = [p.experiment for p in presets() if p.experiment is not None and not p.user]
    return [(e.architecture, e.data.info()) for e in experiments]


def damaged(shipped: list[Sound]) -> Iterator[tuple[str, Architecture, DataInfo]]:
    """Disturbed designs with the words that repeat each."""
    for seed in range(SEED, SEED + NETS):
        rng = random.Random(seed)
        if seed % 2:
            architecture, data = rng.choice(shipped)
        else:
            net = random_net(seed, blocks=rng.randint(3, 9))
            architecture, data = net.trace.architecture, net.data
        architecture, data, names = disturbed(rng, architecture, data)
        yield f"seed {seed} ({names})", architecture, data


def places(found: tuple[Diagnostic, ...]) -> Counter[tuple[str, str]]:
    """How many errors each block and parameter has. Coarser than what the code under test counts by."""
    return Counter((d.block, d.parameter) for d in found if d.severity == "error")


def check(diagnostic: Diagnostic, before: tuple[Diagnostic, ...], document: Document, data: DataInfo) -> None:
    """Make each fix of `diagnostic` in turn, look at what lint says then, and take it back."""
    start = document.value
    for fix in diagnostic.fixes:
        document.do(fix.edit())
        traced = trace(document.value.architecture, data)
        after = lint(traced)
        context = f"{diagnostic} | {fix.label} | {fix.gives}"
        assert fix.after is not None
        assert fix.after.architecture == document.value.architecture, f"previewed as something else: {context}"
        promised = re.search(r"^(\w+) (gives|passes on|gets) ([\d,]+(?: × [\d,]+)*)", fix.gives)
        if promised:
            assert promised[3].replace(",", "") == came(traced, promised[1], promised[2]), f"other shape: {context}"
        else:
            assert diagnostic.severity != "error" or not promised_shape(traced, diagnostic), f"no shape: {context}"
        assert document.value != start, f"no effect: {context}"
        assert diagnostic.finding not in [d.finding for d in after], f"still there: {context}"
        new = places(after) - places(before)
        assert not new, f"new: {context} | {[str(d) for d in after if (d.block, d.parameter) in new]}"
        if diagnostic.severity == "error":
            assert places(after).total() < places(before).total(), f"no fewer errors: {context}"
        else:
            assert len(after) < len(before), f"no fewer findings: {context}"
        document.undo()
        assert document.value is start, context


def came(traced: Trace, block: str, how: str) -> str:
    """The shape that the block gives or gets: 8 × 8 × 4."""
    found = traced.blocks["output" if block == "Output" else block]
    tensor = found.inputs[0] if how == "gets" else found.output
    assert tensor is not None
    return " × ".join(map(str, tensor.shape))


def promised_shape(traced: Trace, diagnostic: Diagnostic) -> bool:
    """Whether there is a shape to promise where the finding was."""
    found = traced.blocks.get(diagnostic.block)
    return found is not None and found.output is not None


@pytest.mark.search
def test_every_offered_fix_holds(shipped: list[Sound]) -> None:
    """No fix raises, leaves its finding or swaps it for another, over hundreds of disturbed designs."""
    tried, errors, without = 0, 0, []
    for words, architecture, data in damaged(shipped):
        document = Document(Experiment(architecture=architecture))
        before = lint(trace(architecture, data))
        for diagnostic in before:
            try:
                check(diagnostic, before, document, data)
            except (AssertionError, EditError) as error:
                pytest.fail(f"{words}: {error}")
            tried += len(diagnostic.fixes)
            errors += diagnostic.severity == "error"
            if diagnostic.severity == "error" and not diagnostic.fixes:
                without.append(f"{words}: {diagnostic}")
    assert tried > NETS, "too few fixes to say anything"
    assert len(without) <= max(2, errors // 50), without  # left: an Input of another rank and a second fault behind it


def labels(architecture: Architecture, data: DataInfo, block: str) -> list[str]:
    """The fixes offered at a block."""
    return [f.label for d in lint(trace(architecture, data)) if d.block == block for f in d.fixes]


def design(shape: tuple[int, ...], *blocks: tuple[str, BlockSpec, tuple[str, ...]]) -> Architecture:
    """Input and these blocks."""
    return Architecture.of([Block("input", Input(shape=shape)), *(Block(*b) for b in blocks)])


def images(task: Task = Task.CLASSIFICATION) -> DataInfo:
    """Small grey images."""
    return DataInfo(task, (8, 8, 1), () if task is Task.RECONSTRUCTION else ("circle", "square", "star"))


HEAD = (("pool", spec_class("GlobalAveragePooling")(), ("join",)), ("output", spec_class("Output")(), ("pool",)))


def merged(kind: str, first: BlockSpec, second: BlockSpec) -> list[str]:
    """The fixes of a merge of two blocks that read the same Input of 8 x 8 x 1."""
    join = ("join", spec_class(kind)(), ("first", "second"))
    made = design((8, 8, 1), ("first", first, ("input",)), ("second", second, ("input",)), join, *HEAD)
    return labels(made, images(), "join")


def test_a_skip_with_other_channels_gets_a_convolution() -> None:
    join = ("join", spec_class("Add")(), ("conv", "input"))
    made = design((8, 8, 1), ("conv", spec_class("Convolution")(filters=32), ("input",)), join, *HEAD)
    first = labels(made, images(), "join")[0]
    assert first == "Put a 1 x 1 convolution with 32 filters behind input"


def test_merges_of_two_sizes_are_brought_to_one() -> None:
    convolution, pooling = spec_class("Convolution"), spec_class("MaxPooling")
    found = merged("Add", convolution(filters=4), convolution(filters=8, strides=2))
    assert "Put a 1 x 1 convolution with 8 filters and strides 2 behind first" in found
    found = merged("Concatenate", convolution(filters=4), pooling())
    assert "Put upsampling by 2 behind second" in found
    assert "Put max pooling by 2 behind first" in found
    found = merged("Average", convolution(filters=4), convolution(filters=4, padding="valid"))
    assert "Put zero padding to 8 x 8 behind second" in found
    assert "Put cropping to 6 x 6 behind first" in found


def test_maps_merged_with_vectors_are_pooled() -> None:
    flat, pooled = spec_class("Flatten")(), spec_class("GlobalAveragePooling")()
    join = ("join", spec_class("Concatenate")(), ("conv", "flat"))
    conv = ("conv", spec_class("Convolution")(filters=4), ("input",))
    end = ("output", spec_class("Output")(), ("join",))
    found = labels(design((8, 8, 1), conv, ("flat", flat, ("input",)), join, end), images(), "join")
    assert found[:2] == ["Put global average pooling behind conv", "Put flatten behind conv"]
    join = ("join", spec_class("Multiply")(), ("conv", "gate"))
    made = design((8, 8, 1), conv, ("gate", pooled, ("conv",)), join, *HEAD)
    assert labels(made, images(), "join")[0] == "Put a reshape to 1 x 1 x 4 behind gate"


@pytest.mark.parametrize("task", [Task.SEGMENTATION, Task.RECONSTRUCTION])
def test_output_is_brought_to_the_size_of_the_input(task: Task) -> None:
    conv = ("conv", spec_class("Convolution")(filters=4, strides=2), ("input",))
    made = design((8, 8, 1), conv, ("output", spec_class("Output")(), ("conv",)))
    assert labels(made, images(task), "output")[0] == "Put upsampling by 2 behind conv"


@pytest.mark.parametrize("kind", ["Flatten", "GlobalAveragePooling"])
def test_boxes_want_the_maps_before_a_vector_was_made_of_them(kind: str) -> None:
    conv = ("conv", spec_class("Convolution")(filters=4, strides=2), ("input",))
    end = ("output", spec_class("Output")(), ("vector",))
    found = labels(
        design((8, 8, 1), conv, ("vector", spec_class(kind)(), ("conv",)), end), images(Task.DETECTION), "output"
    )
    assert found[0] == "Remove vector"


def test_boxes_behind_dense_get_maps_of_a_quarter_of_the_size() -> None:
    dense = ("dense", spec_class("Dense")(units=8), ("input",))
    made = design(
        (16, 16, 1),
        dense,
        ("flat", spec_class("Flatten")(), ("dense",)),
        ("last", spec_class("Dense")(units=32), ("flat",)),
        ("output", spec_class("Output")(), ("last",)),
    )
    data = DataInfo(Task.DETECTION, (16, 16, 1), ("circle", "square"))
    assert "Put a reshape to 4 x 4 x 2 behind last" in labels(made, data, "output")


def gains(architecture: Architecture, data: DataInfo, block: str) -> dict[str, str]:
    """What each fix offered at a block gives, by its label."""
    return {f.label: f.gives for d in lint(trace(architecture, data)) if d.block == block for f in d.fixes}


def test_fixes_say_what_they_give() -> None:
    join = ("join", spec_class("Add")(), ("conv", "input"))
    made = design((8, 8, 1), ("conv", spec_class("Convolution")(filters=32), ("input",)), join, *HEAD)
    assert gains(made, images(), "join") == {
        "Put a 1 x 1 convolution with 32 filters behind input": "join gives 8 × 8 × 32 · + 64 parameters",
        "Set filters of conv to 1": "join gives 8 × 8 × 1 · − 310 parameters",
        "Put a 1 x 1 convolution with 1 filter behind conv": "join gives 8 × 8 × 1 · + 33 parameters",
    }
    made = design((8, 8, 1), ("output", spec_class("Output")(), ("input",)))
    assert gains(made, images(), "output") == {
        "Put global average pooling behind input": "Output gets 1 · + 6 parameters",
        "Put flatten behind input": "Output gets 64 · + 195 parameters",
    }


def test_a_window_too_large_gets_padding_a_smaller_window_or_fewer_strides_above_it() -> None:
    large = ("conv", spec_class("Convolution")(filters=4, kernel_size=5, padding="valid"), ("small",))
    small = ("small", spec_class("Convolution")(filters=4, strides=2), ("input",))
    join = ("join", spec_class("Activation")(), ("conv",))
    assert list(gains(design((8, 8, 1), small, large, join, *HEAD), images(), "conv"))[:3] == [
        'Set padding to "same"',
        "Set kernel size to 4 x 4",
        "Set strides of small to 1",
    ]


def test_a_branch_of_other_size_is_set_right_where_nobody_else_reads_it() -> None:
    convolution, up = spec_class("Convolution"), spec_class("TransposedConvolution")
    found = merged("Add", convolution(filters=4), convolution(filters=8))
    assert found[0] == "Set filters of first to 8"
    assert 'Set padding of second to "same"' in merged("Add", convolution(), convolution(padding="valid"))
    assert "Set strides of second to 1" in merged("Add", convolution(), convolution(strides=2))
    down = ("down", convolution(filters=4, strides=2), ("input",))
    rows = (down, ("up", up(filters=4, strides=2), ("down",)), ("skip", convolution(filters=4), ("input",)))
    made = design((7, 7, 1), *rows, ("join", spec_class("Concatenate")(), ("up", "skip")), *HEAD)
    data = DataInfo(Task.CLASSIFICATION, (7, 7, 1), ("circle", "square"))
    assert gains(made, data, "join")["Set output padding of up to 1"] == "join gives 7 × 7 × 8"


def test_a_cycle_is_cut_where_it_leads_back() -> None:
    activation = spec_class("Activation")()
    join = ("join", spec_class("Add")(), ("input", "conv", "late"))
    conv = ("conv", spec_class("Convolution")(filters=1), ("input",))
    late = ("late", activation, ("middle",))
    made = design((8, 8, 1), conv, join, ("middle", activation, ("join",)), late, *HEAD)
    assert [d.block for d in lint(trace(made, images()))] == ["join", "middle", "late"], "what lies behind says nothing"
    assert labels(made, images(), "middle")[0] == "Cut the edge from late to join"


def test_a_merge_of_one_branch_is_a_warning_and_passes_it_on() -> None:
    made = design((8, 8, 1), ("join", spec_class("Concatenate")(), ("input",)), *HEAD)
    traced = trace(made, images())
    [warning] = lint(traced)
    assert warning.severity == "warning"
    assert "at least 2 branches" in warning.message
    assert traced.blocks["join"].output is not None
    assert traced.blocks["join"].output.shape == (8, 8, 1)
    assert [f.label for f in warning.fixes] == ["Remove join"]


def test_what_is_too_large_is_made_smaller() -> None:
    shape = (256, 256, 3)
    dense = ("dense", spec_class("Dense")(units=1_000_000), ("flat",))
    end = ("output", spec_class("Output")(), ("dense",))
    made = design(shape, ("flat", spec_class("Flatten")(), ("input",)), dense, end)
    found = labels(made, DataInfo(Task.CLASSIFICATION, shape, ("cat", "dog")), "dense")
    assert found == ["Put global average pooling in place of flat", "Set units to 64"]


def test_a_fix_takes_along_what_it_brings_to_light() -> None:
    big = spec_class("Convolution")(filters=4, kernel_size=9, padding="valid")
    made = design((8, 8, 1), ("conv", big, ("input",)), ("output", spec_class("Output")(), ("conv",)))
    first = labels(made, images(), "conv")[0]
    assert first == 'Set padding to "same"; then put global average pooling behind conv'


def test_lint_tries_no_fix_until_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def nothing(trace: Trace, found: Diagnostic) -> Iterator[Fix]:
        asked.append(found.block)
        return iter(())

    monkeypatch.setattr(offers, "candidates", nothing)
    made = design((8, 8, 1), ("output", spec_class("Output")(), ("input",)))
    [diagnostic] = lint(trace(made, images()))
    assert asked == []
    assert diagnostic.fixes == ()
    assert asked == ["output"]
