"""How a block gets into the architecture from the palette or a menu: one way for clicks, keys and drops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.edits import AddBlock, InsertBlock

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.selection import Selection
    from cnnstudio.core.architecture import Architecture

MIME = "application/x-cnnstudio-block"
"""What is dragged from the palette: the kind, as UTF-8."""


def append_block(bridge: DocumentBridge, selection: Selection, kind: str, after: str | None = None) -> str | None:
    """Put a new block behind `after`, else behind the current block, else before the Output; then select it.

    Called again and again it stacks a chain. Returns the new id, None when the edit was refused.
    """
    architecture = bridge.experiment.architecture
    anchor: str | None = after or selection.current
    if anchor not in architecture.blocks:
        anchor = _end(architecture)
    new = architecture.new_id(kind)
    return _done(bridge, selection, AddBlock(spec=spec_class(kind)(), id=new, after=anchor))


def insert_block(bridge: DocumentBridge, selection: Selection, kind: str, edge: tuple[str, str]) -> str | None:
    """Put a new block on the edge (source, target) and select it. Returns its id, None when refused."""
    new = bridge.experiment.architecture.new_id(kind)
    edit = InsertBlock(spec=spec_class(kind)(), id=new, source=edge[0], target=edge[1])
    return _done(bridge, selection, edit)


def place_block(bridge: DocumentBridge, selection: Selection, kind: str, position: tuple[float, float]) -> str | None:
    """Put a new block, unconnected, at a place on the canvas and select it. Returns its id, None when refused."""
    new = bridge.experiment.architecture.new_id(kind)
    return _done(bridge, selection, AddBlock(spec=spec_class(kind)(), id=new, position=position))


def _done(bridge: DocumentBridge, selection: Selection, edit: AddBlock | InsertBlock) -> str | None:
    if not bridge.do(edit):
        return None
    selection.select([edit.id])
    return edit.id


def _end(architecture: Architecture) -> str | None:
    """The Output, before which a block goes; without one, the last block of the flow."""
    order = architecture.topology.order
    ends = [id for id in order if architecture.blocks[id].spec.kind == "Output"]
    return ends[0] if ends else (order[-1] if order else None)
