"""Learning in a compiled function of our own, on TensorFlow."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.data.info import Task
from cnnstudio.engine.backend import tensorflow, threads
from cnnstudio.engine.data.ahead import most_ahead
from cnnstudio.engine.learning.choosing import halving
from cnnstudio.engine.learning.feed import Feed, judged_batches
from cnnstudio.engine.learning.fused import fuse
from cnnstudio.engine.learning.lean import joined, loss_of
from cnnstudio.engine.learning.means import Mean, with_loss
from cnnstudio.engine.learning.pacing import Pacing
from cnnstudio.engine.learning.plan import Plan
from cnnstudio.engine.learning.scores import Scores
from cnnstudio.engine.learning.states import VariablesState, restore_variables
from cnnstudio.engine.memory import RESIDENT_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnnstudio.engine.augmenting import Augmenter
    from cnnstudio.engine.data import Part
    from cnnstudio.engine.tasks import TaskKit, Verdict


class TensorFlowLearner:
    """Learns in a compiled function of our own, many steps a call.

    Samples that are in memory when training starts, and not too many, lie on the device: indices go in, each step
    gathers its batch there, and what is kept as uint8 takes a quarter of the device's memory. Others are read ahead and
    go in themselves. Both come to the same numbers, however many steps a call takes.
    """

    def __init__(
        self, model: Any, kit: TaskKit, training: Part, augmenter: Augmenter, plan: Plan | None = None
    ) -> None:
        self._model = model
        self._kit = kit
        self._augmenter = augmenter
        self._finish = training.finish
        self._task = training.task
        self._learned = Scores(kit)
        self._metrics: np.ndarray | None = None
        """Those that the last call brought; None where they have changed since."""
        self._batches: Sequence[np.ndarray] = ()
        self._place(training)
        self._feed = Feed(training, augmenter, samples=self._inputs is None)
        model.optimizer.build(model.trainable_variables)
        self._step = 0
        """Steps of the run so far."""
        self._fused = fuse(model.optimizer)
        device = "GPU" if "GPU" in model.optimizer.iterations.value.device else "CPU"
        self._halving = halving(model, kit, training, device, plan)
        most = most_ahead(self._feed.batch_bytes(kit.recipe.batch_size)) if self._feed.is_slow else None
        self._pacing = Pacing(plan.steps_per_call if plan is not None else 1, most)
        self._compile(training)

    def _compile(self, training: Part) -> None:
        """Set up the compiled functions; each is traced when it is first called."""
        tf = tensorflow
        example, goal = training.clean(slice(0, 1))
        self._same = goal is example
        inputs = tf.TensorSpec((None, *training.shape), tf.float32)
        sizes = (None, goal.shape[-1]) if training.task is Task.DETECTION else goal.shape[1:]
        targets = tf.TensorSpec((None, *sizes), goal.dtype)
        chunk: dict[str, Any] = {
            "drawn": {name: tf.TensorSpec((None, *each), tf.float32) for name, each in self._augmenter.shapes().items()}
        }
        if training.noise is not None:
            chunk["noise"] = inputs
        if self._inputs is not None:
            chunk["indices"] = tf.TensorSpec((None,), tf.int64)
        else:
            chunk["inputs"] = inputs
            if not self._same:
                chunk["targets"] = targets
        signature = [tf.TensorSpec((None,), tf.float32), tf.TensorSpec((None,), tf.int32), chunk]
        self._calls = {
            halves: tf.function(partial(self._learn_steps, halves), input_signature=signature, autograph=False)
            for halves in (False, True)
        }
        self._judge = tf.function(self._judge_batch, input_signature=[inputs, targets], autograph=False)

    def _place(self, training: Part) -> None:
        """Put the samples on the device where they are in memory and fit."""
        self._inputs = self._targets = None
        kept = training.kept(RESIDENT_BYTES)
        if kept is None:
            return
        inputs, targets = kept
        self._inputs = tensorflow.constant(inputs)
        self._targets = self._inputs if targets is None else tensorflow.constant(targets)

    @property
    def plan(self) -> Plan:
        """See Learner."""
        return Plan(self._pacing.steps, self._halving.halves, self._halving.tried, self._fused, threads()[0])

    def begin_epoch(self, epoch: int, batches: Sequence[np.ndarray], done: int = 0) -> None:
        """See Learner."""
        self._batches = batches
        self._feed.begin_epoch(epoch, batches, done)
        if not done:
            self._learned.reset()
            self._metrics = None

    def learn(self, first: int, rates: np.ndarray) -> None:
        """See Learner."""
        while len(rates):
            halves, count = self._halving.alike(self._step, len(rates))
            chunk = self._chunk(first, count)
            ends = np.cumsum([len(indices) for indices in self._batches[first : first + count]], dtype="int32")
            began = time.perf_counter()
            self._metrics = self._calls[halves](rates[:count], ends, chunk).numpy()
            seconds = time.perf_counter() - began
            self._pacing.took(count, seconds)
            self._halving.took(self._step, count, seconds)
            self._step += count
            first, rates = first + count, rates[count:]

    def _chunk(self, first: int, count: int) -> dict[str, Any]:
        """What these steps learn from, one sample behind the other; every array has as many rows."""
        made = self._feed.chunk(first, count)
        chunk: dict[str, Any] = {"drawn": made.drawn} | made.noise
        if self._inputs is not None:
            return chunk | {"indices": np.concatenate(self._batches[first : first + count]).astype("int64", copy=False)}
        return chunk | ({"inputs": made.inputs} if self._same else {"inputs": made.inputs, "targets": made.targets})

    def metrics(self) -> dict[str, float]:
        """See Learner."""
        if self._metrics is None:
            return self._learned.result()
        return dict(zip(self._learned.names, map(float, self._metrics), strict=True))

    def judge(self, part: Part, batch_size: int) -> Verdict:
        """See Learner."""
        judge, losses = self._kit.judge(), Mean()
        for inputs, targets in judged_batches(part, batch_size):
            outputs, loss = self._judge(inputs, targets)
            losses.add({"loss": loss}, len(inputs))
            judge.add(inputs, targets, outputs.numpy())
        return with_loss(judge.verdict(), losses.result()["loss"])

    def state(self) -> Mapping[str, np.ndarray]:
        """See Learner."""
        return VariablesState(self._variables)

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """See Learner."""
        restore_variables(self._variables, state)
        self._metrics = None
        self._step = int(self._model.optimizer.iterations)

    @property
    def _variables(self) -> list[Any]:
        return [*self._model.variables, *self._model.optimizer.variables, *self._learned.variables]

    # Compiled

    def _learn_steps(self, halves: bool, rates: Any, ends: Any, chunk: dict[str, Any]) -> Any:
        """One step for each of the `rates`, on the samples of the chunk up to the step's end; the metrics after it."""
        tf = tensorflow

        def step(number: Any, start: Any) -> tuple[Any, Any]:
            end = ends[number]
            batch = tf.nest.map_structure(lambda each: each[start:end], chunk)
            self._model.optimizer.learning_rate = rates[number]
            self._learn(*self._samples(batch), halves)
            return number + 1, end

        count = tf.shape(rates)[0]
        tf.while_loop(lambda number, start: number < count, step, (0, 0), parallel_iterations=1)
        return self._learned.packed()

    def _samples(self, batch: dict[str, Any]) -> tuple[Any, Any]:
        """Inputs and targets of a batch, as the network learns from them."""
        if self._inputs is None:
            inputs = batch["inputs"]
            targets = batch.get("targets", inputs)
        else:
            inputs = targets = self._finished(tensorflow.gather(self._inputs, batch["indices"]))
            if self._targets is not self._inputs:
                targets = tensorflow.gather(self._targets, batch["indices"])
                targets = self._finished(targets) if self._task is Task.RECONSTRUCTION else _as_told(targets)
        inputs, targets = self._augmenter.vary(inputs, targets, batch["drawn"])
        return inputs + batch["noise"] if "noise" in batch else inputs, targets

    def _finished(self, kept: Any) -> Any:
        return self._finish.steps(tensorflow.cast(kept, "float32"), bytes=kept.dtype == tensorflow.uint8)

    def _learn(self, inputs: Any, targets: Any, halves: bool) -> None:
        tf, model = tensorflow, self._model
        with tf.GradientTape() as tape:
            parts = [model(part, training=True) for part in (_halved(inputs) if halves else (inputs,))]
            loss = loss_of(model.loss, targets, parts)
            if model.losses:
                loss += tf.add_n(model.losses)
            scaled = model.optimizer.scale_loss(loss)  # larger for float16 only
        variables = model.trainable_variables
        model.optimizer.apply(tape.gradient(scaled, variables), variables)
        self._learned.add(loss, targets, joined(parts))

    def _judge_batch(self, inputs: Any, targets: Any) -> tuple[Any, Any]:
        outputs = self._model(inputs, training=False)
        return outputs, self._model.loss(targets, outputs)


def _halved(inputs: Any) -> tuple[Any, Any]:
    """The halves of a batch, which take two ways that nothing joins before the loss, and after it again.

    The loss is that of the whole batch, whatever it is; only sums over the batch are put together otherwise.
    """
    middle = (tensorflow.shape(inputs)[0] + 1) // 2
    return inputs[:middle], inputs[middle:]


def _as_told(targets: Any) -> Any:
    """Masks of few classes are kept as uint8; losses and metrics take int32."""
    return tensorflow.cast(targets, "int32") if targets.dtype == tensorflow.uint8 else targets
