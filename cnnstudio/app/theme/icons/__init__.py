"""Icons: small SVG drawings of one stroke colour on a grid of 16 units, tinted for the theme that is on."""

from __future__ import annotations

import functools
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from shiboken6 import isValid

from cnnstudio.app.theme.colors import Role
from cnnstudio.app.theme.theme import theme, themes
from cnnstudio.core.declare import closest

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QColor
    from PySide6.QtWidgets import QAbstractButton

_FOLDER = Path(__file__).parent
_SIZES = (16, 20, 24, 32, 48)
"""Pixels: what buttons ask for at scales of 1 to 3. Each size is drawn from the SVG, none is scaled up."""
_GREY_SIZES = (16, 32, 48)


def icon(name: str, role: Role = Role.TEXT) -> QIcon:
    """The icon of that name in the current theme's colour for `role`, and greyed for what is disabled.

    Raises KeyError, with the closest known names, for an unknown one. See `set_icon` to follow the theme.
    """
    return _tinted(name, theme().colors[role], theme().colors[Role.DISABLED])


def set_icon(target: QAction | QAbstractButton, name: str, role: Role = Role.TEXT) -> None:
    """Put the icon on an action or a button, now and again whenever the theme changes."""
    _worn[target] = (name, role)
    target.setIcon(icon(name, role))


def icon_names() -> tuple[str, ...]:
    """Names of all icons, in alphabetical order."""
    return tuple(sorted(p.stem for p in _FOLDER.glob("*.svg") if not p.stem.startswith(("mark-", "app"))))


@functools.cache
def app_icon() -> QIcon:
    """The application's own icon, for title bars and task lists."""
    drawing = (_FOLDER / "app.svg").read_bytes()
    made = QIcon()
    for size in (*_SIZES, 128, 256):
        made.addPixmap(_drawn(drawing, size))
    return made


def pixmap(name: str, color: QColor, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon drawn in any colour at `size` logical pixels, for painters; `ratio` is the screen's scale."""
    made = _drawn(_svg(name).replace(b"currentColor", color.name().encode()), round(size * ratio))
    made.setDevicePixelRatio(ratio)
    return made


_worn: weakref.WeakKeyDictionary[QAction | QAbstractButton, tuple[str, Role]] = weakref.WeakKeyDictionary()


def _dress_again() -> None:
    for target, (name, role) in list(_worn.items()):
        if isValid(target):
            target.setIcon(icon(name, role))


themes.changed.connect(_dress_again)


@functools.cache
def _svg(name: str) -> bytes:
    path = _FOLDER / f"{name}.svg"
    if name.startswith(("mark-", "app")) or not path.is_file():
        raise KeyError(f'There is no icon "{name}". {closest(name, icon_names())}')
    return path.read_bytes()


@functools.cache
def _tinted(name: str, normal: str, disabled: str) -> QIcon:
    made = QIcon()
    modes = QIcon.Mode  # left to itself, Qt pales an icon in a selected row
    kinds = (
        (modes.Normal, normal, _SIZES),
        (modes.Selected, normal, _GREY_SIZES),
        (modes.Disabled, disabled, _GREY_SIZES),
    )
    for mode, color, sizes in kinds:
        drawing = _svg(name).replace(b"currentColor", color.encode())
        for size in sizes:
            made.addPixmap(_drawn(drawing, size), mode)
    return made


@functools.lru_cache(maxsize=4)
def _renderer(drawing: bytes) -> QSvgRenderer:
    """Parsing costs more than drawing, and each drawing is drawn at several sizes in a row."""
    return QSvgRenderer(QByteArray(drawing))


def _drawn(drawing: bytes, pixels: int) -> QPixmap:
    canvas = QPixmap(pixels, pixels)
    canvas.fill(Qt.GlobalColor.transparent)
    painter = QPainter(canvas)
    _renderer(drawing).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return canvas
