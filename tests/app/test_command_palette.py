"""The command palette: found by letters, run by keyboard and mouse, out of the way otherwise."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListView, QWidget

from cnnstudio.app.actions import TABLE
from cnnstudio.app.command_list import BARRED, BESIDE, KEYS
from cnnstudio.app.dialogs.questions import UnsavedQuestion
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import RECENT_COMMANDS, Preferences
from cnnstudio.app.theme import Mode, themes
from cnnstudio.app.worker_client import WorkerClient
from cnnstudio.core.catalogue import groups
from cnnstudio.core.document import Document
from cnnstudio.core.edits import RenameExperiment
from cnnstudio.core.formats.presets import presets, user_folder
from tests.helpers.canvas import Row, experiment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

FAKE = Path(__file__).parents[1] / "helpers" / "fake_worker.py"
KEY = Qt.Key
LEFT = Qt.MouseButton.LeftButton


class Desk:
    def __init__(self, qtbot: QtBot) -> None:
        themes.choose(Mode.LIGHT)
        self.preferences = Preferences()
        self.window = MainWindow(self.preferences, WorkerClient(command=(sys.executable, str(FAKE))))
        self.window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(self.window)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        self.canvas = self.window.design.canvas
        self.canvas.setFocus()

    def open(self) -> None:
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, KEY.Key_K, Qt.KeyboardModifier.ControlModifier)
        assert self.is_open()

    def is_open(self) -> bool:
        made = self.window.findChild(QWidget, "command_palette")
        return made is not None and made.isVisible()

    def part(self, name: str) -> QWidget:
        found = self.window.findChild(QWidget, name)
        assert found is not None, name
        return found

    @property
    def field(self) -> QLineEdit:
        found = self.part("command_search")
        assert isinstance(found, QLineEdit)
        return found

    @property
    def rows(self) -> QListView:
        found = self.part("command_list")
        assert isinstance(found, QListView)
        return found

    def type(self, text: str) -> None:
        self.field.selectAll()
        QTest.keyClicks(self.field, text)

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(self.field, key)

    def column(self, role: int = Qt.ItemDataRole.DisplayRole) -> list[object]:
        model = self.rows.model()
        return [model.index(row, 0).data(role) for row in range(model.rowCount())]

    def current(self) -> str:
        return str(self.rows.currentIndex().data())

    def run(self, text: str) -> None:
        self.open()
        self.type(text)
        self.press(KEY.Key_Return)

    def kinds(self) -> list[str]:
        return [block.spec.kind for block in self.window.bridge.experiment.architecture.blocks.values()]


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(qtbot)
    yield made
    made.window.bridge.mark_saved()
    made.window.worker.stop()


def test_it_is_not_built_before_it_is_wanted(desk: Desk) -> None:
    assert desk.window.findChild(QWidget, "command_palette") is None


def test_everything_is_on_offer(desk: Desk) -> None:
    desk.open()
    blocks = [spec for specs in groups().values() for spec in specs]
    assert len(desk.column()) == len(TABLE) - 1 + len(blocks) + len(presets())
    assert {"Save", "Go to Train", "Add max pooling", "Open preset U-Net on shapes"} <= set(desk.column())
    assert dict(zip(desk.column(), desk.column(KEYS), strict=True))["Save"] == "Ctrl+S"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("max pool", "Add max pooling"),
        ("drpout", "Add dropout"),
        ("u-net", "Open preset U-Net on shapes"),
        ("train", "Train"),
        ("dark", "Dark look"),
        ("keras scr", "Show Keras script"),
    ],
)
def test_a_few_letters_find_it(desk: Desk, text: str, first: str) -> None:
    desk.open()
    desk.type(text)
    assert desk.current() == first


def test_enter_adds_a_block_behind_the_selected_one_and_shows_it(desk: Desk) -> None:
    desk.window.selection.select(["convolution_1"])
    desk.window.show_data()
    desk.run("add dropout")
    assert not desk.is_open()
    assert desk.window.pages.name == "design"
    new = desk.window.selection.current
    architecture = desk.window.bridge.experiment.architecture
    assert architecture.blocks[new].spec.kind == "Dropout"
    assert architecture.blocks[new].inputs == ("convolution_1",)


def test_a_click_runs_the_row(desk: Desk) -> None:
    desk.open()
    desk.type("add")
    row = desk.column().index("Add dense")
    index = desk.rows.model().index(row, 0)
    desk.rows.scrollTo(index)
    before = desk.kinds().count("Dense")
    QTest.mouseClick(desk.rows.viewport(), LEFT, pos=desk.rows.visualRect(index).center())
    assert desk.kinds().count("Dense") == before + 1
    assert not desk.is_open()


def test_arrows_go_round_and_pages_stop_at_the_ends(desk: Desk) -> None:
    desk.open()
    last = desk.rows.model().rowCount() - 1
    desk.press(KEY.Key_Up)
    assert desk.rows.currentIndex().row() == last
    desk.press(KEY.Key_Down, KEY.Key_Down, KEY.Key_Tab)
    assert desk.rows.currentIndex().row() == 2
    desk.press(KEY.Key_Backtab, KEY.Key_PageUp)
    assert desk.rows.currentIndex().row() == 0
    desk.press(*[KEY.Key_PageDown] * 20)
    assert desk.rows.currentIndex().row() == last
    assert desk.field.hasFocus()
    assert desk.field.accessibleDescription().startswith(desk.current())


def test_what_cannot_be_done_says_why_and_is_not_run(desk: Desk) -> None:
    desk.open()
    desk.type("undo")
    assert desk.current() == "Undo"
    assert desk.rows.currentIndex().data(BARRED) is True
    assert desk.rows.currentIndex().data(BESIDE) == "Edit · nothing to undo"
    desk.press(KEY.Key_Return)
    assert desk.is_open()
    assert desk.preferences.recent_commands == []
    assert desk.window.bridge.do(RenameExperiment(name="Other"))
    assert desk.rows.currentIndex().data(BARRED) is False
    desk.press(KEY.Key_Return)
    assert not desk.is_open()
    assert not desk.window.bridge.document.is_modified


def test_every_action_that_is_barred_knows_the_reason(desk: Desk) -> None:
    barred = [spec.id for spec in TABLE if not desk.window.actions_table[spec.id].isEnabled()]
    assert {"undo", "redo", "run_export", "stop"} <= set(barred)
    assert [spec.id for spec in TABLE if spec.id in barred and not spec.why] == []


def test_the_recently_used_come_first_and_outlive_the_window(desk: Desk) -> None:
    desk.run("add dropout")
    desk.run("tidy")
    desk.open()
    assert desk.column()[:2] == ["Tidy", "Add dropout"]
    assert str(desk.column(BESIDE)[0]).endswith("recently used")
    desk.press(KEY.Key_Escape)
    desk.preferences.save()
    assert Preferences().recent_commands == ["action:tidy", "block:Dropout"]
    for number in range(9):
        desk.preferences.add_recent_command(f"action:{number}")
    assert len(desk.preferences.recent_commands) == RECENT_COMMANDS


def test_escape_and_the_same_shortcut_close_it_and_give_the_focus_back(desk: Desk) -> None:
    for close in (KEY.Key_Escape, None):
        desk.open()
        assert desk.field.hasFocus()
        desk.type("pool")
        if close is None:
            QTest.keyClick(desk.field, KEY.Key_K, Qt.KeyboardModifier.ControlModifier)
        else:
            desk.press(close)
        assert not desk.is_open()
        assert desk.canvas.hasFocus()
    desk.open()
    assert desk.field.text() == ""


def test_a_click_beside_it_and_the_loss_of_focus_close_it(desk: Desk) -> None:
    desk.open()
    QTest.mouseClick(desk.part("command_palette"), LEFT, pos=QPoint(20, 600))
    assert not desk.is_open()
    desk.open()
    other = desk.part("palette_search")
    other.setFocus()
    assert not desk.is_open()
    assert other.hasFocus()


def test_it_opens_from_a_field_and_stays_inside_a_narrow_window(desk: Desk) -> None:
    desk.part("palette_search").setFocus()
    desk.open()
    desk.window.resize(desk.window.minimumSizeHint())
    frame = desk.field.parentWidget()
    assert frame is not None
    assert desk.window.rect().contains(frame.geometry())
    assert abs(frame.geometry().center().x() - desk.window.rect().center().x()) <= 1


def test_nothing_found_says_so_and_enter_does_nothing(desk: Desk) -> None:
    desk.open()
    desk.type("qqqq")
    note = desk.part("command_note")
    assert isinstance(note, QLabel)
    assert note.isVisible()
    assert note.text() == 'No command matches "qqqq". Try a shorter word.'
    desk.press(KEY.Key_Down, KEY.Key_Up, KEY.Key_Return)
    assert desk.is_open()


def test_a_preset_opens_and_unsaved_work_is_asked_about_first(desk: Desk) -> None:
    desk.run("preset u-net")
    assert desk.window.bridge.experiment.name == "U-Net on shapes"
    assert desk.window.bridge.do(RenameExperiment(name="Mine"))
    desk.run("preset lenet")
    question = desk.window.findChild(UnsavedQuestion)
    assert question is not None
    question.reject()
    assert desk.window.bridge.experiment.name == "Mine"


def test_a_preset_that_cannot_be_read_says_why(desk: Desk) -> None:
    user_folder().mkdir(parents=True)
    (user_folder() / "broken.json").write_text("{", encoding="utf-8")
    desk.open()
    desk.type("preset broken")
    assert desk.rows.currentIndex().data(BARRED) is True
    assert "broken.json" in str(desk.rows.currentIndex().data(Qt.ItemDataRole.ToolTipRole))
    desk.press(KEY.Key_Return)
    assert desk.is_open()


def test_its_parts_are_named(desk: Desk) -> None:
    desk.open()
    for part in (desk.field, desk.rows):
        assert part.objectName()
        assert part.accessibleName()
        assert part.toolTip()


def test_fixes_of_the_current_block_come_first_and_are_shown_before_they_are_made(qtbot: QtBot, desk: Desk) -> None:
    skip: tuple[Row, ...] = (
        ("input", "Input", "", {}),
        ("conv", "Convolution", "input", {"filters": 8}),
        ("add_1", "Add", "conv input", {}),
        ("pool", "GlobalAveragePooling", "add_1", {}),
        ("output", "Output", "pool", {}),
    )
    bridge = desk.window.bridge
    bridge.open(Document(experiment(*skip)))
    desk.open()
    assert not [c for c in desk.column() if str(c).startswith("Fix")], "none of a block that is not selected"
    desk.press(KEY.Key_Escape)
    desk.window.selection.select(["add_1"])
    desk.open()
    fixes = bridge.diagnostics[0].fixes
    assert desk.column()[: len(fixes)] == [f"Fix: {f.label}" for f in fixes]
    assert desk.column(BESIDE)[0] == "add_1 gives 8 × 8 × 8 · + 16 parameters"
    desk.press(KEY.Key_Down, KEY.Key_Up)
    qtbot.waitUntil(lambda: bridge.fix_preview.shown is fixes[0])
    assert "convolution_1" in desk.canvas.board.cards
    desk.press(KEY.Key_Escape)
    qtbot.waitUntil(lambda: bridge.fix_preview.shown is None)
    assert "convolution_1" not in desk.canvas.board.cards
    assert not bridge.document.can_undo
    desk.open()
    desk.type("fix put")
    qtbot.waitUntil(lambda: bridge.fix_preview.shown is fixes[0])
    desk.press(KEY.Key_Return)
    assert "convolution_1" in bridge.experiment.architecture.blocks
    assert bridge.document.index == 1
