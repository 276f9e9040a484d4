"""A small screen and a large font: nothing pushes the window beyond its size, and no word of the pages is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QToolButton

from cnnstudio.app.elided import ElidedLabel
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, themes
from tests.helpers.recording import RecordingWorker, Studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot


@pytest.fixture(params=[0, 14], ids=["usual font", "14 pt"])
def points(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[int]:
    """The font's size; 0 for the usual one."""
    usual = qapp.font()
    if request.param:
        large = qapp.font()
        large.setPointSize(request.param)
        qapp.setFont(large)
    yield request.param
    qapp.setFont(usual)


@pytest.fixture
def studio(qtbot: QtBot, points: int) -> Iterator[tuple[MainWindow, Studio]]:
    """A window in that font; held until it is closed, as Python may otherwise take it apart while it is painted."""
    themes.choose(Mode.LIGHT)
    worker = RecordingWorker()
    window = MainWindow(Preferences(), worker)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(window)
    yield window, Studio(window.bridge, window.selection, worker, window.run)
    window.bridge.mark_saved()


def test_every_page_fits_a_small_window_while_a_run_goes_on(
    qtbot: QtBot, studio: tuple[MainWindow, Studio], points: int
) -> None:
    window, run = studio
    size = QSize(900, 600) if points else QSize(800, 600)
    window.resize(size)
    window.show()
    run.start()
    run.progress(3, 7)
    for show in (window.show_train, window.show_data, window.show_runs, window.show_design):
        show()
        QApplication.sendPostedEvents()
        assert window.size() == size
        assert window.minimumSizeHint().width() <= size.width()
        assert window.minimumSizeHint().height() <= size.height()
    frame = window.findChild(QScrollArea, "train_frame")
    assert frame is not None
    window.show_train()
    qtbot.waitUntil(lambda: frame.horizontalScrollBar().maximum() > 0)  # what does not fit is scrolled to
    run.finish()


def test_words_of_the_activity_bar_are_whole(studio: tuple[MainWindow, Studio]) -> None:
    window, _ = studio
    window.show()
    for name in ("design", "data", "train", "runs"):
        button = window.findChild(QToolButton, f"activity_page_{name}")
        assert button is not None
        bold = button.font()
        bold.setBold(True)
        assert QFontMetrics(bold).horizontalAdvance(button.text()) <= button.width() - 4


def test_an_elided_label_keeps_its_text_and_gives_way(qtbot: QtBot) -> None:
    label = ElidedLabel("Epoch 3 of 15, step 7 of 10")
    label.setStyleSheet("color: black; background: white")
    plain = QLabel(label.text())
    for one in (label, plain):
        qtbot.addWidget(one)
    assert label.sizeHint() == plain.sizeHint()
    assert label.minimumSizeHint().width() < plain.minimumSizeHint().width() / 3
    label.resize(label.sizeHint())
    whole = label.grab().toImage()
    label.resize(60, label.height())
    cut = label.grab().toImage()
    assert cut != whole.copy(0, 0, 60, whole.height()), "the cut is marked by an ellipsis"
    assert label.text() == plain.text()


@pytest.mark.parametrize("text", ["Finished", "Ready", "Epoch 12 of 60, step 30 of 35", "No sample of the part"])
def test_an_elided_label_of_its_own_size_is_whole(qtbot: QtBot, text: str) -> None:
    """Widths are rounded to whole pixels: the part of a pixel that is lacking costs no letters."""
    label, plain = ElidedLabel(text), QLabel(text)
    for one in (label, plain):
        qtbot.addWidget(one)
        one.setStyleSheet("color: black; background: white")
        one.resize(QFontMetrics(one.font()).horizontalAdvance(text), 20)
    assert label.grab().toImage() == plain.grab().toImage()
