"""Keyboard and menus of the canvas: everything the mouse does, without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from cnnstudio.app.canvas.navigation import Way, neighbour
from cnnstudio.core.catalogue import groups
from cnnstudio.core.edits import Disconnect, SetGroupClosed, group_blocks
from tests.helpers.canvas import CHAIN, RESIDUAL, Studio, experiment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QAction
    from pytestqt.qtbot import QtBot

_CTRL, _ALT, _SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


@pytest.fixture
def chain(qtbot: QtBot) -> Studio:
    """Input, convolution, pooling, flatten, Output."""
    return Studio.shown(qtbot, *CHAIN)


@pytest.fixture
def residual(qtbot: QtBot) -> Studio:
    """Two branches that are added."""
    return Studio.shown(qtbot, *RESIDUAL)


def test_down_walks_the_flow_from_input_to_output(chain: Studio) -> None:
    walked = []
    for _ in range(len(CHAIN)):
        chain.key(Qt.Key.Key_Down)
        walked.append(chain.selection.current)
    assert walked == ["input", "conv", "pool", "flat", "output"]
    chain.key(Qt.Key.Key_Down)
    assert chain.selected == ["output"]


def test_arrows_lead_between_branches_and_back(residual: Studio) -> None:
    residual.selection.select(["left"])
    residual.key(Qt.Key.Key_Right)
    assert residual.selection.current == "right"
    residual.key(Qt.Key.Key_Left)
    assert residual.selection.current == "left"
    residual.key(Qt.Key.Key_Down)
    assert residual.selection.current == "sum"
    residual.key(Qt.Key.Key_Up)
    assert residual.selection.current in ("left", "right")


def test_home_and_end_lead_to_the_ends(chain: Studio) -> None:
    chain.key(Qt.Key.Key_End)
    assert chain.selection.current == "output"
    chain.key(Qt.Key.Key_Home)
    assert chain.selection.current == "input"


def test_shift_and_arrow_keep_what_is_selected(chain: Studio) -> None:
    chain.selection.select(["conv"])
    chain.key(Qt.Key.Key_Down, _SHIFT)
    assert chain.selected == ["conv", "pool"]


@pytest.mark.parametrize("cut", ["stem", "sum", "output"])
def test_every_block_is_within_reach_of_the_arrows(cut: str) -> None:
    architecture = experiment(*RESIDUAL).architecture
    for source in architecture.blocks[cut].inputs:
        architecture = Disconnect(source=source, target=cut).change(architecture)
    reached, todo = {"input"}, ["input"]
    while todo:
        at = todo.pop()
        found = {n for way in Way if (n := neighbour(architecture, at, way)) is not None} - reached
        reached |= found
        todo.extend(found)
    assert reached == set(architecture.blocks)


def test_delete_removes_and_heals_and_goes_on_from_there(chain: Studio) -> None:
    chain.selection.select(["pool"])
    chain.key(Qt.Key.Key_Delete)
    assert chain.chain() == ["input", "conv", "flat", "output"]
    assert chain.selected == ["conv"]
    assert chain.steps == 1


def test_delete_of_all_leaves_the_input(chain: Studio) -> None:
    chain.key(Qt.Key.Key_A, _CTRL)
    assert set(chain.selection.ids) == {"input", "conv", "pool", "flat", "output"}
    chain.key(Qt.Key.Key_Delete)
    assert list(chain.blocks) == ["input"]
    chain.bridge.undo()
    assert len(chain.blocks) == 5


def test_deleting_the_input_is_refused_in_words(chain: Studio, qtbot: QtBot) -> None:
    chain.selection.select(["input"])
    with qtbot.waitSignal(chain.bridge.refused) as refused:
        chain.key(Qt.Key.Key_Delete)
    assert "cannot be removed" in refused.args[0]
    assert chain.steps == 0


def test_alt_and_arrows_reorder(chain: Studio) -> None:
    chain.selection.select(["conv"])
    chain.key(Qt.Key.Key_Down, _ALT)
    assert chain.chain() == ["input", "pool", "conv", "flat", "output"]
    assert chain.selection.current == "conv"
    chain.key(Qt.Key.Key_Up, _ALT)
    assert chain.chain() == ["input", "conv", "pool", "flat", "output"]


def test_ctrl_d_copies_and_selects_the_copies(chain: Studio) -> None:
    chain.selection.select(["conv", "pool"])
    chain.key(Qt.Key.Key_D, _CTRL)
    assert chain.selected == ["convolution_1", "max_pooling_1"]
    assert chain.blocks["max_pooling_1"].inputs == ("convolution_1",)
    assert chain.steps == 1


def test_enter_asks_for_the_first_parameter(chain: Studio, qtbot: QtBot) -> None:
    chain.selection.select(["pool"])
    with qtbot.waitSignal(chain.selection.parameter_wanted) as wanted:
        chain.key(Qt.Key.Key_Return)
    assert wanted.args == ["pool_size"]


def test_escape_selects_nothing(chain: Studio) -> None:
    chain.selection.select(["pool"])
    chain.key(Qt.Key.Key_Escape)
    assert chain.selected == []


@pytest.mark.parametrize("modifier", [_CTRL, Qt.KeyboardModifier.NoModifier])
def test_plus_and_minus_zoom_and_ctrl_0_fits(chain: Studio, modifier: Qt.KeyboardModifier) -> None:
    chain.key(Qt.Key.Key_Plus, modifier)
    assert chain.canvas.zoom == pytest.approx(1.2)
    chain.key(Qt.Key.Key_Minus, modifier)
    assert chain.canvas.zoom == pytest.approx(1.0)
    chain.canvas.zoom_by(3)
    chain.key(Qt.Key.Key_0, _CTRL)
    assert chain.canvas.seen().contains(chain.canvas.board.occupied())


def test_the_selected_block_is_scrolled_into_view(chain: Studio) -> None:
    chain.canvas.zoom_by(3)
    chain.key(Qt.Key.Key_End)
    assert chain.canvas.seen().contains(chain.canvas.board.cards["output"].body.center())
    chain.key(Qt.Key.Key_Home)
    assert chain.canvas.seen().contains(chain.canvas.board.cards["input"].body.center())


def test_other_keys_are_left_to_the_window(chain: Studio) -> None:
    chain.key(Qt.Key.Key_F5)
    chain.key(Qt.Key.Key_X)
    assert chain.steps == 0


# ---- menus


@pytest.fixture
def menu_at(chain: Studio) -> Iterator[MenuAt]:
    """Right-clicks, and takes the menus away at the end."""
    hand = MenuAt(chain)
    yield hand
    hand.close()


class MenuAt:
    """Opens context menus as the window system would ask for them."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def __call__(self, at: QPoint, reason: QContextMenuEvent.Reason = QContextMenuEvent.Reason.Mouse) -> QMenu:
        view = self.studio.canvas.viewport()
        QApplication.sendEvent(view, QContextMenuEvent(reason, at, view.mapToGlobal(at)))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        return menu

    def close(self) -> None:
        """Close what is open."""
        while (popup := QApplication.activePopupWidget()) is not None:
            popup.close()


