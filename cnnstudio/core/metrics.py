"""What metrics are called, by their names in runs, files and messages: one place for window and command line."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VALIDATION = "val_"
"""Stands in front of a metric's name where it was measured on the validation part."""
RATE = "learning_rate"
"""Kept with the metrics of each epoch, though it is set and not measured."""

_WORDS = {
    "mae": "mean absolute error",
    "mse": "mean squared error",
    "iou": "IoU",
    "mean_iou": "mean IoU",
    "dice": "Dice",
    "f1": "F1",
    "auc": "AUC",
    "psnr": "PSNR",
    "psnr_gain": "PSNR gain",
    "ssim": "SSIM",
    "giou": "GIoU",
    "map": "mAP at 0.5 to 0.95",
    "map_50_95": "mAP at 0.5 to 0.95",
    "ap": "AP at 0.5 to 0.95",
    "ap_50_95": "AP at 0.5 to 0.95",
}
_NUMBERED = (
    (re.compile(r"top_?(\d+)(?:_accuracy)?"), "top-{} accuracy"),
    (re.compile(r"map_(\d)0?"), "mAP at 0.{}"),
    (re.compile(r"map_(\d\d)"), "mAP at 0.{}"),
    (re.compile(r"ap_(\d)0?"), "AP at 0.{}"),
    (re.compile(r"ap_(\d\d)"), "AP at 0.{}"),
)
_DECIBELS = frozenset({"psnr", "psnr_gain"})
_OPEN = _DECIBELS | {"mae", "mse", "giou", RATE}
"""Metrics whose best value is not 1."""
_SMALL = 0.0005
"""Nearer to zero than this, four digits after the point say nothing."""
_LARGE, _HUGE = 1000.0, 1e7
"""From here on digits after the point say nothing, and from there on those before it are not read."""
_GOOD, _POOR = 0.8, 0.2


def defined(value: float | None) -> float | None:
    """The value as JSON can have it, which knows no NaN and no infinity: None stands for them."""
    return value if value is not None and math.isfinite(value) else None


def all_defined(metrics: Mapping[str, float] | Mapping[str, float | None]) -> dict[str, float | None]:
    """Metrics as JSON can have them."""
    return {name: defined(value) for name, value in metrics.items()}


def best_k(classes: int) -> int:
    """How many of the likeliest classes the metric "top_k_accuracy" looks at; 0 where that says nothing.

    5 as for ImageNet where there are many classes, else 3, and always fewer than there are.
    """
    k = min(5 if classes >= 50 else 3, classes - 1)
    return k if k > 1 else 0


def metric_words(name: str) -> str:
    """A metric's name as people say it within a sentence: "accuracy", "mAP at 0.5", "validation mean IoU"."""
    if name.startswith(VALIDATION):
        return f"validation {metric_words(name.removeprefix(VALIDATION))}"
    if name in _WORDS:
        return _WORDS[name]
    for pattern, words in _NUMBERED:
        if found := pattern.fullmatch(name):
            return words.format(found[1])
    return name.replace("_", " ")


def metric_title(name: str) -> str:
    """A metric's name as a heading, with its unit: "Mean IoU", "PSNR in dB"; "mAP" keeps its small letter."""
    words = metric_words(name)
    heading = words if words[1:2].isupper() else words[:1].upper() + words[1:]
    unit = metric_unit(name)
    return f"{heading} in {unit}" if unit else heading


def metric_unit(name: str) -> str:
    """The unit a metric is measured in: "dB", or "" for a plain number."""
    return "dB" if name.removeprefix(VALIDATION) in _DECIBELS else ""


def metric_value(name: str, value: float) -> str:
    """A value with as many digits as say something: "98.1 %", "0.912", "24.3 dB", a loss "0.0312"; "–" for none."""
    if not math.isfinite(value):
        return "–"
    unit = metric_unit(name)
    if unit:
        return f"{value:.1f} {unit}"
    if name.endswith("accuracy"):
        return f"{value:.1%}".replace("%", " %")
    if name == RATE:
        return f"{value:.3g}"
    if is_share(name):
        return f"{value:.3f}"
    if abs(value) >= _LARGE:
        return f"{value:,.0f}" if abs(value) < _HUGE else f"{value:.1e}"
    return f"{value:.1e}" if 0 < abs(value) < _SMALL else f"{value:.4f}"


def metric_told(name: str, value: float) -> str:
    """Name and value within a sentence: "accuracy 98.1 %", "mAP at 0.5: 0.912"."""
    words = metric_words(name)
    return f"{words}{':' if words[-1].isdigit() else ''} {metric_value(name, value)}"


def is_share(name: str) -> bool:
    """Whether the metric runs from 0 to 1, 1 being the best."""
    plain = name.removeprefix(VALIDATION)
    return plain not in _OPEN and "loss" not in plain and "error" not in plain


def higher_is_better(name: str) -> bool:
    """Whether a larger value is the better one."""
    return is_share(name) or name.removeprefix(VALIDATION) in _DECIBELS


def is_good(name: str, value: float) -> bool | None:
    """Whether a result may be called good, or poor (False); None where the number alone does not tell.

    A share is good from 0.8 and poor below 0.2, whatever the task; a gain is good above zero.
    """
    if not math.isfinite(value):
        return None
    if name.removeprefix(VALIDATION) == "psnr_gain":
        return value > 0
    if not is_share(name):
        return None
    return True if value >= _GOOD else False if value < _POOR else None


def shown_metrics(trained: tuple[str, ...], judged: tuple[str, ...]) -> tuple[str, ...]:
    """The metrics that stand for a run: the loss, and the first that judges it; that of training if there is none.

    `trained` and `judged` are the names of RunStarted, the loss first.
    """
    others = [name for name in (*judged, *trained) if name != "loss"]
    return ("loss", *others[:1]) if trained else ()
