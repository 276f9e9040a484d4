"""When classes are called unbalanced, and in which words."""

from __future__ import annotations

import pytest

from cnnstudio.core.data.balance import imbalance


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ((30, 10), ""),
        ((31, 10), "Unbalanced: “a” is 3.1 times as frequent as “b”."),
        ((1, 9_000), "Unbalanced: “b” is 9,000.0 times as frequent as “a”."),
        ((5, 0), ""),
        ((0, 0), ""),
    ],
)
def test_more_than_three_times_the_rarest_is_unbalanced(counts: tuple[int, ...], told: str) -> None:
    assert imbalance(("a", "b"), counts) == told


def test_classes_without_samples_are_left_to_the_scan() -> None:
    assert imbalance(("a", "b", "c"), (40, 0, 10)) == "Unbalanced: “a” is 4.0 times as frequent as “c”."
