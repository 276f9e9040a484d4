"""Metrics against scikit-learn, on random answers with ties, missing classes and certainty."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from cnnstudio.core.code import scores
from cnnstudio.core.metrics import best_k


def answers(seed: int, count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Class indices (every class occurs) and shares that say something of them, rounded so that there are ties."""
    rng = np.random.default_rng(seed)
    targets = np.concatenate([np.arange(classes), rng.integers(0, classes, count)])
    raw = rng.random((len(targets), classes)).round(1) + 0.05 + 0.4 * (targets[:, np.newaxis] == np.arange(classes))
    return targets, raw / raw.sum(axis=1, keepdims=True)


@settings(max_examples=15)
@given(st.integers(0, 1000), st.integers(3, 60), st.integers(3, 8))
def test_classification_is_that_of_scikit_learn(seed: int, count: int, classes: int) -> None:
    targets, outputs = answers(seed, count, classes)
    told = scores.classification_scores(targets, outputs, best_k(classes))
    named = outputs.argmax(axis=1)
    k = min(3, classes - 1)
    assert list(told) == ["accuracy", f"top_{k}_accuracy", "f1", "auc"]
    assert told["accuracy"] == pytest.approx(oracle.accuracy_score(targets, named))
    assert told["f1"] == pytest.approx(oracle.f1_score(targets, named, average="macro", zero_division=0))
    assert told["auc"] == pytest.approx(oracle.roc_auc_score(targets, outputs, multi_class="ovr"))
    confusion = scores.count_pairs(targets, named, classes)
    np.testing.assert_array_equal(confusion, oracle.confusion_matrix(targets, named, labels=range(classes)))
    rates = scores.class_rates(np.diag(confusion), confusion.sum(1), confusion.sum(0))
    wanted = oracle.precision_recall_fscore_support(targets, named, labels=range(classes), zero_division=np.nan)
    np.testing.assert_allclose(rates["precision"], wanted[0])
    np.testing.assert_allclose(rates["recall"], wanted[1])
    np.testing.assert_allclose(
        rates["iou"], oracle.jaccard_score(targets, named, labels=range(classes), average=None, zero_division=0)
    )


def test_the_likeliest_are_counted_as_scikit_learn_counts_them() -> None:
    rng = np.random.default_rng(0)
    targets, outputs = rng.integers(0, 9, 200), rng.random((200, 9))
    for k in (1, 3, 8):
        wanted = oracle.top_k_accuracy_score(targets, outputs, k=k, normalize=False, labels=range(9))
        assert scores.among_best(targets, outputs, k) == wanted


def test_labels_are_judged_as_scikit_learn_does() -> None:
    rng = np.random.default_rng(1)
    targets = rng.integers(0, 2, (120, 5))
    outputs = np.clip(rng.random((120, 5)).round(2) * 0.7 + 0.3 * targets, 0.01, 0.99)
    told = scores.label_scores(targets, outputs)
    assert told["accuracy"] == pytest.approx((targets == (outputs > 0.5)).mean())
    assert told["f1"] == pytest.approx(oracle.f1_score(targets, outputs > 0.5, average="macro"))
    assert told["auc"] == pytest.approx(oracle.roc_auc_score(targets, outputs, average="macro"))


def test_masks_are_judged_as_scikit_learn_does() -> None:
    rng = np.random.default_rng(2)
    targets = rng.integers(0, 3, (4, 6, 6))
    named = np.where(rng.random(targets.shape) < 0.6, targets, rng.integers(0, 3, targets.shape))
    told = scores.mask_scores(scores.count_pairs(targets, named, 4))
    flat = targets.ravel(), named.ravel()
    assert told["mean_iou"] == pytest.approx(oracle.jaccard_score(*flat, average="macro")), "the fourth never occurs"
    assert told["dice"] == pytest.approx(oracle.f1_score(*flat, average="macro"))
    assert told["accuracy"] == pytest.approx(oracle.accuracy_score(*flat))


def test_what_is_not_defined_is_no_number_and_left_out_of_means() -> None:
    positive = np.array([[1, 0, 1], [1, 0, 0]])
    areas = scores.area_under_curve(positive, np.array([[0.1, 0.2, 0.9], [0.3, 0.2, 0.4]]))
    np.testing.assert_array_equal(areas, np.array([np.nan, np.nan, 1.0]))
    assert scores.mean_of(areas) == 1.0
    assert np.isnan(scores.mean_of(areas[:2]))


def test_class_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    targets = np.array([0, 0, 0, 0, 0, 1, 2, 2])
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=targets)
    weights = scores.class_weights(np.bincount(targets, minlength=4))
    np.testing.assert_allclose(weights[:3], wanted, rtol=1e-6)
    assert weights[3] == 1
    pair = scores.label_weights(np.array([2, 5]), 10)
    np.testing.assert_allclose(pair, np.array([[10 / 16, 10 / 4], [1, 1]]))


@pytest.mark.parametrize(("classes", "k"), [(2, 0), (3, 2), (4, 3), (10, 3), (49, 3), (50, 5), (1000, 5)])
def test_as_many_of_the_likeliest_as_tell_something(classes: int, k: int) -> None:
    assert best_k(classes) == k


def test_noise_is_measured_against_the_span_of_the_values() -> None:
    assert scores.span_of(np.array([0.2, 0.9])) == 1.0
    assert scores.span_of(np.array([-3.0, 1.0])) == 4.0
    assert scores.noise_ratio(np.array([0.01, 0.0001]), 1.0) == pytest.approx(30.0)
    assert scores.noise_ratio(np.array([0.0]), 2.0) == pytest.approx(100.0)
    clean = np.zeros((2, 4, 1), "float32")
    worse = clean + np.array([0.5, 2.0]).reshape(2, 1, 1)
    np.testing.assert_allclose(scores.squared_errors(clean, worse), [0.25, 4.0])
