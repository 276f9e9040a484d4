"""What a run looks like on a terminal and in JSON."""

from __future__ import annotations

import io
import json
import math
import sys
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from cnnstudio.cli.output import quiet, say, tell
from cnnstudio.cli.progress import CLEAR, JsonLines, TextLines, bar, clock, fitted
from cnnstudio.wire.messages import (
    EpochEnd,
    Evaluation,
    Heartbeat,
    Progress,
    RunContinued,
    RunEnded,
    RunPaused,
)
from cnnstudio.wire.run_state import RunState, fold
from tests.helpers.started import run_started

if TYPE_CHECKING:
    from pathlib import Path

STARTED = run_started("r", name="Net", batch_size=8, parts={"training": 80, "validation": 10, "test": 10})
STEP = Progress(run="r", epoch=2, step=5, seconds=6.0, metrics={"loss": 0.5, "accuracy": 0.75}, samples_per_second=9)
EPOCH = EpochEnd(run="r", epoch=2, seconds=8.0, metrics={"loss": 0.4, "accuracy": 0.8, "val_loss": 0.6})
ENDED = RunEnded(
    run="r", outcome="finished", directory="/runs/r", epochs=4, seconds=65.0, test={"loss": 0.5, "accuracy": 0.9}
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    report = JsonLines()
    for event in (STARTED, STEP, STEP, EPOCH, Heartbeat(3), ENDED):
        report(event)
    step, epoch, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert step == {"epoch": 2, "step": 5, "loss": 0.5, "metrics": {"accuracy": 0.75}}
    assert epoch == {"epoch": 2, "step": 10, "loss": 0.4, "metrics": {"accuracy": 0.8, "val_loss": 0.6}}
    assert last == {"run": "/runs/r", "test": {"loss": 0.5, "accuracy": 0.9}}


RESUMED = msgspec.structs.replace(
    STARTED, plan="8 steps a call", history=(msgspec.structs.replace(EPOCH, epoch=1), EPOCH), steps_before=23
)
FULL = RunPaused("r", "The disk is full.")


def test_json_says_that_a_run_goes_on_pauses_and_ends_early(capsys: pytest.CaptureFixture[str]) -> None:
    report = JsonLines()
    for event in (RESUMED, FULL, RunContinued("r"), msgspec.structs.replace(ENDED, reason="No progress.")):
        report(event)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"resumed_after": {"epochs": 2, "steps": 23}},
        {"paused": "The disk is full."},
        {"continued": True},
        {"run": "/runs/r", "test": {"loss": 0.5, "accuracy": 0.9}, "reason": "No progress."},
    ]


def test_text_says_that_a_run_goes_on_pauses_and_ends_early(capsys: pytest.CaptureFixture[str]) -> None:
    report = TextLines()
    for event in (RESUMED, FULL, RunContinued("r"), msgspec.structs.replace(ENDED, reason="No progress.")):
        report(event)
    out, err = capsys.readouterr()
    assert out.splitlines()[1:] == [
        "Steps: 8 steps a call",
        "Goes on in epoch 3 of 4, step 3 of 10",
        "No progress.",
        "Finished after 4 epochs and 1:05; test: loss 0.5000  accuracy 0.9000",
        "Run kept in /runs/r",
    ]
    assert err == "Paused. The disk is full.\nThe run goes on.\n"


def test_json_has_null_for_what_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    report = JsonLines()
    report(msgspec.structs.replace(ENDED, test={"loss": math.nan, "accuracy": 0.5}))
    report(msgspec.structs.replace(EPOCH, metrics={"loss": math.inf}))
    last, epoch = map(json.loads, capsys.readouterr().out.splitlines())
    assert last["test"] == {"loss": None, "accuracy": 0.5}
    assert (epoch["loss"], epoch["metrics"]) == (None, {})


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    report = TextLines()
    for event in (STARTED, STEP, EPOCH, ENDED):
        report(event)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "Net: 1,234 parameters on cpu; samples: 80 training, 10 validation, 10 test",
        "Epoch 2/4  loss 0.4000  accuracy 0.8000  val_loss 0.6000  8 s",
        "Finished after 4 epochs and 1:05; test: loss 0.5000  accuracy 0.9000",
        "Run kept in /runs/r",
    ]


