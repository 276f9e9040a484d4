"""What is raised for a file that cannot be read: one type, whose text is one sentence that can be shown anywhere."""

from __future__ import annotations

MOST_CHARACTERS = 1000
"""Of a sentence: what a file holds may be quoted in it, and a file may hold anything."""
_JOINERS = "\u200c\u200d\u200e\u200f"
"""Persian words and many emoji need them, and mixed writing directions the marks."""
_KEPT_AT_END = 200
"""The end of a sentence says what to do."""


class FileError(ValueError):
    """A document that cannot be read; its text is one sentence for the person.

    Files of runs, weights and timelines raise kinds of it.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(showable(sentence))


def showable(text: str) -> str:
    """The text as one line of bounded length, without what would move a cursor, turn the line or ring a bell."""
    if len(text) > MOST_CHARACTERS:
        text = f"{text[: MOST_CHARACTERS - _KEPT_AT_END]} … {text[-_KEPT_AT_END:]}"
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(letter: str) -> str:
    if letter.isprintable() or letter in _JOINERS:
        return letter
    return " " if letter.isspace() else "\N{REPLACEMENT CHARACTER}"
