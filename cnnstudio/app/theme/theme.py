"""The themes and the one place that says which is on."""

from __future__ import annotations

import contextlib
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from cnnstudio.app.theme.colors import DARK_COLORS, DARK_FAMILIES, LIGHT_COLORS, LIGHT_FAMILIES, SERIES, Role
from cnnstudio.app.theme.style_sheet import style_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from PySide6.QtWidgets import QWidget


class Scale(enum.Enum):
    """The type scale, in points relative to the system font (see `Theme.font`)."""

    CAPTION = -1.0
    BODY = 0.0
    TITLE = 2.0
    PAGE = 6.0


class Mode(enum.StrEnum):
    """What the person chose: a look, or whatever the system shows."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


RADIUS = 6
"""Corner radius of cards, buttons and fields, in pixels."""

_TABULAR_FIGURES = QFont.Tag("tnum")
_FALLBACK_POINTS = 10.0
"""Used where the system names its font in pixels only."""


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

    def series(self, index: int) -> QColor:
        """The colour of one of several things that are compared; there are len(SERIES), then they come again."""
        return self.family(SERIES[index % len(SERIES)])

    def font(self, scale: Scale = Scale.BODY, *, bold: bool = False, mono: bool = False) -> QFont:
        """The system font at that step of the scale; figures are tabular where the font has them."""
        font = QFont(QApplication.font())
        if mono:
            font.setFamilies(["DejaVu Sans Mono", "Menlo", "Consolas", "monospace"])
        font.setPointSizeF(system_points() + scale.value)
        font.setBold(bold)
        font.setFeature(_TABULAR_FIGURES, 1)
        return font


def system_points() -> float:
    """Size of the system font."""
    points = QApplication.font().pointSizeF()
    return points if points > 0 else _FALLBACK_POINTS


def space(steps: int) -> int:
    """Spacing in pixels: 4 for each step."""
    return 4 * steps


def mark(widget: QWidget, **marks: str) -> None:
    """Give a widget one of the looks that the style sheet knows, and show it.

    Buttons: kind="primary", "danger" or "flat". Labels: scale="caption", "title" or "page"; tone="muted", "error",
    "warning", "hint", "ok". Frames: kind="card", "bar", "panel", "popup". A widget that has the look already is left
    alone: polishing costs more than painting.
    """
    if all(widget.property(name) == value for name, value in marks.items()):
        return
    for name, value in marks.items():
        widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


class Themes(QObject):
    """Which theme is on; `changed` is sent after a switch, when palette and style sheet are already set."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.current = LIGHT
        self.mode = Mode.LIGHT
        self._held = False

    def use(self, chosen: Theme) -> None:
        """Switch the application to this theme."""
        self.current = chosen
        app = QApplication.instance()
        if isinstance(app, QApplication):
            if not app.styleSheet() and app.style().name() != "fusion":  # under a style sheet its name is hidden
                app.setStyle(QStyleFactory.create("Fusion"))
            app.setPalette(palette(chosen))
            if not self._held:
                self._put_on(app)
        self.changed.emit()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Put the style sheet on at the end only, when all widgets that are made within are in place.

        Under a style sheet each widget is polished anew, with all within it, whenever one round it gets a parent.
        """
        self._held = True
        try:
            yield
        finally:
            self._held = False
            app = QApplication.instance()
            if isinstance(app, QApplication):
                self._put_on(app)

    def _put_on(self, app: QApplication) -> None:
        look, worn = self.current, app.styleSheet()
        wanted = style_sheet(look.colors, is_dark=look.is_dark, radius=RADIUS, points=system_points())
        if wanted == worn:
            return
        if worn:
            app.setStyleSheet("")  # Qt dresses anew eight times as fast as it changes one sheet for another
        app.setStyleSheet(wanted)

    def choose(self, mode: Mode) -> None:
        """Light, dark, or as the system has it, now and when the system changes."""
        self.mode = mode
        hints = QApplication.styleHints()
        hints.colorSchemeChanged.connect(self._follow, Qt.ConnectionType.UniqueConnection)
        dark = mode is Mode.DARK or (mode is Mode.SYSTEM and hints.colorScheme() is Qt.ColorScheme.Dark)
        self.use(DARK if dark else LIGHT)

    def _follow(self, scheme: Qt.ColorScheme) -> None:
        wanted = DARK if scheme is Qt.ColorScheme.Dark else LIGHT
        if self.mode is Mode.SYSTEM and wanted is not self.current:
            self.use(wanted)


def palette(chosen: Theme) -> QPalette:
    """The Qt palette of a theme: what Fusion paints where the style sheet is silent.

    Our own, as `QStyleHints.setColorScheme` does nothing offscreen, on bare X11 and on some desktops.
    """
    made = QPalette()
    roles = QPalette.ColorRole
    for role, color in {
        roles.Window: Role.WINDOW, roles.WindowText: Role.TEXT, roles.Base: Role.SURFACE,
        roles.AlternateBase: Role.RAISED, roles.Text: Role.TEXT, roles.Button: Role.RAISED,
        roles.ButtonText: Role.TEXT, roles.BrightText: Role.ERROR, roles.Highlight: Role.SELECTION,
        roles.HighlightedText: Role.TEXT, roles.Link: Role.ACCENT, roles.LinkVisited: Role.ACCENT,
        roles.PlaceholderText: Role.MUTED, roles.ToolTipBase: Role.RAISED, roles.ToolTipText: Role.TEXT,
        roles.Light: Role.RAISED, roles.Midlight: Role.HOVER, roles.Mid: Role.BORDER, roles.Dark: Role.EDGE,
        roles.Shadow: Role.BORDER, roles.Accent: Role.ACCENT,
    }.items():  # fmt: skip
        made.setColor(role, chosen.color(color))
    disabled = QPalette.ColorGroup.Disabled
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.HighlightedText, roles.PlaceholderText):
        made.setColor(disabled, role, chosen.color(Role.DISABLED))
    made.setColor(disabled, roles.Highlight, chosen.color(Role.HOVER))
    return made


LIGHT = Theme("Light", False, LIGHT_COLORS, LIGHT_FAMILIES)
DARK = Theme("Dark", True, DARK_COLORS, DARK_FAMILIES)

themes = Themes()


def theme() -> Theme:
    """The theme that is on."""
    return themes.current
