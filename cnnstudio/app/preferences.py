"""What the window remembers from one session to the next. Nonsense in the file counts as nothing remembered."""

from __future__ import annotations

import contextlib
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings

from cnnstudio.app.locks import take
from cnnstudio.app.theme import Mode
from cnnstudio.core.data.facts import Facts
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.formats.files import FileError, read_source, same_file, write_source
from cnnstudio.core.formats.storage import data_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

RECENT_FILES = 10
RECENT_COMMANDS = 5
RECENT_SOURCES = 8
DECLINED_RUNS = 200
COMPARISON = ("metric", "part", "against", "smoothing", "axes")
"""What is remembered of a comparison of runs."""
_LARGEST_SPLIT = 100_000
_MOST_BYTES = 16 << 20
_SIX_LETTERS = re.compile("[A-Za-z]{6}")


class Preferences:
    """Reads and writes the preferences file in the studio's data folder."""

    def __init__(self) -> None:
        path = data_folder() / "preferences.ini"
        _move_aside_no_file(path)
        _sweep_parts(path)
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    @property
    def mode(self) -> Mode:
        """The look that was chosen; the system's when none was."""
        try:
            return Mode(str(self._settings.value("look")))
        except ValueError:
            return Mode.SYSTEM

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._settings.setValue("look", mode.value)

    @property
    def minimap(self) -> bool:
        """Whether the canvas may show its overview; yes at first."""
        return str(self._settings.value("canvas/minimap", "on")) != "off"

    @minimap.setter
    def minimap(self, shown: bool) -> None:
        self._settings.setValue("canvas/minimap", "on" if shown else "off")

    @property
    def previews(self) -> bool:
        """Whether cards show pictures of their blocks' maps; they do until this is turned off."""
        return str(self._settings.value("canvas/previews", "on")) != "off"

    @previews.setter
    def previews(self, shown: bool) -> None:
        self._settings.setValue("canvas/previews", "on" if shown else "off")

    @property
    def geometry(self) -> QByteArray:
        """Size and place of the window, as Qt saved it; empty at first."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._settings.setValue("window/geometry", value)

    @property
    def page(self) -> str:
        """The page that was open, "" at first."""
        value = self._settings.value("window/page", "")
        return value if isinstance(value, str) else ""

    @page.setter
    def page(self, name: str) -> None:
        self._settings.setValue("window/page", name)

    def split(self, name: str, parts: int) -> list[int]:
        """Sizes of a splitter's parts in pixels; empty when none, or another number of parts, is remembered."""
        value = self._settings.value(f"splits/{name}")
        try:
            sizes = [int(v) for v in value] if isinstance(value, list | tuple) else []
        except (TypeError, ValueError):
            return []
        sensible = len(sizes) == parts and all(0 <= s <= _LARGEST_SPLIT for s in sizes) and sum(sizes) > 0
        return sizes if sensible else []

    def keep_split(self, name: str, sizes: Sequence[int]) -> None:
        """Remember the sizes of a splitter's parts."""
        self._settings.setValue(f"splits/{name}", [str(s) for s in sizes])

    def columns(self, name: str) -> QByteArray:
        """How the columns of a table lie, as Qt saved it; empty at first."""
        return self._bytes(f"columns/{name}")

    def keep_columns(self, name: str, state: QByteArray) -> None:
        """Remember how the columns of a table lie."""
        self._settings.setValue(f"columns/{name}", state)

    @property
    def comparison(self) -> dict[str, str]:
        """How runs were compared last, as words by name; empty at first."""
        found = {name: self._settings.value(f"comparison/{name}") for name in COMPARISON}
        return {name: word for name, word in found.items() if isinstance(word, str)}

    @comparison.setter
    def comparison(self, chosen: dict[str, str]) -> None:
        for name in COMPARISON:
            self._settings.setValue(f"comparison/{name}", chosen.get(name, ""))

    def choice(self, name: str) -> str:
        """What was chosen last in a field of that name; "" at first."""
        value = self._settings.value(f"choices/{name}")
        return value if isinstance(value, str) else ""

    def keep_choice(self, name: str, value: str) -> None:
        """Remember what was chosen."""
        self._settings.setValue(f"choices/{name}", value)

    @property
    def recent_files(self) -> list[Path]:
        """Files opened or saved lately that are still there, the latest first."""
        value = self._settings.value("files/recent")
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list | tuple):
            return []
        paths = [Path(n) for n in names if isinstance(n, str) and n and "\0" not in n]
        return [p for p in paths if p.is_file()][:RECENT_FILES]

    def add_recent_file(self, path: Path) -> None:
        """Put a file at the top of the recent ones."""
        others = [p for p in self.recent_files if not same_file(p, path)]
        self._settings.setValue("files/recent", [str(p) for p in (path.absolute(), *others)][:RECENT_FILES])

    def forget_recent_files(self) -> None:
        """Empty the list of recent files."""
        self._settings.remove("files/recent")

    @property
    def recent_sources(self) -> list[FileSource]:
        """Data of one's own used lately that are still there, the latest first; without what scans found in them."""
        value = self._settings.value("data/recent")
        texts = [value] if isinstance(value, str) else value
        found = (_source(t) for t in texts if isinstance(t, str)) if isinstance(texts, list | tuple) else ()
        return [s for s in found if s is not None and _is_there(s.path)][:RECENT_SOURCES]

    def add_recent_source(self, source: FileSource) -> None:
        """Put data at the top of the recent ones."""
        bare = source.found(Facts())
        others = [s for s in self.recent_sources if s.path != bare.path]
        self._settings.setValue("data/recent", [write_source(s) for s in (bare, *others)][:RECENT_SOURCES])

    def forget_recent_sources(self) -> None:
        """Empty the list of recent data."""
        self._settings.remove("data/recent")

    @property
    def declined_runs(self) -> list[str]:
        """Folders of interrupted runs that the person did not want to go on with, the latest first."""
        return self._names("runs/declined")[:DECLINED_RUNS]

    def decline_run(self, id: str) -> None:
        """Do not offer that run again."""
        others = [known for known in self.declined_runs if known != id]
        self._settings.setValue("runs/declined", [id, *others][:DECLINED_RUNS])

    @property
    def recent_commands(self) -> list[str]:
        """What was run from the command palette lately, by id, the latest first."""
        return self._names("commands/recent")[:RECENT_COMMANDS]

    def add_recent_command(self, id: str) -> None:
        """Put a command at the top of the recent ones."""
        others = [known for known in self.recent_commands if known != id]
        self._settings.setValue("commands/recent", [id, *others][:RECENT_COMMANDS])

    def save(self) -> None:
        """Write to disk now."""
        self._settings.sync()

    def _names(self, key: str) -> list[str]:
        value = self._settings.value(key)
        names = [value] if isinstance(value, str) else value  # a list of one is read back as what it holds
        return [n for n in names if isinstance(n, str)] if isinstance(names, list | tuple) else []

    def _bytes(self, name: str) -> QByteArray:
        value = self._settings.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()