def _entry(menu: QMenu, name: str) -> QAction:
    return next(a for a in menu.actions() if a.objectName().endswith(name) or (a.menu() and a.text() == name))


def _family(menu: QMenu, words: str, group: str) -> QMenu:
    outer = next(a for a in menu.actions() if a.text() == words).menu()
    assert isinstance(outer, QMenu)
    inner = next(a for a in outer.actions() if a.text() == group).menu()
    assert isinstance(inner, QMenu)
    return inner


def test_a_right_click_selects_the_block_and_offers_what_fits(menu_at: MenuAt) -> None:
    menu = menu_at(menu_at.studio.middle("input"))
    assert menu_at.studio.selected == ["input"]
    assert not _entry(menu, "_delete").isEnabled()
    assert not _entry(menu, "_duplicate").isEnabled()
    assert not _entry(menu, "_move_up").isEnabled()


def test_the_block_menu_moves_down(menu_at: MenuAt) -> None:
    _entry(menu_at(menu_at.studio.middle("conv")), "_move_down").trigger()
    assert menu_at.studio.chain() == ["input", "pool", "conv", "flat", "output"]


def test_the_block_menu_appends_any_block_of_the_catalogue(menu_at: MenuAt) -> None:
    menu = menu_at(menu_at.studio.middle("conv"))
    offered = {group: [a.text() for a in _family(menu, "Append", group).actions()] for group in groups()}
    assert offered == {group: [spec.title for spec in specs] for group, specs in groups().items()}
    family = _family(menu, "Append", "Regularisation")
    next(a for a in family.actions() if a.text() == "Dropout").trigger()
    assert menu_at.studio.blocks["dropout_1"].inputs == ("conv",)
    assert menu_at.studio.selection.current == "dropout_1"


