"""Boxes around objects: what a centre-point network learns by, what it answers, and how good the answers are.

The engine trains and judges by these functions, and `cnnstudio code` copies their source text into the scripts it
writes: they need numpy as `np`. What Keras and TensorFlow do is handed in, as core imports neither. Lines keep to the
88 columns of generated code, in the layout that Black gives them.

Boxes are left, top, right and bottom as shares of width and height, then the class index; -1 where there is none. For
each cell of its maps (height, width, classes + 4) a network answers a share for each class, "the middle of such an
object lies here", and how far the object's left, top, right and bottom edges are from the middle of the cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnstudio.core.code.scores import mean_of


def centre_point_loss(
    targets: Any,
    outputs: Any,
    ops: Any,
    scores: bool = False,
) -> Any:
    """Loss of each sample, (n,): focal loss of the middles plus five times 1 - GIoU.

    Targets (n, boxes, 5), outputs (n, height, width, classes + 4); `ops` is keras.ops.
    Both parts are means over the objects of a sample. Middles after Zhou, Wang and
    Krähenbühl, "Objects as points" (2019); boxes and the weight of both after Liu et
    al., "Training-time-friendly network for real-time object detection" (2020).
    """
    answers = ops.cast(ops.sigmoid(outputs) if scores else outputs, "float32")
    height, width, maps = answers.shape[1:]
    targets = ops.cast(targets, "float32")
    size = height, width, maps - 4
    wanted, boxes, weights = centre_targets(targets, *size, ops)
    shares = ops.clip(answers[..., :-4], 1e-4, 1 - 1e-4)
    there = ops.cast(ops.equal(wanted, 1.0), "float32")
    found = there * (1 - shares) ** 2 * ops.log(shares)
    quiet = (1 - there) * (1 - wanted) ** 4 * shares**2 * ops.log(1 - shares)
    objects = ops.sum(ops.cast(targets[..., 4] >= 0, "float32"), axis=1)
    middles = -ops.sum(found + quiet, axis=(1, 2, 3)) / ops.maximum(objects, 1.0)
    near = overlap_with_gap(boxes, cell_boxes(answers[..., -4:], ops), ops)
    apart = ops.sum((1 - near) * weights, axis=(1, 2))
    return middles + 5 * apart / ops.maximum(ops.sum(weights, axis=(1, 2)), 1e-6)


def centre_targets(
    targets: Any,
    height: int,
    width: int,
    classes: int,
    ops: Any,
) -> tuple[Any, Any, Any]:
    """What each cell is to answer, and how much its box counts.

    Bells around the middles (n, height, width, classes), 1 in the cell where a middle
    lies; the nearest object's edges (n, height, width, 4) and its bell (n, height,
    width). A bell is as wide as its box allows: within it boxes overlap well.
    """
    edges, kinds = targets[..., :4], targets[..., 4]
    rows = bell(edges[..., 1], edges[..., 3], height, ops)
    columns = bell(edges[..., 0], edges[..., 2], width, ops)
    there = ops.cast(kinds >= 0, "float32")[..., None, None]
    bells = rows[..., :, None] * columns[..., None, :] * there
    heat = []
    for kind in range(classes):  # one by one: all at once would not fit the memory
        own = ops.cast(ops.equal(kinds, kind), "float32")[..., None, None]
        heat.append(ops.max(bells * own, axis=1))
    nearest = ops.one_hot(ops.argmax(bells, axis=1), ops.shape(targets)[1])
    boxes = ops.einsum("nhwk,nkc->nhwc", nearest, edges)
    return ops.stack(heat, axis=-1), boxes, ops.max(bells, axis=1)


def bell(low: Any, high: Any, cells: int, ops: Any) -> Any:
    """Along one axis a Gaussian of each box, (n, boxes, cells), 1 in its middle."""
    middle = ops.clip(ops.floor((low + high) / 2 * cells), 0, cells - 1)
    spread = ops.maximum(0.54 / 6 * (high - low) * cells, 0.25)
    apart = ops.arange(cells, dtype="float32") - middle[..., None]
    return ops.exp(-((apart / spread[..., None]) ** 2) / 2)


def cell_boxes(reach: Any, ops: Any) -> Any:
    """Edges from their distance to the middle of each cell, (n, height, width, 4)."""
    height, width = reach.shape[1:3]
    y = ((ops.arange(height, dtype="float32") + 0.5) / height)[:, None]
    x = ((ops.arange(width, dtype="float32") + 0.5) / width)[None, :]
    left, top, right, bottom = (reach[..., n] for n in range(4))
    return ops.stack([x - left, y - top, x + right, y + bottom], axis=-1)


def overlap_with_gap(first: Any, second: Any, ops: Any) -> Any:
    """Generalised intersection over union, -1 to 1, of boxes (..., 4).

    After Rezatofighi et al., "Generalized intersection over union" (2019): it tells
    boxes that do not overlap how far they are apart.
    """
    sizes = ops.maximum(first[..., 2:] - first[..., :2], 0.0)
    other = ops.maximum(second[..., 2:] - second[..., :2], 0.0)
    low = ops.maximum(first[..., :2], second[..., :2])
    high = ops.minimum(first[..., 2:], second[..., 2:])
    shared = ops.prod(ops.maximum(high - low, 0.0), axis=-1)
    union = ops.prod(sizes, axis=-1) + ops.prod(other, axis=-1) - shared
    low = ops.minimum(first[..., :2], second[..., :2])
    high = ops.maximum(first[..., 2:], second[..., 2:])
    around = ops.prod(high - low, axis=-1)
    return shared / (union + 1e-7) - (around - union) / (around + 1e-7)


def found_boxes(
    outputs: np.ndarray,
    suppress: Any,
    least: float = 0.01,
    scores: bool = False,
) -> list[np.ndarray]:
    """The objects that maps (n, height, width, classes + 4) tell of, best first.

    For each sample (found, 6) float32: edges, class and score, 100 at most. A middle is
    a cell whose share is at least `least` and no less than those around it; `suppress`
    is tf.image.combined_non_max_suppression, which leaves one of several boxes of a
    class that overlap by more than 0.6.
    """
    answers = np.asarray(outputs, "float32")
    if scores:
        answers = 1 / (1 + np.exp(-answers))
    count, height, width, maps = answers.shape
    shares = answers[..., :-4]
    padded = np.pad(shares, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows = [padded[:, row : row + height] for row in range(3)]
    around = np.max([r[:, :, n : n + width] for r in rows for n in range(3)], axis=0)
    peaks = np.where(shares >= around, shares, 0.0).reshape(count, -1, maps - 4)
    boxes = cell_boxes(answers[..., -4:], np).clip(0, 1).reshape(count, -1, 1, 4)
    edges, chances, kinds, known = (
        np.asarray(part)
        for part in suppress(
            boxes[..., [1, 0, 3, 2]],
            peaks,
            max_output_size_per_class=100,
            max_total_size=100,
            iou_threshold=0.6,
            score_threshold=least,
        )
    )
    parts = edges[..., [1, 0, 3, 2]], kinds[..., None], chances[..., None]
    found = np.concatenate(parts, axis=-1)
    return [all_of[:number] for all_of, number in zip(found, known, strict=True)]


def suppressed(
    boxes: np.ndarray,
    shares: np.ndarray,
    max_output_size_per_class: int,
    max_total_size: int,
    iou_threshold: float,
    score_threshold: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What tf.image.combined_non_max_suppression does, where there is no TensorFlow.

    Boxes (n, cells, 1, 4), shares (n, cells, classes). For each sample the best boxes,
    shares, classes and how many of them count: (n, most, 4), (n, most) twice, (n,).
    """
    edges = np.zeros((len(boxes), max_total_size, 4), "float32")
    chances, kinds = np.zeros((2, len(boxes), max_total_size), "float32")
    known = np.zeros(len(boxes), "int32")
    for sample, places in enumerate(boxes[:, :, 0]):
        left = []
        for kind, scores in enumerate(shares[sample].T):
            chosen: list[int] = []
            for cell in np.argsort(-scores, kind="stable"):
                if scores[cell] <= score_threshold:
                    break
                overlaps = box_overlaps(places[[cell]], places[chosen])
                if not (overlaps > iou_threshold).any():
                    chosen.append(int(cell))
                if len(chosen) == max_output_size_per_class:
                    break
            left += [(float(scores[cell]), kind, cell) for cell in chosen]
        best = sorted(left, key=lambda found: -found[0])[:max_total_size]
        known[sample] = len(best)
        for row, (score, kind, cell) in enumerate(best):
            edges[sample, row] = places[cell]
            chances[sample, row], kinds[sample, row] = score, kind
    return edges, chances, kinds, known


