"""The left column of the Data page: which source, with which parameters, split how. Every change is one edit."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QRadioButton, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.app.features.words import words
from cnnstudio.app.inspector import DeclaredForm
from cnnstudio.app.theme import mark, space
from cnnstudio.core.data.known import SOURCES
from cnnstudio.core.recipe import DataRecipe

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

    from cnnstudio.core.data.sources import Origin, SourceSpec


BADGES: dict[Origin, tuple[str, str, str]] = {
    "real": ("Real", "ok", "Collected from people or nature"),
    "synthetic": ("Synthetic", "hint", "Computed by the studio"),
    "own": ("Your files", "muted", "Read from your disk"),
}
"""Words, tone and explanation of where data come from."""


class SourceCard(QFrame):
    """One source: its title, whether it is real or synthetic, and where it comes from. A click chooses it."""

    def __init__(self, kind: type[SourceSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"source_{kind.kind.lower()}")
        mark(self, kind="card")
        self.kind = kind.kind
        self.button = QRadioButton(kind.title)
        self.button.setObjectName(f"source_{kind.kind.lower()}_button")
        self.button.setAccessibleName(kind.title)
        self.button.setAccessibleDescription(kind.note)
        self.button.setToolTip(kind.note)
        badge = words(
            f"source_{kind.kind.lower()}_badge",
            BADGES[kind.origin][0],
            scale="caption",
            tone=BADGES[kind.origin][1],
            tip=BADGES[kind.origin][2],
        )
        note = words(f"source_{kind.kind.lower()}_note", kind.note, scale="caption", tone="muted", wrap=True)
        top = QHBoxLayout()
        top.addWidget(self.button, 1)
        top.addWidget(badge)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(2), space(2), space(3), space(2))
        column.setSpacing(space(1))
        column.addLayout(top)
        column.addWidget(note)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The card is as good to click as its button."""
        if self.rect().contains(event.position().toPoint()):
            self.button.click()


class SourcePanel(QScrollArea):
    """The data recipe as forms. It shows what it is told and reports the recipe that is wanted."""

    wanted = Signal(object, str)
    """The DataRecipe that the person asks for, and the gesture it belongs to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_sources")
        self.setAccessibleName("Data source and split")
        self.setWidgetResizable(True)
        self._recipe = DataRecipe()
        self._last: dict[str, SourceSpec] = {}
        self._group = QButtonGroup(self)
        self._cards = {kind: SourceCard(spec) for kind, spec in SOURCES.items() if spec.origin != "own"}
        self._source_title = words("data_source_title", "Parameters", scale="title")
        self._source_form = DeclaredForm(self)
        self._source_form.setObjectName("data_source_form")
        self._split_form = DeclaredForm(self)
        self._split_form.setObjectName("data_split_form")
        self._source_form.edited.connect(self._edit_source)
        self._split_form.edited.connect(self._edit_split)
        self._arrange()

    def _arrange(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(space(4), space(4), space(4), space(4))
        column.setSpacing(space(2))
        column.addWidget(words("data_title", "Data", scale="page"))
        for card in self._cards.values():
            self._group.addButton(card.button)
            card.button.clicked.connect(self._choose)
            column.addWidget(card)
        column.addSpacing(space(2))
        column.addWidget(self._source_title)
        column.addWidget(self._source_form)
        column.addSpacing(space(2))
        column.addWidget(words("data_split_title", "Split", scale="title"))
        column.addWidget(self._split_form)
        column.addStretch(1)
        self.setWidget(inside)

    def show_recipe(self, recipe: DataRecipe) -> None:
        """Show this recipe in cards and forms."""
        self._recipe = recipe
        self._last[recipe.source.kind] = recipe.source
        self._cards[recipe.source.kind].button.setChecked(True)
        self._source_title.setVisible(bool(recipe.source.parameters))
        self._source_form.setVisible(bool(recipe.source.parameters))
        self._source_form.show_value(recipe.source)
        self._split_form.show_value(recipe)

    def _choose(self) -> None:
        kind = next(k for k, card in self._cards.items() if card.button.isChecked())
        if kind != self._recipe.source.kind:
            # Going back to a source brings back what was set there.
            source = self._last.get(kind) or SOURCES[kind]()
            self.wanted.emit(dataclasses.replace(self._recipe, source=source), "")

    def _edit_source(self, name: str, value: Any, gesture: str) -> None:
        source = dataclasses.replace(self._recipe.source, **{name: value})
        self.wanted.emit(dataclasses.replace(self._recipe, source=source), gesture)

    def _edit_split(self, name: str, value: Any, gesture: str) -> None:
        self.wanted.emit(dataclasses.replace(self._recipe, **{name: value}), gesture)
