"""Automatic layout: a vertical flow, one row per depth, branches side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnstudio.core.architecture import Architecture

CARD_WIDTH = 200
CARD_HEIGHT = 72
GAP_X = 40
GAP_Y = 40
FRAME_SIDE, FRAME_HEAD, FRAME_FOOT = 16, 32, 16
"""Room that the frame of an open group takes beside, above and below its members."""
ROW = CARD_HEIGHT + GAP_Y
COLUMN = CARD_WIDTH + GAP_X


def arrange(architecture: Architecture) -> dict[str, tuple[float, float]]:
    """Top-left corners for all cards. A chain is one column; what branches lies side by side.

    Rows are longest-path depths, as in layered graph drawing (Sugiyama, Tagawa, Toda 1981). An edge that skips rows
    keeps its source's column free in them, a lane: the cards of the longer path step aside and the merge comes back to
    the lane, so that no edge runs through a card and a U-Net takes the shape of its name.
    """
    depth = _depths(architecture)
    rows: dict[int, list[str]] = {}
    for id, row in depth.items():
        rows.setdefault(row, []).append(id)
    lanes = _lanes(architecture, depth)
    column: dict[str, float] = {}
    for row in sorted(rows):
        held = {source: column[source] for source in lanes.get(row, ()) if source in column}
        wishes = sorted((_wish(architecture, depth, column, id), index) for index, id in enumerate(rows[row]))
        cards = [rows[row][index] for _, index in wishes]
        wanted = [wish for wish, _ in wishes]
        places = _beside(wanted, list(held.values())) if held else _centred(wanted)
        column.update(zip(cards, places, strict=True))
    left = min(column.values(), default=0.0)
    return {id: ((column[id] - left) * COLUMN, float(depth[id] * ROW)) for id in architecture.blocks}


def _depths(architecture: Architecture) -> dict[str, int]:
    topology = architecture.topology
    depth: dict[str, int] = {}
    for id in topology.order:
        sources = [depth[i] for i in architecture.blocks[id].inputs if i in depth]
        depth[id] = max(sources) + 1 if sources else 0
    last = max(depth.values(), default=-1) + 1
    depth.update((id, last + offset) for offset, id in enumerate(topology.cyclic))
    return depth


def _lanes(architecture: Architecture, depth: dict[str, int]) -> dict[int, list[str]]:
    """Row -> sources whose edges pass through it."""
    lanes: dict[int, list[str]] = {}
    for block in architecture.blocks.values():
        for source in block.inputs:
            for row in range(depth.get(source, depth[block.id]) + 1, depth[block.id]):
                if source not in lanes.setdefault(row, []):
                    lanes[row].append(source)
    return lanes


def _wish(architecture: Architecture, depth: dict[str, int], column: dict[str, float], id: str) -> float:
    """The column a card would like: below the lane that ends at it, else in the middle of what it reads."""
    sources = [i for i in architecture.blocks[id].inputs if i in column]
    lanes = [column[i] for i in sources if depth[id] - depth[i] > 1]
    if lanes:
        return min(lanes)
    return sum(column[i] for i in sources) / len(sources) if sources else 0.0


def _beside(wanted: list[float], held: list[float]) -> list[float]:
    """Columns for cards in a row with lanes: the nearest place a whole column from everything, rightwards first."""
    taken = list(held)
    places: list[float] = []
    for wish in wanted:
        tries = (wish + way * offset / 2 for offset in range(2 * len(taken) + 4) for way in (1, -1))
        place = next(t for t in tries if all(abs(t - other) >= 1 for other in taken))
        taken.append(place)
        places.append(place)
    return places


def _centred(wanted: list[float]) -> list[float]:
    """Columns at least 1 apart, in the given order, centred on where they want to be."""
    taken: list[float] = []
    for place in wanted:
        taken.append(max(place, taken[-1] + 1) if taken else place)
    drift = sum(t - w for t, w in zip(taken, wanted, strict=True)) / len(wanted)
    return [t - round(drift * 2) / 2 for t in taken]
