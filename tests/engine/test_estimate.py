"""The memory that a run is told to need, against what real runs take: the benchmark's own measure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.effort import LONGER, times

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "memory.py"
FIRST = 207
"""Seed of the first network."""


@pytest.mark.search
@LONGER
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the peak of a process")
def test_no_run_takes_more_than_it_was_told_or_less_than_half(tmp_path: Path) -> None:
    lines = tmp_path / "found.jsonl"
    command = [sys.executable, str(BENCHMARK), "--nets", str(times(1)), "--seed", str(FIRST), "--json", str(lines)]
    done = subprocess.run(command, cwd=BENCHMARK.parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert found
    ratios = {run["name"]: sum(run["needed"].values()) / run["taken"] for run in found}
    assert {name: ratio for name, ratio in ratios.items() if not 1.0 <= ratio <= 2.0} == {}
