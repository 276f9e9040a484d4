"""Blocks in JSON: the same record in experiment files and on the clipboard, held to the same rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from cnnstudio.core.architecture import BLOCK_ID, MAX_BLOCKS, Architecture, Block, Comment, Group
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.declare import DeclarationError, closest, from_plain, to_plain
from cnnstudio.core.following import followable
from cnnstudio.core.placing.layout import arrange
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Sequence

FARTHEST = 1e7
"""Cards lie within this distance of the origin, in canvas pixels."""
MAX_CONNECTIONS = 100_000
"""Of a design. Three hundred blocks of which each reads all before it have half of it."""
MAX_NESTED_GROUPS = 64
MAX_COMMENTS = 1000
MAX_COMMENT = 10_000
"""Characters of a comment's text."""
COMMENT_WIDTHS = (120.0, 2000.0)
"""Least and greatest width of a comment, in canvas pixels."""
MAX_GROUP_NAME = 80
WEIGHTS_FROM = re.compile(rf"[0-9a-f]{{12}}/{BLOCK_ID.pattern}")


class BlockRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One block as it is written."""

    id: str
    kind: str
    parameters: dict[str, Any] = {}
    inputs: list[str] = []
    position: tuple[float, float] | None = None
    bypassed: bool = False
    follows: list[str] = []
    weights_from: str = ""


class GroupRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One group as it is written."""

    id: str
    name: str
    blocks: list[str]
    closed: bool = False


class CommentRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One comment as it is written."""

    id: str
    text: str
    position: tuple[float, float] = (0.0, 0.0)
    width: float = 240.0


def plain_block(block: Block) -> dict[str, Any]:
    """The block ready for JSON, every parameter spelled out, so that later defaults cannot change its meaning."""
    plain: dict[str, Any] = {
        "id": block.id,
        "kind": block.spec.kind,
        "parameters": to_plain(block.spec),
        "inputs": list(block.inputs),
        "position": list(block.position),
    }
    if block.bypassed:
        plain["bypassed"] = True
    if block.follows:
        plain["follows"] = sorted(block.follows)
    if block.weights_from:
        plain["weights_from"] = block.weights_from
    return plain


def plain_group(group: Group) -> dict[str, Any]:
    """The group ready for JSON."""
    return {"id": group.id, "name": group.name, "blocks": sorted(group.blocks), "closed": group.closed}


def plain_comment(comment: Comment) -> dict[str, Any]:
    """The comment ready for JSON."""
    return {"id": comment.id, "text": comment.text, "position": list(comment.position), "width": comment.width}


def read_blocks(
    records: Sequence[BlockRecord],
    place: str,
    groups: Sequence[GroupRecord] = (),
    comments: Sequence[CommentRecord] = (),
) -> Architecture:
    """The blocks, groups and comments of these records, laid out where a block has no position.

    Raises DeclarationError.
    """
    if len(records) > MAX_BLOCKS:
        raise DeclarationError(f"{place} has {len(records):,} blocks; the most is {MAX_BLOCKS:,}.")
    blocks: dict[str, Block] = {}
    for entry in records:
        if entry.id in blocks:
            raise DeclarationError(f'block "{entry.id[:60]}" stands twice in the {place}; ids must differ.')
        blocks[entry.id] = _block(entry)
    _check_count("connections", sum(len(entry.inputs) for entry in records), MAX_CONNECTIONS, place)
    for block in blocks.values():
        _check_inputs(block, blocks)
    taken = set(blocks)
    _check_count("groups", len(groups), MAX_BLOCKS, place)
    _check_count("comments", len(comments), MAX_COMMENTS, place)
    made = [_group(entry, blocks, taken) for entry in groups]
    _check_nesting(made)
    notes = [_comment(entry, taken) for entry in comments]
    return _placed(Architecture.of(blocks.values(), made, notes), records)


def _check_count(what: str, count: int, most: int, place: str) -> None:
    if count > most:
        raise DeclarationError(f"{place} has {count:,} {what}; the most is {most:,}.")


def _check_id(id: str, place: str, taken: set[str]) -> None:
    if not BLOCK_ID.fullmatch(id):
        raise DeclarationError(f'{place}: an id has lower-case letters, digits and "_" and starts with a letter.')
    if id in taken:
        raise DeclarationError(f"{place}: another block, group or comment has this id; ids must differ.")
    taken.add(id)


def _group(entry: GroupRecord, blocks: dict[str, Block], taken: set[str]) -> Group:
    place = f'group "{entry.id[:60]}"'
    _check_id(entry.id, place, taken)
    if not 1 <= len(entry.name.strip()) <= MAX_GROUP_NAME:
        raise DeclarationError(f"{place}: a name has 1 to {MAX_GROUP_NAME} characters, not {len(entry.name):,}.")
    if not entry.blocks:
        raise DeclarationError(f"{place} holds no blocks; name at least one, or leave the group out.")
    for id in entry.blocks:
        if id not in blocks:
            raise DeclarationError(f'{place} holds "{id[:60]}", which is not there. {closest(id, blocks)}')
        if blocks[id].spec.kind in ("Input", "Output"):
            raise DeclarationError(f'{place} holds "{id}", but Input and Output stay outside groups.')
    return Group(entry.id, entry.name.strip(), frozenset(entry.blocks), entry.closed)


def _check_nesting(groups: Sequence[Group]) -> None:
    """Two groups share no block, or one lies within the other."""
    inmost: dict[str, Group] = {}
    levels: dict[str, int] = {}
    for group in sorted(groups, key=lambda g: -len(g.blocks)):
        around = {inmost.get(id) for id in group.blocks}
        if len(around) > 1 or any(g is not None and g.blocks == group.blocks for g in around):
            other = next(g for g in around if g is not None)
            raise DeclarationError(
                f'groups "{group.id}" and "{other.id}" overlap: one must lie within the other, or they share no block.'
            )
        holder = next(iter(around))
        levels[group.id] = 1 if holder is None else levels[holder.id] + 1
        _check_count("groups within each other", levels[group.id], MAX_NESTED_GROUPS, f'group "{group.id}"')
        inmost.update(dict.fromkeys(group.blocks, group))


def _comment(entry: CommentRecord, taken: set[str]) -> Comment:
    place = f'comment "{entry.id[:60]}"'
    _check_id(entry.id, place, taken)
    if len(entry.text) > MAX_COMMENT:
        raise DeclarationError(f"{place}: a text has at most {MAX_COMMENT:,} characters, not {len(entry.text):,}.")
    _check_position(entry.position, place)
    if not COMMENT_WIDTHS[0] <= entry.width <= COMMENT_WIDTHS[1]:
        least, most = COMMENT_WIDTHS
        raise DeclarationError(f"{place}: width must lie within {least:,.0f} and {most:,.0f}, not at {entry.width:g}.")
    return Comment(entry.id, entry.text, entry.position, entry.width)


def _check_position(position: tuple[float, float], place: str) -> None:
    x, y = position
    if not max(abs(x), abs(y)) <= FARTHEST:
        raise DeclarationError(f"{place}: position must lie within {FARTHEST:,.0f} of the origin, not at {x:g}, {y:g}.")


def _block(entry: BlockRecord) -> Block:
    place = f'block "{entry.id[:60]}"'
    if not BLOCK_ID.fullmatch(entry.id):
        raise DeclarationError(f'{place}: an id has lower-case letters, digits and "_" and starts with a letter.')
    spec = from_plain(spec_class(entry.kind), entry.parameters, place)
    if (entry.id == INPUT) != (entry.kind == "Input"):
        raise DeclarationError(f'{place}: the Input block, and only it, has the id "{INPUT}".')
    position = entry.position or (0.0, 0.0)
    _check_position(position, place)
    if entry.bypassed and entry.kind in ("Input", "Output"):
        raise DeclarationError(f"{place}: {entry.kind} is an end of every network, so it cannot be bypassed.")
    for name in entry.follows:
        if name not in followable(spec):
            what = "which is no parameter" if spec.parameter(name) is None else "which cannot follow"
            advice = closest(name, followable(spec)) if followable(spec) else "Leave it out."
            raise DeclarationError(f'{place}: follows names "{name[:60]}", {what}. {advice}')
    if entry.weights_from and not WEIGHTS_FROM.fullmatch(entry.weights_from):
        raise DeclarationError(
            f"{place}: weights_from must be the first 12 digits of a weights file's SHA-256, a slash and an id, "
            f'not "{entry.weights_from[:90]}".'
        )
    return Block(
        entry.id, spec, tuple(entry.inputs), position, entry.bypassed, frozenset(entry.follows), entry.weights_from
    )


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
    return architecture.made_of(b.at(*places[b.id]) for b in architecture.blocks.values())
