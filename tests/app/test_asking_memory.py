"""Answers that are kept do not fill the memory."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.app import asking
from cnnstudio.app.asking import Question
from cnnstudio.app.worker_client import WorkerClient
from cnnstudio.wire.messages import Command, GetKernels, Kernels

if TYPE_CHECKING:
    import pytest


def wanted(block: str, request: int) -> Command:
    return GetKernels(request=request, experiment="", block=block)


def test_large_answers_make_way_for_later_ones_and_the_latest_stays(
    qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "KEPT_BYTES", 3000)
    monkeypatch.setattr(WorkerClient, "state", "ready")
    monkeypatch.setattr(WorkerClient, "send", lambda *_: None)
    worker = WorkerClient()
    question = Question(worker, "the kernels", worker)
    question.set_active(True)
    came: list[str] = []

    def note(event: Kernels) -> None:
        came.append(event.block)

    question.answered.connect(note)
    for number, (block, size) in enumerate((("a", 250), ("b", 250), ("c", 250), ("d", 2000)), 1):
        question.wish(block, functools.partial(wanted, block), at_once=True)
        worker.received.emit(Kernels(number, block, True, np.zeros(size, np.float32), np.zeros(1, np.float32)))
        assert came[-1] == block
    question.wish("d", functools.partial(wanted, "d"), at_once=True)
    assert came == ["a", "b", "c", "d", "d"]  # at once, as it is known
    question.wish("c", functools.partial(wanted, "c"), at_once=True)
    assert came[-1] == "d"  # it has to be asked for again
    worker.received.emit(Kernels(5, "c", True, np.zeros(1, np.float32), np.zeros(1, np.float32)))
    assert came[-1] == "c"
