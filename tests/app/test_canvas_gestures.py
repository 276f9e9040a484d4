"""Mouse on the canvas: real presses, moves, releases and drops, and what the document says afterwards."""

from __future__ import annotations

import random
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from cnnstudio.app.canvas.card import Light, Port
from cnnstudio.app.canvas.connecting import legal_partners
from cnnstudio.core.edits import MoveBlocks, why_not_connect
from tests.helpers.canvas import CHAIN, EMPTY, RESIDUAL, Row, Studio, experiment

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

FREE = QPoint(60, 450)
"""A place of the viewport without a card."""
_SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def chain(qtbot: QtBot) -> Studio:
    """Input, convolution, pooling, flatten, Output."""
    return Studio.shown(qtbot, *CHAIN)


@pytest.fixture
def residual(qtbot: QtBot) -> Studio:
    """Two branches that are added."""
    return Studio.shown(qtbot, *RESIDUAL)


def _bubble(studio: Studio) -> str:
    bubble = studio.canvas.findChild(QLabel, "canvas_bubble")
    assert bubble is not None
    return bubble.text() if bubble.isVisible() else ""


# ---- selecting


def test_a_click_selects_and_a_click_beside_selects_nothing(chain: Studio) -> None:
    chain.click(chain.middle("conv"))
    assert chain.selected == ["conv"]
    assert chain.canvas.board.cards["conv"].is_selected
    chain.click(FREE)
    assert chain.selected == []
    assert chain.steps == 0


def test_shift_click_adds_and_takes_away(chain: Studio) -> None:
    chain.click(chain.middle("conv"))
    chain.click(chain.middle("pool"), _SHIFT)
    assert chain.selected == ["conv", "pool"]
    assert chain.selection.current == "pool"
    chain.click(chain.middle("conv"), _SHIFT)
    assert chain.selected == ["pool"]


def test_a_click_on_one_of_several_selects_it_alone(chain: Studio) -> None:
    chain.selection.select(["conv", "pool", "flat"])
    chain.click(chain.middle("pool"))
    assert chain.selected == ["pool"]


def test_the_rubber_band_selects_what_it_touches(chain: Studio) -> None:
    start = chain.middle("conv") - QPoint(200, 20)
    chain.drag(start, chain.middle("pool") + QPoint(0, 10))
    assert set(chain.selection.ids) == {"conv", "pool"}
    assert chain.steps == 0


def test_escape_calls_the_rubber_band_off(chain: Studio) -> None:
    chain.selection.select(["flat"])
    start = chain.middle("conv") - QPoint(200, 20)
    chain.press(start)
    chain.move(chain.middle("pool"))
    assert chain.canvas.board.cards["conv"].is_selected
    chain.key(Qt.Key.Key_Escape)
    chain.release(chain.middle("pool"))
    assert chain.selected == ["flat"]
    assert not chain.canvas.board.cards["conv"].is_selected


# ---- moving


def test_a_drag_moves_a_card_in_one_undo_step(chain: Studio) -> None:
    was = chain.blocks["conv"].position
    chain.drag(chain.middle("conv"), chain.middle("conv") + QPoint(150, 31))
    assert chain.blocks["conv"].position == (was[0] + 150, was[1] + 31)
    assert chain.steps == 1
    chain.bridge.undo()
    assert chain.blocks["conv"].position == was


def test_a_drag_moves_all_selected_cards(chain: Studio) -> None:
    chain.selection.select(["conv", "pool"])
    was = {id: chain.blocks[id].position for id in ("conv", "pool", "flat")}
    chain.drag(chain.middle("conv"), chain.middle("conv") + QPoint(-130, 0))
    assert chain.blocks["conv"].position[0] == was["conv"][0] - 130
    assert chain.blocks["pool"].position[0] == was["pool"][0] - 130
    assert chain.blocks["flat"].position == was["flat"]
    assert chain.steps == 1


def test_a_card_snaps_to_the_column_of_others(chain: Studio) -> None:
    chain.drag(chain.middle("conv"), chain.middle("conv") + QPoint(150, 0))
    column = chain.blocks["pool"].position[0]
    chain.drag(chain.middle("conv"), chain.middle("conv") + QPoint(-145, 0))
    assert chain.blocks["conv"].position[0] == column


def test_a_shaky_click_moves_nothing(chain: Studio) -> None:
    chain.drag(chain.middle("conv"), chain.middle("conv") + QPoint(2, 1))
    assert chain.steps == 0
    assert chain.selected == ["conv"]


def test_escape_puts_a_dragged_card_back(chain: Studio) -> None:
    card = chain.canvas.board.cards["conv"]
    was = card.pos()
    chain.press(chain.middle("conv"))
    target = chain.middle("conv") + QPoint(90, 90)
    chain.move(target)
    assert card.pos() != was
    chain.key(Qt.Key.Key_Escape)
    chain.release(target)
    assert card.pos() == was
    assert chain.steps == 0


