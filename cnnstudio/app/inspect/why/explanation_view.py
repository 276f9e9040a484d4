"""Why this prediction: what counts in the sample for a class, laid over it, beside what the network says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.inspect.why.controls import WIDTH, Controls, plain
from cnnstudio.app.inspect.why.figure import ExplanationFigure
from cnnstudio.app.inspect.why.look import LookFields
from cnnstudio.app.inspect.why.overlay import Counting
from cnnstudio.app.inspect.why.panes import side_by_side
from cnnstudio.app.inspect.why.places_view import Box, PlacesView
from cnnstudio.app.inspect.why.sentences import class_words, number_words, whose_words
from cnnstudio.app.inspect.why.work_line import WorkLine
from cnnstudio.app.theme import mark, space
from cnnstudio.app.training.figure_files import ask_path, save_figure
from cnnstudio.app.training.prediction import ChosenSample
from cnnstudio.core.data.info import Task
from cnnstudio.core.explaining import METHODS
from cnnstudio.wire.messages import Explain, Explained, ExplanationProgress

if TYPE_CHECKING:
    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.app.inspect.why.controls import Settings
    from cnnstudio.app.inspect.why.front import SampleInFront
    from cnnstudio.app.inspect.why.network import Asked

ABOUT_CLASS = tuple(m for m in METHODS.values() if m.about == "class")


class ExplanationView(QWidget):
    """Asks for one explanation at a time; while a run goes on, again after each epoch."""

    def __init__(self, inspection: Inspection, asked: Asked, front: SampleInFront, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("why_explanation")
        self._inspection, self._asked, self._front = inspection, asked, front
        self._shown: tuple[Explained, Subject] | None = None
        self._block = ""
        self.controls = Controls("why_controls", ABOUT_CLASS, settings)
        self.controls.choose_method(inspection.preferences.choice("why/method"))
        self.places = PlacesView("why_places")
        self.prediction = ChosenSample()
        self.work = WorkLine("why_work", "the explanation", inspection.worker)
        self.look = LookFields(inspection.preferences)
        self._title = words("why_title", scale="title")
        self._numbers = words("why_numbers", tone="muted", wrap=True, tip="What the method says beside its picture")
        self._whose = words("why_whose", tone="muted", scale="caption", tip="The network that is explained")
        self._readout = words("why_readout", tone="muted", scale="caption")
        self._save = tool("why_save", "export", "Save the explanation as a picture")
        self._slice = slice_slider("why_slice")
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._save)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(space(3), 0, space(3), 0)
        column.setSpacing(space(2))
        column.addLayout(head)
        column.addWidget(self._whose)
        column.addWidget(self.places, 1)
        column.addWidget(self._slice)
        column.addWidget(self._readout)
        column.addWidget(self.look)
        self._numbers.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._numbers.setMinimumHeight(3 * self._numbers.fontMetrics().lineSpacing())
        column.addWidget(self._numbers)
        column.addWidget(self.work)
        side = QWidget()
        beside = QVBoxLayout(side)
        beside.setContentsMargins(space(3), 0, 0, 0)
        beside.addWidget(self.prediction)
        parts = side_by_side("why_explanation_splitter", (self.controls, middle, side), (WIDTH, 480, 300), grows=1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(parts)
        self._save.setEnabled(False)

    def _connect(self) -> None:
        self.controls.changed.connect(self._choose)
        self.work.answered.connect(self._take)
        self.work.progressed.connect(self._follow)
        self.work.ended.connect(self._miss)
        self.look.changed.connect(self._show_look)
        self.places.pointed.connect(self._readout.setText)
        self._slice.valueChanged.connect(self.places.show_slice)
        self._save.clicked.connect(self._save_picture)
        self.prediction.class_picked.connect(self.controls.choose_class)
        self._inspection.block_changed.connect(self._follow_block)
        self._front.changed.connect(self._show_sample)
        self._front.predicted.connect(self._show_prediction)
        self._asked.renewed.connect(self._renew)
        self._asked.outdated.connect(self.work.outdate)
        self.work.due.connect(self.ask)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it."""
        self.work.set_active(active)
        if active:
            self.ask()

    # What is asked

    def _renew(self) -> None:
        subject = self._asked.subject
        self._block = self._inspection.block
        self._clear()
        if subject is None:
            self.work.forget()
            return
        task = subject.info.task
        self.controls.offer_methods([m for m in ABOUT_CLASS if task in m.tasks])
        self.controls.offer_classes(subject.info)
        blocks = subject.trace.blocks
        outputs = {id: blocks[id].output for id in subject.blocks}
        self.controls.offer_blocks([id for id, out in outputs.items() if out is not None and len(out.shape) > 1])
        self.ask()

    def _follow_block(self) -> None:
        """Another block was chosen by the person: that which comes with another network is not."""
        if self._inspection.block != self._block:
            self._block = self._inspection.block
            self.controls.choose_block(self._block)

    def _choose(self) -> None:
        self._inspection.preferences.keep_choice("why/method", self.controls.method.name)
        self._inspection.choose_block(self.controls.block)
        self.ask()

    def ask(self) -> None:
        """Ask for the explanation that the fields describe."""
        if self._asked.subject is None:
            return
        chosen, sample = self.controls, self._front.sample
        name, target, block = chosen.method.name, chosen.target, chosen.block
        settings = plain(chosen.settings)
        key = (self._asked.key, name, sample, target, block, tuple(settings.items()))
        make = self._asked.question(Explain, method=name, sample=sample, block=block, target=target, settings=settings)
        self.work.wish(key, make)

    # What is shown

    def _show_sample(self) -> None:
        subject, front = self._asked.subject, self._front
        self._clear()
        self.places.show_sample(front.values)
        is_volume = front.values is not None and front.values.ndim == 4
        self._slice.setVisible(is_volume)
        if is_volume:
            self._slice.setRange(0, front.values.shape[0] - 1)
            self._slice.setValue(front.values.shape[0] // 2)
        if subject is not None and front.values is not None:
            part, index = front.sample.part, front.sample.index
            self.prediction.show_sample(part, index, front.values, front.target, subject.info, front.name)
        self.ask()

    def _show_prediction(self) -> None:
        if self._front.prediction is not None and self._front.values is not None:
            self.prediction.show_prediction(self._front.prediction)
        else:
            self.prediction.forget_prediction()

    def _follow(self, event: ExplanationProgress) -> None:
        if event.picture is not None:
            self._lay(Counting(event.picture, self.controls.method.signed))
            self._title.setText(f"{self.controls.method.title}, so far")

    def _take(self, answer: Explained) -> None:
        subject = self._asked.subject
        if subject is None:
            return
        self._shown = (answer, subject)
        method = METHODS[answer.method]
        about = class_words(answer.target, subject.info)
        self._lay(Counting(answer.picture, method.signed))
        self._title.setText(f"{method.title} for {about}")
        self._whose.setText(whose_words(answer.block if method.wants_block else "", answer.trained, self._asked.epochs))
        self._numbers.setText(number_words(answer.numbers, about, subject.info.rank))
        self.places.show_box(_box_of(answer) if subject.info.task is Task.DETECTION else None)
        self.places.setAccessibleDescription(f"{self._title.text()}. {self._numbers.text()}")
        self._save.setEnabled(True)

    def _miss(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._shown = None
        self.places.show_counting(None)
        self.places.show_box(None)
        self._title.setText(self.controls.method.title)
        self._whose.clear()
        self._numbers.clear()
        self._save.setEnabled(False)

    def _lay(self, counting: Counting) -> None:
        self.places.show_look(self.look.colours(counting.signed), self.look.strength)
        self.places.show_counting(counting)

    def _show_look(self) -> None:
        counting = self.places.counting
        signed = self.controls.method.signed if counting is None else counting.signed
        self.places.show_look(self.look.colours(signed), self.look.strength)

    def _save_picture(self) -> None:
        counting, sample = self.places.counting, self._front.values
        if self._shown is None or counting is None or sample is None:
            return
        answer, subject = self._shown
        stem = f"{subject.experiment.name or 'network'} {answer.method}".replace("/", "-")
        path = ask_path(self, "Save explanation", stem)
        if path is None:
            return
        title = f"{self._title.text()}, {self._front.words}"
        colours, depth = self.look.colours(counting.signed), self.places.shown_slice
        drawn = ExplanationFigure(sample, title, self._numbers.text(), depth, counting, colours, self.look.strength)
        saved, sentence = save_figure(path, drawn.file)
        self._readout.setText(sentence)
        mark(self._readout, tone="ok" if saved else "error")


def _box_of(answer: Explained) -> Box | None:
    left, top, right, bottom = (answer.numbers.get(edge) for edge in ("left", "top", "right", "bottom"))
    if left is None or top is None or right is None or bottom is None:
        return None
    return left, top, right, bottom


def slice_slider(name: str) -> QSlider:
    """A slider through the slices of a volume; hidden until there is one."""
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setObjectName(name)
    slider.setAccessibleName("Slice")
    slider.setToolTip("The slice of the volume that is shown")
    slider.hide()
    return slider
