"""The presets gallery: find a preset, see what it is, start from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QMenu, QPushButton, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from cnnstudio.app.dialogs.presets.cards import CardsView
from cnnstudio.app.dialogs.presets.details import PresetDetails
from cnnstudio.app.dialogs.presets.filters import FilterBar
from cnnstudio.app.dialogs.presets.model import PRESET, PresetModel
from cnnstudio.app.dialogs.presets.notice import Notice
from cnnstudio.app.dialogs.presets.own import OwnPresets
from cnnstudio.app.dialogs.presets.shelf import PresetShelf
from cnnstudio.app.dialogs.sizes import opening_size, size_words
from cnnstudio.app.features.words import MessageView, named
from cnnstudio.app.format import counted
from cnnstudio.app.theme import mark, set_icon, space
from cnnstudio.core.formats.preset_filter import PresetFilter
from cnnstudio.core.formats.presets import Preset

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex
    from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QShowEvent

    from cnnstudio.app.preferences import Preferences

SIZE = QSize(1160, 720)
KEPT_SIZE = "presets/size"
"""The choice under which the dialog's size is remembered."""
LEAST_DETAILS, MOST_DETAILS = 280, 480
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
NO_MATCH = ("No preset matches", "Other words or fewer filters may find it.", "Show all presets")
NONE_OWN = (
    "You have no presets yet",
    "File > Save as preset keeps the experiment that is open. A preset file that you were given can be imported, or "
    "dropped here.",
    "Import presets\u2026",
)


