"""The person's own blocks as the palette shows them: kept, renamed, deleted and brought back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from cnnstudio.core.formats.strict_json import FileError
from cnnstudio.core.formats.user_blocks import (
    UserBlock,
    delete_user_block,
    is_taken,
    rename_user_block,
    restore_user_block,
    save_user_block,
    user_blocks,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from cnnstudio.core.formats.fragment import Fragment


class OwnBlocks(QObject):
    """What lies in the folder, read when it is asked for first and after each change."""

    changed = Signal()
    said = Signal(str, bool)
    """A sentence about what was done, and whether it can be taken back."""
    refused = Signal(str)
    """Why something could not be done."""
    kept = Signal(str)
    """A block of that id is there now, new or under another name."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._blocks: list[UserBlock] | None = None
        self._deleted: UserBlock | None = None

    @property
    def blocks(self) -> list[UserBlock]:
        """All of them, by name; broken ones too."""
        if self._blocks is None:
            self._blocks = user_blocks()
        return self._blocks

    def reload(self) -> None:
        """Read the folder again."""
        self._blocks = None
        self.changed.emit()

    def save(self, fragment: Fragment, name: str) -> None:
        """Keep blocks under a name; where one has it already, ask whether to replace that."""
        if not is_taken(name):
            self._save(fragment, name)
            return
        from cnnstudio.app.dialogs.questions import ReplaceQuestion  # dialogs wait until they are wanted

        question = ReplaceQuestion(name, self._window.window())
        question.replace_wanted.connect(partial(self._save, fragment, name))
        question.open()

    def _save(self, fragment: Fragment, name: str) -> None:
        block = self._tried(partial(save_user_block, fragment, name, replace=True))
        if block is not None:
            self._show(block, f"“{block.name}” is among your blocks now.")

    def rename(self, id: str, name: str) -> None:
        """Give one another name."""
        block = self._known(id)
        if block is None or " ".join(name.split()) in ("", block.name):
            return
        renamed = self._tried(partial(rename_user_block, block, name))
        if renamed is not None:
            self._show(renamed, f"“{block.name}” is called “{renamed.name}” now.")

    def delete(self, id: str) -> None:
        """Take one away; `restore` brings the last one back."""
        block = self._known(id)
        if block is not None and self._tried(partial(_deleted, block)) is not None:
            self._deleted = block
            self.reload()
            self.said.emit(f"“{block.name}” was deleted.", True)

    def restore(self) -> None:
        """Bring back what was deleted last."""
        block, self._deleted = self._deleted, None
        if block is not None and self._tried(partial(_restored, block)) is not None:
            self._show(block, f"“{block.name}” is back.")

    def show_file(self, id: str) -> None:
        """Open the folder in which its file lies."""
        block = self._known(id)
        if block is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(block.path.parent)))

    def _known(self, id: str) -> UserBlock | None:
        return next((block for block in self.blocks if block.id == id), None)

    def _show(self, block: UserBlock, words: str) -> None:
        self.reload()
        self.kept.emit(block.id)
        self.said.emit(words, False)

    def _tried(self, act: Callable[[], UserBlock]) -> UserBlock | None:
        try:
            return act()
        except FileError as error:
            self.refused.emit(str(error))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self.refused.emit(f"The folder of your blocks cannot be changed: {reason}.")
        self.reload()
        return None


def _deleted(block: UserBlock) -> UserBlock:
    delete_user_block(block)
    return block


def _restored(block: UserBlock) -> UserBlock:
    restore_user_block(block)
    return block
