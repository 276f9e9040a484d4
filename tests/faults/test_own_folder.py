"""What may stand in the studio's own data folder in place of a file: never waited for, never a reason not to start."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QLockFile

from cnnstudio.app import recovery
from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.inspect.probes.pin import MOST_DRAWN_BYTES, as_npy, of_npy
from cnnstudio.app.preferences import Preferences
from cnnstudio.core.document import Document
from cnnstudio.core.formats.pinned_samples import probes_folder, samples_folder, tidy_samples
from cnnstudio.core.formats.presets import preset

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")


@pipes
def test_preferences_that_are_a_pipe_are_moved_aside_and_begun_anew(home: Path) -> None:
    home.mkdir()
    os.mkfifo(home / "preferences.ini")
    preferences = Preferences()
    assert preferences.page == ""
    preferences.page = "runs"
    preferences.save()
    assert Preferences().page == "runs"
    assert (home / "preferences.ini~").is_fifo()


def test_preferences_without_an_end_are_not_read_into_memory(home: Path) -> None:
    home.mkdir()
    with (home / "preferences.ini").open("wb") as file:
        file.truncate(1 << 40)
    assert Preferences().page == ""
    assert (home / "preferences.ini~").stat().st_size == 1 << 40


def test_what_a_killed_process_left_of_the_preferences_is_removed_and_what_a_person_keeps_there_is_not(
    home: Path,
) -> None:
    home.mkdir()
    kept = {"preferences.ini.backup", "preferences.ini.Before", "preferences.ini.MONDAY", "preferences.ini.aB3dEf"}
    for name in {"preferences.ini.lMAqQE", *kept}:
        (home / name).write_text("[window]")
    (home / "preferences.ini.lock").touch()  # of a process that ended as it took it: Qt would wait half a minute
    preferences = Preferences()
    assert {path.name for path in home.iterdir()} == kept
    preferences.page = "runs"
    preferences.save()
    assert {path.name for path in home.iterdir()} == {"preferences.ini", *kept}


def test_the_preferences_that_another_process_is_writing_are_left_to_it(home: Path) -> None:
    home.mkdir()
    writing = QLockFile(str(home / "preferences.ini.lock"))
    assert writing.tryLock(0)
    part = home / "preferences.ini.lMAqQE"
    part.touch()
    Preferences()
    assert part.exists()
    writing.unlock()
    Preferences()
    assert not part.exists()


HEADS = {
    "nested without end": b"[" * 8000,
    "a time before all time": json.dumps({"path": "", "time": "0001-01-01T00:00:00+23:00"}).encode(),
    "no header": b"",
    "not UTF-8": b"\xff\xfe" * 50,
    "a number": b"5",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_unsaved_work_that_is_none_is_passed_over(head: bytes) -> None:
    recovery.folder().mkdir(parents=True)
    (recovery.folder() / "window.json").write_bytes(head + b"\n{}")
    assert recovery.find_remains() is None


def test_unsaved_work_is_offered_though_its_window_ended_before_its_lock_was_written(qapp: QApplication) -> None:
    lenet = preset("lenet-5").experiment
    assert lenet is not None
    kept = recovery.Recovery(DocumentBridge(Document(lenet)))
    kept.write()
    (lock,) = recovery.folder().glob("*.lock")
    assert recovery.find_remains() is None, "its window lives"
    lock.write_bytes(b"")
    found = recovery.find_remains()
    assert found is not None
    assert found.experiment == lenet
    assert not lock.exists()
    kept.close()


@pipes
def test_pipes_among_lists_keep_all_samples(home: Path) -> None:
    """What the list names that cannot be read must not go."""
    samples_folder().mkdir(parents=True)
    sample = samples_folder() / "17.png"
    sample.write_bytes(b"a picture")
    os.utime(sample, (0, 0))
    os.mkfifo(probes_folder() / "a.json")
    started = time.monotonic()
    tidy_samples()
    assert time.monotonic() - started < 5
    assert sample.exists()
    (probes_folder() / "a.json").unlink()
    (probes_folder() / "a.json").write_bytes(b"\xff")
    tidy_samples()
    assert not sample.exists()


def test_a_drawing_that_declares_more_than_it_holds_is_none(tmp_path: Path) -> None:
    path = tmp_path / "drawn.npy"
    drawn = np.arange(12, dtype="float32").reshape(3, 4, 1)
    for order in ("C", "F"):
        path.write_bytes(as_npy(np.asarray(drawn, order=order)))
        np.testing.assert_array_equal(of_npy(path), drawn)
    sound = as_npy(drawn)
    for wrong in (sound.replace(b"(3, 4, 1)", b"(9999, 9999, 9999)"), sound[:-1], b"PK\3\4", b"", b"\x93NUMPY\1\0"):
        path.write_bytes(wrong)
        assert of_npy(path) is None
    path.write_bytes(bytes(MOST_DRAWN_BYTES + 1))
    assert of_npy(path) is None
