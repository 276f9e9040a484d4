"""A person's own files at the top of the Data page: open them, where they are, read as what, scan and find them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.format import counted
from cnnstudio.app.inspector.editors import CalmCombo, TextLine
from cnnstudio.app.theme import mark, space
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.known import SOURCES

if TYPE_CHECKING:
    from cnnstudio.core.data.sources import SourceSpec

INVITATION = "Drop a folder or a file anywhere on the window, or open one."
KINDS: dict[str, type[SourceSpec]] = {k: s for k, s in SOURCES.items() if s.origin == "own"}


class OwnFiles(QFrame):
    """It shows a source of files, or invites to choose one."""

    folder_wanted = Signal()
    file_wanted = Signal()
    rescan_wanted = Signal()
    relink_wanted = Signal()
    reveal_wanted = Signal()
    moved = Signal(str)
    """The files are at this place."""
    read_wanted = Signal(object)
    """The files, read as this FileSource says."""
    recent_shown = Signal(QMenu)
    """The menu of recent data is about to be shown: fill it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_own")
        mark(self, kind="card")
        self._source: FileSource | None = None
        self._folder = self._opener("data_open_folder", "Open folder…", "Train on a folder of your own")
        self._file = self._opener("data_open_file", "Open file…", "Train on a file of your own: .npz, .npy or .csv")
        self._recent = QMenu(self)
        self._recent.setObjectName("data_recent_menu")
        self._recent.setToolTipsVisible(True)
        self._recent_button = tool("data_recent", "chevron-down", "Data used lately")
        self._recent_button.setMenu(self._recent)
        self._recent_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._invitation = words("data_invitation", INVITATION, tone="muted", wrap=True)
        self._name = words("data_own_name", scale="title")
        self._found = words("data_own_found", tone="muted", scale="caption", wrap=True)
        self._path = TextLine()
        self._path.setObjectName("data_path")
        self._path.setAccessibleName("Place of the files")
        self._path.setToolTip("Folder or file the samples are read from; press Enter to look through another")
        self._browse = tool("data_browse", "open", "Choose where the files are")
        self._kind = CalmCombo()
        self._kind.setObjectName("data_kind")
        self._kind.setAccessibleName("Read as")
        self._kind.setToolTip("What the files are read as")
        self._kind.addItems([s.title for s in KINDS.values()])
        self._rescan = tool("data_rescan", "reset", "Look through the files again (Ctrl+Shift+R)", text="Scan again")
        self._reveal = tool("data_reveal", "open", "Show the files in the file manager", text="Show")
        self._arrange()
        self._connect()
        self.show_source(None)

    def _opener(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text.rstrip("…"))
        button.setToolTip(tip)
        return button

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(1))
        for widget in (self._folder, self._file, self._recent_button):
            top.addWidget(widget)
        top.addStretch(1)
        place = QHBoxLayout()
        place.setSpacing(space(1))
        place.addWidget(self._path, 1)
        place.addWidget(self._browse)
        kind = QHBoxLayout()
        kind.addWidget(words("data_kind_label", "Read as", tone="muted"))
        kind.addWidget(self._kind, 1)
        after = QHBoxLayout()
        after.setSpacing(space(1))
        after.addWidget(self._rescan)
        after.addWidget(self._reveal)
        after.addStretch(1)
        self._of_source = QWidget()
        inside = QVBoxLayout(self._of_source)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(space(1))
        inside.addWidget(self._name)
        inside.addWidget(self._found)
        inside.addLayout(place)
        inside.addLayout(kind)
        inside.addLayout(after)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(3), space(3), space(3), space(2))
        column.setSpacing(space(2))
        column.addWidget(self._of_source)
        column.addWidget(self._invitation)
        column.addLayout(top)

    def _connect(self) -> None:
        self._folder.clicked.connect(self.folder_wanted)
        self._file.clicked.connect(self.file_wanted)
        self._rescan.clicked.connect(self.rescan_wanted)
        self._reveal.clicked.connect(self.reveal_wanted)
        self._browse.clicked.connect(self.relink_wanted)
        self._recent.aboutToShow.connect(self._fill_recent)
        self._path.returnPressed.connect(self._move)
        self._path.escaped.connect(self._restore)
        self._kind.activated.connect(self._read_as)

    @property
    def last_stop(self) -> QWidget:
        """What the Tab key reaches last."""
        return self._recent_button

    def show_source(self, source: FileSource | None) -> None:
        """These files, or none."""
        self._source = source
        self._of_source.setVisible(source is not None)
        self._invitation.setVisible(source is None)
        if source is None:
            return
        facts = source.facts
        self._name.setText(Path(source.path).name or source.title)
        self._name.setToolTip(source.path)
        told = counted(facts.samples, "sample") if facts.fingerprint else "not scanned yet"
        self._found.setText(f"{source.title}: {told}" + (", of several sizes" if facts.mixed else ""))
        self._kind.setCurrentIndex(list(KINDS).index(source.kind))
        self._kind.setToolTip(source.note)
        self._restore()

    def _restore(self) -> None:
        if self._source is not None and self._path.text() != self._source.path:
            self._path.setText(self._source.path)

    def _move(self) -> None:
        path = self._path.text().strip()
        if self._source is not None and path and path != self._source.path:
            self.moved.emit(path)

    def _read_as(self, index: int) -> None:
        kind = list(KINDS)[index]
        if self._source is None or kind == self._source.kind:
            return
        source = KINDS[kind](path=self._source.path)
        if isinstance(source, FileSource):
            self.read_wanted.emit(source)

    def _fill_recent(self) -> None:
        self.recent_shown.emit(self._recent)
