"""Learning on several devices at once, each with a copy of the weights and a share of every batch, on TensorFlow.

The gradient of a batch is the sum of those of its shares, each counted by how many samples it holds, so a step comes to
what it would come to on one device, to within rounding. Only batch normalisation differs: its statistics are those of a
share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.core.data.info import Task
from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.learning.feed import Feed, judged_batches
from cnnstudio.engine.learning.means import Mean, with_loss
from cnnstudio.engine.learning.plan import Plan
from cnnstudio.engine.learning.scores import Scores
from cnnstudio.engine.learning.states import VariablesState, restore_variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from cnnstudio.engine.augmenting import Augmenter
    from cnnstudio.engine.data import Part
    from cnnstudio.engine.tasks import TaskKit, Verdict


class MirroredLearner:
    """Learns under a `tf.distribute.MirroredStrategy`, in whose scope the model was made and compiled."""

    def __init__(
        self, model: Any, kit: TaskKit, training: Part, augmenter: Augmenter, plan: Plan | None = None
    ) -> None:
        self.plan = plan or Plan()
        tf = tensorflow
        self._model = model
        self._kit = kit
        self._augmenter = augmenter
        self._strategy = model.distribute_strategy
        self._replicas = self._strategy.num_replicas_in_sync
        self._learned = Scores(kit)
        self._feed = Feed(training, augmenter, samples=True)
        with self._strategy.scope():
            model.optimizer.build(model.trainable_variables)
        example, goal = training.clean(slice(0, 1))
        self._same = goal is example
        inputs = tf.TensorSpec((None, *training.shape), tf.float32)
        sizes = (None, goal.shape[-1]) if training.task is Task.DETECTION else goal.shape[1:]
        targets = tf.TensorSpec((None, *sizes), goal.dtype)
        drawn = {name: tf.TensorSpec((None, *each), tf.float32) for name, each in augmenter.shapes().items()}
        noise = {} if training.noise is None else {"noise": inputs}
        self._step = tf.function(self._learn_batch, input_signature=[inputs, targets, drawn, noise])
        self._judge = tf.function(self._judge_batch, input_signature=[inputs, targets])

    def begin_epoch(self, epoch: int, batches: Sequence[np.ndarray], done: int = 0) -> None:
        """See Learner."""
        self._feed.begin_epoch(epoch, batches, done)
        if not done:
            self._learned.reset()

    def learn(self, first: int, rates: np.ndarray) -> None:
        """See Learner."""
        tf = tensorflow
        for number, rate in enumerate(rates, first):
            self._model.optimizer.learning_rate = rate
            batch = self._feed.batch(number)
            self._step(tf.constant(batch.inputs), tf.constant(batch.targets), batch.drawn, batch.noise)

    def metrics(self) -> dict[str, float]:
        """See Learner."""
        return self._learned.result()

    def judge(self, part: Part, batch_size: int) -> Verdict:
        """See Learner. One device does it."""
        judge, losses = self._kit.judge(), Mean()
        for inputs, targets in judged_batches(part, batch_size):
            outputs, loss = self._judge(tensorflow.constant(inputs), tensorflow.constant(targets))
            losses.add({"loss": loss}, len(inputs))
            judge.add(inputs, targets, outputs.numpy())
        return with_loss(judge.verdict(), losses.result()["loss"])

    def state(self) -> Mapping[str, np.ndarray]:
        """See Learner."""
        return VariablesState(self._variables)

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """See Learner."""
        restore_variables(self._variables, state)

    @property
    def _variables(self) -> list[Any]:
        return [*self._model.variables, *self._model.optimizer.variables, *self._learned.variables]

    def _learn_batch(self, inputs: Any, targets: Any, drawn: dict[str, Any], noise: dict[str, Any]) -> None:
        tf, strategy, model = tensorflow, self._strategy, self._model
        gradients, outputs, goals, losses = strategy.run(self._learn_share, args=(inputs, targets, drawn, noise))
        with tf.device(strategy.extended.worker_devices[0]):
            # Outside the replicas, so that gradients are clipped as those of the whole batch.
            summed = [strategy.reduce(tf.distribute.ReduceOp.SUM, gradient, axis=None) for gradient in gradients]
            model.optimizer.apply(summed, model.trainable_variables)
        told = [tf.concat(strategy.experimental_local_results(each), 0) for each in (goals, outputs)]
        self._learned.add(tf.add_n(strategy.experimental_local_results(losses)), *told)

    def _learn_share(
        self, inputs: Any, targets: Any, drawn: dict[str, Any], noise: dict[str, Any]
    ) -> tuple[list[Any], Any, Any, Any]:
        """In each replica: gradients, outputs and targets of its samples, and what they add to the batch's loss.

        A replica for which there is no sample computes with another's, which counts for nothing: the mean over none
        would be no number.
        """
        tf, model, replicas = tensorflow, self._model, self._replicas
        number = tf.distribute.get_replica_context().replica_id_in_sync_group
        total = tf.shape(inputs)[0]
        start, stop = number * total // replicas, (number + 1) * total // replicas
        count = stop - start
        start = tf.minimum(start, total - 1)
        stop = tf.maximum(stop, start + 1)
        inputs = inputs[start:stop]
        targets = inputs if self._same else targets[start:stop]
        own = {name: values[start:stop] for name, values in drawn.items()}
        inputs, targets = self._augmenter.vary(inputs, targets, own)
        for added in noise.values():
            inputs += added[start:stop]
        with tf.GradientTape() as tape:
            outputs = model(inputs, training=True)
            loss = model.loss(targets, outputs)
            if model.losses:
                loss += tf.add_n(model.losses)
            loss *= tf.cast(count, loss.dtype) / tf.cast(total, loss.dtype)
            scaled = model.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [v.value for v in model.trainable_variables])
        return gradients, outputs[:count], targets[:count], loss

    def _judge_batch(self, inputs: Any, targets: Any) -> tuple[Any, Any]:
        outputs = self._model(inputs, training=False)
        return outputs, self._model.loss(targets, outputs)
