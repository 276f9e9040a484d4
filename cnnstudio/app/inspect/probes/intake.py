"""Samples of a person's own as they come in: chosen as a file, pasted, or dropped anywhere on the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from typing_extensions import override

from cnnstudio.app.dialogs.files import ask_open
from cnnstudio.app.inspect.probes import sources

if TYPE_CHECKING:
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.inspect.inspection import Inspection


class Intake(QObject):
    """Pins what comes in. What cannot be used is said once the worker has read it."""

    begun = Signal()
    """Something comes in: what was said before is over."""
    refused = Signal(str)
    """The clipboard holds nothing to pin: the sentence."""

    def __init__(self, inspection: Inspection, parent: QWidget) -> None:
        super().__init__(parent)
        self._inspection = inspection
        self._window = parent
        self._folder = Path.home()

    def serve(self, page: QWidget, context: Qt.ShortcutContext) -> None:
        """Take what is pasted or dropped anywhere on the page."""
        page.setAcceptDrops(True)
        page.installEventFilter(self)
        paste = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), page)
        paste.setContext(context)
        paste.activated.connect(self.paste)

    @property
    def _rank(self) -> int | None:
        subject = self._inspection.subject
        return None if subject is None else subject.info.rank

    def ask_file(self) -> None:
        """Ask for a file."""
        if self._rank is not None:
            kinds = sources.file_kinds(self._rank)
            dialog = ask_open(self._window, self._folder, "Pin a sample from a file", kinds)
            dialog.fileSelected.connect(self.take_file)
            dialog.open()

    def take_file(self, path: str) -> None:
        """Pin what that file holds."""
        self.begun.emit()
        self._folder = Path(path).parent
        self._inspection.pins.pin_file(Path(path))

    def paste(self) -> None:
        """Take what the clipboard holds."""
        self.begun.emit()
        if self._rank is None:
            return
        found, pins = sources.of_clipboard(self._rank), self._inspection.pins
        if found.path is not None:
            pins.pin_file(found.path)
        elif found.data:
            pins.pin_data(found.data, found.ending, found.name)
        else:
            self.refused.emit(found.problem)

    @override
    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        """One file that is dragged across the page is taken, whatever it is."""
        if not isinstance(event, QDragEnterEvent | QDropEvent):
            return super().eventFilter(watched, event)
        path = sources.dropped_path(event.mimeData())
        if isinstance(event, QDragEnterEvent):
            if path is None or self._rank is None:
                event.ignore()
                return False
            event.acceptProposedAction()
            return True
        if event.type() != QEvent.Type.Drop:
            return super().eventFilter(watched, event)
        if path is not None:
            event.acceptProposedAction()
            self.take_file(str(path))
        return event.isAccepted()
