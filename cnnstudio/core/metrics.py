"""What metrics are called, by their names in runs, files and messages: one place for window and command line."""

from __future__ import annotations

VALIDATION = "val_"
"""Before the name of a metric: measured on the validation part."""
_WORDS = {
    "mae": "mean absolute error",
    "mse": "mean squared error",
    "mean_iou": "mean IoU",
    "iou": "IoU",
    "f1": "F1",
    "auc": "area under curve",
    "dice": "Dice",
    "psnr": "PSNR",
    "ssim": "SSIM",
    "psnr_gain": "PSNR gain",
}
_DECIBELS = ("psnr", "psnr_gain")
_ERRORS = ("loss", "mae", "mse")


def best_k(classes: int) -> int:
    """How many of the likeliest classes the metric "top_k_accuracy" looks at; 0 where that says nothing.

    5 as for ImageNet where there are many classes, else 3, and always fewer than there are.
    """
    k = min(5 if classes >= 50 else 3, classes - 1)
    return k if k > 1 else 0


def metric_words(name: str) -> str:
    """A metric's name as people say it: "accuracy", "mean absolute error", "validation mean IoU"."""
    if name.startswith(VALIDATION):
        return f"validation {metric_words(name.removeprefix(VALIDATION))}"
    if name.startswith("top_"):
        return name.replace("top_", "top-", 1).replace("_", " ")
    return _WORDS.get(name) or name.replace("_", " ")


def metric_title(name: str) -> str:
    """A metric's name as a title: "Mean absolute error"."""
    words = metric_words(name)
    return words[:1].upper() + words[1:]


def metric_value(name: str, value: float) -> str:
    """A value with as many digits as say something, and its unit."""
    if name.removeprefix(VALIDATION) in _DECIBELS:
        return f"{value:.2f} dB"
    return f"{value:.4f}"


def is_share(name: str) -> bool:
    """Whether the metric goes from 0 to 1, and 1 is the best."""
    return name.removeprefix(VALIDATION) not in (*_DECIBELS, *_ERRORS)


def shown_metrics(trained: tuple[str, ...], judged: tuple[str, ...]) -> tuple[str, ...]:
    """The two metrics that stand for a run: the loss, and the first that it is judged by."""
    return ("loss", *[name for name in judged or trained if name != "loss"][:1]) if trained else ()
