"""Edits that bring in copies: of blocks that were copied before, or of blocks that stand here."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.architecture import MAX_BLOCKS, Architecture
from cnnstudio.core.edits.base import ArchitectureEdit, EditError, block_of
from cnnstudio.core.edits.strands import Strand, column, open_round, put_at, put_behind, put_between
from cnnstudio.core.formats.block_records import FARTHEST, MAX_COMMENTS
from cnnstudio.core.formats.fragment import Fragment, corner
from cnnstudio.core.placing.beside import along
from cnnstudio.core.placing.frames import around, card_box
from cnnstudio.core.placing.layout import GAP_X, GAP_Y
from cnnstudio.core.placing.room import place_at, things

if TYPE_CHECKING:
    from collections.abc import Collection


def _names(architecture: Architecture, fragment: Fragment) -> dict[str, str]:
    """Id in the fragment, of a block, a group or a comment -> free id in the architecture."""
    kinds = [*(b.spec.kind for b in fragment.blocks), *("group" for _ in fragment.groups)]
    new = architecture.new_ids([*kinds, *("comment" for _ in fragment.comments)])
    ids = [*(b.id for b in fragment.blocks), *(g.id for g in fragment.groups), *(c.id for c in fragment.comments)]
    return dict(zip(ids, new, strict=True))


def _block_names(architecture: Architecture, fragment: Fragment) -> dict[str, str]:
    names = _names(architecture, fragment)
    return {b.id: names[b.id] for b in fragment.blocks}


def _comment_names(architecture: Architecture, fragment: Fragment) -> dict[str, str]:
    names = _names(architecture, fragment)
    return {c.id: names[c.id] for c in fragment.comments}


def _with_comments(made: Architecture, copies: Fragment) -> Architecture:
    """The copied comments, as near to the copies of the cards that they stood beside as they were to those."""
    if not copies.comments:
        return made
    return along(copies.architecture, made.with_comments([*made.comments.values(), *copies.comments]))


def _comments_at(architecture: Architecture, copies: Fragment, position: tuple[float, float]) -> Architecture:
    """Copied comments without blocks, their corner at `position`."""
    x, y = position
    moved = (dataclasses.replace(c, position=(c.position[0] + x, c.position[1] + y)) for c in copies.comments)
    return architecture.with_comments([*architecture.comments.values(), *moved])


def _copied(architecture: Architecture, fragment: Fragment) -> Fragment:
    """The fragment with free ids; its blocks read each other and nothing else."""
    if len(architecture.blocks) + len(fragment.blocks) > MAX_BLOCKS:
        raise EditError(f"An architecture holds at most {MAX_BLOCKS:,} blocks.")
    if len(architecture.comments) + len(fragment.comments) > MAX_COMMENTS:
        raise EditError(f"A canvas holds at most {MAX_COMMENTS:,} comments.")
    names = _names(architecture, fragment)
    return Fragment(
        tuple(
            # Copies keep the values they show: elsewhere in the design they would follow something else.
            dataclasses.replace(b, id=names[b.id], inputs=tuple(names[i] for i in b.inputs), follows=frozenset())
            for b in fragment.blocks
        ),
        tuple(
            dataclasses.replace(g, id=names[g.id], blocks=frozenset(names[i] for i in g.blocks))
            for g in fragment.groups
        ),
        tuple(dataclasses.replace(c, id=names[c.id]) for c in fragment.comments),
    )


def _strand(copies: Fragment) -> Strand | None:
    """The copies as what goes into the flow; None where it could enter or leave at several places."""
    if copies.is_chain and not copies.groups:
        return column(copies.blocks)
    ends = copies.ends
    if ends is None:
        return None
    alone = copies.architecture
    room = around(t.box for t in things(alone))
    head = (place_at(alone, ends[0], ())[0], room.top)
    return Strand(copies.blocks, *ends, head, room.bottom - room.top + GAP_Y, copies.groups)


def _put_beside(
    architecture: Architecture, copies: Fragment, position: tuple[float, float], joined: Collection[str] = ()
) -> Architecture:
    """Copies with their top-left corner at `position`, or to the right of it where there is room for all."""
    room = around(t.box for t in things(copies.architecture))
    width, height = room.right - room.left, room.bottom - room.top
    left, top = position
    rest = (t.box for t in things(architecture, entered=joined))
    for taken in sorted(box for box in rest if top - GAP_Y < box.bottom and box.top < top + height + GAP_Y):
        if taken.left >= left + width + GAP_X:
            break
        left = max(left, taken.right + GAP_X)
    placed = [b.at(b.position[0] + left - room.left, b.position[1] + top - room.top) for b in copies.blocks]
    if any(max(abs(x), abs(y)) > FARTHEST for x, y in (b.position for b in placed)):
        raise EditError("There is no room for the copies that far out on the canvas: tidy it first.")
    return put_at(architecture, placed, copies.groups, joined)


def _corner(architecture: Architecture, ids: Collection[str], joined: Collection[str] = ()) -> tuple[float, float]:
    """The top-left corner of these blocks as they are drawn."""
    boxes = [t.box for t in things(architecture, entered=joined) if not t.blocks.isdisjoint(ids)]
    whole = around(boxes) if boxes else card_box((0.0, 0.0))
    return whole.left, whole.top


@dataclass(frozen=True, kw_only=True)
class PasteBlocks(ArchitectureEdit):
    """Put copied blocks in: on `edge` or behind `after` where the flow has one way through them, else beside `after`.

    Without either they go to `position`, their top-left corner, or to the nearest free place right of it.
    """

    fragment: Fragment
    after: str | None = None
    edge: tuple[str, str] | None = None
    position: tuple[float, float] | None = None
    name: str = ""
    """What the person calls it, where it is a block of their own."""

    @property
    def label(self) -> str:
        """Paste and the block's title, or how many; add and the name of an own block."""
        if self.name:
            return f'Add "{self.name}"'
        blocks = self.fragment.blocks
        if not blocks:
            return "Paste a comment" if len(self.fragment.comments) == 1 else "Paste comments"
        return f"Paste {blocks[0].spec.title.lower()}" if len(blocks) == 1 else f"Paste {len(blocks)} blocks"

    def copies(self, architecture: Architecture) -> dict[str, str]:
        """Id in the fragment -> id of its copy."""
        return _block_names(architecture, self.fragment.fitting(architecture))

    def comments(self, architecture: Architecture) -> dict[str, str]:
        """Id of a comment in the fragment -> id of its copy."""
        return _comment_names(architecture, self.fragment.fitting(architecture))

    def change(self, architecture: Architecture) -> Architecture:
        """Input and Output that are there already are left out."""
        fragment = self.fragment.fitting(architecture)
        if not fragment.blocks and not fragment.comments:
            raise EditError("Input and Output cannot be pasted: a network has one of each.")
        copies = _copied(architecture, fragment)
        if not fragment.blocks:
            return _comments_at(architecture, copies, self.position or _corner(architecture, architecture.blocks))
        return _with_comments(self._put(architecture, copies), copies)

    def _put(self, architecture: Architecture, copies: Fragment) -> Architecture:
        strand = _strand(copies) if self.edge is not None or self.after is not None else None
        if self.edge is not None:
            if strand is None or not strand.exit:
                raise EditError("Only what has one way in and one way out goes between two blocks.")
            return along(architecture, put_between(architecture, strand, self.edge))
        if self.after is None:
            return _put_beside(architecture, copies, self.position or _corner(architecture, architecture.blocks))
        block_of(architecture, self.after)
        if strand is not None:
            return along(architecture, put_behind(architecture, strand, self.after))
        joined = open_round(architecture, [self.after])
        return _put_beside(architecture, copies, _corner(architecture, [self.after], joined), joined)


