"""What metrics are called, and which of them stand for a run."""

from __future__ import annotations

import pytest

from cnnstudio.core.metrics import is_share, metric_title, metric_value, metric_words, shown_metrics


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


def test_values_carry_their_unit() -> None:
    assert metric_value("psnr", 24.3149) == "24.31 dB"
    assert metric_value("val_accuracy", 0.98123) == "0.9812"


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
