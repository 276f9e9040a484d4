"""The folder of a run that is to go on: what is kept of it, and what is refused before anything is changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cnnstudio.core.formats.run_folder import CHECKPOINT, METRICS, VALIDATED, read_record
from cnnstudio.engine.running.checkpoints import RunFolder
from cnnstudio.engine.running.resuming import Checkpoint, Position, ResumeError, read_checkpoint, write_checkpoint
from tests.helpers.runs import digits, make_run

if TYPE_CHECKING:
    from pathlib import Path


def reopened(folder: Path, epochs: int) -> list[dict[str, float]]:
    checkpoint = Checkpoint(Position(epoch=epochs, best_epoch=min(1, epochs)))
    return RunFolder(folder, digits(), "cpu").reopen(checkpoint, read_record(folder))


def test_lines_after_the_checkpoint_are_cut_off_and_those_before_stay_as_they_are(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "Run", epochs=5)
    before = (folder / METRICS).read_text().splitlines()
    lines = reopened(folder, 3)
    assert (folder / METRICS).read_text().splitlines() == before[:4]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    record = read_record(folder)
    assert record.metrics["accuracy"] == lines[2]["accuracy"]
    assert record.best["accuracy"] == lines[0]["accuracy"]
    assert reopened(folder, 0) == []
    assert not (folder / METRICS).exists()
    assert reopened(folder, 2) == [], "lines that are lost do not keep a run from going on"


def test_a_line_that_broke_after_the_checkpoint_is_cut_off_with_the_others(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "Run", epochs=3)
    with (folder / METRICS).open("a") as file:
        file.write("4,torn\n5")
    assert [line["epoch"] for line in reopened(folder, 2)] == [1, 2]


@pytest.mark.parametrize("verdicts", [b"{", b"[" * 200_000, b'{"last": 1}', b"\xff", None])
def test_verdicts_that_cannot_be_read_are_done_without(tmp_path: Path, verdicts: bytes | None) -> None:
    folder = make_run(tmp_path, "Run")
    (folder / VALIDATED).parent.mkdir()
    if verdicts is None:
        os.mkfifo(folder / VALIDATED)
    else:
        (folder / VALIDATED).write_bytes(verdicts)
    assert len(reopened(folder, 2)) == 2


@pytest.mark.parametrize("damage", ["a line", "the head", "bytes", "a pipe", "a folder"])
def test_metrics_that_are_damaged_are_named_and_not_thrown_away(tmp_path: Path, damage: str) -> None:
    folder = make_run(tmp_path, "Run", epochs=4)
    path, record = folder / METRICS, read_record(folder)
    lines = path.read_text().splitlines(keepends=True)
    match damage:
        case "a line":
            path.write_text("".join((*lines[:2], "2,what\n", *lines[3:])))
        case "the head":
            path.write_text("".join(lines[1:]))
        case "bytes":
            path.write_bytes(b"\xff\xfe\x00\x81\n" * 9)
        case "a pipe":
            path.unlink()
            os.mkfifo(path)
        case "a folder":
            path.unlink()
            path.mkdir()
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(ResumeError, match=r"The run cannot go on: .*metrics\.csv"):
        reopened(folder, 3)
    assert (path.read_bytes() if path.is_file() else b"") == before
    assert read_record(folder) == record


def test_a_pipe_in_place_of_a_checkpoint_is_passed_over(tmp_path: Path) -> None:
    for epoch in (1, 2):
        write_checkpoint(tmp_path, Checkpoint(Position(epoch=epoch)))
    assert read_checkpoint(tmp_path).position.epoch == 2
    (tmp_path / CHECKPOINT).unlink()
    os.mkfifo(tmp_path / CHECKPOINT)
    assert read_checkpoint(tmp_path).position.epoch == 1
