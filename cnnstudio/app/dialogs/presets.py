"""The presets gallery: find a preset by its words, see what it is, start from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app.format import count, counted, shape, short
from cnnstudio.app.theme import mark, space
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.formats.presets import Preset, presets

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment

_ROLE = Qt.ItemDataRole.UserRole
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class PresetsGallery(QDialog):
    """Lists all presets; Enter or a double click opens the one that is marked."""

    chosen = Signal(Preset)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("presets_gallery")
        self.setWindowTitle("New from preset")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 480)
        self._search = QLineEdit()
        self._search.setObjectName("preset_search")
        self._search.setAccessibleName("Search presets")
        self._search.setToolTip("Words of the preset's name, description or tags")
        self._search.setPlaceholderText("Search presets")
        self._search.setClearButtonEnabled(True)
        self._list = QListWidget()
        self._list.setObjectName("preset_list")
        self._list.setAccessibleName("Presets")
        self._list.setToolTip("Enter or a double click starts from the marked preset")
        mark(self._list, kind="roomy")
        self._details = _Details()
        self._buttons = _buttons()
        self._fill()
        self._lay_out()
        self._search.textChanged.connect(self._filter)
        self._search.installEventFilter(self)
        self._list.currentItemChanged.connect(self._show_current)
        self._list.itemActivated.connect(self.accept)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._list.setCurrentRow(0)
        self._search.setFocus()

    def accept(self) -> None:
        """Open the marked preset, if it can be read."""
        preset = self._current()
        if preset is None or preset.experiment is None:
            return
        super().accept()
        self.chosen.emit(preset)

    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        """Arrow keys in the search field move in the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _MOVES:
            self._list.event(event)
            return True
        return super().eventFilter(watched, event)

    def _fill(self) -> None:
        for preset in presets():
            name = preset.experiment.name if preset.experiment is not None else preset.id
            item = QListWidgetItem(f"{name} (yours)" if preset.user else name)
            item.setData(_ROLE, preset)
            item.setToolTip(preset.error or f"Preset {preset.id}")
            self._list.addItem(item)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(space(2))
        left.addWidget(self._search)
        left.addWidget(self._list, 1)
        row = QHBoxLayout()
        row.setSpacing(space(4))
        row.addLayout(left, 2)
        row.addWidget(self._details, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(4))
        column.addLayout(row, 1)
        column.addWidget(self._buttons)

    def _current(self) -> Preset | None:
        item = self._list.currentItem()
        preset = item.data(_ROLE) if item is not None and not item.isHidden() else None
        return preset if isinstance(preset, Preset) else None

    def _show_current(self) -> None:
        preset = self._current()
        self._details.show_preset(preset)
        self._buttons.button(QDialogButtonBox.StandardButton.Open).setEnabled(
            preset is not None and preset.experiment is not None
        )

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        first: QListWidgetItem | None = None
        for row in range(self._list.count()):
            item = self._list.item(row)
            item.setHidden(not all(w in _words(item.data(_ROLE)) for w in words))
            if first is None and not item.isHidden():
                first = item
        if self._current() is None and first is not None:
            self._list.setCurrentItem(first)
        self._show_current()


class _Details(QFrame):
    """What the marked preset is."""

    def __init__(self) -> None:
        super().__init__()
        mark(self, kind="card")
        self._name = _label("preset_name", scale="title")
        self._facts = _label("preset_facts", tone="muted")
        self._text = _label("preset_description")
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(2))
        column.addWidget(self._name)
        column.addWidget(self._facts)
        column.addSpacing(space(2))
        column.addWidget(self._text)
        column.addStretch(1)

    def show_preset(self, preset: Preset | None) -> None:
        if preset is None:
            self._name.setText("No preset has these words")
            self._facts.setText("Shorten the search to see more.")
            self._text.clear()
        elif preset.experiment is None:
            self._name.setText(preset.id)
            self._facts.setText("This preset cannot be read.")
            self._text.setText(preset.error)
        else:
            self._name.setText(preset.experiment.name)
            self._facts.setText(facts(preset.experiment))
            self._text.setText(preset.experiment.description)


def facts(experiment: Experiment) -> str:
    """Task, data and size of a design, a line each."""
    source = experiment.data.source
    info = source.info()
    traced = trace(experiment.architecture, info)
    tags = ", ".join(experiment.tags)
    lines = [
        f"{info.task.value.capitalize()} on {source.title[:1].lower()}{source.title[1:]} ({shape(info.input_shape)})",
        f"{counted(len(experiment.architecture.blocks), 'block')}, {count(traced.params)} parameters, "
        f"{short(traced.macs)} multiply-adds a sample",
    ]
    return "\n".join([*lines, tags] if tags else lines)


def _words(preset: Preset) -> str:
    found = preset.experiment
    parts = (preset.id,) if found is None else (preset.id, found.name, found.description, *found.tags)
    return " ".join(parts).lower()


def _label(name: str, **marks: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    mark(label, **marks)
    return label


def _buttons() -> QDialogButtonBox:
    standard = QDialogButtonBox.StandardButton
    box = QDialogButtonBox(standard.Open | standard.Cancel)
    for which, name, words, tip in (
        (standard.Open, "preset_open", "Start from preset", "Open a new experiment like this preset"),
        (standard.Cancel, "preset_cancel", "Cancel", "Stay with the experiment that is open"),
    ):
        button = box.button(which)
        button.setObjectName(name)
        button.setText(words)
        button.setIcon(QIcon())
        button.setAccessibleName(words)
        button.setToolTip(tip)
    mark(box.button(standard.Open), kind="primary")
    return box
