"""The optimizer, and how batches are learned and parts are judged.

Two learners do the same work. On TensorFlow the loop is our own compiled function over data that stay on the device:
on small networks it takes half the time of Keras's trainer and compiles in a quarter, and it does not leak. Every
other backend goes through Keras's public `train_on_batch`.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from cnnstudio.core.data.info import Task
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.data.ahead import Ahead
from cnnstudio.engine.memory import RESIDENT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnnstudio.core.recipe import TrainingRecipe
    from cnnstudio.engine.augmenting import Augmenter
    from cnnstudio.engine.data import Part
    from cnnstudio.engine.tasks import TaskKit, Verdict


def make_optimizer(recipe: TrainingRecipe) -> Any:
    """The Keras optimizer of a recipe."""
    rate = recipe.learning_rate
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=recipe.momentum)
    kinds = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "nadam": keras.optimizers.Nadam,
        "rmsprop": keras.optimizers.RMSprop,
    }
    return kinds[recipe.optimizer](rate)


def compile_model(model: Any, kit: TaskKit, *, for_others: bool = False) -> None:
    """Give the model what it is trained with.

    `for_others`: with a loss that Keras itself has, so that a saved one can be opened, evaluated and trained on by
    plain Keras.
    """
    loss = kit.usual_loss() if for_others else kit.loss()
    model.compile(optimizer=make_optimizer(kit.recipe), loss=loss, metrics=kit.metrics())


class Learner(Protocol):
    """Learns batches of the training part and judges any part. Metrics are means since the last `begin_epoch`."""

    def begin_epoch(self, epoch: int, batches: Sequence[np.ndarray] = ()) -> None:
        """Forget the metrics of the last epoch; `epoch` counts from 1 and decides how samples are varied.

        `batches` are what `learn` will be given, in this order: they are read ahead.
        """

    def learn(self, indices: np.ndarray) -> None:
        """One step on these samples of the training part. Does not wait for the device.

        Raises DataError, which names a file that cannot be read.
        """

    def metrics(self) -> dict[str, float]:
        """Means over the epoch so far, the loss first. Waits for the device."""

    def judge(self, part: Part, batch_size: int) -> Verdict:
        """The network over a whole part, nothing learned; the loss is the first of the metrics."""


_NONE = np.empty(0, "float32")


class _Batch(NamedTuple):
    """What a step learns from, made ahead of it."""

    inputs: np.ndarray
    """float32, clean; empty where the samples lie on the device already."""
    targets: np.ndarray
    drawn: dict[str, np.ndarray]
    """How samples are varied."""
    noise: dict[str, np.ndarray]
    """What is added to the inputs after that, as "noise"; {} where nothing is."""


class _Feed:
    """Makes the batches of a learner, ahead of it where that takes time."""

    def __init__(self, training: Part, augmenter: Augmenter, *, samples: bool) -> None:
        """`samples`: whether batches hold the samples themselves."""
        self._training = training
        self._augmenter = augmenter
        self._samples = samples
        self._epoch = 0
        self._ahead: Ahead[_Batch] | None = None

    def begin_epoch(self, epoch: int, batches: Sequence[np.ndarray]) -> None:
        """See Learner."""
        if self._ahead is not None:
            self._ahead.close()
        self._epoch = epoch
        slow = self._samples or self._augmenter.acts or self._training.noise is not None
        size = 4 * math.prod(self._training.shape) * max(map(len, batches), default=0)
        self._ahead = Ahead(self._made, batches, size) if slow else None

    def batch(self, indices: np.ndarray) -> _Batch:
        """What to learn of these samples from."""
        return self._made(indices) if self._ahead is None else self._ahead.take(indices)

    def _made(self, indices: np.ndarray) -> _Batch:
        inputs, targets = self._training.clean(indices) if self._samples else (_NONE, _NONE)
        noise = self._training.noise_of(indices, self._epoch)
        drawn = self._augmenter.draws(self._epoch, indices)
        return _Batch(inputs, targets, drawn, {} if noise is None else {"noise": noise})


def _judged(part: Part, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The part's batches in order, read ahead, with the noise in which it is judged."""
    indices = [np.arange(at, min(at + batch_size, len(part))) for at in range(0, len(part), batch_size)]
    ahead = Ahead(part.batch, indices, 4 * math.prod(part.shape) * batch_size)
    try:
        for batch in indices:
            yield ahead.take(batch)
    finally:
        ahead.close()


def make_learner(model: Any, kit: TaskKit, training: Part, augmenter: Augmenter) -> Learner:
    """The learner for the backend that is loaded; `model` is compiled. `augmenter` varies what is learned from."""
    return (TensorFlowLearner if tensorflow is not None else KerasLearner)(model, kit, training, augmenter)


