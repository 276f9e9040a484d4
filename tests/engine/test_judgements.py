"""How a network does on every sample, held against Keras's losses and what a part's judge says of the whole."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.engine.backend import keras
from cnnstudio.engine.data.dataset import Dataset, Part
from cnnstudio.engine.explaining import judgements as judgements_module
from cnnstudio.engine.explaining import passing
from cnnstudio.engine.explaining.judgements import box_pairs, judgements
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.engine.tasks import kit_for
from cnnstudio.wire.messages import EpochEnd, Evaluation, GetJudgements, Judgements, RunEnded, StartRun, StopRun
from tests.engine.conftest import small
from tests.helpers.plain_network import PlainNetwork, answer_to

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Peer

RNG = np.random.default_rng(8)
SAMPLES = 20
IMAGES = RNG.random((SAMPLES, 8, 8, 1), "float32")
NAMES = ("a", "b", "c")
HEAD: tuple[str, str, dict[str, Any]] = ("gap", "GlobalAveragePooling", {})
CONV: tuple[str, str, dict[str, Any]] = ("conv", "Convolution", {"filters": 4, "activation": "relu"})


def network_of(task: Task, targets: np.ndarray, *blocks: Any, recipe: TrainingRecipe | None = None) -> PlainNetwork:
    """An untrained network of that task, whose parts all have these targets."""
    info = DataInfo(task, (8, 8, 1), () if task is Task.RECONSTRUCTION else NAMES)
    network = PlainNetwork.of(info, IMAGES, *blocks)
    part = Part.of(IMAGES, targets, task)
    network.data = Dataset(info, {"training": part, "validation": part, "test": part})
    if recipe is not None:
        network.kit = kit_for(info, recipe, scores=network.program.gives_scores)
    return network


def judged(network: PlainNetwork, **given: Any) -> Judgements:
    answer, told = answer_to(judgements(GetJudgements(request=4, experiment="", **given), network))
    assert isinstance(answer, Judgements)
    assert told[-1].done == told[-1].total == SAMPLES
    return answer


def verdict_of(network: PlainNetwork, targets: np.ndarray, outputs: np.ndarray) -> Any:
    judge = network.kit.judge()
    judge.add(IMAGES, targets, outputs)
    return judge.verdict()


def confusion_of(pairs: np.ndarray, size: int) -> np.ndarray:
    made = np.zeros((size, size), "int64")
    np.add.at(made, (pairs[:, 1], pairs[:, 2]), pairs[:, 3])
    return made


def test_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = RNG.integers(0, 3, SAMPLES).astype("int32")
    network = network_of(Task.CLASSIFICATION, truth, CONV, HEAD)
    found = judged(network)
    shares = np.asarray(network.model(IMAGES))
    np.testing.assert_array_equal(found.truths, truth)
    np.testing.assert_array_equal(found.answers, shares.argmax(axis=1))
    np.testing.assert_allclose(found.losses, -np.log(shares[np.arange(SAMPLES), truth]), rtol=1e-4)
    np.testing.assert_allclose(found.numbers["confidence"], shares.max(axis=1), rtol=1e-5)
    np.testing.assert_allclose(found.numbers["true_share"], np.exp(-found.losses), rtol=1e-4)
    monkeypatch.setattr(passing, "_MACS", 1)  # a portion for each sample finds the same
    np.testing.assert_allclose(judged(network).losses, found.losses, rtol=1e-4)


def test_several_classes() -> None:
    truth = RNG.integers(0, 2, (SAMPLES, 3)).astype("int32")
    network = network_of(Task.MULTILABEL, truth, CONV, HEAD)
    outputs = np.asarray(network.model(IMAGES))
    threshold = float(np.median(outputs))
    found = judged(network, threshold=threshold)
    named = outputs >= threshold
    np.testing.assert_array_equal(found.numbers["missed"], (truth.astype(bool) & ~named).sum(axis=1))
    np.testing.assert_array_equal(found.numbers["false"], (named & (truth == 0)).sum(axis=1))
    assert found.pairs is not None
    counts = confusion_of(found.pairs, 4)
    np.testing.assert_array_equal(np.diag(counts)[:3], (named & (truth == 1)).sum(axis=0))
    np.testing.assert_array_equal(counts[:3, 3], (~named & (truth == 1)).sum(axis=0))
    np.testing.assert_array_equal(counts[3, :3], (named & (truth == 0)).sum(axis=0))
    entropy = np.asarray(keras.losses.binary_crossentropy(truth, outputs))
    np.testing.assert_allclose(found.losses, entropy, rtol=1e-4)


@pytest.mark.parametrize("loss", ["cross-entropy", "dice", "cross-entropy + dice", "focal"])
def test_masks(loss: Any) -> None:
    truth = RNG.integers(0, 3, (SAMPLES, 8, 8)).astype("int32")
    network = network_of(Task.SEGMENTATION, truth, CONV, recipe=TrainingRecipe(loss=loss))
    outputs = np.asarray(network.model(IMAGES))
    found, verdict = judged(network), verdict_of(network, truth, outputs)
    assert found.pairs is not None
    np.testing.assert_array_equal(confusion_of(found.pairs, 3), verdict.confusion)
    np.testing.assert_allclose(found.numbers["accuracy"].mean(), verdict.metrics["accuracy"], rtol=1e-5)
    for sample in (0, 7):
        alone = slice(sample, sample + 1)
        assert found.losses[sample] == pytest.approx(float(network.kit.loss()(truth[alone], outputs[alone])), rel=1e-4)
        of_it = verdict_of(network, truth[alone], outputs[alone])
        assert found.numbers["mean_iou"][sample] == pytest.approx(of_it.metrics["mean_iou"], rel=1e-5)


@pytest.mark.parametrize("loss", ["mse", "mae", "ssim"])
def test_samples_that_come_back(loss: Any) -> None:
    last = ("back", "Convolution", {"filters": 1})
    network = network_of(Task.RECONSTRUCTION, IMAGES, CONV, last, recipe=TrainingRecipe(loss=loss))
    outputs = np.asarray(network.model(IMAGES))
    found = judged(network)
    np.testing.assert_allclose(found.numbers["mse"], ((outputs - IMAGES) ** 2).mean(axis=(1, 2, 3)), rtol=1e-3)
    np.testing.assert_allclose(found.numbers["mae"], np.abs(outputs - IMAGES).mean(axis=(1, 2, 3)), rtol=1e-3)
    whole = float(network.kit.loss()(IMAGES, outputs))
    assert found.losses.mean() == pytest.approx(whole, rel=1e-3)
    assert found.pairs is None
    assert found.truths.shape == found.answers.shape == (SAMPLES, 0)


def test_boxes_of_a_network() -> None:
    truth = np.full((SAMPLES, 2, 5), -1, "float32")
    truth[:, 0] = 0.25, 0.25, 0.75, 0.75, 1
    network = network_of(Task.DETECTION, truth, CONV)
    found = judged(network, threshold=0.9)
    assert found.pairs is not None
    counts = confusion_of(found.pairs, 4)
    assert counts[:3].sum() == SAMPLES
    np.testing.assert_array_equal(found.numbers["found"] + found.numbers["missed"], np.ones(SAMPLES))
    outputs = np.asarray(network.model(IMAGES))
    assert found.losses.mean() == pytest.approx(float(network.kit.loss()(truth, outputs)), rel=1e-4)
    assert judged(network, threshold=0.0).numbers["false"].sum() >= found.numbers["false"].sum()


def test_which_box_is_taken_for_which() -> None:
    boxes = np.array([[0, 0, 0.5, 0.5, 0], [0.5, 0.5, 1, 1, 1], [0, 0.6, 0.3, 1, 2]], "float32")
    answers = np.array(
        [
            [0.5, 0.5, 1, 1, 0, 0.99],  # the second box, taken for another class
            [0, 0, 0.5, 0.45, 0, 0.9],  # the first one, found
            [0, 0, 0.5, 0.5, 0, 0.8],  # the first one again: it has been found already
            [0.6, 0.0, 0.9, 0.2, 1, 0.7],  # nothing is there
        ],
        "float32",
    )
    assert sorted(box_pairs(boxes, answers, 3)) == [(0, 0), (1, 0), (2, 3), (3, 0), (3, 1)]
    assert box_pairs(boxes[:0], answers[:1], 3) == [(3, 0)]
    assert box_pairs(boxes[:1], answers[:0], 3) == [(0, 3)]


def test_weights_of_classes_count_as_in_training() -> None:
    truth = np.array([0] * 15 + [1] * 5, "int32")
    plain = judged(network_of(Task.CLASSIFICATION, truth, CONV, HEAD)).losses
    recipe = TrainingRecipe(class_weights=True)
    weighed = judged(network_of(Task.CLASSIFICATION, truth, CONV, HEAD, recipe=recipe)).losses
    np.testing.assert_allclose(weighed / plain, [20 / (2 * 15)] * 15 + [20 / (2 * 5)] * 5, rtol=1e-4)


def test_what_is_known_so_far_is_the_beginning_of_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time a fourth more; whole tasks alike, as masks bring pairs along."""
    monkeypatch.setattr(judgements_module, "_SHOWN_SECONDS", 0.0)
    monkeypatch.setattr(judgements_module, "_AT_ONCE", 2)
    truth = np.random.default_rng(5).integers(0, 3, (SAMPLES, 8, 8)).astype("int32")
    network = network_of(Task.SEGMENTATION, truth, CONV)
    answer, told = answer_to(judgements(GetJudgements(request=4, experiment=""), network))
    assert isinstance(answer, Judgements)
    grown = [e.judged for e in told if e.judged is not None]
    counts = [len(some.losses) for some in grown]
    assert counts[0] == 2
    assert counts[-1] < SAMPLES
    assert all(later >= 1.25 * sooner for sooner, later in itertools.pairwise(counts))
    for some in grown:
        count = len(some.losses)
        np.testing.assert_allclose(some.losses, answer.losses[:count], rtol=1e-5)
        assert some.pairs is not None
        assert answer.pairs is not None
        np.testing.assert_array_equal(some.pairs, answer.pairs[answer.pairs[:, 0] < count])


