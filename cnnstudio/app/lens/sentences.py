"""What the lens says: one sentence for what a cell sees, one for where its gradient lies."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.app import format

if TYPE_CHECKING:
    from cnnstudio.core.analysis.footprint import Footprint, Sight

NOTHING_SELECTED = "Select a block to see what a cell of its map sees of the input."
HELD = 0.95
"""Part of the gradient whose cells are counted."""


def cell_words(block: str, cell: tuple[int, ...]) -> str:
    """The cell as it is called: "Cell (3, 4) of conv"; of a vector, "Each value of dense"."""
    if not cell:
        return f"Each value of {block}"
    place = ", ".join(map(str, cell))
    return f"Cell {place if len(cell) == 1 else f'({place})'} of {block}"


def seen_words(footprint: Footprint, sight: Sight, sizes: tuple[int, ...]) -> str:
    """What is seen of an input of these spatial sizes: "sees 9 x 9 px, 25 of 81 cells (dilation leaves 56 out)"."""
    if not sizes:
        return "sees the whole input"
    if not footprint.count:
        return "sees only padding, nothing of the input"
    extent = f"{format.shape(footprint.sizes)} {format.cells(len(sizes), math.prod(footprint.sizes))}"
    if footprint.count == math.prod(sizes):
        reach = f"; its window of {extent} reaches beyond it" if footprint.padding else ""
        return f"sees the whole input, {format.shape(sizes)} {format.cells(len(sizes), math.prod(sizes))}{reach}"
    left_out = [
        *([f"{_cause(sight)} {format.count(footprint.holes)} out"] if footprint.holes else []),
        *([f"{format.count(footprint.padding)} {_are(footprint.padding)} padding"] if footprint.padding else []),
    ]
    if not left_out:
        return f"sees {extent}"
    of = format.count(math.prod(footprint.sizes))
    return f"sees {extent}, {format.count(footprint.count)} of {of} cells ({', '.join(left_out)})"


def _cause(sight: Sight) -> str:
    return "dilation leaves" if sight.dilated else "strides leave"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def parameter_words(params: int) -> str:
    """How many weights the block has."""
    return format.counted(params, "parameter") if params else "no parameters"


def whose(trained: bool, directory: str) -> str:
    """Whose weights an answer was computed with."""
    return f"run {Path(directory).name}" if trained and directory else "trained" if trained else "untrained"


def held_words(held: int, seen: int, network: str) -> str:
    """Where the gradient lies: in how many of the cells that are seen. `network` is what `whose` says."""
    if not held:
        return f"Effective field ({network}): no gradient reaches this cell for this sample"
    cells = f"{format.count(held)} of {format.counted(seen, 'cell')}, {format.share(held, seen)}"
    return f"Effective field ({network}): {round(100 * HELD)} % of the gradient lies in {cells}"


def no_output(block: str) -> str:
    """In place of a map that there is not."""
    return f"{block} has no map yet: mend what stands in Problems."


def all_seen(block: str, values: int) -> str:
    """In place of the map of a block that yields a vector."""
    many = format.counted(values, "value")
    return f"{block} yields {many} without a place: each of them sees the same of the input."