class KerasLearner:
    """Learns through Keras's trainer, on any backend."""

    def __init__(self, model: Any, kit: TaskKit, training: Part, augmenter: Augmenter) -> None:
        self._model = model
        self._kit = kit
        self._augmenter = augmenter
        self._feed = _Feed(training, augmenter, samples=True)
        self._mean = _Mean()

    def begin_epoch(self, epoch: int, batches: Sequence[np.ndarray] = ()) -> None:
        """See Learner."""
        self._feed.begin_epoch(epoch, batches)
        self._mean = _Mean()

    def learn(self, indices: np.ndarray) -> None:
        """See Learner."""
        batch = self._feed.batch(indices)
        inputs, targets = self._augmenter.varied(batch.inputs, batch.targets, batch.drawn)
        for noise in batch.noise.values():
            inputs = inputs + noise
        self._mean.add(self._model.train_on_batch(inputs, targets, return_dict=True), len(indices))

    def metrics(self) -> dict[str, float]:
        """See Learner. Mean IoU is the mean over batches here."""
        return self._mean.result()

    def judge(self, part: Part, batch_size: int) -> Verdict:
        """See Learner."""
        judge, losses = self._kit.judge(), _Mean()
        for inputs, targets in _judged(part, batch_size):
            outputs = self._model.predict_on_batch(inputs)
            loss = self._model.loss(keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(outputs))
            losses.add({"loss": loss}, len(inputs))
            judge.add(inputs, targets, np.asarray(outputs))
        return _with_loss(judge.verdict(), losses.result()["loss"])


def _with_loss(verdict: Verdict, loss: float) -> Verdict:
    return dataclasses.replace(verdict, metrics={"loss": loss, **verdict.metrics})


class _Mean:
    """Means of metrics over batches of different sizes."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, values: dict[str, Any], samples: int) -> None:
        self._count += samples
        for name, value in sorted(values.items(), key=lambda item: item[0] != "loss"):
            self._sums[name] = self._sums.get(name, 0.0) + float(value) * samples

    def result(self) -> dict[str, float]:
        return {name: total / max(1, self._count) for name, total in self._sums.items()}


class TensorFlowLearner:
    """Learns in a compiled function of our own.

    Samples that are in memory when training starts, and not too many, lie on the device: indices go in, the batch is
    gathered there, and what is kept as uint8 takes a quarter of the device's memory. Others are read ahead and go in
    themselves. Both come to the same numbers.
    """

    def __init__(self, model: Any, kit: TaskKit, training: Part, augmenter: Augmenter) -> None:
        tf = tensorflow
        self._model = model
        self._kit = kit
        self._augmenter = augmenter
        self._finish = training.finish
        self._task = training.task
        self._loss = model.loss
        self._learned = _Scores(kit)
        self._place(training)
        self._feed = _Feed(training, augmenter, samples=self._inputs is None)
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

    def begin_epoch(self, epoch: int, batches: Sequence[np.ndarray] = ()) -> None:
        """See Learner."""
        self._feed.begin_epoch(epoch, batches)
        self._learned.reset()

    def learn(self, indices: np.ndarray) -> None:
        """See Learner."""
        tf, batch = tensorflow, self._feed.batch(indices)
        if self._inputs is not None:
            self._learn_kept(tf.constant(indices, "int64"), batch.drawn, batch.noise)
        elif self._same:
            self._learn_read(tf.constant(batch.inputs), batch.drawn, batch.noise)
        else:
            self._learn_read(tf.constant(batch.inputs), tf.constant(batch.targets), batch.drawn, batch.noise)

    def metrics(self) -> dict[str, float]:
        """See Learner."""
        return self._learned.result()

    def judge(self, part: Part, batch_size: int) -> Verdict:
        """See Learner."""
        judge, losses = self._kit.judge(), _Mean()
        for inputs, targets in _judged(part, batch_size):
            outputs, loss = self._judge(tensorflow.constant(inputs), tensorflow.constant(targets))
            losses.add({"loss": loss}, len(inputs))
            judge.add(inputs, targets, outputs.numpy())
        return _with_loss(judge.verdict(), losses.result()["loss"])

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
        variables = model.trainable_variables
        model.optimizer.apply(tape.gradient(loss, variables), variables)
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

    def result(self) -> dict[str, float]:
        return {metric.name: float(metric.result()) for metric in (self._loss, *self._metrics)}


def metric_names(kit: TaskKit) -> tuple[str, ...]:
    """Names of the metrics of training, the loss first."""
    return ("loss", *(metric.name for metric in kit.metrics()))


def is_finite(metrics: dict[str, float]) -> bool:
    """Whether the losses are numbers; what else is measured may be undefined, as precision is without any boxes."""
    return all(math.isfinite(value) for name, value in metrics.items() if name in ("loss", "val_loss"))
