"""Loss and metrics of an epoch, added up where the steps are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.learning.lean import add_matches, add_mean

if TYPE_CHECKING:
    from cnnstudio.engine.tasks import TaskKit


class Scores:
    """Loss and metrics accumulated on the device."""

    def __init__(self, kit: TaskKit) -> None:
        self._loss = keras.metrics.Mean(name="loss")
        self._metrics = kit.metrics()

    def add(self, loss: Any, targets: Any, outputs: Any) -> None:
        """Take in a batch: the mean loss of its samples, their targets and the network's outputs."""
        samples = tensorflow.cast(tensorflow.shape(outputs)[0], "float32")
        add_mean(self._loss, tensorflow.cast(loss, "float32") * samples, samples)
        for metric in self._metrics:
            if not add_matches(metric, targets, outputs):
                metric.update_state(targets, outputs)

    def reset(self) -> None:
        """Begin anew."""
        for metric in (self._loss, *self._metrics):
            metric.reset_state()

    @property
    def variables(self) -> list[Any]:
        """What has been added up so far."""
        return [v for metric in (self._loss, *self._metrics) for v in metric.variables]

    @property
    def names(self) -> tuple[str, ...]:
        """Of what is measured, the loss first."""
        return tuple(metric.name for metric in (self._loss, *self._metrics))

    def packed(self) -> Any:
        """The results as one tensor (names,), float32: within a compiled function, so that one look fetches all."""
        each = (keras.ops.cast(metric.result(), "float32") for metric in (self._loss, *self._metrics))
        return keras.ops.stack([keras.ops.reshape(value, ()) for value in each])

    def result(self) -> dict[str, float]:
        """Means over the epoch so far, the loss first. Waits for the device."""
        return {metric.name: float(metric.result()) for metric in (self._loss, *self._metrics)}
