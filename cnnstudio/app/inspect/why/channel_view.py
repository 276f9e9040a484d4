"""What a channel looks for: a sample that is made to excite it, and the samples of the data that do so most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from cnnstudio.app.data.parts import PartField
from cnnstudio.app.features.words import tool, words
from cnnstudio.app.inspect.why.controls import WIDTH, Controls, plain
from cnnstudio.app.inspect.why.exciting_list import ExcitingList
from cnnstudio.app.inspect.why.explanation_view import slice_slider
from cnnstudio.app.inspect.why.figure import ExplanationFigure
from cnnstudio.app.inspect.why.panes import side_by_side
from cnnstudio.app.inspect.why.places_view import PlacesView
from cnnstudio.app.inspect.why.sentences import channel_words, whose_words
from cnnstudio.app.inspect.why.work_line import WorkLine
from cnnstudio.app.theme import mark, space
from cnnstudio.app.training.figure_files import ask_path, save_figure
from cnnstudio.core.explaining import METHODS
from cnnstudio.wire.messages import Exciting, Explain, Explained, ExplanationProgress, FindExciting

if TYPE_CHECKING:
    from typing import Any

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.why.controls import Settings
    from cnnstudio.app.inspect.why.front import SampleInFront
    from cnnstudio.app.inspect.why.network import Asked

ABOUT_CHANNEL = tuple(m for m in METHODS.values() if m.about == "channel")
COUNT = 16
"""Samples that are found."""


class ChannelView(QWidget):
    """Follows the block and the channel that are looked at."""

    def __init__(self, inspection: Inspection, asked: Asked, front: SampleInFront, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("why_channel_view")
        self._inspection, self._asked, self._front = inspection, asked, front
        self.controls = Controls("why_channel_controls", ABOUT_CHANNEL, settings)
        self.channel = QSpinBox()
        self.places = PlacesView("why_looks_for", with_scale=False)
        self.work = WorkLine("why_channel_work", "what it looks for", inspection.worker)
        self.search = WorkLine("why_exciting_work", "the search", inspection.worker)
        self.exciting = ExcitingList()
        self.part = PartField("why_exciting_part")
        self._title = words("why_channel_title", scale="title")
        self._whose = words("why_channel_whose", tone="muted", scale="caption", tip="The network that is explained")
        self._numbers = words("why_channel_numbers", tone="muted", wrap=True, tip="How much the channel answers to it")
        self._save = tool("why_channel_save", "export", "Save what it looks for as a picture")
        self._slice = slice_slider("why_channel_slice")
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
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._save)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(space(3), 0, space(3), 0)
        column.setSpacing(space(2))
        column.addLayout(head)
        for widget in (self._whose, self.places, self._slice, self._numbers, self.work):
            column.addWidget(widget)
        column.setStretchFactor(self.places, 1)
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
        beside.addWidget(self.exciting, 1)
        beside.addWidget(self.search)
        parts = side_by_side("why_channel_splitter", (self.controls, middle, side), (WIDTH, 320, 380), grows=2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(parts)
        self._save.setEnabled(False)

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
        self.exciting.picked.connect(self._inspection.probe.choose)
        self._slice.valueChanged.connect(self.places.show_slice)
        self._save.clicked.connect(self._save_picture)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it."""
        self.work.set_active(active)
        self.search.set_active(active)
        if active:
            self._renew()

    @property
    def title(self) -> str:
        """What is shown, in words."""
        return self._title.text()

    def _renew(self) -> None:
        """Another network, block or channel."""
        subject, block = self._asked.subject, self._inspection.block
        output = subject.trace.blocks[block].output if subject is not None and block in subject.trace.blocks else None
        if output is None:
            self.work.forget()
            self.search.forget()
            self._clear_picture()
            self.exciting.forget()
            self._title.clear()
            return
        self.channel.setMaximum(output.shape[-1] - 1)
        self.channel.setValue(self._inspection.channel)
        title = f"Channel {self._inspection.channel} of {block}"
        if title != self._title.text():
            self._title.setText(title)
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
            self._show_picture(event.picture)

    def _show_picture(self, picture: Any) -> None:
        is_volume = picture.ndim == 4
        depth = self.places.shown_slice if self._slice.isVisible() else picture.shape[0] // 2
        self._slice.setVisible(is_volume)
        if is_volume:
            self._slice.setRange(0, picture.shape[0] - 1)
            self._slice.setValue(depth)
        self.places.show_sample(picture)

    def _take_picture(self, answer: Explained) -> None:
        self._show_picture(answer.picture)
        self._whose.setText(whose_words("", answer.trained, self._asked.epochs))
        self._numbers.setText(channel_words(answer.numbers))
        mark(self._numbers, tone="muted")
        self._save.setEnabled(True)

    def _clear_picture(self) -> None:
        self.places.show_sample(None)
        self._whose.clear()
        self._numbers.clear()
        self._save.setEnabled(False)

    def _take_samples(self, answer: Exciting) -> None:
        if self._asked.subject is not None:
            self.exciting.show_exciting(answer, self._asked.subject)

    def _save_picture(self) -> None:
        picture = self.places.sample
        path = ask_path(self, "Save picture", self._title.text().lower()) if picture is not None else None
        if path is None:
            return
        title, words = f"What it looks for: {self._title.text().lower()}", self._numbers.text()
        saved, sentence = save_figure(path, ExplanationFigure(picture, title, words, self.places.shown_slice).file)
        self._numbers.setText(sentence)
        mark(self._numbers, tone="ok" if saved else "error")
