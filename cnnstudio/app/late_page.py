"""A page that is empty until it is first shown, as its content brings modules the window's start must not wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.app.warming import wait_for_libraries

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent


class Content(Protocol):
    """What a page is filled with: a widget that is told whether anybody can see it."""

    def set_active(self, active: bool) -> None:
        """Follow what happens, or ask for nothing and draw nothing."""


V = TypeVar("V", bound=Content)


class LatePage(QWidget, Generic[V]):
    """Builds its content when first shown and tells it when it comes into sight and goes out of it."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._view: V | None = None

    @property
    def view(self) -> V | None:
        """The content; None until the page is first shown."""
        return self._view

    def content(self) -> V:
        """The content, which is built now if it is not yet."""
        if self._view is None:
            wait_for_libraries()
            self._view = self.made_view()
            self._column.addWidget(cast("QWidget", self._view))
        return self._view

    def made_view(self) -> V:
        """Build the content. Import its module here."""
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
