"""Context menus of blocks, edges and the empty canvas."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from cnnstudio.app.canvas import commands
from cnnstudio.app.fix_menu import add_fixes
from cnnstudio.app.palette.append import OWN, append_block, insert_block, place_block
from cnnstudio.app.palette.dots import family_icon, neutral_icon
from cnnstudio.app.theme import set_icon
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.catalogue import groups
from cnnstudio.core.edits import Tidy
from cnnstudio.core.formats.user_blocks import user_blocks
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPointF

    from cnnstudio.app.canvas.view import CanvasView

Keys = QKeySequence.StandardKey


def menu_at(canvas: CanvasView, place: QPointF) -> QMenu:
    """The menu for what lies at a place of the scene; that becomes the selection."""
    board, selection = canvas.board, canvas.selection
    card, edge, title, note = board.card_at(place), board.edge_at(place), board.title_at(place), board.note_at(place)
    if title is not None:
        canvas.select_things([title.id])
        return group_menu(canvas, title.id)
    if card is not None:
        others = canvas.selected_things if card.id in canvas.selected_things else ()
        canvas.select_things([*(id for id in others if id != card.id), card.id])
        is_group = card.id not in canvas.bridge.experiment.architecture.blocks
        return group_menu(canvas, card.id) if is_group else block_menu(canvas, card.id)
    if edge is not None:
        canvas.pick_edge(edge.key)
        return edge_menu(canvas, edge.key)
    if note is not None:
        board.select_edge(None)
        if note.id not in selection.comments:
            canvas.select_things([note.id])
        return comment_menu(canvas, note.id)
    return canvas_menu(canvas, place)


def block_menu(canvas: CanvasView, id: str) -> QMenu:
    """What can be done with the selected blocks, `id` the one clicked."""
    menu = _menu(canvas, "canvas_block_menu", f"Actions on {id}")
    several = len(canvas.selection.ids) > 1
    block = canvas.bridge.experiment.architecture.blocks[id]
    _fixes(menu, canvas, id)
    if not several:
        _add(menu, "Edit parameters", partial(commands.edit_parameters, canvas), "Return")
        _add(menu, "Show in lens", canvas.selection.lens_wanted.emit, "Ctrl+Shift+L", "lens")
        menu.addSeparator()
        up = _add(menu, "Move up", partial(canvas.move_selected, -1), "Alt+Up", "up")
        down = _add(menu, "Move down", partial(canvas.move_selected, 1), "Alt+Down", "down")
        up.setEnabled(id != INPUT)
        down.setEnabled(block.spec.kind != "Output")
        menu.addSeparator()
    for words, act, keys in (("Cut", canvas.cut_selection, Keys.Cut), ("Copy", canvas.copy_selection, Keys.Copy)):
        _add(menu, words, act, keys, words.lower()).setEnabled(canvas.can_copy)
    _add(menu, "Paste", canvas.paste, Keys.Paste, "paste").setEnabled(canvas.clipboard.can_paste)
    copy = _add(menu, "Duplicate", canvas.duplicate_selection, "Ctrl+D", "duplicate")
    copy.setEnabled(canvas.can_duplicate)
    bypass = _add(menu, "Use again" if canvas.is_bypassed else "Bypass", canvas.toggle_bypass, "Ctrl+B", "bypass")
    bypass.setEnabled(canvas.can_bypass)
    if canvas.can_connect:
        join = "Disconnect" if canvas.is_connected else "Connect"
        _add(menu, join, canvas.connect_selected, "Ctrl+L", "unlink" if canvas.is_connected else "link")
    menu.addSeparator()
    _add(menu, "Group", canvas.groups.group, "Ctrl+G", "group").setEnabled(canvas.groups.can_group)
    if canvas.groups.selected is not None:
        _add(menu, "Close group", canvas.groups.toggle, "Ctrl+Return", "chevron-right")
        _add(menu, "Ungroup", canvas.groups.ungroup, "Ctrl+Shift+G", "ungroup")
    menu.addSeparator()
    _add(menu, "Select upstream", canvas.select_upstream, "Ctrl+Shift+Up")
    _add(menu, "Select downstream", canvas.select_downstream, "Ctrl+Shift+Down")
    if not several:
        menu.addSeparator()
        cut = _add(menu, "Disconnect inputs", partial(commands.disconnect_inputs, canvas, id), "", "unlink")
        cut.setEnabled(bool(block.inputs))
        words = "Add before" if block.spec.kind == "Output" else "Append"
        _families(menu, words, partial(append_block, canvas.bridge, canvas.selection, after=id))
    menu.addSeparator()
    gone = _add(menu, "Delete", canvas.delete_selection, "Delete", "remove")
    gone.setEnabled(canvas.can_delete)
    return menu


def group_menu(canvas: CanvasView, id: str) -> QMenu:
    """What can be done with a group, whose blocks are selected."""
    group = canvas.bridge.experiment.architecture.groups[id]
    menu = _menu(canvas, "canvas_group_menu", f"Actions on the group {group.name}")
    act = canvas.groups
    _add(
        menu,
        "Open" if group.closed else "Close",
        act.toggle,
        "Ctrl+Return",
        "chevron-down" if group.closed else "chevron-right",
    )
    _add(menu, "Rename", act.rename, "F2")
    _add(menu, "Save as my block", act.save, "", "preset")
    menu.addSeparator()
    for words, do, keys in (("Cut", canvas.cut_selection, Keys.Cut), ("Copy", canvas.copy_selection, Keys.Copy)):
        _add(menu, words, do, keys, words.lower())
    _add(menu, "Paste", canvas.paste, Keys.Paste, "paste").setEnabled(canvas.clipboard.can_paste)
    _add(menu, "Duplicate", canvas.duplicate_selection, "Ctrl+D", "duplicate")
    _add(menu, "Use again" if canvas.is_bypassed else "Bypass", canvas.toggle_bypass, "Ctrl+B", "bypass")
    menu.addSeparator()
    _add(menu, "Select upstream", canvas.select_upstream, "Ctrl+Shift+Up")
    _add(menu, "Select downstream", canvas.select_downstream, "Ctrl+Shift+Down")
    menu.addSeparator()
    if group.closed:
        _add(menu, "Move up", partial(canvas.move_selected, -1), "Alt+Up", "up")
        _add(menu, "Move down", partial(canvas.move_selected, 1), "Alt+Down", "down")
        _families(
            menu, "Append", partial(append_block, canvas.bridge, canvas.selection, after=canvas.selection.current)
        )
        menu.addSeparator()
    _add(menu, "Ungroup", act.ungroup, "Ctrl+Shift+G", "ungroup")
    _add(menu, "Delete", canvas.delete_selection, "Delete", "remove")
    return menu


def edge_menu(canvas: CanvasView, edge: tuple[str, str]) -> QMenu:
    """What can be done with a connection."""
    menu = _menu(canvas, "canvas_edge_menu", f"Actions on the connection from {edge[0]} to {edge[1]}")
    for _, target in canvas.board.connections(edge)[:1]:
        _fixes(menu, canvas, target)
    connections = canvas.board.connections(edge)
    if len(connections) == 1:
        _families(menu, "Insert", partial(insert_block, canvas.bridge, canvas.selection, edge=connections[0]))
    menu.addSeparator()
    _add(menu, "Disconnect", canvas.delete_selection, "Delete", "unlink")
    return menu


def comment_menu(canvas: CanvasView, id: str) -> QMenu:
    """What can be done with the selected comments, `id` the one clicked."""
    menu = _menu(canvas, "canvas_comment_menu", "Actions on the comment")
    _add(menu, "Edit text", partial(canvas.writing.edit, id), "F2", "comment")
    menu.addSeparator()
    for words, act, keys in (("Cut", canvas.cut_selection, Keys.Cut), ("Copy", canvas.copy_selection, Keys.Copy)):
        _add(menu, words, act, keys, words.lower())
    _add(menu, "Duplicate", canvas.duplicate_selection, "Ctrl+D", "duplicate")
    menu.addSeparator()
    _add(menu, "Delete", canvas.delete_selection, "Delete", "remove")
    return menu


def _fixes(menu: QMenu, canvas: CanvasView, id: str) -> None:
    """The ways out of what is wrong at a block; hints have their own actions."""
    found = [d for d in canvas.bridge.diagnostics if d.block == id and d.severity is not Severity.HINT]
    if add_fixes(menu, found, canvas.bridge):
        menu.addSeparator()


def canvas_menu(canvas: CanvasView, at: QPointF) -> QMenu:
    """What can be done with the canvas; `at` is where new blocks go."""
    menu = _menu(canvas, "canvas_menu", "Actions on the canvas")
    _families(menu, "Append", partial(append_block, canvas.bridge, canvas.selection))
    place = (at.x(), at.y())
    _families(menu, "Place unconnected", partial(place_block, canvas.bridge, canvas.selection, position=place))
    menu.addSeparator()
    _add(menu, "Paste here", partial(commands.paste, canvas, place), Keys.Paste, "paste").setEnabled(
        canvas.clipboard.can_paste
    )
    _add(menu, "Add comment", partial(canvas.writing.add, at), "Ctrl+Shift+C", "comment")
    _add(menu, "Select all", canvas.select_all, "Ctrl+A")
    _add(menu, "Tidy", partial(canvas.bridge.do, Tidy()), "", "tidy")
    menu.addSeparator()
    _add(menu, "Zoom in", canvas.zoom_in, "+", "zoom-in")
    _add(menu, "Zoom out", canvas.zoom_out, "-", "zoom-out")
    _add(menu, "Fit into view", canvas.zoom_fit, "Ctrl+0", "zoom-fit")
    return menu


def _menu(canvas: CanvasView, name: str, label: str) -> QMenu:
    menu = QMenu(canvas)
    menu.setObjectName(name)
    menu.setAccessibleName(label)
    menu.setToolTipsVisible(True)
    return menu


def _add(
    menu: QMenu, words: str, act: Callable[[], object], keys: str | QKeySequence.StandardKey = "", picture: str = ""
) -> QAction:
    """An entry that shows its keys; the canvas itself listens to them, so here they are words only."""
    shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""
    entry = menu.addAction(f"{words}\t{shown}" if shown else words)
    entry.setObjectName(f"{menu.objectName()}_{words.lower().replace(' ', '_')}")
    entry.setToolTip(words)
    if picture:
        set_icon(entry, picture)
    entry.triggered.connect(_without_state(act))
    return entry


def _families(menu: QMenu, words: str, put: Callable[[str], object]) -> None:
    """A submenu with all blocks by family, each calling `put` with its kind."""
    outer = menu.addMenu(words)
    outer.setObjectName(f"{menu.objectName()}_{words.lower().replace(' ', '_')}")
    for group, specs in groups().items():
        family = outer.addMenu(family_icon(group), group)
        family.setToolTipsVisible(True)
        for spec in specs:
            entry = family.addAction(spec.title)
            entry.setObjectName(f"{outer.objectName()}_{spec.kind}")
            entry.setToolTip(spec.summary)
            entry.triggered.connect(_without_state(partial(put, spec.kind)))
    own = [block for block in user_blocks() if not block.error]
    mine = outer.addMenu(neutral_icon(), "My blocks")
    mine.setToolTipsVisible(True)
    mine.menuAction().setVisible(bool(own))
    for block in own:
        entry = mine.addAction(block.name)
        entry.setObjectName(f"{outer.objectName()}_own_{block.id}")
        entry.setToolTip(", ".join(block.contents))
        entry.triggered.connect(_without_state(partial(put, OWN + block.id)))


def _without_state(act: Callable[[], object]) -> Callable[[bool], None]:
    """`triggered` brings the checked state along, which none of these entries has."""

    def on_triggered(checked: bool) -> None:
        act()

    return on_triggered
