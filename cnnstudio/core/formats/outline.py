"""The outline of an experiment file: what lists and searches need of it, read in a twentieth of the time of the whole.

Only the head is looked at, so a file with an outline may still be refused when it is opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from cnnstudio.core.about import Paper
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.declare import DeclarationError, from_plain
from cnnstudio.core.formats.files import FORMAT, MAX_BYTES, bounded, read_source
from cnnstudio.core.formats.strict_json import FileError
from cnnstudio.core.recipe import DataRecipe

if TYPE_CHECKING:
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.data.sources import SourceSpec

_LONGEST = 10_000
"""Characters of a text: no list shows more."""


class _Paper(msgspec.Struct):
    title: str = ""
    authors: str = ""


class _Data(msgspec.Struct):
    source: msgspec.Raw
    preparation: dict[str, Any] = {}


class _Head(msgspec.Struct):
    format: str
    name: str
    data: _Data
    description: str = ""
    notes: str = ""
    tags: list[str] = []
    papers: list[_Paper] = []


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file says about its experiment before a single block is looked at."""

    name: str
    description: str
    notes: str
    tags: tuple[str, ...]
    papers: tuple[Paper, ...]
    """Titles and authors alone."""
    source: SourceSpec
    info: DataInfo

    @property
    def words(self) -> str:
        """All that a search looks through, in small letters."""
        papers = (f"{paper.title} {paper.authors}" for paper in self.papers)
        task = self.info.task.value
        parts = (self.name, self.description, self.notes, *self.tags, *papers, self.source.title, task)
        return " ".join(parts).casefold()


def read_outline(data: bytes, place: str) -> Outline:
    """The outline of the experiment in a JSON text. Raises FileError where the head alone shows that it is none."""
    if len(data) > MAX_BYTES:
        raise FileError(f"{place} has more than {MAX_BYTES:,} bytes, the most an experiment may have.")
    try:
        head = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Head)
        source = read_source(bytes(head.data.source), place)
        prepared = bounded(from_plain(Preparation, head.data.preparation, "preparation"), "preparation")
        info = DataRecipe(source=source, preparation=prepared).info()
    except DeclarationError as error:
        raise FileError(f"{place}: {error}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FileError(f"{place} is not an experiment: {str(error).lower()}.") from error
    if not head.format.startswith(f"{FORMAT} "):
        raise FileError(f"{place} is not an experiment.")
    return Outline(
        name=head.name[:200] or "Untitled",
        description=head.description[:_LONGEST],
        notes=head.notes[:_LONGEST],
        tags=tuple(head.tags[:32]),
        papers=tuple(Paper(paper.title[:400], paper.authors[:400]) for paper in head.papers[:8]),
        source=source,
        info=info,
    )
