"""Automatic layout: a vertical flow, one row per depth, branches side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnstudio.core.architecture import Architecture

CARD_WIDTH = 200
CARD_HEIGHT = 72
GAP_X = 40
GAP_Y = 40
ROW = CARD_HEIGHT + GAP_Y
COLUMN = CARD_WIDTH + GAP_X


def arrange(architecture: Architecture) -> dict[str, tuple[float, float]]:
    """Top-left corners for all cards. A chain is one column; a row with several cards is centred on it.

    Rows are longest-path depths, as in layered graph drawing (Sugiyama, Tagawa, Toda 1981); within a row, cards lie
    in the order of the mean column of the cards they read, so that edges seldom cross. An edge that skips rows keeps
    a lane of its own in them, so that it does not run through the cards of the main path.
    """
    order, cyclic = architecture.order()
    depth: dict[str, int] = {}
    for id in order:
        sources = [depth[i] for i in architecture.blocks[id].inputs if i in depth]
        depth[id] = max(sources) + 1 if sources else 0
    last = max(depth.values(), default=-1) + 1
    for offset, id in enumerate(cyclic):
        depth[id] = last + offset
    rows: dict[int, list[str]] = {}
    for id in [*order, *cyclic]:
        rows.setdefault(depth[id], []).append(id)
    return _place(architecture, rows, depth)


def _place(
    architecture: Architecture, rows: dict[int, list[str]], depth: dict[str, int]
) -> dict[str, tuple[float, float]]:
    column: dict[str, float] = {}
    lanes = _lanes(architecture, depth)
    for row in sorted(rows):
        wanted: list[tuple[float, int, str | None]] = []
        for index, id in enumerate(rows[row]):
            above = [column[i] for i in architecture.blocks[id].inputs if i in column]
            wanted.append((sum(above) / len(above) if above else 0.0, index, id))
        # A skip edge takes a lane beside the path, right of the card it starts from.
        wanted.extend((column[source] + 0.01, len(wanted), None) for source in lanes.get(row, ()) if source in column)
        wanted.sort(key=lambda w: (w[0], w[1]))
        taken = _spread([w[0] for w in wanted], anchored=sum(1 for w in wanted if w[2]) == 1)
        for place, (_, _, card) in zip(taken, wanted, strict=True):
            if card is not None:
                column[card] = place
    left = min(column.values(), default=0.0)
    return {id: (round((x - left) * COLUMN), float(depth[id] * ROW)) for id, x in column.items()}


def _lanes(architecture: Architecture, depth: dict[str, int]) -> dict[int, list[str]]:
    lanes: dict[int, list[str]] = {}
    for block in architecture.blocks.values():
        for source in dict.fromkeys(block.inputs):
            for row in range(depth.get(source, depth[block.id]) + 1, depth[block.id]):
                if source not in lanes.setdefault(row, []):
                    lanes[row].append(source)
    return lanes


def _spread(wanted: list[float], *, anchored: bool) -> list[float]:
    """Columns at least 1 apart, in the given order, centred on where they want to be.

    `anchored`: one card only, beside lanes; it stays on its path's column and the lanes give way.
    """
    if anchored or len(wanted) <= 1:
        return wanted
    taken: list[float] = []
    for place in wanted:
        taken.append(max(place, taken[-1] + 1) if taken else place)
    drift = sum(t - w for t, w in zip(taken, wanted, strict=True)) / len(wanted)
    return [round((t - drift) * 2) / 2 for t in taken]
