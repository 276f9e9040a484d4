"""Verbs about runs that are given what is wrong, damaged or hostile: one sentence, its exit code, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from cnnstudio.cli import run
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.formats.run_folder import EXPERIMENT, STATE, read_record, write_record
from cnnstudio.core.formats.run_notes import RunNotes, write_notes
from cnnstudio.core.formats.storage import runs_folder
from tests.helpers.runs import make_run

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("2026-05-04-080000-good", "2026-05-04-080100-stopped", "2026-05-04-080200-damaged", "2026-05-04-080300-boxes")
GOOD, STOPPED, DAMAGED, BOXES = NAMES
HOSTILE = "\x1b[2J\x9b31mred\x07\r\nsecond line"


@pytest.fixture
def runs(home: Path) -> Path:
    """A finished run, one that left no checkpoint, one whose experiment is damaged, and one of another task."""
    make_run(runs_folder(), "Good", number=0, checkpoint=True)
    make_run(runs_folder(), "Stopped", number=1, status="STOPPED", done=2)
    damaged = make_run(runs_folder(), "Damaged", number=2, checkpoint=True, status="FAILED", message=HOSTILE)
    (damaged / EXPERIMENT).write_text("{")
    boxes = make_run(runs_folder(), "Boxes", number=3, experiment=preset("shape-detector").experiment)
    write_record(boxes, msgspec.structs.replace(read_record(boxes), device=HOSTILE))
    return runs_folder()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("runs", "extra"), 2, "Unrecognized arguments: extra"),
        (("resume",), 2, "required: RUN"),
        (("resume", "nope"), 2, '"nope" is neither the folder of a run'),
        (("resume", ""), 2, '"" is neither the folder of a run'),
        (("resume", "x" * 5000), 2, "is neither the folder of a run"),
        (("resume", GOOD), 2, "say with --more N"),
        (("resume", GOOD, "--more", "0"), 2, "from 1 to 100,000, not 0"),
        (("resume", GOOD, "--more", "9" * 4000), 2, "from 1 to 100,000, not 9999"),
        (("resume", GOOD, "--more", "9" * 5000), 2, "must be a whole number"),
        (("resume", STOPPED), 1, "has no checkpoint"),
        (("resume", DAMAGED), 1, "not JSON"),
        (("compare", GOOD), 2, "One run alone"),
        (("compare", GOOD, DAMAGED), 1, DAMAGED),
        (("evaluate", GOOD, "--part", "tst"), 2, 'Did you mean "test"?'),
        (("evaluate", GOOD, "--weights", "bst"), 2, 'Did you mean "best"'),
        (("evaluate", DAMAGED), 1, DAMAGED),
        (("predict", GOOD), 2, "required: FILE"),
        (("predict", GOOD, "x.png", "--least", "nan"), 2, "from 0 to 1"),
        (("predict", DAMAGED, "x.png"), 1, DAMAGED),
        (("preflight", "nope"), 2, 'no preset "nope"'),
        (("preflight", "lenet-5", "--device", "toaster"), 2, '"toaster"'),
        (("preflight", "lenet-5", "--data", "/nowhere"), 2, '"/nowhere"'),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_sentence(
    words: tuple[str, ...], code: int, told: str, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert len(err.splitlines()) == 1
    assert err.startswith("cnnstudio: ")
    assert len(err) < 700


def test_what_others_have_written_does_not_command_the_terminal(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_notes(runs / GOOD, RunNotes(f"Title{HOSTILE}"))
    (runs / f"odd{HOSTILE}").mkdir()
    for words in (("runs",), ("compare", GOOD, BOXES), ("resume", "nope")):
        run(words)
        out, err = capsys.readouterr()
        assert all(letter.isprintable() or letter == "\n" for letter in out + err), words
        assert len(err.splitlines()) <= 1
        assert all(line.startswith(("run", "---", "2026")) for line in out.splitlines() if words == ("runs",))


def test_json_has_what_is_damaged_left_out_and_every_word_of_the_rest(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (runs / GOOD / STATE).write_text((runs / GOOD / STATE).read_text().replace("0.9", "1e999"))
    assert run(("runs", "--json")) == 0
    out, err = capsys.readouterr()
    listed = json.loads(out, parse_constant=pytest.fail)
    assert [entry["id"] for entry in listed] == [BOXES, DAMAGED, STOPPED]
    assert listed[0]["device"] == read_record(runs / BOXES).device == HOSTILE
    assert listed[1]["changes"] is None
    assert GOOD in err


def test_runs_of_different_tasks_can_be_compared(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("compare", GOOD, BOXES, "--json")) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    source = next(d for d in found["differences"] if d["what"] == "Source")
    assert len(set(source["values"])) == 2
    assert all(len(d["values"]) == 2 and len(set(d["values"])) == 2 for d in found["differences"])
    told = [(d["section"], d["what"]) for d in found["differences"]]
    assert len(set(told)) == len(told), "nothing is told twice"
