"""The optimizer, and how batches are learned and parts are judged.

Two learners do the same work. On TensorFlow the loop is our own compiled function over data that stay on the device:
on small networks it takes half the time of Keras's trainer and compiles in a quarter, and it does not leak. Every
other backend goes through Keras's public `train_on_batch`.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cnnstudio.engine.backend import keras, tensorflow

if TYPE_CHECKING:
    from cnnstudio.core.recipe import TrainingRecipe
    from cnnstudio.engine.augmenting import Augmenter
    from cnnstudio.engine.data import Part
    from cnnstudio.engine.tasks import TaskKit, Verdict

_RESIDENT_BYTES = 1 << 30
"""Up to this size the training part lies on the device that trains; above, in main memory."""


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

    def begin_epoch(self, epoch: int) -> None:
        """Forget the metrics of the last epoch; `epoch` counts from 1 and decides how samples are varied."""

    def learn(self, indices: np.ndarray) -> None:
        """One step on these samples of the training part. Does not wait for the device."""

    def metrics(self) -> dict[str, float]:
        """Means over the epoch so far, the loss first. Waits for the device."""

    def judge(self, part: Part, batch_size: int) -> Verdict:
        """The network over a whole part, nothing learned; the loss is the first of the metrics."""


def make_learner(model: Any, kit: TaskKit, training: Part, augmenter: Augmenter) -> Learner:
    """The learner for the backend that is loaded; `model` is compiled. `augmenter` varies what is learned from."""
    return (TensorFlowLearner if tensorflow is not None else KerasLearner)(model, kit, training, augmenter)


class KerasLearner:
    """Learns through Keras's trainer, on any backend."""

    def __init__(self, model: Any, kit: TaskKit, training: Part, augmenter: Augmenter) -> None:
        self._model = model
        self._kit = kit
        self._training = training
        self._augmenter = augmenter
        self._epoch = 0
        self._mean = _Mean()

    def begin_epoch(self, epoch: int) -> None:
        """See Learner."""
        self._epoch = epoch
        self._mean = _Mean()

    def learn(self, indices: np.ndarray) -> None:
        """See Learner."""
        inputs, targets = self._training.batch(indices)
        inputs, targets = self._augmenter.varied(inputs, targets, self._augmenter.draws(self._epoch, indices))
        self._mean.add(self._model.train_on_batch(inputs, targets, return_dict=True), len(indices))

    def metrics(self) -> dict[str, float]:
        """See Learner. Mean IoU is the mean over batches here."""
        return self._mean.result()

    def judge(self, part: Part, batch_size: int) -> Verdict:
        """See Learner."""
        judge, losses = self._kit.judge(), _Mean()
        for start in range(0, len(part), batch_size):
            inputs, targets = part.batch(slice(start, start + batch_size))
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
    """Learns in a compiled function of our own: indices go in, the batch is gathered where the data lie."""

    def __init__(self, model: Any, kit: TaskKit, training: Part, augmenter: Augmenter) -> None:
        tf = tensorflow
        self._model = model
        self._kit = kit
        self._augmenter = augmenter
        self._epoch = 0
        self._loss = model.loss
        self._learned = _Scores(kit)
        self._resident = training.inputs.nbytes + training.targets.nbytes <= _RESIDENT_BYTES
        with self._where():
            self._inputs = tf.constant(training.inputs)
            same = training.targets is training.inputs
            self._targets = self._inputs if same else tf.constant(training.targets)
        model.optimizer.build(model.trainable_variables)
        inputs = tf.TensorSpec((None, *training.inputs.shape[1:]), training.inputs.dtype)
        targets = tf.TensorSpec((None, *training.targets.shape[1:]), training.targets.dtype)
        drawn = {name: tf.TensorSpec((None, *sizes), tf.float32) for name, sizes in augmenter.shapes().items()}
        self._learn = tf.function(self._learn_batch, input_signature=[tf.TensorSpec((None,), tf.int64), drawn])
        self._judge = tf.function(self._judge_batch, input_signature=[inputs, targets])

    def _where(self) -> Any:
        return tensorflow.device(None if self._resident else "CPU:0")

    def begin_epoch(self, epoch: int) -> None:
        """See Learner."""
        self._epoch = epoch
        self._learned.reset()

    def learn(self, indices: np.ndarray) -> None:
        """See Learner."""
        self._learn(tensorflow.constant(indices, "int64"), self._augmenter.draws(self._epoch, indices))

    def metrics(self) -> dict[str, float]:
        """See Learner."""
        return self._learned.result()

    def judge(self, part: Part, batch_size: int) -> Verdict:
        """See Learner."""
        judge, losses = self._kit.judge(), _Mean()
        for start in range(0, len(part), batch_size):
            inputs, targets = part.batch(slice(start, start + batch_size))
            outputs, loss = self._judge(tensorflow.constant(inputs), tensorflow.constant(targets))
            losses.add({"loss": loss}, len(inputs))
            judge.add(inputs, targets, outputs.numpy())
        return _with_loss(judge.verdict(), losses.result()["loss"])

    def _learn_batch(self, indices: Any, drawn: dict[str, Any]) -> None:
        tf, model = tensorflow, self._model
        with self._where():
            inputs = tf.gather(self._inputs, indices)
            targets = inputs if self._targets is self._inputs else tf.gather(self._targets, indices)
        inputs, targets = self._augmenter.vary(inputs, targets, drawn)
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
    """Whether every metric is a number."""
    return all(math.isfinite(value) for value in metrics.values())
