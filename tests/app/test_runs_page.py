"""The Runs page in the window, by mouse and keys: choosing, finding, sorting, noting, deleting, opening, going on."""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QMessageBox, QPushButton, QSlider, QToolButton, QWidget

from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.runs.columns import BEST, COLUMNS, NAME, TITLES
from cnnstudio.app.runs.comparison.lines import Against, Choice, Part, choice_from
from cnnstudio.app.runs.view import RunsView
from cnnstudio.app.theme import Mode, themes
from cnnstudio.core import tables
from cnnstudio.core.formats.run_folder import write_record
from cnnstudio.core.formats.run_index import read_run
from cnnstudio.core.formats.run_notes import RunNotes, read_notes, write_notes
from cnnstudio.core.formats.storage import runs_folder
from cnnstudio.wire.messages import EpochEnd, Progress, ResumeRun, RunEnded, StartRun
from tests.helpers.recording import RecordingWorker
from tests.helpers.runs import digits, make_run
from tests.helpers.started import run_started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from cnnstudio.app.runs.library import RunLibrary

LEFT = Qt.MouseButton.LeftButton
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


class Desk:
    """The window with the Runs page in front."""

    def __init__(self, qtbot: QtBot) -> None:
        themes.choose(Mode.LIGHT)
        self.bot = qtbot
        self.worker = RecordingWorker()
        self.window = MainWindow(Preferences(), self.worker)
        self.window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(self.window)
        self.window.resize(1280, 800)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        QTest.keyClick(self.window, Qt.Key.Key_5, CTRL)
        found = self.window.findChild(RunsView)
        assert found is not None
        self.view = found
        self.table = self.view.panel.table
        qtbot.waitUntil(lambda: self.library.has_looked and not self.library.is_looking)

    @property
    def library(self) -> RunLibrary:
        return self.window.runs.library

    @property
    def titles(self) -> list[str]:
        return [run.title for run in self.table.runs.shown]

    @property
    def chosen(self) -> list[str]:
        return [run.title for run in self.window.runs.chosen]

    def cell(self, title: str, column: str) -> str:
        return self.table.runs.text(self.titles.index(title), TITLES.index(column))

    def place(self, title: str, column: int = NAME) -> QPoint:
        return self.table.visualRect(self.table.runs.index(self.titles.index(title), column)).center()

    def click(self, title: str, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseClick(self.table.viewport(), LEFT, keys, self.place(title))

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key, keys)

    def sort(self, column: int) -> list[str]:
        header = self.table.horizontalHeader()
        place = header.viewport().rect().center()
        place.setX(header.sectionViewportPosition(column) + 20)
        QTest.mouseClick(header.viewport(), LEFT, pos=place)
        return self.titles

    def look_for(self, text: str) -> list[str]:
        QTest.keyClick(self.window, Qt.Key.Key_F, CTRL)
        field = self.view.panel.filter
        self.bot.waitUntil(field.hasFocus)
        if text:
            QTest.keyClicks(field, text)
        else:
            QTest.keyClick(field, Qt.Key.Key_Delete)
        return self.titles

    def message(self) -> str:
        return self.window.messages.texts[-1]

    def press(self, name: str) -> None:
        button = next(b for b in self.window.findChildren(QPushButton, name) if b.isVisible())
        QTest.mouseClick(button, LEFT)


