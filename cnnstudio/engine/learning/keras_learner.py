"""Learning through Keras's trainer, on any backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.engine.backend import keras
from cnnstudio.engine.learning.feed import Feed, judged_batches
from cnnstudio.engine.learning.means import Mean, with_loss
from cnnstudio.engine.learning.plan import Plan
from cnnstudio.engine.learning.states import VariablesState, restore_variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnnstudio.engine.augmenting import Augmenter
    from cnnstudio.engine.data import Part
    from cnnstudio.engine.tasks import TaskKit, Verdict


class KerasLearner:
    """Learns through Keras's trainer, on any backend."""

    def __init__(
        self, model: Any, kit: TaskKit, training: Part, augmenter: Augmenter, plan: Plan | None = None
    ) -> None:
        self.plan = plan or Plan()
        self._model = model
        self._kit = kit
        self._augmenter = augmenter
        self._feed = Feed(training, augmenter, samples=True)
        self._mean = Mean()
        model.optimizer.build(model.trainable_variables)  # so that what a checkpoint holds of it finds its place

    def begin_epoch(self, epoch: int, batches: Sequence[np.ndarray], done: int = 0) -> None:
        """See Learner."""
        self._feed.begin_epoch(epoch, batches, done)
        if not done:
            self._mean = Mean()

    def learn(self, first: int, rates: np.ndarray) -> None:
        """See Learner."""
        for number, rate in enumerate(rates, first):
            batch = self._feed.batch(number)
            inputs, targets = self._augmenter.varied(batch.inputs, batch.targets, batch.drawn)
            for noise in batch.noise.values():
                inputs = inputs + noise
            self._model.optimizer.learning_rate = rate
            self._mean.add(self._model.train_on_batch(inputs, targets, return_dict=True), len(inputs))

    def metrics(self) -> dict[str, float]:
        """See Learner. Mean IoU is the mean over batches here."""
        return self._mean.result()

    def judge(self, part: Part, batch_size: int) -> Verdict:
        """See Learner."""
        judge, losses = self._kit.judge(), Mean()
        for inputs, targets in judged_batches(part, batch_size):
            outputs = self._model.predict_on_batch(inputs)
            loss = self._model.loss(keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(outputs))
            losses.add({"loss": loss}, len(inputs))
            judge.add(inputs, targets, np.asarray(outputs))
        return with_loss(judge.verdict(), losses.result()["loss"])

    def state(self) -> Mapping[str, np.ndarray]:
        """See Learner."""
        return VariablesState(self._variables, self._mean.state())

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """See Learner."""
        restore_variables(self._variables, state)
        self._mean.restore(state)

    @property
    def _variables(self) -> list[Any]:
        return [*self._model.variables, *self._model.optimizer.variables]
