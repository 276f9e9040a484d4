"""How hard searches search: in the suite as its minutes allow, in `.ci/run` so many times harder (CNNSTUDIO_EFFORT)."""

from __future__ import annotations

import os

from hypothesis import settings

EFFORT = int(os.environ.get("CNNSTUDIO_EFFORT", "1"))
"""1 in the suite, where the same cases are tried each time; above it hypothesis draws others in each run."""


def times(count: int) -> int:
    """So many cases in the suite, and as many more as the effort asks for."""
    return count * EFFORT


def prepare() -> None:
    """Make hypothesis draw the same examples in each run of the suite: what is red once is red again."""
    settings.register_profile("suite", derandomize=EFFORT == 1, deadline=None, print_blob=EFFORT > 1)
    settings.load_profile("suite")
