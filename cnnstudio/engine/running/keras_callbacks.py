"""Keras's callbacks in a loop that is not Keras's: what `model.fit` would have called, at the same moments."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.engine.backend import keras

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cnnstudio.engine.running.pace import Pace

_OF_BATCHES = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


class KerasCallbacks:
    """Calls callbacks as Keras's trainer does, and lets them set the learning rate and end the run.

    Epochs and batches count from 0, as in Keras. A batch's logs are the means over the epoch so far; those of an epoch
    have validation's with "val_" in front. Validation has no hooks for single batches. A rate that a callback sets goes
    together with the recipe's schedule: from then on all rates are so many times as high. What a callback keeps of its
    own is no part of a checkpoint.
    """

    def __init__(self, callbacks: Sequence[Any] = ()) -> None:
        self._given = list(callbacks)
        self.want_batches = any(_overrides(callback, name) for callback in self._given for name in _OF_BATCHES)
        """Whether any is to be called before or after each batch, so that steps must be taken one by one."""
        self._list: Any = None
        self._model: Any = None
        self._logs: dict[str, float] = {}
        """Of the last epoch, with what callbacks have added."""
        self._pace: Pace

    def begin(self, model: Any, pace: Pace, *, epochs: int, steps: int) -> None:
        """Before the first epoch of this process; `steps` are those of an epoch."""
        if not self._given:
            return
        self._model, self._pace = model, pace
        given = {"epochs": epochs, "steps": steps, "verbose": 0}
        self._list = keras.callbacks.CallbackList(self._given, add_history=True, model=model, **given)
        model.stop_training = False
        self._list.on_train_begin()

    @property
    def are_there(self) -> bool:
        """Whether there is anyone to call, who may change the weights at any time."""
        return bool(self._given)

    @property
    def stop(self) -> bool:
        """Whether one of them has asked for the end, by `model.stop_training`."""
        return self._list is not None and bool(self._model.stop_training)

    def begin_epoch(self, epoch: int, step: int) -> None:
        """Before an epoch, from 1; `step` of the run comes next."""
        if self._list is not None:
            with self._heeding(step):
                self._list.on_epoch_begin(epoch - 1)

    def begin_batch(self, number: int, step: int) -> None:
        """Before the batch of that number within the epoch, which is that `step` of the run; both from 0."""
        if self.want_batches:
            with self._heeding(step):
                self._list.on_train_batch_begin(number)

    def end_batch(self, number: int, step: int, metrics: Callable[[], Mapping[str, float]]) -> None:
        """After that batch."""
        if self.want_batches:
            with self._heeding(step):
                self._list.on_train_batch_end(number, dict(metrics()))

    @contextlib.contextmanager
    def validating(self) -> Iterator[None]:
        """Around the measuring of the validation part."""
        if self._list is None:
            yield
            return
        self._list.on_test_begin()
        yield
        self._list.on_test_end()

    def end_epoch(self, epoch: int, step: int, metrics: Mapping[str, float]) -> None:
        """After an epoch, from 1, and what followed from it; `step` of the run comes next."""
        if self._list is not None:
            with self._heeding(step):
                self._logs = dict(metrics)
                self._list.on_epoch_end(epoch - 1, self._logs)

    def end(self) -> bool:
        """After the last epoch; whether there was anyone to call, who may have changed the weights."""
        if self._list is None:
            return False
        self._list.on_train_end(self._logs)
        return True

    @contextlib.contextmanager
    def _heeding(self, step: int) -> Iterator[None]:
        """Show the rate of that step to the callbacks, and follow where they set another."""
        planned = self._pace.rates(step, 1)[0]
        optimizer = self._model.optimizer
        optimizer.learning_rate = planned
        yield
        found = np.float32(keras.ops.convert_to_numpy(optimizer.learning_rate))
        if found != planned:
            self._pace.follow(step, float(found))


def _overrides(callback: Any, name: str) -> bool:
    """Whether the callback does anything there: as a method of its class, or set on it as LambdaCallback does."""
    method = getattr(callback, name)
    return getattr(method, "__func__", method) is not getattr(keras.callbacks.Callback, name)
