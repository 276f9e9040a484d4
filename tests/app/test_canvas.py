"""What the canvas shows, and that it follows the document by the difference alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton

from cnnstudio.app.canvas.card import Card, Port
from cnnstudio.app.canvas.face import face_of
from cnnstudio.app.canvas.routing import band, box_of, path_of
from cnnstudio.app.canvas.view import OPENING
from cnnstudio.app.theme import Mode, Role, theme, themes
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.catalogue import catalogue, spec_class
from cnnstudio.core.document import Document
from cnnstudio.core.edits import MoveBlocks, SetParameters
from cnnstudio.core.key_parameters import parameter_words
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH
from cnnstudio.core.placing.roads import Course, Roads
from tests.helpers.canvas import CHAIN, EMPTY, RESIDUAL, Row, Studio, experiment

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def chain(qtbot: QtBot) -> Studio:
    """Input, convolution, pooling, flatten, Output."""
    return Studio.shown(qtbot, *CHAIN)


def _look(studio: Studio) -> QImage:
    return studio.canvas.viewport().grab().toImage()


def test_cards_say_shape_parameters_and_what_matters(chain: Studio) -> None:
    face = chain.canvas.board.cards["conv"].face
    assert (face.title, face.id) == ("Convolution", "conv")
    assert face.parameters == "6 filters · 5 × 5"
    assert face.shape == "8 × 8 × 6"
    assert face.count == "156 parameters"
    assert chain.canvas.board.cards["pool"].face.count == ""


def test_counts_have_thousands_separators() -> None:
    block = experiment(("wide", "Convolution", "", {"filters": 1024})).architecture.blocks["wide"]
    assert parameter_words(block.spec, 2).startswith("1,024 filters")


def test_windows_and_their_filters_are_told_apart() -> None:
    block = experiment(("inception", "Inception", "", {})).architecture.blocks["inception"]
    assert parameter_words(block.spec, 2).startswith("1 × 1: ")


def test_one_of_a_thing_is_singular() -> None:
    block = experiment(("thin", "Dense", "", {"units": 1})).architecture.blocks["thin"]
    assert parameter_words(block.spec, 0).startswith("1 unit ·")


@pytest.mark.parametrize(
    ("rank", "words"), [(1, "32 filters · 3"), (2, "32 filters · 3 × 3"), (3, "32 filters · 3 × 3 × 3")]
)
def test_sizes_are_spelled_out_for_each_axis(rank: int, words: str) -> None:
    assert parameter_words(spec_class("Convolution")(), rank) == words


@pytest.mark.parametrize("kind", sorted(catalogue()))
def test_every_block_has_a_card_that_is_not_empty(kind: str) -> None:
    row: Row = ("block", kind, "", {})
    face = face_of(experiment(row).architecture.blocks["block"], None, ())
    assert face.title
    assert face.parameters
    assert face.is_summary == (face.parameters == spec_class(kind).summary)


def test_edges_carry_the_shape_that_flows_along_them(chain: Studio) -> None:
    labels = {key: edge.label for key, edge in chain.canvas.board.edges.items()}
    assert labels == {
        ("input", "conv"): "8 × 8 × 1",
        ("conv", "pool"): "8 × 8 × 6",
        ("pool", "flat"): "4 × 4 × 6",
        ("flat", "output"): "96",
    }


def test_an_edit_repaints_only_what_it_changes(chain: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    _look(chain)
    painted: list[str] = []
    update = Card.update

    def counting(card: Card) -> None:
        painted.append(card.id)
        update(card)

    monkeypatch.setattr(Card, "update", counting)
    chain.bridge.do(SetParameters(id="pool", values={"padding": "same"}))
    assert "input" not in painted
    assert "conv" not in painted
    chain.bridge.do(SetParameters(id="conv", values={"filters": 7}))
    assert {"conv", "pool", "flat", "output"} == set(painted) - {"input"}
    assert chain.canvas.board.cards["flat"].face.shape == "112"


def test_a_mistake_is_marked_and_explained_on_its_card(chain: Studio) -> None:
    healthy = _look(chain)
    chain.bridge.do(SetParameters(id="conv", values={"strides": 2, "dilation_rate": 2}))
    card = chain.canvas.board.cards["conv"]
    assert card.face.severity is Severity.ERROR
    sentence = next(d.message for d in chain.bridge.diagnostics if d.block == "conv")
    assert sentence in card.face.tool_tip.replace("&gt;", ">").replace("&quot;", '"').replace("&#x27;", "'")
    assert sentence.rstrip(".") in card.face.spoken
    rim = chain.at(QPointF(card.body.center().x() + 40, card.body.top()))
    error = theme().color(Role.ERROR)
    assert healthy.pixelColor(rim) != error
    assert _look(chain).pixelColor(rim) == error
    assert chain.canvas.board.cards["pool"].face.shape == ""


def test_undo_brings_card_edge_and_place_back(chain: Studio) -> None:
    before = chain.canvas.board.cards["conv"].pos()
    chain.bridge.do(MoveBlocks(positions={"conv": (500.0, 60.0)}))
    assert chain.canvas.board.cards["conv"].pos() == QPointF(500, 60)
    chain.bridge.undo()
    assert chain.canvas.board.cards["conv"].pos() == before


def test_opening_another_experiment_replaces_all_and_fits_the_view(chain: Studio) -> None:
    chain.canvas.zoom_by(2.5)
    chain.bridge.open(Document(experiment(*RESIDUAL)))
    assert set(chain.canvas.board.cards) == {row[0] for row in RESIDUAL}
    assert chain.canvas.zoom <= 1.0
    assert chain.canvas.seen().contains(chain.canvas.board.cards["input"].body)


def test_edits_keep_the_zoom(chain: Studio) -> None:
    chain.canvas.zoom_by(0.7)
    zoom = chain.canvas.zoom
    chain.bridge.do(SetParameters(id="conv", values={"filters": 9}))
    assert chain.canvas.zoom == zoom


def test_a_larger_canvas_shows_more_until_the_person_has_chosen_what_to_see(chain: Studio) -> None:
    canvas = chain.canvas
    bodies = [card.sceneBoundingRect() for card in canvas.board.cards.values()]
    canvas.resize(500, 300)
    assert canvas.zoom == pytest.approx(OPENING)
    canvas.resize(900, 1400)
    assert canvas.zoom == pytest.approx(1.0)
    assert all(canvas.seen().contains(body) for body in bodies)
    canvas.zoom_by(2.0)
    middle = canvas.seen().center().x()
    canvas.resize(600, 1400)
    assert canvas.zoom == pytest.approx(2.0)
    assert canvas.seen().center().x() == pytest.approx(middle, abs=2)


def test_a_shape_stands_beside_a_straight_edge(chain: Studio) -> None:
    """The line would cross it out: at a small scale nothing of it is left above and below the words."""
    bodies = {id: card.body for id, card in chain.canvas.board.cards.items()}
    for edge in chain.canvas.board.edges.values():
        assert edge.course.side == 1
        assert edge.course.label[0] > bodies[edge.source].center().x()


def test_an_architecture_of_two_ends_says_what_to_do_next(qtbot: QtBot) -> None:
    studio = Studio.shown(qtbot, *EMPTY)
    hint = studio.canvas.findChild(QLabel, "canvas_empty")
    assert hint is not None
    assert hint.isVisible()
    assert "palette" in hint.text()
    studio.carry("Flatten", studio.on_edge("input", "output"))
    assert not hint.isVisible()


def test_a_skipping_edge_goes_round_the_cards_in_its_way() -> None:
    rows: tuple[Row, ...] = (
        ("input", "Input", "", {}),
        ("a", "Convolution", "input", {}),
        ("b", "Convolution", "a", {}),
        ("c", "Convolution", "b", {}),
        ("sum", "Add", "c a", {}),
    )
    blocks = experiment(*rows).architecture.blocks
    bodies = {id: QRectF(*b.position, CARD_WIDTH, CARD_HEIGHT) for id, b in blocks.items()}
    path = path_of(_courses(bodies, ("a", "sum"))["a", "sum"])
    assert not band(path, 2).intersects(bodies["b"])
    assert not band(path, 2).intersects(bodies["c"])
    assert path.pointAtPercent(0) == QPointF(bodies["a"].center().x(), bodies["a"].bottom())
    assert path.pointAtPercent(1) == QPointF(bodies["sum"].center().x(), bodies["sum"].top())


def test_edges_that_skip_side_by_side_take_lanes_of_their_own() -> None:
    bodies = {id: QRectF(0, 112 * n, CARD_WIDTH, CARD_HEIGHT) for n, id in enumerate("abcdef")}
    inner, outer = _courses(bodies, ("b", "e"), ("a", "f")).values()
    assert abs(inner.label[0] - outer.label[0]) >= 12


def _courses(bodies: dict[str, QRectF], *edges: tuple[str, str]) -> dict[tuple[str, str], Course]:
    roads = Roads()
    for id, body in bodies.items():
        roads.place(id, box_of(body))
    for edge in edges:
        roads.link(edge)
    roads.settle()
    return roads.courses


def test_branches_lie_side_by_side(qtbot: QtBot) -> None:
    cards = Studio.shown(qtbot, *RESIDUAL).canvas.board.cards
    assert cards["left"].y() == cards["right"].y()
    assert abs(cards["left"].x() - cards["right"].x()) > cards["left"].body.width()


def test_the_canvas_follows_the_theme(chain: Studio) -> None:
    place = chain.at(QPointF(chain.canvas.board.cards["conv"].body.right() - 20, 2 * CARD_HEIGHT))
    light = _look(chain).pixelColor(place)
    was = themes.mode
    themes.choose(Mode.DARK if not theme().is_dark else Mode.LIGHT)
    try:
        assert _look(chain).pixelColor(place).lightness() != light.lightness()
    finally:
        themes.choose(was)


def test_far_cards_are_painted_simply(chain: Studio) -> None:
    chain.canvas.set_zoom(0.1)
    chain.canvas.centerOn(chain.canvas.board.cards["conv"].body.center())
    at = chain.middle("conv")
    assert _look(chain).pixelColor(at) == theme().family("Convolution")


def test_zoom_by_wheel_keeps_the_place_under_the_mouse(chain: Studio) -> None:
    at = chain.middle("pool")
    place = chain.canvas.mapToScene(at)
    wheel = QWheelEvent(
        QPointF(at), QPointF(chain.canvas.viewport().mapToGlobal(at)), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(chain.canvas.viewport(), wheel)
    assert chain.canvas.zoom == pytest.approx(1.2)
    drift = chain.canvas.mapFromScene(place) - at
    assert drift.manhattanLength() <= 2


def test_zoom_buttons_work_and_name_themselves(chain: Studio) -> None:
    buttons = chain.canvas.findChildren(QToolButton)
    assert {b.objectName() for b in buttons} == {"canvas_zoom_out", "canvas_zoom_fit", "canvas_zoom_in"}
    for button in buttons:
        assert button.accessibleName()
        assert button.toolTip()
    larger = next(b for b in buttons if b.objectName() == "canvas_zoom_in")
    QTest.mouseClick(larger, Qt.MouseButton.LeftButton)
    assert chain.canvas.zoom == pytest.approx(1.2)


def test_the_current_block_is_told_to_screen_readers(chain: Studio) -> None:
    chain.selection.select(["conv"])
    said = chain.canvas.accessibleDescription()
    assert "Convolution conv" in said
    assert "156 parameters" in said


def test_the_current_block_wears_a_ring_while_the_canvas_has_the_keyboard(chain: Studio) -> None:
    chain.selection.select(["conv"])
    body = chain.canvas.board.cards["conv"].body
    ring = chain.at(QPointF(body.left() + 40, body.top() - 4))
    focused = _look(chain).pixelColor(ring)
    chain.canvas.clearFocus()
    assert _look(chain).pixelColor(ring) != focused


def test_ports_are_found_where_they_are_painted(chain: Studio) -> None:
    cards = chain.canvas.board.cards
    assert cards["conv"].port_at(cards["conv"].port(Port.OUTPUT)) is Port.OUTPUT
    assert cards["conv"].port_at(cards["conv"].port(Port.INPUT) + QPointF(3, -3)) is Port.INPUT
    assert cards["input"].port_at(cards["input"].port(Port.INPUT)) is None
    assert cards["output"].port_at(cards["output"].port(Port.OUTPUT)) is None
    assert cards["conv"].port_at(cards["conv"].body.center()) is None


def test_parameters_too_many_for_a_card_are_left_out_whole(chain: Studio) -> None:
    card = chain.canvas.board.cards["conv"]
    text = "16 filters · 2 × 2 · strides 2"
    width = chain.canvas.board.style_used.caption_metrics.horizontalAdvance
    assert card._shortened(text, width(text)) == text
    assert card._shortened(text, width(text) - 1) == "16 filters · 2 × 2 …"
    assert card._shortened(text, width("16 filters …")) == "16 filters …"
    assert card._shortened(text, width("16 filters …") - 1).startswith("16 fil")
