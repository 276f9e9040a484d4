"""A hand that does anything anywhere: seeded, with real mouse and key events, all over the Design page."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QMenu,
    QTabWidget,
    QToolButton,
    QWidget,
)
from shiboken6 import delete

from cnnstudio.app.canvas.card import Card, Port
from cnnstudio.app.canvas.overlays import Ghost, Guide, LooseEnd, RubberBand
from cnnstudio.app.canvas.scene import CanvasScene
from cnnstudio.core.catalogue import groups

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QAction

    from cnnstudio.app.canvas import CanvasView
    from cnnstudio.app.main_window import MainWindow

NONE, CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
K = Qt.Key
KEYS: tuple[tuple[Qt.Key, Qt.KeyboardModifier], ...] = (
    (K.Key_Up, NONE), (K.Key_Down, NONE), (K.Key_Left, NONE), (K.Key_Right, NONE), (K.Key_Down, SHIFT),
    (K.Key_Up, ALT), (K.Key_Down, ALT), (K.Key_Home, NONE), (K.Key_End, NONE), (K.Key_Delete, NONE),
    (K.Key_Backspace, NONE), (K.Key_D, CTRL), (K.Key_A, CTRL), (K.Key_Escape, NONE), (K.Key_Return, NONE),
    (K.Key_F2, NONE), (K.Key_G, CTRL), (K.Key_G, CTRL | SHIFT), (K.Key_Return, CTRL), (K.Key_B, CTRL), (K.Key_L, CTRL),
    (K.Key_C, CTRL | SHIFT), (K.Key_Up, CTRL | SHIFT), (K.Key_Down, CTRL | SHIFT), (K.Key_0, CTRL), (K.Key_9, CTRL),
    (K.Key_Plus, CTRL), (K.Key_Minus, CTRL), (K.Key_X, CTRL), (K.Key_C, CTRL), (K.Key_V, CTRL), (K.Key_T, CTRL | SHIFT),
    (K.Key_M, CTRL | SHIFT), (K.Key_P, CTRL | SHIFT), (K.Key_Tab, NONE), (K.Key_Space, NONE),
)  # fmt: skip
"""None of these opens a dialog or leaves the page."""
TOO_MANY = 30
"""Blocks, from which on the monkey rather takes back what it did."""


class Monkey:
    """Each of its tricks is one thing that a person might do there; many come to nothing, as they would."""

    def __init__(self, window: MainWindow, seed: int) -> None:
        self._window = window
        self._canvas: CanvasView = window.design.canvas
        self._dice = random.Random(seed)
        self.done: list[str] = []
        """What it did, in words: what to look at when a seed has found something."""
        self._tricks: tuple[tuple[int, Callable[[], str]], ...] = (
            (8, self._click), (5, self._drag_card), (3, self._wire), (3, self._band), (4, self._double_click),
            (12, self._press_key), (4, self._type), (5, self._undo), (3, self._redo), (3, self._menu),
            (2, self._wheel), (3, self._append), (2, self._set_value), (2, self._tab), (2, self._table),
            (2, self._minimap), (1, self._theme), (2, self._fix), (2, self._break_off), (2, self._pan),
            (2, self._group), (2, self._follow), (3, self._row),
        )  # fmt: skip

    def act(self) -> None:
        """One trick."""
        canvas = self._canvas
        if len(canvas.bridge.experiment.architecture.blocks) > TOO_MANY:
            self.done.append(self._undo())
            return
        weights = [weight for weight, _ in self._tricks]
        trick = self._dice.choices([trick for _, trick in self._tricks], weights)[0]
        self.done.append(trick.__name__.strip("_"))
        self.done[-1] += f" {trick()}"
        for popup in (w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu) and w.isVisible()):
            popup.close()

    # Places

    def _somewhere(self) -> QPoint:
        rect = self._canvas.viewport().rect()
        return QPoint(self._dice.randrange(rect.width()), self._dice.randrange(rect.height()))

    def _card(self) -> Card:
        return self._dice.choice(list(self._canvas.board.cards.values()))

    def _at(self, place: QPointF) -> QPoint:
        """A place of the scene in the viewport, scrolled into sight."""
        if not self._canvas.viewport().rect().contains(self._canvas.mapFromScene(place)):
            self._canvas.centerOn(place)
        return self._canvas.mapFromScene(place)

    def _place(self) -> QPoint:
        """On a card, a port, an edge, a title or a comment, or anywhere."""
        board = self._canvas.board
        places = [QPointF(self._card().body.center()), self._card().port(self._dice.choice(list(Port)))]
        places += [self._dice.choice(list(board.edges.values())).path.pointAtPercent(0.5)] if board.edges else []
        places += [t.body.center() for t in board.frames.values()] + [t.button.center() for t in board.frames.values()]
        places += [n.body.center() for n in board.notes.values()]
        places += [QPointF(n.body.right(), n.body.center().y()) for n in board.notes.values()]
        return self._somewhere() if self._dice.random() < 0.15 else self._at(self._dice.choice(places))

    def _hit(self, at: QPoint) -> tuple[QWidget, QPoint]:
        """The widget that the mouse would hit there, and the place in it."""
        viewport = self._canvas.viewport()
        place = viewport.mapTo(self._window, at)
        found = self._window.childAt(place) or viewport
        return found, found.mapFrom(self._window, place)

    def _held(self) -> Qt.KeyboardModifier:
        return self._dice.choice((NONE, NONE, NONE, SHIFT, CTRL, ALT))

    # Mouse

    def _click(self) -> str:
        at = self._place()
        widget, there = self._hit(at)
        QTest.mouseMove(widget, there)
        QTest.mouseClick(widget, LEFT, self._held(), there)
        return f"{at.x()}, {at.y()}"

    def _double_click(self) -> str:
        widget, there = self._hit(self._place())
        QTest.mouseClick(widget, LEFT, NONE, there)
        QTest.mouseDClick(widget, LEFT, NONE, there)
        return ""

    def _drag(self, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT, *, let_go: bool = True) -> None:
        widget, there = self._hit(start)
        QTest.mousePress(widget, button, NONE, there)
        for part in (0.2, 0.6, 1.0):
            QTest.mouseMove(widget, there + (end - start) * part)
        if let_go:
            QTest.mouseRelease(widget, button, self._held(), there + (end - start))

    def _drag_card(self) -> str:
        start = self._place()
        aim = self._place() if self._dice.random() < 0.5 else start + QPoint(*self._dice.choices(range(-150, 150), k=2))
        self._drag(start, aim)
        return f"{start.toTuple()} to {aim.toTuple()}"

    def _wire(self) -> str:
        one, other = self._card(), self._card()
        self._drag(self._at(one.port(Port.OUTPUT)), self._canvas.mapFromScene(other.body.center()))
        return f"{one.id} to {other.id}"

    def _band(self) -> str:
        self._drag(self._somewhere(), self._somewhere())
        return ""

    def _pan(self) -> str:
        self._drag(self._somewhere(), self._somewhere(), MIDDLE)
        return ""

    def _break_off(self) -> str:
        """A drag that something else happens in: Escape, undo, redo, another edit."""
        start = self._place()
        end = start + QPoint(70, 45)
        self._drag(start, end, let_go=False)
        what = self._dice.choice((self._escape, self._undo, self._redo, self._append, self._press_key))
        words = what()
        widget, there = self._hit(start)
        QTest.mouseRelease(widget, LEFT, NONE, there + QPoint(70, 45))
        return words

    def _wheel(self) -> str:
        at = QPointF(self._somewhere())
        turned = QPoint(0, self._dice.choice((-240, -120, 120, 240)))
        everywhere = QPointF(self._canvas.viewport().mapToGlobal(at))
        phase = Qt.ScrollPhase.NoScrollPhase
        held = self._dice.choice((NONE, CTRL))
        wheel = QWheelEvent(at, everywhere, QPoint(), turned, Qt.MouseButton.NoButton, held, phase, False)
        QApplication.sendEvent(self._canvas.viewport(), wheel)
        return ""

    def _menu(self) -> str:
        at = self._place()
        everywhere = self._canvas.viewport().mapToGlobal(at)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, everywhere)
        QApplication.sendEvent(self._canvas.viewport(), event)
        menu = QApplication.activePopupWidget()
        if not isinstance(menu, QMenu):
            return ""
        entry = self._dice.choice([a for a in menu.actions() if not a.isSeparator() and a.isEnabled()])
        if entry.menu() is not None:
            entry = self._dice.choice(_leaves(entry))
        menu.close()
        entry.trigger()
        return entry.text()

    def _minimap(self) -> str:
        map = self._canvas.minimap
        if map.isVisible():
            at = QPoint(self._dice.randrange(map.width()), self._dice.randrange(map.height()))
            QTest.mouseClick(map, LEFT, NONE, at)
        return ""

    # Keys

    def _press_key(self) -> str:
        key, held = self._dice.choice(KEYS)
        QTest.keyClick(QApplication.focusWidget() or self._window, key, held)
        return f"{key.name} {held}"

    def _escape(self) -> str:
        QTest.keyClick(QApplication.focusWidget() or self._window, K.Key_Escape)
        return "Escape"

    def _undo(self) -> str:
        QTest.keyClick(QApplication.focusWidget() or self._window, K.Key_Z, CTRL)
        return "undo"

    def _redo(self) -> str:
        QTest.keyClick(QApplication.focusWidget() or self._window, K.Key_Z, CTRL | SHIFT)
        return "redo"

    def _type(self) -> str:
        """Into whatever has the keyboard, and an end to it."""
        word = self._dice.choice(("Stem", "a note\nof two lines", "", "7"))
        QTest.keyClicks(QApplication.focusWidget() or self._window, word.replace("\n", " "))
        key, held = self._dice.choice(((K.Key_Return, NONE), (K.Key_Return, CTRL), (K.Key_Escape, NONE)))
        QTest.keyClick(QApplication.focusWidget() or self._window, key, held)
        return word

    def _group(self) -> str:
        """A group round some cards, with a name, or one that is given up."""
        nodes = self._dice.sample(sorted(self._canvas.board.cards), k=min(3, len(self._canvas.board.cards)))
        self._canvas.setFocus()
        self._canvas.select_things(nodes)
        QTest.keyClick(self._canvas, K.Key_G, CTRL)
        return f"{nodes} {self._type()}"

    # Panels

    def _append(self) -> str:
        search = self._window.findChild(QLineEdit, "palette_search")
        kinds = [spec.title for specs in groups().values() for spec in specs]
        if search is None:
            return ""
        QTest.mouseClick(search, LEFT)
        search.selectAll()
        word = self._dice.choice(kinds)
        QTest.keyClicks(search, word)
        QTest.keyClick(search, K.Key_Return)
        search.clear()
        if self._dice.random() < 0.7:
            self._canvas.setFocus()
        return word

    def _set_value(self) -> str:
        fields = [w for w in self._window.findChildren(QAbstractSpinBox) if _is_in_use(w, "field_")]
        if not fields:
            return ""
        field = self._dice.choice(fields)
        line = field.findChild(QLineEdit)
        if line is None:
            return ""
        QTest.mouseClick(line, LEFT)
        line.selectAll()
        QTest.keyClicks(line, str(self._dice.choice((1, 2, 3, 8, 64))))
        QTest.keyClick(line, self._dice.choice((K.Key_Return, K.Key_Tab, K.Key_Escape)))
        return field.objectName()

    def _follow(self) -> str:
        buttons = [w for w in self._window.findChildren(QToolButton) if _is_in_use(w, "follow")]
        if buttons:
            QTest.mouseClick(self._dice.choice(buttons), LEFT)
        return str(len(buttons))

    def _tab(self) -> str:
        tabs = self._window.findChild(QTabWidget, "design_tabs")
        assert tabs is not None
        number = self._dice.randrange(tabs.count())
        QTest.mouseClick(tabs.tabBar(), LEFT, NONE, tabs.tabBar().tabRect(number).center())
        return tabs.tabText(number)

    def _table(self) -> str:
        """Somewhere in a table or list below the canvas, the history for one, where each row is a state."""
        names = ("history_list", "layers_table", "problems_list")
        views = [w for w in self._window.findChildren(QAbstractItemView) if w.objectName() in names and w.isVisible()]
        if not views:
            return ""
        view = self._dice.choice(views)
        rect = view.viewport().rect()
        at = QPoint(self._dice.randrange(max(rect.width(), 1)), self._dice.randrange(max(rect.height(), 1)))
        QTest.mouseMove(view.viewport(), at)
        QTest.mouseClick(view.viewport(), LEFT, NONE, at)
        return view.objectName()

    def _row(self) -> str:
        """Along the rows with keys, which shows a fix before it is made."""
        self._table()
        keys = (K.Key_Down, K.Key_Up, K.Key_Right, K.Key_Return, K.Key_Escape, K.Key_Space)
        for key in self._dice.choices(keys, k=3):
            QTest.keyClick(QApplication.focusWidget() or self._window, key)
        return ""

    def _fix(self) -> str:
        """A fix on trial, shown at once, then made or left."""
        bridge = self._canvas.bridge
        offers = [fix for found in bridge.diagnostics for fix in found.fixes]
        if not offers:
            return ""
        fix = self._dice.choice(offers)
        bridge.fix_preview.point_at(fix, self._canvas)
        bridge.fix_preview._turn()
        return (
            f"{fix.label}: {self._dice.choice((self._escape, self._press_key, self._click, self._undo, self._type))()}"
        )

    def _theme(self) -> str:
        name = self._dice.choice(("look_light", "look_dark"))
        self._window.actions_table[name].trigger()
        return name


def _leaves(entry: QAction) -> list[QAction]:
    menu = entry.menu()
    if not isinstance(menu, QMenu):
        return [entry]
    return [leaf for inner in menu.actions() if not inner.isSeparator() for leaf in _leaves(inner)]


def _is_in_use(widget: QWidget, name: str) -> bool:
    return name in widget.objectName() and widget.isVisible() and widget.isEnabled()


def differences(canvas: CanvasView) -> list[str]:
    """How the canvas differs from a scene that is drawn from nothing for the same document; [] for not at all."""
    board, fresh, bridge = canvas.board, CanvasScene(), canvas.bridge
    fresh.show(bridge.experiment.architecture, bridge.trace, bridge.diagnostics)
    pairs: dict[str, tuple[object, object]] = {
        "cards": (_cards(board), _cards(fresh)),
        "edges": (_edges(board), _edges(fresh)),
        "frames": (_frames(board), _frames(fresh)),
        "comments": (_notes(board), _notes(fresh)),
        "room": (board.extent, fresh.extent),
    }
    delete(fresh)  # at once: it listens to the theme
    found = [f"{name}: {is_} instead of {should}" for name, (is_, should) in pairs.items() if is_ != should]
    left = [type(i).__name__ for i in board.items() if isinstance(i, Ghost | Guide | LooseEnd | RubberBand)]
    if left:
        found.append(f"left on the canvas: {left}")
    marked = {id for id, card in board.cards.items() if card.is_selected}
    chosen = {board.node_of(id) for id in canvas.selection.ids}
    if marked != chosen:
        found.append(f"marked {sorted(marked)}, selected {sorted(chosen)}")
    return found


def _cards(board: CanvasScene) -> dict[str, object]:
    return {id: (type(c).__name__, c.pos().toTuple(), c.face, c.light, c.opacity()) for id, c in board.cards.items()}


def _edges(board: CanvasScene) -> dict[tuple[str, str], object]:
    return {key: (e.flow, e.fault) for key, e in board.edges.items()}


def _frames(board: CanvasScene) -> dict[str, object]:
    return {id: (frame.area.getRect(), board.frames[id].body.getRect()) for id, frame in board._frames.frames.items()}


def _notes(board: CanvasScene) -> dict[str, object]:
    return {id: (n.text, n.width, n.pos().toTuple()) for id, n in board.notes.items()}
