"""Blocks in JSON: the same record in experiment files and on the clipboard, held to the same rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cnnstudio.core.architecture import BLOCK_ID, MAX_BLOCKS, Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.declare import DeclarationError, closest, from_plain, to_plain
from cnnstudio.core.layout import arrange
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Sequence

FARTHEST = 1e7
"""Cards lie within this distance of the origin, in canvas pixels."""


class BlockRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One block as it is written."""

    id: str
    kind: str
    parameters: dict[str, Any] = {}
    inputs: list[str] = []
    position: tuple[float, float] | None = None


def plain_block(block: Block) -> dict[str, Any]:
    """The block ready for JSON, every parameter spelled out, so that later defaults cannot change its meaning."""
    return {
        "id": block.id,
        "kind": block.spec.kind,
        "parameters": to_plain(block.spec),
        "inputs": list(block.inputs),
        "position": list(block.position),
    }


def read_blocks(records: Sequence[BlockRecord], place: str) -> Architecture:
    """The blocks of these records, laid out where one has no position. Raises DeclarationError."""
    if len(records) > MAX_BLOCKS:
        raise DeclarationError(f"{place} has {len(records):,} blocks; the most is {MAX_BLOCKS:,}.")
    blocks: dict[str, Block] = {}
    for entry in records:
        if entry.id in blocks:
            raise DeclarationError(f'block "{entry.id[:60]}" stands twice in the {place}; ids must differ.')
        blocks[entry.id] = _block(entry)
    for block in blocks.values():
        _check_inputs(block, blocks)
    return _placed(Architecture.of(blocks.values()), records)


def _block(entry: BlockRecord) -> Block:
    place = f'block "{entry.id[:60]}"'
    if not BLOCK_ID.fullmatch(entry.id):
        raise DeclarationError(f'{place}: an id has lower-case letters, digits and "_" and starts with a letter.')
    spec = from_plain(spec_class(entry.kind), entry.parameters, place)
    if (entry.id == INPUT) != (entry.kind == "Input"):
        raise DeclarationError(f'{place}: the Input block, and only it, has the id "{INPUT}".')
    x, y = entry.position or (0.0, 0.0)
    if not max(abs(x), abs(y)) <= FARTHEST:
        raise DeclarationError(f"{place}: position must lie within {FARTHEST:,.0f} of the origin, not at {x:g}, {y:g}.")
    return Block(entry.id, spec, tuple(entry.inputs), (x, y))


def _check_inputs(block: Block, blocks: dict[str, Block]) -> None:
    for source in block.inputs:
        if source not in blocks:
            raise DeclarationError(
                f'block "{block.id}" reads "{source[:60]}", which is not there. {closest(source, blocks)}'
            )
        if blocks[source].spec.kind == "Output":
            raise DeclarationError(f'block "{block.id}" reads "{source}", but Output ends the network.')
    if len(set(block.inputs)) != len(block.inputs):
        raise DeclarationError(f'block "{block.id}" reads one block twice; name each input once.')
    most = block.spec.max_inputs
    if most is not None and len(block.inputs) > most:
        raise DeclarationError(f'block "{block.id}" takes at most {most} inputs, but has {len(block.inputs)}.')


def _placed(architecture: Architecture, records: Sequence[BlockRecord]) -> Architecture:
    """Cards without a position are laid out, all together, so that they do not lie on each other."""
    if all(entry.position is not None for entry in records):
        return architecture
    places = arrange(architecture)
    return Architecture.of(b.at(*places[b.id]) for b in architecture.blocks.values())
