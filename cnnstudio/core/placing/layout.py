"""Automatic layout: a vertical flow, one row per depth, branches side by side."""

from __future__ import annotations

import bisect
import math
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.architecture import Architecture, Block

if TYPE_CHECKING:
    from collections.abc import Mapping

CARD_WIDTH = 240
CARD_HEIGHT = 72
GAP_X = 24
GAP_Y = 40
FRAME_SIDE, FRAME_HEAD, FRAME_FOOT = 16, 32, 16
"""Room that the frame of an open group takes beside, above and below its members."""
ROW = CARD_HEIGHT + GAP_Y
COLUMN = CARD_WIDTH + GAP_X
_MOST_LANES = 50_000
"""Of all rows together: that many are gone through in half a second. A thousand blocks that each skip fifty rows have
as many."""
_HAIR = 1e-9
"""Columns: less than this is no overlap but rounding."""


class _Shape(NamedTuple):
    """How much room a unit takes: a block's card, or a group. The column in which it is entered is its place."""

    left: float = 0.5
    """Columns to the left of the middle of its place, half a gap included."""
    right: float = 0.5
    height: float = CARD_HEIGHT
    exits: Mapping[str, float] = MappingProxyType({})
    """Blocks in it that are read outside -> columns from its place to where their edges leave it."""

    @property
    def rows(self) -> int:
        """How many rows it takes."""
        return max(1, math.ceil((self.height + GAP_Y) / ROW))


_CARD = _Shape()


class _Wire(NamedTuple):
    """An edge between units."""

    block: str
    """Where it comes from."""
    unit: str
    """The unit of that."""
    target: str
    """The unit that it leads to; "" where it leaves the group."""


def arrange(architecture: Architecture) -> dict[str, tuple[float, float]]:
    """Top-left corners for all cards. A chain is one column; what branches lies side by side.

    Rows are longest-path depths, as in layered graph drawing (Sugiyama, Tagawa, Toda 1981). An edge that skips rows
    keeps its source's column free in them, a lane: the cards of the longer path step aside and the merge comes back to
    the lane, so that no edge runs through a card and a U-Net takes the shape of its name.

    Groups are arranged from within, the innermost first; then each is one card, or a frame that nothing else lies in.
    """
    blocks = architecture.blocks
    places = dict.fromkeys(blocks, (0.0, 0.0))
    holder = {id: id for id in blocks}
    members: dict[str, list[str]] = {id: [id] for id in blocks}
    shapes: dict[str, _Shape] = {}
    for group in sorted(architecture.groups.values(), key=lambda g: len(g.blocks)):  # inner ones first
        inner = [id for id in blocks if id in group.blocks]
        level = _Level(architecture, inner, holder, shapes)
        level.move(places, members)
        shapes[group.id] = _CARD if group.closed else level.framed()
        members[group.id] = inner
        holder.update(dict.fromkeys(inner, group.id))
    whole = _Level(architecture, list(blocks), holder, shapes)
    whole.move(places, members, framed=False)
    return {id: (float(round(x)), float(round(y))) for id, (x, y) in places.items()}


