"""The gallery: samples of one part, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.data.sample_list import SampleList
from cnnstudio.app.features.words import MessageView, tool, words
from cnnstudio.app.format import count
from cnnstudio.app.theme import mark, space
from cnnstudio.core.data.info import DataInfo, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.wire.messages import Samples

PAGE = 48
"""Samples asked for at a time."""
SIDE = 72
NOTES = {
    "training": "The network learns from these samples.",
    "validation": "Watched while training, to see how the network does on samples it does not learn from.",
    "test": "Never used in training, nor for any choice: only for the one test after a run.",
}


class Gallery(QWidget):
    """Chooser of the part, its samples, and a pager."""

    wanted = Signal()
    """Another part or page is asked for: see `part` and `start`."""
    retried = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_gallery")
        self.part = "training"
        self.start = 0
        self._total = 0
        self._buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        for part in NOTES:
            self._buttons[part] = self._part_button(part)
        self._note = words("data_part_note", NOTES[self.part], tone="muted", wrap=True)
        self._masks = QCheckBox("Show masks")
        self._masks.setObjectName("data_masks")
        self._masks.setAccessibleName("Show masks")
        self._masks.setToolTip("Lay the class of each pixel over the images in colour")
        self._masks.setChecked(True)
        self._list = SampleList("data_samples", SIDE)
        self._list.setToolTip("Samples of the part; point at one for its number and class")
        self._masks.toggled.connect(self._list.sample_model.set_masks)
        self._message = MessageView("data_message")
        self._message.action.connect(self.retried)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(self._list)
        self._previous = tool("data_previous", "chevron-left", "Previous samples")
        self._next = tool("data_next", "chevron-right", "Next samples")
        self._previous.clicked.connect(self._turn_back)
        self._next.clicked.connect(self._turn_on)
        self._where = words("data_where", tone="muted")
        self._arrange()
        self.show_loading("Loading the samples\u2026")

    def _part_button(self, part: str) -> QPushButton:
        button = QPushButton(part.capitalize())
        button.setObjectName(f"data_part_{part}")
        button.setAccessibleName(f"{part.capitalize()} part")
        button.setToolTip(NOTES[part])
        button.setCheckable(True)
        button.setChecked(part == self.part)
        mark(button, kind="flat")
        button.clicked.connect(self._choose_part)
        self._group.addButton(button)
        return button

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(1))
        for button in self._buttons.values():
            top.addWidget(button)
        top.addStretch(1)
        top.addWidget(self._masks)
        bottom = QHBoxLayout()
        bottom.addWidget(self._note, 1)
        bottom.addWidget(self._where)
        bottom.addWidget(self._previous)
        bottom.addWidget(self._next)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(4), space(4), space(4), space(2))
        column.setSpacing(space(2))
        column.addLayout(top)
        column.addLayout(bottom)
        column.addWidget(self._stack, 1)

    @property
    def samples(self) -> SampleList:
        """The list of thumbnails."""
        return self._list

    @property
    def message(self) -> str:
        """What is said in place of samples; "" while they are shown."""
        return self._message.text if self._stack.currentWidget() is self._message else ""

    def show_loading(self, text: str) -> None:
        """Say that samples are on their way."""
        self._say("One moment", text)

    def show_failure(self, sentence: str, details: str) -> None:
        """Say why there are no samples, and offer to try again."""
        self._say("The samples cannot be shown", sentence, "Retry", details)

    def _say(self, title: str, text: str, action: str = "", details: str = "") -> None:
        self._message.say(title, text, action=action, tip="Ask for the samples again", details=details)
        self._stack.setCurrentWidget(self._message)
        self._page_buttons()

    def show_samples(self, samples: Samples, info: DataInfo) -> None:
        """Fill the gallery."""
        self._total = samples.total
        self._masks.setVisible(info.task is Task.SEGMENTATION)
        self._list.put(samples, info)
        self._list.scrollToTop()
        self._stack.setCurrentWidget(self._list)
        self._page_buttons()

    def show_parts(self, parts: Mapping[str, int]) -> None:
        """Write the number of samples on the part buttons."""
        for part, button in self._buttons.items():
            number = f"  {count(parts[part])}" if part in parts else ""
            button.setText(f"{part.capitalize()}{number}")

    def rewind(self) -> None:
        """Back to the first page, for other data."""
        self.start = 0

    def _page_buttons(self) -> None:
        shown = self._stack.currentWidget() is self._list
        last = min(self._total, self.start + PAGE)
        self._where.setText(f"{count(self.start + 1)} to {count(last)} of {count(self._total)}" if shown else "")
        self._previous.setEnabled(shown and self.start > 0)
        self._next.setEnabled(shown and last < self._total)

    def _choose_part(self) -> None:
        part = next(p for p, b in self._buttons.items() if b.isChecked())
        if part != self.part:
            self.part, self.start = part, 0
            self._note.setText(NOTES[part])
            self.wanted.emit()

    def _turn_back(self) -> None:
        self.start = max(0, self.start - PAGE)
        self.wanted.emit()

    def _turn_on(self) -> None:
        self.start += PAGE
        self.wanted.emit()
