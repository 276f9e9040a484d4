"""The list of forms at the left, under headings. Arrow keys move from form to form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QStyleOptionViewItem
from typing_extensions import override

from cnnstudio.app.dialogs.export.words import KINDS, form_of
from cnnstudio.app.theme import Role, icon, mark, theme, themes
from cnnstudio.core.exporting import FORMATS

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cnnstudio.core.exporting import ExportFormat

_ROLE = Qt.ItemDataRole.UserRole


class FormList(QListWidget):
    """All forms; those that miss a package have a sign and say so."""

    chosen = Signal(str)
    """The form of that name is on now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export_forms")
        self.setAccessibleName("Forms")
        self.setToolTip("What the file shall be; arrow keys choose")
        mark(self, kind="roomy")
        self.setIconSize(QSize(16, 16))
        self._items: dict[str, QListWidgetItem] = {}
        self._headings: list[QListWidgetItem] = []
        for kind, heading in KINDS.items():
            self._add_heading(heading)
            for form in FORMATS.values():
                if form.kind == kind:
                    self._add(form)
        self._show_signs()
        self.currentItemChanged.connect(self._tell)
        themes.changed.connect(self._show_signs)

    @property
    def form(self) -> ExportFormat:
        """The form that is on."""
        item = self.currentItem()
        return form_of(str(item.data(_ROLE)) if item is not None else "")

    @property
    def wanted_width(self) -> int:
        """Pixels in which every name is read whole, whatever the font."""
        return self.sizeHintForColumn(0) + self.verticalScrollBar().sizeHint().width() + 4 * self.frameWidth()

    def choose(self, name: str) -> None:
        """Put that form on."""
        self.setCurrentItem(self._items[form_of(name).name])

    @override
    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Home goes to the first form, not to the heading above it."""
        if action == QAbstractItemView.CursorAction.MoveHome:
            return self.indexFromItem(next(iter(self._items.values())))
        return super().moveCursor(action, modifiers)

    @override
    def initViewItemOption(self, option: QStyleOptionViewItem) -> None:
        """Signs stand behind the names, which so begin below each other."""
        super().initViewItemOption(option)
        option.decorationPosition = QStyleOptionViewItem.Position.Right

    def _add_heading(self, text: str) -> None:
        item = QListWidgetItem(text)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = item.font()
        font.setBold(True)
        item.setFont(font)
        self.addItem(item)
        self._headings.append(item)

    def _add(self, form: ExportFormat) -> None:
        item = QListWidgetItem(form.title)
        item.setData(_ROLE, form.name)
        said = form.problem or form.about
        item.setToolTip(said)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{form.title}. {said}")
        self._items[form.name] = item
        self.addItem(item)

    def _show_signs(self) -> None:
        for heading in self._headings:  # they cannot be chosen, yet are no less to be read
            heading.setForeground(theme().color(Role.MUTED))
        for name, item in self._items.items():
            if FORMATS[name].missing:
                item.setIcon(icon("warning", Role.WARNING))

    def _tell(self) -> None:
        self.chosen.emit(self.form.name)