def precision_at_recalls(
    truth: list[np.ndarray],
    found: list[np.ndarray],
    classes: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Precision at recall 0, 0.01 ... 1 of each class, (10, classes, 101) float64, and
    at an overlap of 0.5 the score from which on answers count, (classes, 101).

    The first axis is the overlap that counts as found: 0.5, 0.55 ... 0.95. For each
    sample `truth` has boxes (n, 5), `found` (m, 6). By the rules of COCO (Lin et al.,
    "Microsoft COCO", 2014): the 100 best answers of a class in a sample, best first,
    each take the free box that they overlap most; precision is the best at that recall
    or any higher. A mean over recalls is the average precision; NaN for a class that is
    nowhere.
    """
    overlaps, recalls = np.linspace(0.5, 0.95, 10), np.linspace(0.0, 1.0, 101)
    precision = np.full((10, classes, 101), np.nan)
    chances = np.zeros((classes, 101))
    for kind in range(classes):
        scores, hits, there = [np.empty(0)], [np.empty((10, 0), bool)], 0
        for boxes, answers in zip(truth, found, strict=True):
            own = boxes[boxes[:, 4] == kind, :4].astype("float64")
            given = answers[answers[:, 4] == kind].astype("float64")
            given = given[np.argsort(-given[:, 5], kind="stable")[:100]]
            there += len(own)
            scores.append(given[:, 5])
            hits.append(taken(box_overlaps(given[:, :4], own), overlaps))
        if not there:
            continue
        score = np.concatenate(scores)
        order = np.argsort(-score, kind="stable")
        score = np.append(score[order], 0.0)
        right = np.concatenate(hits, axis=1)[:, order].cumsum(axis=1)
        for row, so_far in enumerate(right):
            share = so_far / (np.arange(len(so_far)) + 1)
            best = np.maximum.accumulate(share[::-1])[::-1]
            first = np.searchsorted(so_far / there, recalls, side="left")
            precision[row, kind] = np.append(best, 0.0)[first]
            if row == 0:
                chances[kind] = score[first]
    return precision, chances


def taken(overlaps: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Which answers take a box, bool (len(least), answers).

    `overlaps` (answers, boxes), best answers first, `least` what counts as found. Of
    boxes that overlap alike the last is taken, as pycocotools does.
    """
    answers, boxes = overlaps.shape
    hits = np.zeros((len(least), answers), bool)
    if not boxes:
        return hits
    free = np.ones((len(least), boxes), bool)
    rows, enough = np.arange(len(least)), np.minimum(least, 1 - 1e-10)
    for answer, shares in enumerate(overlaps):
        fits = np.where(free & (shares >= enough[:, None]), shares, -1.0)
        best = boxes - 1 - fits[:, ::-1].argmax(axis=1)
        hits[:, answer] = fits[rows, best] >= 0
        free[rows, best] &= ~hits[:, answer]
    return hits


def box_overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union (n, m) of boxes (n, 4) and (m, 4)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(axis=-1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=-1) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1] - shared
    overlaps = np.zeros(shared.shape)
    np.divide(shared, union, out=overlaps, where=union > 0)
    return overlaps


def detection_scores(precision: np.ndarray) -> dict[str, float]:
    """Mean average precision at an overlap of 0.5, and over 0.5 to 0.95, or NaN.

    `precision` is that of `precision_at_recalls`.
    """
    return {
        "map_50": mean_of(precision[0]),
        "map": mean_of(precision),
    }
