"""The desktop's trash: runs go there whole, and come back from there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFile

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Trashed:
    """A folder that lies in the trash."""

    folder: Path
    """Where it was."""
    place: Path
    """Where it lies now."""


def to_trash(folder: Path) -> Trashed | None:
    """Move the folder to the trash; None where there is no trash, or it does not take the folder: it is untouched."""
    file = QFile(str(folder))
    if not file.moveToTrash():
        return None
    return Trashed(folder, Path(file.fileName()))


def put_back(trashed: Trashed) -> str:
    """Move the folder back to where it was. Why it cannot be, in one sentence; "" when it is there again."""
    if trashed.folder.exists():
        return f'"{trashed.folder}" cannot be put back: a folder of that name is there again.'
    if not trashed.place.exists():
        return f'"{trashed.folder}" cannot be put back: it is no longer in the trash.'
    try:
        shutil.move(trashed.place, trashed.folder)
        _info(trashed).unlink(missing_ok=True)
    except OSError as error:
        return f'"{trashed.folder}" cannot be put back: {(error.strerror or str(error)).lower()}.'
    return ""


def _info(trashed: Trashed) -> Path:
    """What the desktop notes of a thing in its trash (freedesktop.org, "The trash specification")."""
    return trashed.place.parent.parent / "info" / f"{trashed.place.name}.trashinfo"


def delete_for_good(folders: Sequence[Path]) -> str:
    """Delete the folders. Why one cannot be, in one sentence; "" when all are gone."""
    for folder in folders:
        try:
            if folder.is_symlink():  # a link of the person's: what it leads to is not ours to delete
                folder.unlink()
            else:
                shutil.rmtree(folder)
        except OSError as error:
            return f'"{folder}" cannot be deleted: {(error.strerror or str(error)).lower()}.'
    return ""
