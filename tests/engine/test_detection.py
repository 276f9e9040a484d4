"""Detection against references: pycocotools, GIoU written out, targets by hand; and a run from start to export."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.code import boxes
from cnnstudio.core.code.source import script
from cnnstudio.core.data.builtin import Shapes
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.edits import SetParameters
from cnnstudio.core.exporting import Wish
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.exporting.desk import export
from cnnstudio.engine.exporting.material import of_run
from cnnstudio.engine.exporting.stages import finished
from cnnstudio.engine.running.control import Control, RunError
from cnnstudio.engine.running.training import train
from cnnstudio.engine.tasks import detection, kit_for
from cnnstudio.wire.messages import Evaluation, Event, FeatureMaps, Sample, Watch
from tests.engine.conftest import chain

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment

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
                    made.append(
                        record | {"area": box[2] * box[3], "iscrowd": 0} | ({"score": score[0]} if score else {})
                    )
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


def overlap_written_out(a: np.ndarray, b: np.ndarray) -> float:
    """GIoU of two boxes, as its paper states it."""
    shared = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    around = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    return float(shared / union - (around - union) / around)


def test_overlap_with_gap_is_that_of_the_paper() -> None:
    rng = np.random.default_rng(3)
    first, second = drawn(rng, 50), drawn(rng, 50)
    told = keras.ops.convert_to_numpy(boxes.overlap_with_gap(first, second, keras.ops))
    wanted = [overlap_written_out(a, b) for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(told, wanted, atol=1e-4)
    assert min(wanted) < 0 < max(wanted)


TRUTH = np.array([[[0.1, 0.2, 0.4, 0.6, 1.0], [0.5, 0.5, 0.9, 0.8, 0.0], NONE]], "float32")


def test_cells_are_told_of_the_object_whose_middle_is_near() -> None:
    heat, edges, weights = (
        keras.ops.convert_to_numpy(part) for part in boxes.centre_targets(TRUTH, 8, 10, 3, keras.ops)
    )
    assert heat.shape == (1, 8, 10, 3)
    middles = {tuple(place) for place in np.argwhere(heat[0] == 1.0).tolist()}
    assert middles == {(3, 2, 1), (5, 7, 0)}  # row, column, class
    assert heat[..., 2].max() == 0.0
    np.testing.assert_allclose(edges[0, 3, 2], TRUTH[0, 0, :4])
    np.testing.assert_allclose(edges[0, 5, 7], TRUTH[0, 1, :4])
    assert weights[0, 0, 9] < 1e-3
    np.testing.assert_allclose(weights, heat.max(axis=-1), atol=1e-6)


def perfect_maps(height: int, width: int) -> np.ndarray:
    """What a network should answer to TRUTH, (1, height, width, 3 + 4)."""
    heat, edges, _ = boxes.centre_targets(TRUTH, height, width, 3, keras.ops)
    heat, edges = keras.ops.convert_to_numpy(heat), keras.ops.convert_to_numpy(edges)
    middles = boxes.cell_boxes(np.zeros_like(edges), np)
    reach = np.concatenate([middles[..., :2] - edges[..., :2], edges[..., 2:] - middles[..., 2:]], axis=-1)
    return np.concatenate([heat, reach.clip(0, 1)], axis=-1).astype("float32")


def test_a_perfect_answer_costs_nothing_and_gives_the_boxes_back() -> None:
    maps = perfect_maps(8, 10)
    poor = np.full_like(maps, 0.12)
    both = boxes.centre_point_loss(np.repeat(TRUTH, 2, axis=0), np.concatenate([maps, poor]), keras.ops)
    good, bad = keras.ops.convert_to_numpy(both)
    assert good < 0.3 < 3 < bad
    [found] = boxes.found_boxes(maps, detection.suppression())
    best = found[:2][np.argsort(found[:2, 4])]
    np.testing.assert_allclose(best[:, :5], TRUTH[0, [1, 0]], atol=1e-6)
    np.testing.assert_allclose(best[:, 5], 1.0)
    precision, _ = boxes.precision_at_recalls([TRUTH[0]], [found], 3)
    assert boxes.detection_scores(precision) == {"map_50": 1.0, "map": 1.0}


def test_raw_scores_are_read_as_shares() -> None:
    maps = np.random.default_rng(0).uniform(0.02, 0.98, (2, 5, 6, 7)).astype("float32")
    scores = np.log(maps / (1 - maps))
    truth = np.repeat(TRUTH, 2, axis=0)
    losses = [
        keras.ops.convert_to_numpy(boxes.centre_point_loss(truth, values, keras.ops, scores=raw))
        for values, raw in ((maps, False), (scores, True))
    ]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
    suppress = detection.suppression()
    plain, told = boxes.found_boxes(maps, suppress), boxes.found_boxes(scores, suppress, scores=True)
    for a, b in zip(plain, told, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_samples_without_objects_only_say_that_nothing_is_there() -> None:
    empty = np.array([[NONE]], "float32")
    maps = np.full((1, 4, 4, 7), 0.5, "float32")
    quiet = np.full((1, 4, 4, 7), 1e-4, "float32")
    loud, still = (float(boxes.centre_point_loss(empty, m, keras.ops)[0]) for m in (maps, quiet))
    assert loud > 1
    assert still == pytest.approx(0, abs=1e-4)
    [found] = boxes.found_boxes(quiet, detection.suppression())
    assert found.shape == (0, 6)


def test_two_answers_of_one_object_become_one() -> None:
    maps = np.full((1, 8, 8, 5), 1e-3, "float32")
    maps[0, 3, 2] = [0.9, 0.3, 0.3, 0.3, 0.3]
    maps[0, 3, 4] = [0.8, 0.5, 0.3, 0.1, 0.3]  # two cells on, and nearly the same box
    maps[0, 3, 7] = [0.7, 0.1, 0.1, 0.1, 0.1]
    [found] = boxes.found_boxes(maps, detection.suppression())
    np.testing.assert_allclose(found[:, 5], [0.9, 0.7])


def test_where_tensorflow_is_missing_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "tensorflow", None)
    assert detection.suppression() is tensorflow.image.combined_non_max_suppression
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    kit = kit_for(DataInfo(Task.DETECTION, (8, 8, 3), ("a",)), TrainingRecipe())
    with pytest.raises(RunError, match="pip install tensorflow"):
        kit.loss()


def detector(**training: Any) -> Experiment:
    """A small network over few drawn shapes."""
    conv = ("convolution_1", "Convolution", {"filters": 8, "strides": 2})
    given = {"batch_size": 16, "epochs": 1, **training}
    return chain(Shapes(task="detection", count=60, size=16), conv, **given)


def test_a_run_its_script_and_its_export_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events: list[Event] = []
    control = Control([Watch("output", Sample("validation", 0), 1000.0)])
    ended = train(detector(), tmp_path / "run", events.append, control)
    assert list(ended.test) == ["loss", "map_50", "map"]
    judged = [e for e in events if isinstance(e, Evaluation)]
    assert [e.part for e in judged] == ["validation", "test"]
    last = judged[-1]
    assert (last.precision.shape, last.precision.dtype) == ((3, 101), np.dtype("f4"))
    assert len(last.per_class["ap_50"]) == len(last.per_class["ap"]) == 3
    assert np.nanmean(last.per_class["ap_50"]) == pytest.approx(last.metrics["map_50"])
    assert np.nanmean(last.precision) == pytest.approx(last.metrics["map_50"], abs=1e-6)
    shown = [e.prediction for e in events if isinstance(e, FeatureMaps)][-1]
    assert shown.shape[1:] == (6,)
    namespace: dict[str, Any] = {"__name__": "script"}
    exec(script(detector()), namespace)
    namespace["main"]()
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("test ")]
    assert {words[1].rstrip(":"): float(words[2]) for words in lines} == pytest.approx(ended.test, abs=0.02)
    done = finished(export(Wish("keras", tmp_path / "model.keras"), lambda: of_run(tmp_path / "run"))).compared
    assert done is not None
    assert done.max_abs_difference <= 1e-5
    assert done.agreement == 1.0
    opened = keras.models.load_model(tmp_path / "model.keras")
    assert opened.output_shape == (None, 8, 8, 3 + 4)


def test_the_script_of_raw_scores_says_so_to_loss_and_boxes() -> None:
    text = script(SetParameters(id="output", values={"activation": "linear"})(detector()))
    assert "centre_point_loss, ops=keras.ops, scores=True" in text
    assert "combined_non_max_suppression, scores=True" in text