def test_the_block_menu_disconnects_in_one_step(menu_at: MenuAt) -> None:
    _entry(menu_at(menu_at.studio.middle("conv")), "_disconnect_inputs").trigger()
    assert menu_at.studio.blocks["conv"].inputs == ()
    assert menu_at.studio.steps == 1


def test_the_edge_menu_inserts_and_disconnects(menu_at: MenuAt) -> None:
    studio = menu_at.studio
    family = _family(menu_at(studio.on_edge("conv", "pool")), "Insert", "Activation")
    family.actions()[0].trigger()
    assert studio.blocks["pool"].inputs == ("activation_1",)
    menu_at.close()
    _entry(menu_at(studio.on_edge("pool", "flat")), "_disconnect").trigger()
    assert studio.blocks["flat"].inputs == ()


def test_the_canvas_menu_places_where_it_was_opened(menu_at: MenuAt) -> None:
    studio = menu_at.studio
    at = QPoint(60, 400)
    _family(menu_at(at), "Place unconnected", "Dense").actions()[0].trigger()
    assert studio.blocks["dense_1"].inputs == ()
    assert studio.at(studio.canvas.board.cards["dense_1"].pos()) == at


def test_the_menu_key_opens_the_menu_of_the_current_block(menu_at: MenuAt) -> None:
    menu_at.studio.selection.select(["pool"])
    menu = menu_at(QPoint(5, 5), QContextMenuEvent.Reason.Keyboard)
    assert menu.objectName() == "canvas_block_menu"
    assert "pool" in menu.accessibleName()


def test_several_blocks_are_deleted_by_their_menu(menu_at: MenuAt) -> None:
    menu_at.studio.selection.select(["conv", "pool"])
    _entry(menu_at(menu_at.studio.middle("conv")), "_delete").trigger()
    assert menu_at.studio.chain() == ["input", "flat", "output"]
    assert menu_at.studio.steps == 1


def test_a_skip_connection_by_keys_alone(qtbot: QtBot) -> None:
    """Shift and arrows lead from where to read to who reads; the same key cuts the connection again."""
    studio = Studio.shown(qtbot, *RESIDUAL)
    studio.click(studio.middle("stem"))
    for _ in range(2):
        studio.key(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert studio.selection.current == "sum"
    studio.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert list(studio.blocks["sum"].inputs) == ["left", "right", "stem"]
    assert studio.canvas.is_connected
    studio.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert list(studio.blocks["sum"].inputs) == ["left", "right"]
    assert studio.steps == 2


def test_what_cannot_be_connected_by_keys_says_why(qtbot: QtBot) -> None:
    studio = Studio.shown(qtbot, *RESIDUAL)
    told: list[str] = []
    studio.bridge.refused.connect(told.append)
    assert not studio.canvas.can_connect
    studio.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    studio.selection.select(["output", "stem"])
    studio.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)  # along the flow, however they were selected
    assert studio.blocks["output"].inputs == ("stem",)
    group = group_blocks(studio.bridge.experiment.architecture, ["left", "right"], "Both")
    assert studio.bridge.do(group)
    assert studio.bridge.do(SetGroupClosed(id=group.id, closed=True))
    studio.canvas.select_things([group.id, "flat"])
    studio.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert told == ['The flow leaves "Both" at 2 blocks: open the group and choose a block.']
