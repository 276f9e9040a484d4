"""What metrics are called, by their names in runs, files and messages: one place for window and command line."""

from __future__ import annotations


def best_k(classes: int) -> int:
    """How many of the likeliest classes the metric "top_k_accuracy" looks at; 0 where that says nothing.

    5 as for ImageNet where there are many classes, else 3, and always fewer than there are.
    """
    k = min(5 if classes >= 50 else 3, classes - 1)
    return k if k > 1 else 0
