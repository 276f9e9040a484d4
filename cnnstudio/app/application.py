"""The Qt application: made, dressed, and run until its window closes."""

from __future__ import annotations

import gc
import signal
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from cnnstudio.app.canvas.clipboard import leave_as_text
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import app_icon, themes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NO_FONT = 'There is no font to write with, so every letter would be a box: run "sudo apt install fonts-dejavu-core".'


def run_application(path: Path | None, refuse: Callable[[str], int]) -> int:
    """Open the window and return the exit code; `refuse` says why there is none and gives the code."""
    app = make_application()
    if not QFontDatabase.families():
        return refuse(NO_FONT)
    window = make_window(Preferences())
    window.show()
    window.warming.done.connect(spare_what_stays)
    # After the first paint: the worker's seconds of import and the look for lost work must not delay it.
    QTimer.singleShot(0, window.begin)
    if path is not None:
        window.open_file(path)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return app.exec()


def spare_what_stays() -> None:
    """Leave libraries and pages out of the search for garbage, which would take longer than a frame again and again."""
    gc.freeze()


def make_window(preferences: Preferences) -> MainWindow:
    """The window in the chosen look."""
    with themes.held():
        themes.choose(preferences.mode)
        return MainWindow(preferences)


def make_application() -> QApplication:
    """The one QApplication, named so that the system shows the window under the studio's name and icon."""
    app = QApplication([sys.argv[0]])
    app.setApplicationName("CNN Studio")
    app.setDesktopFileName("cnnstudio")
    app.setStyle("Fusion")
    app.setWindowIcon(app_icon())
    app.aboutToQuit.connect(leave_as_text)
    return app
