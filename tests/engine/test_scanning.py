"""Scans that the window asks the worker for: progress, answers, cancelling, and all of it while a run trains."""

from __future__ import annotations

import itertools
import json
import threading
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.data.files import ImageFolder
from cnnstudio.core.formats.files import read_source, write_experiment, write_source
from cnnstudio.engine.scanning import CANCELLED
from cnnstudio.wire.messages import (
    CancelScan,
    EpochEnd,
    Failed,
    RunEnded,
    Scanned,
    ScanProgress,
    ScanSource,
    StartRun,
    StopRun,
)
from tests.engine.conftest import small
from tests.helpers import own_data

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.data.files import FileSource
    from cnnstudio.engine.scan.listing import Listing, Progress
    from tests.engine.conftest import Peer

UNKNOWN = '{"kind": ""}'


def failure(peer: Peer, request: int) -> str:
    """The sentence with which a request is refused."""
    while (event := peer.next()) is not None:
        if isinstance(event, Failed) and event.request == request:
            return event.message
    raise AssertionError("the worker ended")


def test_a_folder_is_recognised_scanned_and_told_of(worker: Peer, tmp_path: Path) -> None:
    root = own_data.image_folder(tmp_path / "data", 4)
    Image.new("RGB", (300, 200)).save(root / "disc" / "large.png")
    (root / "disc" / "notes.txt").write_text("hello")
    worker.send(ScanSource(31, UNKNOWN, str(root)))
    assert worker.until(ScanProgress).request == 31
    done = worker.until(Scanned)
    source = read_source(done.source, "The answer")
    assert isinstance(source, ImageFolder)
    assert (done.request, source.path, source.facts.samples, source.facts.mixed) == (31, str(root), 13, True)
    assert source.facts.classes == own_data.CLASSES
    assert done.report.classes == {"disc": 5, "square": 4, "stripe": 4}
    assert [s.file for s in done.report.skipped] == ["disc/notes.txt"]
    assert json.loads(done.preparation) == {"height": 16, "width": 16}

    again = ImageFolder(path=str(root), task="reconstruction")
    worker.send(ScanSource(32, write_source(again)))
    found = read_source(worker.until(Scanned).source, "The answer")
    assert found == again.found(found.facts if isinstance(found, ImageFolder) else source.facts)
    assert found.info().class_names == ()


@pytest.mark.parametrize(
    ("source", "path", "sentence"),
    [
        (UNKNOWN, "/nowhere/at/all", '"/nowhere/at/all" is not there: choose where the files lie now.'),
        (write_source(ImageFolder()), "", "No folder or file is chosen: choose one on the Data page."),
        (write_source(Digits()), "", "Handwritten digits: there is nothing to scan, since it is not read from files."),
        ("{", "", "The source to scan cannot be read: Input data was truncated."),
    ],
)
def test_what_cannot_be_scanned_is_one_sentence(worker: Peer, source: str, path: str, sentence: str) -> None:
    worker.send(ScanSource(33, source, path))
    assert failure(worker, 33) == sentence


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every scan goes on until it is ended."""

    def scan(source: FileSource, progress: Progress, *, fresh: bool) -> Listing:
        pause = threading.Event()
        for done in itertools.count():
            progress(done, 0)
            pause.wait(0.005)
        raise AssertionError

    monkeypatch.setattr("cnnstudio.engine.scanning.scan", scan)


@pytest.mark.usefixtures("endless")
def test_scans_are_cancelled_before_and_after_they_begin(worker: Peer) -> None:
    source = write_source(ImageFolder(path="somewhere"))
    worker.send(ScanSource(41, source), ScanSource(42, source))
    worker.until(ScanProgress, lambda p: p.request == 41 and p.done > 3)
    worker.send(CancelScan(42), CancelScan(41), CancelScan(77))
    assert failure(worker, 41) == CANCELLED
    assert failure(worker, 42) == CANCELLED
    worker.send(ScanSource(77, source))  # a cancel that came too early ends no later scan
    worker.until(ScanProgress, lambda p: p.request == 77 and p.done > 3)
    worker.send(CancelScan(77))
    assert failure(worker, 77) == CANCELLED


def test_a_scan_does_not_wait_for_a_run(worker: Peer, tmp_path: Path) -> None:
    root = own_data.image_folder(tmp_path / "data", 4)
    worker.send(StartRun("s", str(tmp_path / "s"), write_experiment(small(epochs=100000))))
    worker.until(EpochEnd)
    worker.send(ScanSource(51, UNKNOWN, str(root)))
    assert worker.until(Scanned).report.samples == 12
    assert worker.until(EpochEnd).run == "s"
    worker.send(StopRun("s"))
    worker.until(RunEnded)
