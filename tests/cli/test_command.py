"""The command line as a person meets it: exit codes, one sentence for each fault, no traceback ever."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cnnstudio import __main__, __version__
from cnnstudio.cli import command, run, window
from cnnstudio.cli.command import VERBS
from cnnstudio.cli.experiments import load
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.presets import presets

if TYPE_CHECKING:
    import argparse
    from pathlib import Path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Files that the window was opened on; no window opens."""
    seen: list[object] = []

    def open_window(file: str | None) -> int:
        seen.append(file)
        return 0

    monkeypatch.setattr(window, "open_window", open_window)
    return seen


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one call."""
    code = run(argv)
    out, err = capsys.readouterr()
    return code, out, err


WRONG = [
    (["chek"], 'There is no verb and no file "chek". Did you mean "check"'),
    (["check"], "FILE|PRESET"),
    (["check", "lenet"], 'There is no file and no preset "lenet". Did you mean "lenet-5"'),
    (["check", "nowhere.json"], "nowhere.json does not exist"),
    (["check", "lenet-5", "--jsn"], "--jsn"),
    (["check", "lenet-5", "--input-shape", "28,x,1"], "--input-shape must be 1 to 4 whole numbers"),
    (["check", "lenet-5", "--input-shape", "0"], "--input-shape must be 1 to 4 whole numbers"),
    (["lenet-5"], '"lenet-5" is a preset'),
    (["--vresion"], 'There is no option "--vresion". Did you mean "--version"?'),
    (["a.json", "--json"], "Only one FILE is opened"),
    (["train", "lenet-5", "--epochs", "0"], "Epochs must be a whole number from 1"),
    (["train", "lenet-5", "--epochs", "many"], 'must be a whole number, not "many"'),
    (["train", "lenet-5", "--seed", "-1"], "Seed must be a whole number from 0"),
    (["train", "lenet-5", "--device", "tpu"], "Device must be one of auto, cpu, gpu"),
    (["export", "nowhere", "--format", "keras", "--out", "x.keras"], '"nowhere" is neither the folder of a run nor'),
    (["export", ".", "--format", "onyx", "--out", "x"], 'There is no export format "onyx". Did you mean "onnx"?'),
    (["export", "."], "--format"),
    (["resume", "nowhere"], '"nowhere" is neither the folder of a run nor the name of one'),
    (["resume", "last"], "There is no run in"),
    (["resume", "last", "--more", "few"], 'must be a whole number, not "few"'),
    (["resume", "last", "--more", "0"], "--more must be a whole number from 1 to 100,000, not 0"),
    (["compare", "last"], "One run alone cannot be compared"),
    (["evaluate", "last", "--part", "tset"], 'There is no part "tset" of the data. Did you mean "test"'),
    (["evaluate", "last", "--weights", "bets"], 'There are no weights "bets". Did you mean "best"'),
    (["predict", "last"], "FILE"),
    (["predict", "last", "a.png"], "There is no run in"),
    (["predict", "last", "a.png", "--least", "2"], 'must be a number from 0 to 1, not "2"'),
]


@pytest.mark.parametrize(("argv", "sentence"), WRONG, ids=[" ".join(argv) for argv, _ in WRONG])
def test_wrong_usage_is_one_sentence(argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, *argv)
    assert code == 2
    assert out == ""
    assert err.startswith("cnnstudio: ")
    assert sentence in err
    assert len(err.splitlines()) == 1
    assert err.endswith((".\n", "?\n"))


def test_no_arguments_open_the_window(opened: list[object]) -> None:
    assert run([]) == 0
    assert opened == [None]


def test_a_file_opens_the_window_on_it(opened: list[object]) -> None:
    assert run(["some/where.json"]) == 0
    assert opened == ["some/where.json"]


def test_a_broken_file_opens_no_window(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.json"
    path.write_text("{", encoding="utf-8")
    code, _, err = said(capsys, str(path))
    assert code == 1
    assert "broken.json is not JSON" in err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, verb, "--help")
    assert (code, err) == (0, "")
    assert "exit codes:\n  0    fine\n" in out
    assert f"usage: cnnstudio {verb}" in out


def test_overview_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "--help")
    assert (code, err) == (0, "")
    assert all(f"  {name}" in out and verb.summary in out for name, verb in VERBS.items())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--version") == (0, f"CNN Studio {__version__}\n", "")


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "presets")
    assert code == 0
    assert all(preset.id in out for preset in presets())


def test_presets_as_json_say_where_and_what(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "presets").mkdir(parents=True)
    (home / "presets" / "mine.json").write_text(write_experiment(load("lenet-5")), encoding="utf-8")
    (home / "presets" / "torn.json").write_text("{", encoding="utf-8")
    records = {r["id"]: r for r in json.loads(said(capsys, "presets", "--json")[1])}
    assert records["lenet-5"]["name"] == "LeNet on digits"
    assert records["lenet-5"]["user"] is False
    assert records["mine"]["user"] is True
    assert "torn.json is not JSON" in records["torn"]["error"]


@pytest.mark.parametrize("verb", ["check", "code", "train"])
def test_a_torn_preset_is_the_experiments_fault(verb: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "presets").mkdir(parents=True)
    (home / "presets" / "torn.json").write_text("{", encoding="utf-8")
    code, _, err = said(capsys, verb, "torn")
    assert code == 1
    assert "torn.json is not JSON" in err


def _raising(error: BaseException) -> VerbRunner:
    def broken(args: argparse.Namespace) -> int:
        raise error

    return broken


if TYPE_CHECKING:
    from collections.abc import Callable

    VerbRunner = Callable[[argparse.Namespace], int]


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (KeyboardInterrupt(), 130, "Stopped."),
        (BrokenPipeError(), 0, ""),
        (PermissionError(13, "Permission denied", "/some/file"), 2, "/some/file: permission denied."),
        (MemoryError(), 1, "There is not enough memory"),
        (ModuleNotFoundError(name="jax"), 2, "KERAS_BACKEND asks Keras to compute with jax, which is not installed"),
        (ModuleNotFoundError(name="scipy"), 2, "The library scipy is not installed: install CNN Studio again"),
        (RuntimeError("odd"), 2, "Something went wrong inside CNN Studio (RuntimeError)"),
    ],
)
def test_whatever_happens_ends_in_a_sentence(
    error: BaseException,
    code: int,
    sentence: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(command.VERBS, "presets", _replaced(error))
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    found, _, err = said(capsys, "presets")
    assert found == code
    assert sentence in err
    assert "Traceback" not in err
    if isinstance(error, RuntimeError):
        assert "RuntimeError: odd" in (home / "last-error.txt").read_text(encoding="utf-8")


def _replaced(error: BaseException) -> object:
    known = VERBS["presets"]
    return type(known)(known.name, known.summary, known.details, known.arguments, _raising(error))


def test_old_pythons_get_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert __main__.main() == 2
    assert "needs Python 3.11 or newer, and this is Python 3.9" in capsys.readouterr().err


def test_a_missing_package_gets_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "msgspec", None)
    for module in [m for m in sys.modules if m.startswith("cnnstudio.cli")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delitem(sys.modules, "cnnstudio.core.formats.files")
    assert __main__.main() == 2
    assert "The package msgspec is not installed" in capsys.readouterr().err


WORDS = [["presets"], ["presets", "--json"], ["check", "lenet-5", "--json"], ["code", "lenet-5"], ["check", "--help"]]
"""Calls that print more than a few words; Python holds some of these back until the program ends."""


def called(*argv: str, stdout: int | None = None, shell: str = "", **environment: str) -> tuple[int, str]:
    """Exit code and stderr of the program itself, its output buffered as it is unless a person says otherwise."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "cnnstudio", *argv]
    if shell:
        command = ["sh", "-c", f'exec "$0" "$@" {shell}', *command]
    result = subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        env={**inherited, **environment},
    )  # fmt: skip
    return result.returncode, result.stderr


