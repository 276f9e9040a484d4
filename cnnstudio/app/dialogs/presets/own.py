"""The verbs of the gallery: presets described anew, deleted, brought back, taken in and given away."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from cnnstudio.app.dialogs.describing import DescribingDialog
from cnnstudio.app.dialogs.files import EXPERIMENTS, ask_open, ask_save
from cnnstudio.app.format import counted
from cnnstudio.core.about import describes
from cnnstudio.core.formats.files import FileError
from cnnstudio.core.formats.own_presets import (
    delete_preset,
    describe_preset,
    give_away,
    restore_preset,
    take_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.preferences import Preferences
    from cnnstudio.core.about import Description
    from cnnstudio.core.formats.own_presets import TakenIn
    from cnnstudio.core.formats.presets import Preset


KEPT_FOLDER = "presets/folder"
"""The choice under which the folder of given and taken files is remembered."""


class OwnPresets(QObject):
    """What can be done with presets. Each outcome is one sentence; what was deleted last can be brought back."""

    changed = Signal(str)
    """The folder is another than before; the id of the preset that is to be shown, "" for none."""
    said = Signal(str, bool)
    """A sentence about what was done, and whether it can be taken back."""
    refused = Signal(str)
    """Why something could not be done."""

    def __init__(self, preferences: Preferences, window: QWidget) -> None:
        super().__init__(window)
        self._preferences = preferences
        self._window = window
        self._deleted: Preset | None = None
        self._given: Preset | None = None
        self._form: DescribingDialog | None = None
        self._edited: Preset | None = None

    def edit(self, preset: Preset | None) -> None:
        """Ask for another name, description, tags and notes of an own one."""
        if preset is None or not preset.user or preset.experiment is None:
            return
        self._edited = preset
        known = describes(preset.experiment, preset.experiment.expected)
        self._form = DescribingDialog("Edit preset", "Apply", known, self._window)
        self._form.described.connect(self._describe)
        self._form.open()

    def delete(self, preset: Preset | None) -> None:
        """Take an own one away."""
        if preset is None or not preset.user:
            return
        if self._done(partial(delete_preset, preset)):
            self._deleted = preset
            self.changed.emit("")
            self.said.emit(f"“{preset.name}” was deleted.", True)

    def restore(self) -> None:
        """Bring back what was deleted last."""
        preset, self._deleted = self._deleted, None
        if preset is not None and self._done(partial(restore_preset, preset)):
            self.changed.emit(preset.id)
            self.said.emit(f"“{preset.name}” is back.", False)

    def reveal(self, preset: Preset | None) -> None:
        """Open the folder in which its file lies."""
        if preset is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(preset.path.parent)))

    def export(self, preset: Preset | None) -> None:
        """Ask where a copy shall go."""
        if preset is None or preset.experiment is None:
            return
        self._given = preset
        dialog = ask_save(self._window, "Save copy of preset", self._folder() / preset.path.name, EXPERIMENTS)
        dialog.fileSelected.connect(self._give)
        dialog.open()

    def choose_files(self) -> None:
        """Ask for preset files to take in."""
        dialog = ask_open(self._window, self._folder(), "Import presets", EXPERIMENTS)
        dialog.setFileMode(dialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self.take_in)
        dialog.open()

    def take_in(self, paths: Sequence[str | Path]) -> None:
        """Copy these files among the person's presets; one that cannot be taken keeps no other back."""
        self._remember(paths)
        taken: list[TakenIn] = []
        reasons: list[str] = []
        for path in paths:
            try:
                taken.append(take_in(Path(path)))
            except FileError as error:
                reasons.append(str(error))
            except OSError as error:
                reasons.append(_unwritable(error))
        if taken:
            self.changed.emit(taken[-1].id)
            what = f"“{taken[0].name}” is" if len(taken) == 1 else f"{counted(len(taken), 'preset')} are"
            notes = [one.note for one in taken if one.note]
            self.said.emit(" ".join([f"{what} among your presets now.", *notes[:1], *reasons[:1]]), False)
        elif reasons:
            more = f" So it is with {len(reasons) - 1:,} more." if len(reasons) > 1 else ""
            self.refused.emit(f"{reasons[0]}{more}")

    def _describe(self, wanted: Description, replace: bool) -> None:
        preset, form = self._edited, self._form
        if preset is None or form is None:
            return
        try:
            path = describe_preset(preset, wanted)
        except FileError as error:
            form.complain(str(error))
        except OSError as error:
            form.complain(_unwritable(error))
        else:
            form.accept()
            self._form = self._edited = None
            self.changed.emit(path.stem)
            self.said.emit(f"“{wanted.name}” is kept.", False)

    def _give(self, path: str) -> None:
        preset, self._given = self._given, None
        if preset is None:
            return
        self._remember([path])
        try:
            problem = give_away(preset, Path(path))
        except FileError as error:
            self.refused.emit(str(error))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self.refused.emit(f"{path} cannot be written: {reason}. Choose another place.")
        else:
            self.said.emit(problem or f"“{preset.name}” is written to {path}.", False)

    def _folder(self) -> Path:
        """Where files were given or taken last, if it is still there."""
        kept = Path(self._preferences.choice(KEPT_FOLDER) or Path.home())
        return kept if kept.is_dir() else Path.home()

    def _remember(self, paths: Sequence[str | Path]) -> None:
        if paths:
            self._preferences.keep_choice(KEPT_FOLDER, str(Path(paths[0]).parent))

    def _done(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except FileError as error:
            self.refused.emit(str(error))
        except OSError as error:
            self.refused.emit(_unwritable(error))
            self.changed.emit("")
        else:
            return True
        return False


def _unwritable(error: OSError) -> str:
    return f"The folder of your presets cannot be changed: {(error.strerror or str(error)).lower()}."
