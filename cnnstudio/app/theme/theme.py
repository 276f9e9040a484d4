"""The themes and the one place that says which is on."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Mapping


class Role(enum.Enum):
    """What a colour is for."""

    WINDOW = "window"
    SURFACE = "surface"
    RAISED = "raised"
    CANVAS = "canvas"
    GRID = "grid"
    BORDER = "border"
    TEXT = "text"
    MUTED = "muted"
    DISABLED = "disabled"
    ACCENT = "accent"
    ON_ACCENT = "on_accent"
    SELECTION = "selection"
    HOVER = "hover"
    ERROR = "error"
    WARNING = "warning"
    OK = "ok"
    EDGE = "edge"
    CURVE_1 = "curve_1"
    CURVE_2 = "curve_2"


class Scale(enum.Enum):
    """The type scale, in points relative to the system font (see `Theme.font`)."""

    CAPTION = -1.0
    BODY = 0.0
    TITLE = 2.0
    PAGE = 6.0


RADIUS = 6
"""Corner radius of cards, buttons and fields, in pixels."""


@dataclass(frozen=True)
class Theme:
    """One look."""

    name: str
    is_dark: bool
    colors: Mapping[Role, str]
    families: Mapping[str, str]

    def color(self, role: Role) -> QColor:
        """The colour for that role."""
        return QColor(self.colors[role])

    def family(self, group: str) -> QColor:
        """The colour of a block family."""
        return QColor(self.families[group])

    def font(self, scale: Scale = Scale.BODY, *, bold: bool = False, mono: bool = False) -> QFont:
        """The system font at that step of the scale; figures are tabular where the font has them."""
        font = QFont(QApplication.font())
        if mono:
            font.setFamilies(["DejaVu Sans Mono", "Menlo", "Consolas", "monospace"])
        font.setPointSizeF(font.pointSizeF() + scale.value)
        font.setBold(bold)
        return font


def space(steps: int) -> int:
    """Spacing in pixels: 4 for each step."""
    return 4 * steps


class Themes(QObject):
    """Which theme is on; `changed` is sent after a switch, when palette and style sheet are already set."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.current = LIGHT

    def use(self, chosen: Theme) -> None:
        """Switch the application to this theme."""
        self.current = chosen
        self.changed.emit()


LIGHT = Theme("Light", False, {r: "#808080" for r in Role}, {})
DARK = Theme("Dark", True, {r: "#808080" for r in Role}, {})

themes = Themes()


def theme() -> Theme:
    """The theme that is on."""
    return themes.current