@pytest.fixture
def desk(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Desk]:
    """Four runs of two experiments; the trash is the test's own."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    runs = runs_folder()
    make_run(runs, "Alpha", number=0, accuracy=0.91)
    make_run(runs, "Beta", number=1, accuracy=0.85, status="STOPPED", done=2, checkpoint=True)
    make_run(runs, "Gamma", number=2, accuracy=0.98, status="FAILED", done=1, message="The loss is not finite.")
    noted = make_run(runs, "Delta", number=3, status="FINISHED", done=0)
    write_notes(noted, RunNotes(tags=("paper",), note="With the new split"))
    made = Desk(qtbot)
    yield made
    made.window.bridge.mark_saved()
    made.window.close()


def test_runs_are_shown_the_newest_first_and_the_newest_is_chosen(desk: Desk) -> None:
    assert desk.window.pages.name == "runs"
    assert desk.titles == ["Delta", "Gamma", "Beta", "Alpha"]
    assert desk.chosen == ["Delta"]
    assert desk.cell("Alpha", "Best") == "91.0 %"
    assert desk.table.runs.headerData(BEST, Qt.Orientation.Horizontal) == "Best accuracy"
    assert desk.cell("Beta", "State") == "Stopped"
    assert desk.cell("Beta", "Epochs") == "2 of 3"
    assert desk.cell("Delta", "Best") == "–"
    for row in range(4):
        for column in range(len(COLUMNS)):
            index = desk.table.runs.index(row, column)
            assert isinstance(index.data(), str)
            assert index.data(Qt.ItemDataRole.ToolTipRole)
    rows_are_copied_for_other_programs(desk)


def rows_are_copied_for_other_programs(desk: Desk) -> None:
    desk.table.copy_as(next(form for form in tables.FORMS if form.plain))
    rows = list(csv.DictReader(io.StringIO(QApplication.clipboard().text())))
    assert [row["Name"] for row in rows] == desk.titles
    assert float(rows[-1]["Best accuracy"]) == 0.91
    assert float(rows[-1]["Time (s)"]) == 6.0
    desk.click("Alpha")
    desk.key(Qt.Key.Key_C, CTRL)
    copied = QApplication.clipboard().text().splitlines()[1].split("\t")
    assert (copied[0], copied[2]) == ("Alpha", "Finished")


def test_headings_sort_and_what_is_not_known_stays_last(desk: Desk) -> None:
    assert desk.sort(BEST) == ["Beta", "Alpha", "Gamma", "Delta"]
    assert desk.sort(BEST) == ["Gamma", "Alpha", "Beta", "Delta"]
    assert desk.sort(NAME) == ["Alpha", "Beta", "Delta", "Gamma"]
    desk.click("Beta")
    assert desk.sort(NAME) == ["Gamma", "Delta", "Beta", "Alpha"]
    assert desk.chosen == ["Beta"]
    assert desk.sort(NAME) == ["Delta", "Gamma", "Beta", "Alpha"]  # the third click: the newest first again


def test_keys_go_from_run_to_run_and_the_page_begins_with_the_table(desk: Desk) -> None:
    assert desk.table.hasFocus()
    QTest.keyClick(desk.window, Qt.Key.Key_1, CTRL)
    QTest.keyClick(desk.window, Qt.Key.Key_5, CTRL)
    assert desk.table.hasFocus()
    desk.window.resize(900, 800)
    bar = desk.table.horizontalScrollBar()
    desk.bot.waitUntil(lambda: bar.maximum() > 0)
    for key, row in ((Qt.Key.Key_End, "Alpha"), (Qt.Key.Key_Home, "Delta"), (Qt.Key.Key_Down, "Gamma")):
        desk.key(key)
        assert (desk.chosen, bar.value()) == ([row], 0), "no key leaves the names for the last column"
    desk.key(Qt.Key.Key_Right)
    assert desk.chosen == ["Gamma"]
    assert bar.value() > 0
    desk.key(Qt.Key.Key_Left)
    assert bar.value() == 0
    desk.key(Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    assert desk.chosen == ["Gamma", "Beta", "Alpha"]


def test_keys_leave_the_filter_for_the_rows(desk: Desk) -> None:
    field = desk.view.panel.filter
    assert desk.look_for("alp") == ["Alpha"]
    desk.key(Qt.Key.Key_Down)
    assert desk.table.hasFocus()
    desk.look_for("bet")
    desk.key(Qt.Key.Key_Escape)
    assert (field.text(), field.hasFocus(), len(desk.titles)) == ("", True, 4)
    desk.key(Qt.Key.Key_Escape)
    assert desk.table.hasFocus()


def test_words_states_and_tags_find_runs(desk: Desk) -> None:
    assert desk.look_for("new split") == ["Delta"]
    assert desk.look_for("finite failed") == ["Gamma"]
    assert desk.look_for("nothing like it") == []
    assert desk.view.panel.empty.isVisible()
    desk.press("runs_no_match_action")
    assert len(desk.titles) == 4
    panel = desk.view.panel
    panel.states.setFocus()
    QTest.keyClicks(panel.states, "Stopped")
    assert desk.titles == ["Beta"]
    assert panel.totals.text() == "1 of 4 runs"
    QTest.keyClick(panel.states, Qt.Key.Key_Home)
    panel.tags.setFocus()
    QTest.keyClick(panel.tags, Qt.Key.Key_Down)
    assert desk.titles == ["Delta"]
    panel.show_all()
    desk.click("Alpha")  # a choice outlives the filter
    desk.click("Beta", CTRL)
    assert desk.chosen == ["Beta", "Alpha"]
    desk.look_for("gamma")
    assert desk.chosen == []
    desk.look_for("")
    assert desk.chosen == ["Beta", "Alpha"]


def test_a_run_is_renamed_in_its_place(desk: Desk) -> None:
    desk.click("Alpha")
    desk.key(Qt.Key.Key_F2)
    editor = desk.table.viewport().findChild(QLineEdit)
    assert editor is not None
    make_run(runs_folder(), "Newer", number=9)
    desk.library.refresh()
    desk.bot.waitUntil(lambda: desk.library.runs[0].title == "Newer")
    assert editor.isVisible()  # a run that comes does not take the field away
    editor.selectAll()
    QTest.keyClicks(editor, "  Base  line ")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    desk.bot.waitUntil(lambda: desk.titles == ["Newer", "Delta", "Gamma", "Beta", "Base line"])
    assert desk.window.pages.name == "runs"  # Enter in the field opened nothing
    assert desk.chosen == ["Base line"]
    desk.bot.waitUntil(desk.table.hasFocus)
    desk.key(Qt.Key.Key_F2)
    again = QApplication.focusWidget()
    assert isinstance(again, QLineEdit)
    again.selectAll()
    QTest.keyClick(again, Qt.Key.Key_Delete)
    QTest.keyClick(again, Qt.Key.Key_Return)
    desk.bot.waitUntil(lambda: desk.titles[-1] == "Alpha")


def test_tags_are_given_to_all_that_are_chosen(desk: Desk) -> None:
    desk.click("Delta")
    desk.click("Gamma", CTRL)
    desk.key(Qt.Key.Key_T, CTRL)
    field = desk.view.details.tags
    assert field.hasFocus()
    assert field.text() == ""  # no tag that both have
    QTest.keyClicks(field, "sweep, Late")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert desk.cell("Delta", "Tags") == "Late, paper, sweep"
    assert desk.cell("Gamma", "Tags") == "Late, sweep"
    field.setText("sweep")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert desk.cell("Delta", "Tags") == "paper, sweep"
    assert [desk.view.panel.tags.itemText(n) for n in range(3)] == ["All tags", "paper", "sweep"]


def test_tags_for_many_runs_are_told_once(desk: Desk) -> None:
    for number in range(8):
        make_run(runs_folder(), f"More {number}", number=10 + number)
    desk.library.refresh()
    desk.bot.waitUntil(lambda: len(desk.titles) == 12)
    desk.table.setFocus()
    desk.key(Qt.Key.Key_A, CTRL)
    told: list[None] = []
    desk.window.runs.chosen_changed.connect(partial(told.append, None))
    desk.key(Qt.Key.Key_T, CTRL)
    QTest.keyClicks(desk.view.details.tags, "many")
    desk.key(Qt.Key.Key_Return)
    assert all("many" in run.notes.tags for run in desk.library.runs)
    assert len(desk.chosen) == 12
    assert len(told) < 4, "once for each run would take seconds with hundreds"


def test_a_note_is_kept_for_the_run_it_was_typed_for(desk: Desk) -> None:
    desk.click("Alpha")
    note = desk.view.details.note
    note.setFocus()
    QTest.keyClicks(note, "Good start")
    desk.click("Beta")
    runs = {run.title: run for run in desk.library.runs}
    assert read_notes(runs["Alpha"].folder).note == "Good start"
    assert read_notes(runs["Beta"].folder).note == ""
    assert note.toPlainText() == ""
    desk.click("Alpha")
    assert note.toPlainText() == "Good start"
    desk.click("Gamma")
    QTest.keyClicks(note, "Last words")
    desk.window.close()  # while it is being typed
    assert read_notes(runs["Gamma"].folder).note == "Last words"


def test_notes_that_cannot_be_written_are_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import cnnstudio.app.runs.commands as module

    def full(folder: Path, notes: RunNotes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_notes", full)
    desk.click("Alpha")
    desk.key(Qt.Key.Key_T, CTRL)
    QTest.keyClicks(desk.view.details.tags, "lost")
    QTest.keyClick(desk.view.details.tags, Qt.Key.Key_Return)
    assert "No space left on device" in desk.message()
    assert str(desk.window.runs.chosen[0].folder) in desk.message()


def test_deleted_runs_go_to_the_trash_and_come_back(desk: Desk) -> None:
    desk.click("Gamma")
    desk.click("Beta", CTRL)
    folders = [run.folder for run in desk.window.runs.chosen]
    desk.key(Qt.Key.Key_Delete)
    assert not any(folder.exists() for folder in folders)
    assert desk.titles == ["Delta", "Alpha"]
    assert desk.chosen == ["Alpha"]  # what has come in their place
    assert desk.message() == "2 runs are in the trash."
    button = desk.window.findChild(QPushButton, "message_put_back")
    assert button is not None
    button.setFocus(Qt.FocusReason.TabFocusReason)
    desk.key(Qt.Key.Key_Space)
    assert desk.table.hasFocus(), "the keys are where they were before the message"
    assert desk.titles == ["Delta", "Gamma", "Beta", "Alpha"]
    assert desk.chosen == ["Gamma", "Beta"]
    assert all(read_run(folder).title in desk.titles for folder in folders)


def test_without_a_trash_the_person_is_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import cnnstudio.app.runs.commands as module

    monkeypatch.setattr(module, "to_trash", lambda folder: None)
    desk.click("Gamma")
    folder = desk.window.runs.chosen[0].folder
    for answer, left in (("keep", True), ("delete", False)):
        QTest.keyClick(desk.table, Qt.Key.Key_Delete)
        question = desk.window.findChild(QMessageBox, "delete_question")
        assert question is not None
        button = question.findChild(QPushButton, f"delete_question_{answer}")
        assert button is not None
        QTest.mouseClick(button, LEFT)
        desk.bot.waitUntil(lambda: not desk.window.findChildren(QMessageBox, "delete_question"))
        assert folder.exists() is left
        desk.window.activateWindow()
        desk.bot.waitUntil(desk.table.hasFocus)
    assert desk.titles == ["Delta", "Beta", "Alpha"]


def test_a_run_under_way_is_not_deleted(desk: Desk) -> None:
    make_run(runs_folder(), "Busy", number=8, status="RUNNING", done=1, alive=True)
    desk.window.actions_table["run_refresh"].trigger()
    desk.bot.waitUntil(lambda: "Busy" in desk.titles)
    assert desk.cell("Busy", "State") == "Training, 33 %"
    desk.click("Busy")
    assert not desk.window.actions_table["run_delete"].isEnabled()
    desk.key(Qt.Key.Key_Delete)
    assert "Busy" in desk.titles
    folders_that_are_no_runs_are_said(desk)


def folders_that_are_no_runs_are_said(desk: Desk) -> None:
    odd = runs_folder() / "odd"
    odd.mkdir()
    (odd / "state.json").write_text("{")
    desk.window.actions_table["run_refresh"].trigger()
    desk.bot.waitUntil(desk.view.panel.unreadable.isVisible)
    assert desk.view.panel.unreadable.text().startswith("1 folder is no readable run.")
    assert len(desk.titles) == 5


def test_enter_opens_the_experiment_and_a_run_from_it_knows_its_parent(desk: Desk) -> None:
    desk.click("Alpha")
    QTest.mouseDClick(desk.table.viewport(), LEFT, NONE, desk.place("Alpha"))
    assert desk.window.bridge.experiment.name == "Alpha"
    QTest.keyClick(desk.window, Qt.Key.Key_5, CTRL)
    desk.click("Alpha")
    assert not desk.window.actions_table["run_resume"].isEnabled()
    desk.click("Beta")
    parent = desk.window.runs.chosen[0].id
    desk.key(Qt.Key.Key_Return)
    assert desk.window.pages.name == "design"
    assert desk.window.bridge.experiment.architecture == digits().architecture
    assert desk.window.bridge.document.path is None  # saving asks where: the run keeps its own
    QTest.keyClick(desk.window, Qt.Key.Key_F5)
    (first,) = desk.worker.all(StartRun)
    assert first.parent == parent
    desk.worker.arrive(RunEnded(first.run, "finished", first.directory, 1, 1.0, {}))
    QTest.keyClick(desk.window, Qt.Key.Key_F5)
    assert desk.worker.all(StartRun)[-1].parent == first.run


def test_the_menu_offers_what_can_be_done_and_a_run_that_broke_off_goes_on(desk: Desk) -> None:
    desk.click("Beta")
    place = desk.place("Beta")
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, desk.table.viewport().mapToGlobal(place))
    QApplication.sendEvent(desk.table.viewport(), event)
    menu = desk.window.findChild(QMenu, "runs_menu")
    assert menu is not None
    offered = {a.text(): a.isEnabled() for a in menu.actions() if a.text()}
    assert offered["Resume"]
    assert offered["Train 10 more epochs"]
    menu.close()
    folder = desk.window.runs.chosen[0].folder
    button = desk.window.findChild(QToolButton, "details_run_resume")
    assert button is not None
    QTest.mouseClick(button, LEFT)
    (command,) = desk.worker.all(ResumeRun)
    assert Path(command.directory) == folder
    assert desk.window.pages.name == "train"


def test_the_run_under_way_is_followed(desk: Desk) -> None:
    QTest.keyClick(desk.window, Qt.Key.Key_F5)
    (start,) = desk.worker.all(StartRun)
    folder = Path(start.directory)
    made = make_run(runs_folder(), "Live", number=30, status="RUNNING", done=0, alive=True)
    folder.rmdir()
    made.rename(folder)
    desk.worker.arrive(run_started(start.run, start.directory, name="Live"))
    QTest.keyClick(desk.window, Qt.Key.Key_5, CTRL)
    desk.bot.waitUntil(lambda: "Live" in desk.titles)
    assert desk.cell("Live", "State") == "Training, 0 %"
    metrics = {"loss": 0.4, "accuracy": 0.7, "val_loss": 0.5, "val_accuracy": 0.6}
    desk.worker.arrive(EpochEnd(start.run, 1, 2.5, metrics))
    desk.worker.arrive(Progress(start.run, 2, 3, 3.0, {"loss": 0.3}, 900.0))
    assert desk.cell("Live", "State") == "Training, 25 %"
    assert desk.cell("Live", "Time") == "3.0 s"
    told = {"status": "STOPPED", "metrics": metrics, "test": {"accuracy": 0.65}}
    write_record(folder, msgspec.structs.replace(read_run(folder).record, **told))
    desk.worker.arrive(RunEnded(start.run, "stopped", start.directory, 1, 3.5, {"loss": 0.5, "accuracy": 0.65}))
    assert desk.cell("Live", "State") == "Stopped"
    assert desk.cell("Live", "Test") == "65.0 %"


def test_columns_are_chosen_and_remembered(desk: Desk, qtbot: QtBot) -> None:
    menu = desk.table.columns_menu()
    next(a for a in menu.actions() if a.text() == "Device").trigger()
    menu.close()
    assert desk.table.isColumnHidden(TITLES.index("Device"))
    desk.sort(BEST)
    desk.window.close()
    again = Desk(qtbot)
    assert again.table.isColumnHidden(TITLES.index("Device"))
    assert again.titles == ["Beta", "Alpha", "Gamma", "Delta"]
    again.window.close()


def test_how_runs_are_compared_is_remembered(desk: Desk, qtbot: QtBot) -> None:
    controls = desk.view.comparison.controls
    desk.click("Alpha")
    desk.bot.waitUntil(lambda: controls.choice.metric == "accuracy")  # by which the runs are judged
    for name, keys in (
        ("comparison_metric", (Qt.Key.Key_Home,)),
        ("comparison_part", (Qt.Key.Key_Right, Qt.Key.Key_Right)),
        ("comparison_against", (Qt.Key.Key_Right,)),
        ("comparison_smoothing", (Qt.Key.Key_PageUp, Qt.Key.Key_Right)),
        ("comparison_log_y", (Qt.Key.Key_Space,)),
    ):
        control = desk.window.findChild(QWidget, name)
        assert control is not None
        for key in keys:
            QTest.keyClick(control, key)
    chosen = Choice("loss", Part.BOTH, Against.TIME, 0.11, log_y=True)
    assert controls.choice == chosen
    desk.window.close()
    again = Desk(qtbot)
    again.click("Alpha")
    again.bot.waitUntil(lambda: again.view.comparison.controls.choice == chosen)
    shown = again.window.findChild(QSlider, "comparison_smoothing")
    assert shown is not None
    assert shown.value() == 11
    again.bot.waitUntil(lambda: again.view.comparison.canvas.frame.drawing.choice == chosen)
    again.window.close()


@pytest.mark.parametrize("word", ["", "nan", "-1", "much"])
def test_nonsense_that_is_remembered_is_nothing_remembered(word: str) -> None:
    names = ("metric", "part", "against", "smoothing", "axes")
    found = choice_from(dict.fromkeys(names, word))
    assert found == Choice(metric=word), "a metric that no run has gives way to the usual one"
    every = Choice("auc", Part.TRAINING, Against.TIME, 0.5, log_x=True)
    assert choice_from(every.plain()) == every


def test_before_the_first_run_the_page_says_what_to_do(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    assert desk.titles == []
    assert desk.view.empty.isVisible()
    assert not desk.window.actions_table["run_open"].isEnabled()
    desk.window.close()
