"""The Code tab: always the script of the experiment as it stands, or a sentence why there is none."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from cnnstudio.app.panels import code
from cnnstudio.app.panels.code import CodePanel, file_stem
from cnnstudio.app.selection import Selection
from cnnstudio.app.theme import Role
from cnnstudio.app.theme.theme import DARK, LIGHT, Theme, themes
from cnnstudio.core.code.notebook import notebook
from cnnstudio.core.code.source import script
from cnnstudio.core.data.facts import Facts
from cnnstudio.core.data.files import ImageFolder
from cnnstudio.core.edits import InsertBlock, MoveBlocks, RenameExperiment, SetData, SetParameters
from cnnstudio.core.recipe import DataRecipe
from tests.helpers.designs import bridge_of, spec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtGui import QColor, QTextBlock
    from pytestqt.qtbot import QtBot


class Desk:
    def __init__(self, qtbot: QtBot) -> None:
        self.bridge = bridge_of(
            ("first", spec("Convolution", filters=8)),
            ("norm", spec("ConvNormActivation")),
            ("pool", spec("GlobalAveragePooling")),
        )
        self.selection = Selection(self.bridge)
        self.panel = CodePanel(self.bridge, self.selection)
        self.panel.resize(700, 200)
        qtbot.addWidget(self.panel)
        self.panel.show()

    def text(self) -> str:
        return self.panel.code.toPlainText()

    def marked(self) -> list[str]:
        selections: list[Any] = self.panel.code.extraSelections()
        return [s.cursor.block().text() for s in selections]


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def test_it_shows_the_script(desk: Desk) -> None:
    assert desk.text() == script(desk.bridge.experiment)
    ast.parse(desk.text())


def test_it_follows_edits_and_undo_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "FRAME_MS", 1e9)
    before = desk.text()
    for filters in (77, 7, 177):
        desk.bridge.do(SetParameters(id="first", values={"filters": filters}))
        assert desk.text() == script(desk.bridge.experiment)
    desk.bridge.do(InsertBlock(spec=spec("MaxPooling"), id="new", source="first", target="norm"))
    assert desk.text() == script(desk.bridge.experiment)
    while desk.bridge.document.can_undo:
        desk.bridge.undo()
        assert desk.text() == script(desk.bridge.experiment)
    assert desk.text() == before


def test_a_script_that_takes_longer_waits_until_a_burst_of_edits_is_over(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "FRAME_MS", -1)
    before = desk.text()
    desk.bridge.do(SetParameters(id="first", values={"filters": 77}))
    assert desk.text() == before
    qtbot.waitUntil(lambda: "77" in desk.text())
    assert desk.text() == script(desk.bridge.experiment)


def test_only_what_differs_is_written(desk: Desk) -> None:
    document = desk.panel.code.document()
    spy = QSignalSpy(document.contentsChange)
    desk.bridge.do(SetParameters(id="first", values={"filters": 77}))
    assert spy.count()
    assert sum(removed + added for _, removed, added in (spy.at(n) for n in range(spy.count()))) < 300
    assert desk.text() == script(desk.bridge.experiment)
    desk.bridge.do(RenameExperiment(name="\U0001f600 two cells of UTF-16"))
    desk.bridge.do(SetParameters(id="first", values={"filters": 7}))
    assert desk.text() == script(desk.bridge.experiment)


def test_the_place_in_the_text_is_kept(qtbot: QtBot, desk: Desk) -> None:
    bar = desk.panel.code.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    place = bar.value()
    assert place > 0
    desk.bridge.do(SetParameters(id="first", values={"filters": 77}))
    qtbot.waitUntil(lambda: "77" in desk.text())
    assert bar.value() == place


def test_errors_take_the_code_away(qtbot: QtBot, desk: Desk) -> None:
    desk.bridge.do(SetParameters(id="first", values={"groups": 3}))
    qtbot.waitUntil(desk.panel.broken.isVisible)
    assert desk.text() == ""
    assert "No script while there is 1 error." in desk.panel.broken.sentence.text()
    assert desk.bridge.diagnostics[0].message in desk.panel.broken.sentence.text()
    assert not desk.panel.copy.isEnabled()
    assert not desk.panel.save.isEnabled()
    desk.bridge.undo()
    qtbot.waitUntil(desk.panel.code.isVisible)
    assert desk.text() == script(desk.bridge.experiment)
    assert desk.panel.copy.isEnabled()


def test_the_lines_of_the_selected_block_are_marked_and_in_sight(desk: Desk) -> None:
    desk.selection.select(["norm"])
    lines = desk.marked()
    assert any("BatchNormalization" in line for line in lines)
    assert any("norm" in line for line in lines)
    assert not any('"first"' in line for line in lines)
    first = desk.panel.code.firstVisibleBlock().blockNumber()
    shown = [_line(desk, n) for n in range(first, first + 12)]
    assert any("BatchNormalization" in line for line in shown)
    desk.selection.select(["first", "pool"])
    assert any("GlobalAveragePooling2D" in line for line in desk.marked())
    assert any("Conv2D" in line for line in desk.marked())
    desk.selection.select([])
    assert desk.marked() == []


def _line(desk: Desk, number: int) -> str:
    return str(desk.panel.code.document().findBlockByNumber(number).text())


def test_copy(desk: Desk) -> None:
    QTest.mouseClick(desk.panel.copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == desk.text()
    assert desk.panel.said.text() == "Copied."


def test_save(qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def choose(parent: object, title: str, start: str, kinds: str) -> tuple[str, str]:
        asked.append(os.path.basename(start))
        return (str(tmp_path / "script"), kinds)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    desk.bridge.do(RenameExperiment(name="LeNet on digits"))
    qtbot.waitUntil(lambda: "LeNet on digits" in desk.text())
    QTest.mouseClick(desk.panel.save, Qt.MouseButton.LeftButton)
    assert asked == ["lenet_on_digits.py"]
    assert (tmp_path / "script.py").read_text(encoding="utf-8") == desk.text()
    assert desk.panel.said.text() == "Saved as script.py."


def test_a_script_of_own_files_says_where_its_samples_come_from(desk: Desk, tmp_path: Path) -> None:
    facts = Facts(20, (8, 8, 1), classes=("a", "b"), fingerprint="f")
    desk.bridge.do(SetData(recipe=DataRecipe(source=ImageFolder(path="somewhere").found(facts))))
    desk.panel.save_to(tmp_path / "script.py")
    text = (tmp_path / "script.py").read_text(encoding="utf-8")
    name = text.split('DATA = "')[1].split('"')[0]
    told = f'Saved as script.py. Its samples, {name}, are written by "cnnstudio code" with --out.'
    assert desk.panel.said.text() == told


def test_a_failed_save_is_said(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "taken.py").mkdir()
    desk.panel.save_to(tmp_path / "taken.py")
    assert desk.panel.said.text().startswith("taken.py could not be saved: ")


@pytest.mark.parametrize(("name", "stem"), [("LeNet on digits", "lenet_on_digits"), ("../..", "model"), ("Ü 2", "2")])
def test_file_stems(name: str, stem: str) -> None:
    assert file_stem(name) == stem


def test_hidden_it_writes_nothing_and_catches_up(desk: Desk) -> None:
    before = desk.text()
    desk.panel.hide()
    desk.bridge.do(SetParameters(id="first", values={"filters": 77}))
    assert not desk.panel._soon.isActive(), "nothing is owed to the clock"
    assert desk.text() == before
    desk.panel.show()
    assert desk.text() == script(desk.bridge.experiment)


def test_hidden_in_the_middle_of_a_burst_it_is_up_to_date_when_shown(desk: Desk) -> None:
    desk.bridge.do(SetParameters(id="first", values={"filters": 77}))
    desk.panel.hide()
    desk.panel.show()
    assert desk.text() == script(desk.bridge.experiment)


def test_a_move_on_the_canvas_touches_no_line(desk: Desk) -> None:
    spy = QSignalSpy(desk.panel.code.document().contentsChange)
    desk.bridge.do(MoveBlocks(positions={"first": (50.0, 70.0)}))
    assert spy.count() == 0


def click_line(desk: Desk, holds: str, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Click into the first line that holds this."""
    text = desk.panel.code
    number = next(n for n, line in enumerate(desk.text().splitlines()) if holds in line)
    text.verticalScrollBar().setValue(max(0, number - 2))
    place = text.cursorRect(QTextCursor(text.document().findBlockByNumber(number))).center()
    QTest.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, modifier, place + QPoint(30, 0))


