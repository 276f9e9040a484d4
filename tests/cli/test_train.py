"""`cnnstudio train` and `export` as other programs call them: what they print, and how Ctrl+C ends a run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cnnstudio.cli import run
from cnnstudio.core.formats.run_folder import read_record

PRESETS = Path(__file__).resolve().parents[2] / "presets"


@pytest.fixture
def trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, list[dict[str, object]]]:
    """A short run's folder, and the objects that `--json` printed."""
    folder = tmp_path / "run"
    code = run(["train", "lenet-5", "--epochs", "1", "--seed", "5", "--out", str(folder), "--json"])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return folder, [json.loads(line) for line in out.splitlines()]


def test_a_run_is_told_kept_and_exported(
    trained: tuple[Path, list[dict[str, object]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, lines = trained
    assert all(set(line) == {"epoch", "step", "loss", "metrics"} for line in lines[:-1])
    assert lines[-2]["epoch"] == 1
    assert set(lines[-1]) == {"run", "test"}
    assert lines[-1]["run"] == str(folder)
    record = read_record(folder)
    assert (record.status, record.seed, record.epochs) == ("FINISHED", 5, 1)
    assert lines[-1]["test"] == pytest.approx(record.test)

    out = tmp_path / "model.keras"
    assert run(["export", str(folder), "--format", "keras", "--out", str(out)]) == 0
    assert "agree on 100.00%" in capsys.readouterr().out
    assert out.is_file()
    assert run(["export", str(folder), "--format", "keras", "--out", str(tmp_path / "model.zip")]) == 2
    assert "ends in .keras" in capsys.readouterr().err

    assert run(["train", "lenet-5", "--out", str(folder)]) == 2
    assert f"{folder} is there already" in capsys.readouterr().err


def test_export_of_what_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", str(tmp_path), "--format", "keras", "--out", str(tmp_path / "m.keras")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "is neither the folder of a run nor the name of one" in err


def test_a_missing_gpu_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "lenet-5", "--device", "gpu:7"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert 'There is no device "gpu:7"' in err
    assert len(err.splitlines()) == 1


def test_ctrl_c_keeps_what_was_learned(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "cnnstudio",
        "train",
        "lenet-5",
        "--epochs",
        "9999",
        "--out",
        str(folder),
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    last = json.loads(out.splitlines()[-1])
    assert first["epoch"] == 1
    assert last["run"] == str(folder)
    assert "accuracy" in last["test"]
    assert process.returncode == 130
    assert err.strip() == "Stopping after this batch; what has been learned is kept. Ctrl+C again ends at once."
    assert read_record(folder).status == "STOPPED"


def test_doctor_says_all_there_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code == (2 if found["faults"] else 0)
    assert set(found["versions"]) >= {"CNN Studio", "Python", "tensorflow", "keras", "PySide6-Essentials"}
    assert "cpu" in found["devices"]
    assert found["gpu"] or "gpu:0" in found["devices"]
    assert found["presets"] == len(list(PRESETS.glob("*.json")))
    run(["doctor"])
    assert "Versions\n  CNN Studio" in capsys.readouterr().out


def test_doctor_finds_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cnnstudio.app import start

    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("CNNSTUDIO_HOME", str(file / "below"))
    monkeypatch.setattr(start, "missing_packages", lambda libraries: ["libegl1"])
    assert run(["doctor"]) == 2
    out = capsys.readouterr().out
    assert "sudo apt install libegl1" in out
    assert f"cannot be made, as {file} is a file" in out
