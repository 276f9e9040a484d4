"""`cnnstudio preflight`: what it prints for a person and for a program, and how it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cnnstudio.cli import run
from cnnstudio.engine import memory

if TYPE_CHECKING:
    import pytest

    Capture = pytest.CaptureFixture[str]


def test_the_json_has_the_shape_that_programs_rely_on(capsys: Capture) -> None:
    assert run(["preflight", "lenet-5", "--json", "--device", "cpu"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found = json.loads(out)
    assert set(found) == {
        "device", "needed", "needed_by", "free", "fits", "problem", "batch_size", "largest_batch",
        "seconds_per_epoch", "plan", "warning",
    }  # fmt: skip
    assert found["needed"] == sum(found["needed_by"].values())
    assert set(found["needed_by"]) == {"weights", "optimizer", "activations", "data", "overhead"}
    assert (found["device"], found["fits"], found["problem"], found["batch_size"]) == ("cpu", True, "", 32)
    assert found["free"] > found["needed"]
    assert found["largest_batch"] == 1257
    assert 0.01 < found["seconds_per_epoch"] < 600
    assert found["plan"]


def test_an_estimate_builds_nothing_and_says_so_in_words(capsys: Capture) -> None:
    assert run(["preflight", "u-net", "--estimate", "--device", "cpu"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [line.split("  ")[0] for line in out.splitlines()] == ["Device", "Memory", "", "Largest batch"]
    assert "needed, " in out
    assert " are free" in out
    assert "for activations" in out


def test_what_does_not_fit_is_refused_with_the_numbers(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 30_000_000)
    assert run(["preflight", "u-net", "--device", "cpu", "--json"]) == 1
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert (found["fits"], found["seconds_per_epoch"]) == (False, None)
    assert "30.0 MB are free" in err
    assert found["problem"] in err


def test_a_gpu_that_is_not_there_is_wrong_environment(capsys: Capture) -> None:
    assert run(["preflight", "lenet-5", "--device", "gpu:6"]) == 2
    assert 'There is no device "gpu:6"' in capsys.readouterr().err
