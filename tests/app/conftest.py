"""What holds for every test of the window."""

from __future__ import annotations

from math import inf

import pytest

from cnnstudio.app.canvas import sprite
from cnnstudio.app.panels import code


@pytest.fixture(autouse=True)
def unhurried_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame has time for every picture of the canvas and for the script: a busy machine must not change what is seen.

    Tests of these budgets set their own.
    """
    monkeypatch.setattr(sprite, "FRESH", inf)
    monkeypatch.setattr(code, "FRAME_MS", inf)
