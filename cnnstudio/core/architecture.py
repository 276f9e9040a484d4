"""The architecture: a frozen value of blocks, their connections and their places on the canvas."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from cnnstudio.core.catalogue.base import BlockSpec
    from cnnstudio.core.declare import Shape

BLOCK_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""Ids are Python names, so that generated code can use them."""
MAX_BLOCKS = 5000
"""A bound against runaway pasting; the studio is measured to 1,000."""


@dataclass(frozen=True, slots=True)
class Block:
    """A placed block: its id, its spec, the ids of the blocks it reads, in order, and where its card lies."""

    id: str
    spec: BlockSpec
    inputs: tuple[str, ...] = ()
    position: tuple[float, float] = (0.0, 0.0)
    """Top-left corner of the card on the canvas."""
    bypassed: bool = False
    """Left out of the network: what it reads first passes it unchanged."""
    follows: frozenset[str] = frozenset()
    """Parameters whose values follow from the rest of the design until the person sets them; see `following`."""
    weights_from: str = ""
    """Where its weights lie in the file that the experiment starts from, see `initial_weights`; "" for fresh ones.

    It stays with the block when that is renamed, moved or copied.
    """

    def at(self, x: float, y: float) -> Block:
        """The same block in another place."""
        return Block(self.id, self.spec, self.inputs, (x, y), self.bypassed, self.follows, self.weights_from)

    def of(self, spec: BlockSpec) -> Block:
        """The same block with another spec."""
        return Block(self.id, spec, self.inputs, self.position, self.bypassed, self.follows, self.weights_from)


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks under one name, drawn as one card while it is closed.

    Two groups share no block, or all blocks of one are in the other.
    """

    id: str
    name: str
    blocks: frozenset[str]
    """Ids of all blocks in it, those of groups within it too."""
    closed: bool = False

    def only(self, ids: AbstractSet[str]) -> Group:
        """The same without the blocks that are not among these."""
        return dataclasses.replace(self, blocks=self.blocks.intersection(ids))


@dataclass(frozen=True, slots=True)
class Comment:
    """A note on the canvas. It says something to people and nothing to the network."""

    id: str
    text: str
    position: tuple[float, float] = (0.0, 0.0)
    """Top-left corner."""
    width: float = 240.0
    """In canvas pixels; the height follows from the text."""


@dataclass(frozen=True, slots=True)
class Topology:
    """Who reads whom: all that follows from the connections alone."""

    order: tuple[str, ...]
    """Ids so that each block follows those it reads; ties keep the order of placing."""
    cyclic: tuple[str, ...]
    """Ids caught in or behind a cycle."""
    readers: Mapping[str, tuple[str, ...]]
    """Id -> ids of the blocks that read it."""


@dataclass(frozen=True)
class Architecture:
    """Blocks by id, in the order in which they were placed. Never changed: edits make a new one."""

    blocks: Mapping[str, Block] = field(default_factory=lambda: MappingProxyType({}))
    groups: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))
    """Groups by id, in the order in which they were made. No id is that of a block."""
    comments: Mapping[str, Comment] = field(default_factory=lambda: MappingProxyType({}))
    """Comments by id."""

    @classmethod
    def of(
        cls, blocks: Iterable[Block], groups: Iterable[Group] = (), comments: Iterable[Comment] = ()
    ) -> Architecture:
        """An architecture of these.

        Groups forget blocks that are not there, and go when that leaves them empty, or the same as one round them.
        """
        held = MappingProxyType({b.id: b for b in blocks})
        return cls(
            held,
            MappingProxyType({g.id: g for g in _kept(groups, held)}),
            MappingProxyType({c.id: c for c in comments}),
        )

    def made_of(self, blocks: Iterable[Block]) -> Architecture:
        """Other blocks, with the groups, as far as their blocks are there, and the comments of this one."""
        return Architecture.of(blocks, self.groups.values(), self.comments.values())

    def with_groups(self, groups: Iterable[Group]) -> Architecture:
        """The same blocks in these groups."""
        return self._like(Architecture.of(self.blocks.values(), groups, self.comments.values()))

    def with_comments(self, comments: Iterable[Comment]) -> Architecture:
        """The same with these comments."""
        held = MappingProxyType({c.id: c for c in comments})
        return self._like(Architecture(self.blocks, self.groups, held))

    def _like(self, made: Architecture) -> Architecture:
        """Hand the topology on to an architecture with the same connections."""
        if "topology" in self.__dict__:
            made.__dict__["topology"] = self.topology
        return made

    @cached_property
    def topology(self) -> Topology:
        """Order and readers, worked out once and handed on by edits that leave the connections alone."""
        return _topology(self.blocks)

    @property
    def input(self) -> Block:
        """The Input block."""
        return self.blocks[INPUT]

    @property
    def input_shape(self) -> Shape:
        """Shape of one sample, channels last."""
        spec = self.input.spec
        if not isinstance(spec, Input):
            raise TypeError(f"The block {INPUT} is a {spec.kind}, not an Input.")
        return spec.shape

    def with_blocks(self, *changed: Block) -> Architecture:
        """The same with these blocks put in the place of those with their ids, new ones at the end."""
        blocks = dict(self.blocks)
        blocks.update((b.id, b) for b in changed)
        made = Architecture(MappingProxyType(blocks), self.groups, self.comments)
        if "topology" in self.__dict__ and all(
            b.id in self.blocks and b.inputs == self.blocks[b.id].inputs for b in changed
        ):
            made.__dict__["topology"] = self.topology
        return made

    def without(self, ids: Iterable[str]) -> Architecture:
        """The same without these blocks; connections to them are cut, not healed."""
        gone = set(ids)
        kept = (
            dataclasses.replace(b, inputs=tuple(i for i in b.inputs if i not in gone))
            if gone.intersection(b.inputs)
            else b
            for b in self.blocks.values()
            if b.id not in gone
        )
        return self.made_of(kept)

    def upstream(self, id: str) -> set[str]:
        """Ids of all blocks that `id` depends on, itself not counted."""
        seen: set[str] = set()
        todo = list(self.blocks[id].inputs)
        while todo:
            at = todo.pop()
            if at not in seen and at in self.blocks:
                seen.add(at)
                todo.extend(self.blocks[at].inputs)
        return seen

    def feeding(self, id: str) -> set[str]:
        """Ids of all blocks whose results reach `id`, itself not counted: a bypassed block passes its first input."""
        seen: set[str] = set()
        todo = [id]
        while todo:
            block = self.blocks[todo.pop()]
            for source in block.inputs[:1] if block.bypassed else block.inputs:
                if source not in seen and source in self.blocks:
                    seen.add(source)
                    todo.append(source)
        return seen - {id}

    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """Cycles, each as the ids along it; its last block feeds its first. Without these last edges there are none.

        They are walked from where the flow enters them, so that the last edge is the one that leads back.
        """
        readers, left = self.topology.readers, set(self.topology.cyclic)
        starts = sorted(self.topology.cyclic, key=lambda id: left.issuperset(self.blocks[id].inputs))
        found: list[tuple[str, ...]] = []
        seen: set[str] = set()
        for start in starts:
            path: list[str] = []
            on_path: set[str] = set()
            ways: list[Iterator[str]] = [iter((start,))]
            while ways:
                at = next(ways[-1], None)
                if at is None:
                    ways.pop()
                    if path:
                        on_path.discard(path.pop())
                elif at in on_path:
                    found.append(tuple(path[path.index(at) :]))
                elif at not in seen:
                    seen.add(at)
                    path.append(at)
                    on_path.add(at)
                    ways.append(iter(readers[at]))
        return tuple(found)

    def downstream(self, id: str) -> set[str]:
        """Ids of all blocks that depend on `id`, itself not counted."""
        readers = self.topology.readers
        seen: set[str] = set()
        todo = list(readers[id])
        while todo:
            at = todo.pop()
            if at not in seen:
                seen.add(at)
                todo.extend(readers[at])
        return seen - {id}

    def new_id(self, kind: str) -> str:
        """A free id for a block of that kind: "max_pooling_2"."""
        return self.new_ids((kind,))[0]

    def new_ids(self, kinds: Iterable[str]) -> list[str]:
        """Free ids for blocks of those kinds, in their order and no two alike."""
        taken = {*self.blocks, *self.groups, *self.comments}
        last: dict[str, int] = {}
        ids: list[str] = []
        for kind in kinds:
            stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
            number = last.get(stem, 0) + 1
            while f"{stem}_{number}" in taken:
                number += 1
            id = f"{stem}_{number}"
            if stem == "output" and stem not in taken:
                id = stem
            else:
                last[stem] = number
            taken.add(id)
            ids.append(id)
        return ids


def _kept(groups: Iterable[Group], blocks: Mapping[str, Block]) -> Iterator[Group]:
    pruned = [(g, g if g.blocks <= blocks.keys() else g.only(blocks.keys())) for g in groups]
    if all(before is after for before, after in pruned):
        return (after for _, after in pruned)
    widest: dict[frozenset[str], Group] = {}
    for before, after in pruned:
        known = widest.get(after.blocks)
        if known is None or len(before.blocks) > len(known.blocks):
            widest[after.blocks] = before
    return (after for before, after in pruned if after.blocks and widest[after.blocks] is before)


def _topology(blocks: Mapping[str, Block]) -> Topology:
    readers: dict[str, list[str]] = {id: [] for id in blocks}
    waiting: dict[str, int] = {}
    ready: list[str] = []
    for id, block in blocks.items():
        inputs = block.inputs
        sources = inputs if len(inputs) < 2 else tuple(dict.fromkeys(inputs))
        known = 0
        for source in sources:
            if source in readers:
                readers[source].append(id)
                known += 1
        if known:
            waiting[id] = known
        else:
            ready.append(id)
    ready.reverse()
    order: list[str] = []
    while ready:
        id = ready.pop()
        order.append(id)
        for reader in reversed(readers[id]):
            left = waiting.pop(reader) - 1
            if left:
                waiting[reader] = left
            else:
                ready.append(reader)
    found = {id: tuple(read) for id, read in readers.items()}
    return Topology(tuple(order), tuple(id for id in blocks if id in waiting), found)
