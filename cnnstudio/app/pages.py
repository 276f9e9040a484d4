"""The stack of pages: built when they are shown, or before that when there is time; each remembers its splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QStackedWidget, QWidget

from cnnstudio.app.late_page import LatePage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cnnstudio.app.preferences import Preferences


class Pages(QStackedWidget):
    """Pages by name."""

    changed = Signal()
    """Another page is in front."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pages")
        self._preferences = preferences
        self._pages: dict[str, QWidget] = {}
        self._frames: dict[str, QScrollArea] = {}
        self._makers: dict[str, Callable[[], QWidget]] = {}
        self._unseen: set[str] = set()
        """Pages that were never shown."""

    @property
    def name(self) -> str:
        """The page in front."""
        shown = self.currentWidget()
        return next((n for n, frame in self._frames.items() if frame is shown), "")

    def add_page(self, name: str, page: QWidget) -> None:
        """Add a page; the first one is in front."""
        self._pages[name] = page
        self._frames[name] = _frame(name, page)
        self.addWidget(self._frames[name])

    def add_lazy_page(self, name: str, make: Callable[[], QWidget]) -> None:
        """Add a page that `make` builds when it is shown first, see also `get_ready`."""
        self._makers[name] = make
        self._unseen.add(name)

    def get_ready(self) -> Iterator[None]:
        """Build what was not shown yet, part by part: with a rest after each."""
        for name in list(self._makers):
            page = self._made(name)
            while isinstance(page, LatePage) and page.go_on():
                yield

    def show_page(self, name: str) -> None:
        """Bring a page to the front, building it if need be."""
        self._made(name)
        if name != self.name:
            self.setCurrentWidget(self._frames[name])
            self._pages[name].setFocus()  # else Qt moves it to the next button, which is none of this page's
            self.changed.emit()
        if name in self._unseen:
            self._unseen.remove(name)
            self.restore_splits(self._pages[name])  # last, as pages fill themselves when they are shown

    def _made(self, name: str) -> QWidget:
        if name in self._makers:
            self.add_page(name, self._makers.pop(name)())
        return self._pages[name]

    def restore_splits(self, page: QWidget) -> None:
        """Give the page's splitters the sizes that are remembered."""
        for splitter in page.findChildren(QSplitter):
            sizes = self._preferences.split(splitter.objectName(), splitter.count())
            if sizes:
                splitter.setSizes(sizes)

    def keep_splits(self) -> None:
        """Remember the sizes of every splitter with a name."""
        for page in (page for name, page in self._pages.items() if name not in self._unseen):
            for splitter in page.findChildren(QSplitter):
                if splitter.objectName() and sum(splitter.sizes()):
                    self._preferences.keep_split(splitter.objectName(), splitter.sizes())


def _frame(name: str, page: QWidget) -> QScrollArea:
    """A page in a window too small for it is scrolled; it must not push the window beyond the screen."""
    frame = QScrollArea()
    frame.setObjectName(f"{name}_frame")
    frame.setFrameShape(QFrame.Shape.NoFrame)
    frame.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    frame.setWidgetResizable(True)
    frame.setWidget(page)
    return frame
