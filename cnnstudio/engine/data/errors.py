"""What loading and reading data may raise."""

from __future__ import annotations


class DataError(ValueError):
    """The recipe yields no data to train on, or a sample of it cannot be read; one sentence says why."""
