"""The Code tab: the Keras script of the experiment, always the one that would train."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app import format
from cnnstudio.app.panels.code_text import CodeText
from cnnstudio.app.panels.empty import EmptyState
from cnnstudio.app.theme import mark, set_icon, space, themes
from cnnstudio.app.weights_beside import WeightsBeside
from cnnstudio.app.when_shown import WhenShown
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.code.data_code import archive_name
from cnnstudio.core.code.notebook import notebook
from cnnstudio.core.code.source import script_with_lines, weights_name
from cnnstudio.core.formats.storage import write_atomic

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.selection import Selection

FRAME_MS = 12
"""A script that was written within this time is written at every edit: the window does not feel it."""
DEBOUNCE_MS = 150
"""Scripts that take longer are written once edits come no closer together than this."""
SAID_MS = 4000
KINDS = {".py": "Python files (*.py)", ".ipynb": "Jupyter notebooks (*.ipynb)"}


class CodePanel(QWidget):
    """Follows every edit while it is visible; shows no code for a design that cannot be built."""

    def __init__(self, bridge: DocumentBridge, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._selection = selection
        self._marked: tuple[str, ...] = ()
        self._written: object = None
        self._took_ms = 0.0
        self.code = CodeText(self)
        self.copy = QPushButton("Copy", self)
        self.save = QPushButton("Save script", self)
        self.save_notebook = QPushButton("Save notebook", self)
        self.said = QLabel(self)
        self.broken = EmptyState("error", "", self)
        self._stack = QStackedWidget(self)
        self._soon = QTimer(self, interval=DEBOUNCE_MS, singleShot=True)
        self._saved = ""
        self._beside = WeightsBeside(self)
        self._beside.done.connect(self._told_of_weights)
        self._quiet = QTimer(self, interval=SAID_MS, singleShot=True)
        self._lay_out()
        self._when_shown = WhenShown(self, self._refresh)
        self._soon.timeout.connect(self._when_shown.ask)
        self._quiet.timeout.connect(self.said.clear)
        bridge.changed.connect(self._changed)
        selection.changed.connect(self._mark_selected)
        themes.changed.connect(self._mark_selected)
        self.code.chosen.connect(selection.select)
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._save_script)
        self.save_notebook.clicked.connect(self._save_notebook)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The script has the keyboard, so that the Tab key goes on from it."""
        self.code.setFocus(event.reason())

    def _lay_out(self) -> None:
        self.setObjectName("code")
        self.code.setObjectName("code_text")
        self.code.setToolTip("The Keras script of this experiment; a click on a line selects its block")
        self.code.setAccessibleName("Keras script")
        for button, name, icon, help in (
            (self.copy, "copy", "copy", "Copy the whole script"),
            (self.save, "save", "save", "Save the script as a Python file"),
            (self.save_notebook, "save_notebook", "save", "Save the experiment as a Jupyter notebook"),
        ):
            set_icon(button, icon)
            button.setObjectName(f"code_{name}")
            button.setAccessibleName(help)
            button.setToolTip(help)
        mark(self.said, tone="muted")
        note = QLabel("Runs on its own with Keras: the model that Train trains, the same data and split.", self)
        note.setWordWrap(True)  # else the page could not be made narrower than this sentence
        mark(note, tone="muted")
        bar = QHBoxLayout()
        bar.setContentsMargins(space(2), space(1), space(2), space(1))
        bar.setSpacing(space(2))
        for button in (self.copy, self.save, self.save_notebook):
            bar.addWidget(button)
        bar.addWidget(note, 1)
        bar.addWidget(self.said)
        self._stack.addWidget(self.code)
        self._stack.addWidget(self.broken)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._stack, 1)

    def _changed(self) -> None:
        if not self.isVisible():
            self._when_shown.owe()
        elif self._took_ms <= FRAME_MS:
            self._when_shown.ask()
        else:
            self._when_shown.owe()
            self._soon.start()

    def _refresh(self) -> None:
        """Write the script anew, unless it is that of this experiment already."""
        self._soon.stop()
        experiment = self._bridge.experiment
        errors = [d for d in self._bridge.diagnostics if d.severity is Severity.ERROR]
        if errors:
            first = errors[0]
            place = f"{first.block}: " if first.block else ""
            self.broken.sentence.setText(
                f"No script while there {'is' if len(errors) == 1 else 'are'} {format.counted(len(errors), 'error')}.\n"
                f"{place}{first.message}"
            )
            self.code.show_script("", {})
        elif experiment is not self._written:
            began = time.perf_counter()
            self.code.show_script(*script_with_lines(experiment, self._bridge.trace))
            self._took_ms = 1000 * (time.perf_counter() - began)
        self._written = None if errors else experiment
        self._stack.setCurrentWidget(self.broken if errors else self.code)
        for button in (self.copy, self.save, self.save_notebook):
            button.setEnabled(not errors)
        self._mark_selected()

    def _mark_selected(self) -> None:
        """Mark the lines of the selected blocks; bring those of a block that has just been selected into sight."""
        if not self.isVisible():
            return
        self.code.mark_blocks(self._selection.ids)
        if self._selection.ids != self._marked:
            self._marked = self._selection.ids
            self.code.go_to(self._selection.current)

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.code.toPlainText())
        self._say("Copied.")

    def _save_script(self) -> None:
        self._ask_where("Save the script", ".py")

    def _save_notebook(self) -> None:
        self._ask_where("Save the notebook", ".ipynb")

    def _ask_where(self, title: str, ending: str) -> None:
        start = str(Path.home() / f"{file_stem(self._bridge.experiment.name)}{ending}")
        name, _ = QFileDialog.getSaveFileName(self, title, start, KINDS[ending])
        if name:
            self.save_to(Path(name), ending)

    def save_to(self, path: Path, ending: str = ".py") -> None:
        """Write to `path`, `ending` added where it has none: a notebook if it ends in .ipynb, else the script."""
        path = path if path.suffix else path.with_suffix(ending)
        self._refresh()
        is_notebook = path.suffix.lower() == ".ipynb"
        text = notebook(self._bridge.experiment) if is_notebook else self.code.toPlainText()
        try:
            write_atomic(path, text.encode())
        except OSError as error:
            self._say(f"{path.name} could not be saved: {error.strerror or error}.", tone="error")
            return
        experiment = self._bridge.experiment
        weights, archive = weights_name(experiment), archive_name(experiment)
        # The window reads no samples: the command line, which has the engine at hand, writes them.
        samples = f' Its samples, {archive}, are written by "cnnstudio code" with --out.' if archive else ""
        self._saved = f"Saved as {path.name}, and the weights that it reads as {weights}.{samples}"
        if weights:
            self._beside.lay(experiment.weights, path, weights)
        else:
            self._say(f"Saved as {path.name}.{samples}")

    def _told_of_weights(self, problem: str) -> None:
        self._say(problem or self._saved, tone="warning" if problem else "muted")

    def _say(self, sentence: str, tone: str = "muted") -> None:
        mark(self.said, tone=tone)
        self.said.setText(sentence)
        self._quiet.start()


def file_stem(name: str) -> str:
    """A file name that every system takes: "LeNet on digits" becomes "lenet_on_digits"."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "model"
