"""Putting the weights that an experiment starts from beside a file that was saved, without holding up the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.core.formats.weights_store import (
    beside,
    forget_parts_beside,
    is_small,
    lay_beside,
    lies_beside,
    remember,
)

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from cnnstudio.core.importing import Told


class WeightsBeside(QObject):
    """One file at a time. Large weights are copied by a process of its own, under a dialog that shows how far it is."""

    done = Signal(str)
    """The sentence why they do not lie there; "" when they do."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._weights = ""
        self._file: Path | None = None
        self._target: Path | None = None

    def lay(self, weights: str, file: Path, name: str = "") -> None:
        """Put them beside `file`, under `name` or that of the file; `done` follows, at once where little is to do."""
        target = file.with_name(name) if name else beside(file)
        if lies_beside(weights, target):
            self.done.emit("")
        elif is_small(weights):
            self.done.emit(lay_beside(weights, file, name))
        else:
            self._begin(weights, file, target)

    def _begin(self, weights: str, file: Path, target: Path) -> None:
        from cnnstudio.app.dialogs.reading import ReadingDialog  # dialogs wait until they are wanted

        self._weights, self._file, self._target = weights, file, target
        arguments = ["--lay-beside", weights, str(file), target.name]
        dialog = ReadingDialog("Save the weights", target.name, arguments, self._window)
        dialog.explain_cancel("Leave the weights where they are; the file itself is saved")
        dialog.read.connect(self._take)
        dialog.failed.connect(self._fail)
        dialog.rejected.connect(self._give_up)
        dialog.begin()

    def _take(self, told: Told) -> None:
        if not told.adopted and self._target is not None:
            remember(self._target, self._weights)
        self.done.emit(told.adopted or "")

    def _fail(self, sentence: str) -> None:
        self._end("the copy was broken off")

    def _give_up(self) -> None:
        self._end("given up")

    def _end(self, why: str) -> None:
        if self._file is None or self._target is None:
            return
        forget_parts_beside(self._target)
        self.done.emit(
            f"{self._file.name} is saved, but its weights are not beside it ({why}): without {self._target.name} it "
            "cannot be used on another computer. Save again to put them there."
        )