@pytest.mark.parametrize("argv", WORDS, ids=" ".join)
def test_a_reader_that_leaves_is_no_fault(argv: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert called(*argv, stdout=writer) == (0, "")
    finally:
        os.close(writer)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
@pytest.mark.parametrize("argv", WORDS, ids=" ".join)
def test_a_full_disk_under_stdout_is_said_once(argv: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        code, err = called(*argv, stdout=full.fileno())
    assert code == 2
    assert err == (
        "cnnstudio: The output cannot be written (no space left on device): free some space or send it elsewhere.\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("argv", "shell", "expected"),
    [
        (["code", "lenet-5"], ">&-", (0, "")),
        (["presets"], "<&- >&-", (0, "")),
        (["check", "nowhere"], "2>&-", (2, "")),
        (["check", "nowhere"], "2>/dev/full", (2, "")),
    ],
)
def test_closed_streams_change_nothing_else(argv: list[str], shell: str, expected: tuple[int, str]) -> None:
    assert called(*argv, shell=shell) == expected


def test_json_survives_a_terminal_of_few_letters(home: Path, tmp_path: Path) -> None:
    (home / "presets").mkdir(parents=True)
    mine = dataclasses.replace(load("lenet-5"), name="Größe × 2")
    (home / "presets" / "mine.json").write_text(write_experiment(mine), encoding="utf-8")
    with (tmp_path / "out.json").open("wb") as out:
        assert called("presets", "--json", stdout=out.fileno(), PYTHONIOENCODING="ascii") == (0, "")
    records = {r["id"]: r for r in json.loads((tmp_path / "out.json").read_bytes())}
    assert records["mine"]["name"] == "Größe × 2"


def test_a_path_too_long_for_the_system_is_not_repeated_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "check", f"{'a' * 5000}.json")
    assert code == 2
    assert len(err) < 300
    assert err.endswith("a.json: file name too long.\n")


def test_presets_are_found_by_what_they_are(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def ids(*words: str) -> set[str]:
        code, out, _ = said(capsys, "presets", *words, "--json")
        assert code == 0
        return {record["id"] for record in json.loads(out)}

    assert ids("--task", "segmentation") == {"u-net", "dilated-context"}
    assert ids("--data", "signals", "--params", "-15500") == {"signal-cnn"}
    assert ids("--tag", "Dilation", "noise") == {"signal-denoiser"}
    assert ids("--own") == set()
    assert ids("--params", "118052") == {"u-net"}
    assert "No preset matches" in said(capsys, "presets", "zeppelin")[1]
    [record] = json.loads(said(capsys, "presets", "ronneberger", "--json")[1])
    assert (record["params"], record["shape"], record["papers"][0]["year"]) == (118_052, [32, 32, 3], 2015)


def test_presets_are_given_away_and_taken_in(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "given.json"
    assert said(capsys, "presets", "--export", "u-net", "--out", str(file)) == (0, f"u-net is written to {file}.\n", "")
    assert "already, as “U-Net on shapes”" in said(capsys, "presets", "--import", str(file))[2]
    file.write_text(file.read_text(encoding="utf-8").replace("U-Net on shapes", "My U"), encoding="utf-8")
    assert said(capsys, "presets", "--import", str(file))[1].startswith("my-u: “My U” is among your presets now.")
    assert load("my-u").name == "My U"
    assert "my-u" in said(capsys, "presets", "--own")[1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--task", "segmentaton"], 'Did you mean "segmentation"'),
        (["--data", "image"], 'Did you mean "images"'),
        (["--params", "many"], 'such as 20000-100000, -20000 or 1000000-, not "many"'),
        (["--export", "u-net"], "--export needs --out PATH"),
        (["--out", "a.json"], "--out goes with --export"),
        (["--export", "unet", "--out", "a.json"], 'Did you mean "u-net"'),
        (["--own", "--shipped"], "not allowed with"),
    ],
)
def test_what_presets_cannot_do_is_said(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "presets", *words)
    assert (code, out) == (2, "")
    assert sentence in err
