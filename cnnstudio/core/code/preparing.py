"""How samples are brought to a size, measured and made noisy: what the engine does, and what scripts carry along.

As in `samples`, `cnnstudio code` copies the source text of these functions; each needs numpy as `np`, and of this
module only the functions that it calls. Lines keep to the 88 columns of generated code, laid out as Black does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def placement(
    found: Sequence[int],
    wanted: Sequence[int],
    mode: str,
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """What is taken of a sample and where it goes: a start and a size on each axis.

    "stretch" takes all and fills all. "crop" takes the largest region round the centre
    that has the wanted proportions, "pad" takes all and keeps its proportions. Signals
    are never made longer: "crop" keeps their rate, "pad" shortens what is too long.
    """
    whole = [(0, n) for n in found], [(0, n) for n in wanted]
    if mode == "stretch":
        return whole
    ratios = [w / f for f, w in zip(found, wanted, strict=True)]
    if len(found) == 1:
        ratio = min(1.0, ratios[0]) if mode == "pad" else 1.0
    else:
        ratio = min(ratios) if mode == "pad" else max(ratios)
    pairs = list(zip(found, wanted, strict=True))
    taken = [min(f, max(1, round(w / ratio))) for f, w in pairs]
    filled = [min(w, max(1, round(f * ratio))) for f, w in pairs]
    return (
        [((f - t) // 2, t) for (f, _), t in zip(pairs, taken, strict=True)],
        [((w - g) // 2, g) for (_, w), g in zip(pairs, filled, strict=True)],
    )


def scaled(values: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """An image (height, width, channels) or signal (length, channels) in other sizes.

    Bilinear; what gets smaller is averaged over all that falls together (Pillow).
    """
    if values.shape[:-1] == tuple(sizes):
        return values
    from PIL import Image

    size = (sizes[1], sizes[0]) if len(sizes) == 2 else (sizes[0], 1)
    if values.dtype == np.uint8 and values.ndim == 3 and values.shape[-1] == 3:
        image = Image.fromarray(values).resize(size, Image.Resampling.BILINEAR)
        return np.asarray(image)
    made = np.empty((*sizes, values.shape[-1]), values.dtype)
    for channel in range(values.shape[-1]):
        plane = np.ascontiguousarray(values[..., channel])
        image = Image.fromarray(plane if plane.ndim == 2 else plane[np.newaxis])
        image = image.resize(size, Image.Resampling.BILINEAR)
        made[..., channel] = np.asarray(image).reshape(sizes)
    return made


def with_channels(values: np.ndarray, channels: int) -> np.ndarray:
    """Grey as RGB, or RGB as grey (ITU-R BT.601, as Pillow does); else the same."""
    found = values.shape[-1]
    if found == channels:
        return values
    if (found, channels) == (1, 3):
        return np.repeat(values, 3, axis=-1)
    if (found, channels) != (3, 1):
        raise ValueError(f"it has {found} channels, but {channels} are wanted")
    if values.dtype == np.uint8:
        weights = np.array([19595, 38470, 7471], "uint32")
        grey = (values.astype("uint32") * weights).sum(axis=-1, keepdims=True)
        made = (grey + 0x8000) >> 16
    else:
        share = np.array([0.299, 0.587, 0.114], "float32")
        made = (values * share).sum(axis=-1, keepdims=True)
    return np.asarray(made, values.dtype)


def prepared(values: np.ndarray, shape: Sequence[int], mode: str) -> np.ndarray:
    """A sample in the `shape` that the network takes, channels last."""
    *sizes, channels = shape
    values = with_channels(values, channels)
    if values.shape == tuple(shape):
        return values
    taken, filled = placement(values.shape[:-1], sizes, mode)
    region = values[tuple(slice(s, s + n) for s, n in taken)]
    region = scaled(region, [n for _, n in filled])
    if region.shape == tuple(shape):
        return region
    made = np.zeros(shape, values.dtype)
    made[tuple(slice(s, s + n) for s, n in filled)] = region
    return made


def prepared_mask(mask: np.ndarray, sizes: Sequence[int], mode: str) -> np.ndarray:
    """Class indices (height, width) or (length,) in other sizes: the nearest is taken.

    Where zeros are put round a sample, its mask says class 0.
    """
    if mask.shape == tuple(sizes):
        return mask
    made = np.zeros(tuple(sizes), mask.dtype)
    taken, filled = placement(mask.shape, sizes, mode)
    nearest = [
        start + (2 * np.arange(size) + 1) * count // (2 * size)
        for (start, count), (_, size) in zip(taken, filled, strict=True)
    ]
    made[tuple(slice(s, s + n) for s, n in filled)] = mask[np.ix_(*nearest)]
    return made


def prepared_boxes(
    boxes: np.ndarray,
    found: Sequence[int],
    wanted: Sequence[int],
    mode: str,
) -> np.ndarray:
    """Boxes (n, 5) after the image of size `found` has come to the size `wanted`.

    Left, top, right, bottom as shares of width and height, and the class. What lies
    outside is cut off; boxes of which less than a pixel is left are left out.
    """
    moved = np.array(boxes, "float32")
    if mode == "stretch" or tuple(found) == tuple(wanted):
        return moved
    (rows, columns), (down, right) = placement(found, wanted, mode)
    across = (0, found[1], wanted[1], columns, right)
    along = (1, found[0], wanted[0], rows, down)
    for axis, was, now, (start, count), (offset, size) in (across, along):
        places = (moved[:, [axis, axis + 2]] * was - start) * (size / count) + offset
        ends = np.clip(places, offset, offset + size) / now
        moved[:, [axis, axis + 2]] = ends
    edges = (moved[:, 2:4] - moved[:, 0:2]) * (wanted[1], wanted[0])
    large = (edges >= 1.0).all(axis=1)
    return np.asarray(moved[large])


def padded(boxes: Sequence[np.ndarray]) -> np.ndarray:
    """Boxes of each sample, float32 (samples, most of one, 5): class -1 for none."""
    most = max(1, *(len(found) for found in boxes), 1)
    made = np.zeros((len(boxes), most, 5), "float32")
    made[..., 4] = -1.0
    for row, found in zip(made, boxes, strict=True):
        row[: len(found)] = found
    return made


def resized_boxes(
    boxes: np.ndarray,
    found: Sequence[int],
    wanted: Sequence[int],
    mode: str,
) -> np.ndarray:
    """Boxes (samples, most of one, 5) of images that come to another size."""
    known = [rows[rows[:, 4] >= 0] for rows in boxes]
    return padded([prepared_boxes(rows, found, wanted, mode) for rows in known])


def statistics_rows(training: np.ndarray) -> np.ndarray:
    """Of the training samples at most 4,096, evenly spread: enough to measure on."""
    return training[:: max(1, -(-len(training) // 4096))]


def channel_statistics(samples: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each channel and one over its standard deviation, float32 (channels,).

    A channel that never changes is only moved, not scaled.
    """
    count, total, squares = 0, 0.0, 0.0
    for sample in samples:
        values = sample.reshape(-1, sample.shape[-1]).astype("float64")
        count += len(values)
        total = total + values.sum(axis=0)
        squares = squares + (values * values).sum(axis=0)
    mean = np.asarray(total / count)
    deviation = np.sqrt(np.maximum(squares / count - mean * mean, 0.0))
    steady = deviation <= 1e-7 * np.maximum(1.0, np.abs(mean))
    scale = 1.0 / np.where(steady, 1.0, deviation)
    return mean.astype("float32"), scale.astype("float32")


