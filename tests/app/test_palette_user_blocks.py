"""The person's own blocks in the palette: saved from a group, found, put in, renamed, deleted and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMessageBox, QPushButton, QToolButton

from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.palette import PalettePanel
from cnnstudio.app.palette.append import OWN
from cnnstudio.app.palette.model import FILE, GROUP, HOW, KIND, MY_BLOCKS, NONE_YET
from cnnstudio.app.palette.tree import PaletteTree, drag_picture
from cnnstudio.app.selection import Selection
from cnnstudio.core.document import Document
from cnnstudio.core.edits import group_blocks
from cnnstudio.core.formats.fragment import Fragment
from cnnstudio.core.formats.user_blocks import save_user_block, user_blocks, user_blocks_folder
from tests.helpers.canvas import CHAIN, EMPTY, RESIDUAL, Row, Studio, experiment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot


class Bench(NamedTuple):
    """A palette with its document."""

    bridge: DocumentBridge
    selection: Selection
    panel: PalettePanel
    search: QLineEdit
    tree: PaletteTree

    @property
    def chain(self) -> list[str]:
        return [*self.bridge.experiment.architecture.topology.order]

    @property
    def own(self) -> list[QModelIndex]:
        """Rows beneath "My blocks"."""
        model = self.tree.model()
        heads = (model.index(row, 0) for row in range(model.rowCount()))
        head = next(index for index in heads if index.data(GROUP) == MY_BLOCKS)
        return [model.index(row, 0, head) for row in range(model.rowCount(head))]

    def note(self) -> str:
        label = self.panel.findChild(QLabel, "palette_note")
        assert label is not None
        return label.text() if label.isVisible() else ""


def fragment(name: str = "Stem", *ids: str, rows: tuple[Row, ...] = CHAIN) -> Fragment:
    """Blocks of a design as one group."""
    architecture = experiment(*rows).architecture
    made = group_blocks(architecture, ids or ("conv", "pool"), name).change(architecture)
    return Fragment.of(made, ids or ("conv", "pool"))


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    """A palette over Input and Output."""
    bridge, selection = DocumentBridge(Document(experiment(*EMPTY))), Selection()
    bridge.changed.connect(selection.keep_existing)
    panel = PalettePanel(bridge, selection)
    qtbot.addWidget(panel)
    panel.resize(240, 1100)
    panel.show()
    qtbot.waitExposed(panel)
    search, tree = panel.findChild(QLineEdit, "palette_search"), panel.findChild(PaletteTree, "palette_list")
    assert search is not None
    assert tree is not None
    return Bench(bridge, selection, panel, search, tree)


def double_click(bench: Bench, index: QModelIndex) -> None:
    bench.tree.scrollTo(index)
    at = bench.tree.visualRect(index).center()
    QTest.mouseClick(bench.tree.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseDClick(bench.tree.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


def test_without_any_the_section_says_how_to_make_one(bench: Bench) -> None:
    (row,) = bench.own
    assert row.data() == NONE_YET
    assert row.data(Qt.ItemDataRole.ToolTipRole) == HOW
    assert row.data(KIND) is None
    double_click(bench, row)
    QTest.keyClick(bench.tree, Qt.Key.Key_Return)
    assert bench.bridge.document.index == 0


def test_saved_blocks_are_listed_and_say_what_they_hold(bench: Bench) -> None:
    bench.panel.own.save(fragment("Zebra"), "Zebra")
    bench.panel.own.save(fragment("Deep"), "Deep")
    assert [row.data() for row in bench.own] == ["Deep", "Zebra"]
    assert bench.tree.currentIndex().data() == "Deep"
    assert bench.note() == "“Deep” is among your blocks now."
    tip = bench.own[0].data(Qt.ItemDataRole.ToolTipRole)
    assert "2 blocks: convolution, max pooling." in tip
    assert not bench.own[0].data(Qt.ItemDataRole.DecorationRole).isNull()


def test_double_click_and_enter_stack_them_as_closed_groups(bench: Bench) -> None:
    bench.panel.own.save(fragment(), "Stem")
    double_click(bench, bench.own[0])
    assert bench.chain == ["input", "convolution_1", "max_pooling_1", "output"]
    assert bench.selection.ids == ("convolution_1", "max_pooling_1")
    assert bench.bridge.document.undo_label == "Add “Stem”".replace("“", '"').replace("”", '"')
    bench.tree.setFocus()
    QTest.keyClick(bench.tree, Qt.Key.Key_Return)
    assert bench.chain[3:5] == ["convolution_2", "max_pooling_2"]
    groups = list(bench.bridge.experiment.architecture.groups.values())
    assert [(g.name, g.closed) for g in groups] == [("Stem", True)] * 2


def test_they_are_found_by_name_and_by_what_they_hold(bench: Bench) -> None:
    bench.panel.own.save(fragment(), "Stem")
    QTest.keyClicks(bench.search, "stem")
    assert bench.tree.model().index(0, 0).data() == "Stem"
    QTest.keyClick(bench.search, Qt.Key.Key_Return)
    assert bench.chain[1:3] == ["convolution_1", "max_pooling_1"]
    bench.search.clear()
    QTest.keyClicks(bench.search, "my own")
    assert [bench.tree.model().index(n, 0).data() for n in range(bench.tree.model().rowCount())] == ["Stem"]


def test_one_is_renamed_in_place(bench: Bench, qtbot: QtBot) -> None:
    bench.panel.own.save(fragment(), "Stem")
    bench.tree.setFocus()
    QTest.keyClick(bench.tree, Qt.Key.Key_F2)
    editor = bench.tree.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "Head")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [b.name for b in user_blocks()] == ["Head"])
    assert bench.own[0].data() == "Head"
    assert bench.note() == "“Stem” is called “Head” now."
    bench.panel.own.save(fragment(), "Tail")
    with qtbot.waitSignal(bench.bridge.refused) as refused:
        bench.panel.own.rename("tail", "Head")
    assert "already" in refused.args[0]


def test_deleting_can_be_taken_back(bench: Bench) -> None:
    bench.panel.own.save(fragment(), "Stem")
    bench.tree.setFocus()
    QTest.keyClick(bench.tree, Qt.Key.Key_Delete)
    assert user_blocks() == []
    assert bench.own[0].data() == NONE_YET
    assert bench.note() == "“Stem” was deleted."
    undo = bench.panel.findChild(QToolButton, "palette_undo")
    assert undo is not None
    assert undo.isVisible()
    QTest.mouseClick(undo, Qt.MouseButton.LeftButton)
    assert [b.name for b in user_blocks()] == ["Stem"]
    assert not undo.isVisible()
    assert bench.tree.currentIndex().data() == "Stem"


def test_its_menu_appends_renames_deletes_and_shows_the_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.panel.own.save(fragment(), "Stem")
    menu = bench.tree.own_menu(bench.own[0])
    entries = {a.objectName().removeprefix("palette_own_"): a for a in menu.actions()}
    assert list(entries) == ["append", "rename", "delete", "show_file"]
    entries["append"].trigger()
    assert bench.chain[1:3] == ["convolution_1", "max_pooling_1"]
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)  # the system's file manager
    entries["show_file"].trigger()
    assert [url.toLocalFile() for url in opened] == [str(user_blocks_folder())]
    entries["delete"].trigger()
    assert user_blocks() == []
    menu.deleteLater()


def test_a_broken_file_is_shown_with_its_reason_and_can_be_deleted(bench: Bench) -> None:
    save_user_block(fragment(), "Stem")
    (user_blocks_folder() / "broken.json").write_text("{")
    bench.panel.own.reload()
    broken = bench.own[0]
    assert (broken.data(), broken.data(KIND), broken.data(FILE)) == ("broken", None, "broken")
    assert "is not JSON" in broken.data(Qt.ItemDataRole.ToolTipRole)
    double_click(bench, broken)
    assert bench.bridge.document.index == 0
    QTest.keyClick(bench.tree, Qt.Key.Key_Delete)
    assert [b.id for b in user_blocks()] == ["stem"]


def test_one_whose_file_has_gone_meanwhile_is_refused_in_words(bench: Bench, qtbot: QtBot) -> None:
    bench.panel.own.save(fragment(), "Stem")
    (user_blocks_folder() / "stem.json").unlink()
    with qtbot.waitSignal(bench.bridge.refused) as refused:
        double_click(bench, bench.own[0])
    assert "its file is gone" in refused.args[0]


def test_a_name_that_is_taken_is_asked_about(bench: Bench, qtbot: QtBot) -> None:
    bench.panel.own.save(fragment(), "Stem")
    for answer, count in (("Cancel", 2), ("Replace", 1)):
        bench.panel.own.save(fragment("Stem", "pool"), "Stem")
        qtbot.waitUntil(
            lambda: any(isinstance(w, QMessageBox) and w.isVisible() for w in QApplication.topLevelWidgets())
        )
        box = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible())
        button = next(b for b in box.findChildren(QPushButton) if b.text().replace("&", "") == answer)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        assert len(user_blocks()[0].contents) == count


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    made = Studio.shown(qtbot, *RESIDUAL)
    yield made
    QApplication.clipboard().clear()


def test_one_is_dropped_on_edges_blocks_and_the_canvas(studio: Studio) -> None:
    save_user_block(fragment("Branch", "stem", "left", "right", "sum", rows=RESIDUAL), "Branch")
    kind = OWN + "branch"
    assert studio.carry(kind, studio.on_edge("sum", "flat"), drop=False)
    bubble = studio.canvas.findChild(QLabel, "canvas_bubble")
    assert bubble is not None
    assert bubble.text() == "Insert “Branch” between sum and flat"
    assert studio.carry(kind, studio.on_edge("sum", "flat"))
    assert studio.blocks["flat"].inputs == ("add_1",)
    assert studio.blocks["convolution_1"].inputs == ("sum",)
    (group,) = studio.bridge.experiment.architecture.groups.values()
    assert studio.canvas.board.cards[group.id].is_selected
    assert studio.carry(kind, studio.middle("flat"))
    assert studio.blocks["output"].inputs == ("add_2",)
    free = studio.at(studio.canvas.board.occupied().topRight()) + QPoint(-60, 20)
    assert studio.carry(kind, free)
    assert len(studio.bridge.experiment.architecture.groups) == 3
    assert not studio.carry(OWN + "nobody", free)
    assert not drag_picture(kind, 1.0).isNull()


def test_a_group_on_the_canvas_is_saved_by_its_menu(studio: Studio) -> None:
    canvas = studio.canvas
    kept: list[tuple[Fragment, str]] = []

    def keep(fragment: Fragment, name: str) -> None:
        kept.append((fragment, name))

    canvas.groups.save_wanted.connect(keep)
    studio.bridge.do(group_blocks(studio.bridge.experiment.architecture, ["left"], "Left"))
    menu = canvas.menu_at(studio.at(canvas.board.frames["group_1"].body.center()))
    next(a for a in menu.actions() if a.text() == "Save as my block").trigger()
    menu.deleteLater()
    ((saved, name),) = kept
    assert name == "Left"
    assert [b.id for b in saved.blocks] == ["left"]
