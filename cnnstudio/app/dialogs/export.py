"""Taking the trained model away: progress, then how the written file compares with the model it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout

from cnnstudio.app.format import size_of
from cnnstudio.app.theme import mark, space
from cnnstudio.wire.messages import Exported, ExportRun, Failed

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.wire.messages import Command, Event

_SAME = 1e-5
"""Outputs that differ by less are the same for every use."""


class ExportDialog(QDialog):
    """Asks the worker to write a model to `path`, and shows what came of it.

    The model is that of the run folder `directory`, or, where that is "", of an experiment with imported weights.
    """

    def __init__(
        self, worker: WorkerClient, directory: str, path: Path, parent: QWidget | None = None, experiment: str = ""
    ) -> None:
        super().__init__(parent)
        self.setObjectName("export_dialog")
        self.setWindowTitle("Export trained model")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(440)
        self._directory = directory
        self._experiment = experiment
        self._path = path
        self._title = _label("export_title", f"Writing {path.name}", scale="title")
        self._text = _label("export_text", f"The worker writes the model to {path.parent} and opens the file again.")
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setObjectName("export_progress")
        self._bar.setAccessibleName("Writing the model")
        self._bar.setToolTip("The worker is writing the model")
        self._copy = QPushButton("Copy path")
        self._close = QPushButton("Close")
        self._lay_out()
        self._copy.clicked.connect(self._copy_path)
        self._close.clicked.connect(self.close)
        worker.request(self._command, self.show_answer)

    def show_answer(self, event: Event) -> None:
        """Show what the worker answered: Exported or Failed."""
        self._bar.hide()
        if isinstance(event, Exported):
            self._title.setText(f"{self._path.name} is written")
            self._text.setText(result_words(event))
            self._copy.setVisible(True)
        elif isinstance(event, Failed):
            self._title.setText("The model could not be exported")
            self._text.setText(event.message)
            mark(self._text, tone="error")

    def _command(self, request: int) -> Command:
        kind = self._path.suffix.lstrip(".") or "keras"
        return ExportRun(request, self._directory, kind, str(self._path), self._experiment)

    def _lay_out(self) -> None:
        for button, name, tip in (
            (self._copy, "export_copy", "Copy the file's path to the clipboard"),
            (self._close, "export_close", "Close this dialog; the file is written in any case"),
        ):
            button.setObjectName(name)
            button.setAccessibleName(button.text())
            button.setToolTip(tip)
        self._copy.setVisible(False)
        buttons = QHBoxLayout()
        buttons.setSpacing(space(2))
        buttons.addStretch(1)
        buttons.addWidget(self._copy)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(3))
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addWidget(self._bar)
        column.addStretch(1)
        column.addLayout(buttons)

    def _copy_path(self) -> None:
        QApplication.clipboard().setText(str(self._path))


def result_words(done: Exported) -> str:
    """Where the file is, how large, and how its predictions compare with those of the model in the worker."""
    same = done.max_abs_difference <= _SAME and done.agreement >= 1.0
    verdict = "gives the same predictions" if same else f"agrees on {100 * done.agreement:.2f} % of the samples"
    return (
        f"{done.path} ({size_of(done.bytes)}). Opened again by plain Keras, it {verdict}; "
        f"the largest difference on held-out samples is {done.max_abs_difference:.2g}."
    )


def _label(name: str, text: str, **marks: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(True)
    mark(label, **marks)
    return label
