"""The data the studio carries or draws itself, how they are split, and the order in which an epoch sees them.

`cnnstudio code` copies the source text of these functions into the scripts it writes, so each stands alone: it needs
numpy as `np` and nothing else of this module. Lines keep to the 88 columns of generated code, in the layout that Black
gives them.
"""

from __future__ import annotations

import numpy as np


def digits() -> tuple[np.ndarray, np.ndarray]:
    """The 1,797 handwritten digits of scikit-learn.

    Images (1797, 8, 8, 1) float32 in 0..1, labels (1797,) int32.
    """
    from sklearn.datasets import load_digits

    loaded = load_digits()
    images = loaded.images.astype("float32")[..., np.newaxis] / np.float32(16)
    return images, loaded.target.astype("int32")


def shapes(
    count: int,
    size: int,
    seed: int,
    task: str = "segmentation",
) -> tuple[np.ndarray, np.ndarray]:
    """Images (count, size, size, 3) float32 in 0..1, masks (count, size, size) int32.

    One to four circles (1), squares (2) and triangles (3), turned, coloured and partly
    hidden by one another, lie on a shaded, noisy ground (0). A triangle reaches as far
    as a circle, so the outline tells them apart, not the size.

    For the task "detection" boxes (count, 4, 5) float32 stand in place of masks: left,
    top, right and bottom of what can be seen of a shape as shares of the image, and its
    class from 0 on; -1 where there is no further box. A shape of which less than a
    quarter can be seen has none. For "multi-label" it is 0 or 1 for each class (count,
    3) int32: whether the image has such a box.
    """
    rng = np.random.default_rng([seed, 1])
    images = np.empty((count, size, size, 3), "float32")
    masks = np.zeros((count, size, size), "int32")
    boxes = np.full((count, 4, 5), [0.0, 0.0, 0.0, 0.0, -1.0], "float32")
    rows, columns = np.mgrid[0:size, 0:size].astype("float32") / size
    for image, mask, found in zip(images, masks, boxes, strict=True):
        drawn = []
        ground = rng.uniform(0.0, 1.0, 3)
        slope = rng.uniform(-0.4, 0.4, (2, 1, 1))
        shade = slope[0] * (rows - 0.5) + slope[1] * (columns - 0.5)
        image[:] = ground + shade[..., np.newaxis]
        for _ in range(rng.integers(1, 5)):
            kind = rng.integers(1, 4)
            y, x = rng.uniform(0.1, 0.9, 2)
            radius = rng.uniform(0.12, 0.3)
            angle = rng.uniform(0.0, 2 * np.pi)
            down, right = rows - y, columns - x
            if kind == 1:
                inside = np.hypot(down, right) <= radius
            else:  # a regular polygon: within the apothem of every side
                sides = 4 if kind == 2 else 3
                turns = angle + 2 * np.pi * np.arange(sides) / sides
                reach = [np.cos(t) * right + np.sin(t) * down for t in turns]
                inside = np.max(reach, axis=0) <= radius * np.cos(np.pi / sides)
            colour = rng.uniform(0.0, 1.0, 3)
            while np.abs(colour - ground).max() < 0.35:
                colour = rng.uniform(0.0, 1.0, 3)
            image[inside] = colour + 0.5 * shade[inside][:, np.newaxis]
            mask[inside] = kind
            drawn.append((kind, inside))
        covered = np.zeros((size, size), bool)
        boxed = 0
        for kind, inside in reversed(drawn):  # what was drawn later lies on top
            seen = inside & ~covered
            covered |= inside
            if seen.any() and 4 * seen.sum() >= inside.sum():
                y, x = (np.flatnonzero(seen.any(axis)) for axis in (1, 0))
                edges = np.array([x[0], y[0], x[-1] + 1, y[-1] + 1]) / size
                found[boxed] = [*edges, kind - 1]
                boxed += 1
    images += 0.06 * rng.standard_normal(images.shape, dtype="float32")
    images = np.clip(images, 0.0, 1.0, out=images)
    if task == "multi-label":
        there = boxes[:, :, 4:] == np.arange(3)
        return images, there.any(axis=1).astype("int32")
    return images, boxes if task == "detection" else masks


