"""Losses and judges of the tasks against TensorFlow, Keras and plain formulas."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.code import scores as told
from cnnstudio.core.code.answers import as_chances, as_shares
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.training.recipe import LOSSES, TrainingRecipe
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.tasks import kit_for, losses
from cnnstudio.engine.tasks.classification import ClassJudge, Kept

if TYPE_CHECKING:
    from cnnstudio.engine.tasks import Judge, Verdict

NAMES = ("a", "b", "c", "d", "e")
INFOS = {
    Task.CLASSIFICATION: DataInfo(Task.CLASSIFICATION, (8, 8, 1), NAMES),
    Task.MULTILABEL: DataInfo(Task.MULTILABEL, (8, 8, 1), NAMES),
    Task.SEGMENTATION: DataInfo(Task.SEGMENTATION, (6, 6, 1), NAMES),
    Task.RECONSTRUCTION: DataInfo(Task.RECONSTRUCTION, (12, 13, 2)),
}


def drawn(task: Task, count: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Targets, and raw scores (for reconstruction values in 0..1) that say something of them."""
    rng = np.random.default_rng(4)
    if task is Task.RECONSTRUCTION:
        clean = rng.random((count, *INFOS[task].input_shape), dtype="float32")
        return clean, np.clip(clean + 0.2 * rng.standard_normal(clean.shape), 0, 1).astype("float32")
    places = {Task.SEGMENTATION: (6, 6), Task.MULTILABEL: (5,)}.get(task, ())
    targets = rng.integers(0, 2 if task is Task.MULTILABEL else 5, (count, *places)).astype("int32")
    wanted = targets if task is Task.MULTILABEL else np.eye(5)[targets]
    raw = 2 * wanted - 1 + rng.standard_normal(wanted.shape)
    return targets, raw.astype("float32")


def value(loss: Any, targets: np.ndarray, outputs: np.ndarray) -> float:
    """As the learner asks a loss."""
    return float(loss(keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(outputs)))


def recipe(**values: Any) -> TrainingRecipe:
    return dataclasses.replace(TrainingRecipe(), **values)


@pytest.mark.parametrize(("task", "loss"), [(t, name) for t in INFOS for name in LOSSES[t]])
def test_losses_of_raw_scores_are_those_of_shares_and_fall_with_better_answers(task: Task, loss: str) -> None:
    targets, raw = drawn(task)
    counts = (3, 9, 9, 6, 3)
    for weighted in (False, True):
        given: dict[str, Any] = {"recipe": recipe(loss=loss, class_weights=weighted), "counts": counts, "samples": 30}
        plain, of_scores = (kit_for(INFOS[task], scores=s, **given).loss() for s in (False, True))
        if task is Task.RECONSTRUCTION:
            assert value(plain, targets, targets) < 1e-5 < value(plain, targets, raw)
            continue
        answers, better = ((as_chances if task is Task.MULTILABEL else as_shares)(k * raw) for k in (1, 3))
        assert value(of_scores, targets, raw) == pytest.approx(value(plain, targets, answers), rel=1e-3)
        right = (better > 0.5) == targets if task is Task.MULTILABEL else better.argmax(-1) == targets
        if task is not Task.MULTILABEL:
            right = right[..., np.newaxis]
        assert value(plain, targets, np.where(right, better, answers)) < value(plain, targets, answers)


