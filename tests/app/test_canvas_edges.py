"""A shape break on the canvas: red at both ends, crossed out, with what arrives and what is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt

from cnnstudio.app.canvas.card import Port
from cnnstudio.app.theme import Mode, Role, theme, themes
from cnnstudio.core.edits import SetParameters
from tests.helpers.canvas import Row, Studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QColor
    from pytestqt.qtbot import QtBot

ROWS: tuple[Row, ...] = (
    ("input", "Input", "", {}),
    ("stem", "Convolution", "input", {"filters": 16}),
    ("left", "Convolution", "stem", {"filters": 16}),
    ("right", "Convolution", "stem", {"filters": 16}),
    ("sum", "Add", "left right", {}),
    ("pool", "GlobalAveragePooling", "sum", {}),
    ("output", "Output", "pool", {}),
)


@pytest.fixture(params=[Mode.LIGHT, Mode.DARK])
def studio(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[Studio]:
    was = themes.mode
    themes.choose(request.param)
    yield Studio.shown(qtbot, *ROWS)
    themes.choose(was)


def _break(studio: Studio) -> None:
    studio.bridge.do(SetParameters(id="right", values={"filters": 32, "strides": 2}))


def _is_red(studio: Studio, area: QRectF) -> bool:
    """Whether the colour of errors is painted there."""
    image = studio.canvas.viewport().grab().toImage()
    wanted = theme().color(Role.ERROR)
    here = studio.canvas.mapFromScene(area).boundingRect().intersected(image.rect())
    return any(
        _close(image.pixelColor(x, y), wanted)
        for x in range(here.left(), here.right())
        for y in range(here.top(), here.bottom())
    )


def _close(one: QColor, other: QColor) -> bool:
    return abs(one.red() - other.red()) + abs(one.green() - other.green()) + abs(one.blue() - other.blue()) < 48


def _round(at: QPointF) -> QRectF:
    return QRectF(at - QPointF(24, 24), at + QPointF(24, 24))


def test_the_connection_says_what_arrives_and_what_is_needed(studio: Studio) -> None:
    edges = studio.canvas.board.edges
    assert all(edge.fault is None for edge in edges.values())
    _break(studio)
    assert {key for key, edge in edges.items() if edge.fault is not None} == {("right", "sum")}
    assert edges["right", "sum"].tag_words == ("4 × 4 × 32", "needs 8 × 8 × 16")
    studio.bridge.undo()
    assert all(edge.fault is None for edge in edges.values())
    assert edges["right", "sum"].tag_words == ("", "")


def test_both_ends_are_red(studio: Studio) -> None:
    cards = studio.canvas.board.cards
    foot, head = cards["right"].port(Port.OUTPUT), cards["sum"].port(Port.INPUT)
    between = _round(QPointF(foot.x(), (foot.y() + head.y()) / 2))
    assert not _is_red(studio, between)
    _break(studio)
    edge = studio.canvas.board.edges["right", "sum"]
    for end in (0.1, 0.9):
        assert _is_red(studio, _round(edge.path.pointAtPercent(end)))


@pytest.mark.parametrize(("scale", "words"), [(1.0, True), (0.4, False), (0.1, False)])
def test_words_are_for_scales_at_which_they_can_be_read(studio: Studio, scale: float, words: bool) -> None:
    _break(studio)
    studio.canvas.set_zoom(scale)
    edge = studio.canvas.board.edges["right", "sum"]
    studio.canvas.centerOn(edge.boundingRect().center())
    tag = edge.tags[0]
    words_end = QPointF(tag.right() - 32, tag.center().y()), QPointF(tag.right() - 2, tag.center().y())
    assert _is_red(studio, QRectF(words_end[0], words_end[1]).adjusted(0, -4, 0, 4)) is words
    assert _is_red(studio, _round(edge.path.pointAtPercent(0.5)))


def test_pointing_at_it_says_it_in_a_sentence(studio: Studio) -> None:
    _break(studio)
    edge = studio.canvas.board.edges["right", "sum"]
    studio.move(QPoint(5, 5))
    studio.move(studio.at(edge.path.pointAtPercent(0.5)))
    assert edge.toolTip() == "right to sum: 4 × 4 × 32 arrives, but sum needs 8 × 8 × 16"


def test_a_drag_takes_the_marks_along(studio: Studio) -> None:
    _break(studio)
    edge = studio.canvas.board.edges["right", "sum"]
    before = edge.boundingRect()
    start = studio.middle("right")
    studio.press(start)
    studio.move(QPoint(start.x() + 60, start.y()))
    studio.move(QPoint(start.x() + 120, start.y() + 10))
    assert edge.fault is not None
    assert edge.boundingRect() != before
    studio.key(Qt.Key.Key_Escape)
    assert edge.boundingRect() == before


def test_a_connection_drawn_to_an_output_that_needs_a_vector(qtbot: QtBot) -> None:
    studio = Studio.shown(
        qtbot, ("input", "Input", "", {}), ("conv", "Convolution", "input", {}), ("output", "Output", "", {})
    )
    studio.drag(studio.port("conv", Port.OUTPUT), studio.port("output", Port.INPUT))
    edge = studio.canvas.board.edges["conv", "output"]
    assert edge.tag_words[1] == "needs a vector"
    studio.click(studio.on_edge("conv", "output"))
    studio.key(Qt.Key.Key_Delete)
    assert ("conv", "output") not in studio.canvas.board.edges
    studio.bridge.undo()
    assert studio.canvas.board.edges["conv", "output"].fault is not None


@pytest.mark.parametrize("broken", ["left", "right"])
def test_what_is_said_at_the_ends_lies_upon_nothing_else_that_is_read(studio: Studio, broken: str) -> None:
    other = {"left": "right", "right": "left"}[broken]
    assert studio.bridge.do(SetParameters(id=broken, values={"filters": 12_345}))
    edges = studio.canvas.board.edges
    faulty = [edge for edge in edges.values() if edge.fault is not None]
    assert len(faulty) == 1
    tags = faulty[0].tags
    assert not tags[0].intersects(tags[1])
    for node in ("left", "right", "sum"):
        body = studio.canvas.board.cards[node].body
        assert not any(tag.intersects(body) for tag in tags), node
    for edge in edges.values():
        if edge is not faulty[0]:
            covered = any(tag.intersects(edge._label_box(30)) for tag in tags)
            assert edge._is_covered or not covered, edge.key
    studio.bridge.undo()
    assert not edges[other, "sum"]._is_covered
