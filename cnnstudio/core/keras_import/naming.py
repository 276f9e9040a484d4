"""Ids for blocks and groups out of the names that Keras's layers have."""

from __future__ import annotations

import re

from cnnstudio.core.program import INPUT

_LONGEST = 56
"""Characters of an id before a number is put behind it."""


_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
"""Line breaks, and marks that turn the order of letters round."""


def clean(name: str) -> str:
    """A name out of a file, fit for a sentence on one line."""
    return _UNSEEN.sub(" ", name)[:200]


class Ids:
    """Gives ids, no two alike."""

    def __init__(self) -> None:
        self._taken = {INPUT}
        self._last: dict[str, int] = {}

    def give(self, name: str) -> str:
        """A free id as close to `name` as the rules for ids allow: "block1/Conv.2" -> "block1_conv_2"."""
        stem = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")[:_LONGEST] or "layer"
        if not stem[0].isalpha():
            stem = f"layer_{stem}"
        id, number = stem, self._last.get(stem, 1)
        while id in self._taken:
            number += 1
            id = f"{stem}_{number}"
        self._last[stem] = number
        self._taken.add(id)
        return id
