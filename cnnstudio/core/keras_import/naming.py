"""Ids for blocks and groups out of the names that Keras's layers have."""

from __future__ import annotations

import re

from cnnstudio.core.program import INPUT

_LONGEST = 56
"""Characters of an id before a number is put behind it."""


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
