"""A page that is empty at first, as its content brings modules the window's start must not wait for.

The content is built part by part while nobody waits for it, or at once when the page is shown before that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.app.warming import wait_for_libraries

if TYPE_CHECKING:
    from collections.abc import Generator

    from PySide6.QtGui import QHideEvent, QShowEvent


class Content(Protocol):
    """What a page is filled with: a widget that is told whether anybody can see it."""

    def set_active(self, active: bool) -> None:
        """Follow what happens, or ask for nothing and draw nothing."""


V = TypeVar("V", bound=Content)


class LatePage(QWidget, Generic[V]):
    """Builds its content when first shown, if not before, and tells it when it comes into sight and goes out of it."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._view: V | None = None
        self._building: Generator[None, None, V] | None = None

    @property
    def view(self) -> V | None:
        """The content; None until it is built."""
        return self._view

    def content(self) -> V:
        """The content; what is missing of it is built now."""
        while self._view is None:
            self.go_on()
        return self._view

    def go_on(self) -> bool:
        """Build a part more of the content, which is not seen before it is whole; False when there is no more to do."""
        if self._view is not None:
            return False
        wait_for_libraries()
        if self._building is None:
            self._building = self.built()
        try:
            next(self._building)
        except StopIteration as end:
            self._view = end.value
            self._building = None
            self._column.addWidget(cast("QWidget", self._view))
            self.ensurePolished()  # with all within it; else the first show would
        except Exception:
            self._building = None  # whoever comes next is told as well, and not of something that is not there
            raise
        return True

    def built(self) -> Generator[None, None, V]:
        """Build the content, with a rest after each part that takes some ten milliseconds.

        It should be put together from the outside: the page first, then what holds other parts, and these last. Under
        a style sheet all that a part holds is gone through whenever something round it gets a parent.
        """
        yield
        return self.made_view()

    def made_view(self) -> V:
        """Build the content in one go, as a child of the page. Import its module here."""
        raise NotImplementedError

    def showEvent(self, event: QShowEvent) -> None:
        """Build the content at the first time, and wake it."""
        super().showEvent(event)
        self.content().set_active(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """A hidden page costs nothing."""
        super().hideEvent(event)
        if self._view is not None:
            self._view.set_active(False)
