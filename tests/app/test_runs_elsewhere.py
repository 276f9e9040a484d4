"""Runs that change behind the window's back: by another window, the command line, or a hand in the file manager."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from PySide6.QtWidgets import QPushButton, QWidget

from cnnstudio.app.file_commands import FileCommands
from cnnstudio.app.message_bar import MessageBar
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.runs.commands import RunCommands
from cnnstudio.core.formats.run_folder import EXPERIMENT, STATE, own_process, read_record, write_record
from cnnstudio.core.formats.run_notes import NOTES, RunNotes, read_notes, write_notes
from cnnstudio.core.formats.storage import runs_folder
from cnnstudio.wire.messages import EpochEnd, ResumeRun, RunEnded, RunFailed
from tests.helpers.recording import studio
from tests.helpers.runs import make_run
from tests.helpers.started import run_started

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cnnstudio.core.formats.run_index import RunSummary
    from cnnstudio.wire.messages import RunStarted


class Desk:
    """The verbs of the Runs page and the run's controller, a worker that only remembers, and one run of each kind."""

    def __init__(self, qtbot: QtBot) -> None:
        self.done = make_run(runs_folder(), "Done", number=0, checkpoint=True)
        self.stopped = make_run(runs_folder(), "Stopped", number=1, status="STOPPED", done=2, checkpoint=True)
        self.studio = studio("ready")
        self.worker, self.run = self.studio.worker, self.studio.run
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.bar = MessageBar(self.window)
        files = FileCommands(self.window, self.studio.bridge, self.bar, Preferences(), self.run)
        self.commands = RunCommands(self.window, files, self.run, self.bar)
        self.library = self.commands.library
        self.library.set_active(True)
        qtbot.waitUntil(lambda: self.library.has_looked)
        self.complaints: list[str] = []
        self.run.unable.connect(self.complaints.append)

    def of(self, folder: Path) -> RunSummary:
        found = self.library.get(folder.name)
        assert found is not None
        return found

    def choose(self, folder: Path) -> None:
        self.commands.choose((folder.name,))

    def set_going(self, folder: Path) -> None:
        """Another process lets it go on."""
        pid, started = own_process()
        told: dict[str, Any] = {"status": "RUNNING", "pid": pid, "process_started": started}
        write_record(folder, msgspec.structs.replace(read_record(folder), **told))

    def started(self, folder: Path) -> RunStarted:
        history = (EpochEnd(folder.name, 1, 1.0, {"loss": 1.0}),)
        return run_started(folder.name, str(folder), name="Done", epochs=13, history=history, steps_before=10)


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("CNNSTUDIO_HOME", raising=False)
    return Desk(qtbot)


def test_a_run_that_another_window_trains_is_left_to_it(desk: Desk) -> None:
    desk.choose(desk.stopped)
    desk.set_going(desk.stopped)
    assert desk.commands.can_resume, "this window has not seen it yet"
    desk.commands.resume()
    assert "under way in another window or process" in desk.complaints[-1]
    assert desk.worker.all(ResumeRun) == []
    desk.commands.delete()
    assert (desk.stopped / STATE).is_file()
    assert desk.of(desk.stopped).under_way


def test_notes_of_two_windows_do_not_take_each_other_away(desk: Desk) -> None:
    shown = desk.of(desk.done)
    write_notes(desk.done, RunNotes("Theirs", ("paper",), "Words"))
    desk.commands.give_tags((shown,), ("mine",), ())
    desk.commands.give_note(shown, "My words")
    assert read_notes(desk.done) == RunNotes("Theirs", ("mine", "paper"), "My words")
    assert desk.of(desk.done).title == "Theirs"


def test_what_is_written_about_a_run_that_is_gone_makes_no_folder(desk: Desk) -> None:
    shown = desk.of(desk.done)
    shutil.rmtree(desk.done)
    for write in (desk.commands.give_title, desk.commands.give_note):
        write(shown, "Too late")
        assert desk.bar.texts[-1].startswith("Nothing can be written about “Done”")
        assert not desk.done.exists()
    assert desk.library.get(desk.done.name) is None


def test_notes_of_a_newer_studio_stay_as_they_are(desk: Desk) -> None:
    newer = '{"title": "T", "colour": "red", "format": "2.0"}'
    (desk.done / NOTES).write_text(newer)
    desk.commands.give_note(desk.of(desk.done), "Mine")
    assert (desk.done / NOTES).read_text() == newer
    assert "update the studio" in desk.bar.texts[-1]


def test_a_finished_run_that_was_refused_more_epochs_is_still_finished(desk: Desk) -> None:
    desk.run.resume_folder(str(desk.done), 10)
    assert desk.of(desk.done).under_way
    desk.worker.arrive(RunFailed(desk.done.name, "The data are gone."))
    run = desk.of(desk.done)
    assert (run.status, run.record.epochs_done, run.can_resume) == ("FINISHED", 3, False)
    assert desk.run.can_extend, "once the data are back"
    assert not desk.run.can_resume
    desk.run.resume()
    assert desk.complaints == ["The run has had all its 3 epochs: train more of them instead."]


def test_why_a_run_broke_off_is_told_where_its_record_could_not(desk: Desk) -> None:
    desk.run.resume_folder(str(desk.stopped))
    desk.worker.arrive(desk.started(desk.stopped))
    told = msgspec.structs.replace(read_record(desk.stopped), status="RUNNING")
    write_record(desk.stopped, told)  # by a process that has ended since
    desk.worker.lost.emit("The worker ended without warning (SIGKILL).")
    run = desk.of(desk.stopped)
    assert (run.status, run.record.message) == ("INTERRUPTED", "The worker ended without warning (SIGKILL).")
    assert desk.run.can_resume


def test_the_latest_run_in_the_trash_cannot_go_on_until_it_is_back(desk: Desk) -> None:
    desk.run.resume_folder(str(desk.stopped))
    desk.worker.arrive(desk.started(desk.stopped))
    desk.worker.arrive(RunEnded(desk.stopped.name, "stopped", str(desk.stopped), 1, 1.0, {}))
    assert desk.run.can_resume
    desk.choose(desk.stopped)
    desk.commands.delete()
    assert not desk.stopped.exists()
    assert not desk.run.can_resume
    assert not desk.run.can_extend
    back = desk.bar.findChild(QPushButton, "message_put_back")
    assert back is not None
    back.click()
    assert desk.run.can_resume
    assert desk.run.can_extend


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read"),
        ("{", "not JSON"),
        ('{"format": "cnnstudio-experiment 9.0"}', "newer CNN Studio"),
    ],
)
def test_a_run_whose_experiment_cannot_be_read_says_why_it_cannot_go_on(
    desk: Desk, text: str | None, told: str
) -> None:
    (desk.stopped / EXPERIMENT).unlink()
    if text is not None:
        (desk.stopped / EXPERIMENT).write_text(text)
    desk.run.resume_folder(str(desk.stopped))
    assert told in desk.complaints[-1]
    assert desk.worker.all(ResumeRun) == []
    assert desk.run.state.phase == "idle"
