"""Where the mistakes lie: the confusion matrix, or how each class fares. What is chosen there is shown beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.inspect.mistakes.tally import Choice, has_matrix
from cnnstudio.app.inspector.segments import segments
from cnnstudio.app.theme import space
from cnnstudio.app.training.evaluation.confusion import ConfusionMatrix
from cnnstudio.app.training.evaluation.tables import Numbers, NumberTable
from cnnstudio.core.data.info import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.inspect.mistakes.tally import Tally
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.core.data.info import DataInfo

MATRIX, CLASSES = "Matrix", "Classes"
VIEWS = (MATRIX, CLASSES)
REMEMBERED = "mistakes/view"


class Overview(QWidget):
    """Matrix and table of the part; a task without classes has neither."""

    chosen = Signal(object)
    """The `Choice` of a cell or a class."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mistakes_overview")
        self._preferences = preferences
        self._is_telling = True
        self.matrix = ConfusionMatrix()
        self.matrix.setObjectName("mistakes_matrix")
        self.table = NumberTable("mistakes_classes", "How each class fares")
        self.table.make_compact()
        tip = "The confusion matrix, or a table of the classes"
        self._views = segments("mistakes_view", "View", tip, VIEWS)
        tip = "Write counts, or shares of the true class in per cent"
        self._written = segments("mistakes_written", "Numbers in the matrix", tip, ("Counts", "Row shares"))
        self._copy = tool("mistakes_copy", "copy", "Copy what is shown as a table of text")
        self._reading = words("mistakes_reading", tone="muted", scale="caption")
        self._stack = QStackedWidget()
        self._arrange()
        self._views.chosen.connect(self._choose_view)
        self._written.chosen.connect(self._write_as)
        self._copy.clicked.connect(self.copy)
        self.matrix.pointed.connect(self._reading.setText)
        self.matrix.chosen.connect(self._choose_cell)
        self.table.picked.connect(self._choose_class)

    def _arrange(self) -> None:
        tip = self.matrix.toolTip()
        self.matrix.setToolTip(f"{tip}. A cell shows its samples")
        wanted = self._preferences.choice(REMEMBERED)
        self._views.show_index(VIEWS.index(wanted) if wanted in VIEWS else 0)
        head = QHBoxLayout()
        head.setSpacing(space(2))
        head.addWidget(self._views)
        head.addWidget(self._written)
        head.addStretch(1)
        head.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignVCenter)
        self._stack.addWidget(self.matrix)
        self._stack.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, space(3), 0)
        column.setSpacing(space(2))
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        column.addWidget(self._reading)

    @property
    def shows_matrix(self) -> bool:
        """Whether the matrix is in front, not the table."""
        return self._stack.currentWidget() is self.matrix

    def prepare(self, info: DataInfo) -> None:
        """Samples of this sort are to come: show what there can be of them."""
        self.setVisible(info.classes > 0 and info.task is not Task.RECONSTRUCTION)
        self._views.setVisible(has_matrix(info))
        shows = self.matrix if has_matrix(info) and self._views.index == 0 else self.table
        self._stack.setCurrentWidget(shows)
        self._written.setVisible(shows is self.matrix)
        if shows is not self.matrix:
            self._reading.clear()

    def show_tally(self, tally: Tally) -> None:
        """Show what became of a part."""
        self.prepare(tally.info)
        if has_matrix(tally.info):
            self.show_counts(tally.confusion(), tally.names, tally.info)
        self.table.show_numbers(tally.classes())

    def show_counts(self, counts: Any, names: Sequence[str], info: DataInfo) -> None:
        """Show this matrix, maybe newer than what else is shown."""
        self.matrix.show_counts(counts, names, has_none=info.task is Task.DETECTION)

    def forget(self) -> None:
        """Nothing is known."""
        self.choose(Choice())
        self.matrix.show_counts(self.matrix.counts[:0, :0], ())
        self.table.show_numbers(Numbers((), ()))
        self._reading.clear()

    def choose(self, choice: Choice) -> None:
        """Mark what is chosen, and tell nobody."""
        self._is_telling = False
        self.matrix.choose(choice.cell)
        if choice.label is None:
            self.table.choose(None)
        self._is_telling = True

    def copy(self) -> None:
        """Copy what is shown."""
        if self.shows_matrix:
            self.matrix.copy()
        else:
            self.table.copy_rows()

    def _choose_view(self, index: int) -> None:
        self._preferences.keep_choice(REMEMBERED, VIEWS[index])
        self._stack.setCurrentWidget(self.matrix if index == 0 else self.table)
        self._written.setVisible(index == 0)
        if index:
            self._reading.clear()

    def _write_as(self, index: int) -> None:
        self.matrix.show_as_shares(index == 1)

    def _choose_cell(self, row: int, column: int) -> None:
        if self._is_telling:
            self.table.choose(None)
            self.chosen.emit(Choice(cell=(row, column)))

    def _choose_class(self, row: int) -> None:
        if self._is_telling:
            self.matrix.choose(None)
            self.chosen.emit(Choice(label=row))