def test_an_edit_from_elsewhere_ends_the_drag(chain: Studio) -> None:
    chain.press(chain.middle("conv"))
    target = chain.middle("conv") + QPoint(90, 90)
    chain.move(target)
    chain.bridge.do(MoveBlocks(positions={"flat": (700.0, 0.0)}))
    chain.release(target)
    assert chain.steps == 1
    card = chain.canvas.board.cards["conv"]
    assert (card.x(), card.y()) == chain.blocks["conv"].position


def test_edges_follow_a_card_while_it_is_dragged(chain: Studio) -> None:
    edge = chain.canvas.board.edges["conv", "pool"]
    chain.press(chain.middle("conv"))
    target = chain.middle("conv") + QPoint(120, 0)
    chain.move(target)
    card = chain.canvas.board.cards["conv"]
    assert edge.path.pointAtPercent(0) == card.port(Port.OUTPUT)
    chain.release(target)


def test_middle_button_and_space_pan(chain: Studio) -> None:
    chain.canvas.set_zoom(2.0)
    chain.canvas.centerOn(chain.canvas.board.occupied().center())
    before = chain.canvas.seen().center()
    chain.drag(FREE, FREE + QPoint(0, 80), Qt.MouseButton.MiddleButton)
    assert chain.canvas.seen().center().y() == pytest.approx(before.y() - 40, abs=2)
    QTest.keyPress(chain.canvas, Qt.Key.Key_Space)
    chain.drag(chain.middle("pool"), chain.middle("pool") + QPoint(0, -80))
    QTest.keyRelease(chain.canvas, Qt.Key.Key_Space)
    assert chain.canvas.seen().center().y() == pytest.approx(before.y(), abs=2)
    assert chain.steps == 0


# ---- connecting


def test_dragging_from_an_output_port_connects(residual: Studio) -> None:
    residual.drag(residual.port("stem", Port.OUTPUT), residual.middle("sum"))
    assert residual.blocks["sum"].inputs == ("left", "right", "stem")
    assert ("stem", "sum") in residual.canvas.board.edges
    assert residual.steps == 1


def test_dragging_from_an_input_port_connects_backwards(residual: Studio) -> None:
    residual.drag(residual.port("sum", Port.INPUT), residual.port("stem", Port.OUTPUT))
    assert residual.blocks["sum"].inputs[-1] == "stem"


def test_a_block_of_one_input_changes_over_and_says_so_before(residual: Studio) -> None:
    start, end = residual.port("left", Port.OUTPUT), residual.port("right", Port.INPUT)
    residual.press(start)
    residual.move(end + QPoint(0, 4))
    assert _bubble(residual) == "Connect left to right instead of stem"
    residual.release(end)
    assert residual.blocks["right"].inputs == ("left",)
    assert _bubble(residual) == ""


def test_illegal_targets_say_why_before_the_drop(residual: Studio) -> None:
    residual.press(residual.port("sum", Port.OUTPUT))
    residual.move(residual.middle("stem"))
    cards = residual.canvas.board.cards

    def lit() -> dict[str, Light]:
        return {id: card.light for id, card in cards.items()}

    assert _bubble(residual) == why_not_connect(residual.bridge.experiment.architecture, "sum", "stem")
    assert lit()["stem"] is Light.REFUSED
    assert lit()["output"] is Light.LEGAL
    residual.release(residual.middle("stem"))
    assert residual.steps == 0
    assert set(lit().values()) == {Light.NONE}
    assert cards["stem"].opacity() == 1.0


def test_a_connection_let_go_over_nothing_is_none(residual: Studio) -> None:
    residual.drag(residual.port("stem", Port.OUTPUT), FREE)
    assert residual.steps == 0


def _tangle(rng: random.Random) -> list[Row]:
    """Blocks that read earlier ones at random, some of them none."""
    rows: list[Row] = [("input", "Input", "", {})]
    for n in range(12):
        earlier = [id for id, *_ in rows]
        kind = rng.choice(("Add", "Convolution", "Concatenate", "Dense"))
        most = 3 if kind in ("Add", "Concatenate") else 1
        rows.append((f"b{n}", kind, " ".join(rng.sample(earlier, min(len(earlier), rng.randint(0, most)))), {}))
    return [*rows, ("output", "Output", "b11", {})]


@pytest.mark.parametrize("seed", range(6))
def test_lit_targets_are_those_that_the_edit_accepts(seed: int) -> None:
    architecture = experiment(*_tangle(random.Random(seed))).architecture
    for a, b in permutations(architecture.blocks, 2):
        allowed = why_not_connect(architecture, a, b) is None
        assert (b in legal_partners(architecture, a, forward=True)) == allowed
        assert (a in legal_partners(architecture, b, forward=False)) == allowed


def test_a_selected_edge_is_cut_by_delete(residual: Studio) -> None:
    residual.click(residual.on_edge("left", "sum"))
    assert residual.canvas.board.selected_edge == ("left", "sum")
    assert residual.selected == []
    residual.key(Qt.Key.Key_Delete)
    assert residual.blocks["sum"].inputs == ("right",)
    assert residual.canvas.board.selected_edge is None
    residual.bridge.undo()
    assert ("left", "sum") in residual.canvas.board.edges


