"""The worker client: starts, speaks, survives every way in which a worker can end, and names it in plain words."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from cnnstudio.app import worker_client
from cnnstudio.app.worker_client import WorkerClient
from cnnstudio.app.worker_end import WorkerEnd
from cnnstudio.wire.messages import (
    Command,
    Event,
    ExportRun,
    Failed,
    GetSamples,
    Heartbeat,
    Hello,
    RunEnded,
    RunStarted,
    StartRun,
    StopRun,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

WAIT = 20_000
"""Milliseconds: a busy machine takes a while to start a Python."""
FAKE = Path(__file__).parents[1] / "helpers" / "fake_worker.py"


class Make(Protocol):
    def __call__(self, mode: str = "", command: tuple[str, ...] = ()) -> tuple[WorkerClient, Heard]: ...


class Heard:
    """Keeps what a client sends."""

    def __init__(self, client: WorkerClient) -> None:
        self.events: list[Event] = []
        self.states: list[str] = []
        self.lost: list[str] = []
        client.received.connect(self.events.append)
        client.state_changed.connect(self.states.append)
        client.lost.connect(self.lost.append)

    def has(self, kind: type[Event]) -> bool:
        return any(isinstance(e, kind) for e in self.events)


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    made: list[WorkerClient] = []

    def client(mode: str = "", command: tuple[str, ...] = ()) -> tuple[WorkerClient, Heard]:
        made.append(WorkerClient(command=command or (sys.executable, str(FAKE), mode)))
        return made[-1], Heard(made[-1])

    yield client
    for one in made:
        one.stop()


def get_samples(request: int) -> Command:
    return GetSamples(request, "{}")


def started(qtbot: QtBot, client: WorkerClient) -> None:
    client.start()
    qtbot.waitUntil(lambda: client.hello is not None, timeout=WAIT)


def test_it_becomes_ready_and_says_what_it_runs_on(qtbot: QtBot, make: Make) -> None:
    client, heard = make()
    assert client.state == "stopped"
    started(qtbot, client)
    assert heard.states == ["starting", "ready"]
    assert heard.has(Hello)
    assert client.hello is not None
    assert client.hello.versions == {"fake": "1.0"}
    assert client.hello.pid == client.pid


def test_a_run_makes_it_busy_until_it_ends(qtbot: QtBot, make: Make) -> None:
    client, heard = make()
    started(qtbot, client)
    client.send(StartRun("r1", "/runs/fake", "{}"))
    assert client.state == "busy"
    qtbot.waitUntil(lambda: heard.has(RunStarted), timeout=WAIT)
    client.send(StopRun("r1"))
    qtbot.waitUntil(lambda: heard.has(RunEnded), timeout=WAIT)
    assert client.state == "ready"


def test_a_command_sent_before_it_is_ready_waits_for_it(qtbot: QtBot, make: Make) -> None:
    client, heard = make()
    client.send(StartRun("r1", "/runs/fake", "{}"))
    qtbot.waitUntil(lambda: heard.has(RunStarted), timeout=WAIT)
    assert client.state == "busy"


def test_requests_get_their_own_answers(qtbot: QtBot, make: Make) -> None:
    client, heard = make()
    answers: list[Event] = []
    first = client.request(get_samples, answers.append)
    second = client.request(get_samples)
    assert first != second
    qtbot.waitUntil(lambda: sum(isinstance(e, Failed) for e in heard.events) == 2, timeout=WAIT)
    assert [a.request for a in answers if isinstance(a, Failed)] == [first]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_death_by_signal_is_named_and_a_new_worker_comes(qtbot: QtBot, make: Make, number: int) -> None:
    client, heard = make()
    started(qtbot, client)
    old = client.pid
    os.kill(old, number)
    qtbot.waitUntil(lambda: client.hello is not None and client.pid not in (0, old), timeout=WAIT)
    assert len(heard.lost) == 1
    assert signal.Signals(number).name in heard.lost[0]
    assert heard.states[-3:] == ["lost", "starting", "ready"]


def test_a_worker_that_stands_still_is_said_to_be_quiet_until_it_moves_or_is_ended(
    qtbot: QtBot, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, heard = make()
    words: list[str] = []
    client.quiet.connect(words.append)
    started(qtbot, client)
    monkeypatch.setattr(worker_client, "QUIET_MS", 50)
    client.request(get_samples)
    qtbot.waitUntil(lambda: len(words) == 1, timeout=WAIT)  # the fake has no heartbeat: it stands still
    assert "has not answered" in words[0]
    client.request(get_samples)
    qtbot.waitUntil(lambda: len(words) >= 2, timeout=WAIT)
    assert words[1] == ""
    qtbot.waitUntil(lambda: bool(words[-1]), timeout=WAIT)
    first = client.pid
    client.end()
    qtbot.waitUntil(lambda: bool(heard.lost), timeout=WAIT)
    assert words[-1] == ""
    qtbot.waitUntil(lambda: client.hello is not None, timeout=WAIT)
    assert client.pid != first


def test_an_export_is_waited_for_when_the_window_closes(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    client, _ = make()
    started(qtbot, client)
    out = tmp_path / "model.keras"
    client.request(lambda number: ExportRun(number, "/runs/fake", "keras", str(out)))
    client.stop()
    assert out.read_text() == "whole"


def test_death_answers_the_requests_that_wait(qtbot: QtBot, make: Make) -> None:
    client, _ = make("deaf")
    answers: list[Event] = []
    started(qtbot, client)
    client.request(get_samples, answers.append)
    os.kill(client.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(answers), timeout=WAIT)
    assert isinstance(answers[0], Failed)
    assert "memory" in answers[0].message


def test_an_exit_code_is_named_with_the_last_words(qtbot: QtBot, make: Make) -> None:
    client, heard = make("crash")
    started(qtbot, client)
    client.send(StartRun("r1", "/runs/fake", "{}"))
    qtbot.waitUntil(lambda: bool(heard.lost), timeout=WAIT)
    assert heard.lost == ["The worker ended with exit code 3: the disk is made of cheese."]


def test_a_worker_that_dies_at_every_start_is_not_started_for_ever(qtbot: QtBot, make: Make) -> None:
    client, heard = make("early")
    client.start()
    qtbot.waitUntil(lambda: len(heard.lost) == 2, timeout=WAIT)
    assert client.state == "lost"
    assert not client.will_restart
    assert "before it was ready" in heard.lost[1]
    client.send(StartRun("r1", "/runs/fake", "{}"))  # Train tries again
    qtbot.waitUntil(lambda: len(heard.lost) == 4, timeout=WAIT)


def test_a_program_that_is_not_there_is_named(qtbot: QtBot, make: Make) -> None:
    client, heard = make(command=("/nowhere/python",))
    client.start()
    qtbot.waitUntil(lambda: bool(heard.lost), timeout=WAIT)
    assert heard.lost[0].startswith("The worker could not be started: ")
    assert client.state == "lost"


def test_bytes_that_are_no_frame_end_the_worker(qtbot: QtBot, make: Make) -> None:
    client, heard = make("garbage")
    client.start()
    qtbot.waitUntil(lambda: len(heard.lost) == 2, timeout=WAIT)
    assert client.state == "lost"


def test_another_protocol_asks_for_a_restart_of_the_studio(qtbot: QtBot, make: Make) -> None:
    client, heard = make("old")
    client.start()
    qtbot.waitUntil(lambda: bool(heard.lost), timeout=WAIT)
    assert "updated while it was open" in heard.lost[0]
    assert client.state == "lost"


def test_of_a_flood_of_lossy_events_the_latest_arrives(qtbot: QtBot, make: Make) -> None:
    client, heard = make("flood")
    started(qtbot, client)
    qtbot.waitUntil(lambda: Heartbeat(999) in heard.events, timeout=WAIT)
    assert sum(isinstance(e, Heartbeat) for e in heard.events) < 500


def test_stop_ends_a_worker_that_does_not_listen(qtbot: QtBot, make: Make) -> None:
    client, heard = make("deaf")
    started(qtbot, client)
    pid = client.pid
    client.stop()
    assert client.state == "stopped"
    assert not heard.lost
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (WorkerEnd(signal=9), "The worker ended without warning (SIGKILL): the system or someone ended it, most often "
         "because memory ran out: try a smaller batch size or a smaller network."),
        (WorkerEnd(signal=63), "signal"),
        (WorkerEnd(code=0, said_hello=False), "The worker ended before it was ready, without an error."),
        (WorkerEnd(code=1, stderr="Traceback\n  x\nValueError: no\n\n"), "exit code 1: ValueError: no"),
        (WorkerEnd(start_error="No such file"), "The worker could not be started: No such file."),
    ],
)  # fmt: skip
def test_how_a_worker_ended_in_words(end: WorkerEnd, words: str) -> None:
    assert words in str(end)