def waveforms(
    count: int,
    length: int,
    noise: float,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Signals (count, length, 1) float32 and labels (count,) int32 of four kinds.

    Sine, square, sawtooth and chirp; a chirp sweeps from a low to a high frequency, or
    back. Frequency, phase and amplitude (0.6 to 1) are random; `noise` is the standard
    deviation of what is added.
    """
    rng = np.random.default_rng([seed, 2])
    labels = rng.permutation(np.arange(count) % 4).astype("int32")
    time = np.arange(length) / length
    low = rng.uniform(2.0, 4.0, (count, 1))
    high = low + rng.uniform(4.0, max(5.0, min(12.0, length / 10)), (count, 1))
    steady = rng.uniform(2.0, max(4.0, min(10.0, length / 12)), (count, 1))
    sweep = low * time + (high - low) * time**2 / 2
    falls = rng.random((count, 1)) < 0.5
    sweep = np.where(falls, sweep[:, ::-1], sweep)
    turns = np.where(labels[:, np.newaxis] == 3, sweep, steady * time)
    turns += rng.random((count, 1))
    sawtooth = 2 * (turns % 1.0) - 1
    kinds = [
        np.sin(2 * np.pi * turns),
        np.where(turns % 1.0 < 0.5, 1.0, -1.0),
        sawtooth,
    ]
    # A chirp is a sine of changing frequency.
    waves = np.choose(labels[:, np.newaxis] % 3, kinds)
    waves = waves * rng.uniform(0.6, 1.0, (count, 1))
    waves += noise * rng.standard_normal((count, length))
    return waves.astype("float32")[..., np.newaxis], labels


def seeded_noise(
    task: str,
    shape: tuple[int, ...],
    classes: int,
    count: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Noise (count, *shape) float32 in 0..1, and targets int32 it says nothing about.

    Class indices (count,), for the task "segmentation" one for each position, for
    "multi-label" 0 or 1 for each class; for "detection" one box (count, 1, 5) float32.
    """
    rng = np.random.default_rng([seed, 3])
    if task == "detection":
        corners = rng.uniform(0.0, 0.5, (count, 1, 2))
        ends = corners + rng.uniform(0.1, 0.5, (count, 1, 2))
        kinds = rng.integers(0, classes, (count, 1, 1))
        targets = np.concatenate([corners, ends, kinds], axis=-1).astype("float32")
    elif task == "multi-label":
        targets = rng.integers(0, 2, (count, classes)).astype("int32")
    else:
        places = shape[:-1] if task == "segmentation" else ()
        targets = rng.integers(0, classes, (count, *places)).astype("int32")
    return rng.random((count, *shape), dtype="float32"), targets


def joined(
    loaded: tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, int]:
    """What `load_data` of a Keras data set gives, as one.

    Images (samples, height, width, channels) uint8, labels (samples,) int32, and how
    many of them, from the first on, are for training; the others are for the test.
    """
    images = np.concatenate([part[0] for part in loaded])
    labels = np.concatenate([part[1] for part in loaded])
    if images.ndim == 3:
        images = images[..., np.newaxis]
    return images, labels.reshape(-1).astype("int32"), len(loaded[0][0])


def split(
    count: int,
    validation: float,
    test: float,
    seed: int,
    labels: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices of the training, validation and test part, the same for the same seed.

    No sample is in two of them. With class indices as `labels` (count,) every part has
    the classes in the same shares, to within a sample.
    """
    validating = max(1, round(count * validation))
    testing = max(1, round(count * test))
    if validating + testing >= count:
        raise ValueError(
            f"Of {count:,} samples, validation takes {validating:,} and test "
            f"{testing:,}, so none is left to train on: make these shares smaller."
        )
    order = spread(count, seed, labels)
    return (
        order[validating + testing :],
        order[testing : validating + testing],
        order[:testing],
    )


def draw(
    rows: np.ndarray,
    share: float,
    seed: int,
    labels: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The `rows` that are left, in their order, and the `share` of them that is drawn.

    With class indices as `labels`, by row, both have the classes in the same shares.
    """
    drawing = max(1, round(len(rows) * share))
    if drawing >= len(rows):
        raise ValueError(
            f"Of {len(rows):,} samples for training, {drawing:,} are taken to judge "
            "by, so none is left to train on: make these shares smaller."
        )
    order = spread(len(rows), seed, None if labels is None else labels[rows])
    return rows[np.sort(order[drawing:])], rows[order[:drawing]]


def spread(count: int, seed: int, labels: np.ndarray | None = None) -> np.ndarray:
    """A random order of `count` samples; every stretch of it has all classes."""
    order = np.random.Generator(np.random.PCG64(seed)).permutation(count)
    if labels is not None:
        place = np.empty(count)
        for label in np.unique(labels):
            members = np.flatnonzero(labels[order] == label)
            place[members] = (np.arange(len(members)) + 0.5) / len(members)
        order = order[np.argsort(place, kind="stable")]
    return order


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order in which epoch `epoch` sees the `count` training samples."""
    return np.random.Generator(np.random.PCG64([seed, epoch])).permutation(count)
