"""How edges run from card to card: smooth vertical curves that go round the cards in their way.

Courses are plain numbers, kept from one change to the next: an edge is led anew only when one of its ends, a card that
it looked at, or the lane of an edge that goes before it has changed. What comes out is the same as from nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import floor, inf
from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.placing.frames import Box
from cnnstudio.core.placing.layout import CARD_HEIGHT, COLUMN, GAP_X, GAP_Y

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

LANE = GAP_X / 2
"""Room between a card and the edge that passes it."""
LANE_STEP = 12.0
"""Room between two edges that pass side by side."""
_HUG = 14.0
_BESIDE = 4.0
_TRIES = 12
"""Lanes looked at before an edge is let through a card: a canvas so crowded is beyond mending by routing."""
_FEW = 12
"""So many changed places are looked at one by one; more are taken together."""

Key = tuple[str, str]
"""(source, target): ids of the cards at both ends."""
Point = tuple[float, float]
Piece = tuple[Point, ...]
"""How a curve goes on: to one place in a straight line, or past two control points to a third in a cubic curve."""


class Course(NamedTuple):
    """The way of one edge: straight to its target, or aside into a lane and down there."""

    start: tuple[float, float]
    end: tuple[float, float]
    lane: float | None = None
    side: int = 0
    """On which side of the line the label stands: 1 right, -1 left, 0 upon it."""

    @property
    def is_straight(self) -> bool:
        """Whether it is a plain vertical line."""
        return self.lane is None and self.start[0] == self.end[0] and self.end[1] >= self.start[1]

    @property
    def area(self) -> Box:
        """What its curve keeps within."""
        (x0, y0), (x1, y1), lane = self.start, self.end, self.lane
        if lane is not None:
            return Box(min(x0, x1, lane), y0, max(x0, x1, lane), y1)
        swing = 2.0 * GAP_Y if y1 < y0 else 0.0
        return Box(min(x0, x1), min(y0, y1) - swing, max(x0, x1), max(y0, y1) + swing)

    @property
    def label(self) -> tuple[float, float]:
        """Where its label goes: beside a straight line, which would cross it out, and upon a bent one."""
        (x0, y0), (x1, y1) = self.start, self.end
        x = (x0 + x1) / 2 if self.lane is None else self.lane
        return x + _BESIDE * self.side, (y0 + y1) / 2

    def places(self) -> list[tuple[float, float]]:
        """Some places along the curve, so many that straight lines between them look like it from afar."""
        (x0, y0), (x1, y1) = self.start, self.end
        if self.is_straight:
            return [self.start, self.end]
        if self.lane is None:
            reach = _reach(y1 - y0)
            return [_on_cubic(t / 8, (x0, x0, x1, x1), (y0, y0 + reach, y1 - reach, y1)) for t in range(9)]
        x, top, bottom = self.lane, y0 + GAP_Y, y1 - GAP_Y
        out = [_on_cubic(t / 4, (x0, x0, x, x), (y0, y0 + _HUG, y0 + _HUG / 2, top)) for t in range(5)]
        back = [_on_cubic(t / 4, (x, x, x1, x1), (bottom, y1 - _HUG / 2, y1 - _HUG, y1)) for t in range(5)]
        return out + back

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Its curve from `start` on."""
        (x0, y0), (x1, y1), x = self.start, self.end, self.lane
        if x is None:
            return (bend(self.start, self.end),)
        top, bottom = y0 + GAP_Y, y1 - GAP_Y
        # The sideways part hugs the cards, which keeps it clear of the labels half-way between the rows.
        return (
            ((x0, y0 + _HUG), (x, y0 + _HUG / 2), (x, top)),
            ((x, bottom),),
            ((x, y1 - _HUG / 2), (x1, y1 - _HUG), self.end),
        )


class _Lane(NamedTuple):
    x: float
    top: float
    bottom: float


class _Look(NamedTuple):
    """What an edge looked at to find its course: when none of it changes, the course stays."""

    cards: Box
    lanes: Box | None


