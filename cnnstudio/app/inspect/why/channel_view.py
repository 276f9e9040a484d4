"""What a channel looks for: a sample that is made to excite it, and the samples of the data that do so most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from cnnstudio.app.data.parts import PartField
from cnnstudio.app.features.words import words
from cnnstudio.app.inspect.why.controls import WIDTH, Controls, plain
from cnnstudio.app.inspect.why.exciting_list import ExcitingList, ExcitingSight
from cnnstudio.app.inspect.why.figure import ExplanationFigure
from cnnstudio.app.inspect.why.panes import SideBySide
from cnnstudio.app.inspect.why.picture_pane import PicturePane
from cnnstudio.app.inspect.why.places_view import PlacesView
from cnnstudio.app.inspect.why.sentences import channel_words, whose_words
from cnnstudio.app.inspect.why.work_line import WorkLine
from cnnstudio.app.theme import space
from cnnstudio.core.explaining import METHODS
from cnnstudio.wire.messages import Exciting, Explain, Explained, ExplanationProgress, FindExciting, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.why.controls import Settings
    from cnnstudio.app.inspect.why.front import SampleInFront
    from cnnstudio.app.inspect.why.network import Asked

ABOUT_CHANNEL = tuple(m for m in METHODS.values() if m.about == "channel")
COUNT = 16
"""Samples that are found."""


class ChannelView(QWidget):
    """Follows the block and the channel that are looked at."""

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
        self.setObjectName("why_channel_view")
        self._inspection, self._asked, self._front = inspection, asked, front
        self._shown = "", -1
        """Block and channel."""
        self._parts = SideBySide("why_channel_splitter", self)
        self.controls = Controls("why_channel_controls", ABOUT_CHANNEL, settings, self._parts)

    def built(self) -> Iterator[None]:
        """Make the rest; to be gone through once, and to its end, before anyone sees the view."""
        yield
        inspection = self._inspection
        self.channel = QSpinBox()
        self.places = PlacesView("why_looks_for", with_scale=False)
        self.work = WorkLine("why_channel_work", "what it looks for", inspection.worker)
        self.search = WorkLine("why_exciting_work", "the search", inspection.worker)
        self.exciting = ExcitingList()
        self.sight = ExcitingSight()
        self.part = PartField("why_exciting_part")
        self.pane = PicturePane(
            "why_channel", self.places, self.work,
            save="Save what it looks for as a picture", numbers="How much the channel answers to it",
        )  # fmt: skip
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        self.channel.setObjectName("why_channel")
        self.channel.setAccessibleName("Channel")
        self.channel.setToolTip("The channel of the block, counted from 0; the block is chosen in the list at the left")
        self.channel.lineEdit().setTextMargins(space(1), 0, 0, 0)
        label = QLabel("Channel")
        label.setBuddy(self.channel)
        self.controls.column.insertWidget(0, label)
        self.controls.column.insertWidget(1, self.channel)
        self.controls.column.insertSpacing(2, space(2))
        self.places.setAccessibleName("What the channel looks for")
        self.places.setToolTip("A sample made to excite the channel as much as it can")
        over = QHBoxLayout()
        over.addWidget(words("why_exciting_title", "Excited most by", scale="title"), 1)
        over.addWidget(self.part)
        side = QWidget()
        beside = QVBoxLayout(side)
        beside.setContentsMargins(space(3), 0, 0, 0)
        beside.setSpacing(space(2))
        beside.addLayout(over)
        beside.addWidget(self.exciting, 3)
        beside.addWidget(self.sight, 2)
        beside.addWidget(self.search)
        self._parts.hold((self.controls, self.pane, side), (WIDTH, 320, 380), grows=(2,))

    def _connect(self) -> None:
        self.controls.changed.connect(self._ask_for_picture)
        self.channel.valueChanged.connect(self._inspection.choose_channel)
        self.part.currentIndexChanged.connect(self._ask_for_samples)
        self._inspection.block_changed.connect(self._renew)
        self._inspection.channel_changed.connect(self._renew)
        self._asked.renewed.connect(self._renew)
        for work, ask in ((self.work, self._ask_for_picture), (self.search, self._ask_for_samples)):
            self._asked.outdated.connect(work.outdate)
            work.due.connect(ask)
        self.work.answered.connect(self._take_picture)
        self.work.progressed.connect(self._follow)
        self.work.ended.connect(self._clear_picture)
        self.search.answered.connect(self._take_samples)
        self.search.ended.connect(self.exciting.forget)
        self.exciting.looked.connect(self.sight.show_seen)
        self.exciting.picked.connect(self._pin)
        self.pane.save_wanted.connect(self._save_picture)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it."""
        self.work.set_active(active)
        self.search.set_active(active)
        if active:
            self._renew()

    @property
    def title(self) -> str:
        """What is shown, in words."""
        return self.pane.title

    def _renew(self) -> None:
        """Another network, block or channel."""
        subject, block = self._asked.subject, self._inspection.block
        output = subject.trace.blocks[block].output if subject is not None and block in subject.trace.blocks else None
        if output is None:
            self.work.forget()
            self.search.forget()
            self._clear_picture()
            self.exciting.forget()
            self.pane.say_title("")
            self._shown = ("", -1)
            return
        self.channel.setMaximum(output.shape[-1] - 1)
        self.channel.setValue(self._inspection.channel)
        if (block, self._inspection.channel) != self._shown:
            self._shown = block, self._inspection.channel
            self.pane.say_title(f"Channel {self._inspection.channel}")
            self._clear_picture()
            self.exciting.forget()
        self._ask_for_picture()
        self._ask_for_samples()

    def _ask_for_picture(self) -> None:
        if self._asked.subject is None or not self._inspection.block:
            return
        method, settings = self.controls.method, plain(self.controls.settings)
        block, channel = self._inspection.block, self._inspection.channel
        # The sample in front has no part in it: the same picture for every one.
        make = self._asked.question(
            Explain, method=method.name, sample=self._front.sample, block=block, channel=channel, settings=settings
        )
        self.work.wish((self._asked.key, method.name, block, channel, tuple(settings.items())), make)

    def _ask_for_samples(self) -> None:
        if self._asked.subject is None or not self._inspection.block:
            return
        block, channel, part = self._inspection.block, self._inspection.channel, self.part.part
        make = self._asked.question(FindExciting, block=block, channel=channel, part=part, count=COUNT)
        self.search.wish((self._asked.key, block, channel, part), make)

    def _follow(self, event: ExplanationProgress) -> None:
        if event.picture is not None:
            self.pane.show_sample(event.picture)

    def _take_picture(self, answer: Explained) -> None:
        self.pane.show_sample(answer.picture)
        self.pane.say(whose_words(answer.block, answer.trained, self._asked.epochs), channel_words(answer.numbers))

    def _clear_picture(self) -> None:
        self.pane.show_sample(None)
        self.pane.clear()

    def _take_samples(self, answer: Exciting) -> None:
        if self._asked.subject is not None:
            self.exciting.show_exciting(answer, self._asked.subject)

    def _pin(self, sample: Sample) -> None:
        """It stands in the strip from now on, to come back to; where that is full it is looked at all the same."""
        if not self._inspection.pins.pin(sample):
            self._inspection.probe.choose(sample)

    def _save_picture(self) -> None:
        picture = self.places.sample
        if picture is not None:
            stem = f"channel {self._inspection.channel} of {self._inspection.block}"
            drawn = ExplanationFigure(
                picture, f"What it looks for: {stem}", self.pane.numbers, self.places.shown_slice
            )  # fmt: skip
            self.pane.save("Save picture", stem, drawn.file)
