"""`cnnstudio check` and `cnnstudio code`: what they print is what core has found."""

from __future__ import annotations

import ast
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from cnnstudio.cli import run
from cnnstudio.cli.experiments import load
from cnnstudio.cli.table import table
from cnnstudio.core.formats.files import write_experiment

if TYPE_CHECKING:
    from pathlib import Path


def checked(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict[str, Any]]:
    code = run(["check", *argv, "--json"])
    return code, json.loads(capsys.readouterr().out)


def changed(tmp_path: Path, id: str, **parameters: Any) -> str:
    """LeNet with parameters of one block replaced, as a file."""
    experiment = load("lenet-5")
    block = experiment.architecture.blocks[id]
    block = dataclasses.replace(block, spec=dataclasses.replace(block.spec, **parameters))
    experiment = dataclasses.replace(experiment, architecture=experiment.architecture.with_blocks(block))
    path = tmp_path / "changed.json"
    path.write_text(write_experiment(experiment), encoding="utf-8")
    return str(path)


def test_the_record_has_the_documented_form(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = checked(capsys, "lenet-5")
    assert code == 0
    assert set(found) == {
        "input_shape", "blocks", "diagnostics", "total_params", "trainable_params", "total_macs",
    }  # fmt: skip
    assert found["input_shape"] == [8, 8, 1]
    assert found["diagnostics"] == []
    first = next(b for b in found["blocks"] if b["id"] == "convolution_1")
    assert first == {
        "id": "convolution_1", "kind": "Convolution", "inputs": ["input"], "output_shape": [8, 8, 6],
        "params": 156, "macs": 9600, "receptive_field": [5, 5], "stride": [1, 1],
    }  # fmt: skip
    assert found["total_params"] == sum(b["params"] for b in found["blocks"])
    assert found["total_macs"] == sum(b["macs"] for b in found["blocks"])


def test_shares_that_leave_nothing_to_train_on_are_found_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = load("signal-cnn")
    few = dataclasses.replace(experiment.data.source, count=10)  # a tenth is left, but rounding takes that as well
    data = dataclasses.replace(experiment.data, source=few, validation=0.35, test=0.55)
    greedy = dataclasses.replace(experiment, data=data)
    path = tmp_path / "greedy.json"
    path.write_text(write_experiment(greedy), encoding="utf-8")
    code, found = checked(capsys, str(path))
    assert code == 1
    assert [(d["severity"], d["block"], d["parameter"]) for d in found["diagnostics"]] == [("error", "", "test")]
    for verb in ("train", "code"):
        assert run([verb, str(path)]) == 1
        assert "so none is left to train on" in capsys.readouterr().err


def test_stride_is_empty_where_no_axes_are_left(capsys: pytest.CaptureFixture[str]) -> None:
    last = checked(capsys, "lenet-5")[1]["blocks"][-1]
    assert last["output_shape"] == [10]
    assert last["stride"] == []
    assert len(last["receptive_field"]) == 2


def test_fractions_become_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = checked(capsys, "u-net")[1]["blocks"]
    numbers = [n for b in blocks for n in (*b["receptive_field"], *b["stride"])]
    assert numbers
    assert all(isinstance(n, int | float) for n in numbers)


def test_input_shape_replaces_that_of_input_and_data(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = checked(capsys, "lenet-5", "--input-shape", "28,28,1")
    assert code == 0
    assert found["input_shape"] == [28, 28, 1]
    assert found["blocks"][0]["output_shape"] == [28, 28, 1]
    assert checked(capsys, "lenet-5", "--input-shape", "64,1")[1]["blocks"][1]["output_shape"] == [64, 6]


def test_errors_are_told_and_make_the_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = changed(tmp_path, "convolution_1", groups=5)
    code, found = checked(capsys, path)
    assert code == 1
    problem = found["diagnostics"][0]
    assert set(problem) == {"severity", "block", "parameter", "message", "fixes"}
    assert (problem["severity"], problem["block"], problem["parameter"]) == ("error", "convolution_1", "groups")
    assert next(b for b in found["blocks"] if b["id"] == "convolution_1")["output_shape"] is None
    assert run(["check", path]) == 1
    assert "error: convolution_1: " in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["code", "train"])
def test_a_design_with_errors_goes_no_further(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run([verb, changed(tmp_path, "convolution_1", groups=5)])
    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    assert err.startswith("cnnstudio: Block convolution_1: ")
    assert len(err.splitlines()) == 1


def test_the_table_shows_every_block_and_the_totals(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "lenet-5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    blocks = list(load("lenet-5").architecture.blocks)
    assert [line.split()[0] for line in lines[2 : 2 + len(blocks)]] == blocks
    assert any("parameters (" in line and "multiply-adds for one sample" in line for line in lines)
    assert lines[-1] == "No problems found"


def test_numbers_in_tables_are_aligned_right() -> None:
    assert table(("a", "number"), [("x", "1"), ("long", "1,000")], right=(1,)) == (
        "a     number\n----  ------\nx          1\nlong   1,000"
    )


def test_code_prints_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["code", "resnet-style"]) == 0
    text = capsys.readouterr().out
    assert "cnnstudio" not in text.lower()
    assert "def build_model():" in [n for n in text.splitlines() if n.startswith("def ")]
    assert isinstance(ast.parse(text), ast.Module)