class Obstacles:
    """Cards by where they lie."""

    def __init__(self) -> None:
        self._boxes: dict[str, Box] = {}
        self._columns: dict[int, tuple[list[float], list[str]]] = {}
        """Column -> tops in order, and whose they are."""
        self._width = float(COLUMN)
        self._height = float(CARD_HEIGHT)

    def put(self, id: str, box: Box) -> None:
        """A card lies there now."""
        self.take(id)
        self._boxes[id] = box
        self._width = max(self._width, box.right - box.left)
        self._height = max(self._height, box.bottom - box.top)
        tops, ids = self._columns.setdefault(floor(box.left / COLUMN), ([], []))
        at = bisect_right(tops, box.top)
        tops.insert(at, box.top)
        ids.insert(at, id)

    def take(self, id: str) -> None:
        """A card lies nowhere any more."""
        box = self._boxes.pop(id, None)
        if box is not None:
            tops, ids = self._columns[floor(box.left / COLUMN)]
            at = ids.index(id, bisect_left(tops, box.top))
            del tops[at], ids[at]

    def within(self, area: Box, but: Key) -> list[Box]:
        """Cards that overlap `area`, other than these two."""
        found = []
        first, last = floor((area.left - self._width) / COLUMN), floor(area.right / COLUMN)
        for column in range(first, last + 1):
            held = self._columns.get(column)
            if held is None:
                continue
            tops, ids = held
            for at in range(bisect_left(tops, area.top - self._height), bisect_left(tops, area.bottom)):
                if ids[at] not in but and self._boxes[ids[at]].meets(area):
                    found.append(self._boxes[ids[at]])
        return found


class _Lanes:
    """Lanes that edges have taken."""

    def __init__(self) -> None:
        self._by_place: dict[int, list[_Lane]] = {}

    def take(self, lane: _Lane) -> None:
        self._by_place.setdefault(floor(lane.x / LANE_STEP), []).append(lane)

    def is_free(self, x: float, top: float, bottom: float) -> bool:
        at = floor(x / LANE_STEP)
        return not any(
            abs(x - lane.x) < LANE_STEP and lane.top < bottom and top < lane.bottom
            for place in (at - 1, at, at + 1)
            for lane in self._by_place.get(place, ())
        )


class _Left:
    """Lanes that edges took or gave up since the courses were led last."""

    def __init__(self, lanes: Iterable[_Lane]) -> None:
        self._lanes: list[_Lane] = []
        self._area = Box(inf, inf, -inf, -inf)
        for lane in lanes:
            self.add(lane)

    def add(self, lane: _Lane) -> None:
        left, top, right, bottom = self._area
        self._lanes.append(lane)
        self._area = Box(min(left, lane.x), min(top, lane.top), max(right, lane.x), max(bottom, lane.bottom))

    def touches(self, area: Box) -> bool:
        """Whether one of them runs within `area`."""
        left, top, right, bottom = area
        whole = self._area  # most edges are far from all that has changed
        if left > whole.right or right < whole.left or top >= whole.bottom or bottom <= whole.top:
            return False
        return any(left <= x <= right and first < bottom and top < last for x, first, last in self._lanes)