def test_the_test_part_is_told_class_by_class(capsys: pytest.CaptureFixture[str]) -> None:
    tested = Evaluation(
        run="r",
        epoch=4,
        part="test",
        metrics={"loss": 0.5, "accuracy": 0.9},
        confusion=np.empty((0, 0), "int64"),
        precision=np.empty((0, 101), "float32"),
        per_class={"iou": (0.5, math.nan), "auc": (0.75, 1.0)},
    )
    report = TextLines(["cat", "a tree with a name that is much too long"])
    for event in (STARTED, msgspec.structs.replace(tested, part="validation", per_class={}), tested, ENDED):
        report(event)
    assert capsys.readouterr().out.splitlines()[-5:] == [
        "",
        "On the test part",
        "Class                           IoU        AUC",
        "cat                          0.5000     0.7500",
        "a tree with a name that           -     1.0000",
    ]
    many = TextLines([str(n) for n in range(21)])
    for event in (STARTED, msgspec.structs.replace(tested, per_class={"iou": (0.5,) * 21}), ENDED):
        many(event)
    assert "On the test part" not in capsys.readouterr().out, "a table that scrolls the result away helps nobody"


def test_on_a_terminal_the_bar_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    report = TextLines()
    for event in (STARTED, STEP, EPOCH, ENDED):
        report(event)
    written = terminal.getvalue()
    assert written.startswith(CLEAR + "Epoch 2/4 [")
    assert written.endswith(CLEAR)
    assert "\n" not in written


def test_after_a_failure_the_sentence_has_the_line_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    report = TextLines()
    for event in (STARTED, STEP):
        report(event)
    assert not terminal.getvalue().endswith(CLEAR)
    report.close()
    assert terminal.getvalue().endswith(CLEAR)


def test_one_epoch_is_not_two(capsys: pytest.CaptureFixture[str]) -> None:
    TextLines()(msgspec.structs.replace(ENDED, epochs=1))
    assert "after 1 epoch and" in capsys.readouterr().out


def test_the_bar_covers_the_whole_run() -> None:
    first = msgspec.structs.replace(STEP, epoch=1, step=1, seconds=20.0)  # building and compiling took long
    state = fold(fold(RunState(), STARTED), first)
    assert bar(state) == "Epoch 1/4 [--------------------] step 1/10  loss 0.5000  accuracy 0.7500"
    state = fold(state, msgspec.structs.replace(STEP, seconds=34.0))
    assert bar(state) == "Epoch 2/4 [########------------] step 5/10  25 s left  loss 0.5000  accuracy 0.7500"


def test_a_word_at_a_signal_gets_through_while_stderr_is_being_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Occupied(io.TextIOWrapper):
        def write(self, text: str) -> int:
            raise RuntimeError("reentrant call inside a buffered writer")

    path = tmp_path / "words"
    with path.open("wb") as below, Occupied(below, encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        tell("Stopping")
        monkeypatch.undo()
    assert path.read_text(encoding="utf-8") == "Stopping\n"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (61, "1:01"), (3723, "1:02:03")])
def test_time_reads_as_time(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_no_line_is_wider_than_the_terminal() -> None:
    assert fitted("abcdef", 4) == "abcd"
    assert fitted("abc", 0) == "a"


def test_quiet_keeps_chatter_away_and_results_through(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet():
        print_chatter()
        say("result")
        tell("word")
    say("after")
    assert capfd.readouterr() == ("result\nafter\n", "word\n")


def test_verbose_lets_chatter_through_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet(verbose=True):
        print_chatter()
        say("result")
    out, err = capfd.readouterr()
    assert out == "result\n"
    assert "chatter" in err


def test_quiet_puts_everything_back_after_a_fault(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="fault"), quiet():
        raise ValueError("fault")
    say("after")
    assert capfd.readouterr().out == "after\n"


def print_chatter() -> None:
    """Noise on both streams, from Python and from below it."""
    sys.stdout.write("chatter\n")
    sys.stderr.write("chatter\n")
    sys.stdout.flush()
    sys.stderr.flush()
    with open(1, "w", closefd=False) as below:
        below.write("chatter\n")
    with open(2, "w", closefd=False) as below:
        below.write("chatter\n")