def test_weighted_losses_follow_their_formulas() -> None:
    targets, raw = drawn(Task.CLASSIFICATION)
    answers, weights = as_shares(raw), np.array([1, 2, 3, 4, 5], "float32")
    chosen = answers[np.arange(30), targets].astype("float64")
    entropy = -np.log(chosen) * weights[targets]
    assert value(losses.cross_entropy_and_dice, targets, answers) > 0
    got = keras.ops.convert_to_numpy(losses.cross_entropy(targets, answers, weights=weights))
    np.testing.assert_allclose(got, entropy, rtol=1e-4)
    got = keras.ops.convert_to_numpy(losses.focal(targets, answers, weights=weights))
    np.testing.assert_allclose(got, 0.25 * (1 - chosen) ** 2 * entropy, rtol=1e-3)
    named, ends = drawn(Task.MULTILABEL)
    chance = as_chances(ends).astype("float64")
    both = np.array([[1, 2]] * 4 + [[3, 0.5]], "float32")
    wanted = -(named * np.log(chance) * both[:, 1] + (1 - named) * np.log(1 - chance) * both[:, 0])
    got = keras.ops.convert_to_numpy(losses.label_entropy(named, as_chances(ends), weights=both))
    np.testing.assert_allclose(got, wanted, rtol=1e-3, atol=1e-5)
    got = keras.ops.convert_to_numpy(losses.label_focal(named, as_chances(ends), weights=both))
    missed = np.where(named, 1 - chance, chance)
    np.testing.assert_allclose(got, missed**2 * wanted, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("scores", [False, True])
def test_smoothed_labels_are_those_of_keras(scores: bool) -> None:
    given: dict[str, Any] = {"recipe": recipe(label_smoothing=0.2), "scores": scores}
    for task in (Task.CLASSIFICATION, Task.SEGMENTATION):
        targets, raw = drawn(task)
        outputs = raw if scores else as_shares(raw)
        theirs = keras.losses.CategoricalCrossentropy(from_logits=scores, label_smoothing=0.2)
        wanted = float(theirs(np.eye(5, dtype="float32")[targets], outputs))
        assert value(kit_for(INFOS[task], **given).loss(), targets, outputs) == pytest.approx(wanted, rel=1e-5)
    targets, raw = drawn(Task.MULTILABEL)
    outputs = raw if scores else as_chances(raw)
    wanted = float(keras.losses.BinaryCrossentropy(from_logits=scores, label_smoothing=0.2)(targets, outputs))
    assert value(kit_for(INFOS[Task.MULTILABEL], **given).loss(), targets, outputs) == pytest.approx(wanted, rel=1e-5)


def test_smoothing_goes_with_weights_and_leaves_other_losses_alone() -> None:
    targets, raw = drawn(Task.CLASSIFICATION)
    answers, weights = as_shares(raw).astype("float64"), np.array([1, 2, 3, 4, 5], "float32")
    wanted = 0.8 * np.eye(5)[targets] + 0.2 / 5
    got = keras.ops.convert_to_numpy(losses.cross_entropy(targets, as_shares(raw), weights=weights, smoothing=0.2))
    np.testing.assert_allclose(got, -(wanted * np.log(answers)).sum(-1) * weights[targets], rtol=1e-4)
    masks, ends = drawn(Task.SEGMENTATION)
    both = kit_for(INFOS[Task.SEGMENTATION], recipe(loss="cross-entropy + dice", label_smoothing=0.2)).loss()
    parts = losses.cross_entropy(masks, as_shares(ends), smoothing=0.2), losses.dice(masks, as_shares(ends))
    assert value(both, masks, as_shares(ends)) == pytest.approx(sum(float(keras.ops.mean(p)) for p in parts), rel=1e-5)
    plain, smooth = (kit_for(INFOS[Task.SEGMENTATION], recipe(loss="dice", label_smoothing=s)).loss() for s in (0, 0.2))
    assert value(plain, masks, as_shares(ends)) == value(smooth, masks, as_shares(ends))


def test_dice_is_the_overlap_of_each_class() -> None:
    targets, raw = drawn(Task.SEGMENTATION)
    certain = np.eye(5, dtype="float32")[raw.argmax(-1)]
    rates = told.mask_scores(told.count_pairs(targets, raw.argmax(-1), 5))
    loss = kit_for(INFOS[Task.SEGMENTATION], recipe(loss="dice")).loss()
    assert 1 - value(loss, targets, certain) == pytest.approx(rates["dice"], rel=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_structural_likeness_is_tensorflows(channels: int) -> None:
    rng = np.random.default_rng(0)
    first = rng.random((3, 17, 14, channels), dtype="float32")
    second = np.clip(first + 0.1 * rng.standard_normal(first.shape), 0, 1).astype("float32")
    wanted = tensorflow.image.ssim(first, second, max_val=1.0).numpy()
    np.testing.assert_allclose(keras.ops.convert_to_numpy(losses.structural_likeness(first, second)), wanted, rtol=1e-4)
    wanted = tensorflow.image.ssim(5 * first, 5 * second, max_val=5.0).numpy()
    got = keras.ops.convert_to_numpy(losses.structural_likeness(5 * first, 5 * second, span=5.0))
    np.testing.assert_allclose(got, wanted, rtol=1e-4)


@pytest.mark.parametrize("shape", [(40, 2), (8, 8, 1), (3, 5, 1), (4, 4, 4, 1), (7,)])
def test_likeness_of_signals_small_images_volumes_and_vectors(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    first = rng.standard_normal((4, *shape)).astype("float32")
    noisy = first + 0.5 * rng.standard_normal(first.shape).astype("float32")
    same, less = (keras.ops.convert_to_numpy(losses.structural_likeness(first, x)) for x in (first, noisy))
    assert same.shape == (4,)
    np.testing.assert_allclose(same, 1.0, atol=1e-5)
    assert (less < same - 0.01).all()


def judged(judge: Judge, batches: int, *arrays: np.ndarray) -> Verdict:
    for inputs, targets, outputs in zip(*(np.array_split(a, batches) for a in arrays), strict=True):
        judge.add(inputs, targets, outputs)
    return judge.verdict()


def at_once(task: Task, targets: np.ndarray, answers: np.ndarray) -> dict[str, float]:
    """What a script makes of a whole part; for reconstruction what TensorFlow does."""
    if task is Task.CLASSIFICATION:
        return told.classification_scores(targets, answers, 3)
    if task is Task.MULTILABEL:
        return told.label_scores(targets, answers)
    if task is Task.SEGMENTATION:
        return told.mask_scores(told.count_pairs(targets, answers.argmax(-1), 5))
    return {
        "mae": float(np.abs(answers - targets).mean()),
        "mse": float(np.square(answers - targets).mean()),
        "psnr": float(np.mean(tensorflow.image.psnr(targets, answers, 1.0))),
        "ssim": float(np.mean(tensorflow.image.ssim(targets, answers, 1.0))),
    }


@pytest.mark.parametrize("task", INFOS)
@pytest.mark.parametrize("raw", [False, True])
def test_a_part_is_judged_in_batches_as_a_script_judges_it_whole(task: Task, raw: bool) -> None:
    targets, outputs = drawn(task)
    inputs = np.zeros((30, 1))
    answers = outputs
    if task is not Task.RECONSTRUCTION:
        answers = (as_chances if task is Task.MULTILABEL else as_shares)(outputs)
    kit = kit_for(INFOS[task], TrainingRecipe(), scores=raw)
    verdict = judged(kit.judge(), 4, inputs, targets, outputs if raw else answers)
    wanted = at_once(task, targets, answers)
    assert tuple(verdict.metrics) == kit.judged
    assert verdict.metrics == pytest.approx(wanted, rel=1e-4)
    for values in verdict.per_class.values():
        assert len(values) == 5
    if verdict.confusion is not None:
        np.testing.assert_array_equal(verdict.confusion.sum(1), np.bincount(targets.ravel(), minlength=5))


def test_the_gain_of_denoising_is_over_what_went_in() -> None:
    rng = np.random.default_rng(2)
    clean = rng.random((6, 12, 13, 2), dtype="float32")
    noisy, cleaned = (clean + s * rng.standard_normal(clean.shape).astype("float32") for s in (0.2, 0.05))
    kit = kit_for(INFOS[Task.RECONSTRUCTION], TrainingRecipe(), noisy=True)
    verdict = judged(kit.judge(), 2, noisy, clean, cleaned)
    assert tuple(verdict.metrics) == kit.judged
    wanted = tensorflow.image.psnr(clean, cleaned, 1.0) - tensorflow.image.psnr(clean, noisy, 1.0)
    assert verdict.metrics["psnr_gain"] == pytest.approx(wanted.numpy().mean(), rel=1e-4)
    assert 11 < verdict.metrics["psnr_gain"] < 13, "a quarter of the noise is 12 dB"


def test_of_very_many_samples_every_other_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnstudio.engine.tasks.classification._VALUES_KEPT", 20)
    kept = Kept()
    for start in range(0, 60, 6):
        numbers = np.arange(start, start + 6)
        kept.add(numbers, numbers[:, np.newaxis].astype("float32"))
    targets, outputs = kept.all()
    assert targets.tolist() == list(range(0, 60, 4))
    assert outputs[:, 0].tolist() == targets.tolist()


def test_many_classes_have_no_table_of_confusions_but_all_else() -> None:
    targets = np.arange(1200)
    judge = ClassJudge(1200, 5)
    judge.add(targets, targets, np.eye(1200, dtype="float32"))
    verdict = judge.verdict()
    assert verdict.confusion is None
    assert verdict.metrics == {"accuracy": 1.0, "top_5_accuracy": 1.0, "f1": 1.0, "auc": 1.0}


@pytest.mark.parametrize("task", INFOS)
def test_a_file_for_others_has_a_loss_of_keras(task: Task) -> None:
    for loss in LOSSES[task]:
        kit = kit_for(INFOS[task], recipe(loss=loss, class_weights=True), counts=(1, 2, 3, 4, 5), samples=9)
        assert type(kit.usual_loss()).__module__.startswith("keras.")
        assert isinstance(kit.loss(), keras.losses.Loss) == (loss in ("mse", "mae"))
