"""A driver for the real window with the real worker: presses keys and buttons as a person does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCompleter, QDialog, QFileDialog, QLineEdit, QPushButton, QWidget
from shiboken6 import isValid

from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, themes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.architecture import Architecture

LEFT = Qt.MouseButton.LeftButton
SOON, LONG = 5_000, 60_000
"""Milliseconds: for what the window does, and for what waits for the worker."""

W = TypeVar("W", bound=QWidget)


class Studio:
    """The main window and the gestures that journeys are made of."""

    def __init__(
        self,
        qtbot: QtBot,
        size: tuple[int, int] = (1280, 800),
        mode: Mode = Mode.LIGHT,
        worker: WorkerClient | None = None,
    ) -> None:
        self.bot = qtbot
        themes.choose(mode)
        self.window = MainWindow(Preferences(), worker)
        self.window.resize(*size)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        self.window.begin()

    @property
    def architecture(self) -> Architecture:
        """The architecture as it stands."""
        return self.window.bridge.experiment.architecture

    @property
    def order(self) -> list[str]:
        """Ids in the order of the flow."""
        return list(self.architecture.topology.order)

    def until(self, condition: Callable[[], bool], timeout: int = SOON) -> None:
        """Let the window live until the condition holds."""
        self.bot.waitUntil(condition, timeout=timeout)

    def wait_for_worker(self) -> None:
        """Until TensorFlow is loaded."""
        self.until(lambda: self.window.worker.hello is not None, LONG)

    def find(self, kind: type[W], name: str, within: QWidget | None = None) -> W:
        """The one visible widget of that object name."""
        found = [w for w in (within or self.window).findChildren(kind, name) if w.isVisible()]
        assert len(found) == 1, f"{len(found)} visible widgets named {name}"
        return found[0]

    def press(self, name: str, within: QWidget | None = None) -> None:
        """Click a button with the mouse."""
        QTest.mouseClick(self.find(QWidget, name, within), LEFT)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is; shortcuts of the window work too."""
        self.until(lambda: QApplication.focusWidget() is not None)
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def type_into(self, name: str, text: str, within: QWidget | None = None) -> None:
        """Replace what stands in a field, key by key, and press Enter."""
        field = self.find(QWidget, name, within)
        line = field if isinstance(field, QLineEdit) else field.findChild(QLineEdit)
        assert line is not None
        QTest.mouseClick(line, LEFT)
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key.Key_Return)

    def card_point(self, id: str) -> QPoint:
        """The middle of a card in coordinates of the canvas's viewport."""
        canvas = self.window.design.canvas
        x, y = self.architecture.blocks[id].position
        middle = canvas.mapFromScene(QPointF(x + 60, y + 20))
        if not canvas.viewport().rect().contains(middle):
            canvas.centerOn(QPointF(x + 100, y + 36))
            middle = canvas.mapFromScene(QPointF(x + 60, y + 20))
        return middle

    def click_card(self, id: str) -> None:
        """Select a block with the mouse."""
        viewport = self.window.design.canvas.viewport()
        QTest.mouseClick(viewport, LEFT, Qt.KeyboardModifier.NoModifier, self.card_point(id))

    def append_from_palette(self, words: str) -> str:
        """Search the palette, press Enter, and return the id of the block that came."""
        before = set(self.order)
        search = self.find(QLineEdit, "palette_search")
        QTest.mouseClick(search, LEFT)
        search.selectAll()
        QTest.keyClicks(search, words)
        QTest.keyClick(search, Qt.Key.Key_Return)
        new = set(self.order) - before
        assert len(new) == 1, f"{words!r} appended {sorted(new)}"
        return new.pop()

    def dialog(self, kind: type[QDialog] = QDialog) -> QDialog:
        """The dialog that is open."""
        self.until(lambda: any(isinstance(w, kind) and w.isVisible() for w in QApplication.topLevelWidgets()))
        return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())

    def answer_file_dialog(self, path: Path) -> None:
        """Go to the folder in the open file dialog, type the file's name and press Enter."""
        dialog = self.dialog(QFileDialog)
        assert isinstance(dialog, QFileDialog)
        dialog.setDirectory(str(path.parent))
        line = dialog.findChild(QLineEdit)
        assert line is not None
        # The completer's popup would take the Enter, or not, as fast as the file system answers.
        line.setCompleter(QCompleter(line))
        line.selectAll()
        QTest.keyClicks(line, path.name)
        QTest.keyClick(line, Qt.Key.Key_Return)
        self.until(lambda: not (isValid(dialog) and dialog.isVisible()))

    def answer(self, text: str) -> None:
        """Press the button of that text in the open dialog."""
        dialog = self.dialog()
        button = next(b for b in dialog.findChildren(QPushButton) if b.text().replace("&", "") == text)
        QTest.mouseClick(button, LEFT)

    def shot(self, path: Path) -> None:
        """Save a picture of the window."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.window.grab().save(str(path))

    def close(self) -> None:
        """Close the window and whatever dialog is open; unsaved changes are let go."""
        if not isValid(self.window) or not self.window.isVisible():
            return
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog):
                widget.close()
        self.window.bridge.mark_saved()
        if self.window.run.state.active:
            self.window.run.stop()
            self.until(lambda: not self.window.run.state.active, LONG)
        self.window.close()
        self.until(lambda: not isValid(self.window) or not self.window.isVisible())
