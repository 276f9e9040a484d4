"""The palette: finding blocks and stacking them, by keys, by double-click and by drag."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit

from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.palette import PalettePanel
from cnnstudio.app.palette.append import MIME, append_block
from cnnstudio.app.palette.model import GROUP, KIND
from cnnstudio.app.palette.search import find_blocks
from cnnstudio.app.palette.tree import PaletteTree
from cnnstudio.app.selection import Selection
from cnnstudio.app.theme import themes
from cnnstudio.app.theme.theme import DARK, LIGHT
from cnnstudio.core.catalogue import catalogue, groups
from cnnstudio.core.document import Document
from cnnstudio.core.edits import RemoveBlocks
from tests.helpers.canvas import CHAIN, EMPTY, RESIDUAL, experiment

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
        """Ids in the order of the flow."""
        return [*self.bridge.experiment.architecture.topology.order]

    def rows(self, parent: QModelIndex | None = None) -> Iterator[QModelIndex]:
        """All rows, depth first."""
        model = self.tree.model()
        top = parent or QModelIndex()
        for n in range(model.rowCount(top)):
            index = model.index(n, 0, top)
            yield index
            yield from self.rows(index)

    def row(self, title: str) -> QModelIndex:
        """The block's row with that title, else the family's."""
        found = [i for i in self.rows() if i.data() == title]
        return next((i for i in found if i.data(KIND)), found[0])

    def place(self, title: str) -> QPoint:
        """Where that row is, scrolled into view."""
        self.tree.scrollTo(self.row(title))
        return self.tree.visualRect(self.row(title)).center()


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    """A palette over Input and Output."""
    bridge, selection = DocumentBridge(Document(experiment(*EMPTY))), Selection()
    panel = PalettePanel(bridge, selection)
    qtbot.addWidget(panel)
    panel.resize(240, 700)
    panel.show()
    qtbot.waitExposed(panel)
    search, tree = panel.findChild(QLineEdit, "palette_search"), panel.findChild(PaletteTree, "palette_list")
    assert search is not None
    assert tree is not None
    return Bench(bridge, selection, panel, search, tree)


def test_all_blocks_are_offered_by_family(bench: Bench) -> None:
    shown = {
        i.data(GROUP): [bench.tree.model().index(n, 0, i).data(KIND) for n in range(bench.tree.model().rowCount(i))]
        for i in bench.rows()
        if i.data(GROUP)
    }
    assert shown.pop("My blocks") == [None]
    assert shown == {group: [spec.kind for spec in specs] for group, specs in groups().items()}
    assert "Input" not in [kind for kinds in shown.values() for kind in kinds]


def test_families_stay_open_or_folded_through_another_look_and_a_search(bench: Bench) -> None:
    merge = next(i for i in bench.rows() if i.data(GROUP) == "Merge")
    assert all(bench.tree.isExpanded(i) for i in bench.rows() if i.data(GROUP))
    bench.tree.setExpanded(merge, False)
    themes.use(DARK)
    themes.use(LIGHT)
    QTest.keyClicks(bench.search, "pool")
    bench.search.clear()
    assert [i.data(GROUP) for i in bench.rows() if i.data(GROUP) and not bench.tree.isExpanded(i)] == ["Merge"]


def test_every_row_explains_itself(bench: Bench) -> None:
    for index in bench.rows():
        tip = index.data(Qt.ItemDataRole.ToolTipRole)
        assert tip
        if kind := index.data(KIND):
            assert catalogue()[kind].title in tip
            assert not index.data(Qt.ItemDataRole.DecorationRole).isNull()


def test_a_cnn_is_stacked_by_double_clicks(bench: Bench) -> None:
    for title in ("Convolution", "Max pooling", "Flatten", "Dense"):
        at = bench.place(title)
        QTest.mouseClick(bench.tree.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        QTest.mouseDClick(bench.tree.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert bench.chain == ["input", "convolution_1", "max_pooling_1", "flatten_1", "dense_1", "output"]
    assert bench.selection.ids == ("dense_1",)
    assert not [d for d in bench.bridge.diagnostics if d.severity == "error"]
    assert bench.bridge.document.index == 4


def test_a_cnn_is_stacked_by_typing_alone(bench: Bench) -> None:
    bench.search.setFocus()
    for words in ("convolution", "max pool", "flatten", "dense"):
        QTest.keyClicks(bench.search, words)
        QTest.keyClick(bench.search, Qt.Key.Key_Return)
    assert bench.chain == ["input", "convolution_1", "max_pooling_1", "flatten_1", "dense_1", "output"]


def test_down_leads_to_the_list_and_enter_appends(bench: Bench) -> None:
    bench.search.setFocus()
    QTest.keyClicks(bench.search, "pool")
    QTest.keyClick(bench.search, Qt.Key.Key_Down)
    assert bench.tree.hasFocus()
    assert bench.tree.currentIndex().data(KIND) == "MaxPooling"
    QTest.keyClick(bench.tree, Qt.Key.Key_Down)
    QTest.keyClick(bench.tree, Qt.Key.Key_Return)
    assert "average_pooling_1" in bench.chain
    QTest.keyClick(bench.tree, Qt.Key.Key_Up)
    QTest.keyClick(bench.tree, Qt.Key.Key_Up)
    assert bench.search.hasFocus()


def test_typing_in_the_list_searches(bench: Bench) -> None:
    bench.tree.setFocus()
    QTest.keyClicks(bench.tree, "d")
    assert bench.search.hasFocus()
    assert bench.search.text() == "d"
    QTest.keyClicks(bench.search, "rop")
    assert next(i.data(KIND) for i in bench.rows()) == "Dropout"


def test_families_fold_by_mouse_and_keys(bench: Bench) -> None:
    row = next(i for i in bench.rows() if i.data(GROUP) == "Convolution")
    at = bench.tree.visualRect(row).center()
    assert bench.tree.isExpanded(row)
    QTest.mouseClick(bench.tree.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert not bench.tree.isExpanded(row)
    bench.tree.setFocus()
    bench.tree.setCurrentIndex(row)
    QTest.keyClick(bench.tree, Qt.Key.Key_Right)
    assert bench.tree.isExpanded(row)
    QTest.keyClick(bench.tree, Qt.Key.Key_Return)
    assert not bench.tree.isExpanded(row)
    assert bench.bridge.document.index == 0


def test_a_search_without_a_match_names_the_closest(bench: Bench) -> None:
    QTest.keyClicks(bench.search, "convlution")
    note = bench.panel.findChild(QLabel, "palette_note")
    assert note is not None
    assert note.isVisible()
    assert "convlution" in note.text()
    assert "Convolution" in [i.data() for i in bench.rows()]
    QTest.keyClick(bench.search, Qt.Key.Key_Escape)
    assert not note.isVisible()
    assert len(list(bench.rows())) > 20


def test_nonsense_finds_nothing_and_enter_adds_nothing(bench: Bench) -> None:
    QTest.keyClicks(bench.search, "qqqxxzz")
    assert list(bench.rows()) == []
    QTest.keyClick(bench.search, Qt.Key.Key_Return)
    assert bench.bridge.document.index == 0


def test_enter_without_a_search_adds_nothing(bench: Bench) -> None:
    QTest.keyClick(bench.search, Qt.Key.Key_Return)
    assert bench.bridge.document.index == 0


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("conv", "Convolution"),
        ("max pool", "MaxPooling"),
        ("global av", "GlobalAveragePooling"),
        ("CONCAT", "Concatenate"),
        ("pointwise", "Convolution"),
        ("upsampl", "Upsampling"),
    ],
)
def test_search_puts_the_best_match_first(words: str, kind: str) -> None:
    found = find_blocks(words, [spec for specs in groups().values() for spec in specs])
    assert found.exact
    assert found.blocks[0].kind == kind


@pytest.mark.parametrize("kind", [spec.kind for specs in groups().values() for spec in specs])
def test_every_block_is_found_by_its_own_title(kind: str) -> None:
    spec = catalogue()[kind]
    assert find_blocks(spec.title, [s for specs in groups().values() for s in specs]).blocks[0] is spec


def test_a_drag_carries_the_kind(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    carried: list[tuple[str, bool]] = []

    def exec_(drag: QDrag, actions: Qt.DropAction) -> Qt.DropAction:
        kind = bytes(drag.mimeData().data(MIME).data()).decode()
        carried.append((kind, drag.pixmap().isNull()))
        return actions

    monkeypatch.setattr(QDrag, "exec", exec_)
    at = bench.place("Max pooling")
    view = bench.tree.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    for step in (8, 16, 40):
        QTest.mouseMove(view, at + QPoint(step, 0))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at + QPoint(40, 0))
    assert carried == [("MaxPooling", False)]


def test_appending_without_a_selection_goes_before_the_output() -> None:
    bridge, selection = DocumentBridge(Document(experiment(*CHAIN))), Selection()
    assert append_block(bridge, selection, "Dropout") == "dropout_1"
    assert bridge.experiment.architecture.topology.order[-2:] == ("dropout_1", "output")


def test_appending_goes_behind_the_current_block_or_the_one_named() -> None:
    bridge, selection = DocumentBridge(Document(experiment(*RESIDUAL))), Selection()
    selection.select(["left"])
    append_block(bridge, selection, "Dropout")
    assert bridge.experiment.architecture.blocks["sum"].inputs == ("dropout_1", "right")
    append_block(bridge, selection, "Dropout", after="right")
    assert bridge.experiment.architecture.blocks["sum"].inputs == ("dropout_1", "dropout_2")


def test_appending_works_without_an_output_and_with_a_stale_selection() -> None:
    bridge, selection = DocumentBridge(Document(experiment(*CHAIN))), Selection()
    selection.select(["gone"])
    bridge.do(RemoveBlocks(ids=("output",)))
    append_block(bridge, selection, "Dense")
    assert bridge.experiment.architecture.blocks["dense_1"].inputs == ("flat",)


def test_a_refused_append_keeps_the_selection(qtbot: QtBot) -> None:
    bridge, selection = DocumentBridge(Document(experiment(*CHAIN))), Selection()
    selection.select(["conv"])
    with qtbot.waitSignal(bridge.refused):
        assert append_block(bridge, selection, "Output") is None
    assert selection.ids == ("conv",)


def test_the_panel_names_its_parts(bench: Bench) -> None:
    for widget in (bench.search, bench.tree):
        assert widget.accessibleName()
        assert widget.toolTip()
    bench.tree.selectionModel().setCurrentIndex(bench.row("Dropout"), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    assert "Dropout" in bench.row("Dropout").data(Qt.ItemDataRole.AccessibleTextRole)
