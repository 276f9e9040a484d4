"""How people call the three parts of data, in names of folders, files, columns and arrays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnnstudio.core.data.facts import PARTS

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


def told_folder_part(folders: Iterable[str]) -> int:
    """Index into PARTS of the first folder that is called like a part; -1 for none."""
    part = next((WORDS[f.lower()] for f in folders if f.lower() in WORDS), "")
    return PARTS.index(part) if part else -1
