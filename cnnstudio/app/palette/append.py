"""How a block gets into the architecture from the palette or a menu: one way for clicks, keys and drops.

What is put in is a kind of the catalogue, or `own:` and the id of a block of the person's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.catalogue import catalogue, spec_class
from cnnstudio.core.edits import AddBlock, InsertBlock, PasteBlocks
from cnnstudio.core.formats.strict_json import FileError
from cnnstudio.core.formats.user_blocks import UserBlock, user_block
from cnnstudio.core.placing.folding import cover, flow_of

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.selection import Selection
    from cnnstudio.core.architecture import Architecture
    from cnnstudio.core.formats.fragment import Fragment

MIME = "application/x-cnnstudio-block"
"""What is dragged from the palette: the kind, as UTF-8."""
OWN = "own:"
"""What the kind of a person's own block begins with; its id follows."""


def own_block(kind: str) -> UserBlock | None:
    """The person's own block that a kind names; None for a kind of the catalogue. Raises FileError when it is gone."""
    return user_block(kind.removeprefix(OWN)) if kind.startswith(OWN) else None


def is_known(kind: str) -> bool:
    """Whether there is something of that kind to put in."""
    try:
        return own_block(kind) is not None or kind in catalogue()
    except FileError:
        return False


def title_of(kind: str) -> str:
    """What it is called on screen. Raises FileError for an own block that is gone."""
    own = own_block(kind)
    return f"“{own.name}”" if own is not None else spec_class(kind).title.lower()


def append_block(bridge: DocumentBridge, selection: Selection, kind: str, after: str | None = None) -> str | None:
    """Put a new block behind `after`, else behind the current block, else before the Output; then select it.

    Called again and again it stacks a chain. Returns the new id, None when the edit was refused.
    """
    architecture = bridge.experiment.architecture
    anchor: str | None = after or selection.current
    if anchor not in architecture.blocks:
        anchor = _end(architecture)
    hidden = cover(architecture, anchor) if anchor is not None else None
    if hidden is not None:
        anchor = flow_of(architecture, hidden.blocks)[-1]  # behind what is seen, not somewhere inside it
    if kind.startswith(OWN):
        return _paste(bridge, selection, kind, after=anchor)
    new = architecture.new_id(kind)
    return _done(bridge, selection, AddBlock(spec=spec_class(kind)(), id=new, after=anchor))


def insert_block(bridge: DocumentBridge, selection: Selection, kind: str, edge: tuple[str, str]) -> str | None:
    """Put a new block on the edge (source, target) and select it. Returns its id, None when refused."""
    if kind.startswith(OWN):
        return _paste(bridge, selection, kind, edge=edge)
    new = bridge.experiment.architecture.new_id(kind)
    edit = InsertBlock(spec=spec_class(kind)(), id=new, source=edge[0], target=edge[1])
    return _done(bridge, selection, edit)


def place_block(bridge: DocumentBridge, selection: Selection, kind: str, position: tuple[float, float]) -> str | None:
    """Put a new block, unconnected, at a place on the canvas and select it. Returns its id, None when refused."""
    if kind.startswith(OWN):
        return _paste(bridge, selection, kind, position=position)
    new = bridge.experiment.architecture.new_id(kind)
    return _done(bridge, selection, AddBlock(spec=spec_class(kind)(), id=new, position=position))


def _done(bridge: DocumentBridge, selection: Selection, edit: AddBlock | InsertBlock) -> str | None:
    if not bridge.do(edit):
        return None
    selection.select([edit.id])
    return edit.id


def _paste(
    bridge: DocumentBridge,
    selection: Selection,
    kind: str,
    after: str | None = None,
    edge: tuple[str, str] | None = None,
    position: tuple[float, float] | None = None,
) -> str | None:
    """Put a person's own block in, a group, and select its blocks; the last of them is what the flow leaves."""
    try:
        own, fragment = own_fragment(kind)
    except FileError as error:
        bridge.refused.emit(str(error))
        return None
    edit = PasteBlocks(fragment=fragment, after=after, edge=edge, position=position, name=own.name)
    names = edit.copies(bridge.experiment.architecture)
    if not bridge.do(edit):
        return None
    chosen = flow_of(bridge.experiment.architecture, names.values())
    selection.select(chosen)
    return chosen[-1]


def own_fragment(kind: str) -> tuple[UserBlock, Fragment]:
    """A person's own block and what it puts in. Raises FileError when its file is gone or broken."""
    own = user_block(kind.removeprefix(OWN))
    if own.fragment is None:
        raise FileError(own.error)
    return own, own.fragment


def _end(architecture: Architecture) -> str | None:
    """The Output, before which a block goes; without one, the last block of the flow."""
    order = architecture.topology.order
    ends = [id for id in order if architecture.blocks[id].spec.kind == "Output"]
    return ends[0] if ends else (order[-1] if order else None)
