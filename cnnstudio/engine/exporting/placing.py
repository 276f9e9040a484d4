"""Where exports go: what may be replaced, and moving what is whole into place, all of it or nothing."""

from __future__ import annotations

import contextlib
import filecmp
import itertools
import os
import shutil
from typing import TYPE_CHECKING, TypeVar

from cnnstudio.core.formats.parts import part_folder
from cnnstudio.core.formats.storage import allow_as, sync_folder
from cnnstudio.engine.exporting.errors import ExportPlaceError
from cnnstudio.engine.exporting.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cnnstudio.core.exporting import Wish
    from cnnstudio.engine.exporting.stages import Exporting

M = TypeVar("M")

SAVED_MODEL = "saved_model.pb"
"""The file by which a folder is known as a SavedModel."""
_OURS = {".json": '"format": "cnnstudio-model ', ".py": "Written by CNN Studio.", ".npz": "inputs.npy"}
"""What marks files of the studio by which an export lies: others of their name are the person's own."""
_HEAD = 2000
_ROOM = (".export-", ".part")
"""A folder beside the target: on the same disk, so that what is whole is moved in one step."""


def in_room(wish: Wish, gather: Callable[[], M], write: Callable[[M, Wish, Path], Exporting]) -> Exporting:
    """Let `write` make of what `gather` brings, in a room beside the target, what `wish` says, and put it in place.

    Raises ExportPlaceError where nothing can be put there; the room is gone in any case.
    """
    if problem := wish.problem() or place_problem(wish):
        raise ExportPlaceError(problem)
    try:
        yield Stage("Opening the network")
        material = gather()
        with folder_for(wish.path), part_folder(wish.path.parent, *_ROOM) as room:
            return (yield from write(material, wish, room))
    except OSError as error:
        why = error.strerror or str(error)
        raise ExportPlaceError(
            f'"{wish.path}" cannot be written ({why}): choose another place.', repr(error)
        ) from error


def place_problem(wish: Wish) -> str:
    """Why nothing can be put there, in a sentence; "" when it can."""
    target = wish.path
    if any("\ud800" <= letter <= "\udfff" for letter in str(target)):
        shown = ascii(str(target))[1:-1]
        return f'"{shown}" has a name that is no text, which programs cannot read: name another place.'
    return _folder_problem(target) or _target_problem(wish) or _problem_beside(wish)


def _folder_problem(target: Path) -> str:
    above = next(folder for folder in target.absolute().parents if folder.exists())
    if not above.is_dir():
        return f'"{target}" cannot be written, as "{above}" is no folder: name another place.'
    if not os.access(above, os.W_OK | os.X_OK):
        return f'"{target}" cannot be written, as nothing may be written in "{above}": name another place.'
    return ""


def _target_problem(wish: Wish) -> str:
    target = wish.path
    if "" in wish.form.endings:
        if target.is_dir() and any(target.iterdir()) and not (target / SAVED_MODEL).is_file():
            return f'"{target}" is a folder with other files in it: name a new folder, so that nothing is lost.'
        if target.exists() and not target.is_dir():
            return f'"{target}" is a file, but a {wish.form.title} is a folder: name another place.'
    elif target.is_dir():
        return f'"{target}" is a folder: name a file in it, such as "{target / ("model" + wish.form.endings[0])}".'
    elif target.exists() and not target.is_file():
        return f'"{target}" is a device or a pipe, which a file must not replace: name another place.'
    return ""


def _problem_beside(wish: Wish) -> str:
    for path in wish.beside:
        if path.exists() and not (_is_ours(path) if path.suffix in _OURS else wish.path.exists()):
            return _in_the_way(path)
    return ""


def check_beside(wish: Wish, parts: Sequence[Path]) -> None:
    """Raise ExportPlaceError where one of these files in the room would replace another file than one of its kind."""
    for part in parts:
        path = wish.path.with_name(part.name)
        if path.exists() and not (_is_ours(path) or (path.is_file() and filecmp.cmp(path, part, shallow=False))):
            raise ExportPlaceError(_in_the_way(path))


def _in_the_way(path: Path) -> str:
    return (
        f'"{path}" would be written beside the file, but something else is there: move it away, or name another place.'
    )


def _is_ours(path: Path) -> bool:
    if not path.is_file() or path.suffix not in _OURS:
        return False
    with path.open("rb") as file:
        return _OURS[path.suffix].encode() in file.read(_HEAD)


@contextlib.contextmanager
def folder_for(target: Path) -> Iterator[None]:
    """The folder of `target`, made where it is not there; taken away again if the block fails."""
    made = [folder for folder in target.parents if not folder.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for folder in made:
            with contextlib.suppress(OSError):  # something else has come into it
                folder.rmdir()
        raise


def put(parts: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    """Move files and folders into `folder`, each under its name, the last one when all others are there.

    They are on the disk before. Each is replaced in one step; if one cannot be, those that were not there before are
    taken away again. Raises OSError.
    """
    for part in parts:
        for file in (part, *part.rglob("*")) if part.is_dir() else (part,):
            _sync(file)
    fresh: list[Path] = []
    made = []
    try:
        for part in parts:
            target = folder / part.name
            target = target.resolve() if target.is_symlink() else target  # keep the link, replace what it points to
            if not target.exists():
                fresh.append(target)
            _replace(part, target)
            made.append(folder / part.name)
    except BaseException:
        for target in fresh:
            _remove(target)
        raise
    sync_folder(folder)
    return tuple(made)


def _replace(part: Path, target: Path) -> None:
    if not part.is_dir() or not target.is_dir():
        if part.is_file():
            allow_as(part, target)  # some libraries make files that nobody else may read
        part.replace(target)
        return
    # No system replaces a folder that has something in it: the old one stands aside, whole, for as long as it takes.
    aside = _aside(target)
    _remove(aside)
    target.replace(aside)
    try:
        part.replace(target)
    except BaseException:
        aside.replace(target)
        raise
    _remove(aside)


def _aside(target: Path) -> Path:
    """Where the old folder stands meanwhile: a name that is free, or that of one which was left standing there."""
    names = (f"{target.name}~{number or ''}" for number in itertools.count())
    places = (target.with_name(name) for name in names)
    return next(place for place in places if not os.path.lexists(place) or (place / SAVED_MODEL).is_file())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(file: Path) -> None:
    if file.is_dir():
        sync_folder(file)
        return
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if not path.is_dir():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
