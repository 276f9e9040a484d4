"""The left column of the Data page: which data, how they are read, prepared and divided. Every change is one edit."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QRadioButton, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.app.data.own_files import OwnFiles
from cnnstudio.app.features.words import words
from cnnstudio.app.inspector import DeclaredForm
from cnnstudio.app.theme import mark, space
from cnnstudio.core.data.facts import PARTS
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.known import SOURCES
from cnnstudio.core.recipe import DataRecipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QMouseEvent

    from cnnstudio.core.data.sources import Origin, SourceSpec


BADGES: dict[Origin, tuple[str, str, str]] = {
    "real": ("Real", "ok", "Collected from people or nature"),
    "synthetic": ("Synthetic", "hint", "Computed by the studio"),
    "own": ("Your files", "muted", "Read from your disk"),
}
"""Words, tone and explanation of where data come from."""
_SHARES = {"validation": "validation", "test": "test"}
"""Parts and the parameters that say how large they are where they are drawn."""


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
    """The data recipe as forms. It shows what it is told and reports what is wanted."""

    wanted = Signal(object, str)
    """The DataRecipe that the person asks for, and the gesture it belongs to."""
    source_wanted = Signal(object)
    """Another source that needs no scan."""
    read_wanted = Signal(object)
    """The files read as this FileSource says; they are to be looked through first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_sources")
        self.setAccessibleName("Data source, preparation and parts")
        self.setWidgetResizable(True)
        self._recipe = DataRecipe()
        self._last: dict[str, SourceSpec] = {}
        self._group = QButtonGroup(self)
        self.own = OwnFiles()
        self.own.read_wanted.connect(self.read_wanted)
        self._cards = {kind: SourceCard(spec) for kind, spec in SOURCES.items() if spec.origin != "own"}
        self._source_title = words("data_source_title", "Parameters", scale="title")
        self._source_form = self._form("data_source_form")
        self._preparation_title = words("data_preparation_title", "Preparation", scale="title")
        self._preparation_form = self._form("data_preparation_form")
        self._split_form = self._form("data_split_form")
        self._source_form.edited.connect(self._edit_source)
        self._preparation_form.edited.connect(self._edit_preparation)
        self._split_form.edited.connect(self._edit_split)
        self._arrange()

    def _form(self, name: str) -> DeclaredForm:
        form = DeclaredForm(self)
        form.setObjectName(name)
        return form

    def _arrange(self) -> None:
        inside = QWidget()
        self.setWidget(inside)  # first, see LatePage.built
        column = QVBoxLayout(inside)
        column.setContentsMargins(space(4), space(4), space(4), space(4))
        column.setSpacing(space(2))
        column.addWidget(words("data_title", "Data", scale="page"))
        column.addWidget(self.own)
        column.addSpacing(space(1))
        column.addWidget(self._source_title)
        column.addWidget(self._source_form)
        column.addWidget(self._preparation_title)
        column.addWidget(self._preparation_form)
        column.addSpacing(space(1))
        column.addWidget(words("data_split_title", "Parts", scale="title"))
        column.addWidget(self._split_form)
        column.addSpacing(space(2))
        column.addWidget(words("data_builtin_title", "Built in", scale="title"))
        for card in self._cards.values():
            self._group.addButton(card.button)
            card.button.clicked.connect(self._choose)
            column.addWidget(card)
        column.addStretch(1)

    def prepare(self, recipe: DataRecipe) -> Iterator[None]:
        """Make the fields for such a recipe, with a rest after every few, before it is shown for the first time."""
        for form, of in (
            (self._source_form, recipe.source),
            (self._preparation_form, recipe.preparation),
            (self._split_form, recipe),
        ):
            yield from form.prepare(type(of))

    @property
    def source_form(self) -> DeclaredForm:
        """What the source asks for."""
        return self._source_form

    @property
    def preparation_form(self) -> DeclaredForm:
        """How samples are prepared."""
        return self._preparation_form

    def show_recipe(self, recipe: DataRecipe) -> None:
        """Show this recipe in cards and forms."""
        self._recipe = recipe
        source = recipe.source
        self._last[source.kind] = source
        self._group.setExclusive(False)  # one's own files are none of the cards
        for kind, card in self._cards.items():
            card.button.setChecked(kind == source.kind)
        self._group.setExclusive(True)
        self.own.show_source(source if isinstance(source, FileSource) else None)
        names = [p.name for p in source.parameters if p.name != "path"]
        self._source_title.setVisible(bool(names))
        self._source_form.setVisible(bool(names))
        self._source_form.show_value(source, only=names)
        info = source.info()
        self._preparation_form.show_value(recipe.preparation, only=recipe.preparation.names_for(info))
        self._split_form.show_value(recipe, only=_drawn(recipe))
        self._line_up()

    def _line_up(self) -> None:
        """The fields of all forms begin at one place, and Tab goes through them from top to bottom."""
        forms = (self._source_form, self._preparation_form, self._split_form)
        width = max(form.label_width for form in forms)
        for form in forms:
            form.set_label_width(width)
        cards = [card.button for card in self._cards.values()]
        stops = [self.own.last_stop, *(stop for form in forms for stop in form.stops), *cards]
        for first, second in itertools.pairwise(stops):
            QWidget.setTabOrder(first, second)

    def _choose(self) -> None:
        sender = self.sender()
        kind = next(k for k, card in self._cards.items() if card.button is sender)
        if kind == self._recipe.source.kind:
            self.show_recipe(self._recipe)  # a second click leaves it chosen
        else:
            # Going back to a source brings back what was set there.
            self.source_wanted.emit(self._last.get(kind) or SOURCES[kind]())

    def _edit_source(self, name: str, value: Any, gesture: str) -> None:
        source = dataclasses.replace(self._recipe.source, **{name: value})
        if isinstance(source, FileSource) and isinstance(self._recipe.source, FileSource):
            self.read_wanted.emit(source.found(self._recipe.source.facts))
        else:
            self.wanted.emit(dataclasses.replace(self._recipe, source=source), gesture)

    def _edit_preparation(self, name: str, value: Any, gesture: str) -> None:
        preparation = dataclasses.replace(self._recipe.preparation, **{name: value})
        self.wanted.emit(dataclasses.replace(self._recipe, preparation=preparation), gesture)

    def _edit_split(self, name: str, value: Any, gesture: str) -> None:
        self.wanted.emit(dataclasses.replace(self._recipe, **{name: value}), gesture)


def _drawn(recipe: DataRecipe) -> list[str]:
    """What can be said of the parts: whether they are drawn, where the source gives some, and how large, by what."""
    drawn = [name for part, name in _SHARES.items() if part not in recipe.given_parts]
    names = ["split"] if any(part in PARTS for part in recipe.source.parts) else []
    return [*names, *drawn, *(["seed"] if drawn else [])]