class _Level:
    """What lies side by side in one group, or in none: cards and groups, each in its column and at its height."""

    def __init__(
        self, architecture: Architecture, inner: list[str], holder: dict[str, str], shapes: dict[str, _Shape]
    ) -> None:
        self._shapes = shapes
        self._graph = _graph(architecture, inner, holder)
        self._wires = _wires(architecture, inner, holder)
        self._into: dict[str, list[_Wire]] = {}
        for wire in self._wires:
            self._into.setdefault(wire.target, []).append(wire)
        self._rows = {id: self._shape(id).rows for id in self._graph.blocks}
        self._depth, self._end = self._depths()
        self._lanes = self._found_lanes()
        self._column: dict[str, float] = {}
        self._fill()
        self._top = self._tops()
        self._head = self._entered_at()

    def _shape(self, unit: str) -> _Shape:
        return self._shapes.get(unit, _CARD)

    def _depths(self) -> tuple[dict[str, int], dict[str, int]]:
        """The row in which each unit begins, and the first one below it."""
        topology = self._graph.topology
        depth: dict[str, int] = {}
        end: dict[str, int] = {}
        for id in topology.order:
            depth[id] = max([end[i] for i in self._graph.blocks[id].inputs if i in end], default=0)
            end[id] = depth[id] + self._rows[id]
        last = max(end.values(), default=0)
        for id in topology.cyclic:
            depth[id] = last
            last = end[id] = last + self._rows[id]
        return depth, end

    def _found_lanes(self) -> dict[int, list[_Wire]]:
        """Row -> edges that pass through it, one for each block that they come from. Those that leave pass all rows.

        None at all where there would be more than anybody could follow: a file can name a million connections.
        """
        bottom = max(self._end.values(), default=0)
        reached: dict[str, int] = {}  # all edges of a block begin in one row: how far its lane goes already
        passing: list[tuple[_Wire, int, int]] = []
        room = _MOST_LANES
        for wire in self._wires:
            first = reached.get(wire.block, self._end[wire.unit])
            last = self._depth.get(wire.target, bottom)
            if last <= first:
                continue
            room -= last - first
            if room < 0:
                return {}
            reached[wire.block] = last
            passing.append((wire, first, last))
        lanes: dict[int, list[_Wire]] = {}
        for wire, first, last in passing:
            for row in range(first, last):
                lanes.setdefault(row, []).append(wire)
        return lanes

    def _fill(self) -> None:
        """Give each unit its column, row by row."""
        rows: dict[int, list[str]] = {}
        for id, row in self._depth.items():
            rows.setdefault(row, []).append(id)
        tall = [id for id, rows in self._rows.items() if rows > 1]
        for row in sorted(rows):
            held = [self._out(wire) for wire in self._lanes.get(row, ()) if wire.unit in self._column]
            taken = [(x - 0.5, x + 0.5) for x in held]
            taken += (self._span(id) for id in tall if self._depth[id] < row < self._end[id])
            wishes = sorted((self._wish(id), index) for index, id in enumerate(rows[row]))
            units = [rows[row][index] for _, index in wishes]
            wanted = [(wish, self._shape(id)) for (wish, _), id in zip(wishes, units, strict=True)]
            columns = _beside(wanted, taken) if taken else _centred(wanted)
            self._column.update(zip(units, columns, strict=True))

    def _out(self, wire: _Wire) -> float:
        """The column in which an edge leaves its unit."""
        return self._column[wire.unit] + self._shape(wire.unit).exits.get(wire.block, 0.0)

    def _span(self, id: str) -> tuple[float, float]:
        shape = self._shape(id)
        return self._column[id] - shape.left, self._column[id] + shape.right

    def _wish(self, id: str) -> float:
        """The column a unit would like: below the lane that ends at it, else in the middle of what it reads."""
        reads = [wire for wire in self._into.get(id, ()) if wire.unit in self._column]
        far = [wire for wire in reads if self._depth[id] > self._end[wire.unit]]
        if far:
            return min(self._out(wire) for wire in far)
        return sum(self._out(wire) for wire in reads) / len(reads) if reads else 0.0

    def _tops(self) -> dict[str, float]:
        """How far down each lies. Frames are no whole number of rows high, so what is below one moves up to it."""
        if all(self._shape(id).height == CARD_HEIGHT for id in self._depth):
            return {id: float(row * ROW) for id, row in self._depth.items()}
        top: dict[str, float] = {}
        cyclic = set(self._graph.topology.cyclic)
        lanes = {wire for passing in self._lanes.values() for wire in passing if wire.target}
        for id in sorted(self._depth, key=self._depth.__getitem__):
            earlier = [other for other in top if self._depth[other] < self._depth[id]]
            if id not in cyclic:
                reads = self._graph.blocks[id].inputs
                earlier = [other for other in earlier if other in reads or _meet(self._span(other), self._span(id))]
            least = [top[other] + self._shape(other).height + GAP_Y for other in earlier]
            ended = (w for w in lanes if w.target in top and self._depth[w.target] <= self._depth[id])
            passed = [top[wire.target] for wire in ended if self._passes(wire, id)]
            top[id] = max([*least, *passed], default=0.0)
        return top

    def _passes(self, wire: _Wire, id: str) -> bool:
        return wire.unit != id and _meet((self._out(wire) - 0.5, self._out(wire) + 0.5), self._span(id))

    def _entered_at(self) -> float:
        """The column in which the flow enters: that of the topmost units."""
        first = min(self._top.values(), default=0.0)
        heads = [self._column[id] for id, top in self._top.items() if top < first + CARD_HEIGHT / 2]
        return sum(heads) / len(heads) if heads else 0.0

    def framed(self) -> _Shape:
        """The room of all of it in a frame."""
        side = FRAME_SIDE / COLUMN
        spans = [self._span(id) for id in self._column]
        foot = max(top + self._shape(id).height for id, top in self._top.items())
        exits = {wire.block: self._out(wire) - self._head for wire in self._wires if not wire.target}
        return _Shape(
            left=self._head - min(left for left, _ in spans) + side,
            right=max(right for _, right in spans) - self._head + side,
            height=foot + FRAME_HEAD + FRAME_FOOT,
            exits=exits,
        )

    def move(
        self, places: dict[str, tuple[float, float]], members: dict[str, list[str]], *, framed: bool = True
    ) -> None:
        """Move the cards of all units to where those lie: from the head of a group, or from the left end of all."""
        left = min((self._span(id)[0] + 0.5 for id in self._column), default=0.0)
        origin, down = (self._head, FRAME_HEAD) if framed else (left, 0)
        for unit, column in self._column.items():
            for id in members[unit]:
                x, y = places[id]
                places[id] = (x + (column - origin) * COLUMN, y + self._top[unit] + down)