def test_a_run_is_judged_between_its_steps_and_as_it_judged_itself_afterwards(worker: Peer, tmp_path: Path) -> None:
    experiment = small(epochs=500)
    text = write_experiment(experiment)
    worker.send(StartRun("judged", str(tmp_path / "judged"), text))
    worker.until(EpochEnd)
    worker.send(GetJudgements(request=61, experiment=text))
    during = worker.until(Judgements, lambda e: e.request == 61)
    worker.send(StopRun("judged", after_epoch=True))
    last = worker.until(Evaluation, lambda e: e.part == "validation")
    while not isinstance(event := worker.next(), RunEnded):
        last = event if isinstance(event, Evaluation) and event.part == "validation" else last
    worker.send(GetJudgements(request=62, experiment=text, directory=str(tmp_path / "judged")))
    after = worker.until(Judgements, lambda e: e.request == 62)
    np.testing.assert_array_equal(during.truths, after.truths)
    pairs = np.stack([np.arange(len(after.truths)), after.truths, after.answers, np.ones_like(after.truths)], axis=1)
    np.testing.assert_array_equal(confusion_of(pairs, len(last.confusion)), last.confusion)
    assert after.losses.mean() == pytest.approx(last.metrics["loss"], rel=1e-3)
    assert after.losses.mean() != pytest.approx(during.losses.mean(), rel=1e-6)


def test_what_cannot_be_judged_is_said() -> None:
    network = network_of(Task.CLASSIFICATION, np.zeros(SAMPLES, "int32"), CONV, HEAD)
    with pytest.raises(SketchError, match='no part "tests" of the data'):
        judged(network, part="tests")
    network.predicts = False
    with pytest.raises(SketchError, match="The network gives no answer yet"):
        judged(network)
