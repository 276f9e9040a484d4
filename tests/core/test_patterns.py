"""Steps taken from a block like it are the steps that a block would have laid itself."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from cnnstudio.core import tracing
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data_info import DataInfo, Task
from cnnstudio.core.patterns import Laid, Patterns
from cnnstudio.core.presets import presets
from cnnstudio.core.tracing import Trace, trace

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
    data = experiment.data.source.info()
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
