"""How hard searches search: in the suite as its minutes allow, in `.ci/run` so many times harder (CNNSTUDIO_EFFORT)."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

EFFORT = int(os.environ.get("CNNSTUDIO_EFFORT", "1"))
"""1 in the suite. The cases tried are the same each time, so that what is green stays green until the code changes."""
RANDOM = bool(os.environ.get("CNNSTUDIO_RANDOM"))
"""Draw other cases in each run: for a search by hand."""


LONGER = pytest.mark.skipif(EFFORT == 1, reason="takes longer than the suite may: `.ci/run` has the time")
"""For searches that are not begun in the suite at all; each is marked `search`, too."""
LATER = (pytest.mark.search, LONGER)
"""Both marks, for what is known to hold once its neighbours do: `.ci/run` looks at it, the suite does not."""


def times(count: int) -> int:
    """Half as many cases in the suite, and as many more as the effort asks for."""
    return max(1, count * EFFORT // 2)


def prepare() -> None:
    """Make hypothesis draw the same examples in each run: what is red once is red again."""
    settings.register_profile("suite", derandomize=not RANDOM, deadline=None, print_blob=RANDOM)
    settings.load_profile("suite")
