"""Courses of edges: what comes of one change after the other is what comes from nothing."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF

from cnnstudio.app.canvas.routing import band, box_of, path_of
from cnnstudio.core.placing.frames import Box
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH, COLUMN, ROW
from cnnstudio.core.placing.roads import Course, Roads
from tests.helpers.effort import times

if TYPE_CHECKING:
    from cnnstudio.core.placing.roads import Key


def _box(column: float, row: float) -> Box:
    left, top = column * COLUMN, row * ROW
    return Box(left, top, left + CARD_WIDTH, top + CARD_HEIGHT)


def _from_nothing(boxes: dict[str, Box], edges: set[Key]) -> dict[Key, Course]:
    roads = Roads()
    for id, box in boxes.items():
        roads.place(id, box)
    for edge in sorted(edges):
        roads.link(edge)
    roads.settle()
    return dict(roads.courses)


class _Canvas:
    """Cards and edges that change at random, and the roads that are kept between the changes."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.roads = Roads()
        self.boxes: dict[str, Box] = {}
        self.edges: set[Key] = set()
        for n in range(12):
            self.place(f"c{n}", _box(dice.choice((0, 0, 0, 1)), n))
        for n in range(1, 12):
            self.link((f"c{n - 1}", f"c{n}"))
            if n > 3:
                self.link((f"c{dice.randrange(n - 2)}", f"c{n}"))

    def place(self, id: str, box: Box) -> None:
        self.boxes[id] = box
        self.roads.place(id, box)

    def link(self, key: Key) -> None:
        if key not in self.edges and key[0] != key[1]:
            self.edges.add(key)
            self.roads.link(key)

    def cut(self, key: Key) -> None:
        self.edges.discard(key)
        self.roads.cut(key)

    def change(self) -> None:
        dice, some = self.dice, sorted(self.boxes)
        match dice.randrange(6):
            case 0:  # a card elsewhere, off the grid
                self.place(dice.choice(some), _box(dice.uniform(-1, 2), dice.uniform(0, 12)))
            case 1:  # a row opens or closes: many cards move at once
                row, by = dice.randrange(12), dice.choice((-ROW, ROW))
                for id in some:
                    box = self.boxes[id]
                    if box.top >= row * ROW:
                        self.place(id, Box(box.left, box.top + by, box.right, box.bottom + by))
            case 2:
                self.link((dice.choice(some), dice.choice(some)))
            case 3 if self.edges:
                self.cut(dice.choice(sorted(self.edges)))
            case 4 if len(some) > 2:
                gone = dice.choice(some)
                for key in sorted(self.edges):
                    if gone in key:
                        self.cut(key)
                del self.boxes[gone]
                self.roads.remove(gone)
            case _:  # a drag that is called off
                lifted = dice.sample(some, min(2, len(some)))
                self.roads.lift(lifted)
                away = {id: _box(dice.uniform(-1, 2), dice.uniform(0, 12)) for id in lifted}
                list(self.roads.tentative(sorted(self.roads.edges_of(lifted)), away))
                self.roads.drop()


@pytest.mark.search
@settings(max_examples=times(60), deadline=None)
@given(st.integers(0, 2**32))
def test_courses_led_after_each_change_are_those_led_from_nothing(seed: int) -> None:
    canvas = _Canvas(random.Random(seed))
    canvas.roads.settle()
    for _ in range(12):
        for _ in range(canvas.dice.randrange(1, 4)):
            canvas.change()
        before = dict(canvas.roads.courses)
        moved = canvas.roads.settle()
        assert canvas.roads.courses == _from_nothing(canvas.boxes, canvas.edges)
        assert moved == {key for key, course in canvas.roads.courses.items() if before.get(key) != course}


def test_an_edge_that_nothing_has_to_do_with_is_not_led_again() -> None:
    roads = Roads()
    for n in range(40):
        roads.place(f"c{n}", _box(0, n))
    for n in range(39):
        roads.link((f"c{n}", f"c{n + 1}"))
    for n in range(0, 36, 4):
        roads.link((f"c{n}", f"c{n + 2}"))
    assert len(roads.settle()) == len(roads.courses)
    roads.place("c1", _box(3, 1))
    assert roads.settle() == {("c0", "c1"), ("c1", "c2"), ("c0", "c2")}  # the last has no card in its way now
    assert roads.settle() == set()


@pytest.mark.parametrize("across", [0.0, 0.4, 1.0, 3.0])
@pytest.mark.parametrize("between", [0, 1, 2])
def test_what_is_drawn_from_afar_keeps_to_the_curve(across: float, between: int) -> None:
    boxes = {"a": _box(0, 0), "b": _box(across, between + 2), **{f"m{n}": _box(0, n + 1) for n in range(between)}}
    course = _from_nothing(boxes, {("a", "b")})["a", "b"]
    strip = band(path_of(course), 2)
    places = [QPointF(*place) for place in course.places()]
    assert all(strip.contains(place) for place in places[1:-1])
    if across == 0:
        assert (course.lane is not None) == (between > 0)
    area, told = box_of(path_of(course).boundingRect()), course.area
    assert told.left - 1 <= area.left
    assert told.top - 1 <= area.top
    assert area.right <= told.right + 1
    assert area.bottom <= told.bottom + 1
