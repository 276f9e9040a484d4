"""What a person wrote about a run: a title, tags and a note, in `notes.json` of its folder.

The record of a run is its worker's and is written while it trains; these words are the person's and have a file of
their own, so that neither overwrites the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from cnnstudio.core.formats.faults import showable
from cnnstudio.core.formats.run_folder import RunFolderError, read_versioned
from cnnstudio.core.formats.storage import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NOTES = "notes.json"
FORMAT = "1.0"
MOST_BYTES = 1 << 18
LONGEST_TITLE, LONGEST_NOTE, LONGEST_TAG, MOST_TAGS = 200, 20_000, 40, 32


class RunNotes(msgspec.Struct, frozen=True, omit_defaults=False):
    """What notes.json holds; all of it may be empty."""

    title: str = ""
    """What the run is called in place of its experiment's name."""
    tags: tuple[str, ...] = ()
    note: str = ""
    format: str = FORMAT


def read_notes(folder: Path) -> RunNotes:
    """What was written about the run, nothing where there is no such file. Raises RunFolderError."""
    path = folder / NOTES
    try:
        return kept(read_versioned(path, RunNotes, "notes of a run", most=MOST_BYTES))
    except FileNotFoundError:
        return RunNotes()
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read ({error.strerror or error}).") from error


def write_notes(folder: Path, notes: RunNotes) -> None:
    """Put the notes in the folder, whole or not at all. Raises OSError."""
    write_atomic(folder / NOTES, msgspec.json.format(msgspec.json.encode(kept(notes)), indent=2) + b"\n")


def kept(notes: RunNotes) -> RunNotes:
    """The notes as they are kept: a title on one line, tags in order and none twice, nothing endless."""
    title = showable(" ".join(notes.title.split())[:LONGEST_TITLE])
    return RunNotes(title, tidy_tags(notes.tags), notes.note.strip()[:LONGEST_NOTE])


def tidy_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Each tag once, whatever its capitals, on one line and without commas, in the order of the alphabet."""
    found: dict[str, str] = {}
    for tag in tags:
        plain = showable(" ".join(tag.replace(",", " ").split())[:LONGEST_TAG]).strip()
        if plain:
            found.setdefault(plain.casefold(), plain)
    return tuple(sorted(found.values(), key=str.casefold)[:MOST_TAGS])


def tags_in(text: str) -> tuple[str, ...]:
    """The tags in what a person typed: commas or semicolons between them."""
    return tidy_tags(re.split(r"[,;\n]", text))
