"""Learning in a compiled function of our own, on TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.core.data.info import Task
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.learning.feed import Feed, judged_batches
from cnnstudio.engine.learning.means import Mean, with_loss
from cnnstudio.engine.learning.plan import Plan
from cnnstudio.engine.learning.states import restore_variables, variables_state
from cnnstudio.engine.memory import RESIDENT_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from cnnstudio.engine.augmenting import Augmenter
    from cnnstudio.engine.data import Part
    from cnnstudio.engine.tasks import TaskKit, Verdict


class TensorFlowLearner:
    """Learns in a compiled function of our own.

    Samples that are in memory when training starts, and not too many, lie on the device: indices go in, the batch is
    gathered there, and what is kept as uint8 takes a quarter of the device's memory. Others are read ahead and go in
    themselves. Both come to the same numbers.
    """

    def __init__(
        self, model: Any, kit: TaskKit, training: Part, augmenter: Augmenter, plan: Plan | None = None
    ) -> None:
        self.plan = plan or Plan()
        tf = tensorflow
        self._model = model
        self._kit = kit
        self._augmenter = augmenter
        self._finish = training.finish
        self._task = training.task
        self._loss = model.loss
        self._learned = _Scores(kit)
        self._batches: Sequence[np.ndarray] = ()
        self._place(training)
        self._feed = Feed(training, augmenter, samples=self._inputs is None)
        model.optimizer.build(model.trainable_variables)
        example, goal = training.clean(slice(0, 1))
        inputs = tf.TensorSpec((None, *training.shape), tf.float32)
        sizes = (None, goal.shape[-1]) if training.task is Task.DETECTION else goal.shape[1:]
        targets = tf.TensorSpec((None, *sizes), goal.dtype)
        drawn = {name: tf.TensorSpec((None, *each), tf.float32) for name, each in augmenter.shapes().items()}
        noise = {} if training.noise is None else {"noise": inputs}
        indices = tf.TensorSpec((None,), tf.int64)
        self._learn_kept = tf.function(self._learn_indices, input_signature=[indices, drawn, noise])
        given = [inputs, drawn, noise] if goal is example else [inputs, targets, drawn, noise]
        step = self._learn_same if goal is example else self._learn_given
        self._learn_read = tf.function(step, input_signature=given)
        self._same = goal is example
        self._judge = tf.function(self._judge_batch, input_signature=[inputs, targets])

    def _place(self, training: Part) -> None:
        """Put the samples on the device where they are in memory and fit."""
        self._inputs = self._targets = None
        kept = training.kept(RESIDENT_BYTES)
        if kept is None:
            return
        inputs, targets = kept
        self._inputs = tensorflow.constant(inputs)
        self._targets = self._inputs if targets is None else tensorflow.constant(targets)

    def begin_epoch(self, epoch: int, batches: Sequence[np.ndarray], done: int = 0) -> None:
        """See Learner."""
        self._batches = batches
        self._feed.begin_epoch(epoch, batches, done)
        if not done:
            self._learned.reset()

    def learn(self, first: int, rates: np.ndarray) -> None:
        """See Learner."""
        for number, rate in enumerate(rates, first):
            self._model.optimizer.learning_rate = rate
            self._step(number)

    def _step(self, number: int) -> None:
        tf, batch = tensorflow, self._feed.batch(number)
        if self._inputs is not None:
            self._learn_kept(tf.constant(self._batches[number], "int64"), batch.drawn, batch.noise)
        elif self._same:
            self._learn_read(tf.constant(batch.inputs), batch.drawn, batch.noise)
        else:
            self._learn_read(tf.constant(batch.inputs), tf.constant(batch.targets), batch.drawn, batch.noise)

    def metrics(self) -> dict[str, float]:
        """See Learner."""
        return self._learned.result()

    def judge(self, part: Part, batch_size: int) -> Verdict:
        """See Learner."""
        judge, losses = self._kit.judge(), Mean()
        for inputs, targets in judged_batches(part, batch_size):
            outputs, loss = self._judge(tensorflow.constant(inputs), tensorflow.constant(targets))
            losses.add({"loss": loss}, len(inputs))
            judge.add(inputs, targets, outputs.numpy())
        return with_loss(judge.verdict(), losses.result()["loss"])

    def state(self) -> dict[str, np.ndarray]:
        """See Learner."""
        return variables_state(self._variables)

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """See Learner."""
        restore_variables(self._variables, state)

    @property
    def _variables(self) -> list[Any]:
        return [*self._model.variables, *self._model.optimizer.variables, *self._learned.variables]

    def _learn_indices(self, indices: Any, drawn: dict[str, Any], noise: dict[str, Any]) -> None:
        inputs = self._finished(tensorflow.gather(self._inputs, indices))
        if self._targets is self._inputs:
            targets = inputs
        else:
            targets = tensorflow.gather(self._targets, indices)
            targets = self._finished(targets) if self._task is Task.RECONSTRUCTION else _as_told(targets)
        self._learn_given(inputs, targets, drawn, noise)

    def _finished(self, kept: Any) -> Any:
        return self._finish.steps(tensorflow.cast(kept, "float32"), bytes=kept.dtype == tensorflow.uint8)

    def _learn_same(self, inputs: Any, drawn: dict[str, Any], noise: dict[str, Any]) -> None:
        self._learn_given(inputs, inputs, drawn, noise)

    def _learn_given(self, inputs: Any, targets: Any, drawn: dict[str, Any], noise: dict[str, Any]) -> None:
        tf, model = tensorflow, self._model
        inputs, targets = self._augmenter.vary(inputs, targets, drawn)
        for added in noise.values():
            inputs += added
        with tf.GradientTape() as tape:
            outputs = model(inputs, training=True)
            loss = self._loss(targets, outputs)
            if model.losses:
                loss += tf.add_n(model.losses)
            scaled = model.optimizer.scale_loss(loss)  # larger for float16 only
        variables = model.trainable_variables
        model.optimizer.apply(tape.gradient(scaled, variables), variables)
        self._learned.add(loss, targets, outputs)

    def _judge_batch(self, inputs: Any, targets: Any) -> tuple[Any, Any]:
        outputs = self._model(inputs, training=False)
        return outputs, self._loss(targets, outputs)


def _as_told(targets: Any) -> Any:
    """Masks of few classes are kept as uint8; losses and metrics take int32."""
    return tensorflow.cast(targets, "int32") if targets.dtype == tensorflow.uint8 else targets


class _Scores:
    """Loss and metrics accumulated on the device."""

    def __init__(self, kit: TaskKit) -> None:
        self._loss = keras.metrics.Mean(name="loss")
        self._metrics = kit.metrics()

    def add(self, loss: Any, targets: Any, outputs: Any) -> None:
        self._loss.update_state(loss, sample_weight=keras.ops.shape(outputs)[0])
        for metric in self._metrics:
            metric.update_state(targets, outputs)

    def reset(self) -> None:
        for metric in (self._loss, *self._metrics):
            metric.reset_state()

    @property
    def variables(self) -> list[Any]:
        return [v for metric in (self._loss, *self._metrics) for v in metric.variables]

    def result(self) -> dict[str, float]:
        return {metric.name: float(metric.result()) for metric in (self._loss, *self._metrics)}
