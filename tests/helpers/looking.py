"""What is on the screen, judged in both looks: nothing is cut off, every control is named. Pictures on demand.

CNNSTUDIO_PICTURES=FOLDER keeps what was seen.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QWidget,
)

from cnnstudio.app.theme import Mode, themes

if TYPE_CHECKING:
    from tests.helpers.studio import Studio

FOLDER = os.environ.get("CNNSTUDIO_PICTURES", "")
SMALL, LARGE = (1280, 800), (1920, 1080)
BOTH = (SMALL, LARGE)
CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView)


def look(studio: Studio, name: str, *, sizes: tuple[tuple[int, int], ...] = (SMALL,)) -> None:
    """Judge what is on the screen in both looks, and keep pictures if asked to. The window is small afterwards."""
    for size in sizes:
        studio.window.resize(*size)
        other = Mode.DARK if themes.mode is Mode.LIGHT else Mode.LIGHT
        for mode in (themes.mode, other):  # the look that is on comes first: a switch dresses every widget anew
            themes.choose(mode)
            settle(studio)
            if FOLDER:
                studio.bot.wait(600)  # a picture of what stays, not of a repaint under way
                studio.shot(Path(FOLDER) / f"{name}-{mode.value}-{size[0]}x{size[1]}.png")
        assert unnamed(studio.window) == [], name
    studio.window.resize(*SMALL)


def settle(studio: Studio) -> None:
    """Give layouts the moment they need, and say what still does not fit afterwards."""
    try:
        studio.until(lambda: not cut_off(studio.window), 2_000)
    except studio.bot.TimeoutError:
        pytest.fail(f"Cut off: {cut_off(studio.window)}")


def cut_off(window: QWidget) -> list[str]:
    """Labels and buttons whose text does not fit, and widgets that reach out of the window."""
    found = []
    for label in window.findChildren(QLabel):
        plain = label.isVisible() and label.text() and not label.wordWrap() and "<" not in label.text()
        may_shrink = label.sizePolicy().horizontalPolicy() in (QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        if plain and not may_shrink and label.width() < label.fontMetrics().horizontalAdvance(label.text()):
            found.append(f"label {label.objectName()}: {label.text()}")
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and button.text() and button.width() < button.minimumSizeHint().width():
            found.append(f"button {button.objectName()}: {button.text()}")
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.objectName().startswith(("run_", "activity_", "tool_")):
            corner = widget.mapTo(window, QPoint(widget.width(), widget.height()))
            if corner.x() > window.width() or corner.y() > window.height():
                found.append(f"{widget.objectName()} reaches out of the window")
    return found


def unnamed(window: QWidget) -> list[str]:
    """Controls of ours without object name, accessible name or tooltip. Qt's own inner widgets start with qt_."""
    found = []
    for control in window.findChildren(QWidget):
        inner = control.objectName().startswith("qt_") or isinstance(control.parent(), CONTROLS)
        if not isinstance(control, CONTROLS) or inner or not control.isVisible():
            continue
        lacks = [
            what
            for what, text in (
                ("object name", control.objectName()),
                ("accessible name", control.accessibleName() or getattr(control, "text", str)()),
                ("tooltip", control.toolTip()),
            )
            if not text
        ]
        if lacks:
            found.append(f"{type(control).__name__} {control.objectName()} lacks {', '.join(lacks)}")
    return found


def look_at_dialog(studio: Studio, dialog: QWidget, name: str) -> None:
    """Judge a dialog in both looks, and keep pictures of it alone if asked to."""
    for mode in (Mode.DARK, Mode.LIGHT):
        themes.choose(mode)
        studio.until(lambda: not cut_off(dialog))
        assert unnamed(dialog) == []
        if FOLDER:
            studio.bot.wait(600)
            dialog.grab().save(str(Path(FOLDER) / f"{name}-{mode.value}.png"))
