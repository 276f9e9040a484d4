"""Blocks on the clipboard, for any window or editor: the same JSON under a type of ours and as text."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtWidgets import QApplication

from cnnstudio.core.formats.fragment import FORM, MIME, Fragment, read_fragment, write_fragment
from cnnstudio.core.formats.strict_json import FileError


class _Copied(QMimeData):
    """Blocks that this process has copied."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setData(MIME, text.encode())
        self.setText(text)


class BlockClipboard(QObject):
    """The system's clipboard as a canvas uses it."""

    changed = Signal()
    """`can_paste` may have changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._can_paste = False
        QApplication.clipboard().dataChanged.connect(self._look)
        self._look()

    @property
    def can_paste(self) -> bool:
        """Whether there is something that may hold blocks. It is read only when it is pasted."""
        return self._can_paste

    def put(self, fragment: Fragment) -> None:
        """Put blocks on the clipboard. Raises FileError where they are too many."""
        text = write_fragment(fragment)
        QApplication.clipboard().setMimeData(_Copied(text))

    def blocks(self) -> Fragment:
        """The blocks on the clipboard. Raises FileError where there are none, or broken ones."""
        data = _data()
        if data is not None and data.hasFormat(MIME):
            return read_fragment(bytes(data.data(MIME).data()), "The clipboard")
        text = data.text() if data is not None else ""
        if FORM.name not in text:
            raise FileError("The clipboard holds no blocks: cut or copy some on a canvas first.")
        return read_fragment(text, "The clipboard")

    def _look(self) -> None:
        data = _data()
        self._can_paste = data is not None and (data.hasFormat(MIME) or data.hasText())
        self.changed.emit()


def leave_as_text() -> None:
    """For the end of the program: what it has copied stays on the clipboard as text, which Qt keeps without Python."""
    data = _data()
    if isinstance(data, _Copied):
        QApplication.clipboard().setText(data.text())


def _data() -> QMimeData | None:
    """What is on the clipboard; some platforms have nothing to give for an empty one."""
    return QApplication.clipboard().mimeData()
