"""Keras's callbacks in the engine's loop: called as `fit` calls them, listened to as `fit` listens."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.formats.run_folder import read_record
from cnnstudio.engine.backend import keras
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.keras_callbacks import KerasCallbacks
from cnnstudio.engine.running.training import train
from cnnstudio.wire.messages import EpochEnd, RunEnded
from tests.engine.conftest import chain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment


def tiny(**training: Any) -> Experiment:
    """Three batches an epoch."""
    source = Noise(shape=(4, 4, 1), classes=2, count=68)
    return chain(
        source, ("flatten_1", "Flatten", {}), **{"epochs": 3, "batch_size": 16, "learning_rate": 0.1, **training}
    )


def run_with(folder: Path, *callbacks: Any, **training: Any) -> tuple[list[EpochEnd], RunEnded]:
    events: list[Any] = []
    ended = train(tiny(**training), folder, events.append, Control(), callbacks=callbacks)
    return [e for e in events if isinstance(e, EpochEnd)], ended


def callback(**hooks: Any) -> Any:
    """A callback with these methods."""
    return type("Hooked", (keras.callbacks.Callback,), hooks)()


HOOKS = ("train_begin", "train_end", "epoch_begin", "epoch_end", "train_batch_begin", "train_batch_end")


def writing(calls: list[str], logs: dict[str, set[str]]) -> Any:
    """Writes down what is called, and the names in its logs."""

    def hook(name: str) -> Callable[..., None]:
        def called(self: Any, *given: Any, **named: Any) -> None:
            calls.append(" ".join([name, *(str(number) for number in given if isinstance(number, int))]))
            told = named.get("logs") or next((each for each in given if isinstance(each, dict)), {})
            logs[name] = set(told)

        return called

    return callback(**{f"on_{name}": hook(name) for name in (*HOOKS, "test_begin", "test_end")})


def test_hooks_come_in_the_order_and_with_the_names_of_fit(tmp_path: Path) -> None:
    ours: list[str] = []
    theirs: list[str] = []
    our_logs: dict[str, set[str]] = {}
    their_logs: dict[str, set[str]] = {}
    run_with(tmp_path / "run", writing(ours, our_logs), epochs=2)
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")])
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.zeros((48, 4, 4, 1), "float32"), np.zeros(48, "int32")
    model.fit(x, y, batch_size=16, epochs=2, validation_data=(x, y), callbacks=[writing(theirs, their_logs)], verbose=0)
    assert ours == theirs
    for name, logs in their_logs.items():
        assert logs <= our_logs[name] or name == "test_end"  # ours tells the results with the epoch's


def test_those_that_need_no_batches_leave_steps_together() -> None:
    assert not KerasCallbacks([keras.callbacks.EarlyStopping(), keras.callbacks.CSVLogger("x.csv")]).want_batches
    assert KerasCallbacks([writing([], {})]).want_batches
    assert KerasCallbacks([keras.callbacks.LambdaCallback(on_train_batch_end=print)]).want_batches
    assert not KerasCallbacks().want_batches


def test_they_set_the_rate(tmp_path: Path) -> None:
    halved = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5 if epoch else rate)
    epochs, _ = run_with(tmp_path / "run", halved)
    assert [e.learning_rate for e in epochs] == pytest.approx([0.1, 0.05, 0.025])
    plain, _ = run_with(tmp_path / "plain", schedule="exponential", decay=0.5, decay_epochs=1.0)
    assert plain[0].learning_rate < 0.1
    epochs, _ = run_with(tmp_path / "both", halved, schedule="exponential", decay=0.5, decay_epochs=1.0)
    both = [e.learning_rate for e in epochs]
    assert both == pytest.approx([p.learning_rate * f for p, f in zip(plain, (1, 0.5, 0.25), strict=True)])


def test_a_rate_of_zero_lets_nothing_change_until_it_is_set_again(tmp_path: Path) -> None:
    begun: list[int] = []

    def begin(self: Any, epoch: int, logs: Any = None) -> None:
        begun.append(epoch)

    def set_rate(self: Any, batch: int, logs: Any = None) -> None:
        self.model.optimizer.learning_rate = 0.0 if len(begun) < 3 else 0.01

    frozen = callback(on_epoch_begin=begin, on_train_batch_begin=set_rate)
    epochs, _ = run_with(tmp_path / "run", frozen)
    first, second, third = (e.metrics["val_loss"] for e in epochs)
    assert first == second != third
    assert [e.learning_rate for e in epochs] == pytest.approx([0.0, 0.0, 0.01])


def test_they_end_the_run(tmp_path: Path) -> None:
    stopping = keras.callbacks.EarlyStopping(patience=1, min_delta=10.0)
    epochs, ended = run_with(tmp_path / "run", stopping, epochs=5)
    assert (len(epochs), ended.outcome, ended.epochs) == (2, "finished", 2)
    assert ended.reason == "A callback ended the run."
    assert read_record(tmp_path / "run").message == ended.reason

    def enough(self: Any, batch: int, logs: Any = None) -> None:
        self.model.stop_training = True

    epochs, ended = run_with(tmp_path / "batch", callback(on_train_batch_end=enough))
    assert (len(epochs), ended.outcome) == (0, "stopped")


def test_files_and_weights_that_they_make_are_those_of_the_run(tmp_path: Path) -> None:
    saved = keras.callbacks.ModelCheckpoint(tmp_path / "epoch.weights.h5", save_weights_only=True)
    table = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    kept: list[list[np.ndarray]] = []

    def clear(self: Any, logs: Any = None) -> None:
        kept.append(self.model.get_weights())
        self.model.set_weights([np.zeros_like(w) for w in kept[0]])

    epochs, ended = run_with(tmp_path / "run", saved, table, callback(on_train_end=clear))
    with (tmp_path / "log.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [float(line["val_loss"]) for line in lines] == pytest.approx([e.metrics["val_loss"] for e in epochs])
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")])
    model.load_weights(tmp_path / "epoch.weights.h5")
    for ours, theirs in zip(kept[0], model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert ended.test["loss"] == pytest.approx(np.log(2), rel=1e-5), "tested with the weights that they left"
