"""Finding blocks by what a person types. Plain values in and out, no Qt."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.catalogue.base import BlockSpec

_NEAR = 0.6
"""How alike a word has to be to count as a slip of the pen (difflib's measure, 0 to 1)."""
_SHOWN = 3


class Found(NamedTuple):
    """Blocks that match, best first; `exact` is False when they are only the closest there are."""

    blocks: list[type[BlockSpec]]
    exact: bool


def find_blocks(text: str, blocks: Iterable[type[BlockSpec]]) -> Found:
    """Blocks whose title, keywords or summary hold every word of `text`; else those with the closest names."""
    known = list(blocks)
    words = text.casefold().split()
    scored = [(score, place, spec) for place, spec in enumerate(known) if (score := _score(words, spec)) is not None]
    if scored:
        return Found([spec for _, _, spec in sorted(scored, key=_by_score)], True)
    return Found(_closest("".join(words), known), False)


def _by_score(entry: tuple[int, int, type[BlockSpec]]) -> tuple[int, int]:
    return entry[0], entry[1]


def _score(words: list[str], spec: type[BlockSpec]) -> int | None:
    """0 for the best match, None for no match: the title counts most, the summary least."""
    title, keywords = spec.title.casefold(), f"{spec.keywords} {spec.kind} {spec.group}".casefold()
    typed = " ".join(words)
    if typed and title.startswith(typed):
        return 0 if title == typed else 1
    worst = 0
    for word in words:
        if any(part.startswith(word) for part in title.split()):
            rank = 2
        elif any(part.startswith(word) for part in keywords.split()):
            rank = 3
        elif word in title or word in keywords:
            rank = 4
        elif word in spec.summary.casefold():
            rank = 5
        else:
            return None
        worst = max(worst, rank)
    return worst


def _closest(text: str, known: list[type[BlockSpec]]) -> list[type[BlockSpec]]:
    likeness = [(max(_alike(text, name) for name in _names(spec)), -place) for place, spec in enumerate(known)]
    best = sorted(likeness, reverse=True)[:_SHOWN]
    return [known[-place] for near, place in best if near >= _NEAR]


def _names(spec: type[BlockSpec]) -> list[str]:
    title = spec.title.casefold()
    return [title.replace(" ", ""), *title.split(), *spec.keywords.casefold().split()]


def _alike(text: str, name: str) -> float:
    return difflib.SequenceMatcher(None, text, name, autojunk=False).ratio()
