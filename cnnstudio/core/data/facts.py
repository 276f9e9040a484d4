"""What a scan finds in a person's files: facts that the experiment keeps, and the report that is shown.

The facts are part of the document, so that a design opens, and its shapes are known, where the files are not.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

PARTS = ("training", "validation", "test")
"""The three parts of all data, in this order; a sample lies in one of them."""
MOST_CLASSES = 10_000
MOST_NAME_BYTES = 2 << 20
"""Of the names of all classes together, as UTF-8: a document with them still has room for a design."""
MOST_LISTED = 1_000
"""Skipped files that a report lists; all are counted."""

FindingSeverity: TypeAlias = Literal["error", "warning", "note"]


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a design needs to know of scanned data."""

    samples: int = 0
    """How many can be used; 0 while the source has not been scanned."""
    shape: tuple[int, ...] = (32, 32, 3)
    """Of the samples as they are in the files, channels last; of several shapes the most frequent."""
    mixed: bool = False
    """Whether samples come in several sizes, so that the preparation has to bring them to one."""
    classes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    """Parts that the source itself names, by its folders or files: some of PARTS; () when it names none."""
    fingerprint: str = ""
    """SHA-256 over names, sizes and times of the files: tells whether they have changed since."""


class Skipped(msgspec.Struct, frozen=True):
    """A file that is not used."""

    file: str
    """Path relative to the source, with what cannot be written escaped."""
    reason: str
    """Why, as a clause without a full stop: "empty file", "not an image: unknown ending .txt"."""


class Finding(msgspec.Struct, frozen=True):
    """Something about the data that the person should know: one sentence, and what to do where anything can be done."""

    severity: FindingSeverity
    message: str


class ScanReport(msgspec.Struct, frozen=True):
    """What a scan found, to be shown."""

    samples: int
    shape: tuple[int, ...]
    """As in Facts."""
    classes: dict[str, int] = {}
    """Samples of each class (boxes for detection, pixels for segmentation), in the order of the class indices."""
    splits: dict[str, int] = {}
    """Samples in each part that the source names; {} when it names none."""
    sizes: dict[str, int] = {}
    """Samples of each size, as "640 × 480": the most frequent first, twenty at most."""
    kinds: dict[str, int] = {}
    """Samples of each kind of file, as "JPEG, RGB", "PNG, 16-bit grey", "WAV, 16 kHz, 1 channel"."""
    skipped: tuple[Skipped, ...] = ()
    """At most MOST_LISTED of them."""
    skipped_total: int = 0
    diagnostics: tuple[Finding, ...] = ()
    bytes: int = 0
    """Of the files used."""
    seconds: float = 0.0
    cached: bool = False
    """Whether an earlier scan was still true, so that no file was opened."""
