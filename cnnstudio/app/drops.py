"""What is dropped on the window: an experiment or a model is opened, a folder or a file of data is trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from cnnstudio.app.data.commands import ENDINGS as DATA_ENDINGS
from cnnstudio.app.theme import mark, space
from cnnstudio.core.importing import ENDINGS

if TYPE_CHECKING:
    from PySide6.QtGui import QDropEvent


@dataclass(frozen=True)
class Dropped:
    """The one thing that is dragged."""

    path: str
    is_data: bool

    @property
    def words(self) -> str:
        """What letting go does."""
        name = Path(self.path).name
        return f"Drop to use “{name}” as data" if self.is_data else f"Drop to open “{name}”"


def dropped(event: QDropEvent) -> Dropped | None:
    """The one local folder or file that is dragged, if anything can be done with it."""
    urls = event.mimeData().urls()
    path = urls[0].toLocalFile() if len(urls) == 1 and urls[0].isLocalFile() else ""
    if path.lower().endswith(ENDINGS) and not Path(path).is_dir():
        return Dropped(path, is_data=False)
    if path.lower().endswith(DATA_ENDINGS) or (path and Path(path).is_dir()):
        return Dropped(path.rstrip("/") or path, is_data=True)
    return None


class DropHint(QFrame):
    """Lies over the window while something is dragged across it and says what letting go would do."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._over = window
        self.setObjectName("drop_hint")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        mark(self, kind="drop")
        self.label = QLabel()
        self.label.setObjectName("drop_hint_text")
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        mark(self.label, scale="page")
        column = QVBoxLayout(self)
        column.setContentsMargins(space(4), space(4), space(4), space(4))
        column.addWidget(self.label, 0, Qt.AlignmentFlag.AlignCenter)
        self.hide()

    def show_for(self, what: Dropped) -> None:
        """Cover the window."""
        self.label.setText(what.words)
        self.setGeometry(self._over.rect())
        self.raise_()
        self.show()
