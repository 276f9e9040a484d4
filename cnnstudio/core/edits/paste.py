"""Edits that bring in copies: of blocks that were copied before, or of blocks that stand here."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from cnnstudio.core.architecture import MAX_BLOCKS, Architecture, Block
from cnnstudio.core.block_records import FARTHEST
from cnnstudio.core.edits.base import ArchitectureEdit, EditError, block_of
from cnnstudio.core.edits.structure import append_chain
from cnnstudio.core.fragment import Fragment, corner
from cnnstudio.core.layout import COLUMN, ROW


def _names(architecture: Architecture, fragment: Fragment) -> dict[str, str]:
    """Id in the fragment -> free id in the architecture."""
    new = architecture.new_ids(b.spec.kind for b in fragment.blocks)
    return dict(zip((b.id for b in fragment.blocks), new, strict=True))


def _copied(architecture: Architecture, fragment: Fragment) -> list[Block]:
    """The fragment's blocks with free ids; they read each other and nothing else. Values that followed are kept."""
    if len(architecture.blocks) + len(fragment.blocks) > MAX_BLOCKS:
        raise EditError(f"An architecture holds at most {MAX_BLOCKS:,} blocks.")
    names = _names(architecture, fragment)
    return [
        dataclasses.replace(b, id=names[b.id], inputs=tuple(names[i] for i in b.inputs), follows=frozenset())
        for b in fragment.blocks
    ]


def _put_beside(architecture: Architecture, fragment: Fragment, position: tuple[float, float]) -> Architecture:
    """Copies with their top-left corner at `position`, or to the right of it where there is room for all."""
    copies = _copied(architecture, fragment)
    width, height = (max((b.position[axis] for b in copies), default=0.0) for axis in (0, 1))
    left, top = position
    rows = (b for b in architecture.blocks.values() if top - ROW < b.position[1] < top + height + ROW)
    for taken in sorted(b.position[0] for b in rows):
        if taken >= left + width + COLUMN:
            break
        left = max(left, taken + COLUMN)
    placed = [b.at(b.position[0] + left, b.position[1] + top) for b in copies]
    if any(max(abs(x), abs(y)) > FARTHEST for x, y in (b.position for b in placed)):
        raise EditError("There is no room for the copies that far out on the canvas: tidy it first.")
    return architecture.with_blocks(*placed)


@dataclass(frozen=True, kw_only=True)
class PasteBlocks(ArchitectureEdit):
    """Put copied blocks in: behind `after` where they are a chain, else beside it, unconnected.

    Without `after` they go to `position`, their top-left corner, or to the nearest free place right of it.
    """

    fragment: Fragment
    after: str | None = None
    position: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """Paste and the block's title, or how many."""
        blocks = self.fragment.blocks
        return f"Paste {blocks[0].spec.title.lower()}" if len(blocks) == 1 else f"Paste {len(blocks)} blocks"

    def copies(self, architecture: Architecture) -> dict[str, str]:
        """Id in the fragment -> id of its copy."""
        return _names(architecture, self.fragment.fitting(architecture))

    def change(self, architecture: Architecture) -> Architecture:
        """Input and Output that are there already are left out."""
        fragment = self.fragment.fitting(architecture)
        if not fragment.blocks:
            raise EditError("Input and Output cannot be pasted: a network has one of each.")
        if self.after is not None and fragment.is_chain:
            return append_chain(architecture, _copied(architecture, fragment), self.after)
        if self.after is not None:
            return _put_beside(architecture, fragment, block_of(architecture, self.after).position)
        return _put_beside(architecture, fragment, self.position or corner(architecture.blocks.values()))


@dataclass(frozen=True, kw_only=True)
class DuplicateBlocks(ArchitectureEdit):
    """Copy blocks, with the connections among them, to the right of the originals."""

    ids: tuple[str, ...]

    @property
    def label(self) -> str:
        """Duplicate and the id, or how many."""
        return f"Duplicate {self.ids[0]}" if len(self.ids) == 1 else f"Duplicate {len(self.ids)} blocks"

    def _fragment(self, architecture: Architecture) -> Fragment:
        for id in self.ids:
            block_of(architecture, id)
        return Fragment.of(architecture, self.ids).fitting(architecture)

    def copies(self, architecture: Architecture) -> dict[str, str]:
        """Original id -> id of its copy."""
        return _names(architecture, self._fragment(architecture))

    def change(self, architecture: Architecture) -> Architecture:
        """Input and Output stay single. Copies read copies where they can, and nothing else."""
        fragment = self._fragment(architecture)
        if not fragment.blocks:
            raise EditError("Input and Output cannot be duplicated: a network has one of each.")
        return _put_beside(architecture, fragment, corner(architecture.blocks[b.id] for b in fragment.blocks))
