"""The canvas's keys, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from cnnstudio.app.canvas import commands
from cnnstudio.app.canvas.navigation import Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QKeyEvent

    from cnnstudio.app.canvas.view import CanvasView

_NONE = Qt.KeyboardModifier.NoModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CTRL = Qt.KeyboardModifier.ControlModifier
_ALT = Qt.KeyboardModifier.AltModifier
_ARROWS = {
    Qt.Key.Key_Up: Way.UP,
    Qt.Key.Key_Down: Way.DOWN,
    Qt.Key.Key_Left: Way.LEFT,
    Qt.Key.Key_Right: Way.RIGHT,
}


def action_for(event: QKeyEvent) -> Callable[[CanvasView], None] | None:
    """What a key does on the canvas; None for keys that are not the canvas's."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    key = Qt.Key(event.key())
    way = _ARROWS.get(key)
    if way is not None and held in (_NONE, _SHIFT):
        return _stepping(way, extend=held == _SHIFT)
    if event.text() in ("+", "-") and held in (_NONE, _SHIFT):  # + needs Shift on some keyboards
        return _zoom_in if event.text() == "+" else _zoom_out
    for standard, act in _STANDARD.items():
        if event.matches(standard):
            return act
    return _TABLE.get((key, held))


def _stepping(way: Way, *, extend: bool) -> Callable[[CanvasView], None]:
    def step(canvas: CanvasView) -> None:
        commands.step(canvas, way, extend=extend)

    return step


def _zoom_in(canvas: CanvasView) -> None:
    canvas.zoom_in()


def _zoom_out(canvas: CanvasView) -> None:
    canvas.zoom_out()


def _fit(canvas: CanvasView) -> None:
    canvas.zoom_fit()


def _zoom_selection(canvas: CanvasView) -> None:
    canvas.zoom_selection()


def _escape(canvas: CanvasView) -> None:
    canvas.escape()


def _rename(canvas: CanvasView) -> None:
    canvas.groups.rename() if canvas.groups.selected is not None else commands.edit_comment(canvas)


def _group(canvas: CanvasView) -> None:
    canvas.groups.group()


def _ungroup(canvas: CanvasView) -> None:
    canvas.groups.ungroup()


def _toggle_group(canvas: CanvasView) -> None:
    canvas.groups.toggle()


def _add_comment(canvas: CanvasView) -> None:
    canvas.add_comment()


def _copy(canvas: CanvasView) -> None:
    commands.copy_selection(canvas)


def _paste(canvas: CanvasView) -> None:
    commands.paste(canvas)


_STANDARD: dict[QKeySequence.StandardKey, Callable[[CanvasView], None]] = {
    QKeySequence.StandardKey.Cut: commands.cut_selection,
    QKeySequence.StandardKey.Copy: _copy,
    QKeySequence.StandardKey.Paste: _paste,
}
"""Keys that differ between platforms, or of which there are several: Ctrl+Insert copies, too."""
_TABLE: dict[tuple[Qt.Key, Qt.KeyboardModifier], Callable[[CanvasView], None]] = {
    (Qt.Key.Key_Delete, _NONE): commands.delete_selection,
    (Qt.Key.Key_Backspace, _NONE): commands.delete_selection,
    (Qt.Key.Key_D, _CTRL): commands.duplicate_selection,
    (Qt.Key.Key_A, _CTRL): commands.select_all,
    (Qt.Key.Key_Escape, _NONE): _escape,
    (Qt.Key.Key_Return, _NONE): commands.edit_current,
    (Qt.Key.Key_Enter, _NONE): commands.edit_current,
    (Qt.Key.Key_F2, _NONE): _rename,
    (Qt.Key.Key_G, _CTRL): _group,
    (Qt.Key.Key_G, _CTRL | _SHIFT): _ungroup,
    (Qt.Key.Key_Return, _CTRL): _toggle_group,
    (Qt.Key.Key_Enter, _CTRL): _toggle_group,
    (Qt.Key.Key_B, _CTRL): commands.toggle_bypass,
    (Qt.Key.Key_L, _CTRL): commands.connect_selected,
    (Qt.Key.Key_C, _CTRL | _SHIFT): _add_comment,
    (Qt.Key.Key_Up, _CTRL | _SHIFT): commands.select_upstream,
    (Qt.Key.Key_Down, _CTRL | _SHIFT): commands.select_downstream,
    (Qt.Key.Key_Up, _ALT): commands.move_up,
    (Qt.Key.Key_Down, _ALT): commands.move_down,
    (Qt.Key.Key_Home, _NONE): commands.select_first,
    (Qt.Key.Key_End, _NONE): commands.select_last,
    (Qt.Key.Key_Plus, _CTRL): _zoom_in,
    (Qt.Key.Key_Plus, _CTRL | _SHIFT): _zoom_in,
    (Qt.Key.Key_Equal, _CTRL): _zoom_in,
    (Qt.Key.Key_Minus, _CTRL): _zoom_out,
    (Qt.Key.Key_0, _CTRL): _fit,
    (Qt.Key.Key_9, _CTRL): _zoom_selection,
}
