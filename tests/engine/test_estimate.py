"""The memory that a run is told to need, against what real runs take: the benchmark's own measure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.training.optimizers import OPTIMIZERS
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.engine import estimate
from cnnstudio.engine.backend import keras
from cnnstudio.engine.learning.fused import fuse
from cnnstudio.engine.optimizers import make_optimizer
from tests.engine.conftest import small
from tests.helpers.effort import LONGER, times

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "memory.py"
FIRST = 207
"""Seed of the first network."""


def test_optimizers_that_are_told_to_take_little_update_in_one_operation() -> None:
    found = []
    names: tuple[Any, ...] = tuple(OPTIMIZERS)
    for name in names:
        optimizer = make_optimizer(TrainingRecipe(optimizer=name))
        optimizer.build([keras.Variable([1.0, 2.0])])
        if fuse(optimizer):
            found.append(name)
    assert sorted(found) == sorted(estimate._FUSED)


@pytest.mark.parametrize(
    ("changed", "copies"),
    [
        ({"optimizer": "adam"}, 2.0),
        ({"optimizer": "adam", "amsgrad": True}, 3 + estimate._IN_STEPS),
        ({"optimizer": "adam", "clipping": "by norm"}, 2 + estimate._IN_CLIPPING),
        ({"optimizer": "adamw"}, 2 + estimate._IN_DECAY),
        ({"optimizer": "adamw", "weight_decay": 0.0}, 2.0),
        ({"optimizer": "lion"}, 1 + estimate._IN_STEPS),
    ],
)
def test_what_an_optimizer_takes_follows_from_how_it_updates(changed: dict[str, Any], copies: float) -> None:
    experiment = small(**changed)
    design = trace(experiment.architecture, experiment.data.info())
    found = estimate.needed_bytes(experiment, design)["optimizer"]
    assert found == round(copies * 4 * design.trainable_params)


@pytest.mark.parametrize(("held", "counted"), [(0, 0), (40, 40), (10_000, 20 + 30 + 5)])
def test_what_the_process_holds_counts_for_arrays_alone(held: int, counted: int) -> None:
    needed = {"weights": 10, "optimizer": 20, "activations": 30, "data": 1000, "overhead": 1000}
    assert estimate.room(needed, 500, held) == 500 + counted


@pytest.mark.search
@LONGER
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what a process holds")
def test_a_large_run_has_room_twice_in_one_process_and_a_larger_one_has_not(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.helpers.large_runs", str(tmp_path)]
    done = subprocess.run(command, cwd=BENCHMARK.parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["left"] < found["told"] <= found["free"]
    assert found["problem"] == ""
    assert [number for number, _ in found["refused"]] == [2]
    assert found["refused"][0][1].startswith("Training needs ")


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
