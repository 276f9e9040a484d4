"""A worker that ends over a question: the question says so and is put to the next one, once."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnstudio.app import asking
from cnnstudio.app.asking import AGAIN, ENDED, Question
from cnnstudio.wire.messages import Command, Failed, GetKernels, Kernels
from tests.helpers.recording import RecordingWorker

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def wanted(block: str, request: int) -> Command:
    return GetKernels(request=request, experiment="", block=block)


class Asked:
    """A question about one block, and what was heard of it."""

    def __init__(self) -> None:
        self.worker = RecordingWorker()
        self.question = Question(self.worker, "the kernels", self.worker)
        self.answers: list[object] = []
        self.failures: list[str] = []
        self.waits: list[str] = []
        self.question.answered.connect(self.answers.append)
        self.question.failed.connect(self._note)
        self.question.waiting.connect(self.waits.append)
        self.question.set_active(True)

    def _note(self, sentence: str, details: str) -> None:
        self.failures.append(sentence)

    def wish(self, block: str) -> None:
        self.question.wish(block, functools.partial(wanted, block))

    @property
    def requests(self) -> list[GetKernels]:
        return self.worker.all(GetKernels)

    def die(self) -> None:
        """The worker ends over what it was asked last, and another one is started."""
        request = self.requests[-1].request
        self.worker.enter("lost")
        self.worker.arrive(Failed(request, "The worker ended without warning (SIGKILL)."))
        self.worker.enter("starting")


@pytest.fixture
def asked(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setattr(asking, "SETTLE_MS", 1)
    made = Asked()
    made.wish("conv")
    qtbot.waitUntil(lambda: len(made.requests) == 1)
    return made


def test_the_next_worker_is_asked_once_more_and_its_answer_counts(asked: Asked, qtbot: QtBot) -> None:
    asked.die()
    assert asked.failures == [f"The worker ended without warning (SIGKILL). {AGAIN}"]
    asked.worker.enter("ready")
    qtbot.waitUntil(lambda: len(asked.requests) == 2)
    one = np.zeros(1, np.float32)
    asked.worker.arrive(Kernels(asked.requests[-1].request, "conv", True, one, one))
    assert len(asked.answers) == 1
    assert len(asked.failures) == 1


def test_what_has_ended_two_workers_waits_for_the_person(asked: Asked, qtbot: QtBot) -> None:
    """It may be what ends them: not one worker after the other."""
    asked.die()
    asked.worker.enter("ready")
    qtbot.waitUntil(lambda: len(asked.requests) == 2)
    asked.die()
    assert AGAIN not in asked.failures[-1]
    asked.worker.enter("ready")
    qtbot.wait(20)
    assert len(asked.requests) == 2
    asked.question.retry()
    qtbot.waitUntil(lambda: len(asked.requests) == 3)


def test_out_of_sight_it_waits_until_somebody_looks(asked: Asked, qtbot: QtBot) -> None:
    asked.question.set_active(False)
    asked.die()
    asked.worker.enter("ready")
    qtbot.wait(20)
    assert len(asked.requests) == 1
    asked.question.set_active(True)
    qtbot.waitUntil(lambda: len(asked.requests) == 2)
    assert asked.failures == []


def test_where_no_worker_can_be_started_nobody_is_kept_waiting(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordingWorker, "will_restart", False)
    asked.question.forget()
    asked.worker.enter("lost")
    asked.waits.clear()
    asked.wish("other")
    assert asked.failures[-1] == ENDED
    assert asked.waits == []
