"""The losses that Keras does not have as the studio wants them, on `keras.ops`, for any backend.

Each takes targets and outputs of a batch and gives values whose mean is the loss. `cnnstudio code` copies the source
text of these functions into the scripts it writes: they need keras as `keras`, numpy as `np` and nothing else of this
module. Lines keep to the 88 columns of generated code, in the layout that Black gives them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnstudio.engine.backend import keras


def cross_entropy(
    targets: Any,
    outputs: Any,
    scores: bool = False,
    weights: Any = None,
    smoothing: float = 0.0,
) -> Any:
    """Cross-entropy of class indices (n, ...), each counted with its class's weight.

    `smoothing` is the share of a target that all classes get alike (Szegedy et al.,
    2016).
    """
    if smoothing:
        indices = keras.ops.cast(targets, "int32")
        wanted = keras.ops.one_hot(indices, outputs.shape[-1])
        entropy = keras.losses.categorical_crossentropy
        losses = entropy(wanted, outputs, scores, smoothing)
    else:
        losses = keras.losses.sparse_categorical_crossentropy(targets, outputs, scores)
    if weights is None:
        return losses
    return losses * keras.ops.take(weights, keras.ops.cast(targets, "int32"))


def focal(
    targets: Any,
    outputs: Any,
    scores: bool = False,
    weights: Any = None,
) -> Any:
    """Cross-entropy that counts certain answers for little (Lin et al., 2017)."""
    indices = keras.ops.cast(targets, "int32")
    wanted = keras.ops.one_hot(indices, outputs.shape[-1])
    entropy = keras.losses.categorical_focal_crossentropy
    losses = entropy(wanted, outputs, from_logits=scores)
    return losses if weights is None else losses * keras.ops.take(weights, indices)


def dice(
    targets: Any,
    outputs: Any,
    scores: bool = False,
    weights: Any = None,
) -> Any:
    """1 - Dice's overlap of each class over the batch (Milletari et al., 2016)."""
    shares = keras.ops.softmax(outputs) if scores else outputs
    indices = keras.ops.cast(targets, "int32")
    wanted = keras.ops.one_hot(indices, outputs.shape[-1], dtype=outputs.dtype)
    places = tuple(range(len(outputs.shape) - 1))
    losses = keras.losses.dice(wanted, shares, axis=places)
    if weights is None:
        return losses
    return losses * np.asarray(weights, "float32") / np.mean(weights)


def cross_entropy_and_dice(
    targets: Any,
    outputs: Any,
    scores: bool = False,
    weights: Any = None,
    smoothing: float = 0.0,
) -> Any:
    """The sum of both: what each position says, and how far the areas agree."""
    losses = cross_entropy(targets, outputs, scores, weights, smoothing)
    places = keras.ops.mean(losses)
    return places + keras.ops.mean(dice(targets, outputs, scores, weights))


def label_entropy(
    targets: Any,
    outputs: Any,
    scores: bool = False,
    weights: Any = None,
    smoothing: float = 0.0,
) -> Any:
    """Binary cross-entropy of each class, targets (n, classes) of 0 and 1.

    `weights` are two for each class: of a sample without it and of one with it.
    `smoothing` moves targets so far towards one half.
    """
    targets = keras.ops.cast(targets, outputs.dtype)
    wanted = targets * (1.0 - smoothing) + 0.5 * smoothing if smoothing else targets
    losses = keras.ops.binary_crossentropy(wanted, outputs, scores)
    return label_weighted(losses, targets, weights)


def label_focal(
    targets: Any,
    outputs: Any,
    scores: bool = False,
    weights: Any = None,
) -> Any:
    """The focal loss of each class (Lin et al., 2017); targets are 0 or 1."""
    targets = keras.ops.cast(targets, outputs.dtype)
    entropy = keras.losses.binary_focal_crossentropy
    each, answers = targets[..., np.newaxis], outputs[..., np.newaxis]
    losses = entropy(each, answers, from_logits=scores)
    return label_weighted(losses, targets, weights)


def label_weighted(
    losses: Any,
    targets: Any,
    weights: Any,
) -> Any:
    """Losses (n, classes), each with the weight of a class that is there or not."""
    if weights is None:
        return losses
    without, with_it = np.asarray(weights, "float32").T
    return losses * (without + (with_it - without) * targets)


def structural_likeness(targets: Any, outputs: Any, span: Any = None) -> Any:
    """SSIM of each sample, (n,): 1 for equal ones (Wang et al., 2004).

    A Gaussian window of 11 cells and standard deviation 1.5 on each spatial axis, less
    where a sample is smaller; the mean over places and channels. `span` is that of the
    values; when not told, 1 where targets lie in 0..1, else that of the batch.
    """
    targets = keras.ops.convert_to_tensor(targets)
    if span is None:
        low, high = keras.ops.min(targets), keras.ops.max(targets)
        within = keras.ops.logical_and(low >= 0, high <= 1)
        span = keras.ops.where(within, 1.0, keras.ops.maximum(high - low, 1e-3))
    least, less = (0.01 * span) ** 2, (0.03 * span) ** 2
    first, second = local_mean(targets), local_mean(outputs)
    both = first * second
    squares = first**2 + second**2
    spread = local_mean(targets**2 + outputs**2) - squares
    shared = local_mean(targets * outputs) - both
    likeness = (2 * both + least) * (2 * shared + less)
    likeness = likeness / ((squares + least) * (spread + less))
    return keras.ops.mean(likeness, axis=tuple(range(1, len(likeness.shape))))


def local_mean(values: Any) -> Any:
    """Means under the Gaussian window on each axis between the first and the last.

    Vectors (n, channels) have no such axis: there it slides over the channels.
    """
    values = keras.ops.convert_to_tensor(values)
    if len(values.shape) == 2:
        values = values[..., np.newaxis]
    for axis in range(1, len(values.shape) - 1):
        size = min(11, (values.shape[axis] - 1) // 2 * 2 + 1)
        offsets = np.arange(size) - size // 2
        window = np.exp(-(offsets**2) / (2 * 1.5**2))
        window = (window / window.sum()).astype("float32")
        turned = keras.ops.moveaxis(values, axis, -1)
        lines = keras.ops.reshape(turned, (-1, values.shape[axis], 1))
        means = keras.ops.conv(lines, window.reshape(size, 1, 1), padding="valid")
        shape = (-1, *turned.shape[1:-1], means.shape[1])
        values = keras.ops.moveaxis(keras.ops.reshape(means, shape), -1, axis)
    return values


def unlikeness(targets: Any, outputs: Any) -> Any:
    """1 - SSIM of each sample."""
    return 1 - structural_likeness(targets, outputs)
