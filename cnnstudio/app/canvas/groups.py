"""Groups on the canvas: what keys, menus and actions ask of them, and the field that names them in place."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal, Slot

from cnnstudio.app.canvas.name_field import NameField
from cnnstudio.core.edits import EditError, RenameGroup, SetGroupClosed, Ungroup, group_blocks
from cnnstudio.core.formats.fragment import Fragment
from cnnstudio.core.placing.folding import cover, current_group

if TYPE_CHECKING:
    from cnnstudio.app.canvas.view import CanvasView
    from cnnstudio.core.architecture import Group
    from cnnstudio.core.edits import GroupBlocks


class Groups(QObject):
    """Each verb reads the selection and makes one edit."""

    save_wanted = Signal(object, str)
    """A fragment and its name: to be kept among the person's own blocks."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._named = ""
        self._making: GroupBlocks | None = None
        """What made the group that is being named: both are one step of undo."""
        self.field: NameField | None = None
        canvas.selection.parameter_wanted.connect(self._on_wanted)

    @property
    def selected(self) -> Group | None:
        """The group in sight that the selection is about; None for none."""
        return current_group(self._canvas.bridge.experiment.architecture, self._canvas.selection.ids)

    @property
    def can_group(self) -> bool:
        """Whether a block is selected that can be in a group."""
        blocks = self._canvas.bridge.experiment.architecture.blocks
        known = (blocks[id] for id in self._canvas.selection.ids if id in blocks)
        return any(block.spec.kind not in ("Input", "Output") for block in known)

    @Slot()
    def group(self) -> None:
        """Put the selected blocks in a group, and ask for its name in place."""
        canvas = self._canvas
        architecture = canvas.bridge.experiment.architecture
        try:
            edit = group_blocks(architecture, [id for id in canvas.selection.ids if id in architecture.blocks])
        except EditError as error:
            canvas.bridge.refused.emit(str(error))
            return
        edit = dataclasses.replace(edit, gesture=f"group {edit.id} {len(canvas.bridge.document.states)}")
        if canvas.bridge.do(edit):
            canvas.select_things([edit.id])
            self.name(edit.id)
            self._making = edit

    @Slot()
    def ungroup(self) -> None:
        """Take the selected group apart; its blocks stay selected."""
        group = self.selected
        if group is not None and self._canvas.bridge.do(Ungroup(id=group.id, name=group.name)):
            self._canvas.select_things([id for id in self._canvas.board.cards if id in group.blocks])

    @Slot()
    def toggle(self) -> None:
        """Open the selected group, or close it."""
        group = self.selected
        if group is not None:
            self.set_closed(group.id, closed=not group.closed)

    def set_closed(self, id: str, *, closed: bool) -> None:
        """Open or close a group, and select it: what has happened is where the eye is."""
        group = self._canvas.bridge.experiment.architecture.groups.get(id)
        if group is not None and self._canvas.bridge.do(SetGroupClosed(id=id, closed=closed, name=group.name)):
            self._canvas.select_things([id])

    @Slot()
    def save(self) -> None:
        """Keep the selected group among the person's own blocks."""
        group = self.selected
        if group is not None:
            fragment = Fragment.of(self._canvas.bridge.experiment.architecture, group.blocks)
            self.save_wanted.emit(fragment, group.name)

    def _on_wanted(self, parameter: str) -> None:
        self.reveal(self._canvas.selection.current)

    def reveal(self, id: str) -> None:
        """Open the closed groups round a block: somebody wants to see it, or to change one of its parameters."""
        bridge = self._canvas.bridge
        gesture = f"reveal {id} {len(bridge.document.states)}"
        while (hidden := cover(bridge.experiment.architecture, id)) is not None:
            if not bridge.do(SetGroupClosed(id=hidden.id, closed=False, name=hidden.name, gesture=gesture)):
                return
        self._canvas.show_current()

    # ---- naming in place

    @Slot()
    def rename(self) -> None:
        """Ask for the selected group's name, where it stands."""
        group = self.selected
        if group is not None:
            self.name(group.id)

    def name(self, id: str) -> None:
        """Open a field over the name of a group."""
        self.give_up()
        group = self._canvas.bridge.experiment.architecture.groups.get(id)
        area = self._name_area(id)
        if group is None or area.isEmpty():
            return
        self._canvas.ensureVisible(area)
        self._named = id
        self.field = NameField(group.name, self._canvas.viewport())
        self.field.named.connect(self._on_named)
        self.field.given_up.connect(self.give_up)
        self.settle()
        self.field.show()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def settle(self) -> None:
        """The view has moved: keep the field over the name."""
        if self.field is not None:
            area = self._name_area(self._named)
            self.field.place(self._canvas.mapFromScene(area.topLeft()), self._canvas.mapFromScene(area.bottomRight()))

    def _name_area(self, id: str) -> QRectF:
        board = self._canvas.board
        if id in board.frames:
            return board.frames[id].body
        if id in board.cards:
            body = board.cards[id].body
            return QRectF(body.topLeft() + QPointF(6, 3), QPointF(body.right() - 6, body.top() + body.height() / 2))
        return QRectF()

    def _on_named(self, name: str) -> None:
        id = self._named
        made = self._making
        self.give_up()
        if not name.split():
            return
        edit = RenameGroup(id=id, name=name)
        if made is not None:
            edit = RenameGroup(id=id, name=name, words=f"{made.label} as", gesture=made.gesture)
        self._canvas.bridge.do(edit)

    def give_up(self) -> None:
        """Take the field away; the keyboard goes back to the canvas if it was in it."""
        self._making = None
        field, self.field = self.field, None
        if field is None:
            return
        had_keys = field.hasFocus()
        field.hide()
        field.deleteLater()
        if had_keys:
            self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)
