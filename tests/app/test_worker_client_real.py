"""One worker of the real kind: it loads TensorFlow, trains a preset, is stopped, killed, and replaced."""

from __future__ import annotations

import dataclasses
import os
import signal
from typing import TYPE_CHECKING

from cnnstudio.app.worker_client import WorkerClient
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.presets import preset
from cnnstudio.wire.messages import (
    EpochEnd,
    Event,
    GetSamples,
    RunEnded,
    RunFailed,
    RunStarted,
    Samples,
    StartRun,
    StopRun,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

WAIT = 120_000


def test_the_real_worker_trains_stops_and_is_replaced_after_a_kill(qtbot: QtBot, tmp_path: Path) -> None:
    experiment = preset("lenet-5").experiment
    assert experiment is not None
    recipe = dataclasses.replace(experiment.training, epochs=10_000)
    text = write_experiment(dataclasses.replace(experiment, training=recipe))
    events: list[Event] = []
    lost: list[str] = []

    def has(kind: type[Event], least: int = 1) -> bool:
        return sum(isinstance(e, kind) for e in events) >= least

    client = WorkerClient()
    client.received.connect(events.append)
    client.lost.connect(lost.append)
    try:
        client.start()
        client.send(StartRun("one", str(tmp_path / "one"), text))
        qtbot.waitUntil(lambda: has(EpochEnd, 2) or has(RunFailed), timeout=WAIT)
        assert not has(RunFailed)
        assert client.state == "busy"
        if hasattr(os, "getpriority"):  # training takes every core, and the window is to move all the same
            mine, its = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, client.pid))
            assert its > mine or mine == 19
        assert client.hello is not None
        assert "cpu" in [d.id for d in client.hello.devices]
        client.send(StopRun("one"))
        qtbot.waitUntil(lambda: has(RunEnded), timeout=WAIT)
        ended = next(e for e in events if isinstance(e, RunEnded))
        assert ended.outcome == "stopped"
        assert ended.test
        client.request(lambda number: GetSamples(number, text, count=4))
        qtbot.waitUntil(lambda: has(Samples), timeout=WAIT)
        assert next(e for e in events if isinstance(e, Samples)).inputs.shape == (4, 8, 8, 1)
        client.send(StartRun("two", str(tmp_path / "two"), text))
        qtbot.waitUntil(lambda: has(RunStarted, 2), timeout=WAIT)
        os.kill(client.pid, signal.SIGKILL)
        qtbot.waitUntil(lambda: bool(lost), timeout=WAIT)
        assert "SIGKILL" in lost[0]
        assert client.state == "starting"
    finally:
        client.stop()
    assert not lost[1:]
