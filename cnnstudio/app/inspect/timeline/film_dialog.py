"""Saving what the page shows, moment by moment: progress, cancel, and where it lies in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from cnnstudio.app.features.words import words
from cnnstudio.app.format import counted
from cnnstudio.app.inspect.timeline.film import Film
from cnnstudio.app.inspect.timeline.reels import reel_maker
from cnnstudio.app.theme import mark, space
from cnnstudio.app.training.figure_files import ask_path
from cnnstudio.core.formats.files import file_name

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.timeline.player import Player

FORMS = {"gif": "GIF animation (*.gif)", "png": "Folder of PNG images (*)"}


def ask_place(parent: QWidget, form: str, inspection: Inspection) -> Path | None:
    """Where to save: a .gif file, or the name of a new folder; None to leave it."""
    subject = inspection.subject
    stem = file_name(f"{subject.title if subject is not None else 'run'} {inspection.block}")
    path = ask_path(parent, "Save timeline", stem, {form: FORMS[form]})
    return path.with_suffix("") if path is not None and form == "png" else path


class FilmDialog(QDialog):
    """Films at once; Esc and Cancel give it up. Afterwards it says where the pictures are."""

    def __init__(
        self,
        form: str,
        path: Path,
        stage: QWidget,
        inspection: Inspection,
        player: Player,
        parent: QWidget | None = None,
    ) -> None:
        """`form` is "gif" or "png"; `stage` is the part of the page that is filmed."""
        super().__init__(parent)
        self.setObjectName("film_dialog")
        self.setWindowTitle("Save timeline")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)  # the page is filmed: nobody may change it meanwhile
        self._form, self._path = form, path
        self.film = Film(stage, inspection, player, reel_maker(form, path, round(1000 / player.speed)), self)
        self._said = words("film_said", wrap=True)
        self._bar = QProgressBar()
        self._reveal = QPushButton("Show in file manager")
        self._close = QPushButton("Cancel")
        self._lay_out()
        self._connect()
        self._show_progress(0, player.count)
        self.film.start()

    def _lay_out(self) -> None:
        self._bar.setObjectName("film_progress")
        self._bar.setAccessibleName("Progress")
        self._bar.setToolTip("Moments that are saved")
        self._bar.setTextVisible(False)
        self._reveal.setObjectName("film_reveal")
        self._reveal.setAccessibleName("Show in file manager")
        self._reveal.setToolTip("Open the folder that the pictures lie in")
        self._reveal.setVisible(False)
        self._close.setObjectName("film_close")
        mark(self._close, kind="primary")
        buttons = QHBoxLayout()
        buttons.setSpacing(space(2))
        buttons.addStretch(1)
        buttons.addWidget(self._reveal)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(3))
        column.addWidget(self._said)
        column.addWidget(self._bar)
        column.addStretch(1)
        column.addLayout(buttons)
        self.setMinimumWidth(420)

    def _connect(self) -> None:
        self.film.progressed.connect(self._show_progress)
        self.film.ended.connect(self._show_end)
        self._reveal.clicked.connect(self._show_place)
        self._close.clicked.connect(self.reject)
        self._close.setAccessibleName("Cancel")
        self._close.setToolTip("Give up; nothing is saved")

    def sizeHint(self) -> QSize:
        """Two lines of text fit: a place is long."""
        return super().sizeHint().expandedTo(QSize(480, 150))

    def _show_progress(self, done: int, total: int) -> None:
        self._bar.setRange(0, max(1, total))
        self._bar.setValue(done)
        if done < total:
            self._said.setText(f"Saving moment {done + 1:,} of {total:,}\u2026")

    def _show_end(self, problem: str) -> None:
        self._bar.setVisible(False)
        saved = f"{counted(self.film.count, 'moment')} saved to {self._path}"
        self._said.setText(problem or saved)
        mark(self._said, tone="error" if problem else "")
        self._reveal.setVisible(not problem)
        self._close.setText("Close")
        self._close.setAccessibleName("Close")
        self._close.setToolTip("Close this dialog")

    def _show_place(self) -> None:
        place = self._path if self._form == "png" else self._path.parent
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(place)))

    def done(self, result: int) -> None:
        """However it is closed: a film that is not complete is given up."""
        self.film.cancel()
        super().done(result)
