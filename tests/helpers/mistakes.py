"""The Mistakes tab in a window of its own, with a worker that only remembers: its judgements are made here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.inspect.inspection import Inspection
from cnnstudio.app.inspect.mistakes.panel import MistakesPanel
from cnnstudio.app.inspect.subject import Subject
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.run_controller import RunController
from cnnstudio.app.selection import Selection
from cnnstudio.core.data.info import Task
from cnnstudio.core.document import Document
from cnnstudio.core.formats.presets import preset
from cnnstudio.wire.messages import GetJudgements, GetSamples, Judgements
from tests.helpers.recording import RecordingWorker, Studio

if TYPE_CHECKING:
    from PySide6.QtCore import Qt
    from pytestqt.qtbot import QtBot

    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.wire.messages import Command, Evaluation

C = TypeVar("C", bound="Command")
W = TypeVar("W", bound=QWidget)


def judged(info: DataInfo, asked: GetJudgements, count: int) -> Judgements:
    """How a network does on `count` samples, the later ones worse; each third is wrong.

    Sample i is of class i, as `RecordingWorker` has it, and a wrong answer is the class after it. A mask has two
    classes of ten cells, of which as many are wrong as the number of the sample. A sample has two boxes, or classes,
    one of them missed where it is wrong, and there something is answered where nothing is.
    """
    places = np.arange(count)
    losses = np.linspace(0.1, 3.0, count).astype(np.float32)
    wrong, none = places % 3 == 2, info.classes
    nothing = np.empty((count, 0), np.int32)
    if info.task is Task.CLASSIFICATION:
        truths = (places % none).astype(np.int32)
        answers = np.where(wrong, (truths + 1) % none, truths).astype(np.int32)
        numbers = {"confidence": np.linspace(0.9, 0.5, count), "true_share": np.where(wrong, 0.1, 0.9)}
        return Judgements(asked.request, asked.part, losses, truths, answers, plain(numbers))
    if info.task is Task.RECONSTRUCTION:
        return Judgements(asked.request, asked.part, losses, nothing, nothing, plain({"mae": losses, "mse": losses}))
    rows: list[tuple[int, int, int, int]] = []
    for place in places.tolist():
        if info.task is Task.SEGMENTATION:
            rows += [(place, 0, 0, 10), (place, 1, 0, place), (place, 1, 1, max(1, 10 - place))]
        elif wrong[place]:
            rows += [(place, 0, 0, 1), (place, 1, none, 1), (place, none, 2, 1)]
        else:
            rows += [(place, 0, 0, 1), (place, 1, 1, 1)]
    pairs = np.array([row for row in rows if row[3]], np.int32)
    numbers = {"found": np.where(wrong, 1, 2), "missed": wrong, "false": wrong}
    if info.task is Task.SEGMENTATION:
        numbers = {"mean_iou": np.linspace(0.9, 0.1, count), "accuracy": np.linspace(1.0, 0.5, count)}
    return Judgements(asked.request, asked.part, losses, nothing, nothing, plain(numbers), pairs)


def plain(numbers: dict[str, Any]) -> dict[str, Any]:
    """As they travel."""
    return {name: np.asarray(values, np.float32) for name, values in numbers.items()}


class MistakesPage:
    """The tab, in sight, about the design of a preset."""

    def __init__(self, qtbot: QtBot, id: str = "lenet-5", *, subject: bool = True) -> None:
        experiment = preset(id).experiment
        assert experiment is not None
        bridge = DocumentBridge(Document(experiment))
        selection, self.worker = Selection(), RecordingWorker()
        run = RunController(bridge, selection, self.worker)
        self.bot = qtbot
        self.studio = Studio(bridge, selection, self.worker, run)
        self.inspection = Inspection(bridge, selection, run, self.worker, Preferences())
        self.panel = MistakesPanel(self.inspection)
        qtbot.addWidget(self.panel)
        self.panel.resize(1100, 560)
        self.panel.show()
        self.panel.activateWindow()
        qtbot.waitUntil(self.panel.isActiveWindow)
        self.panel.set_active(True)
        self.info = experiment.data.info()
        self.experiment = experiment
        if subject:
            self.inspection.choose_subject(Subject("Design", experiment))

    def find(self, kind: type[W], name: str) -> W:
        """The one widget of that name."""
        (found,) = self.panel.findChildren(kind, name)
        return found

    def key(self, widget: QWidget, key: Qt.Key) -> None:
        """Give it the focus and press a key there."""
        widget.setFocus()
        self.bot.waitUntil(widget.hasFocus)
        QTest.keyClick(widget, key)

    def asked(self, number: int = 1) -> GetJudgements:
        """The latest question, once so many have been put."""
        self.bot.waitUntil(lambda: len(self.worker.all(GetJudgements)) >= number)
        assert len(self.worker.all(GetJudgements)) == number
        return self.worker.all(GetJudgements)[-1]

    def judge(self, number: int = 1, count: int = 60) -> Judgements:
        """Answer that question."""
        made = judged(self.info, self.asked(number), count)
        self.worker.arrive(made)
        return made

    def bring_pictures(self) -> GetSamples:
        """Answer the latest request for samples by their places."""

        def listed() -> list[GetSamples]:
            return [asked for asked in self.worker.all(GetSamples) if asked.indices]

        self.bot.waitUntil(lambda: bool(listed()))
        asked = listed()[-1]
        self.worker.answer(asked)
        return asked

    def begin_run(self) -> str:
        """A run of the experiment begins, and is what is inspected; its id."""
        run = self.studio.start()
        self.inspection.choose_subject(Subject("Run", self.experiment, run=run, active=True))
        return run

    def evaluate(self, evaluation: Evaluation, epoch: int) -> None:
        """An epoch ends with this evaluation."""
        self.worker.arrive(evaluation)
        self.studio.epoch(epoch, 0.5)

    @property
    def order(self) -> list[int]:
        """The samples that are shown, by their places."""
        return [int(n) for n in self.panel.gallery.samples.order]
