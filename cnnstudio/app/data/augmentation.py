"""Augmentation on the Data page: how far training samples are varied, and what becomes of them, before and after."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QScrollArea, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.data.augmentation_pairs import SIDE, PairList
from cnnstudio.app.data.loader import SampleLoader, Wish, unvaried
from cnnstudio.app.features.words import MessageView, tool, words
from cnnstudio.app.inspector import DeclaredForm
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.theme import mark, space
from cnnstudio.core.data.augmentation import STRENGTHS, Augmentation
from cnnstudio.core.data.info import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Samples

SHOWN = 24
"""Samples in the gallery."""
OVERLAYS = {Task.SEGMENTATION: "Show masks", Task.DETECTION: "Show boxes"}
KINDS = {0: "vectors", 3: "volumes"}
FORM_WIDTH = 268


class AugmentationForm(QScrollArea):
    """How far samples are varied: strengths to begin with, and every value that means something for the data."""

    wanted = Signal(object, str)
    """The Augmentation that the person asks for, and the gesture it belongs to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("augmentation_settings")
        self.setAccessibleName("Augmentation settings")
        self.setWidgetResizable(True)
        mark(self, kind="panel")
        self._augmentation = Augmentation()
        self._strengths = Segments([name.capitalize() for name in STRENGTHS])
        self._strengths.setObjectName("augmentation_strength")
        self._strengths.setAccessibleName("Strength of the augmentation")
        self._strengths.setToolTip("Values to begin with; flip and fill stay as they are")
        self._strengths.chosen.connect(self._choose)
        self._form = DeclaredForm(self)
        self._form.setObjectName("augmentation_form")
        self._form.edited.connect(self._edit)
        inside = QWidget()
        self.setWidget(inside)  # first, see LatePage.built
        column = QVBoxLayout(inside)
        column.setContentsMargins(space(4), space(2), space(3), space(4))
        column.setSpacing(space(2))
        told = "Drawn anew in every epoch. Validation and test samples stay as they are."
        column.addWidget(words("augmentation_note", told, scale="caption", tone="muted", wrap=True))
        column.addWidget(self._strengths)
        column.addWidget(self._form)
        column.addStretch(1)

    def prepare(self) -> Iterator[None]:
        """Make the fields, with a rest after every few, before anything is shown."""
        yield from self._form.prepare(Augmentation)

    def show_augmentation(self, augmentation: Augmentation, info: DataInfo) -> None:
        """Show these values, those that mean something for such data."""
        self._augmentation = augmentation
        strength = augmentation.strength(info)
        self._strengths.show_index(list(STRENGTHS).index(strength) if strength else -1)
        self._form.show_value(augmentation, only=augmentation.names_for(info))

    def choose(self, strength: str) -> None:
        """Ask for the values of that strength."""
        self.wanted.emit(self._augmentation.of_strength(strength), "")

    def _choose(self, index: int) -> None:
        self.choose(list(STRENGTHS)[index])

    def _edit(self, name: str, value: Any, gesture: str) -> None:
        self.wanted.emit(dataclasses.replace(self._augmentation, **{name: value}), gesture)


class NarrowMessage(MessageView):
    """A message beside the form: narrower than one that has a page to itself."""

    WIDTH = 300


