"""Detection against references: pycocotools, GIoU written out, targets by hand; and a run from start to export."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from cnnstudio.core.code import boxes
from cnnstudio.engine.backend import keras, tensorflow

CLASSES = 4
NONE = [0.0, 0.0, 0.0, 0.0, -1.0]


def drawn(rng: np.random.Generator, count: int) -> np.ndarray:
    """Boxes (count, 4) within the image."""
    corners = rng.uniform(0.0, 0.7, (count, 2))
    return np.concatenate([corners, corners + rng.uniform(0.05, 0.3, (count, 2))], axis=1)


def answers(rng: np.random.Generator, truth: np.ndarray, stray: int) -> np.ndarray:
    """The true boxes moved a little, some twice and some of another class, and `stray` anywhere."""
    moved, kinds = np.split(np.repeat(truth, rng.integers(0, 3, len(truth)), axis=0), [4], axis=1)
    kinds = np.where(rng.random(len(kinds)) < 0.8, kinds[:, 0], 2)
    moved = moved + rng.uniform(-0.02, 0.02, moved.shape)
    both = np.concatenate([moved, drawn(rng, stray)])
    kinds = np.concatenate([kinds, rng.integers(0, CLASSES, stray)])
    scores = rng.uniform(0.0, 1.0, len(both)).round(2)  # some are equal: their order decides
    return np.concatenate([both, kinds[:, np.newaxis], scores[:, np.newaxis]], axis=1)


def by_pycocotools(truth: list[np.ndarray], found: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Precision (10, classes, 101), -1 for a class without boxes, and scores at an overlap of 0.5."""
    coco_tools = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")

    def records(samples: list[np.ndarray]) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for image, rows in enumerate(samples, 1):
            for left, top, right, bottom, kind, *score in rows.astype("float64").tolist():
                if kind >= 0:
                    box = [left, top, right - left, bottom - top]
                    record = {"id": len(made) + 1, "image_id": image, "category_id": int(kind), "bbox": box}
                    made.append(record | {"area": box[2] * box[3], "iscrowd": 0} | ({"score": score[0]} if score else {}))
        return made

    images = [{"id": n + 1} for n in range(len(truth))]
    categories = [{"id": n, "name": str(n)} for n in range(CLASSES)]
    with contextlib.redirect_stdout(io.StringIO()):
        known, told = coco_tools.COCO(), coco_tools.COCO()
        known.dataset = {"images": images, "categories": categories, "annotations": records(truth)}
        told.dataset = {"images": images, "categories": categories, "annotations": records(found)}
        known.createIndex()
        told.createIndex()
        judge = evaluation.COCOeval(known, told, "bbox")
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][..., 0, 2]  # all sizes, 100 answers
    scores = judge.eval["scores"][0, :, :, 0, 2]
    return np.moveaxis(precision, 1, 2), scores.T


def hand_made() -> list[tuple[list[np.ndarray], list[np.ndarray]]]:
    """Nothing found; nothing there; perfect; one box answered twice; two boxes that overlap an answer alike."""
    box = [0.25, 0.25, 0.5, 0.5]
    none, no_answer = np.array([NONE]), np.empty((0, 6))
    one = np.array([[*box, 1.0], NONE])
    right = np.array([[*box, 1.0, 0.5]])
    twins = np.array([[0.0, 0.0, 0.5, 0.5, 0.0], [0.0, 0.0, 0.5, 0.5, 0.0]])
    between = np.array([[0.0, 0.0, 0.5, 0.5, 0.0, 0.9], [0.0, 0.0, 0.5, 0.4, 0.0, 0.8], [0.5, 0.5, 1.0, 1.0, 0.0, 0.8]])
    return [
        ([one], [no_answer]),
        ([one, none], [no_answer, right]),
        ([one], [right]),
        ([one], [np.array([[*box, 1.0, 0.5], [*box, 1.0, 0.5], [*box, 2.0, 0.9]])]),
        ([twins], [between]),
    ]


def random_ones() -> list[tuple[list[np.ndarray], list[np.ndarray]]]:
    cases = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        truth, found = [], []
        for _ in range(12):
            count = int(rng.integers(0, 6))
            kinds = rng.integers(0, 3, (count, 1))  # the fourth class is nowhere
            own = np.concatenate([drawn(rng, count), kinds], axis=1)
            truth.append(np.concatenate([own, [NONE]]))
            found.append(answers(rng, own, stray=int(rng.integers(0, 140 if seed == 5 else 8))))
        cases.append((truth, found))
    return cases


@pytest.mark.parametrize(("truth", "found"), [*hand_made(), *random_ones()])
def test_precision_is_that_of_pycocotools(truth: list[np.ndarray], found: list[np.ndarray]) -> None:
    precision, scores = boxes.precision_at_recalls(truth, found, CLASSES)
    expected, expected_scores = by_pycocotools(truth, found)
    there = expected[0, :, 0] > -1
    assert there.any()
    np.testing.assert_allclose(precision[:, there], expected[:, there], atol=1e-9, rtol=0)
    np.testing.assert_allclose(scores[there], expected_scores[there], atol=1e-9, rtol=0)
    assert np.isnan(precision[:, ~there]).all()
    told = boxes.detection_scores(precision)
    assert told["map_50"] == pytest.approx(expected[0][expected[0] > -1].mean(), abs=1e-9)
    assert told["map"] == pytest.approx(expected[expected > -1].mean(), abs=1e-9)


def test_no_boxes_at_all_have_no_precision() -> None:
    precision, _ = boxes.precision_at_recalls([np.array([NONE])], [np.empty((0, 6))], CLASSES)
    assert all(np.isnan(value) for value in boxes.detection_scores(precision).values())
