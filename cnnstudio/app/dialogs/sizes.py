"""How large a dialog opens: as it was left, else as is good for its letters; never larger than the window behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_MARGIN = 48
"""Pixels that stay in sight of the window behind."""
_LEAST = QSize(640, 480)
_LETTERS = 16
"""Height of the letters, in pixels, up to which a size is good as it is; larger ones need more."""


def opening_size(kept: str, good: QSize, dialog: QWidget) -> QSize:
    """`kept` is what `size_words` once made, or ""; `good` is the size at first."""
    found = re.fullmatch(r"(\d{3,5}) (\d{3,5})", kept)
    larger = max(1.0, dialog.fontMetrics().height() / _LETTERS)
    wanted = QSize(int(found[1]), int(found[2])) if found else good * larger
    parent = dialog.parentWidget()
    room = parent.window().size() - QSize(_MARGIN, _MARGIN) if parent is not None else wanted
    return wanted.boundedTo(room.expandedTo(_LEAST))


def size_words(size: QSize) -> str:
    """A size as it is remembered."""
    return f"{size.width()} {size.height()}"
