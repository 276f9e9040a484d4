"""What keys, menus and the shell's actions ask of a canvas: each verb reads the selection and makes one edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.canvas.navigation import Way, first, last, neighbour
from cnnstudio.core.edits import Disconnect, DuplicateBlocks, PasteBlocks, RemoveBlocks, ReorderBlock
from cnnstudio.core.fragment import Fragment
from cnnstudio.core.layout import CARD_HEIGHT, CARD_WIDTH, GAP_Y
from cnnstudio.core.program import INPUT
from cnnstudio.core.strict_json import FileError

if TYPE_CHECKING:
    from cnnstudio.app.canvas.view import CanvasView


def can_delete(canvas: CanvasView) -> bool:
    """Whether Delete has something to take away."""
    return canvas.board.selected_edge is not None or any(id != INPUT for id in canvas.selection.ids)


def can_duplicate(canvas: CanvasView) -> bool:
    """Whether a block is selected of which there can be more than one."""
    blocks = canvas.bridge.experiment.architecture.blocks
    return any(id in blocks and blocks[id].spec.kind not in ("Input", "Output") for id in canvas.selection.ids)


def can_copy(canvas: CanvasView) -> bool:
    """Whether a block is selected that could be pasted somewhere: every network has its Input already."""
    blocks = canvas.bridge.experiment.architecture.blocks
    return any(id in blocks and id != INPUT for id in canvas.selection.ids)


def delete_selection(canvas: CanvasView) -> None:
    """Cut the selected edge, or remove the selected blocks, heal the chain and select the block before."""
    edge = canvas.board.selected_edge
    if edge is not None:
        canvas.bridge.do(Disconnect(source=edge[0], target=edge[1]))
        return
    blocks = canvas.bridge.experiment.architecture.blocks
    gone = tuple(id for id in canvas.selection.ids if id in blocks)
    if gone:
        _remove(canvas, RemoveBlocks(ids=gone))


def _remove(canvas: CanvasView, edit: RemoveBlocks) -> None:
    blocks, gone = canvas.bridge.experiment.architecture.blocks, edit.ids
    heirs = [i for id in gone for i in blocks[id].inputs if i not in gone]
    if canvas.bridge.do(edit):
        left = canvas.bridge.experiment.architecture.blocks
        canvas.selection.select([i for i in heirs[:1] if i in left] or [i for i in gone if i in left])


def duplicate_selection(canvas: CanvasView) -> None:
    """Copy the selected blocks and select the copies."""
    architecture = canvas.bridge.experiment.architecture
    edit = DuplicateBlocks(ids=tuple(id for id in canvas.selection.ids if id in architecture.blocks))
    if edit.ids and canvas.bridge.do(edit):
        canvas.selection.select(edit.copies(architecture).values())


def copy_selection(canvas: CanvasView) -> bool:
    """Put the selected blocks, with the connections among them, on the clipboard. Returns whether they are there."""
    if not can_copy(canvas):
        return False
    try:
        canvas.clipboard.put(Fragment.of(canvas.bridge.experiment.architecture, canvas.selection.ids))
    except FileError as error:
        canvas.bridge.refused.emit(str(error))
        return False
    return True


def cut_selection(canvas: CanvasView) -> None:
    """Copy the selected blocks, then remove them, heal the chain and select the block before."""
    if copy_selection(canvas):
        blocks = canvas.bridge.experiment.architecture.blocks
        gone = tuple(id for id in canvas.selection.ids if id in blocks and id != INPUT)
        _remove(canvas, RemoveBlocks(ids=gone, verb="Cut"))


def paste(canvas: CanvasView, at: tuple[float, float] | None = None) -> None:
    """Put the clipboard's blocks in and select them.

    They go to `at`; without it a chain goes behind the one selected block, and others into free space in sight.
    """
    try:
        copied = canvas.clipboard.blocks()
    except FileError as error:
        canvas.bridge.refused.emit(str(error))
        return
    architecture = canvas.bridge.experiment.architecture
    fragment = copied.fitting(architecture)
    selected = [id for id in canvas.selection.ids if id in architecture.blocks]
    after = selected[0] if at is None and len(selected) == 1 else None
    edit = PasteBlocks(fragment=fragment, after=after, position=at or _in_sight(canvas, fragment))
    if canvas.bridge.do(edit):
        canvas.selection.select(edit.copies(architecture).values())


def _in_sight(canvas: CanvasView, fragment: Fragment) -> tuple[float, float]:
    """The corner with which the blocks lie in the middle of what is seen, their head in any case."""
    seen = canvas.seen()
    width = max((b.position[0] for b in fragment.blocks), default=0.0) + CARD_WIDTH
    height = max((b.position[1] for b in fragment.blocks), default=0.0) + CARD_HEIGHT
    left = max(seen.center().x() - width / 2, seen.left())
    top = max(seen.center().y() - height / 2, seen.top() + GAP_Y)
    return float(round(left)), float(round(top))


def select_upstream(canvas: CanvasView) -> None:
    """Select all that the selected blocks depend on, too; the current block stays current."""
    architecture = canvas.bridge.experiment.architecture
    _extend(canvas, *(architecture.upstream(id) for id in canvas.selection.ids if id in architecture.blocks))


def select_downstream(canvas: CanvasView) -> None:
    """Select all that depends on the selected blocks, too; the current block stays current."""
    architecture = canvas.bridge.experiment.architecture
    _extend(canvas, *(architecture.downstream(id) for id in canvas.selection.ids if id in architecture.blocks))


def _extend(canvas: CanvasView, *more: set[str]) -> None:
    selected = canvas.selection.ids
    found = set().union(*more).difference(selected)
    canvas.selection.select([*(id for id in canvas.board.cards if id in found), *selected])


def move_selected(canvas: CanvasView, by: int) -> None:
    """Let the current block change places with its neighbour: -1 upwards, 1 downwards."""
    if canvas.selection.current in canvas.board.cards:
        canvas.bridge.do(ReorderBlock(id=canvas.selection.current, by=by))


def move_up(canvas: CanvasView) -> None:
    """One place up the flow."""
    move_selected(canvas, -1)


def move_down(canvas: CanvasView) -> None:
    """One place down the flow."""
    move_selected(canvas, 1)


def disconnect_inputs(canvas: CanvasView, id: str) -> None:
    """Cut all that a block reads, as one undo step."""
    gesture = f"disconnect {id} {len(canvas.bridge.document.states)}"
    for source in dict.fromkeys(canvas.bridge.experiment.architecture.blocks[id].inputs):
        canvas.bridge.do(Disconnect(source=source, target=id, gesture=gesture))


def edit_parameters(canvas: CanvasView) -> None:
    """Ask the inspector to put the cursor into the current block's first parameter."""
    block = canvas.bridge.experiment.architecture.blocks.get(canvas.selection.current)
    if block is not None and block.spec.parameters:
        wanted = block.spec.key_parameters or (block.spec.parameters[0].name,)
        canvas.selection.parameter_wanted.emit(wanted[0])


def select_all(canvas: CanvasView) -> None:
    """Select every block; the current one stays current."""
    current = canvas.selection.current
    others = [id for id in canvas.board.cards if id != current]
    canvas.selection.select([*others, current] if current in canvas.board.cards else others)


def select_first(canvas: CanvasView) -> None:
    """Select the head of the flow."""
    _select(canvas, first(canvas.bridge.experiment.architecture))


def select_last(canvas: CanvasView) -> None:
    """Select the end of the flow."""
    _select(canvas, last(canvas.bridge.experiment.architecture))


def step(canvas: CanvasView, way: Way, *, extend: bool = False) -> None:
    """Select the neighbour in that direction; `extend` keeps the others selected. From nowhere: the head."""
    architecture, current = canvas.bridge.experiment.architecture, canvas.selection.current
    if current not in architecture.blocks:
        select_first(canvas)
        return
    found = neighbour(architecture, current, way)
    if found is not None and extend:
        canvas.selection.select([*(id for id in canvas.selection.ids if id != found), found])
    else:
        _select(canvas, found)


def _select(canvas: CanvasView, id: str | None) -> None:
    if id is not None:
        canvas.selection.select([id])