def test_selecting_a_block_lets_go_of_the_edge(residual: Studio) -> None:
    residual.click(residual.on_edge("left", "sum"))
    residual.click(residual.middle("stem"))
    residual.key(Qt.Key.Key_Delete)
    assert "stem" not in residual.blocks
    assert residual.blocks["sum"].inputs == ("left", "right")


# ---- drops from the palette


def test_a_drop_on_an_edge_inserts(chain: Studio) -> None:
    assert chain.carry("Dropout", chain.on_edge("conv", "pool"))
    assert chain.blocks["dropout_1"].inputs == ("conv",)
    assert chain.blocks["pool"].inputs == ("dropout_1",)
    assert chain.selected == ["dropout_1"]
    assert chain.steps == 1


def test_a_drop_on_a_block_appends_behind_it(chain: Studio) -> None:
    assert chain.carry("BatchNormalisation", chain.middle("conv"))
    assert chain.chain() == ["input", "conv", "batch_normalisation_1", "pool", "flat", "output"]


def test_a_drop_on_the_output_goes_before_it(chain: Studio) -> None:
    assert chain.carry("Dense", chain.middle("output"))
    assert chain.chain()[-2:] == ["dense_1", "output"]


def test_a_drop_on_the_empty_canvas_stays_unconnected(chain: Studio) -> None:
    assert chain.carry("Convolution", QPoint(150, 300))
    new = chain.blocks["convolution_1"]
    assert new.inputs == ()
    card = chain.canvas.board.cards["convolution_1"]
    assert card.body.contains(chain.canvas.mapToScene(QPoint(150, 300)))


def test_cards_stay_where_they_are_when_one_is_put_outside(chain: Studio) -> None:
    chain.canvas.resize(1400, 900)
    chain.canvas.centerOn(chain.canvas.board.occupied().center())
    before = chain.middle("conv")
    assert chain.carry("Convolution", QPoint(220, 300))
    assert chain.middle("conv") == before
    chain.drag(chain.middle("pool"), chain.middle("pool") + QPoint(450, 0))
    assert chain.middle("conv") == before


def test_the_drop_is_announced_and_its_signs_go_away(chain: Studio) -> None:
    edge = chain.canvas.board.edges["conv", "pool"]
    assert chain.carry("Dropout", chain.on_edge("conv", "pool"), drop=False)
    assert edge.is_marked
    assert _bubble(chain) == "Insert dropout between conv and pool"
    assert chain.carry("Dropout", chain.middle("flat"), drop=False)
    assert not edge.is_marked
    assert chain.canvas.board.cards["flat"].light is Light.CHOSEN
    assert _bubble(chain) == "Add dropout behind flat"
    before = len(chain.canvas.board.items())
    assert chain.carry("Dropout", FREE, drop=False)
    assert _bubble(chain) == "Place dropout here, unconnected"
    chain.leave()
    assert _bubble(chain) == ""
    assert chain.canvas.board.cards["flat"].light is Light.NONE
    assert len(chain.canvas.board.items()) == before - 1
    assert chain.steps == 0


def test_a_second_output_is_refused_before_the_drop(chain: Studio) -> None:
    assert not chain.carry("Output", chain.on_edge("conv", "pool"))
    assert "one Output" in _bubble(chain)
    assert list(chain.blocks) == ["input", "conv", "pool", "flat", "output"]


def test_foreign_drags_are_not_taken(chain: Studio) -> None:
    assert not chain.carry("NoSuchBlock", chain.middle("conv"))
    assert chain.steps == 0


def test_double_click_asks_for_the_first_parameter(chain: Studio, qtbot: QtBot) -> None:
    with qtbot.waitSignal(chain.selection.parameter_wanted) as wanted:
        QTest.mouseDClick(
            chain.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, chain.middle("conv")
        )
    assert wanted.args == ["filters"]
    assert chain.selection.current == "conv"


def test_a_network_is_built_by_drops_alone(qtbot: QtBot) -> None:
    studio = Studio.shown(qtbot, *EMPTY)
    assert studio.carry("Convolution", studio.on_edge("input", "output"))
    assert studio.carry("MaxPooling", studio.middle("convolution_1"))
    assert studio.carry("Flatten", studio.middle("output"))
    assert studio.chain() == ["input", "convolution_1", "max_pooling_1", "flatten_1", "output"]
    assert not [d for d in studio.bridge.diagnostics if d.severity == "error"]


def test_a_card_over_an_edge_takes_the_drop(chain: Studio) -> None:
    at = chain.canvas.mapToScene(chain.on_edge("conv", "pool"))
    chain.bridge.do(MoveBlocks(positions={"flat": (at.x() - 100, at.y() - 36)}))
    assert chain.carry("Dropout", chain.at(at + QPointF(30, 0)))
    assert chain.blocks["dropout_1"].inputs == ("flat",)
