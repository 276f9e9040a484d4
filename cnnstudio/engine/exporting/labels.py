"""Where the shapes at the edges of a drawing stand, so that no line strikes through them and none lies on another."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.placing.frames import Box

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnnstudio.core.placing.roads import Course

_ALONG = (4, 5, 3, 6, 2, 7, 1)
"""Eighths of a curve, from the middle to its ends."""
_HEIGHTS = (0.5, 0.7, 0.3, 0.85, 0.15)
"""Shares of a straight line."""


class Label(NamedTuple):
    """The words of one edge, in canvas pixels."""

    source: str
    """What it leads from: all edges of one source carry the same shape."""
    course: Course
    width: float
    height: float
    apart: float
    """Room between a line and words beside it."""
    first: tuple[float, float]
    """Where they stand if nothing is in the way."""


class Place(NamedTuple):
    """Where words stand: the middle of their left edge (side 1), right edge (-1) or of all (0)."""

    x: float
    y: float
    side: int


def label_places(labels: Sequence[Label], cards: Sequence[Box], frames: Sequence[Box]) -> list[Place | None]:
    """A place for each; None where there is no room and another edge of the same source says the same."""
    lines = [(label.course.area, label.course.places()) for label in labels]
    lines += [(box, [(box.left, y), (box.right, y)]) for box in frames for y in (box.top, box.bottom)]
    taken: list[Box] = []
    found: list[Place | None] = [None] * len(labels)
    told: set[str] = set()
    for at in sorted(range(len(labels)), key=lambda at: (not labels[at].course.side, -_length(labels[at]), at)):
        for place in _candidates(labels[at]):
            box = _box(labels[at], place)
            if not any(box.meets(other) for other in (*taken, *cards)) and not _is_crossed(box, lines, at):
                found[at] = place
                taken.append(box)
                told.add(labels[at].source)
                break
    for at, label in enumerate(labels):
        if found[at] is None and label.source not in told:
            found[at] = next(_candidates(label))
            told.add(label.source)
    return found


def _candidates(label: Label) -> Iterator[Place]:
    course = label.course
    yield Place(*label.first, course.side)
    if not course.side:
        along = course.places()
        yield from (Place(*along[at], 0) for at in _ALONG if at < len(along))
        return
    (_, top), (_, bottom) = course.start, course.end
    x = course.start[0] if course.lane is None else course.lane
    for side in (course.side, -course.side):
        yield from (Place(x + label.apart * side, top + share * (bottom - top), side) for share in _HEIGHTS)


def _box(label: Label, place: Place) -> Box:
    x = place.x + label.apart * place.side
    left = {1: x, -1: x - label.width}.get(place.side, x - label.width / 2)
    return Box(left, place.y - label.height / 2, left + label.width, place.y + label.height / 2)


def _is_crossed(box: Box, lines: Sequence[tuple[Box, list[tuple[float, float]]]], own: int) -> bool:
    for at, (area, places) in enumerate(lines):
        if at == own or area.right < box.left or area.left > box.right:
            continue
        if area.bottom < box.top or area.top > box.bottom:
            continue
        if any(_hits(box, start, end) for start, end in pairwise(places)):
            return True
    return False


def _hits(box: Box, start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Whether a straight piece of a line runs through the box."""
    (x0, y0), (x1, y1) = start, end
    first, last = 0.0, 1.0
    for origin, way, low, high in ((x0, x1 - x0, box.left, box.right), (y0, y1 - y0, box.top, box.bottom)):
        if way == 0:
            if not low < origin < high:
                return False
            continue
        near, far = sorted(((low - origin) / way, (high - origin) / way))
        first, last = max(first, near), min(last, far)
    return first < last


def _length(label: Label) -> float:
    (x0, y0), (x1, y1) = label.course.start, label.course.end
    return abs(x1 - x0) + abs(y1 - y0)
