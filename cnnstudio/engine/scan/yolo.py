"""Boxes in YOLO's text format: one line a box, "class x y width height", the centre and size as shares of the image.

As Ultralytics documents it ("Object Detection Datasets Overview"); a line with the corners of an outline (its format
for segmentation) gives the box round them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.engine.scan import boxes
from cnnstudio.engine.scan.csv_file import is_number
from cnnstudio.engine.scan.listing import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES = 1 << 24
"""Of one label file."""
_MOST_CLASS = 1_000_000


class YoloBoxes(NamedTuple):
    """What a label file says."""

    boxes: list[tuple[float, float, float, float, int]]
    """Left, top, right, bottom as shares of width and height; class index."""
    cut: int
    """Boxes that reached beyond the image and were cut at its edge."""


def read_labels(data: bytes, classes: int, leave_out: Callable[[int, str], None]) -> YoloBoxes:
    """The boxes of one image. `leave_out` hears of each line (from 1) that is wrong, with the reason.

    `classes`: how many there are; 0: not known. Raises ReadError for what is no text.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError("its label file is not a text") from error
    found: dict[tuple[float, float, float, float, int], None] = {}
    cut = 0
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        row = _row(words, classes)
        if isinstance(row, str):
            leave_out(number, row)
            continue
        left, top, right, bottom, which = row
        inside = boxes.cut(left, top, right, bottom)
        if isinstance(inside, str):
            leave_out(number, inside)
        elif len(found) >= boxes.MOST_OF_IMAGE:
            leave_out(number, f"more than {boxes.MOST_OF_IMAGE:,} boxes in one image")
            break
        elif (*inside, which) in found:
            leave_out(number, "the same box a second time")
        else:
            found[(*inside, which)] = None
            cut += boxes.is_cut(left, top, right, bottom)
    return YoloBoxes(list(found), cut)


def _row(words: list[str], classes: int) -> tuple[float, float, float, float, int] | str:
    if len(words) != 5 and (len(words) < 7 or len(words) % 2 == 0):
        return f"{len(words)} values; a line holds a class and 4 numbers"
    bad = next((w for w in words if not is_number(w) or w.lower().lstrip("+-") in ("nan", "inf", "infinity")), None)
    if bad is not None:
        return f'"{bad[:40]}" is not a number'
    which, *numbers = map(float, words)
    if which != int(min(max(which, -1), _MOST_CLASS)) or which < 0:
        return f"class {words[0][:40]}: a whole number from 0 is wanted"
    if classes and which >= classes:
        return f"class {int(which)}, but the classes are 0 to {classes - 1}"
    if max(map(abs, numbers)) > 2:
        worst = max(numbers, key=abs)
        return f"{worst:g} is not a share of the image: numbers from 0 to 1 are wanted, not pixels"
    if len(numbers) > 4:
        across, down = numbers[::2], numbers[1::2]
        return min(across), min(down), max(across), max(down), int(which)
    x, y, width, height = numbers
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2, int(which)
