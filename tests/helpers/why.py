"""The Why tab in a window of its own, with a worker that only remembers: its answers are made here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.inspect.inspection import Inspection
from cnnstudio.app.inspect.subject import Subject
from cnnstudio.app.inspect.why.panel import WhyPanel
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.run_controller import RunController
from cnnstudio.app.selection import Selection
from cnnstudio.core.data.info import Task
from cnnstudio.core.document import Document
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.program import INPUT
from cnnstudio.wire.messages import (
    Exciting,
    Explain,
    Explained,
    FindExciting,
    GetMaps,
    GetSamples,
    GetShiftResponse,
    Maps,
    ShiftResponse,
)
from tests.helpers.recording import RecordingWorker, Studio

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cnnstudio.wire.messages import Command

C = TypeVar("C", bound="Command")
W = TypeVar("W", bound=QWidget)


class WhyPage:
    """The tab, in sight, about the design of a preset."""

    def __init__(self, qtbot: QtBot, id: str = "lenet-5", state: str = "ready", subject: bool = True) -> None:
        experiment = preset(id).experiment
        assert experiment is not None
        bridge = DocumentBridge(Document(experiment))
        selection, self.worker = Selection(), RecordingWorker(state)
        run = RunController(bridge, selection, self.worker)
        self.bot = qtbot
        self.studio = Studio(bridge, selection, self.worker, run)
        self.inspection = Inspection(bridge, selection, run, self.worker, Preferences())
        self.panel = WhyPanel(self.inspection)
        qtbot.addWidget(self.panel)
        self.panel.resize(960, 540)
        self.panel.show()
        qtbot.waitExposed(self.panel)
        self.panel.set_active(True)
        self.info = experiment.data.info()
        if subject:
            self.inspection.choose_subject(Subject("Design", experiment))

    def find(self, kind: type[W], name: str) -> W:
        """The one widget of that name."""
        (found,) = self.panel.findChildren(kind, name)
        return found

    def click(self, name: str) -> None:
        """Press it with the mouse."""
        QTest.mouseClick(self.find(QWidget, name), Qt.MouseButton.LeftButton)

    def asked(self, kind: type[C], number: int = 1) -> C:
        """The latest command of that type, once so many of them have been sent."""
        self.bot.waitUntil(lambda: len(self.worker.all(kind)) >= number)
        assert len(self.worker.all(kind)) == number
        return self.worker.all(kind)[-1]

    def bring_sample(self, prediction: Any = None) -> Any:
        """The worker sends the sample in front, and what the network says of it: mostly class 3 unless told."""
        asked = self.asked(GetSamples)
        samples = self.worker.answer(asked)
        wanted = self.asked(GetMaps)
        if prediction is None:
            prediction = np.full(self.info.classes, 0.05, np.float32)
            prediction[3] = 0.55
        maps, bounds = np.zeros((2, 4, 4), np.uint8), np.zeros(2, np.float32)
        self.worker.arrive(
            Maps(wanted.request, wanted.block, wanted.sample, True, samples.inputs[0], maps, bounds, bounds, prediction)
        )
        return samples.inputs[0]

    def explain(self, asked: Explain, picture: Any = None, target: int = 3, **numbers: float) -> Any:
        """Answer with this picture, of which by default one place counts 2 and the others nothing."""
        if picture is None:
            picture = np.zeros(self.info.input_shape[:-1], np.float32)
            picture[tuple(2 for _ in picture.shape)] = 2.0
        numbers = numbers or {"score": 4.5, "share": 0.9}
        self.worker.arrive(Explained(asked.request, asked.method, asked.block, target, True, picture, numbers))
        return picture

    def excite(self, asked: FindExciting) -> Exciting:
        """Answer with three samples."""
        inputs = np.random.default_rng(0).random((3, *self.info.input_shape), np.float32)
        values = np.array([3.5, 2.25, 1.0], np.float32)
        subject = self.inspection.subject
        assert subject is not None
        output = subject.trace.blocks[asked.block].output
        assert output is not None
        cells = np.array([[n for _ in output.shape[:-1]] for n in range(3)], np.int32)
        event = Exciting(
            asked.request, asked.block, asked.channel, asked.part, np.array([7, 3, 5], np.int32), values, cells, inputs
        )
        self.worker.arrive(event)
        return event

    def respond(self, asked: GetShiftResponse) -> ShiftResponse:
        """Answer: the further the sample is moved, the more blocks change, each half as much as the one before."""
        subject = self.inspection.subject
        assert subject is not None
        shifts = np.arange(-asked.most, asked.most + 1, dtype=np.int32)
        blocks = tuple(id for id in subject.blocks if id != INPUT)
        changes = np.stack([np.abs(shifts) * 0.5**n for n in range(len(blocks))]).astype(np.float32)
        of_whole = self.info.task in (Task.CLASSIFICATION, Task.MULTILABEL)
        predictions = np.zeros((len(shifts), self.info.classes if of_whole else 0), np.float32)
        if of_whole:
            predictions[np.arange(len(shifts)), np.abs(shifts) % self.info.classes] = 0.75
        event = ShiftResponse(asked.request, shifts, blocks, changes, predictions)
        self.worker.arrive(event)
        return event
