"""Copied blocks: what cut, copy and paste carry from place to place, and its JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.block_records import BlockRecord, plain_block, read_blocks
from cnnstudio.core.declare import DeclarationError
from cnnstudio.core.strict_json import MAX_BYTES, FileError, Format, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    blocks: list[BlockRecord]


FORM = Format("cnnstudio-blocks", 1, 0, "a set of blocks", _Record, (BlockRecord,))
MIME = "application/x-cnnstudio-blocks"


@dataclass(frozen=True, slots=True)
class Fragment:
    """Blocks with the connections among them, in the order of the flow.

    Positions are relative to the top-left corner of the whole.
    """

    blocks: tuple[Block, ...] = ()

    @classmethod
    def of(cls, architecture: Architecture, ids: Collection[str]) -> Fragment:
        """These blocks of an architecture. Ids that it does not have are passed over."""
        wanted = set(ids)
        return cls._made([b for b in architecture.blocks.values() if b.id in wanted])

    @classmethod
    def _made(cls, blocks: Collection[Block]) -> Fragment:
        ids = {b.id for b in blocks}
        left, top = corner(blocks)
        alone = Architecture.of(
            dataclasses.replace(
                b,
                inputs=tuple(i for i in b.inputs if i in ids),
                position=(b.position[0] - left, b.position[1] - top),
            )
            for b in blocks
        )
        return cls(tuple(alone.blocks[i] for i in (*alone.topology.order, *alone.topology.cyclic)))

    def fitting(self, architecture: Architecture) -> Fragment:
        """Without the ends that the architecture has already: it takes no second Input and no second Output."""
        kept: list[Block] = []
        full = any(b.spec.kind == "Output" for b in architecture.blocks.values())
        for block in self.blocks:
            if block.spec.kind == "Input" or (block.spec.kind == "Output" and full):
                continue
            full = full or block.spec.kind == "Output"
            kept.append(block)
        return Fragment._made(kept)

    @property
    def is_chain(self) -> bool:
        """Whether each block but the first reads the one before it, and nothing else."""
        return bool(self.blocks) and all(
            block.inputs == ((self.blocks[at - 1].id,) if at else ()) for at, block in enumerate(self.blocks)
        )


def corner(blocks: Iterable[Block]) -> tuple[float, float]:
    """The top-left corner of these cards together."""
    places = [b.position for b in blocks]
    return min((x for x, _ in places), default=0.0), min((y for _, y in places), default=0.0)


def write_fragment(fragment: Fragment) -> str:
    """The blocks as JSON text. Raises FileError where they are more than can be read again."""
    text = write_json({"format": FORM.head, "blocks": [plain_block(b) for b in fragment.blocks]})
    if (size := len(text.encode())) > MAX_BYTES:
        raise FileError(f"These blocks would have {size:,} bytes; {FORM.what} has at most {MAX_BYTES:,}.")
    return text


def read_fragment(text: str | bytes, place: str) -> Fragment:
    """The blocks in a JSON text; `place` names it in errors. Raises FileError."""
    record = read_json(text, place, FORM)
    try:
        architecture = read_blocks(record.blocks, "set of blocks")
    except DeclarationError as error:
        raise FileError(f"{place}: {error}") from error
    if not architecture.blocks:
        raise FileError(f"{place} holds no blocks; copy some first.")
    return Fragment.of(architecture, architecture.blocks)