class Roads:
    """The cards, the edges, and the courses of these between those."""

    def __init__(self) -> None:
        self.boxes: dict[str, Box] = {}
        self.courses: dict[Key, Course] = {}
        self._cards = Obstacles()
        self._looks: dict[Key, _Look] = {}
        self._by_end: dict[str, set[Key]] = {}
        self._changed: dict[str, None] = {}
        self._places: list[Box] = []
        self._unled: dict[Key, None] = {}
        self._left: list[_Lane] = []
        self._lifted: frozenset[str] = frozenset()

    def place(self, id: str, box: Box) -> None:
        """A card is new, or lies elsewhere now."""
        old = self.boxes.get(id)
        if old == box:
            return
        if old is not None:
            self._places.append(old)
        self.boxes[id] = box
        self._cards.put(id, box)
        self._places.append(box)
        self._changed[id] = None

    def remove(self, id: str) -> None:
        """A card is gone."""
        self._cards.take(id)
        self._places.append(self.boxes.pop(id))
        self._changed.pop(id, None)

    def link(self, key: Key) -> None:
        """There is an edge from one card to another now."""
        self._unled[key] = None
        for end in key:
            self._by_end.setdefault(end, set()).add(key)

    def cut(self, key: Key) -> None:
        """An edge is gone."""
        course = self.courses.pop(key, None)
        self._forget(key, course)
        self._unled.pop(key, None)
        for end in key:
            self._by_end[end].discard(key)
            if not self._by_end[end]:
                del self._by_end[end]

    def edges_of(self, ids: Iterable[str]) -> set[Key]:
        """Edges that begin or end at one of these cards."""
        return {key for id in ids for key in self._by_end.get(id, ())}

    def _forget(self, key: Key, course: Course | None) -> None:
        self._looks.pop(key, None)
        if course is not None and course.lane is not None:
            self._left.append(_lane(course))

    def lift(self, ids: Collection[str]) -> None:
        """Cards are dragged: until `drop` they are in nobody's way."""
        self.drop()
        self._lifted = frozenset(id for id in ids if id in self.boxes)
        for id in self._lifted:
            self._cards.take(id)

    def drop(self) -> None:
        """Lifted cards lie again where they lay."""
        for id in self._lifted:
            if id in self.boxes:
                self._cards.put(id, self.boxes[id])
        self._lifted = frozenset()

    def tentative(self, keys: Iterable[Key], elsewhere: dict[str, Box]) -> Iterator[tuple[Key, Course]]:
        """Courses that edges would take with lifted cards `elsewhere`; edges that stay are not looked at."""
        lanes = _Lanes()
        for key in keys:
            course, _ = self._led(key, elsewhere.get(key[0], self.boxes[key[0]]),
                                  elsewhere.get(key[1], self.boxes[key[1]]), lanes)  # fmt: skip
            if course.lane is not None:
                lanes.take(_lane(course))
            yield key, course

    def settle(self) -> set[Key]:
        """Lead anew what has changed; returns the edges that run elsewhere now."""
        due = self._due()
        before = {key: self.courses.get(key) for key in due}
        for key in due:
            self._forget(key, before[key])
        lanes, left = _Lanes(), _Left(self._left)
        round_about = {key: self._drop_of(key) for key in self._looks if key not in due}
        for key in due:
            if not self._lead_straight(key):
                round_about[key] = self._drop_of(key)
        moved = {key for key in due if key not in round_about and self.courses[key] != before[key]}
        for key in sorted(round_about, key=lambda key: (round_about[key], key)):
            old = before[key] if key in due else self.courses[key]
            look = self._looks.get(key)
            if look is None or (look.lanes is not None and left.touches(look.lanes)):
                course, self._looks[key] = self._led(key, self.boxes[key[0]], self.boxes[key[1]], lanes)
                self.courses[key] = course
                if course != old:
                    moved.add(key)
                    for other in (old, course):
                        if other is not None and other.lane is not None:
                            left.add(_lane(other))
            if self.courses[key].lane is not None:
                lanes.take(_lane(self.courses[key]))
        self._changed, self._places, self._unled, self._left = {}, [], {}, []
        return moved

    def _due(self) -> dict[Key, None]:
        """Edges that are new, have an end that moved, or looked at a place where a card came or went."""
        due = dict(self._unled)
        for id in self._changed:
            due.update(dict.fromkeys(self._by_end.get(id, ())))
        places = self._places
        if len(places) > _FEW:
            places = [Box(min(p.left for p in places), min(p.top for p in places),
                          max(p.right for p in places), max(p.bottom for p in places))]  # fmt: skip
        if places:
            for key, look in self._looks.items():
                if any(look.cards.meets(place) for place in places):
                    due[key] = None
        return due

    def _drop_of(self, key: Key) -> float:
        return self.boxes[key[1]].top - self.boxes[key[0]].top

    def _lead_straight(self, key: Key) -> bool:
        """Whether the edge is so short that no card fits in between; it is led then."""
        a, b = self.boxes[key[0]], self.boxes[key[1]]
        if b.top - a.bottom > CARD_HEIGHT:
            return False
        self.courses[key] = _direct(_foot(a), _head(b))
        return True

    def _led(self, key: Key, a: Box, b: Box, lanes: _Lanes) -> tuple[Course, _Look]:
        """The course from the foot of `a` to the head of `b`, and what was looked at for it."""
        start, end = _foot(a), _head(b)
        left, right = min(start[0], end[0]), max(start[0], end[0])
        area = Box(left - 4, start[1] + 4, right + 4, end[1] - 4)
        direct = _direct(start, end)
        if end[1] - start[1] <= CARD_HEIGHT:
            return direct, _Look(area, None)
        blocked = [box for box in self._cards.within(area, key) if _hits(start, end, box)]
        if not blocked:
            return direct, _Look(area, None)
        span = (start[1] + GAP_Y, end[1] - GAP_Y)
        first = max(box.right for box in blocked) + LANE, min(box.left for box in blocked) - LANE
        to_right, to_left = (self._free(x, way, span, key, lanes) for x, way in zip(first, (1, -1), strict=True))
        # Ties go right, where the layout leaves room for edges that skip rows.
        goes_right = _detour(to_right, start, end) <= _detour(to_left, start, end) + 1
        course = Course(start, end, to_right if goes_right else to_left, 1 if goes_right else -1)
        looked = Box(min(left, to_left) - 4, area.top, max(right, to_right) + 4, area.bottom)
        near = Box(min(to_left, first[1]) - LANE_STEP, span[0], max(to_right, first[0]) + LANE_STEP, span[1])
        return course, _Look(looked, near)

    def _free(self, x: float, way: int, span: tuple[float, float], ends: Key, lanes: _Lanes) -> float:
        """The first free lane from `x` on: 1 rightwards, -1 leftwards."""
        top, bottom = span
        for _ in range(_TRIES):
            cards = self._cards.within(Box(x - 4, top, x + 4, bottom), ends)
            if cards:
                x = max(box.right for box in cards) + LANE if way > 0 else min(box.left for box in cards) - LANE
            elif not lanes.is_free(x, top, bottom):
                x += way * LANE_STEP
            else:
                break
        return x


