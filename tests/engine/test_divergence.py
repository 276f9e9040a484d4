"""A loss that is no finite number any more: the likely cause is named, and it is the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.edits import SetParameters
from cnnstudio.core.formats.run_folder import read_record
from cnnstudio.engine.data.dataset import Part
from cnnstudio.engine.running.control import Control, RunError
from cnnstudio.engine.running.training import train
from tests.engine.conftest import chain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment

POOLED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("convolution_1", "Convolution", {"filters": 2}),
    ("pool", "GlobalAveragePooling", {}),
)


def refusal(experiment: Experiment, folder: Path) -> str:
    with pytest.raises(RunError, match="the loss stopped being a finite number") as failure:
        train(experiment, folder / "run", lambda event: None, Control())
    record = read_record(folder / "run")
    assert (record.status, record.message) == ("FAILED", failure.value.message)
    return failure.value.message


def spoiling(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Part, np.ndarray, np.ndarray], None]) -> None:
    """Let `spoil` change the samples of every part as they are fetched, and keep them off the device."""
    clean = Part.clean

    def spoiled(self: Part, indices: Any) -> tuple[np.ndarray, np.ndarray]:
        inputs, targets = clean(self, indices)
        inputs = inputs.copy()
        spoil(self, np.arange(len(self))[indices], inputs)
        return inputs, targets

    monkeypatch.setattr(Part, "clean", spoiled)
    monkeypatch.setattr(Part, "kept", lambda self, most: None)


@pytest.mark.parametrize(
    ("value", "others", "told"),
    [
        (np.nan, 1.0, "training sample 700 holds values that are no finite numbers. Mend it, or leave it out."),
        (np.inf, 1.0, "training sample 700 holds values that are no finite numbers. Mend it, or leave it out."),
        (3e38, 1.0, "training sample 700 holds values as large as 3e+38, far beyond those of others."),
        (3e38, 3e38, "holds values as large as 3e+38, and others do so, too. Standardise the samples."),
    ],
)
def test_a_sample_that_no_network_can_learn_from_is_named(
    value: float, others: float, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(part: Part, indices: np.ndarray, inputs: np.ndarray) -> None:
        inputs *= np.float32(others)
        if len(part) == 1257:  # the training part
            inputs[indices == 700] = value

    spoiling(monkeypatch, spoil)
    message = refusal(chain(Digits(), *POOLED, epochs=1), tmp_path)
    assert message.startswith("In epoch 1 ")
    assert told in message


def test_a_sample_of_validation_is_looked_for_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(part: Part, indices: np.ndarray, inputs: np.ndarray) -> None:
        if len(part) == 270:  # as the test part, which is not looked at
            inputs[indices == 100] = np.nan

    spoiling(monkeypatch, spoil)
    straight = ("convolution_1", "Convolution", {"filters": 2, "activation": "none"})
    message = refusal(chain(Digits(), straight, POOLED[1], epochs=1), tmp_path)
    assert "validation sample 100 holds values that are no finite numbers" in message


def copier(*blocks: tuple[str, str, dict[str, Any]], **training: Any) -> Experiment:
    made = chain(Digits(task="reconstruction"), *blocks, epochs=1, **training)
    return SetParameters(id="output", values={"activation": "linear"})(made)


def test_a_block_that_explodes_is_named(tmp_path: Path) -> None:
    layers = [(f"convolution_{n}", "Convolution", {"filters": 4, "activation": "none"}) for n in (1, 2)]
    message = refusal(copier(layers[0], *[(f"larger_{n}", "Rescaling", {"scale": 1e9}) for n in (1, 2, 3)]), tmp_path)
    assert 'values explode at block "larger_1": with the first weights they reach ' in message
    assert "Give it smaller numbers, or take it out." in message
    message = refusal(copier(("larger", "Rescaling", {"scale": 1e6}), *layers, precision="float16"), tmp_path / "half")
    assert 'at block "larger": ' in message
    assert "Choose bfloat16 or float32 as the number format." in message


def test_steps_that_are_too_long_are_the_rates_fault(tmp_path: Path) -> None:
    layers = [(f"convolution_{n}", "Convolution", {"filters": 4, "activation": "none"}) for n in (1, 2)]
    experiment = copier(*layers, optimizer="sgd", learning_rate=50.0, clipping="by value", clip_at=1e6)
    message = refusal(experiment, tmp_path)
    assert "the steps are too long. Lower the learning rate (now 50) or add a batch normalisation." in message
    normed = copier(layers[0], ("norm", "BatchNormalisation", {}), optimizer="sgd", learning_rate=100.0)
    assert "Lower the learning rate (now 100) or clip gradients. Nothing" in refusal(normed, tmp_path / "normed")