def _graph(architecture: Architecture, inner: list[str], holder: dict[str, str]) -> Architecture:
    """The units that these blocks lie in, as blocks, with the connections among them."""
    within = set(inner)
    reads: dict[str, dict[str, None]] = {}
    for id in inner:
        unit = holder[id]
        sources = (holder[i] for i in architecture.blocks[id].inputs if i in within)
        reads.setdefault(unit, {}).update((s, None) for s in sources if s != unit)
    spec = architecture.blocks[inner[0]].spec if inner else None
    return Architecture.of(Block(unit, spec, tuple(sources)) for unit, sources in reads.items() if spec is not None)


def _wires(architecture: Architecture, inner: list[str], holder: dict[str, str]) -> list[_Wire]:
    within, readers = set(inner), architecture.topology.readers
    wires: dict[_Wire, None] = {}
    for id in inner:
        for reader in readers[id]:
            target = holder[reader] if reader in within else ""
            if target != holder[id]:
                wires[_Wire(id, holder[id], target)] = None
    return list(wires)


def _meet(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] < b[1] - _HAIR and b[0] < a[1] - _HAIR


def _beside(wanted: list[tuple[float, _Shape]], held: list[tuple[float, float]]) -> list[float]:
    """Columns for units in a row with others: the nearest place clear of everything, rightwards first."""
    rightwards, leftwards = sorted(held), sorted(held, key=itemgetter(1), reverse=True)
    columns: list[float] = []
    for wish, shape in wanted:
        right, left = _steps(wish, shape, rightwards, 0.5), _steps(wish, shape, leftwards, -0.5)
        column = wish + (right if right <= left else -left) / 2
        span = (column - shape.left, column + shape.right)
        bisect.insort(rightwards, span)
        bisect.insort(leftwards, span, key=lambda other: -other[1])
        columns.append(column)
    return columns


def _steps(wish: float, shape: _Shape, taken: list[tuple[float, float]], step: float) -> int:
    """Steps to the first place that is clear; `taken` is in the order in which it is passed, so each is passed once."""
    steps = 0
    for other in taken:
        while _meet((wish + steps * step - shape.left, wish + steps * step + shape.right), other):
            steps += 1
    return steps


def _centred(wanted: list[tuple[float, _Shape]]) -> list[float]:
    """Columns that leave each its room, in the given order, centred on where they want to be."""
    taken: list[float] = []
    end = -math.inf
    for wish, shape in wanted:
        taken.append(max(wish, end + shape.left))
        end = taken[-1] + shape.right
    drift = sum(t - wish for t, (wish, _) in zip(taken, wanted, strict=True)) / len(wanted)
    return [t - round(drift * 2) / 2 for t in taken]
