"""How training samples are varied: what is drawn for each sample, and what is done with it.

`cnnstudio code` copies the source text of these functions into the scripts it writes. They need numpy as `np`; what
runs on tensors is given `ops`, which is `keras.ops`, so that the same lines run within a compiled training step, at
once for the gallery, and on every backend. Lines keep to the 88 columns of generated code, in the layout that Black
gives them.

Keras's own Random* layers draw for a batch from the state of a generator: what happens to a sample then depends on the
batches before it. Here it depends on nothing but (seed, epoch, index), so it is the same in any order and batch size,
after a resume, in the gallery and in the script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code.preparing import noise_for

if TYPE_CHECKING:
    from collections.abc import Iterator


def uniform_draws(
    seed: int,
    epoch: int,
    indices: np.ndarray,
    count: int,
) -> np.ndarray:
    """Numbers (len(indices), count) in 0..1 that follow from seed, epoch and index.

    Each is a hash: the mixing function of SplitMix64 (Steele, Lea and Flood, "Fast
    splittable pseudorandom number generators", OOPSLA 2014).
    """

    def mixed(bits: np.ndarray) -> np.ndarray:
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        last: np.ndarray = bits ^ (bits >> np.uint64(31))
        return last

    step = np.uint64(0x9E3779B97F4A7C15)
    bits = mixed(np.full(len(indices), seed, "uint64") + step)
    bits = mixed((bits ^ np.uint64(epoch)) + step)
    bits = mixed((bits ^ np.asarray(indices).astype("uint64")) + step)
    bits = mixed(bits[:, np.newaxis] + step * np.arange(1, count + 1, dtype="uint64"))
    made: np.ndarray = (bits >> np.uint64(11)).astype("float64") * 2.0**-53
    return made


def transforms(
    size: tuple[int, int],
    mirror: np.ndarray,
    turn: np.ndarray,
    zoom: np.ndarray,
    move: np.ndarray,
    kept: np.ndarray,
    corner: np.ndarray,
) -> np.ndarray:
    """Transforms (n, 8) float32, as `keras.ops.image.affine_transform` takes them.

    A sample of `size` (height, width) is mirrored, turned, zoomed, moved and cropped,
    in this order, the first three about its centre. `mirror` (n, 2) holds -1 for an
    axis that is mirrored and else 1, `turn` (n,) the angle in radians, clockwise,
    `zoom` (n,) the factor, `move` (n, 2) pixels down and right; `kept` (n, 2) is the
    share of height and width that the crop leaves, `corner` (n, 2) its upper left
    corner in pixels.
    """
    centre = np.array(size) / 2
    down, right = mirror[:, 0], mirror[:, 1]
    cosine, sine = np.cos(turn), np.sin(turn)
    # Backwards, from a point that comes out to the one it comes from: p = A q + b.
    back = [[down * cosine, -down * sine], [right * sine, right * cosine]]
    turned = np.moveaxis(np.array(back), -1, 0) / zoom[:, np.newaxis, np.newaxis]
    start = (turned @ (corner - move - centre)[:, :, np.newaxis])[:, :, 0] + centre
    matrix = turned * kept[:, np.newaxis, :]
    # A pixel's centre lies half a pixel from its corner.
    start += matrix.sum(axis=2) / 2 - 0.5
    made = np.zeros((len(turn), 8), "float32")
    made[:, 0], made[:, 1], made[:, 2] = matrix[:, 1, 1], matrix[:, 1, 0], start[:, 1]
    made[:, 3], made[:, 4], made[:, 5] = matrix[:, 0, 1], matrix[:, 0, 0], start[:, 0]
    return made


def draws(
    shape: tuple[int, ...],
    seed: int,
    epoch: int,
    indices: np.ndarray,
    flip: str = "none",
    rotation: float = 0.0,
    shift: float = 0.0,
    zoom: float = 0.0,
    crop: float = 0.0,
    scale: float = 0.0,
    brightness: float = 0.0,
    contrast: float = 0.0,
    noise: float = 0.0,
    cutout: float = 0.0,
) -> dict[str, np.ndarray]:
    """What happens in an epoch to the training samples of these indices, float32.

    `shape` is that of a sample, (height, width, channels) or (length, channels). Only
    what acts is in it: "transform" (n, 8); "contrast", "scale" and "brightness" (n,);
    "noise" (n, *shape); "cutout" (n, 4), the first and last row and column of a square.
    """
    numbers = uniform_draws(seed, epoch, indices, 14).T
    spread = 2 * numbers - 1
    size = np.array(shape[:2] if len(shape) == 3 else (1, shape[0]))
    moves = np.array([len(shape) == 3, True])  # a signal has one axis to move along
    made: dict[str, np.ndarray] = {}
    if flip != "none" or rotation or shift or zoom or crop:
        mirrors = [flip in (axis, "both") for axis in ("vertical", "horizontal")]
        kept = 1 - crop * numbers[6][:, np.newaxis] * moves
        made["transform"] = transforms(
            (int(size[0]), int(size[1])),
            mirror=1 - 2.0 * (mirrors & (numbers[0:2].T < 0.5)),
            turn=np.radians(rotation) * spread[2],
            zoom=1 + zoom * spread[5],
            move=shift * spread[3:5].T * size * moves,
            kept=kept,
            corner=(1 - kept) * numbers[7:9].T * size,
        )
    for name, reach, row in (("contrast", contrast, 9), ("scale", scale, 10)):
        if reach:
            made[name] = (1 + reach * spread[row]).astype("float32")
    if brightness:
        made["brightness"] = (brightness * spread[11]).astype("float32")
    if noise:
        # Beyond the epochs of the preparation, so that both do not add the same noise.
        made["noise"] = noise_for(indices, shape, noise, seed, 2**32 + epoch)
    if cutout:
        edge = max(1, round(cutout * size.min()))
        first = np.floor(numbers[12:14].T * size) - edge // 2
        made["cutout"] = np.concatenate([first, first + edge], axis=1).astype("float32")
    return made


def warped(
    ops: Any,
    samples: Any,
    transform: Any,
    interpolation: str,
    fill: str,
) -> Any:
    """Samples (n, ..., channels) after `transform`; a signal is an image of one row."""
    signals = len(samples.shape) == 3
    modes = {"edge": "nearest", "reflect": "reflect", "zero": "constant"}
    moved = ops.image.affine_transform(
        ops.expand_dims(samples, 1) if signals else samples,
        transform,
        interpolation=interpolation,
        fill_mode=modes[fill],
        data_format="channels_last",
    )
    return ops.squeeze(moved, 1) if signals else moved


def moved_boxes(ops: Any, boxes: Any, transform: Any, size: tuple[int, int]) -> Any:
    """Boxes (n, most, 5) that follow the images: the upright boxes round their corners.

    They are left, top, right and bottom as shares of the `size` (height, width) and the
    class. What lies outside is cut off; of a box that loses more than three quarters of
    its area, too little is left to be recognised: its class becomes -1, that of no box.
    """
    height, width = size
    a, b, c, d, e, f = (transform[:, i : i + 1, None] for i in range(6))
    # Of corners of pixels, where the transform is of their centres.
    c, f = c + 0.5 - (a + b) / 2, f + 0.5 - (d + e) / 2
    x = ops.take(boxes, np.array([0, 2, 2, 0]), axis=2) * width - c
    y = ops.take(boxes, np.array([1, 1, 3, 3]), axis=2) * height - f
    area = a * e - b * d
    across = (e * x - b * y) / area / width
    along = (a * y - d * x) / area / height
    low = [ops.min(across, axis=2), ops.min(along, axis=2)]
    high = [ops.max(across, axis=2), ops.max(along, axis=2)]
    inside = [ops.clip(edge, 0.0, 1.0) for edge in (*low, *high)]
    left = (inside[2] - inside[0]) * (inside[3] - inside[1])
    whole = (high[0] - low[0]) * (high[1] - low[1])
    stays = ops.logical_and(boxes[:, :, 4] >= 0, left >= 0.25 * whole)
    moved = ops.stack([*inside, boxes[:, :, 4]], axis=2)
    none = ops.convert_to_tensor(np.array([0, 0, 0, 0, -1], "float32"))
    return ops.where(stays[:, :, None], moved, none)


def varied(
    ops: Any,
    inputs: Any,
    targets: Any,
    drawn: dict[str, Any],
    task: str,
    fill: str = "edge",
) -> tuple[Any, Any]:
    """Samples (n, ..., channels) float32 and their targets as `draws` says.

    Masks and boxes follow the geometry; a mask takes the nearest class. For the task
    "reconstruction" the target is varied too, but for noise and cutout: these are to be
    undone. Values are not held to a range; a square cut out is 0, its mask stays.
    """
    same = targets is inputs
    if "transform" in drawn:
        moved = warped(ops, inputs, drawn["transform"], "bilinear", fill)
        if not same:
            size = inputs.shape[1:-1]
            targets = moved_targets(ops, targets, drawn["transform"], task, fill, size)
        inputs = moved
    axes = tuple(range(1, len(inputs.shape) - 1))
    mean = ops.mean(inputs, axis=axes, keepdims=True) if "contrast" in drawn else None
    if task == "reconstruction":
        targets = valued(ops, inputs if same else targets, drawn, mean)
    inputs = valued(ops, inputs, drawn, mean)
    if "noise" in drawn:
        inputs = inputs + drawn["noise"]
    if "cutout" in drawn:
        inputs = inputs * outside(ops, drawn["cutout"], inputs.shape[1:3])
    return inputs, targets


def moved_targets(
    ops: Any,
    targets: Any,
    transform: Any,
    task: str,
    fill: str,
    size: tuple[int, ...],
) -> Any:
    """The targets of samples of that size after `transform`; classes stay."""
    if task == "detection":
        return moved_boxes(ops, targets, transform, (int(size[0]), int(size[1])))
    if task == "segmentation":
        # As float32, which every device can move and which is exact to 16,777,216.
        classes = ops.expand_dims(ops.cast(targets, "float32"), -1)
        classes = warped(ops, classes, transform, "nearest", fill)
        return ops.cast(ops.squeeze(classes, -1), targets.dtype)
    if task == "reconstruction":
        return warped(ops, targets, transform, "bilinear", fill)
    return targets


def valued(ops: Any, samples: Any, drawn: dict[str, Any], mean: Any) -> Any:
    """Samples whose values are spread round the `mean`, multiplied and added to."""
    each = (-1, *[1] * (len(samples.shape) - 1))
    if "contrast" in drawn:
        samples = mean + (samples - mean) * ops.reshape(drawn["contrast"], each)
    if "scale" in drawn:
        samples = samples * ops.reshape(drawn["scale"], each)
    if "brightness" in drawn:
        samples = samples + ops.reshape(drawn["brightness"], each)
    return samples


def outside(ops: Any, squares: Any, size: tuple[int, int]) -> Any:
    """1 outside each of the `squares` (n, 4) and 0 inside, float32 (n, *size, 1)."""
    rows = ops.arange(size[0], dtype="float32")[None, :, None, None]
    columns = ops.arange(size[1], dtype="float32")[None, None, :, None]
    top, left, bottom, right = (squares[:, i, None, None, None] for i in range(4))
    inside = ops.logical_and(
        ops.logical_and(rows >= top, rows < bottom),
        ops.logical_and(columns >= left, columns < right),
    )
    return 1.0 - ops.cast(inside, "float32")


def varied_batches(
    ops: Any,
    inputs: np.ndarray,
    targets: np.ndarray,
    training: np.ndarray,
    order: np.ndarray,
    batch_size: int,
    seed: int,
    epoch: int,
    task: str,
    augmentation: dict[str, Any],
) -> Iterator[tuple[Any, Any]]:
    """The samples `training` names, in the `order` of an epoch, varied, by batches."""
    settings = dict(augmentation)
    fill = settings.pop("fill", "edge")
    for start in range(0, len(order), batch_size):
        indices = order[start : start + batch_size]
        drawn = draws(inputs.shape[1:], seed, epoch, indices, **settings)
        chosen = training[indices]
        batch = [ops.convert_to_tensor(part[chosen]) for part in (inputs, targets)]
        yield varied(ops, batch[0], batch[1], drawn, task, fill)
