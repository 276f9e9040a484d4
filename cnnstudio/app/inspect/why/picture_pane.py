"""What a method found, with its name, whose it is, its numbers in words, the work on it, and a way to keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.theme import mark, space
from cnnstudio.app.training.figure_files import ask_path, save_figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.app.inspect.why.places_view import PlacesView
    from cnnstudio.app.inspect.why.work_line import WorkLine
    from cnnstudio.app.theme import Theme

LINES = 3
"""Of the numbers in words: what stands below does not jump as they come."""


class PicturePane(QWidget):
    """The middle of a view. Its parts are named after `name`: "why" has "why_title", "why_save" and so on."""

    save_wanted = Signal()
    """The person wants the picture as a file."""

    def __init__(
        self, name: str, places: PlacesView, work: WorkLine, *, save: str, numbers: str, below: QWidget | None = None
    ) -> None:
        """`save` and `numbers` are the tips of these two; `below` stands under the picture."""
        super().__init__()
        self.places, self._below = places, below
        self._title = words(f"{name}_title", scale="title")
        self._whose = words(f"{name}_whose", tone="muted", scale="caption", wrap=True, tip="The network that is asked")
        self._numbers = words(f"{name}_numbers", tone="muted", wrap=True, tip=numbers)
        self._readout = words(f"{name}_readout", tone="muted", scale="caption")
        self._save = tool(f"{name}_save", "export", save)
        self._slice = QSlider(Qt.Orientation.Horizontal)
        self._slice.setObjectName(f"{name}_slice")
        self._slice.setAccessibleName("Slice")
        self._slice.setToolTip("The slice of the volume that is shown")
        self._slice.hide()
        self._save.setEnabled(False)
        self._save.clicked.connect(self.save_wanted)
        self._slice.valueChanged.connect(places.show_slice)
        places.pointed.connect(self._read)
        self._arrange(work)

    def _arrange(self, work: WorkLine) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._save)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(3), 0, space(3), 0)
        column.setSpacing(space(2))
        column.addLayout(head)
        column.addWidget(self._whose)
        column.addWidget(self.places, 1)
        column.addWidget(self._slice)
        column.addWidget(self._readout)
        if self._below is not None:
            column.addWidget(self._below)
        self._numbers.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._numbers.setMinimumHeight(LINES * self._numbers.fontMetrics().lineSpacing())
        column.addWidget(self._numbers)
        column.addWidget(work)

    @property
    def title(self) -> str:
        """What is shown, in words."""
        return self._title.text()

    @property
    def numbers(self) -> str:
        """What the method says beside its picture."""
        return self._numbers.text()

    def show_sample(self, values: Any) -> None:
        """Show this sample (..., channels), of a volume the middle slice unless one of as many was chosen."""
        self.places.show_sample(values)
        depth = values.shape[0] if values is not None and values.ndim == 4 else 0
        self._slice.setVisible(depth > 0)
        if depth and depth - 1 != self._slice.maximum():
            self._slice.setRange(0, depth - 1)
            self._slice.setValue(depth // 2)

    def say_title(self, title: str) -> None:
        """Name what is shown, or on its way."""
        self._title.setText(title)

    def say(self, whose: str, numbers: str) -> None:
        """The answer is there: whose it is, and its numbers in words."""
        self._whose.setText(whose)
        self._numbers.setText(numbers)
        self.places.setAccessibleDescription(f"{self.title}. {numbers}")
        self._save.setEnabled(True)

    def clear(self) -> None:
        """There is no answer: nothing is said, nothing can be kept."""
        self._whose.clear()
        self._numbers.clear()
        self._readout.clear()
        self.places.setAccessibleDescription("")
        self._save.setEnabled(False)

    def save(self, title: str, stem: str, make: Callable[[Theme, str], bytes]) -> None:
        """Ask for a place and write there what `make` makes of theme and form; `title` is the dialog's."""
        path = ask_path(self, title, stem.replace("/", "-"))
        if path is not None:
            saved, sentence = save_figure(path, make)
            self._readout.setText(sentence)
            mark(self._readout, tone="ok" if saved else "error")

    def _read(self, told: str) -> None:
        self._readout.setText(told)
        mark(self._readout, tone="muted")