def test_a_click_on_a_line_selects_its_block(desk: Desk) -> None:
    click_line(desk, 'name="pool"')
    assert desk.selection.ids == ("pool",)
    assert any('name="pool"' in line for line in desk.marked())
    click_line(desk, "BatchNormalization")
    assert desk.selection.ids == ("norm",)
    click_line(desk, "import numpy")
    assert desk.selection.ids == ("norm",), "no block stands there"


def test_a_click_with_shift_selects_the_blocks_between(desk: Desk) -> None:
    click_line(desk, 'name="first"')
    click_line(desk, 'name="pool"', Qt.KeyboardModifier.ShiftModifier)
    assert desk.selection.ids == ("first", "norm", "pool")
    assert desk.selection.current == "pool"
    click_line(desk, 'name="pool"')
    click_line(desk, 'name="first"', Qt.KeyboardModifier.ShiftModifier)
    assert desk.selection.ids == ("pool", "norm", "first")


def test_arrow_keys_walk_from_block_to_block(desk: Desk) -> None:
    desk.selection.select(["first"])
    desk.panel.activateWindow()
    desk.panel.code.setFocus()
    seen = []
    for _ in range(6):
        QTest.keyClick(desk.panel.code, Qt.Key.Key_Down)
        seen.append(desk.selection.ids)
    assert seen[0] == ("norm",)
    assert ("pool",) in seen
    QTest.keyClick(desk.panel.code, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert len(desk.selection.ids) in (1, 2)
    assert desk.panel.code.isReadOnly()


def test_an_edit_while_the_caret_stands_in_the_script_selects_nothing_else(desk: Desk) -> None:
    click_line(desk, 'name="pool"')
    desk.bridge.do(InsertBlock(spec=spec("MaxPooling"), id="new", source="first", target="norm"))
    assert desk.selection.ids == ("pool",)
    desk.bridge.undo()
    assert desk.selection.ids == ("pool",)
    assert any('name="pool"' in line for line in desk.marked())


def test_a_notebook_is_saved_as_one(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def choose(parent: object, title: str, start: str, kinds: str) -> tuple[str, str]:
        asked.append((os.path.basename(start), kinds))
        return (str(tmp_path / "book"), kinds)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    QTest.mouseClick(desk.panel.save_notebook, Qt.MouseButton.LeftButton)
    assert asked == [("trial.ipynb", "Jupyter notebooks (*.ipynb)")]
    assert (tmp_path / "book.ipynb").read_text(encoding="utf-8") == notebook(desk.bridge.experiment)
    assert desk.panel.said.text() == "Saved as book.ipynb."
    desk.panel.save_to(tmp_path / "other.py", ".ipynb")
    assert (tmp_path / "other.py").read_text(encoding="utf-8") == desk.text()


@pytest.fixture
def looks() -> Iterator[None]:
    sheet = QApplication.instance()
    assert isinstance(sheet, QApplication)
    before = sheet.styleSheet()
    yield
    themes.use(LIGHT)
    sheet.setStyleSheet(before)


def colors(block: QTextBlock) -> dict[str, str]:
    """Piece of the line -> its colour."""
    text = block.text()
    return {text[f.start : f.start + f.length]: f.format.foreground().color().name() for f in block.layout().formats()}


@pytest.mark.usefixtures("looks")
def test_the_highlighting_follows_the_theme(desk: Desk) -> None:
    def line(holds: str) -> QTextBlock:
        block = desk.panel.code.document().begin()
        while block.isValid() and holds not in block.text():
            block = block.next()
        return block

    seen = {}
    for look in (LIGHT, DARK):
        themes.use(look)
        first = colors(desk.panel.code.document().firstBlock())
        assert list(first) == [desk.panel.code.document().firstBlock().text()], "a docstring is one string"
        assert "import" in colors(line("import keras"))
        layer = colors(line("layers.Conv2D"))
        assert "Conv2D" in layer
        seen[look.name] = layer["Conv2D"]
    assert seen["Light"] != seen["Dark"]


@pytest.mark.usefixtures("looks")
@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_code_can_be_read(desk: Desk, look: Theme) -> None:
    """Contrast of at least 4.5 to 1 on the page and on marked lines."""
    themes.use(look)
    for made in desk.panel.code.highlighter._formats.values():
        for ground in (Role.SURFACE, Role.SELECTION):
            assert contrast(made.foreground().color(), look.color(ground)) >= 4.5


def contrast(a: QColor, b: QColor) -> float:
    """As of WCAG 2."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: QColor) -> float:
    parts = (color.redF(), color.greenF(), color.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
