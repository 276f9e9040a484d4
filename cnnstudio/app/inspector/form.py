"""The form made from a declaration: one row for each parameter, in the order in which they are declared, or grouped
under headings that fold.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cnnstudio.app.inspector.field_row import FieldRow
from cnnstudio.app.inspector.pieces import Section
from cnnstudio.app.tab_order import settle_tabs
from cnnstudio.app.theme import mark, space

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from cnnstudio.core.analysis.diagnostics import Diagnostic
    from cnnstudio.core.declare import Declared, Parameter
    from cnnstudio.core.following import Followed

_NOTHING: Mapping[str, Followed] = MappingProxyType({})
_ALL: Mapping[str, Collection[object]] = MappingProxyType({})
_DECLARED: Mapping[str, str] = MappingProxyType({})
Sections: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Headings, each with the names of the parameters beneath it."""
WIDEST_LABEL = 108
"""Pixels; longer labels wrap, so that fields keep their room in a narrow panel."""
HELP_LINES = 2
ROWS_AT_ONCE = 5
"""Made between two rests; each takes some three milliseconds."""


class DeclaredForm(QWidget):
    """Edits any declared value: a block's spec, a recipe, a data source.

    It holds no value of its own: what a person enters goes out by `edited`, and `show_value` brings back what became
    of it. Values that the declaration does not allow stay in their field, with the reason beneath, and do not go out.
    """

    edited = Signal(str, object, str)
    """Parameter name, value, gesture: edits of one burst share a gesture, "" stands alone."""
    fix_wanted = Signal(object)
    """The person chose this Fix of a diagnostic shown at a field."""
    fix_pointed = Signal(object, QWidget)
    """The person points at such a Fix, or at none any more (None), in this button."""
    follow_wanted = Signal(str, bool)
    """Parameter name, and whether its value is to follow the design or to stay as it is."""
    explained = Signal(str)
    """What the focused field is for. A form with headings leaves it to its owner to show this."""

    def __init__(self, parent: QWidget | None = None, sections: Sections = ()) -> None:
        """`sections` names every parameter once; () for a form without headings."""
        super().__init__(parent)
        self._shown: type[Declared] | None = None
        self._subject: object = None
        self._rows: dict[str, FieldRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(space(2))
        self._help = QLabel(self)
        self._help.setObjectName("field_help")
        self._help.setWordWrap(True)
        self._help.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        mark(self._help, tone="muted", scale="caption")
        self._order = [name for _, names in sections for name in names]
        self._sections = {title: Section(title, title.lower().replace(" ", "_"), self) for title, _ in sections}
        self._names = dict(sections)
        self._beside: dict[str, list[QWidget]] = {}
        self._across = QHBoxLayout()
        self._columns: list[QVBoxLayout] = []
        self._number_of_columns = 0
        if sections:
            self._add_columns()
        self._column.addWidget(self._help)
        application = QApplication.instance()
        if isinstance(application, QApplication):  # a filter for events of fields would be asked at each of any kind
            application.focusChanged.connect(self._follow_focus)

    def _add_columns(self) -> None:
        across = self._across
        for _ in range(2):
            column = QVBoxLayout()
            column.setSpacing(space(2))
            column.addStretch(1)
            across.addLayout(column)
            self._columns.append(column)
        self._column.addLayout(across)
        self.set_columns(1)

    @property
    def rows(self) -> dict[str, FieldRow]:
        """The rows by parameter name, hidden ones too."""
        return self._rows

    def show_value(
        self,
        declared: Declared,
        diagnostics: Iterable[Diagnostic] = (),
        *,
        subject: object = None,
        axes: int = 2,
        would_be: Mapping[str, Followed] = _NOTHING,
        follows: frozenset[str] = frozenset(),
        only: Collection[str] | None = None,
        offered: Mapping[str, Collection[object]] = _ALL,
        blanks: Mapping[str, str] = _DECLARED,
    ) -> None:
        """Show `declared` in place: fields, cursor and unfinished typing stay while it is the same thing.

        `subject` tells things of one class apart (a block's id): for another one, unfinished typing is dropped.
        `axes` is the number of spatial axes for fields that can hold one number per axis. `would_be` holds for each
        parameter that can follow the design what it then is; `follows` names those that do. `only` names the parameters
        that mean anything as things stand; None: all of them. `offered` holds for a parameter with a list of choices
        those that fit as things stand, where these are not all; `blanks` what stands in a field that is empty, where
        that is another thing than is declared.
        """
        if type(declared) is not self._shown:
            for _ in self.prepare(type(declared)):
                pass
        elif subject != self._subject:
            for row in self._rows.values():
                row.give_up()
            self._help.hide()
        self._subject = subject
        found: dict[str, list[Diagnostic]] = {}
        for diagnostic in diagnostics:
            found.setdefault(diagnostic.parameter, []).append(diagnostic)
        for name, row in self._rows.items():
            at_field = found.get(name, [])
            row.editor.set_axes(axes)
            row.editor.offer(offered.get(name))
            row.editor.set_blank(blanks.get(name, row.parameter.blank))
            row.show_value(getattr(declared, name), at_field)
            row.show_following(would_be.get(name), follows=name in follows)
            matters = (only is None or name in only) and _matters(row.parameter, declared)
            row.setVisible(bool(at_field) or matters)
        for title, section in self._sections.items():
            section.setVisible(any(not self._rows[name].isHidden() for name in self._names[title]))

    def set_columns(self, number: int) -> None:
        """Put the sections, if there are any, into one column, or into two with about as many parameters."""
        if not self._columns or number == self._number_of_columns:
            return
        self._number_of_columns = number
        self._across.setSpacing(space(6) if number > 1 else 0)
        for place in range(len(self._columns)):
            self._across.setStretch(place, int(place < number))
        room = len(self._order) / number
        placed = 0
        for title, section in self._sections.items():
            for column in self._columns:
                column.removeWidget(section)
            chosen = self._columns[int(placed >= room)]
            chosen.insertWidget(chosen.count() - 1, section)
            placed += len(self._names[title])

    def add_beneath(self, title: str, widget: QWidget, stops: Sequence[QWidget] = ()) -> None:
        """Put something else beneath the fields of that section; `stops`: what the Tab key reaches in it."""
        self._sections[title].body.addWidget(widget)
        self._beside[title] = list(stops)

    @property
    def stops(self) -> list[QWidget]:
        """What the Tab key reaches, in order."""
        if not self._sections:
            return [stop for row in self._rows.values() for stop in _stops(row)]
        found: list[QWidget] = []
        for title, section in self._sections.items():
            found.append(section.heading)
            found.extend(stop for name in self._names[title] for stop in _stops(self._rows[name]))
            found.extend(self._beside.get(title, ()))
        return found

    @property
    def label_width(self) -> int:
        """Room that the names of the rows in sight want."""
        wanted = (row.label.sizeHint().width() for row in self._rows.values() if not row.isHidden())
        return min(max(wanted, default=0), WIDEST_LABEL)

    def set_label_width(self, width: int) -> None:
        """Begin all fields at one place, such as that of another form."""
        for row in self._rows.values():
            row.set_label_width(width)

    def has_field(self, name: str) -> bool:
        """Whether the parameter is in sight."""
        return name in self._rows and not self._rows[name].isHidden()

    def focus_field(self, name: str) -> bool:
        """Put the cursor into that parameter's field; False when there is none in sight."""
        if not self.has_field(name):
            return False
        for title, names in self._names.items():
            if name in names:
                self._sections[title].heading.setChecked(True)
        self._rows[name].focus()
        return True

    def prepare(self, cls: type[Declared]) -> Iterator[None]:
        """Make the fields of that class, with a rest after every few. Whoever wants no rests leaves it to `show_value`.

        To be gone through to its end before any value is shown.
        """
        for row in self._rows.values():
            row.hide()
            row.deleteLater()
        self._rows, self._shown = {}, None
        self._help.hide()
        declared = {p.name: p for p in cls.parameters}
        for number, name in enumerate(self._order or declared):
            if number and number % ROWS_AT_ONCE == 0:
                yield
            self._add_row(declared[name])
        yield
        width = max((row.label.sizeHint().width() for row in self._rows.values()), default=0)
        metrics = self.fontMetrics()
        for row in self._rows.values():
            row.set_label_width(min(max(width, metrics.averageCharWidth() * 10), WIDEST_LABEL))
        self._help.setMinimumHeight(HELP_LINES * self._help.fontMetrics().lineSpacing())
        self._order_tabs()
        self._shown = cls

    def _add_row(self, parameter: Parameter) -> None:
        room, at = self._place_of(parameter.name)
        row = FieldRow(parameter, room.parentWidget())
        row.edited.connect(self.edited)
        row.fix_wanted.connect(self.fix_wanted)
        row.fix_pointed.connect(self.fix_pointed)
        row.follow_wanted.connect(self.follow_wanted)
        room.insertWidget(at, row)
        self._rows[parameter.name] = row

    def _place_of(self, name: str) -> tuple[QVBoxLayout, int]:
        """The layout that the next row goes into, and how many rows stand before it there."""
        for title, names in self._names.items():
            if name in names:
                return self._sections[title].body, names.index(name)
        return self._column, len(self._rows)

    def _follow_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self.isAncestorOf(now):
            for row in self._rows.values():
                if now in row.editor.fields():
                    self._explain(row.help)

    def _explain(self, text: str) -> None:
        """Say what the focused field is for. The line stays afterwards: what lies below must not jump under a click."""
        self.explained.emit(text)
        if not self._sections:
            self._help.setText(text)
            self._help.show()

    def _order_tabs(self) -> None:
        settle_tabs(self, self.stops)


def _stops(row: FieldRow) -> tuple[QWidget, ...]:
    return (*row.editor.fields(), row.reset, row.follow)


def _matters(parameter: Parameter, declared: Declared) -> bool:
    return parameter.relevant is None or parameter.relevant(declared)
