"""Thousands of damaged files, and pipes and devices in their place: a sentence each, at once, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers.effort import EFFORT, times

if TYPE_CHECKING:
    from pathlib import Path

CASES = times(1050) if EFFORT > 1 else 240
"""More than 2,000 in `.ci/run`."""
pytestmark = pytest.mark.search


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process that read them all has seen."""
    place = tmp_path_factory.mktemp("hostile")
    command = [sys.executable, "-m", "tests.helpers.hostile", str(CASES), str(place)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    assert result.returncode == 0, result.stderr[-4000:]
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_damage_is_one_sentence_said_at_once_and_changes_nothing(told: dict[str, Any]) -> None:
    """Own errors alone, each under a second, in bounded memory; nothing written, run, unpickled or connected."""
    assert told["faults"] == []


def test_every_kind_of_file_was_tried_and_most_damage_was_seen(told: dict[str, Any], tmp_path: Path) -> None:
    assert len(told["tried"]) >= 19
    assert min(told["tried"].values()) >= CASES // len(told["tried"])
    assert sum(told["tried"].values()) > CASES
    assert told["refused"]["experiment"] > told["tried"]["experiment"] / 2


def test_nothing_heavy_is_loaded_to_read_them(told: dict[str, Any]) -> None:
    assert told["loaded"] == []
