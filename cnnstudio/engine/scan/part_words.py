"""How people call the three parts of data, in names of folders, files, columns and arrays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

WORDS = {
    "train": "training", "training": "training", "val": "validation", "valid": "validation", "dev": "validation",
    "validation": "validation", "test": "test", "testing": "test",
}  # fmt: skip
"""In small letters, each with the part it means."""


def told_part(name: str) -> str:
    """One of PARTS that a name speaks of: "train2017", "instances_val2017", "x_test"; "" for none or for several."""
    found = {WORDS[w] for w in re.split(r"[^a-z]+", name.lower()) if w in WORDS}
    return found.pop() if len(found) == 1 else ""


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Names of classes, each once: numbers by their size, all else by the alphabet."""
    once = set(names)
    if all(re.fullmatch(r"-?\d{1,15}", n, re.ASCII) for n in once):
        return tuple(sorted(once, key=lambda n: (int(n), n)))
    return tuple(sorted(once))
