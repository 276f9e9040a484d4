"""Steps taken from a block like it are the steps that a block would have laid itself."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING, Any

import pytest

from cnnstudio.core.analysis import tracing
from cnnstudio.core.analysis.patterns import Laid, Patterns
from cnnstudio.core.analysis.tracing import Trace, trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.formats.presets import presets
from tests.helpers.random_nets import random_net

if TYPE_CHECKING:
    from cnnstudio.core.catalogue import BlockSpec
    from cnnstudio.core.program import Tensor

DIGITS = DataInfo(Task.CLASSIFICATION, (8, 8, 1), tuple("0123456789"))


class _Forgetful(Patterns):
    """Remembers nothing, so that every block is laid."""

    def like(self, id: str, spec: BlockSpec, inputs: tuple[Tensor, ...], data: DataInfo) -> Laid | None:
        return None


def _facts(found: Trace) -> list[Any]:
    """All that a trace says, its views by the receptive fields that come of them."""
    steps = [
        (s.name, s.layer, dict(s.config), s.inputs, s.block, s.output, s.weights, s.macs)
        for block in found.blocks.values()
        for s in block.steps
    ]
    costs = [
        (b.id, b.output, b.params, b.trainable_params, b.macs, b.activation_bytes, [str(d) for d in b.diagnostics])
        for b in found.blocks.values()
    ]
    return [steps, costs, dict(found.fields)]


def _both(monkeypatch: pytest.MonkeyPatch, architecture: Architecture, data: DataInfo) -> None:
    taken = _facts(trace(architecture, data))
    again = _facts(trace(architecture, data))
    with monkeypatch.context() as patch:
        patch.setattr(tracing, "_patterns", _Forgetful())
        laid = _facts(trace(architecture, data))
    assert taken == laid
    assert again == laid


def _renamed(architecture: Architecture) -> Architecture:
    """Other ids, so that names cannot come from the block that was laid first."""
    names = {id: id if id == "input" else f"other_{n}" for n, id in enumerate(architecture.blocks)}
    return Architecture.of(
        dataclasses.replace(b, id=names[b.id], inputs=tuple(names[i] for i in b.inputs))
        for b in architecture.blocks.values()
    )


@pytest.mark.parametrize("name", [p.id for p in presets()])
def test_presets_and_presets_under_other_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    experiment = next(p for p in presets() if p.id == name).experiment
    assert experiment is not None
    data = experiment.data.info()
    _both(monkeypatch, experiment.architecture, data)
    _both(monkeypatch, _renamed(experiment.architecture), data)


def test_other_data_is_another_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [
        Block("input", spec_class("Input")(shape=(8, 8, 1))),
        Block("pool", spec_class("GlobalAveragePooling")(), ("input",)),
        Block("output", spec_class("Output")(), ("pool",)),
    ]
    architecture = Architecture.of(blocks)
    two = dataclasses.replace(DIGITS, class_names=("a", "b"))
    for data in (DIGITS, two, DIGITS):
        _both(monkeypatch, architecture, data)
    output = trace(architecture, two).blocks["output"].output
    assert output is not None
    assert output.shape == (2,)


def test_one_source_read_twice_and_two_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    conv = spec_class("Convolution")(filters=4)
    blocks = [
        Block("input", spec_class("Input")(shape=(8, 8, 1))),
        Block("a", conv, ("input",)),
        Block("b", conv, ("input",)),
        Block("ab", spec_class("Concatenate")(), ("a", "b")),
        Block("ba", spec_class("Concatenate")(), ("b", "a")),
        Block("flip", spec_class("Subtract")(), ("b", "a")),
        Block("flop", spec_class("Subtract")(), ("a", "b")),
    ]
    _both(monkeypatch, Architecture.of(blocks), DIGITS)


def test_a_refusal_is_never_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = spec_class("Convolution")(kernel_size=9, padding="valid")
    blocks = [
        Block("input", spec_class("Input")(shape=(8, 8, 1))),
        Block("a", broken, ("input",)),
        Block("b", broken, ("input",)),
    ]
    found = trace(Architecture.of(blocks), DIGITS)
    assert [d.block for b in found.blocks.values() for d in b.diagnostics] == ["a", "b"]
    _both(monkeypatch, Architecture.of(blocks), DIGITS)


def test_a_merge_of_one_tensor_twice_is_no_pattern_for_one_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a bypassed block an Add reads one tensor twice; with the block in use again it must read both."""
    data = DataInfo(Task.CLASSIFICATION, (8, 8, 3), ("a", "b"))
    blocks = [
        Block("input", spec_class("Input")(shape=(8, 8, 3))),
        Block("curve", spec_class("Activation")(), ("input",), bypassed=True),
        Block("sum", spec_class("Add")(), ("input", "curve")),
        Block("pool", spec_class("GlobalAveragePooling")(), ("sum",)),
        Block("output", spec_class("Output")(), ("pool",)),
    ]
    monkeypatch.setattr(tracing, "_patterns", Patterns())
    architecture = Architecture.of(blocks)
    assert trace(architecture, data).blocks["sum"].steps[0].inputs == ("input", "input")
    used = architecture.with_blocks(dataclasses.replace(blocks[1], bypassed=False))
    assert trace(used, data).blocks["sum"].steps[0].inputs == ("input", "curve")


def test_random_networks_with_blocks_bypassed_and_used_again_are_laid_as_if_for_the_first_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for seed in range(60):
        net = random_net(seed)
        whole = net.trace.architecture
        ids = [b.id for b in whole.blocks.values() if b.spec.kind not in ("Input", "Output")]
        for some in (set(random.Random(seed).sample(ids, len(ids) // 3)), set()):
            blocks = (dataclasses.replace(b, bypassed=b.id in some) for b in whole.blocks.values())
            _both(monkeypatch, whole.made_of(blocks), net.data)
