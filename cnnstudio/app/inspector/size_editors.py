"""Editors for sizes and margins: one number for all axes, or one (margins: two) for each."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolButton, QWidget

from cnnstudio.app import format
from cnnstudio.app.inspector.editors import Editor
from cnnstudio.app.inspector.spin import NumberSpin
from cnnstudio.app.theme import Role, mark, set_icon, space
from cnnstudio.core.declare import Form

if TYPE_CHECKING:
    from cnnstudio.core.declare import Parameter

MOST_AXES = 3
SMALL_ICON = QSize(12, 12)
"""Of the buttons beside a field, which must fit a panel of 280 pixels."""


class AxesEditor(Editor):
    """What sizes and margins share: a link button, one field while linked, a field for each part while not."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self._axes = 2
        self.is_linked = True
        self._part = dataclasses.replace(parameter, form=Form.INTEGER)
        self.single = self._spin("every axis")
        self.single.setObjectName(f"field_{parameter.name}")
        self.single.setAccessibleName(parameter.label)
        self.single.setToolTip(parameter.help)
        self.parts = QWidget(self)
        self.spins: list[NumberSpin] = []
        self.link = QToolButton(self)
        self.link.setObjectName(f"link_{parameter.name}")
        self.link.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.link.setIconSize(SMALL_ICON)
        self.link.setMinimumHeight(self.single.sizeHint().height())
        mark(self.link, kind="flat")
        self._row.addWidget(self.single, 1)
        self._row.addWidget(self.parts, 1)
        self._row.addWidget(self.link, 0, Qt.AlignmentFlag.AlignTop)
        self.parts.hide()
        self.link.clicked.connect(self._toggle)
        self._show_link()

    def _spin(self, place: str, *, bare: bool = False) -> NumberSpin:
        spin = NumberSpin(self._part, whole=True, parent=self)
        spin.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        spin.setObjectName(f"field_{self.parameter.name}_{place.replace(' ', '_')}")
        spin.setAccessibleName(f"{self.parameter.label}, {place}")
        spin.setToolTip(f"{self.parameter.help} ({place})")
        if bare:
            spin.setMinimumWidth(space(7))
            spin.indent(space(1))
            mark(spin, bare="true")  # not NoButtons: under a style sheet that leaves the text no width
        spin.entered.connect(self._entered)
        spin.garbled.connect(self.garbled)
        spin.settled.connect(self.settled)
        spin.dropped.connect(self._spin_dropped)
        return spin

    def fields(self) -> list[QWidget]:
        """The one spin box or those of the parts; the link button comes last."""
        return [*(self._shown_spins()), self.link]

    def _shown_spins(self) -> list[NumberSpin]:
        return [self.single] if self.is_linked else self.spins

    def set_axes(self, axes: int) -> None:
        """How many numbers there are after unlinking; a value that has them says it itself."""
        self._axes = min(max(axes, 1), MOST_AXES)

    @property
    def is_pending(self) -> bool:
        """Whether any field in sight holds unfinished text."""
        return any(spin.is_pending for spin in self._shown_spins())

    def discard(self) -> None:
        """Show the value again in every field."""
        for spin in self._shown_spins():
            spin.discard()

    def show_value(self, value: object) -> None:
        """A tuple shows its parts, anything else is one number."""
        if isinstance(value, tuple):
            numbers = self._numbers(value)
            if len(numbers) != len(self.spins):
                self._build_parts(len(value))
            for spin, number in zip(self.spins, numbers, strict=True):
                spin.show_value(number)
        else:
            self.single.show_value(value)
        linked = not isinstance(value, tuple)
        if linked is not self.is_linked:
            self.is_linked = linked
            self.single.setVisible(linked)
            self.parts.setVisible(not linked)
            self._show_link()

    def _show_link(self) -> None:
        set_icon(self.link, "link" if self.is_linked else "unlink", Role.MUTED)
        what = "Set each axis by itself" if self.is_linked else "One number for every axis"
        self.link.setToolTip(what)
        self.link.setAccessibleName(f"{self.parameter.label}: {what.lower()}")

    def _build_parts(self, axes: int) -> None:
        old = self.parts
        self.parts = QWidget(self)
        self.parts.setVisible(not self.is_linked)
        old.hide()
        self._row.replaceWidget(old, self.parts)
        for spin in self.spins:
            spin.hide()
            spin.deleteLater()
        old.deleteLater()
        self.spins = self._lay_parts(self.parts, axes)
        at: QWidget = self.single
        for spin in self.spins:
            QWidget.setTabOrder(at, spin)
            at = spin
        QWidget.setTabOrder(at, self.link)
        self.fields_changed.emit()

    def _entered(self) -> None:
        values = [spin.value_in_text() for spin in self._shown_spins()]
        if self.is_linked:
            self.entered.emit(values[0])
        elif any(v is None for v in values):
            self.garbled.emit("")
        else:
            self.entered.emit(self._joined([cast("int", v) for v in values]))

    def _toggle(self) -> None:
        """The other way round, as an undo step of its own."""
        self.settled.emit()
        if self.is_linked:
            each = self.single.shown
            self.entered.emit(self._spread(each if isinstance(each, int) else self._fallback()))
        else:
            self.entered.emit(self.spins[0].shown)
        self.settled.emit()

    def _fallback(self) -> int:
        return int(self.parameter.minimum or 0)

    def _spin_dropped(self) -> None:
        if not self.is_pending:
            self.dropped.emit()

    # What differs between sizes and margins

    def _numbers(self, value: tuple[object, ...]) -> list[int]:
        raise NotImplementedError

    def _joined(self, numbers: list[int]) -> object:
        raise NotImplementedError

    def _spread(self, each: int) -> object:
        raise NotImplementedError

    def _lay_parts(self, room: QWidget, axes: int) -> list[NumberSpin]:
        raise NotImplementedError


