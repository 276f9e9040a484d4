"""The worker through its pipes: what a window, or a window that crashes, does to it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.run_folder import read_record
from cnnstudio.engine import worker as worker_module
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras
from cnnstudio.engine.data import load
from cnnstudio.engine.exporting import serving
from cnnstudio.wire.messages import (
    PROTOCOL,
    EpochEnd,
    Exported,
    ExportRun,
    Failed,
    FeatureMaps,
    GetSamples,
    Heartbeat,
    Hello,
    Progress,
    RunEnded,
    RunFailed,
    RunStarted,
    Sample,
    Samples,
    StartRun,
    StopRun,
    Watch,
    WatchFailed,
)
from tests.engine.conftest import PATIENCE, Peer, segmenter, serve, small

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG = write_experiment(small(epochs=100000))
SHORT = write_experiment(small(epochs=2))
NO_WATCH = Watch("", Sample())


@pytest.fixture
def quiet(worker: Peer) -> Iterator[Peer]:
    """The warm worker; after the test nothing is watched."""
    yield worker
    worker.send(NO_WATCH)


def test_start_stop_and_start_again(quiet: Peer, tmp_path: Path) -> None:
    quiet.send(StartRun("a", str(tmp_path / "a"), LONG))
    assert quiet.until(RunStarted).run == "a"
    quiet.until(Progress, lambda p: p.epoch > 1)
    asked = time.monotonic()
    quiet.send(StopRun("a"))
    ended = quiet.until(RunEnded)
    assert time.monotonic() - asked < 5  # a few milliseconds on a quiet machine; the whole run would take minutes
    assert (ended.run, ended.outcome) == ("a", "stopped")
    assert ended.epochs >= 1
    quiet.send(StartRun("b", str(tmp_path / "b"), SHORT))
    assert quiet.until(RunEnded).outcome == "finished"
    assert read_record(tmp_path / "a").status == "STOPPED"


def test_a_run_stopped_before_it_begins_ends_at_once(quiet: Peer, tmp_path: Path) -> None:
    quiet.send(StopRun("c"), StartRun("c", str(tmp_path / "c"), LONG))
    assert quiet.until(RunEnded).epochs == 0


def test_samples_arrive_while_a_run_trains(quiet: Peer, tmp_path: Path) -> None:
    quiet.send(StartRun("d", str(tmp_path / "d"), LONG))
    quiet.until(EpochEnd)
    quiet.send(GetSamples(7, write_experiment(segmenter()), "test", 2, 3))
    samples = quiet.until(Samples)
    parts = load(segmenter().data)
    inputs, masks = parts.test.batch(slice(None))
    np.testing.assert_array_equal(samples.inputs, inputs[2:5])
    np.testing.assert_array_equal(samples.targets, masks[2:5])
    assert (samples.request, samples.start, samples.total) == (7, 2, len(parts.test))
    assert samples.parts == {"training": 42, "validation": 9, "test": 9}
    assert sum(samples.class_counts["test"]) == masks.size
    quiet.send(StopRun("d"))
    quiet.until(RunEnded)


def test_maps_are_those_of_a_plain_keras_model_before_during_and_after(quiet: Peer, tmp_path: Path) -> None:
    sample = Sample("test", 5)
    quiet.send(Watch("convolution_1", sample, 1000.0), StartRun("e", str(tmp_path / "e"), LONG))
    assert quiet.until(FeatureMaps).block == "convolution_1"
    quiet.send(Watch("max_pooling_1", sample, 1000.0))
    moving = quiet.until(FeatureMaps, lambda m: m.block == "max_pooling_1" and m.step > 0)
    assert moving.maps.shape == (4, 4, 4)
    quiet.send(StopRun("e"))
    ended = quiet.until(RunEnded)
    quiet.send(Watch("convolution_1", sample))
    still = quiet.until(FeatureMaps, lambda m: m.block == "convolution_1")

    experiment = small()
    model = build_keras(trace(experiment.architecture, experiment.data.info()).program())
    model.load_weights(tmp_path / "e" / "checkpoints" / "last.weights.h5")
    inputs = load(experiment.data).test.batch(slice(5, 6))[0]
    plain = keras.Model(model.input, [model.get_layer("convolution_1").output, model.output])
    maps, prediction = (np.asarray(v)[0] for v in plain.predict_on_batch(inputs))
    span = (still.high - still.low)[:, None, None]
    sent = still.low[:, None, None] + still.maps / 255 * span
    np.testing.assert_allclose(sent, np.moveaxis(maps, -1, 0), atol=float(span.max()) / 500 + 1e-6)
    np.testing.assert_allclose(still.prediction, prediction, atol=1e-6)
    assert (still.run, still.sample) == ("e", sample)
    assert ended.outcome == "stopped"


@pytest.mark.parametrize(
    ("watch", "says"),
    [
        (Watch("convolution_9", Sample()), 'has no block "convolution_9"'),
        (Watch("output", Sample("trial", 0)), 'no part "trial"'),
        (Watch("output", Sample("test", 270)), "samples 0 to 269, not 270"),
    ],
)
def test_what_cannot_be_watched_is_said(quiet: Peer, tmp_path: Path, watch: Watch, says: str) -> None:
    quiet.send(StartRun("f", str(tmp_path / "f"), SHORT))
    quiet.until(RunEnded)
    quiet.send(watch)
    assert says in quiet.until(WatchFailed).message
    quiet.send(Watch("input", Sample("test", 0)))
    assert quiet.until(FeatureMaps).maps.shape == (1, 8, 8)


def test_export_gives_a_file_that_plain_keras_opens(quiet: Peer, tmp_path: Path) -> None:
    quiet.send(StartRun("g", str(tmp_path / "g"), SHORT))
    quiet.until(RunEnded)
    target = tmp_path / "out" / "model.keras"
    quiet.send(ExportRun(3, str(tmp_path / "g"), "keras", str(target)))
    done = quiet.until(Exported)
    assert (done.request, done.path, done.bytes) == (3, str(target), target.stat().st_size)
    assert done.max_abs_difference is not None
    assert done.max_abs_difference < 1e-6
    assert done.agreement == 1.0
    names = sorted(p.name for p in target.parent.iterdir())
    assert names == ["model.keras", "model_keras.json", "model_keras_example.py"]
    opened = keras.models.load_model(target)
    inputs, labels = load(small().data).test.batch(slice(None))
    assert opened.evaluate(inputs, labels, verbose=0)[1] == pytest.approx(
        read_record(tmp_path / "g").test["accuracy"], abs=1e-6
    )


@pytest.mark.parametrize(
    ("folder", "format", "name", "says"),
    [
        ("", "onyx", "m.onnx", 'no export format "onyx". Did you mean "onnx"?'),
        ("", "keras", "m.h5", "ends in .keras"),
        ("", "keras", "m.keras", "is not the folder of a run"),
    ],
)
def test_an_export_that_cannot_be_is_explained(
    quiet: Peer, tmp_path: Path, folder: str, format: str, name: str, says: str
) -> None:
    quiet.send(ExportRun(4, str(tmp_path / folder), format, str(tmp_path / name)))
    failed = next_failure(quiet)
    assert isinstance(failed, Failed)
    assert says in failed.message
    assert failed.request == 4
    assert not (tmp_path / name).exists()


def next_failure(peer: Peer) -> Failed | RunFailed:
    while not isinstance(event := peer.next(), Failed | RunFailed):
        assert event is not None
    return event


def test_failures_of_a_run_and_of_samples_are_sentences(quiet: Peer, tmp_path: Path) -> None:
    quiet.send(StartRun("h", str(tmp_path / "h"), "no JSON"))
    failed = next_failure(quiet)
    assert isinstance(failed, RunFailed)
    assert failed.run == "h"
    quiet.send(StartRun("h", str(tmp_path / "h"), SHORT.replace('"device": "auto"', '"device": "gpu:5"')))
    assert 'no device "gpu:5"' in next_failure(quiet).message
    quiet.send(GetSamples(9, SHORT, "trial"))
    failed = next_failure(quiet)
    assert isinstance(failed, Failed)
    assert (failed.request, failed.message[:21]) == (9, 'There is no part "tri')


def test_what_no_handler_foresaw_is_answered_and_the_worker_lives_on(
    quiet: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*arguments: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(serving, "answer", burst)
    quiet.send(ExportRun(5, str(tmp_path), "keras", str(tmp_path / "m.keras")))
    failed = next_failure(quiet)
    assert failed.message == "ExportRun failed unexpectedly: division by zero."
    assert "ZeroDivisionError" in failed.details
    assert isinstance(quiet.until(Heartbeat), Heartbeat)


def test_bytes_that_are_no_frame_end_the_worker_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "warm_up", lambda: None)
    peer, thread = serve()
    os.write(peer.commands, b"\xff" * 100)
    assert "could not read a command" in next_failure(peer).message
    peer.end()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_warm_up_that_fails_keeps_nobody_from_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full() -> None:
        raise RuntimeError("the GPU is full")

    monkeypatch.setattr(worker_module, "warm_up", full)
    peer, thread = serve()
    peer.until(Heartbeat)
    peer.send(StartRun("k", str(tmp_path / "k"), SHORT))
    assert peer.until(RunEnded).outcome == "finished"
    peer.end()
    thread.join(PATIENCE)
    assert "the GPU is full" in capsys.readouterr().err


def process(home: Path) -> tuple[subprocess.Popen[bytes], Peer]:
    environment = {**os.environ, "CNNSTUDIO_HOME": str(home)}
    command = [sys.executable, "-m", "cnnstudio.engine"]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert started.stdin is not None
    assert started.stdout is not None
    return started, Peer(os.dup(started.stdin.fileno()), os.dup(started.stdout.fileno()))


def close(started: subprocess.Popen[bytes]) -> None:
    for pipe in (started.stdin, started.stdout):
        assert pipe is not None
        pipe.close()


def test_the_process_greets_first_and_ends_with_its_window(tmp_path: Path) -> None:
    started, peer = process(tmp_path)
    hello = peer.next()
    assert isinstance(hello, Hello)
    assert (hello.protocol, hello.pid, hello.devices[0].id) == (PROTOCOL, started.pid, "cpu")
    assert {"cnnstudio", "keras", "tensorflow", "numpy", "python"} <= set(hello.versions)
    peer.send(StartRun("i", str(tmp_path / "i"), LONG))
    peer.until(EpochEnd)
    gone = time.monotonic()
    close(started)
    peer.end()
    assert started.wait(PATIENCE) == 0
    assert time.monotonic() - gone < 15  # a second on a quiet machine; the whole run would take minutes
    assert read_record(tmp_path / "i").status == "INTERRUPTED"
    assert (tmp_path / "i" / "checkpoints" / "last.weights.h5").is_file()
