"""Why this prediction: what counts in the sample for a class, laid over it, beside what the network says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.app.inspect.why.controls import WIDTH, Controls, plain
from cnnstudio.app.inspect.why.figure import ExplanationFigure
from cnnstudio.app.inspect.why.look import LookFields
from cnnstudio.app.inspect.why.overlay import Counting
from cnnstudio.app.inspect.why.panes import SideBySide
from cnnstudio.app.inspect.why.picture_pane import PicturePane
from cnnstudio.app.inspect.why.places_view import Box, PlacesView
from cnnstudio.app.inspect.why.sentences import class_words, number_words, whose_words
from cnnstudio.app.inspect.why.work_line import WorkLine
from cnnstudio.app.theme import space
from cnnstudio.app.training.prediction import ChosenSample
from cnnstudio.core.data.info import Task
from cnnstudio.core.explaining import METHODS
from cnnstudio.wire.messages import Explain, Explained, ExplanationProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.app.inspect.why.controls import Settings
    from cnnstudio.app.inspect.why.front import SampleInFront
    from cnnstudio.app.inspect.why.network import Asked

ABOUT_CLASS = tuple(m for m in METHODS.values() if m.about == "class")


class ExplanationView(QWidget):
    """Asks for one explanation at a time; while a run goes on, again after each epoch."""

    def __init__(
        self,
        inspection: Inspection,
        asked: Asked,
        front: SampleInFront,
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        """The fields alone; `built` makes what stands beside them."""
        super().__init__(parent)
        self.setObjectName("why_explanation")
        self._inspection, self._asked, self._front = inspection, asked, front
        self._shown: tuple[Explained, Subject] | None = None
        self._block = ""
        self._parts = SideBySide("why_explanation_splitter", self)
        self.controls = Controls("why_controls", ABOUT_CLASS, settings, self._parts)
        self.controls.choose_method(inspection.preferences.choice("why/method"))

    def built(self) -> Iterator[None]:
        """Make the rest; to be gone through once, and to its end, before anyone sees the view."""
        yield
        inspection = self._inspection
        self.places = PlacesView("why_places")
        self.prediction = ChosenSample()
        self.work = WorkLine("why_work", "the explanation", inspection.worker)
        self.look = LookFields(inspection.preferences)
        self.pane = PicturePane(
            "why", self.places, self.work, below=self.look,
            save="Save the explanation as a picture", numbers="What the method says beside its picture",
        )  # fmt: skip
        side = QWidget()
        beside = QVBoxLayout(side)
        beside.setContentsMargins(space(3), 0, 0, 0)
        beside.addWidget(self.prediction)
        self._parts.hold((self.controls, self.pane, side), (WIDTH, 480, 300), grows=(1,))
        self._connect()

    def _connect(self) -> None:
        self.controls.changed.connect(self._choose)
        self.work.answered.connect(self._take)
        self.work.progressed.connect(self._follow)
        self.work.ended.connect(self._miss)
        self.look.changed.connect(self._show_look)
        self.pane.save_wanted.connect(self._save_picture)
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
        self.controls.show_input(subject.info.input_shape)
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
        self.pane.show_sample(front.values)
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
            self.pane.say_title(f"{self.controls.method.title}, so far")

    def _take(self, answer: Explained) -> None:
        subject = self._asked.subject
        if subject is None:
            return
        self._shown = (answer, subject)
        method = METHODS[answer.method]
        about = class_words(answer.target, subject.info)
        self._lay(Counting(answer.picture, method.signed))
        self.pane.say_title(f"{method.title} for {about}")
        whose = whose_words(answer.block if method.wants_block else "", answer.trained, self._asked.epochs)
        self.pane.say(whose, number_words(answer.numbers, about, subject.info.rank))
        self.places.show_box(_box_of(answer) if subject.info.task is Task.DETECTION else None)

    def _miss(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._shown = None
        self.places.show_counting(None)
        self.places.show_box(None)
        self.pane.say_title(self.controls.method.title)
        self.pane.clear()

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
        stem = f"{subject.experiment.name or 'network'} {answer.method}"
        title = f"{self.pane.title}, {self._front.words}"
        colours, depth = self.look.colours(counting.signed), self.places.shown_slice
        drawn = ExplanationFigure(sample, title, self.pane.numbers, depth, counting, colours, self.look.strength)
        self.pane.save("Save explanation", stem, drawn.file)


def _box_of(answer: Explained) -> Box | None:
    left, top, right, bottom = (answer.numbers.get(edge) for edge in ("left", "top", "right", "bottom"))
    if left is None or top is None or right is None or bottom is None:
        return None
    return left, top, right, bottom