def _foot(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, box.bottom


def _head(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, box.top


def _direct(start: tuple[float, float], end: tuple[float, float]) -> Course:
    return Course(start, end, None, 1 if start[0] == end[0] else 0)


def _lane(course: Course) -> _Lane:
    if course.lane is None:
        raise ValueError("A direct course takes no lane.")
    return _Lane(course.lane, course.start[1] + GAP_Y, course.end[1] - GAP_Y)


def _hits(start: tuple[float, float], end: tuple[float, float], box: Box) -> bool:
    """Whether the direct curve, which falls and drifts to one side all the way, comes within 4 of `box`."""
    if start[0] == end[0]:
        return True  # the caller has found the box in the strip round the line
    ends = _across(start, end, box.top - 4), _across(start, end, box.bottom + 4)
    return min(ends) < box.right + 4 and max(ends) > box.left - 4


def _across(start: tuple[float, float], end: tuple[float, float], y: float) -> float:
    """Where the direct curve is at the height `y`."""
    drop = end[1] - start[1]
    reach = _reach(drop) / drop
    wanted = min(max((y - start[1]) / drop, 0.0), 1.0)
    low, high = 0.0, 1.0
    for _ in range(14):  # to a 16,000th of the way
        t = (low + high) / 2
        fallen = 3 * (1 - t) ** 2 * t * reach + 3 * (1 - t) * t**2 * (1 - reach) + t**3
        low, high = (t, high) if fallen < wanted else (low, t)
    t = (low + high) / 2
    return start[0] + (end[0] - start[0]) * (3 * t**2 - 2 * t**3)


def _reach(drop: float) -> float:
    return max(GAP_Y / 2, min(abs(drop) / 2, 2.0 * GAP_Y)) if drop >= 0 else 2.0 * GAP_Y


def bend(start: Point, end: Point) -> Piece:
    """A curve that leaves downwards and arrives downwards; against the flow it swings out."""
    (x0, y0), (x1, y1) = start, end
    reach = _reach(y1 - y0)
    return (x0, y0 + reach), (x1, y1 - reach), end


def _on_cubic(
    t: float, xs: tuple[float, float, float, float], ys: tuple[float, float, float, float]
) -> tuple[float, float]:
    """The place at `t` from 0 to 1 on the cubic curve with those four control points."""
    a, b, c, d = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
    return a * xs[0] + b * xs[1] + c * xs[2] + d * xs[3], a * ys[0] + b * ys[1] + c * ys[2] + d * ys[3]


def _detour(x: float, start: tuple[float, float], end: tuple[float, float]) -> float:
    return abs(x - start[0]) + abs(x - end[0])
