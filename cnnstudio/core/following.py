"""Values that follow from the rest of the design until the person sets them.

A parameter declares a rule (`param(32, follow=FILTERS)`); a block names in `Block.follows` those of its parameters that
follow at present. The value that a rule gives is stored in the spec like any other, so tracing, files and code need not
know. Edits settle it: `ArchitectureEdit.apply` calls `settled` after the change.

A rule sees the block itself and what lies upstream of it along first inputs, up to the nearest block that sets the
channels by itself. What an edit can reach ends there too, so settling looks at few blocks however large the design is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cnnstudio.core.architecture import Architecture, Block
    from cnnstudio.core.catalogue.base import BlockSpec
    from cnnstudio.core.declare import Parameter

NAMED = 2
"""Blocks that a label names; of more it gives the number."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What a rule gives: a value that the parameter's declaration allows, and where it comes from, in words."""

    value: Any
    reason: str
    """Without a full stop, as "doubled after max_pooling_1 (convolution_1 has 16)"."""


Rule: TypeAlias = "Callable[[BlockSpec, Sequence[Block]], Followed | None]"
"""(the block's own spec, the blocks upstream, nearest first) -> what the value should be; None for the default.

The last block upstream is the one that sets the channels. It is missing where the design has none, or is cut.
"""


_known: dict[type[BlockSpec], Mapping[str, Parameter]] = {}


def _rules(kind: type[BlockSpec]) -> Mapping[str, Parameter]:
    """The parameters that can follow, by name."""
    found = _known.get(kind)
    if found is None:
        found = _known[kind] = {p.name: p for p in kind.parameters if p.follow is not None}
    return found


def followable(spec: BlockSpec) -> tuple[str, ...]:
    """Names of the parameters that can follow."""
    return tuple(_rules(type(spec)))


def left_to_follow(spec: BlockSpec) -> frozenset[str]:
    """The parameters of a new block that follow: those that can and have their default."""
    return frozenset(name for name, p in _rules(type(spec)).items() if getattr(spec, name) == p.default)


def explain(architecture: Architecture, id: str, name: str) -> Followed | None:
    """What the parameter `name` of block `id` would be if it followed, and why; None when it cannot follow."""
    block = architecture.blocks[id]
    parameter = _rules(type(block.spec)).get(name)
    if parameter is None or parameter.follow is None:
        return None
    found = parameter.follow(block.spec, upstream(architecture.blocks, block))
    return found or Followed(parameter.default, "the default, as no block before it decides")


def upstream(blocks: Mapping[str, Block], block: Block) -> list[Block]:
    """What lies before `block` along first inputs, nearest first, up to the first that sets the channels.

    Bypassed blocks are left out: they pass on what they get. A way that leads back to itself ends.
    """
    found: list[Block] = []
    passed: set[str] = set()
    while block.inputs:
        id = block.inputs[0]
        if id in passed or id not in blocks:
            break
        passed.add(id)
        block = blocks[id]
        if not block.bypassed:
            found.append(block)
            if block.spec.channels_set() is not None:
                break
    return found


def settled(before: Architecture, after: Architecture) -> Architecture:
    """`after` with every value that follows brought to what its rule gives, as far as the edit from `before` matters.

    One pass in the order of the flow. What the edit cannot have reached stays as it is, so a file keeps the values it
    was saved with even where a later release would count otherwise.
    """
    if not any([block.follows for block in after.blocks.values()]):
        return after
    old = before.blocks
    changed = {id for id, block in after.blocks.items() if old.get(id) is not block and _differs(old.get(id), block)}
    if not changed:
        return after
    fresh: dict[str, Block] = {}
    blocks = dict(after.blocks)
    reached: set[str] = set()  # something has changed at or above these, and their readers can see it
    for id in after.topology.order:
        block = blocks[id]
        is_changed = id in changed
        if not is_changed and (not block.inputs or block.inputs[0] not in reached):
            continue
        if block.follows:
            brought = _brought(block, blocks)
            if brought is not block:
                fresh[id] = blocks[id] = block = brought
                is_changed = True
        if is_changed or block.bypassed or block.spec.channels_set() is None:
            reached.add(id)
    return after.with_blocks(*fresh.values()) if fresh else after


def _differs(old: Block | None, new: Block) -> bool:
    return (
        old is None
        or old.spec is not new.spec
        or old.inputs != new.inputs
        or old.bypassed != new.bypassed
        or old.follows != new.follows
    )


def _brought(block: Block, blocks: Mapping[str, Block]) -> Block:
    """The block with the values that its rules give; the same object where they stand."""
    spec = block.spec
    above = upstream(blocks, block)
    rules = _rules(type(spec))
    for name in block.follows:
        parameter = rules.get(name)
        if parameter is not None and parameter.follow is not None:
            found = parameter.follow(block.spec, above)
            value = parameter.default if found is None else found.value
            if getattr(spec, name) != value:
                spec = spec.having(name, value)
    return block if spec is block.spec else block.of(spec)


def followers(before: Architecture, after: Architecture) -> tuple[str, ...]:
    """Ids of the blocks whose values followed what changed between the two, in the order of the flow."""
    if before.blocks is after.blocks:
        return ()
    found = {
        id
        for id, block in after.blocks.items()
        if block.follows and (old := before.blocks.get(id)) is not None and old is not block and _followed(old, block)
    }
    return tuple(id for id in after.topology.order if id in found) if found else ()


def _followed(old: Block, new: Block) -> bool:
    """Whether all that has changed in the spec are values that follow: else the edit was made here."""
    if old.spec is new.spec or type(old.spec) is not type(new.spec):
        return False
    then = vars(old.spec)
    changed = {name for name, value in vars(new.spec).items() if then[name] != value}
    return bool(changed) and changed <= old.follows & new.follows


def in_words(ids: Sequence[str]) -> str:
    """ "convolution_2 follows", or how many do; "" for none."""
    if not ids:
        return ""
    if len(ids) == 1:
        return f"{ids[0]} follows"
    return f"{' and '.join(ids)} follow" if len(ids) <= NAMED else f"{len(ids):,} blocks follow"
