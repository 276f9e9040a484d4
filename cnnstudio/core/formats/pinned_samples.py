"""The probes that a person keeps for a source of data, and the samples of their own among them.

`probes/` of the application data folder has one `KEY.json` for each source, and in `samples/` the pictures, signals and
arrays that were drawn, pasted or taken from files. Nothing in them is ever executed.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cnnstudio.core.data.facts import PARTS, Facts
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.formats.files import write_source
from cnnstudio.core.formats.run_folder import RunFolderError, read_versioned
from cnnstudio.core.formats.storage import data_folder, read_capped, write_atomic

if TYPE_CHECKING:
    from cnnstudio.core.data.sources import SourceSpec

FORMAT = "1.0"
MOST = 8
"""Probes of a source."""
MOST_BYTES = 1 << 18
COPIED_BYTES = 16 << 20
"""Files up to this size are copied; larger ones are read where they lie."""
LONGEST_NAME = 80
OWN = "pinned"
"""Part of a probe that is not of the data."""
_KEPT_SECONDS = 86_400
"""A sample that no list names may have been made by another window a moment ago."""


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """One probe."""

    part: str
    """Of the data, or "pinned"."""
    index: int
    """Place in the part, or the number of the person's own sample."""
    name: str = ""
    file: str = ""
    """Of an own sample: its name in `samples/`, or the whole path of a file that is read where it lies."""
    number: int = 0
    """Which one, of a file with several samples."""

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return Path(self.file) if Path(self.file).is_absolute() else samples_folder() / Path(self.file).name


class KeptList(msgspec.Struct, frozen=True, omit_defaults=False):
    """What a list of probes holds."""

    probes: tuple[Kept, ...] = ()
    format: str = FORMAT


def probes_folder() -> Path:
    """Where the lists lie."""
    return data_folder() / "probes"


def samples_folder() -> Path:
    """Where the samples of the person's own lie."""
    return probes_folder() / "samples"


def list_path(source: SourceSpec) -> Path:
    """The list of a source. What a scan found does not matter: files that were scanned again keep their probes."""
    bare = source.found(Facts()) if isinstance(source, FileSource) else source
    return probes_folder() / f"{hashlib.sha256(write_source(bare).encode()).hexdigest()[:24]}.json"


def read_probes(source: SourceSpec) -> tuple[Kept, ...]:
    """The probes kept for a source; () where there are none, or nothing that makes sense."""
    try:
        found = read_versioned(list_path(source), KeptList, "a list of probes", most=MOST_BYTES)
    except (OSError, RunFolderError):
        return ()
    sound = {(each.part, each.index): each for each in found.probes if _is_sound(each)}
    return tuple(sound.values())[:MOST]


def write_probes(source: SourceSpec, probes: tuple[Kept, ...]) -> None:
    """Keep these probes for a source, whole or not at all. Raises OSError."""
    path = list_path(source)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, msgspec.json.format(msgspec.json.encode(KeptList(probes)), indent=2) + b"\n", backup=True)


def keep_sample(data: bytes, ending: str, number: int) -> str:
    """Write a sample of the person's own; its name in `samples/`. Raises OSError."""
    folder = samples_folder()
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{number}{ending}"
    write_atomic(folder / name, data)
    return name


def fresh_number(last: int = 0) -> int:
    """A number that no sample had before: maps of it may lie in the timelines of runs. `last` is the latest given."""
    return max(last + 1, int(time.time() * 10))


def tidy_samples() -> None:
    """Remove samples that no list names any more. What cannot be removed stays."""
    with contextlib.suppress(OSError):  # also for a list that cannot be read: what it names must stay
        lists = [read_capped(path, MOST_BYTES).decode(errors="replace") for path in probes_folder().glob("*.json*")]
        for path in samples_folder().iterdir():
            is_old = path.stat().st_mtime < time.time() - _KEPT_SECONDS
            if is_old and not any(f'"{path.name}"' in text for text in lists):
                path.unlink()


def _is_sound(probe: Kept) -> bool:
    if not 0 <= probe.index < 2**53 or not 0 <= probe.number < 2**53 or len(probe.name) > LONGEST_NAME:
        return False
    return bool(probe.file) and "\0" not in probe.file if probe.part == OWN else probe.part in PARTS
