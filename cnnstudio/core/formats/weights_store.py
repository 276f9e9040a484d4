"""Where weights files are kept: under the SHA-256 of their bytes, so that an experiment can name them by it.

An experiment file `name.json` whose experiment has weights has `name.safetensors` beside it, so that both can be given
to others. What opens the file takes the weights from there into the store; whatever uses them finds them in the store.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING

from cnnstudio.core.formats.faults import FileError
from cnnstudio.core.formats.parts import part_folder, sweep, sweep_parts_of
from cnnstudio.core.formats.storage import copy_atomic, data_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENDING = ".safetensors"
_FRESH = (".fresh.", ".part")
"""How the name of a folder begins and ends in which a file is written."""
_PIECE = 4 << 20
_SMALL = 4 << 20
"""Bytes that are copied within a frame or two."""
_known: dict[tuple[int, int, int, int], str] = {}
"""Fingerprints of files that were read whole before, by device, inode, size and time of the last change."""


class WeightsError(FileError):
    """Weights that are missing, damaged or no weights; its text is one sentence for the person."""


def store_folder() -> Path:
    """The folder of all kept weights files."""
    return data_folder() / "weights"


def place_of(fingerprint: str) -> Path:
    """Where the store keeps, or would keep, the weights of that SHA-256."""
    return store_folder() / f"{fingerprint}{ENDING}"


def beside(file: Path) -> Path:
    """Where the weights of an experiment file lie: `name.safetensors` beside `name.json`."""
    return file.with_suffix(ENDING)


def is_kept(fingerprint: str) -> bool:
    """Whether the store has a file of that name. Cheap: what is in it is looked at by `find`."""
    return place_of(fingerprint).is_file()


def keep(write: Callable[[Path], None], told: Callable[[int], None] | None = None) -> str:
    """Put the file that `write` writes into the store and return its SHA-256. `told` hears of the bytes done so far.

    Raises what `write` raises, and OSError; then the store is as it was.
    """
    folder = store_folder()
    folder.mkdir(parents=True, exist_ok=True)
    # A folder for it alone, as what writes may put half of the file under another name first.
    with part_folder(folder, *_FRESH) as fresh:
        part = fresh / f"weights{ENDING}"
        write(part)
        part.chmod(0o644)
        fingerprint = _synced(part, told)
        part.replace(place_of(fingerprint))
    sync_folder(folder)
    return fingerprint


def _synced(part: Path, told: Callable[[int], None] | None) -> str:
    """SHA-256 of a file that has just been written, which is on the disk then."""
    digest, done = hashlib.sha256(), 0
    with part.open("rb+") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            done += len(piece)
            if told is not None:
                told(done)
        os.fsync(file.fileno())
    return digest.hexdigest()


def forget_parts() -> None:
    """Remove what processes that were ended have left half written."""
    sweep(store_folder(), *_FRESH)


def fingerprint_of(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits. A file that has not changed is read once. Raises OSError."""
    key = _key(path)
    if key not in _known:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
        _known[key] = digest.hexdigest()
    return _known[key]


def _key(path: Path) -> tuple[int, int, int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def find(fingerprint: str) -> Path:
    """The kept file of that SHA-256, its bytes held to it. Raises WeightsError.

    A damaged one is set aside, so that a good one can take its place.
    """
    path = place_of(fingerprint)
    try:
        if fingerprint_of(path) == fingerprint:
            return path
        path.replace(path.with_suffix(".damaged"))
    except FileNotFoundError:
        raise WeightsError(
            f"The weights that the experiment starts from (SHA-256 {fingerprint[:12]}…) are not on this computer: open "
            f"the experiment from a folder that has its {ENDING} file too, or go on with fresh weights."
        ) from None
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    raise WeightsError(
        f"The kept weights {path.name} are damaged: open the experiment from a folder that has its {ENDING} file too, "
        "or go on with fresh weights."
    )


def adopt(fingerprint: str, file: Path) -> str:
    """Take the weights beside an experiment file into the store, if they are not there yet.

    The sentence why they could not be had; "" when the store has them.
    """
    if is_kept(fingerprint):
        return ""
    source = beside(file)
    try:
        if not source.is_file():
            return (
                f"{file.name} starts from weights that are neither beside it ({source.name}) nor kept on this "
                "computer: put that file there and open it again, or go on with fresh weights."
            )
        if fingerprint_of(source) != fingerprint:
            return (
                f"{source.name} is not the weights file that {file.name} starts from, or it is damaged (its SHA-256 is "
                "another one): put the right file there and open it again, or go on with fresh weights."
            )
        copy_atomic(source, place_of(fingerprint))  # no link: who writes into the one must not spoil the other
    except OSError as error:
        return f"The weights in {source} cannot be taken over: {(error.strerror or str(error)).lower()}."
    return ""


def is_small(fingerprint: str) -> bool:
    """Whether the kept weights are copied in no time, or are not there at all."""
    try:
        return place_of(fingerprint).stat().st_size <= _SMALL
    except OSError:
        return True


def lies_beside(fingerprint: str, target: Path) -> bool:
    """Whether a file is known to be those weights; one that would have to be read to tell is not."""
    try:
        return _known.get(_key(target)) == fingerprint
    except OSError:
        return False


def remember(target: Path, fingerprint: str) -> None:
    """Another process has put those weights there."""
    with contextlib.suppress(OSError):
        _known[_key(target)] = fingerprint


def forget_parts_beside(target: Path) -> None:
    """Remove what a process that was ended has left of a copy half written."""
    sweep_parts_of(target)


def lay_beside(fingerprint: str, file: Path, name: str = "", told: Callable[[int], None] | None = None) -> str:
    """Put the weights beside a file that was written, under `name` or that of the file.

    Another file of that name is kept as a backup. The sentence why they do not lie there; "" when they do. `told`
    hears of the bytes copied so far.
    """
    target = file.with_name(name) if name else beside(file)
    try:
        if target.is_file() and fingerprint_of(target) == fingerprint:
            return ""
        copy_atomic(find(fingerprint), target, backup=True, told=told)
        _known[_key(target)] = fingerprint
    except WeightsError as error:
        return f"{file.name} is saved, but not its weights. {error}"
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return (
            f"{file.name} is saved, but its weights could not be put beside it ({why}): without {target.name} it "
            "cannot be used on another computer."
        )
    return ""


def kept() -> tuple[int, int]:
    """How many weights files the store has, and their bytes together."""
    sizes = []
    for path in store_folder().glob(f"*{ENDING}"):
        with contextlib.suppress(OSError):  # gone meanwhile
            sizes.append(path.stat().st_size)
    return len(sizes), sum(sizes)
