"""The Why tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.features.words import MessageView, words
from cnnstudio.app.inspect.why.channel_view import ChannelView
from cnnstudio.app.inspect.why.controls import Settings
from cnnstudio.app.inspect.why.explanation_view import ExplanationView
from cnnstudio.app.inspect.why.front import SampleInFront
from cnnstudio.app.inspect.why.network import Asked
from cnnstudio.app.inspect.why.sentences import NO_NETWORK, OF_NOW
from cnnstudio.app.inspect.why.shift_view import ShiftView
from cnnstudio.app.inspector.segments import segments
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.app.inspect.inspection import Inspection

VIEWS = ("This prediction", "This channel", "Shift")


class WhyPanel(QWidget):
    """Three views: why the network says what it says of the sample, what a channel looks for, what a shift does."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None, *, at_once: bool = True) -> None:
        """What is not made `at_once` is by `built`."""
        super().__init__(parent)
        self.setObjectName("inspect_why")
        self._inspection = inspection
        self._active = False
        self._asked = Asked(inspection, self)
        self._front = SampleInFront(inspection, self._asked, self)
        self._message = MessageView("inspect_why_message")
        tip = "What the network says, what a channel looks for, or what a shift changes"
        self._choice = segments("why_view", "What is explained", tip, VIEWS)
        self._note = words("why_note", tone="muted", scale="caption")
        self._stack = QStackedWidget()
        self._pages = QStackedWidget()
        self._arrange()
        if at_once:
            for _ in self.built():
                pass

    def built(self) -> Iterator[None]:
        """Make the views, with a rest after each; to be gone through once, and to its end, before anyone sees them."""
        inspection, settings = self._inspection, Settings(self._inspection)
        self.explanation = ExplanationView(inspection, self._asked, self._front, settings, self._pages)
        self._pages.addWidget(self.explanation)
        yield from self.explanation.built()
        yield
        self.channel = ChannelView(inspection, self._asked, self._front, settings, self._pages)
        self._pages.addWidget(self.channel)
        yield from self.channel.built()
        yield
        self.shift = ShiftView(inspection, self._asked, self._front, self._pages)
        self._pages.addWidget(self.shift)
        self._views = (self.explanation, self.channel, self.shift)
        self._connect()
        self._refresh()

    def _arrange(self) -> None:
        remembered = self._inspection.preferences.choice("why/view")
        self._choice.show_index(VIEWS.index(remembered) if remembered in VIEWS else 0)
        head = QHBoxLayout()
        head.setSpacing(space(3))
        head.addWidget(self._choice)
        head.addWidget(self._note, 1)
        whole = QVBoxLayout(self)  # from the outside, see LatePage.built
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        content = QWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(content)
        column = QVBoxLayout(content)
        column.setContentsMargins(space(3), space(2), 0, 0)
        column.setSpacing(space(3))
        column.addLayout(head)
        column.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self._choice.chosen.connect(self._choose)
        self._message.action.connect(self._front.retry)
        self._front.failed.connect(self._miss)
        for signal in (self._front.changed, self._front.waiting):
            signal.connect(self._refresh)
        self._asked.renewed.connect(self._refresh)
        self._inspection.moment_changed.connect(self._show_note)

    def explain(self, method: str) -> None:
        """Show why the network says what it says of the sample in front, by the method of that name."""
        self._choice.show_index(0)
        self._choose(0)
        self.explanation.controls.choose_method(method)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it; out of sight it asks for nothing and draws nothing."""
        self._active = active
        self._front.set_active(active)
        if active:
            self._front.ask()
        self._refresh()

    def _choose(self, index: int) -> None:
        self._inspection.preferences.keep_choice("why/view", VIEWS[index])
        self._refresh()

    def _refresh(self) -> None:
        chosen = self._views[self._choice.index]
        self._pages.setCurrentWidget(chosen)
        there = self._asked.subject is not None
        if there:
            self._stack.setCurrentIndex(1)
        else:
            self._message.say(*NO_NETWORK)
            self._stack.setCurrentIndex(0)
        for view in self._views:
            view.set_active(self._active and there and view is chosen)
        self._show_note()

    def _show_note(self) -> None:
        self._note.setText(OF_NOW if self._inspection.moment is not None else "")

    def _miss(self, sentence: str) -> None:
        if self._front.values is None:
            self._message.say("The sample could not be had", sentence, action="Retry", tip="Ask the worker again")
            self._stack.setCurrentIndex(0)
