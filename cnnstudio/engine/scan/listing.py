"""What a scan yields: the samples of a source, each readable by its number, and the report on all files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from cnnstudio.core.data.facts import Facts, ScanReport
    from cnnstudio.core.data.files import FileSource

Target: TypeAlias = "int | np.ndarray | None"
"""As Raw.target."""


class ScanError(ValueError):
    """The source as a whole cannot be used; one sentence says why and what to do."""


class ScanCancelled(Exception):
    """The person ended the scan."""


class ReadError(ValueError):
    """A sample that the scan found cannot be read (any more); one sentence names the file and the reason."""


class Raw(NamedTuple):
    """A sample as it is in its file."""

    values: np.ndarray
    """Images (height, width, 1 or 3) uint8, uint16 or float32; signals (length, channels) float32; others float32.
    Transparency is laid over white, CMYK becomes RGB, the camera's turn (EXIF) is applied."""
    target: Target
    """Class index; several classes as int32 (classes,) of 0 and 1; mask int32 (height, width); boxes float32
    (boxes, 5): left, top, right, bottom as shares of the size and the class; array for arrays; None: the sample
    itself."""


class Reader(Protocol):
    """Reads one sample. Called from several threads at once."""

    def __call__(self, index: int) -> Raw:
        """Raises ReadError."""


@dataclass(frozen=True)
class Listing:
    """The samples that can be used, in a fixed order that does not depend on the file system's."""

    source: FileSource
    """With the facts of this scan."""
    report: ScanReport
    names: tuple[str, ...]
    """File of each sample relative to the source, or its row in it."""
    read: Reader
    labels: np.ndarray | None = None
    """Class index of each sample, int32 (samples,): for the split. None where samples have no single class."""
    parts: np.ndarray | None = None
    """Index into PARTS of each sample, int8 (samples,), -1 where the source does not say; None: it never does."""
    counts: np.ndarray | None = None
    """How often each sample has each class, int64 (samples, classes): 0 or 1 for several classes, boxes for detection,
    pixels for masks. None where `labels` say it, or nobody has counted: then samples are read to count them."""
    hashes: np.ndarray | None = None
    """First 8 bytes of the SHA-256 of each sample's file, uint64 (samples,): equal ones are the same picture."""
    shapes: Mapping[tuple[int, ...], int] = field(default_factory=dict)
    """How many samples have each shape, channels last."""

    @property
    def facts(self) -> Facts:
        """What the experiment keeps."""
        return self.source.facts

    def __len__(self) -> int:
        return len(self.names)


Progress: TypeAlias = "Callable[[int, int], None]"
"""(files done, files in all; 0 while they are still counted); raises ScanCancelled to end the scan."""
