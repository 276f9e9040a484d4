"""A gallery of presets in front of a window, and the gestures of a person in it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QCompleter,
    QFileDialog,
    QLabel,
    QLineEdit,
    QWidget,
)

from cnnstudio.app.dialogs.describing import DescribingDialog
from cnnstudio.app.dialogs.presets import PresetsGallery
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.preferences import Preferences
from cnnstudio.core.formats.presets import Preset, preset

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cnnstudio.core.experiment import Experiment

KEY, LEFT = Qt.Key, Qt.MouseButton.LeftButton
WAIT = 10_000
"""Milliseconds."""

W = TypeVar("W", bound=QWidget)


class Desk:
    """A gallery in front of a window, and the gestures of a person."""

    def __init__(self, bot: QtBot, size: tuple[int, int] = (1280, 800)) -> None:
        self.bot = bot
        self.window = QWidget()
        self.window.resize(*size)
        bot.addWidget(self.window)
        self.window.show()
        self.gallery = PresetsGallery(Preferences(), self.window)
        self.gallery.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        self.chosen: list[Preset] = []
        self.gallery.chosen.connect(self.chosen.append)
        self.gallery.open()
        bot.waitExposed(self.gallery)
        self.gallery.activateWindow()
        bot.waitUntil(self.gallery.isActiveWindow)
        self.search = self.find(QLineEdit, "preset_search")

    def find(self, kind: type[W], name: str, within: QWidget | None = None) -> W:
        found = (within or self.gallery).findChild(kind, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        """What a label says; "" while it is hidden."""
        label = self.find(QLabel, name)
        return "" if label.isHidden() else label.text()

    def ids(self) -> list[str]:
        return [p.id for p in self.gallery.model.rows]

    def press(self, name: str, within: QWidget | None = None) -> None:
        button = self.find(QAbstractButton, name, within)
        assert button.isVisible()
        assert button.isEnabled()
        QTest.mouseClick(button, LEFT)

    def choose(self, name: str, text: str) -> None:
        """Type the beginning of a choice into its box."""
        box = self.find(QComboBox, name)
        box.setFocus()
        QTest.keyClick(box, KEY.Key_Home)
        QTest.keyClicks(box, text)
        assert box.currentText() == text

    def whose(self, index: int) -> None:
        """Click that segment."""
        owners = self.find(Segments, "preset_owners")
        QTest.mouseClick(owners, LEFT, pos=owners.segment_rect(index).center().toPoint())

    def read(self) -> None:
        """Until every preset is known."""
        self.bot.waitUntil(lambda: not self.gallery.shelf.is_reading, timeout=WAIT)

    def card(self, id: str) -> QPoint:
        """The middle of a card, scrolled into sight."""
        cards, row = self.gallery.cards, self.gallery.model.row_of(id)
        assert row >= 0, id
        cards.scrollTo(self.gallery.model.index(row))
        return cards.visualRect(self.gallery.model.index(row)).center()

    def click(self, id: str) -> None:
        QTest.mouseClick(self.gallery.cards.viewport(), LEFT, pos=self.card(id))
        assert self.gallery.current is not None
        assert self.gallery.current.id == id

    def form(self) -> DescribingDialog:
        self.bot.waitUntil(lambda: any(f.isVisible() for f in self.gallery.findChildren(DescribingDialog)))
        return next(f for f in self.gallery.findChildren(DescribingDialog) if f.isVisible())

    def drop(self, *paths: Path) -> bool:
        """Drag files in and let go; whether they were taken."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
        entered = QDragEnterEvent(QPoint(9, 9), copy, data, LEFT, none)
        QApplication.sendEvent(self.gallery, entered)
        if not entered.isAccepted():
            return False
        dropped = QDropEvent(QPointF(9, 9), copy, data, LEFT, none)
        QApplication.sendEvent(self.gallery, dropped)
        return dropped.isAccepted()


def lenet(name: str, **changed: Any) -> Experiment:
    found = preset("lenet-5").experiment
    assert found is not None
    return dataclasses.replace(found, name=name, expected=(), **changed)


def answer(gallery: PresetsGallery, path: Path) -> None:
    """Type a path into the open file dialog and press Enter."""
    dialog = next(d for d in gallery.findChildren(QFileDialog) if d.isVisible())
    dialog.setDirectory(str(path.parent))
    line = dialog.findChild(QLineEdit)
    assert line is not None
    line.setCompleter(QCompleter(line))  # the dialog's own would take the Enter, or not
    line.selectAll()
    QTest.keyClicks(line, path.name)
    QTest.keyClick(line, KEY.Key_Return)
