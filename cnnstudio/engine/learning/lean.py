"""Cross-entropy and accuracy of class indices in few operations.

Keras is open to weights, masks and many shapes, and with repeatable operations TensorFlow composes the cross-entropy of
some thirty small ones, as only the GPU's single one is not repeatable. In small networks they take as long as the
convolutions do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.engine.backend import keras, tensorflow

if TYPE_CHECKING:
    from collections.abc import Sequence


def loss_of(loss: Any, targets: Any, parts: Sequence[Any]) -> Any:
    """The loss of a batch whose outputs come in `parts`, one behind the other.

    It is `loss(targets, outputs)` but for rounding, whatever the loss.
    """
    tf = tensorflow
    scores = _scores(loss, parts)
    if scores is None:
        return loss(targets, joined(parts))
    flat = tf.reshape(scores, (-1, scores.shape[-1])) if len(scores.shape) > 2 else scores
    labels = targets if len(targets.shape) == 1 else tf.reshape(targets, (-1,))
    return tf.reduce_mean(tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(features=flat, labels=labels).loss)


def joined(parts: Sequence[Any]) -> Any:
    """The parts of a batch as one tensor."""
    return parts[0] if len(parts) == 1 else tensorflow.concat(parts, 0)


def _scores(loss: Any, parts: Sequence[Any]) -> Any:
    """What the softmax is taken of, for the cross-entropy of class indices; None where the loss is another.

    Keras looks behind the softmax, too: the logarithm of a share that has been rounded to 0 has no gradient.
    """
    if type(loss) is not keras.losses.SparseCategoricalCrossentropy or len(parts[0].shape) < 2:
        return None
    if loss.get_config()["from_logits"]:
        return joined(parts)
    if tensorflow.executing_eagerly():  # where functions are not compiled, no tensor knows where it comes from
        return None
    if any(part.op.type != "Softmax" for part in parts):
        return None
    return joined([part.op.inputs[0] for part in parts])


def add_matches(metric: Any, targets: Any, outputs: Any) -> bool:
    """Count answers (n, classes) that are those of the targets (n,) into Keras's accuracy, as it does itself.

    False where the metric is another or the shapes are: then nothing is counted.
    """
    if type(metric) is not keras.metrics.SparseCategoricalAccuracy or (len(outputs.shape), len(targets.shape)) != (
        2,
        1,
    ):
        return False
    tf = tensorflow
    answers = tf.argmax(outputs, -1, output_type=targets.dtype)
    add_mean(metric, tf.reduce_sum(tf.cast(answers == targets, tf.float32)), tf.cast(tf.shape(outputs)[0], tf.float32))
    return True


def add_mean(metric: Any, total: Any, count: Any) -> None:
    """Add so much to the sum and the count of Keras's mean, in one operation each instead of three."""
    metric.total.value.assign_add(total, read_value=False)
    metric.count.value.assign_add(count, read_value=False)