@dataclass(frozen=True, kw_only=True)
class DuplicateBlocks(ArchitectureEdit):
    """Copy blocks, with the connections among them, and comments to the right of the originals."""

    ids: tuple[str, ...]
    """Of blocks and of comments."""

    @property
    def label(self) -> str:
        """Duplicate and the id, or how many."""
        return f"Duplicate {self.ids[0]}" if len(self.ids) == 1 else f"Duplicate {len(self.ids)} cards"

    def _fragment(self, architecture: Architecture) -> Fragment:
        for id in self.ids:
            if id not in architecture.comments:
                block_of(architecture, id)
        return Fragment.of(architecture, self.ids).fitting(architecture)

    def copies(self, architecture: Architecture) -> dict[str, str]:
        """Original id -> id of its copy."""
        return _block_names(architecture, self._fragment(architecture))

    def comments(self, architecture: Architecture) -> dict[str, str]:
        """Original id of a comment -> id of its copy."""
        return _comment_names(architecture, self._fragment(architecture))

    def change(self, architecture: Architecture) -> Architecture:
        """Input and Output stay single. Copies read copies where they can, and nothing else."""
        fragment = self._fragment(architecture)
        if not fragment.blocks and not fragment.comments:
            raise EditError("Input and Output cannot be duplicated: a network has one of each.")
        if not fragment.blocks:
            left, top = corner([architecture.comments[c.id] for c in fragment.comments])
            return _comments_at(architecture, _copied(architecture, fragment), (left + GAP_X, top + GAP_Y))
        ids = {b.id for b in fragment.blocks}
        joined = [id for id in open_round(architecture, ids) if architecture.groups[id].blocks > ids]
        copies = _copied(architecture, fragment)
        made = _put_beside(architecture, copies, _corner(architecture, ids, joined), joined)
        return _with_comments(made, copies)
