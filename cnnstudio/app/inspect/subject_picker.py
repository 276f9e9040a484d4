"""The list of networks to inspect: a search field, the design, and all runs as the Runs page knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHBoxLayout, QHeaderView, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from cnnstudio.app.features.words import MessageView, tool
from cnnstudio.app.inspect.networks import DESIGN
from cnnstudio.app.panels.filter_field import FilterField
from cnnstudio.app.panels.row_table import RowTable
from cnnstudio.app.runs.columns import BEST, COLUMNS, NAME, STARTED, STATE
from cnnstudio.app.runs.model import RunTableModel
from cnnstudio.app.theme import mark, space

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent

    from cnnstudio.app.inspect.networks import Networks

WIDTH, HEIGHT = 620, 380
SHOWN = (NAME, STATE, BEST, STARTED)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FindField(FilterField):
    """Enter takes the run that stands first, Down goes to the rows, Escape empties the field and then closes."""

    taken = Signal()
    left = Signal()

    @override
    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() in _ENTER:
            self.taken.emit()
        elif event.key() == Qt.Key.Key_Escape and not self.text():
            self.left.emit()
        else:
            super().keyPressEvent(event)


class RunList(RowTable):
    """The runs; Enter or a click chooses one."""

    @override
    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() in _ENTER and self.currentIndex().isValid():
            self.clicked.emit(self.currentIndex())
            return
        super().keyPressEvent(event)


class SubjectPicker(QFrame):
    """A popup: typing looks for runs, Down goes to them, Enter chooses, Escape closes."""

    closed = Signal()

    def __init__(self, networks: Networks, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("inspect_picker")
        self.setAccessibleName("Networks")
        mark(self, kind="popup")
        self._networks = networks
        self._below = parent.window()
        self.field = FindField("inspect_find_run", "Find a run", "Words of its name, note, tags or state", WIDTH)
        self.field.setPlaceholderText("Find a run")
        self.design = tool("inspect_take_design", "design", "Inspect the design as it stands", text="Design")
        self.rows = RunList("inspect_runs", "Runs", "A click inspects the run", self)
        self.runs = RunTableModel(networks.library, self.rows)
        self._none = MessageView("inspect_no_run")
        self._stack = QStackedWidget()
        self._dress_rows()
        self._arrange()
        self.field.textChanged.connect(self._search)
        self.field.rows_wanted.connect(self.rows.setFocus)
        self.field.taken.connect(self._take_current)
        self.field.left.connect(self.hide)
        self.design.clicked.connect(self._take_design)
        self.rows.clicked.connect(self._take)
        networks.library.changed.connect(self._fill)
        networks.library.run_changed.connect(self.runs.show_run)
        self._fill()

    def _dress_rows(self) -> None:
        rows = self.rows
        rows.setModel(self.runs)
        rows.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = rows.horizontalHeader()
        for number in range(len(COLUMNS)):
            rows.setColumnHidden(number, number not in SHOWN)
        header.setMinimumSectionSize(space(10))
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        rows.setTextElideMode(Qt.TextElideMode.ElideRight)
        rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(2))
        top.addWidget(self.field, 1)
        top.addWidget(self.design)
        self._stack.addWidget(self.rows)
        self._stack.addWidget(self._none)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(2)] * 4)
        column.setSpacing(space(2))
        column.addLayout(top)
        column.addWidget(self._stack, 1)

    def open_at(self, corner: QPoint) -> None:
        """Show it with its upper left corner there, as far as the screen has room."""
        self.resize(WIDTH, HEIGHT)
        room = self.screen().availableGeometry()
        x = max(room.left(), min(corner.x(), room.right() - WIDTH))
        y = max(room.top(), min(corner.y(), room.bottom() - HEIGHT))
        self.move(x, y)
        self.show()

    @override
    def showEvent(self, event: QShowEvent, /) -> None:
        super().showEvent(event)
        self.field.clear()
        self._fill()
        row = max(0, self.runs.row_of(self._networks.chosen.replace("\\", "/").rsplit("/", 1)[-1]))
        self.rows.setCurrentIndex(self.runs.index(row, NAME))
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    @override
    def hideEvent(self, event: QHideEvent, /) -> None:
        """The window goes on with its keys, also where no window manager says so."""
        super().hideEvent(event)
        self._below.activateWindow()
        self.closed.emit()

    @override
    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)

    def _fill(self) -> None:
        if self.isVisible():
            self.runs.show_runs(self._networks.library.runs)
            self._show_or_explain()

    def _search(self, text: str) -> None:
        self.runs.look_for(text)
        self.rows.setCurrentIndex(self.runs.index(0, NAME))
        self._show_or_explain()

    def _show_or_explain(self) -> None:
        if not self._networks.library.has_looked:
            self._none.say("Looking through your runs", "")
        elif not self.runs.total:
            self._none.say("No run yet", "Press Train (F5): each run is kept, and can be inspected here.")
        elif not self.runs.shown:
            self._none.say("No such run", "Type fewer or other words.")
        self._stack.setCurrentIndex(0 if self.runs.shown else 1)

    def _take_current(self) -> None:
        if self.rows.currentIndex().isValid():
            self._take(self.rows.currentIndex())

    def _take_design(self) -> None:
        self.hide()
        self._networks.choose(DESIGN)

    def _take(self, index: QModelIndex) -> None:
        run = self.runs.shown[index.row()]
        self.hide()
        self._networks.choose(str(run.folder))
