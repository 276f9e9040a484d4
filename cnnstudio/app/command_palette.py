"""The command palette: one field from which everything can be run by typing a few letters of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget
from shiboken6 import isValid
from typing_extensions import override

from cnnstudio.app.command_entries import find_commands
from cnnstudio.app.command_list import ROW, CommandModel, CommandRows
from cnnstudio.app.theme import Role, icon, mark, space, themes

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QModelIndex
    from PySide6.QtGui import QMouseEvent

    from cnnstudio.app.command_entries import Command
    from cnnstudio.app.preferences import Preferences

WIDTH = 720
MOST_ROWS = 11
TOP = space(8)
"""Pixels between the window's upper edge and the popup: the menus stay in sight."""
_STEPS = {
    Qt.Key.Key_Up: -1, Qt.Key.Key_Backtab: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Tab: 1,
    Qt.Key.Key_PageUp: -MOST_ROWS, Qt.Key.Key_PageDown: MOST_ROWS,
}  # fmt: skip
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class CommandPalette(QWidget):
    """A popup at the top of the window, in front of a clear pane that takes the clicks beside it.

    The field keeps the keyboard: arrows move in the list, Enter runs, Escape and the loss of focus close. The focus
    goes back to where it was before the command is run, as commands may ask for it.
    """

    def __init__(self, window: QWidget, commands: Callable[[], list[Command]], preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._all = commands
        self._preferences = preferences
        self._commands: list[Command] = []
        self._recent: list[str] = []
        self._before: QWidget | None = None
        self._previewed: Command | None = None
        self._stepped = False
        """Whether the person has gone through the rows: what merely stands first is not pointed at."""
        self.setObjectName("command_palette")
        self.setAccessibleName("Command palette")
        self._frame = QFrame(self)
        self._field = QLineEdit(self._frame)
        self._note = QLabel(self._frame)
        self._list = QListView(self._frame)
        self._model = CommandModel(self._list)
        self.hide()
        self._build()
        self._field.textChanged.connect(self._fill)
        self._field.installEventFilter(self)
        self._list.clicked.connect(self._run)
        self._list.selectionModel().currentChanged.connect(self._tell)
        window.installEventFilter(self)
        themes.changed.connect(self._dress)

    def toggle(self) -> None:
        """Open with everything on offer as it stands now, or close."""
        if self.isVisible():
            self.leave()
            return
        self._before = self._window.focusWidget()
        self._recent = self._preferences.recent_commands
        self._commands = self._all()
        self._field.clear()
        self._fill()
        self._place()
        self.show()
        self.raise_()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def refresh(self) -> None:
        """What can be run may have changed."""
        if self.isVisible():
            self._model.repaint_rows()

    def leave(self) -> None:
        """Close, and give the keyboard back unless it is elsewhere already."""
        if not self.isVisible():
            return
        self._preview(None)
        self._stepped = False
        focused, before = self._window.focusWidget(), self._before
        self._before = None
        if before is not None and isValid(before) and (focused is None or self.isAncestorOf(focused)):
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()

    def _build(self) -> None:
        mark(self._frame, kind="popup")
        field, rows = self._field, self._list
        field.setObjectName("command_search")
        field.setAccessibleName("Search commands, blocks and presets")
        field.setPlaceholderText("Search commands, blocks and presets")
        field.setToolTip("Type a few letters; Up and Down choose, Enter runs, Escape closes")
        self._find = field.addAction(icon("search", Role.MUTED), QLineEdit.ActionPosition.LeadingPosition)
        self._note.setObjectName("command_note")
        self._note.setAccessibleName("Result of the search")
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setWordWrap(True)
        mark(self._note, tone="muted")
        rows.setObjectName("command_list")
        rows.setAccessibleName("Commands")
        rows.setToolTip("A click runs the command")
        rows.setModel(self._model)
        rows.setItemDelegate(CommandRows(rows))
        rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        rows.setUniformItemSizes(True)
        rows.setMouseTracking(True)
        rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self._frame)
        column.setContentsMargins(*[space(2)] * 4)
        column.setSpacing(space(2))
        column.addWidget(field)
        column.addWidget(self._note)
        column.addWidget(rows)

    def _dress(self) -> None:
        self._find.setIcon(icon("search", Role.MUTED))
        if self.isVisible():
            self._commands = self._all()  # their icons are of the look before
            self._fill()

    def _fill(self) -> None:
        text = self._field.text()
        found, exact = find_commands(text, self._commands, self._recent)
        words = ""
        if not exact:
            shown = " ".join(text.split())[:40]
            words = f'No command matches "{shown}". ' + ("Closest names:" if found else "Try a shorter word.")
        self._note.setText(words)
        self._note.setVisible(bool(words))
        self._model.show_commands(found, () if text.split() else self._recent)
        self._list.setVisible(bool(found))
        self._list.setCurrentIndex(self._model.index(0))
        self._list.scrollToTop()
        self._place()

    def _place(self) -> None:
        """Over the whole window, the popup at its top centre."""
        room = self._window.size()
        self.resize(room)
        width = min(WIDTH, room.width() - space(8))
        rows = min(self._model.rowCount(), MOST_ROWS) * ROW + 2 * self._list.frameWidth() + space(1)
        too_high = self._height_with(rows) + TOP + space(2) - room.height()
        height = self._height_with(max(ROW, rows - max(0, too_high)))
        self._frame.setGeometry((room.width() - width) // 2, TOP, width, height)

    def _height_with(self, rows: int) -> int:
        """Pixels of the popup when its list is `rows` pixels high."""
        self._list.setFixedHeight(rows)
        layout = self._frame.layout()
        if layout is not None:
            layout.activate()
        return self._frame.sizeHint().height()

    def _tell(self, index: QModelIndex) -> None:
        """The list never has the focus, so the field says for it which row is the current one."""
        self._field.setAccessibleDescription(str(index.data(Qt.ItemDataRole.AccessibleTextRole) or ""))
        self._preview(self._model.command(index.row()) if self._field.text().split() or self._stepped else None)

    def _preview(self, command: Command | None) -> None:
        """Let that command show what comes of it, and the one before no more."""
        old, self._previewed = self._previewed, command
        if old is not None and old.preview is not None and (command is None or command.preview is None):
            old.preview(self, False)
        if command is not None and command.preview is not None:
            command.preview(self, True)

    def _step(self, by: int) -> None:
        """One row further goes round at the ends; a page stops there."""
        last = self._model.rowCount() - 1
        self._stepped = True
        row = self._list.currentIndex().row() + by
        if not 0 <= row <= last:
            beyond = last if row < 0 else 0
            row = beyond if abs(by) == 1 else last - beyond
        self._list.setCurrentIndex(self._model.index(row))

    def _run(self, index: QModelIndex) -> None:
        """What cannot be run stays: its row says why."""
        command = self._model.command(index.row())
        if command is None or command.why_not():
            return
        self.leave()
        self._preferences.add_recent_command(command.id)
        command.run()

    @override
    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        if not self._frame.geometry().contains(event.position().toPoint()):
            self.leave()

    @override
    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        """Keys and focus of the field; the window's size."""
        on_field = watched is self._field
        if on_field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._takes(event)
        if on_field and isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            if event.reason() != Qt.FocusReason.PopupFocusReason:  # that is the field's own menu
                self.leave()
        elif watched is self._window and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _takes(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in _STEPS:
            self._step(_STEPS[key])
        elif key in _ENTER:
            self._run(self._list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self.leave()
        else:
            return False
        return True
