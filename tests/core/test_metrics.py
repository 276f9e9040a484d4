"""What metrics are called, and which of them stand for a run."""

from __future__ import annotations

import pytest

from cnnstudio.core.metrics import (
    is_good,
    is_share,
    metric_title,
    metric_told,
    metric_value,
    metric_words,
    shown_metrics,
)


@pytest.mark.parametrize(
    ("name", "words", "title"),
    [
        ("loss", "loss", "Loss"),
        ("accuracy", "accuracy", "Accuracy"),
        ("mean_iou", "mean IoU", "Mean IoU"),
        ("map_50", "mAP at 0.5", "mAP at 0.5"),
        ("map_75", "mAP at 0.75", "mAP at 0.75"),
        ("map", "mAP at 0.5 to 0.95", "mAP at 0.5 to 0.95"),
        ("psnr", "PSNR", "PSNR in dB"),
        ("psnr_gain", "PSNR gain", "PSNR gain in dB"),
        ("top_3_accuracy", "top-3 accuracy", "Top-3 accuracy"),
        ("val_mae", "validation mean absolute error", "Validation mean absolute error"),
        ("own_measure", "own measure", "Own measure"),
    ],
)
def test_names(name: str, words: str, title: str) -> None:
    assert metric_words(name) == words
    assert metric_title(name) == title


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("psnr", 24.3149, "PSNR 24.3 dB"),
        ("val_accuracy", 0.98123, "validation accuracy 98.1 %"),
        ("top_5_accuracy", 1.0, "top-5 accuracy 100.0 %"),
        ("mean_iou", 0.90249, "mean IoU 0.902"),
        ("map_50", 0.0, "mAP at 0.5: 0.000"),
        ("loss", 0.03125, "loss 0.0312"),
        ("loss", 0.0, "loss 0.0000"),
        ("mse", 0.0000123, "mean squared error 1.2e-05"),
        ("f1", float("nan"), "F1: –"),
        ("learning_rate", 0.000123456, "learning rate 0.000123"),
        ("loss", float("inf"), "loss –"),
        ("loss", 999.25, "loss 999.2500"),
        ("loss", 14683.3477, "loss 14,683"),
        ("loss", 3.2e12, "loss 3.2e+12"),
    ],
)
def test_values_have_their_unit_and_the_digits_that_say_something(name: str, value: float, told: str) -> None:
    assert metric_told(name, value) == told
    assert told.endswith(metric_value(name, value))


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("accuracy", 0.98, True),
        ("accuracy", 0.5, None),
        ("map_50", 0.0, False),
        ("val_mean_iou", 0.8, True),
        ("psnr", 31.0, None),
        ("psnr_gain", 6.2, True),
        ("psnr_gain", -1.0, False),
        ("loss", 0.0, None),
        ("auc", float("nan"), None),
    ],
)
def test_only_a_good_result_is_called_good(name: str, value: float, *, good: bool | None) -> None:
    assert is_good(name, value) is good


def test_shares_run_from_0_to_1() -> None:
    assert [
        name for name in ("accuracy", "val_mean_iou", "map_50", "ssim", "loss", "mae", "psnr") if is_share(name)
    ] == [
        "accuracy",
        "val_mean_iou",
        "map_50",
        "ssim",
    ]


def test_what_judges_a_run_stands_for_it() -> None:
    assert shown_metrics(("loss",), ("loss", "map_50", "map")) == ("loss", "map_50")
    assert shown_metrics(("loss", "accuracy"), ()) == ("loss", "accuracy")
    assert shown_metrics(("loss",), ()) == ("loss",)