class BeforeAndAfter(QWidget):
    """Some training samples beside what an epoch makes of them. It asks for them while it is in sight."""

    wanted = Signal(str)
    """The person asks for augmentation of this strength."""

    def __init__(self, worker: WorkerClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("augmentation_gallery")
        self._experiment: Experiment | None = None
        self._before: Samples | None = None
        self._epoch = 1
        self._told = words("augmentation_epoch", tone="muted")
        tip = "Show what the next epoch makes of the samples"
        self._again = tool("augmentation_again", "shuffle", tip, text="Another draw")
        self._again.clicked.connect(self._draw_again)
        self._overlay = QCheckBox()
        self._overlay.setObjectName("augmentation_overlay")
        self._overlay.setToolTip("Draw masks or boxes over the images: they follow the changes")
        self._overlay.setChecked(True)
        self._list = PairList()
        self._overlay.toggled.connect(self._list.pairs.set_overlaid)
        self._message = NarrowMessage("augmentation_message")
        self._message.action.connect(self._act)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(self._list)
        self._as_they_are, self._varied = SampleLoader(worker, self), SampleLoader(worker, self)
        self._as_they_are.loaded.connect(self._take_before)
        self._varied.loaded.connect(self._take_after)
        for loader in (self._as_they_are, self._varied):
            loader.loading.connect(self._wait)
            loader.failed.connect(self._fail)
        self._arrange()
        self._say("One moment", "Loading the samples\u2026")

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._told, 1)
        top.addWidget(self._overlay)
        top.addWidget(self._again)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(2), space(2), space(4), space(2))
        column.setSpacing(space(2))
        column.addLayout(top)
        column.addWidget(self._stack, 1)

    @property
    def pairs(self) -> PairList:
        """The list of pairs."""
        return self._list

    @property
    def epoch(self) -> int:
        """The epoch whose draw is shown, from 1."""
        return self._epoch

    @property
    def message(self) -> str:
        """What is said in place of samples; "" while they are shown."""
        return self._message.text if self._stack.currentWidget() is self._message else ""

    def set_active(self, active: bool) -> None:
        """Whether it is in sight; only then are samples asked for."""
        for loader in (self._as_they_are, self._varied):
            loader.set_active(active)

    def show_experiment(self, experiment: Experiment, problem: str = "") -> None:
        """Show samples of its training part; where there can be none, `problem` says why."""
        last, self._experiment = self._experiment, experiment
        info, augmentation = experiment.data.info(), experiment.data.augmentation
        self._overlay.setVisible(info.task in OVERLAYS)
        self._overlay.setText(OVERLAYS.get(info.task, ""))
        self._overlay.setAccessibleName(OVERLAYS.get(info.task, "Show masks"))
        if last is None or unvaried(last.data) != unvaried(experiment.data):
            self._before = None
            self._list.pairs.clear()
            self._say("One moment", "Loading the samples\u2026")
        if problem or not augmentation.acts_on(info):
            self._varied.drop()
            self._as_they_are.drop()
            self._before = None
            self._say_nothing_varied(info, problem)
        else:
            self._ask()

    def _say_nothing_varied(self, info: DataInfo, problem: str) -> None:
        if problem:
            self._say("There are no samples", problem)
        elif not Augmentation.names_for(info):
            kind = KINDS.get(info.rank, "such samples")
            self._say("These samples cannot be varied", f"Images and signals can be varied, {kind} cannot.")
        else:
            text = "Training sees the same samples in every epoch. Varied ones teach it what does not matter."
            self._say("Nothing is varied", text, "Vary gently")

    def _ask(self, *, at_once: bool = False) -> None:
        if self._experiment is None:
            return
        edge = round(SIDE * self.devicePixelRatioF())
        wish = Wish(self._experiment, "training", 0, SHOWN, edge)
        self._as_they_are.want(wish, at_once=at_once)
        self._varied.want(dataclasses.replace(wish, epoch=self._epoch), at_once=at_once)

    def _draw_again(self) -> None:
        self._epoch += 1
        self._ask(at_once=True)

    def _take_before(self, samples: Samples) -> None:
        self._before = samples

    def _take_after(self, samples: Samples) -> None:
        # The worker answers in turn, and those as they are were asked for first.
        if self._before is None or self._experiment is None or len(self._before.inputs) != len(samples.inputs):
            return
        self._list.put(self._before, samples, self._experiment.data.info(), self._epoch)
        self._stack.setCurrentWidget(self._list)
        self._show_bar()

    def _wait(self, text: str) -> None:
        if self._stack.currentWidget() is not self._list:  # what is shown stays until the next draw is here
            self._say("One moment", text)

    def _fail(self, sentence: str, details: str) -> None:
        self._say("The samples cannot be shown", sentence, "Retry", details)

    def _say(self, title: str, text: str, action: str = "", details: str = "") -> None:
        tip = "Ask for the samples again" if action == "Retry" else action
        self._message.say(title, text, action=action, tip=tip, details=details)
        self._stack.setCurrentWidget(self._message)
        self._show_bar()

    def _show_bar(self) -> None:
        shown = self._stack.currentWidget() is self._list
        self._again.setEnabled(shown)
        self._overlay.setEnabled(shown)
        self._told.setText(f"As in epoch {self._epoch:,}" if shown else "")

    def _act(self) -> None:
        if self._message.title == "Nothing is varied":
            self.wanted.emit("gentle")
        else:
            self._as_they_are.retry()
            self._varied.retry()


class AugmentationPanel(QWidget):
    """Settings at the left, samples before and after at the right. Every change is one edit of the data recipe."""

    wanted = Signal(object, str)
    """The DataRecipe that the person asks for, and the gesture it belongs to."""

    def __init__(self, worker: WorkerClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_augmentation")
        self.setAccessibleName("Augmentation")
        self._experiment: Experiment | None = None
        self._form = AugmentationForm()
        self._form.setFixedWidth(FORM_WIDTH)
        self._form.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.gallery = BeforeAndAfter(worker)
        self._form.wanted.connect(self._edit)
        self.gallery.wanted.connect(self._form.choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._form)
        row.addWidget(self.gallery, 1)

    def prepare(self) -> Iterator[None]:
        """Make the fields, with a rest after every few, before anything is shown."""
        yield from self._form.prepare()

    def show_experiment(self, experiment: Experiment, problem: str = "") -> None:
        """Show the augmentation of its data; where there can be no samples, `problem` says why."""
        self._experiment = experiment
        info = experiment.data.info()
        self._form.setVisible(bool(Augmentation.names_for(info)))
        self._form.show_augmentation(experiment.data.augmentation, info)
        self.gallery.show_experiment(experiment, problem)

    def set_active(self, active: bool) -> None:
        """Whether it is in sight; only then are samples asked for."""
        self.gallery.set_active(active)

    def _edit(self, augmentation: Augmentation, gesture: str) -> None:
        if self._experiment is not None:
            recipe = dataclasses.replace(self._experiment.data, augmentation=augmentation)
            self.wanted.emit(recipe, gesture)
