"""What can be done with the runs that are chosen on the Runs page. Each fault is one sentence in the message bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication

from cnnstudio.app.format import counted
from cnnstudio.app.message_bar import Choice
from cnnstudio.app.run_controller import MORE_EPOCHS
from cnnstudio.app.runs.library import RunLibrary
from cnnstudio.app.runs.trash import Trashed, delete_for_good, put_back, to_trash
from cnnstudio.core.formats.run_folder import RunFolderError
from cnnstudio.core.formats.run_index import read_run
from cnnstudio.core.formats.run_notes import tidy_tags, write_notes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.file_commands import FileCommands
    from cnnstudio.app.message_bar import MessageBar
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.core.formats.run_index import RunSummary
    from cnnstudio.core.formats.run_notes import RunNotes

KEY = "runs"


class RunCommands(QObject):
    """The verbs of the Runs page, and the runs they are about."""

    chosen_changed = Signal()
    """Other runs are chosen, or one of them is another than before."""
    choice_wanted = Signal(tuple)
    """The table should have the runs of these names chosen."""
    rename_wanted = Signal()
    """The person wants to type a name for the chosen run."""
    tags_wanted = Signal()
    """The person wants to type tags for the chosen runs."""
    find_wanted = Signal()
    """The person wants to type what to look for."""
    inspection_wanted = Signal(str)
    """The person wants to inspect the run in this folder."""
    note_wanted = Signal()
    """The person wants to write about the chosen run."""

    def __init__(self, window: QWidget, files: FileCommands, run: RunController, messages: MessageBar) -> None:
        super().__init__(window)
        self.library = RunLibrary(run, self)
        self._window = window
        self._files = files
        self._run = run
        self._messages = messages
        self._chosen: tuple[str, ...] = ()
        self._trashed: tuple[Trashed, ...] = ()
        self._doomed: tuple[RunSummary, ...] = ()
        self.library.changed.connect(self.chosen_changed)
        self.library.run_changed.connect(self._follow_run)
        self.library.compared.connect(self._follow_comparison)

    # What is chosen

    @property
    def chosen(self) -> tuple[RunSummary, ...]:
        """The chosen runs that are still there, in the order in which the table shows them."""
        found = (self.library.get(id) for id in self._chosen)
        return tuple(run for run in found if run is not None)

    @property
    def single(self) -> RunSummary | None:
        """The chosen run, where there is just one."""
        chosen = self.chosen
        return chosen[0] if len(chosen) == 1 else None

    def choose(self, ids: Sequence[str]) -> None:
        """These are what the verbs are about."""
        if tuple(ids) != self._chosen:
            self._chosen = tuple(ids)
            self.chosen_changed.emit()

    @property
    def can_resume(self) -> bool:
        """Whether one run is chosen that can go on, and none is under way here."""
        return self.single is not None and self.single.can_resume and not self._run.state.active

    @property
    def can_extend(self) -> bool:
        """Whether one run is chosen that can have more epochs, and none is under way here."""
        return self.single is not None and self.single.can_extend and not self._run.state.active

    @property
    def can_delete(self) -> bool:
        """Whether runs are chosen, and all of them are over."""
        return bool(self.chosen) and not any(run.under_way for run in self.chosen)

    def _follow_run(self, run: RunSummary) -> None:
        if run.id in self._chosen:
            self.chosen_changed.emit()

    def _follow_comparison(self, ids: frozenset[str]) -> None:
        if not ids.isdisjoint(self._chosen):
            self.chosen_changed.emit()

    # Verbs

    def open_experiment(self) -> None:
        """Open the frozen experiment of the chosen run, as one without a file: the run keeps its own."""
        if self.single is not None:
            self._files.open_run(self.single.folder)

    def inspect(self) -> None:
        """Look at the network of the chosen run."""
        if self.single is not None:
            self.inspection_wanted.emit(str(self.single.folder))

    def resume(self) -> None:
        """Let the chosen run go on from its last checkpoint."""
        if self.can_resume and self.single is not None:
            self._run.resume_folder(str(self.single.folder))

    def train_more(self) -> None:
        """Give the chosen run some more epochs."""
        if self.can_extend and self.single is not None:
            self._run.resume_folder(str(self.single.folder), MORE_EPOCHS)

    def rename(self) -> None:
        """Let the person type another name."""
        if self.single is not None:
            self.rename_wanted.emit()

    def edit_tags(self) -> None:
        """Let the person type tags."""
        if self.chosen:
            self.tags_wanted.emit()

    def edit_note(self) -> None:
        """Let the person write about the run."""
        if self.single is not None:
            self.note_wanted.emit()

    def reveal(self) -> None:
        """Open the folder of the chosen run."""
        if self.single is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.single.folder)))

    def copy_name(self) -> None:
        """Put the names of the chosen runs, as the command line takes them, on the clipboard."""
        if self.chosen:
            QGuiApplication.clipboard().setText(" ".join(run.id for run in self.chosen))

    def find(self) -> None:
        """Let the person type what to look for."""
        self.find_wanted.emit()

    def refresh(self) -> None:
        """Look at all folders anew."""
        self.library.refresh()

    # Notes

    def give_title(self, run: RunSummary, title: str) -> None:
        """Call the run that; nothing, or its experiment's name, takes the title away."""
        self._write(
            (run,), lambda notes: msgspec.structs.replace(notes, title="" if title == run.record.name else title)
        )

    def give_note(self, run: RunSummary, note: str) -> None:
        """Keep what was written about the run."""
        self._write((run,), lambda notes: msgspec.structs.replace(notes, note=note))

    def give_tags(self, runs: Sequence[RunSummary], added: Collection[str], removed: Collection[str]) -> None:
        """Add tags to these runs and take others away."""
        gone = {tag.casefold() for tag in removed}

        def tagged(notes: RunNotes) -> RunNotes:
            kept = [tag for tag in notes.tags if tag.casefold() not in gone]
            return msgspec.structs.replace(notes, tags=tidy_tags((*kept, *added)))

        self._write(runs, tagged)

    def _write(self, shown: Sequence[RunSummary], changed: Callable[[RunNotes], RunNotes]) -> None:
        """Change the notes as they are now: another window may have written since they were shown."""
        problems = [problem for run in shown if (problem := _rewritten(run, changed))]
        if problems:
            more = f" So it is with {len(problems) - 1:,} more." if len(problems) > 1 else ""
            self._complain(f"{problems[0]}{more}")
        else:
            self._messages.dismiss(KEY)
        self.library.look_at(*(run.folder for run in shown))

    # Deleting

    def delete(self) -> None:
        """Move the chosen runs to the trash; where there is none, ask whether to delete them for good."""
        self.library.look_at(*(run.folder for run in self.chosen))  # another window may have let one go on
        if not self.can_delete:
            return
        runs = self.chosen
        moved = [(run, to_trash(run.folder)) for run in runs]
        self._trashed = tuple(place for _, place in moved if place is not None)
        self._doomed = tuple(run for run, place in moved if place is None)
        gone = [run for run, place in moved if place is not None]
        if gone:
            what = f"“{gone[0].title}” is" if len(gone) == 1 else f"{counted(len(gone), 'run')} are"
            self._messages.show_message(
                f"{what} in the trash.", "ok", (Choice("Put back", self._put_back),), key="trashed"
            )
        self._look_at(run.folder for run in runs)
        if self._doomed:
            from cnnstudio.app.runs.delete_question import DeleteQuestion

            question = DeleteQuestion(self._doomed, self._window)
            question.delete_wanted.connect(self._delete_for_good)
            question.open()

    def _delete_for_good(self) -> None:
        folders = [run.folder for run in self._doomed]
        self._doomed = ()
        problem = delete_for_good(folders)
        if problem:
            self._complain(problem)
        self._look_at(folders)

    def _put_back(self) -> None:
        trashed, self._trashed = self._trashed, ()
        problems = [problem for problem in map(put_back, trashed) if problem]
        if problems:
            self._complain(problems[0])
        self._look_at(place.folder for place in trashed)
        self.choice_wanted.emit(tuple(place.folder.name for place in trashed))

    def _look_at(self, folders: Iterable[Path]) -> None:
        """These have gone or come back; one of them may be that of the latest run."""
        self.library.look_at(*folders)
        self._run.look_again()

    def _complain(self, sentence: str) -> None:
        self._messages.show_message(sentence, "error", key=KEY)


def _rewritten(shown: RunSummary, changed: Callable[[RunNotes], RunNotes]) -> str:
    """Change what is noted of a run. Why that cannot be, in a sentence; "" when it is done, or was so already."""
    try:
        run = read_run(shown.folder)
    except RunFolderError as error:
        return f"Nothing can be written about “{shown.title}”: {error}"
    notes = changed(run.notes)
    if notes == run.notes:
        return ""
    if run.problem:
        return f"What was written about “{run.title}” is kept as it is. {run.problem}"
    try:
        write_notes(run.folder, notes)
    except OSError as error:
        why = error.strerror or str(error)
        return f'Notes cannot be written into "{run.folder}": {why}. They are as they were.'
    return ""