class SizeEditor(AxesEditor):
    """One whole number, or one for each axis: two side by side, three beneath one another for want of room."""

    def _numbers(self, value: tuple[object, ...]) -> list[int]:
        return [v for v in value if isinstance(v, int)]

    def _joined(self, numbers: list[int]) -> object:
        return tuple(numbers)

    def _spread(self, each: int) -> object:
        return (each,) * self._axes

    def _lay_parts(self, room: QWidget, axes: int) -> list[NumberSpin]:
        grid = _grid(room)
        spins = []
        for n, letter in enumerate(format.axis_letters(axes)):
            row, column = (0, 2 * n) if axes < MOST_AXES else (n, 0)
            grid.addWidget(_letter(letter, room), row, column)
            spin = self._spin(format.axis_name(letter), bare=axes < MOST_AXES)
            grid.addWidget(spin, row, column + 1)
            spins.append(spin)
        return spins


class MarginsEditor(AxesEditor):
    """One whole number for every side, or two for each axis: before and after."""

    def _numbers(self, value: tuple[object, ...]) -> list[int]:
        return [n for part in value for n in (part if isinstance(part, tuple) else (part, part))]

    def _joined(self, numbers: list[int]) -> object:
        return tuple(zip(numbers[::2], numbers[1::2], strict=True))

    def _spread(self, each: int) -> object:
        return ((each, each),) * self._axes

    def _lay_parts(self, room: QWidget, axes: int) -> list[NumberSpin]:
        grid = _grid(room)
        spins = []
        for column, side in enumerate(("before", "after"), start=1):
            head = QLabel(side, room)
            mark(head, tone="muted", scale="caption")
            grid.addWidget(head, 0, column)
        for n, letter in enumerate(format.axis_letters(axes), start=1):
            grid.addWidget(_letter(letter, room), n, 0)
            for column, side in enumerate(("before", "after"), start=1):
                spin = self._spin(f"{format.axis_name(letter)} {side}", bare=True)
                grid.addWidget(spin, n, column)
                spins.append(spin)
        return spins


def _grid(room: QWidget) -> QGridLayout:
    grid = QGridLayout(room)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(space(1))
    return grid


def _letter(letter: str, room: QWidget) -> QLabel:
    label = QLabel(letter, room)
    label.setToolTip(format.axis_name(letter).capitalize())
    mark(label, tone="muted", scale="caption")
    return label
