"""What keys, menus and the shell's actions ask of a canvas: each verb reads the selection and makes one edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.canvas.connecting import Unclear, end_of
from cnnstudio.app.canvas.navigation import Way, first, last, nearer, nearest_beside, neighbour
from cnnstudio.core.edits import (
    BypassBlocks,
    Connect,
    Disconnect,
    DuplicateBlocks,
    PasteBlocks,
    RemoveBlocks,
    RemoveComments,
    ReorderBlock,
)
from cnnstudio.core.fixes.mending import Together
from cnnstudio.core.formats.fragment import Fragment
from cnnstudio.core.formats.strict_json import FileError
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH, GAP_Y
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from cnnstudio.app.canvas.view import CanvasView
    from cnnstudio.core.edits import ArchitectureEdit


def can_delete(canvas: CanvasView) -> bool:
    """Whether Delete has something to take away."""
    return canvas.board.selected_edge is not None or any(id != INPUT for id in canvas.selection.things)


def can_duplicate(canvas: CanvasView) -> bool:
    """Whether a comment is selected, or a block of which there can be more than one."""
    blocks = canvas.bridge.experiment.architecture.blocks
    return bool(canvas.selection.comments) or any(
        id in blocks and blocks[id].spec.kind not in ("Input", "Output") for id in canvas.selection.ids
    )


def can_copy(canvas: CanvasView) -> bool:
    """Whether a block is selected that could be pasted somewhere: every network has its Input already."""
    blocks = canvas.bridge.experiment.architecture.blocks
    return bool(canvas.selection.comments) or any(id in blocks and id != INPUT for id in canvas.selection.ids)


def delete_selection(canvas: CanvasView) -> None:
    """Cut the selected edge, or remove the selected blocks and comments, heal the chain and select the block before."""
    edge = canvas.board.selected_edge
    if edge is not None:
        _cut(canvas, edge)
        return
    blocks = canvas.bridge.experiment.architecture.blocks
    _remove(canvas, tuple(id for id in canvas.selection.ids if id in blocks), "Remove")


def _remove(canvas: CanvasView, gone: tuple[str, ...], verb: str) -> None:
    """These blocks and the selected comments, as one undo step."""
    blocks, comments = canvas.bridge.experiment.architecture.blocks, canvas.selection.comments
    heirs = [i for id in gone for i in blocks[id].inputs if i not in gone]
    edits: list[ArchitectureEdit] = [RemoveComments(ids=comments, verb=verb)] if comments else []
    if gone:
        edits.append(RemoveBlocks(ids=gone, verb=verb))
    if not edits:
        return
    words = f"{verb} {len(gone) + len(comments)} cards" if len(edits) > 1 else ""
    if canvas.bridge.do(edits[0] if len(edits) == 1 else Together(edits=tuple(edits), words=words)):
        left = canvas.bridge.experiment.architecture.blocks
        canvas.select_things(
            [canvas.board.node_of(i) for i in heirs[:1] if i in left] or [i for i in gone if i in left]
        )


def duplicate_selection(canvas: CanvasView) -> None:
    """Copy the selected blocks and select the copies."""
    architecture = canvas.bridge.experiment.architecture
    blocks = (id for id in canvas.selection.ids if id in architecture.blocks)
    edit = DuplicateBlocks(ids=(*blocks, *canvas.selection.comments))
    if edit.ids and canvas.bridge.do(edit):
        canvas.selection.select(edit.copies(architecture).values(), edit.comments(architecture).values())


def copy_selection(canvas: CanvasView) -> bool:
    """Put the selected blocks, with the connections among them, on the clipboard. Returns whether they are there."""
    if not can_copy(canvas):
        return False
    try:
        canvas.clipboard.put(Fragment.of(canvas.bridge.experiment.architecture, canvas.selection.things))
    except FileError as error:
        canvas.bridge.refused.emit(str(error))
        return False
    return True


def cut_selection(canvas: CanvasView) -> None:
    """Copy the selected blocks, then remove them, heal the chain and select the block before."""
    if copy_selection(canvas):
        blocks = canvas.bridge.experiment.architecture.blocks
        _remove(canvas, tuple(id for id in canvas.selection.ids if id in blocks and id != INPUT), "Cut")


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
        canvas.selection.select(edit.copies(architecture).values(), edit.comments(architecture).values())


def _in_sight(canvas: CanvasView, fragment: Fragment) -> tuple[float, float]:
    """The corner with which the blocks lie in the middle of what is seen, their head in any case."""
    seen = canvas.seen()
    width = max((b.position[0] for b in fragment.blocks), default=0.0) + CARD_WIDTH
    height = max((b.position[1] for b in fragment.blocks), default=0.0) + CARD_HEIGHT
    left = max(seen.center().x() - width / 2, seen.left())
    top = max(seen.center().y() - height / 2, seen.top() + GAP_Y)
    return float(round(left)), float(round(top))


def bypassable(canvas: CanvasView) -> tuple[str, ...]:
    """The selected blocks that can be left out of the network."""
    blocks = canvas.bridge.experiment.architecture.blocks
    return tuple(id for id in canvas.selection.ids if id in blocks and blocks[id].spec.kind not in ("Input", "Output"))


def is_bypassed(canvas: CanvasView) -> bool:
    """Whether all of them are left out already."""
    blocks, ids = canvas.bridge.experiment.architecture.blocks, bypassable(canvas)
    return bool(ids) and all(blocks[id].bypassed for id in ids)


def toggle_bypass(canvas: CanvasView) -> None:
    """Leave the selected blocks out of the network; where all of them are left out already, use them again."""
    ids = bypassable(canvas)
    if ids:
        canvas.bridge.do(BypassBlocks(ids=ids, bypassed=not is_bypassed(canvas)))


def edit_comment(canvas: CanvasView) -> None:
    """Write the current comment anew."""
    if canvas.selection.comments and not canvas.selection.ids:
        canvas.writing.edit(canvas.selection.comments[-1])


def edit_current(canvas: CanvasView) -> None:
    """The parameters of the current block, or the text of the current comment."""
    if canvas.selection.ids:
        edit_parameters(canvas)
    else:
        edit_comment(canvas)


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
    canvas.selection.select([*(id for id in canvas.board.architecture.blocks if id in found), *selected])


def move_selected(canvas: CanvasView, by: int) -> None:
    """Let the current block change places with its neighbour: -1 upwards, 1 downwards."""
    node = canvas.board.node_of(canvas.selection.current)
    if node:
        canvas.bridge.do(ReorderBlock(id=node, by=by))


def move_up(canvas: CanvasView) -> None:
    """One place up the flow."""
    move_selected(canvas, -1)


def move_down(canvas: CanvasView) -> None:
    """One place down the flow."""
    move_selected(canvas, 1)


def pair(canvas: CanvasView) -> tuple[str, str] | None:
    """The cards selected first and last, in the order of the flow where there is one; None for fewer than two."""
    board = canvas.board
    cards = [thing for thing in canvas.selected_things if thing in board.cards]
    if len(cards) < 2:
        return None
    first, last = cards[0], cards[-1]
    above = set().union(*(board.architecture.upstream(id) for id in board.blocks_of(first)))
    return (last, first) if not above.isdisjoint(board.blocks_of(last)) else (first, last)


def is_connected(canvas: CanvasView) -> bool:
    """Whether the one of these reads the other already."""
    ends = pair(canvas)
    return ends is not None and bool(canvas.board.connections(ends))


def connect_selected(canvas: CanvasView) -> None:
    """Connect the card selected first with the one selected last, or cut what connects them: one undo step."""
    ends, architecture = pair(canvas), canvas.bridge.experiment.architecture
    if ends is None:
        return
    if is_connected(canvas):
        _cut(canvas, ends)
        return
    source, target = end_of(architecture, ends[0], leaving=True), end_of(architecture, ends[1], leaving=False)
    unclear = next((end for end in (source, target) if isinstance(end, Unclear)), None)
    if unclear is not None:
        canvas.bridge.refused.emit(str(unclear))
    else:
        canvas.bridge.do(Connect(source=source, target=target))


def _cut(canvas: CanvasView, edge: tuple[str, str]) -> None:
    """All connections that an edge stands for: several where it meets a closed group."""
    gesture = f"disconnect {edge} {len(canvas.bridge.document.states)}"
    for source, target in canvas.board.connections(edge):
        canvas.bridge.do(Disconnect(source=source, target=target, gesture=gesture))


def disconnect_inputs(canvas: CanvasView, id: str) -> None:
    """Cut all that a block reads, as one undo step."""
    gesture = f"disconnect {id} {len(canvas.bridge.document.states)}"
    for source in dict.fromkeys(canvas.bridge.experiment.architecture.blocks[id].inputs):
        canvas.bridge.do(Disconnect(source=source, target=id, gesture=gesture))


def edit_parameters(canvas: CanvasView) -> None:
    """Ask the inspector to put the cursor into the current block's first parameter; a closed group is opened."""
    if canvas.board.node_of(canvas.selection.current) in canvas.board.architecture.groups:
        canvas.groups.toggle()
        return
    block = canvas.bridge.experiment.architecture.blocks.get(canvas.selection.current)
    if block is not None and block.spec.parameters:
        wanted = block.spec.key_parameters or (block.spec.parameters[0].name,)
        canvas.selection.parameter_wanted.emit(wanted[0])