class PresetsGallery(QDialog):
    """All presets as cards; Enter or a double click starts from the one that is marked."""

    chosen = Signal(Preset)

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("presets_gallery")
        self.setWindowTitle("New from preset")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptDrops(True)
        self._preferences = preferences
        self._given = opening_size(preferences.choice(KEPT_SIZE), SIZE, self)
        self.resize(self._given)
        self.shelf = PresetShelf(self)
        self.own = OwnPresets(preferences, self)
        self.model = PresetModel(self.shelf)
        self._wished = ""
        """Id of the preset that is to be marked once it is listed."""
        self._filters = FilterBar()
        self.cards = CardsView(self.model)
        self._empty = MessageView("presets_empty")
        self._stack = QStackedWidget()
        self._details = PresetDetails()
        self._notice = Notice()
        self._import = named(QPushButton("Import\u2026"), "preset_import", "Import presets",
                             "Take in preset files that you were given; they can also be dropped here")  # fmt: skip
        self._open = named(QPushButton("Start from preset"), "preset_open", "Start from preset",
                           "Open a new experiment like this preset (Enter)")  # fmt: skip
        self._cancel = named(QPushButton("Cancel"), "preset_cancel", "Cancel", "Stay with the experiment that is open")
        self._lay_out()
        self._connect()
        self.shelf.look()
        self.cards.setCurrentIndex(self.model.index(0))
        self._filters.search.setFocus()

    def _lay_out(self) -> None:
        mark(self._open, kind="primary")
        set_icon(self._import, "import")
        self._open.setDefault(True)
        for button in (self._import, self._cancel):
            button.setAutoDefault(False)
        self._stack.addWidget(self.cards)
        self._stack.addWidget(self._empty)
        halves = QHBoxLayout()
        halves.setSpacing(space(3))
        halves.addWidget(self._stack, 5)
        halves.addWidget(self._details, 2)
        self._details.setMinimumWidth(LEAST_DETAILS)
        self._details.setMaximumWidth(MOST_DETAILS)
        buttons = QHBoxLayout()
        buttons.setSpacing(space(2))
        buttons.addWidget(self._import)
        buttons.addStretch(1)
        buttons.addWidget(self._open)
        buttons.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(3))
        column.addWidget(self._filters)
        column.addLayout(halves, 1)
        column.addWidget(self._notice)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self._filters.changed.connect(self._look_for)
        self._filters.search.installEventFilter(self)
        self.cards.selectionModel().currentChanged.connect(self._show_current)
        self.cards.opened.connect(self.accept)
        self.cards.sighted.connect(self._hurry)
        self.cards.rename_wanted.connect(self._edit)
        self.cards.delete_wanted.connect(self._delete)
        self.cards.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.cards.customContextMenuRequested.connect(self._offer)
        self.model.modelReset.connect(self._keep_current)
        self.shelf.outlined.connect(self._offer_tags)
        self.shelf.read.connect(self._show_totals)
        self._details.edit_wanted.connect(self._edit)
        self._details.delete_wanted.connect(self._delete)
        self._details.export_wanted.connect(self._export)
        self._details.reveal_wanted.connect(self._reveal)
        self._empty.action.connect(self._help_out)
        self._import.clicked.connect(self.own.choose_files)
        self._open.clicked.connect(self.accept)
        self._cancel.clicked.connect(self.reject)
        self.own.changed.connect(self._follow_folder)
        self.own.said.connect(self._notice.say)
        self.own.refused.connect(self._notice.complain)
        self._notice.undo_wanted.connect(self.own.restore)

    # What is marked

    @property
    def current(self) -> Preset | None:
        """The preset that is marked."""
        found = self.cards.currentIndex().data(PRESET)
        return found if isinstance(found, Preset) else None

    def mark_preset(self, id: str) -> bool:
        """Mark that preset, if it is listed."""
        row = self.model.row_of(id)
        if row >= 0:
            self.cards.setCurrentIndex(self.model.index(row))
        return row >= 0

    def accept(self) -> None:
        """Start from the marked preset; one that cannot be read says why."""
        preset = self.current
        if preset is None:
            return
        if preset.experiment is None:
            self._notice.complain(preset.error)
            return
        super().accept()
        self.chosen.emit(preset)

    def _show_current(self, current: QModelIndex) -> None:
        found = current.data(PRESET)
        preset = found if isinstance(found, Preset) else None
        self._details.show_preset(preset)
        self._open.setEnabled(preset is not None and preset.experiment is not None)

    def _keep_current(self) -> None:
        """After other rows have come: mark what is wished for, else what was marked, else the first."""
        before = self._details.preset
        wished, self._wished = self._wished, ""
        if not (wished and self.mark_preset(wished)) and not (before and self.mark_preset(before.id)):
            self.cards.setCurrentIndex(self.model.index(0))
        self._show_current(self.cards.currentIndex())
        self._show_totals()

    # What is looked for

    def _look_for(self) -> None:
        self.model.want(self._filters.wanted)
        self._show_totals()

    def _show_totals(self) -> None:
        shown, total = len(self.model.rows), len(self.shelf.presets)
        said = counted(total, "preset") if shown == total else f"{shown:,} of {counted(total, 'preset')}"
        reading = self.model.wanted.params is not None and self.shelf.is_reading
        self._filters.totals.setText(f"{said}, still reading" if reading else said)
        if not shown:
            alone = self.model.wanted == PresetFilter(own=True)
            title, text, action = NONE_OWN if alone else NO_MATCH
            self._empty.say(title, text, action=action)
        self._stack.setCurrentWidget(self.cards if shown else self._empty)

    def _help_out(self) -> None:
        if self.model.wanted == PresetFilter(own=True):
            self.own.choose_files()
        else:
            self._filters.show_all()

    def _offer_tags(self) -> None:
        self._filters.offer_tags(self.shelf.presets)

    def _hurry(self, first: int, last: int) -> None:
        self.shelf.hurry(self.model.rows[first : last + 1])

    # Verbs

    def _follow_folder(self, id: str) -> None:
        """Presets came or went; one that has come is shown, whatever is looked for."""
        self._wished = id
        self.shelf.look()
        if id and self.model.row_of(id) < 0:
            self._wished = id
            self._filters.show_all()
        if id:
            self.mark_preset(id)
            self.cards.setFocus()

    def _edit(self) -> None:
        self.own.edit(self.current)

    def _delete(self) -> None:
        self.own.delete(self.current)

    def _export(self) -> None:
        self.own.export(self.current)

    def _reveal(self) -> None:
        self.own.reveal(self.current)

    def _offer(self, at: QPoint) -> None:
        preset = self.current
        if preset is None or not self.cards.indexAt(at).isValid():
            return
        menu = QMenu(self.cards)
        menu.setObjectName("preset_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sound, own = preset.experiment is not None, preset.user
        for text, slot, possible in (
            ("Start from preset", self.accept, sound),
            ("Edit\u2026", self._edit, own and sound),
            ("Save copy\u2026", self._export, sound),
            ("Show in file manager", self._reveal, True),
            ("Delete", self._delete, own),
        ):
            action = menu.addAction(text)
            action.setEnabled(possible)
            action.triggered.connect(slot)
        menu.popup(self.cards.viewport().mapToGlobal(at))

    # Events

    @override
    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        """Arrow keys in the search field move among the cards."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _MOVES:
            self.cards.event(event)
            return True
        return super().eventFilter(watched, event)

    @override
    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Ctrl+F goes to the search field; Escape empties it before it closes the dialog."""
        search = self._filters.search
        if event.key() == Qt.Key.Key_F and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            search.selectAll()
        elif event.key() == Qt.Key.Key_Escape and search.text():
            search.clear()
        else:
            super().keyPressEvent(event)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent, /) -> None:
        """Take preset files."""
        if _preset_files(event):
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent, /) -> None:
        """Take in what was dropped."""
        files = _preset_files(event)
        if files:
            event.acceptProposedAction()
            self.own.take_in(files)

    @override
    def showEvent(self, event: QShowEvent, /) -> None:
        """Rows in sight are read first."""
        super().showEvent(event)
        self.cards.spread()
        self.cards.look()

    @override
    def hideEvent(self, event: QHideEvent, /) -> None:
        """Nobody is looking any more."""
        self.shelf.rest()
        if self.size() != self._given:  # a small window behind is no wish for a small gallery
            self._preferences.keep_choice(KEPT_SIZE, size_words(self.size()))
        super().hideEvent(event)


def _preset_files(event: QDropEvent) -> list[Path]:
    urls = event.mimeData().urls()
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return paths if paths and len(paths) == len(urls) and all(p.suffix.lower() == ".json" for p in paths) else []
