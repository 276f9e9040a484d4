"""metrics.csv read back: whole, under way, cut short, written by others, and not a file at all."""

from __future__ import annotations

import math
import os
import random
from typing import TYPE_CHECKING

import pytest

from cnnstudio.core.formats.run_folder import METRICS, RunFolderError
from cnnstudio.core.formats.run_metrics import MAX_BYTES, metrics_stamp, read_metrics

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "epoch,seconds,loss,accuracy,val_loss,val_accuracy,learning_rate\n"


def put(folder: Path, text: str) -> Path:
    (folder / METRICS).write_bytes(text.encode())
    return folder


def test_columns_come_back_as_they_were_written(tmp_path: Path) -> None:
    numbers = random.Random(5)
    rows = [[n, round(n * 1.5, 3), *(numbers.lognormvariate(0, 5) for _ in range(5))] for n in range(1, 200)]
    put(tmp_path, HEAD + "".join(f"{row[0]},{','.join(repr(v) for v in row[1:])}\n" for row in rows))
    found = read_metrics(tmp_path)
    assert found.problem == ""
    assert found.epochs == tuple(range(1, 200))
    assert found.seconds == tuple(row[1] for row in rows)
    assert found.columns["val_accuracy"] == tuple(row[5] for row in rows)
    assert found.column("accuracy", validation=True) is found.columns["val_accuracy"]
    assert found.column("learning_rate", validation=True) == ()


def test_names_are_those_of_both_parts_with_the_loss_first_and_the_rate_last(tmp_path: Path) -> None:
    put(tmp_path, "epoch,seconds,accuracy,loss,learning_rate,val_loss,val_iou\n1,2,0.5,1,0.1,2,0.25\n")
    assert read_metrics(tmp_path).names == ("loss", "accuracy", "iou", "learning_rate")


def test_a_run_without_an_epoch_has_nothing_to_tell(tmp_path: Path) -> None:
    assert metrics_stamp(tmp_path) == (0, 0, 0)
    assert read_metrics(tmp_path).epochs == ()
    put(tmp_path, HEAD)
    found = read_metrics(tmp_path)
    assert (found.epochs, found.columns["loss"], found.problem) == ((), (), "")


def test_values_that_are_no_numbers_are_values(tmp_path: Path) -> None:
    put(tmp_path, "epoch,seconds,loss\n1,2.0,nan\n2,3.0,inf\n3,4.0,-inf\n")
    loss = read_metrics(tmp_path).columns["loss"]
    assert math.isnan(loss[0])
    assert loss[1:] == (math.inf, -math.inf)


def test_a_line_being_written_is_left_for_the_next_look(tmp_path: Path) -> None:
    text = "epoch,seconds,loss\n1,2.0,0.5\n2,4.0,0.25\n"
    for end in range(len(text) + 1):
        put(tmp_path, text[:end])
        whole = max(0, text[:end].count("\n") - 1)
        found = read_metrics(tmp_path)
        assert found.epochs == (1, 2)[:whole], text[:end]
        assert found.problem == ""


def test_what_comes_changes_the_stamp(tmp_path: Path) -> None:
    stamps = set()
    for epochs in range(4):
        put(tmp_path, "epoch,seconds,loss\n" + "".join(f"{n},{n},0.5\n" for n in range(1, epochs + 1)))
        stamps.add(metrics_stamp(tmp_path))
    assert len(stamps) == 4


@pytest.mark.parametrize(
    ("third", "told"),
    [
        ("3,6.0", 'an epoch and 2 numbers were expected, not "3,6.0"'),
        ("3,6.0,x", "an epoch and 2 numbers were expected"),
        ("3.5,6.0,1", "an epoch and 2 numbers were expected"),
        ("nan,6.0,1", "an epoch and 2 numbers were expected"),
        ("0,6.0,1", "an epoch and 2 numbers were expected"),
        ("2,6.0,1", "an epoch after 2 was expected"),
        ("", "an epoch and 2 numbers were expected"),
    ],
)
def test_a_broken_line_is_named_and_those_before_it_kept(tmp_path: Path, third: str, told: str) -> None:
    put(tmp_path, f"epoch,seconds,loss\n1,2.0,0.5\n2,4.0,0.25\n{third}\n4,8.0,0.1\n")
    found = read_metrics(tmp_path)
    assert found.epochs == (1, 2)
    assert found.columns["loss"] == (0.5, 0.25)
    assert f"{tmp_path / METRICS}, line 4: {told}" in found.problem


@pytest.mark.parametrize("head", ["loss,accuracy", "epoch,loss", "epoch,seconds,loss,loss", "epoch,seconds,", "\0\xff"])
def test_another_file_in_its_place_is_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(RunFolderError, match="must begin with a line of different names"):
        read_metrics(put(tmp_path, f"{head}\n1,2,3\n"))


def test_windows_line_ends_are_read(tmp_path: Path) -> None:
    assert read_metrics(put(tmp_path, "epoch,seconds,loss\r\n1,2,0.5\r\n")).columns["loss"] == (0.5,)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / METRICS)
    with pytest.raises(RunFolderError, match="is not a file"):
        read_metrics(tmp_path)


def test_a_folder_and_an_endless_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a" / METRICS).mkdir(parents=True)
    with pytest.raises(RunFolderError, match=str(tmp_path / "a" / METRICS)):
        read_metrics(tmp_path / "a")
    with (tmp_path / METRICS).open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(RunFolderError, match="at most 67,108,864 are read"):
        read_metrics(tmp_path)


def test_nothing_stays_open_of_what_is_refused(tmp_path: Path) -> None:
    (tmp_path / METRICS).mkdir()
    handle = os.open(tmp_path, os.O_RDONLY)
    os.close(handle)
    for _ in range(3):
        with pytest.raises(RunFolderError):
            read_metrics(tmp_path)
    again = os.open(tmp_path, os.O_RDONLY)
    os.close(again)
    assert again == handle, "the lowest free number is given to what is opened next"


def test_a_mark_that_a_table_editor_puts_in_front_is_read_over(tmp_path: Path) -> None:
    assert read_metrics(put(tmp_path, "\ufeffepoch,seconds,loss\n1,2,0.5\n")).columns["loss"] == (0.5,)


def test_an_epoch_beyond_counting_is_no_epoch(tmp_path: Path) -> None:
    found = read_metrics(put(tmp_path, "epoch,seconds,loss\n1,2,0.5\n1e300,3,0.4\n"))
    assert found.epochs == (1,)
    assert "line 3" in found.problem
