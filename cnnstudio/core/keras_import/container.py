"""Opening a file that Keras saved: its configuration as plain JSON, and the place of its weights.

A `.keras` file is a ZIP of a few members with known names. Nothing is ever extracted, sizes are held against what the
archive declares, and whatever is not needed is not read.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from cnnstudio.core.formats.strict_json import FileError, depth

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CONFIG = 64 * 1024 * 1024
"""Bytes of a configuration; that of the largest network of keras.applications has 1.3 MB."""
MAX_METADATA = 64 * 1024
MAX_DEPTH = 200
"""Levels of nesting; a model within a model within a model takes six each."""
MAX_WEIGHTS = 16 * 1024**3
MAX_MEMBERS = 10_000
MAX_EXPANSION = 100
"""How many times larger a compressed member may become. Weights hardly shrink: Keras stores them as they are."""

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"
_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, KeyError,
    RuntimeError, OverflowError,
)  # fmt: skip
"""What zipfile raises for archives that are damaged, encrypted or of a kind it does not know."""


@dataclass(frozen=True)
class Container:
    """What is in the file."""

    config: dict[str, Any]
    """The model as Keras describes it."""
    keras_version: str
    """"" where the file does not say."""
    weights: IO[bytes] | None
    """An HDF5 file within the file; None for a text of `to_json()`."""
    left_out: tuple[str, ...]
    """Members that are not read."""


def open_container(file: IO[bytes], name: str) -> Container:
    """Look into a `.keras` file or the text of `to_json()`. Raises FileError."""
    head = file.read(8)
    file.seek(0)
    if head == _HDF5:
        raise FileError(
            f"{name} is an HDF5 file, the way in which Keras saved models before version 3: open it with Keras, save "
            "the model as .keras and import that."
        )
    if head.startswith(_ZIP):
        return _open_zip(file, name)
    data = file.read(MAX_CONFIG + 1)
    config = read_config(data, name)
    version = config.get("keras_version")
    return Container(config, version if isinstance(version, str) else "", None, ())


def _open_zip(file: IO[bytes], name: str) -> Container:
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
    except _BROKEN as error:
        raise FileError(f"{name} is damaged: it is no whole ZIP archive, as a .keras file must be.") from error
    found = _members(members, name)
    if CONFIG not in found:
        raise FileError(f"{name} has no {CONFIG}, so it is no .keras file: save the model with model.save(...).")
    if WEIGHTS not in found and any(m.filename.startswith("model.weights") for m in members):
        raise FileError(f"{name} has its weights in a form other than {WEIGHTS}: save the model again as .keras.")
    config = read_config(_read(archive, found[CONFIG], MAX_CONFIG, name), f"{name}: {CONFIG}")
    version = ""
    if METADATA in found:
        metadata = read_config(_read(archive, found[METADATA], MAX_METADATA, name), f"{name}: {METADATA}")
        given = metadata.get("keras_version")
        version = given if isinstance(given, str) else ""
    weights = _weights(archive, file, found[WEIGHTS], name) if WEIGHTS in found else None
    left_out = tuple(m.filename for m in members if m.filename not in found and not m.is_dir())
    return Container(config, version, weights, left_out)


def _members(members: list[zipfile.ZipInfo], name: str) -> dict[str, zipfile.ZipInfo]:
    """The members that are read, by name. All names are held to the rules, so that nobody is fooled by a later tool."""
    if len(members) > MAX_MEMBERS:
        raise FileError(f"{name} has {len(members):,} members; a .keras file has a handful.")
    found: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for member in members:
        path = member.filename
        if path.startswith("/") or "\\" in path or ".." in path.split("/"):
            raise FileError(f'{name} has a member "{path[:60]}" that points out of the archive, so it is not read.')
        if path in seen:
            raise FileError(f'{name} has two members called "{path[:60]}", so nobody can say which one counts.')
        seen.add(path)
        if path in (CONFIG, METADATA, WEIGHTS):
            found[path] = member
    return found


def _check_size(member: zipfile.ZipInfo, most: int, name: str) -> None:
    if member.flag_bits & 1:
        raise FileError(f"{name}: {member.filename} is encrypted, which Keras never does.")
    if member.file_size > most:
        raise FileError(f"{name}: {member.filename} has {member.file_size:,} bytes; at most {most:,} are read.")
    if member.file_size > 1024 * 1024 and member.file_size > MAX_EXPANSION * max(member.compress_size, 1):
        raise FileError(
            f"{name}: {member.filename} would grow from {member.compress_size:,} to {member.file_size:,} bytes, as "
            "no honest file does."
        )


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int, name: str) -> bytes:
    _check_size(member, most, name)
    return b"".join(_chunks(archive, member, name))


def _chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """The member's bytes, as many as it declares; zipfile holds them against the checksum."""
    left = member.file_size
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(1024 * 1024):
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
    except _BROKEN as error:
        raise FileError(f"{name} is damaged: {member.filename} cannot be read whole.") from error
    if left:
        raise FileError(f"{name} is damaged: {member.filename} has fewer or more bytes than it declares.")


def _weights(archive: zipfile.ZipFile, file: IO[bytes], member: zipfile.ZipInfo, name: str) -> IO[bytes]:
    """The weights as a file: where they are stored as they are, a window on the archive, checked beforehand."""
    _check_size(member, MAX_WEIGHTS, name)
    if member.compress_type != zipfile.ZIP_STORED:
        return io.BytesIO(b"".join(_chunks(archive, member, name)))
    for _ in _chunks(archive, member, name):
        pass
    file.seek(member.header_offset + 26)  # lengths of name and extra field, as the local header has them
    lengths = struct.unpack("<HH", file.read(4))
    return io.BufferedReader(Window(file, member.header_offset + 30 + sum(lengths), member.file_size))


class Window(io.RawIOBase):
    """A stretch of a file as a file of its own, read only."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, counted from the window's start, the present place or the window's end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Bytes from the window's start."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as the window goes."""
        view = memoryview(buffer).cast("B")
        most = max(0, min(len(view), self._size - self._at))
        self._file.seek(self._start + self._at)
        data = self._file.read(most)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def read_config(data: bytes, place: str) -> dict[str, Any]:
    """A JSON object, held to sizes and to JSON's own rules. Raises FileError."""
    if len(data) > MAX_CONFIG:
        raise FileError(f"{place} has more than {MAX_CONFIG:,} bytes, the most that is read.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{place} is neither a .keras file nor the JSON text of a model.") from error
    if depth(text, MAX_DEPTH) > MAX_DEPTH:
        raise FileError(f"{place} nests more than {MAX_DEPTH} levels deep, the most that is read.")
    try:
        document = json.loads(text)
        if isinstance(document, str):  # json.dump(model.to_json(), file), a common slip
            return read_config(document.encode(), place) if document.lstrip().startswith("{") else {}
        json.dumps(document, ensure_ascii=False).encode()  # half a character, written as an escape, has no UTF-8
    except UnicodeEncodeError as error:
        raise FileError(f"{place} holds a text with half a character, which no file can keep.") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{place} is neither a .keras file nor the JSON text of a model: it is no JSON.") from error
    if not isinstance(document, dict):
        raise FileError(f"{place} is JSON, but not that of a model: an object is wanted.")
    return document
