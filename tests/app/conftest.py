"""What holds for every test of the window."""

from __future__ import annotations

from math import inf

import pytest

from cnnstudio.app.canvas import sprite


@pytest.fixture(autouse=True)
def unhurried_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame of the canvas has time for every picture: what a test sees must not depend on how busy the machine is.

    Tests of the budget itself set one.
    """
    monkeypatch.setattr(sprite, "FRESH", inf)
