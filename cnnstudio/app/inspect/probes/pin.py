"""One pinned sample, and drawings as files."""

from __future__ import annotations

import dataclasses
import io
import itertools
import struct
from typing import TYPE_CHECKING, Any

from cnnstudio.app.probe import sample_words
from cnnstudio.core.formats.pinned_samples import Kept
from cnnstudio.core.formats.storage import read_capped
from cnnstudio.wire.messages import PINNED, Sample

if TYPE_CHECKING:
    from pathlib import Path

MOST_DRAWN_BYTES = 4 << 20
"""Of an array that can be drawn on."""


@dataclasses.dataclass(frozen=True)
class Pin:
    """One of them."""

    sample: Sample
    name: str = ""
    """Given by the person or taken from the file; "" for its place in the data."""
    file: str = ""
    """Of an own sample: see `core.formats.pinned_samples.Kept`; "" while it is not on disk."""
    number: int = 0
    """Which one, of a file with several samples."""
    key: int = dataclasses.field(default_factory=itertools.count().__next__)
    """The same while a pin is drawn on, renamed or moved."""

    @property
    def is_own(self) -> bool:
        """Whether it is not of the data."""
        return self.sample.part == PINNED

    @property
    def words(self) -> str:
        """What it is called."""
        return self.name or sample_words(self.sample)

    @property
    def caption(self) -> str:
        """The same, as short as it can be: "validation 3"."""
        return self.name or f"{self.sample.part} {self.sample.index:,}"

    @property
    def kept(self) -> Kept:
        """As it is remembered."""
        return Kept(self.sample.part, self.sample.index, self.name, self.file, self.number)


def as_npy(values: Any) -> bytes:
    """An array as the bytes of a .npy file."""
    import numpy as np

    file = io.BytesIO()
    np.save(file, values, allow_pickle=False)
    return file.getvalue()


def of_npy(path: Path) -> Any:
    """The numbers in a .npy file that is small enough to draw on, float32 (..., channels); None where it is not."""
    import numpy as np

    from cnnstudio.core.formats.moment_file import array_of

    try:
        values = array_of(read_capped(path, MOST_DRAWN_BYTES), path.name)
    except (OSError, ValueError, struct.error):
        return None
    numbers = values.dtype.kind in "buif" and values.ndim in (2, 3) and values.size > 0
    return np.nan_to_num(values.astype(np.float32)) if numbers else None
