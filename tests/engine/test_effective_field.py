"""Effective fields: the numbers against known kernels, the support against the footprint, the worker's words."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.analysis.footprint import Sight
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.builtin import Digits, Shapes, Waveforms
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.engine.looking import effective_field
from cnnstudio.engine.looking.effective_field import design_field
from cnnstudio.engine.looking.sketch import SketchError, Sketches
from cnnstudio.wire.messages import (
    EffectiveField,
    EpochEnd,
    Failed,
    GetEffectiveField,
    RunEnded,
    Sample,
    StartRun,
    StopRun,
)
from tests.engine.conftest import chain

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from tests.engine.conftest import Peer


CAUSAL = {"padding": "causal", "dilation_rate": 4}


def ask(experiment: Experiment, block: str, cell: tuple[int, ...], **other: Any) -> GetEffectiveField:
    return GetEffectiveField(other.pop("request", 1), write_experiment(experiment), block, cell, Sample(), **other)


def linear(**values: Any) -> Experiment:
    """One convolution without activation over the digits, 8 x 8."""
    convolution = {"filters": 5, "activation": "none", **values}
    return chain(Digits(), ("conv", "Convolution", convolution), ("flatten_1", "Flatten", {}))


def kernel_of(sketches: Sketches, experiment: Experiment, block: str) -> Any:
    return sketches.of(write_experiment(experiment)).model_to(block).layers[-1].get_weights()[0]


@pytest.mark.parametrize("together", [1, 2, 100])
def test_of_one_convolution_it_is_the_kernel(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment, sketches = linear(dilation_rate=2), Sketches()
    values = 64 + 5 * 64 + 320 + 2 * 10
    monkeypatch.setattr(effective_field, "_PASS_BYTES", together * values * 12)
    found = design_field(ask(experiment, "conv", (4, 3)), sketches)
    kernel = np.abs(kernel_of(sketches, experiment, "conv")).sum(axis=(2, 3))
    wanted = np.zeros((8, 8), np.float32)
    wanted[2:7:2, 1:6:2] = kernel / kernel.max()
    np.testing.assert_allclose(found.field, wanted, rtol=1e-5)
    assert (found.block, found.cell, found.trained, found.field.dtype) == ("conv", (4, 3), False, np.float32)


def test_of_many_channels_an_even_share_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effective_field, "MOST_CHANNELS", 3)
    experiment, sketches = linear(), Sketches()
    found = design_field(ask(experiment, "conv", (4, 4)), sketches)
    kernel = np.abs(kernel_of(sketches, experiment, "conv")[..., [0, 2, 4]]).sum(axis=(2, 3))
    np.testing.assert_allclose(found.field[3:6, 3:6], kernel / kernel.max(), rtol=1e-5)


def test_a_softmax_does_not_cancel_out() -> None:
    """The probabilities of all classes add up to 1 whatever comes in: a gradient of their sum would be 0."""
    experiment = chain(Shapes(count=40, size=16), ("conv", "Convolution", {"filters": 4}))
    field = design_field(ask(experiment, "output", (8, 8)), Sketches()).field
    assert field.max() == 1.0
    assert (field > 0.01).sum() > 4


@pytest.mark.parametrize(
    ("source", "blocks", "cell"),
    [
        (Shapes(count=40, size=24), (("a", "Convolution", {"dilation_rate": 3}), ("b", "Residual", {})), (3, 20)),
        (Waveforms(count=40), (("a", "Residual", CAUSAL), ("b", "MaxPooling", {})), (9,)),
    ],
)  # fmt: skip
def test_it_lies_within_what_is_seen(source: Any, blocks: Any, cell: tuple[int, ...]) -> None:
    gap: tuple[str, str, dict[str, Any]] = ("gap", "GlobalAveragePooling", {})
    ends = () if isinstance(source, Shapes) else (gap,)
    experiment, sketches = chain(source, *blocks, *ends), Sketches()
    field = design_field(ask(experiment, "b", cell), sketches).field
    seen = Sight(trace(experiment.architecture, source.info()), "b").of(cell).seen
    inside = np.zeros(field.shape, bool)
    for box in seen:
        inside[np.ix_(*([i for start, end in cells.runs() for i in range(start, end)] for cells in box))] = True
    assert field.max() == 1.0
    assert not field[~inside].any()


def test_the_input_sees_itself_and_a_vector_sees_it_all() -> None:
    experiment, sketches = linear(), Sketches()
    itself = design_field(ask(experiment, "input", (2, 5)), sketches).field
    assert (itself.sum(), itself[2, 5]) == (1.0, 1.0)
    assert (design_field(ask(experiment, "flatten_1", ()), sketches).field > 0).all()


@pytest.mark.parametrize(
    ("block", "cell", "words"),
    [
        ("gone", (0, 0), 'The block "gone" has no map'),
        ("conv", (8, 0), r'There is no cell \(8, 0\) in the map of "conv", which has 8 x 8'),
        ("conv", (1,), r'There is no cell \(1,\) in the map of "conv"'),
        ("output", (0, 0), r'There is no cell \(0, 0\) in the map of "output", which has no axes'),
    ],
)
def test_what_is_not_there_is_refused_in_words(block: str, cell: tuple[int, ...], words: str) -> None:
    with pytest.raises(SketchError, match=words):
        design_field(ask(linear(), block, cell), Sketches())


def test_the_worker_answers_between_runs_and_during_one(worker: Peer, tmp_path: Path) -> None:
    experiment = linear()
    experiment = dataclasses.replace(experiment, training=dataclasses.replace(experiment.training, epochs=500))
    worker.send(ask(experiment, "conv", (3, 3), request=71))
    answer = worker.until(EffectiveField, lambda e: e.request == 71)
    assert (answer.trained, answer.field.shape) == (False, (8, 8))
    worker.send(StartRun("lens", str(tmp_path / "lens"), write_experiment(experiment)))
    worker.until(EpochEnd)
    worker.send(ask(experiment, "conv", (3, 3), request=72))
    during = worker.until(EffectiveField, lambda e: e.request == 72)
    worker.send(StopRun("lens"))
    worker.until(RunEnded)
    assert during.trained
    assert not np.array_equal(during.field, answer.field)
    worker.send(ask(experiment, "conv", (3, 3), request=73, directory=str(tmp_path / "lens")))
    after = worker.until(EffectiveField, lambda e: e.request == 73)
    assert after.trained
    worker.send(ask(experiment, "conv", (9, 9), request=74))
    while not isinstance(refused := worker.next(), Failed):
        pass
    assert refused.request == 74
    assert refused.message.startswith("There is no cell (9, 9)")