def select_all(canvas: CanvasView) -> None:
    """Select every block and comment; the current block stays current."""
    current = canvas.selection.current
    blocks = canvas.bridge.experiment.architecture.blocks
    others = [id for id in blocks if id != current]
    canvas.selection.select([*others, current] if current in blocks else others, canvas.board.notes)


def select_first(canvas: CanvasView) -> None:
    """Select the head of the flow."""
    _select(canvas, first(canvas.board.chart))


def select_last(canvas: CanvasView) -> None:
    """Select the end of the flow."""
    _select(canvas, last(canvas.board.chart))


def step(canvas: CanvasView, way: Way, *, extend: bool = False) -> None:
    """Select the neighbour in that direction; `extend` keeps the others selected. From nowhere: the head."""
    current = canvas.current_thing
    if not current:
        select_first(canvas)
        return
    found = _neighbour(canvas, canvas.board.node_of(current) or current, way)
    if found is not None and extend:
        canvas.select_things([*(id for id in canvas.selected_things if id != found), found])
    else:
        _select(canvas, found)


def _neighbour(canvas: CanvasView, here: str, way: Way) -> str | None:
    """Along the flow from a block; to the nearest thing from a comment, and to comments beside a block."""
    board = canvas.board
    bodies = {id: card.body for id, card in board.cards.items()}
    bodies.update((id, note.body) for id, note in board.notes.items())
    if here in board.notes:
        return nearest_beside(bodies, here, way, bodies)
    along = neighbour(board.chart, here, way)
    if way in (Way.UP, Way.DOWN) or not board.notes:
        return along
    return nearer(bodies, here, along, nearest_beside(bodies, here, way, board.notes))


def _select(canvas: CanvasView, id: str | None) -> None:
    if id is not None:
        canvas.select_things([id])
