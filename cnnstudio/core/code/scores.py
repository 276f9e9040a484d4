"""How good answers are, counted in NumPy: the engine judges a network by these functions, and so does a script.

`cnnstudio code` copies their source text into the scripts it writes: they need numpy as `np` and nothing else of this
module. Lines keep to the 88 columns of generated code, in the layout that Black gives them.
"""

from __future__ import annotations

import numpy as np


def class_weights(counts: np.ndarray) -> np.ndarray:
    """Weights (classes,) by which all classes count the same; 1 on average.

    `counts` (classes,) is how often each occurs (King and Zeng, 2001); one that never
    does weighs 1.
    """
    there = np.maximum(counts, 1)
    weights = np.sum(counts) / (np.count_nonzero(counts) * there)
    return np.where(counts > 0, weights, 1.0).astype("float32")


def label_weights(counts: np.ndarray, samples: int) -> np.ndarray:
    """Weights (classes, 2): samples without a class count as much as those with it.

    `counts` (classes,) is how many of the samples have each class.
    """
    both = np.stack([samples - np.asarray(counts), counts], axis=1)
    return np.stack([class_weights(pair) for pair in both])


def count_pairs(targets: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """The confusion matrix, int64 (classes, classes): the truth down, answers across.

    Both are class indices of one shape.
    """
    pairs = targets.ravel().astype("int64") * classes + answers.ravel()
    counts = np.bincount(pairs, minlength=classes * classes)
    return counts.reshape(classes, classes)


def class_rates(
    hits: np.ndarray,
    truth: np.ndarray,
    answers: np.ndarray,
) -> dict[str, np.ndarray]:
    """For each class what became of it; NaN where a class occurs in neither.

    `hits`, `truth` and `answers` (classes,) count right answers, occurrences and
    answers. F1 is also known as Dice (1945), IoU as Jaccard's index (1912).
    """

    def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
        shares = np.full(part.shape, np.nan)
        np.divide(part, whole, out=shares, where=whole > 0)
        return shares

    return {
        "precision": share(hits, answers),
        "recall": share(hits, truth),
        "f1": share(2 * hits, truth + answers),
        "iou": share(hits, truth + answers - hits),
    }


def mean_of(values: np.ndarray) -> float:
    """The mean of those that are numbers; NaN where none is."""
    numbers = values[np.isfinite(values)]
    return float(numbers.mean()) if numbers.size else float("nan")


def area_under_curve(positive: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of each class; NaN for one that all have or none.

    `positive` and `scores` are (n, classes). It is the chance that a sample of the
    class gets a higher score than one that is not, ties counted half: the Mann-Whitney
    statistic, from ranks (Hanley and McNeil, 1982).
    """
    areas = np.full(scores.shape[1], np.nan)
    for index, (yes, score) in enumerate(zip(positive.T != 0, scores.T, strict=True)):
        with_it, without = int(yes.sum()), int((~yes).sum())
        if with_it and without:
            _, place, ties = np.unique(score, return_inverse=True, return_counts=True)
            ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
            wins = ranks[yes].sum() - with_it * (with_it + 1) / 2
            areas[index] = wins / (with_it * without)
    return areas


def among_best(targets: np.ndarray, outputs: np.ndarray, k: int) -> int:
    """How many class indices (n,) are among the k highest of outputs (n, classes)."""
    best = np.argpartition(-outputs, k - 1, axis=-1)[:, :k]
    return int((best == targets[:, np.newaxis]).any(axis=-1).sum())


def classification_scores(
    targets: np.ndarray,
    outputs: np.ndarray,
    k: int,
) -> dict[str, float]:
    """Accuracy, share among the k likeliest, mean F1 and mean area under the ROC curve.

    Class indices (n,) and shares (n, classes). F1 is the mean over the classes that
    occur, the area that over each class against the rest.
    """
    classes = outputs.shape[-1]
    confusion = count_pairs(targets, outputs.argmax(axis=-1), classes)
    hits, truth, answers = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    results = {"accuracy": float(hits.sum() / len(targets))}
    if k > 1:
        results[f"top_{k}_accuracy"] = among_best(targets, outputs, k) / len(targets)
    results["f1"] = mean_of(class_rates(hits, truth, answers)["f1"])
    positive = targets[:, np.newaxis] == np.arange(classes)
    return results | {"auc": mean_of(area_under_curve(positive, outputs))}


def label_scores(targets: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
    """Accuracy, F1 and area under the ROC curve, each the mean over the classes.

    Targets (n, classes) of 0 and 1; chances (n, classes), a class is named from 0.5 on.
    """
    named = outputs > 0.5
    true = targets != 0
    rates = class_rates((named & true).sum(0), true.sum(0), named.sum(0))
    return {
        "accuracy": float((named == true).mean()),
        "f1": mean_of(rates["f1"]),
        "auc": mean_of(area_under_curve(targets, outputs)),
    }


def mask_scores(confusion: np.ndarray) -> dict[str, float]:
    """Share of positions named right; IoU and Dice, means over classes that occur."""
    hits = np.diag(confusion)
    rates = class_rates(hits, confusion.sum(1), confusion.sum(0))
    return {
        "mean_iou": mean_of(rates["iou"]),
        "dice": mean_of(rates["f1"]),
        "accuracy": float(hits.sum() / max(1, confusion.sum())),
    }


def span_of(values: np.ndarray) -> float:
    """From the least to the greatest value of samples: 1 where all lie in 0..1."""
    low, high = float(values.min()), float(values.max())
    return 1.0 if low >= 0 and high <= 1 else high - low


def noise_ratio(errors: np.ndarray, span: float) -> float:
    """Peak signal-to-noise ratio in dB, mean over samples, from squared errors (n,).

    A sample that comes back without any error counts as 100 dB.
    """
    least = 1e-10 * span**2
    return float(np.mean(10 * np.log10(span**2 / np.maximum(errors, least))))


def squared_errors(targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Mean squared error of each sample (n,)."""
    apart = (outputs - targets).reshape(len(targets), -1).astype("float64")
    errors: np.ndarray = np.square(apart).mean(axis=1)
    return errors
