"""Finding blocks, and commands, by what a person types. Plain values in and out, no Qt."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.catalogue.base import BlockSpec

T = TypeVar("T")

_NEAR = 0.6
"""How alike a word has to be to count as a slip of the pen (difflib's measure, 0 to 1)."""
_SHOWN = 3


class Words(NamedTuple):
    """By what something is found: the title counts most, the summary least."""

    title: str
    keywords: str
    summary: str


class Found(NamedTuple):
    """Blocks that match, best first; `exact` is False when they are only the closest there are."""

    blocks: list[type[BlockSpec]]
    exact: bool


def words_of(spec: type[BlockSpec]) -> Words:
    """By what a block of the catalogue is found."""
    return Words(spec.title, f"{spec.keywords} {spec.kind} {spec.group}", spec.summary)


def find_blocks(text: str, blocks: Iterable[type[BlockSpec]]) -> Found:
    """Blocks whose title, keywords or summary hold every word of `text`; else those with the closest names."""
    return Found(*find(text, [(words_of(spec), spec) for spec in blocks]))


def find(text: str, known: Iterable[tuple[Words, T]]) -> tuple[list[T], bool]:
    """What holds every word of `text`, best first, and True; else what has the closest names, and False."""
    entries = list(known)
    typed = text.casefold().split()
    scored = [(s, place, it) for place, (words, it) in enumerate(entries) if (s := _score(typed, words)) is not None]
    if scored:
        return [it for _, _, it in sorted(scored, key=_by_score)], True
    return _closest("".join(typed), entries), False


def _by_score(entry: tuple[int, int, object]) -> tuple[int, int]:
    return entry[0], entry[1]


def _score(typed: list[str], sought: Words) -> int | None:
    """0 for the best match, None for no match."""
    title, keywords, summary = (part.casefold() for part in sought)
    whole = " ".join(typed)
    if whole and title.startswith(whole):
        return 0 if title == whole else 1
    worst = 0
    for word in typed:
        if any(part.startswith(word) for part in title.split()):
            rank = 2
        elif any(part.startswith(word) for part in keywords.split()):
            rank = 3
        elif word in title or word in keywords:
            rank = 4
        elif word in summary:
            rank = 5
        else:
            return None
        worst = max(worst, rank)
    return worst


def _closest(typed: str, entries: list[tuple[Words, T]]) -> list[T]:
    likeness = [(max(_alike(typed, n) for n in _names(words)), -place) for place, (words, _) in enumerate(entries)]
    best = sorted(likeness, reverse=True)[:_SHOWN]
    return [entries[-place][1] for near, place in best if near >= _NEAR]


def _names(words: Words) -> list[str]:
    title = words.title.casefold()
    return [title.replace(" ", ""), *title.split(), *words.keywords.casefold().split()]


def _alike(typed: str, name: str) -> float:
    return difflib.SequenceMatcher(None, typed, name, autojunk=False).ratio()