def noise_for(
    rows: np.ndarray,
    shape: Sequence[int],
    deviation: float,
    seed: int,
    epoch: int,
) -> np.ndarray:
    """Normal noise for these samples, float32 (samples, *shape).

    A sample has noise of its own in each epoch, whatever comes before it; epoch 0 is
    that of validation and test.
    """
    made = np.empty((len(rows), *shape), "float32")
    for values, row in zip(made, rows, strict=True):
        bits = np.random.Philox(key=[seed, epoch], counter=[0, 0, 0, int(row)])
        np.random.Generator(bits).standard_normal(out=values, dtype="float32")
    made *= np.float32(deviation)
    return made


def noisy_batches(
    batches: Iterable[tuple[np.ndarray, np.ndarray]],
    rows: np.ndarray,
    deviation: float,
    seed: int,
    epoch: int,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The batches of an epoch, whose samples are `rows` in this order, made noisy."""
    start = 0
    for inputs, targets in batches:
        chosen = rows[start : start + len(inputs)]
        start += len(inputs)
        shape = inputs.shape[1:]
        yield inputs + noise_for(chosen, shape, deviation, seed, epoch), targets


def in_unit(values: np.ndarray) -> np.ndarray:
    """Samples as float32, those of 8 bits in 0..1."""
    if values.dtype != np.uint8:
        return values
    # A product, since compilers make one of a division, which differs in the last bit.
    return values.astype("float32") * np.float32(1 / 255)
