"""`cnnstudio export` without Keras: what is asked for, what is listed, what is told, and what Ctrl+C leaves behind."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from cnnstudio.cli import export as verb
from cnnstudio.cli.command import run
from cnnstudio.core.exporting import FORMATS, ExportFormat, Package, Wish
from cnnstudio.core.formats.presets import preset
from tests.helpers.run_folders import leave_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Capture = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Compared:
    max_abs_difference: float = 2.5e-7
    agreement: float = 1.0
    samples: int = 180


@dataclass(frozen=True)
class Done:
    """What the engine's desk gives back."""

    path: Path
    bytes: int = 51_234
    compared: Compared | None = Compared()
    stand_in: bool = False
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    bytes_before: int = 0
    metric: str = ""
    quality_before: float | None = None
    quality_after: float | None = None


@dataclass(frozen=True)
class Stage:
    words: str
    done: int = 0
    total: int = 0


class FakeEngine:
    """Stands in for the engine's rooms, so that Keras is not loaded: remembers what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wish: Wish | None = None
        self.gathered: list[Any] = []
        self.outcome: Callable[[Wish], Done] = lambda wish: Done(wish.path)
        self.stages = [Stage("Opening the network"), Stage("Comparing", 64, 180)]
        self._lend(monkeypatch, "ordering", ordered=self._ordered)
        self._lend(monkeypatch, "errors", ExportError=_Failed, ExportPlaceError=_Misplaced)
        self._lend(monkeypatch, "stages", finished=self._finished)

    def _lend(self, monkeypatch: pytest.MonkeyPatch, name: str, **what: Any) -> None:
        module = ModuleType(name)
        module.__dict__.update(what)
        monkeypatch.setitem(sys.modules, f"cnnstudio.engine.exporting.{name}", module)

    def _ordered(self, wish: Wish, source: Any, weights: str) -> Iterator[Stage]:
        self.wish = wish
        self.gathered = [source, weights] if isinstance(source, Path) else [source.name]
        yield from self.stages

    def _finished(self, exporting: Iterator[Stage], told: Callable[[Stage], None] | None) -> Done:
        for stage in exporting:
            if told is not None:
                told(stage)
        assert self.wish is not None
        return self.outcome(self.wish)


class _Failed(Exception):
    pass


class _Misplaced(_Failed):
    pass


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    return FakeEngine(monkeypatch)


def test_json_has_the_four_keys_first_and_then_the_rest(engine: FakeEngine, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "net.tflite"
    engine.outcome = lambda wish: Done(
        wish.path, files=(tmp_path / "net_example.py",), notes=("A note.",), bytes_before=198_000, metric="accuracy",
        quality_before=0.974, quality_after=float("nan"),
    )  # fmt: skip
    asked = ["export", "lenet-5", "--format", "litert", "--quantise", "int8", "--no-example", "--out", str(out)]
    assert run([*asked, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert list(record)[:4] == ["path", "max_abs_difference", "agreement", "bytes"]
    assert (record["path"], record["max_abs_difference"], record["agreement"]) == (str(out), 2.5e-7, 1.0)
    assert (record["bytes"], record["bytes_before"], record["quantise"]) == (51_234, 198_000, "int8")
    assert (record["quality_before"], record["quality_after"]) == (0.974, None)
    assert (record["files"], record["notes"]) == ([str(tmp_path / "net_example.py")], ["A note."])
    assert engine.wish == Wish("litert", out, "int8", example=False)
    assert run(asked) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"Wrote {out} (51,234 bytes); opened again by LiteRT, its predictions agree on 100.00% ")
    assert said[1:] == [
        "Without quantisation it would have 198,000 bytes",
        "Before quantisation accuracy 97.4 %, after it accuracy –",
        f"Beside it: {tmp_path / 'net_example.py'}",
        "A note.",
    ]


def test_a_drawing_has_nothing_to_compare(engine: FakeEngine, tmp_path: Path, capsys: Capture) -> None:
    engine.outcome = lambda wish: Done(wish.path, compared=None)
    assert run(["export", "lenet-5", "--format", "diagram", "--out", str(tmp_path / "a.svg"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["max_abs_difference"], record["agreement"], record["samples"]) == (None, None, 0)


def test_runs_files_and_presets_are_told_apart(engine: FakeEngine, tmp_path: Path, capsys: Capture) -> None:
    experiment = preset("lenet-5").experiment
    assert experiment is not None
    folder = leave_run(experiment, "FINISHED", tmp_path / "home" / "runs" / "2026-11-22-100000-lenet-5")
    ask = ["--format", "keras", "--out", str(tmp_path / "a.keras")]
    unet = preset("u-net")
    assert unet.experiment is not None
    for named in ("u-net", str(unet.path)):
        engine.gathered = []
        assert run(["export", named, *ask]) == 0
        assert engine.gathered == [unet.experiment.name]
    assert run(["export", "last", "--weights", "best", *ask]) == 0
    assert engine.gathered == [folder, "best"]
    capsys.readouterr()
    assert run(["export", "u-nat", *ask]) == 2
    assert '"u-nat" is neither the folder of a run' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["lenet-5", "--format", "keras"], "An export needs RUN, --format and --out"),
        (["lenet-5", "--format", "keras", "--out", "a.h5"], 'ends in .keras, but "a.h5" does not'),
        (["lenet-5", "--format", "litert", "--out", "a.tflite", "--quantise", "int4"], 'no quantisation "int4"'),
        (["lenet-5", "--format", "keras", "--out", "a.keras", "--quantise", "int8"], "Keras has no quantisation"),
        (["lenet-5", "--format", "keras", "--out", "a.keras", "--weights", "worst"], 'There are no weights "worst"'),
    ],
)
def test_what_cannot_be_asked_for_is_said_before_anything_is_loaded(
    engine: FakeEngine, capsys: Capture, more: list[str], words: str
) -> None:
    assert run(["export", *more]) == 2
    assert words in capsys.readouterr().err
    assert engine.wish is None


@pytest.mark.parametrize(("error", "code"), [(_Misplaced("The disk is full."), 2), (_Failed("conv_1 is odd."), 1)])
def test_what_the_engine_refuses_is_one_sentence(
    engine: FakeEngine, tmp_path: Path, capsys: Capture, error: Exception, code: int
) -> None:
    def refuse(wish: Wish) -> Done:
        raise error

    engine.outcome = refuse
    assert run(["export", "lenet-5", "--format", "keras", "--out", str(tmp_path / "a.keras")]) == code
    assert capsys.readouterr().err == f"cnnstudio: {error}\n"


def test_stages_are_shown_on_a_terminal_and_ctrl_c_ends(
    engine: FakeEngine, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verb, "on_terminal", lambda: True)
    ask = ["export", "lenet-5", "--format", "keras", "--out", str(tmp_path / "a.keras")]
    assert run(ask) == 0
    assert [line for line in capsys.readouterr().err.split("\r\x1b[2K") if line] == [
        "Opening the network",
        "Comparing 64/180",
    ]

    def interrupt(wish: Wish) -> Done:
        raise KeyboardInterrupt

    engine.outcome = interrupt
    assert run(ask) == 130
    assert capsys.readouterr().err.endswith("\r\x1b[2Kcnnstudio: Stopped.\n")


def test_the_list_says_what_each_form_needs(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    onnx = FORMATS["onnx"]
    lacking = ExportFormat(onnx.name, onnx.title, onnx.endings, onnx.about, packages=(Package("no_onnx", "onnx"),))
    monkeypatch.setitem(FORMATS, "onnx", lacking)
    assert run(["export", "--list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert set(FORMATS) <= set(lines)
    assert 'pip install "onnx"' in lines["onnx"]
    assert " ready " in lines["keras"]
    assert run(["export", "--list", "--json"]) == 0
    records = {record["format"]: record for record in json.loads(capsys.readouterr().out)}
    assert list(records) == list(FORMATS)
    assert records["savedmodel"]["folder"]
    assert records["savedmodel"]["endings"] == []
    assert records["litert"]["quantisations"] == ["none", "float16", "dynamic", "int8"]
    assert records["onnx"]["problem"] == 'ONNX needs onnx, which is not installed: pip install "onnx"'
    assert records["keras"]["problem"] == ""