def _move_aside_no_file(path: Path) -> None:
    """Qt would wait at a pipe for ever, and read a device or an endless file into memory."""
    try:
        status = path.stat()
        is_readable = stat.S_ISREG(status.st_mode) and status.st_size <= _MOST_BYTES
    except OSError:  # not there yet, or a link to nowhere: Qt takes it for empty
        return
    if not is_readable:
        with contextlib.suppress(OSError):
            path.replace(path.with_name(f"{path.name}~"))


def _sweep_parts(path: Path) -> None:
    """Remove what killed processes have left of the file: Qt writes it beside its place, under a lock."""
    lock = take(path.with_name(f"{path.name}.lock"))
    if lock is None:
        return
    for part in path.parent.glob(f"{path.name}.*"):
        if _is_part(part):
            with contextlib.suppress(OSError):
                part.unlink()
    lock.unlock()


def _is_part(path: Path) -> bool:
    """Whether Qt has named the file: six letters at random, unlike `.backup` and what else a person may choose."""
    letters = path.suffix[1:]
    is_like_a_word = letters in (letters.lower(), letters.upper(), letters.title())
    return _SIX_LETTERS.fullmatch(letters) is not None and not is_like_a_word


def _source(text: str) -> FileSource | None:
    try:
        source = read_source(text, "The preferences")
    except FileError:
        return None
    return source if isinstance(source, FileSource) else None


def _is_there(path: str) -> bool:
    try:
        return bool(path) and "\0" not in path and Path(path).exists()
    except OSError:  # a name that is too long, a place that may not be looked at
        return False
