"""Copied blocks: what cut, copy and paste carry from place to place, and its JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from cnnstudio.core.architecture import Architecture, Block, Comment, Group
from cnnstudio.core.declare import DeclarationError
from cnnstudio.core.formats.block_records import (
    BlockRecord,
    CommentRecord,
    GroupRecord,
    plain_block,
    plain_comment,
    plain_group,
    read_blocks,
)
from cnnstudio.core.formats.strict_json import MAX_BYTES, FileError, Format, read_json, write_json
from cnnstudio.core.placing.folding import ways

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    blocks: list[BlockRecord]
    groups: list[GroupRecord] = []
    comments: list[CommentRecord] = []


FORM = Format("cnnstudio-blocks", 1, 1, "a set of blocks", _Record, (BlockRecord, GroupRecord, CommentRecord))
MIME = "application/x-cnnstudio-blocks"


@dataclass(frozen=True, slots=True)
class Fragment:
    """Blocks with the connections among them, in the order of the flow.

    Positions are relative to the top-left corner of the whole.
    """

    blocks: tuple[Block, ...] = ()
    groups: tuple[Group, ...] = ()
    """Groups that lie wholly among the blocks."""
    comments: tuple[Comment, ...] = ()

    @classmethod
    def of(cls, architecture: Architecture, ids: Collection[str]) -> Fragment:
        """These blocks and comments of an architecture. Ids that it does not have are passed over."""
        wanted = set(ids)
        blocks = [b for b in architecture.blocks.values() if b.id in wanted]
        groups = [g for g in architecture.groups.values() if g.blocks <= wanted]
        return cls._made(blocks, groups, [c for c in architecture.comments.values() if c.id in wanted])

    @classmethod
    def _made(cls, blocks: Collection[Block], groups: Iterable[Group], comments: Collection[Comment]) -> Fragment:
        ids = {b.id for b in blocks}
        left, top = corner(blocks or comments)
        notes = (dataclasses.replace(c, position=(c.position[0] - left, c.position[1] - top)) for c in comments)
        alone = Architecture.of(
            dataclasses.replace(
                b,
                inputs=tuple(i for i in b.inputs if i in ids),
                position=(b.position[0] - left, b.position[1] - top),
            )
            for b in blocks
        )
        order = (*alone.topology.order, *alone.topology.cyclic)
        return cls(tuple(alone.blocks[i] for i in order), tuple(groups), tuple(notes))

    @property
    def architecture(self) -> Architecture:
        """The blocks, groups and comments by themselves."""
        return Architecture.of(self.blocks, self.groups, self.comments)

    def fitting(self, architecture: Architecture) -> Fragment:
        """Without the ends that the architecture has already: it takes no second Input and no second Output."""
        kept: list[Block] = []
        full = any(b.spec.kind == "Output" for b in architecture.blocks.values())
        for block in self.blocks:
            if block.spec.kind == "Input" or (block.spec.kind == "Output" and full):
                continue
            full = full or block.spec.kind == "Output"
            kept.append(block)
        return Fragment._made(kept, self.groups, self.comments)

    def as_group(self, name: str) -> Fragment:
        """All of it, without Input and Output, as one closed group of that name."""
        inner = [b for b in self.blocks if b.spec.kind not in ("Input", "Output")]
        ids = frozenset(b.id for b in inner)
        whole = next((g for g in self.groups if g.blocks == ids), None)
        made = Group(whole.id if whole else self.architecture.new_id("group"), name, ids, closed=True)
        return Fragment._made(inner, [*(g for g in self.groups if g is not whole), made], self.comments)

    @property
    def ends(self) -> tuple[str, str] | None:
        """The one block at which the flow enters and the one at which it leaves; None where there are several.

        The second is "" where all flow ends in an Output.
        """
        if any(b.spec.kind == "Input" for b in self.blocks):
            return None
        found = ways(self.architecture, [b.id for b in self.blocks])
        several = len(found.entries) != 1 or len(found.exits) > 1
        return None if several else (found.entries[0], found.exits[0] if found.exits else "")

    @property
    def is_chain(self) -> bool:
        """Whether each block but the first reads the one before it, and nothing else."""
        return bool(self.blocks) and all(
            block.inputs == ((self.blocks[at - 1].id,) if at else ()) for at, block in enumerate(self.blocks)
        )


def corner(things: Iterable[Block | Comment]) -> tuple[float, float]:
    """The top-left corner of these cards or comments together."""
    places = [thing.position for thing in things]
    return min((x for x, _ in places), default=0.0), min((y for _, y in places), default=0.0)


def write_fragment(fragment: Fragment) -> str:
    """The blocks as JSON text. Raises FileError where they are more than can be read again."""
    document: dict[str, Any] = {"format": FORM.head, "blocks": [plain_block(b) for b in fragment.blocks]}
    if fragment.groups:
        document["groups"] = [plain_group(g) for g in fragment.groups]
    if fragment.comments:
        document["comments"] = [plain_comment(c) for c in fragment.comments]
    text = write_json(document)
    if (size := len(text.encode())) > MAX_BYTES:
        raise FileError(f"These blocks would have {size:,} bytes; {FORM.what} has at most {MAX_BYTES:,}.")
    return text


def read_fragment(text: str | bytes, place: str) -> Fragment:
    """The blocks in a JSON text; `place` names it in errors. Raises FileError."""
    record = read_json(text, place, FORM)
    try:
        architecture = read_blocks(record.blocks, "set of blocks", record.groups, record.comments)
    except DeclarationError as error:
        raise FileError(f"{place}: {error}") from error
    if not architecture.blocks and not architecture.comments:
        raise FileError(f"{place} holds no blocks; copy some first.")
    return Fragment.of(architecture, {*architecture.blocks, *architecture.comments})
