"""What a scan finds as it goes: files used, left out and remarked on; in the end a listing with its report."""

from __future__ import annotations

import hashlib
import stat
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from cnnstudio.core.data.facts import MOST_NAME_BYTES, PARTS, Facts, Finding, FindingSeverity, ScanReport
from cnnstudio.engine.scan.listing import Listing, Raw, ReadError, ScanError
from cnnstudio.engine.scan.walk import Found, SkippedFiles, denied, missing, writable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cnnstudio.core.data.files import FileSource
    from cnnstudio.engine.scan.listing import Progress, Reader, Target

T = TypeVar("T")
K = TypeVar("K", str, tuple[int, ...])
_MOST_SIZES = 20
_READERS = 4
_AT_ONCE = 256


class Gathered:
    """Filled while a source is looked through; `listing` closes it."""

    def __init__(self, root: Path, skipped: SkippedFiles | None = None) -> None:
        self._root = root
        self.skipped = SkippedFiles() if skipped is None else skipped
        self.cached = False
        """Whether no file had to be opened, since an earlier scan is still true."""
        self._started = time.monotonic()
        self._print = hashlib.sha256()
        self._bytes = 0
        self._left_out = 0
        self._findings: list[Finding] = []
        self._kinds: Counter[str] = Counter()
        self._sizes: Counter[tuple[int, ...]] = Counter()

    def used(self, file: Found) -> None:
        """A file belongs to the data: its size counts, and a change of it is noticed later."""
        self._bytes += file.size
        self._print.update(f"{file.name}\0{file.size}\0{file.changed}\n".encode("utf-8", "backslashreplace"))

    def skip(self, file: str, reason: str) -> None:
        """A file (or a row in one) is not used; `reason` is a clause."""
        self.skipped.add(file, reason)

    def leave_out(self, place: str, reason: str) -> None:
        """A box (or a line) is left out, while its sample is used without it."""
        self._left_out += 1
        self.skip(place, reason)

    def find(self, severity: FindingSeverity, message: str) -> None:
        """Something that the person should know: one sentence."""
        self._findings.append(Finding(severity, message))

    def kind(self, kind: str, samples: int = 1) -> None:
        """Samples that are of this kind of file."""
        self._kinds[kind] += samples

    def size(self, shape: tuple[int, ...], samples: int = 1) -> None:
        """Samples that have this shape, channels last."""
        self._sizes[shape] += samples

    @property
    def usual_shape(self) -> tuple[int, ...]:
        """The most frequent one; of equally frequent ones the largest."""
        return max(self._sizes, key=lambda shape: (self._sizes[shape], shape))

    def nothing(self, problem: str) -> ScanError:
        """The error for a source without any sample: `problem` is a sentence without its full stop."""
        listed = self.skipped.listed()
        if not listed:
            return ScanError(f"{problem}.")
        more = f" (and {len(self.skipped) - 1:,} more)" if len(self.skipped) > 1 else ""
        return ScanError(f"{problem}: {listed[0].file}: {listed[0].reason}{more}.")

    def listing(
        self,
        source: FileSource,
        *,
        names: tuple[str, ...],
        read: Reader,
        classes: dict[str, int],
        shape: tuple[int, ...] | None = None,
        labels: np.ndarray | None = None,
        counts: np.ndarray | None = None,
        parts: np.ndarray | None = None,
        hashes: np.ndarray | None = None,
    ) -> Listing:
        """Close the scan. `shape` where it is not the most frequent one. Raises ScanError without any sample."""
        if not names:
            raise self.nothing(f'"{self._root.name}" holds no sample that can be used')
        if (named := sum(len(name.encode("utf-8", "backslashreplace")) for name in classes)) > MOST_NAME_BYTES:
            raise ScanError(
                f"The names of the {len(classes):,} classes have {named:,} bytes together, more than the "
                f"{MOST_NAME_BYTES:,} that an experiment keeps: shorten them."
            )
        if self._left_out:
            self.find("warning", f"Boxes that cannot be used are left out, their images are kept ({self._left_out:,}).")
        shape = shape or self.usual_shape
        splits = {}
        if parts is not None:
            splits = {p: int((parts == i).sum()) for i, p in enumerate(PARTS) if (parts == i).any()}
        sizes: Counter[str] = Counter()
        for each_shape, count in self._sizes.items():  # of grey and colour images, one and the same
            sizes[_shown(each_shape)] += count
        facts = Facts(
            len(names), shape, len({s[:-1] for s in self._sizes}) > 1, tuple(classes), tuple(splits),
            self._print.hexdigest(),
        )  # fmt: skip
        report = ScanReport(
            samples=len(names),
            shape=shape,
            classes=classes,
            splits=splits,
            sizes=dict(_by_number(sizes)[:_MOST_SIZES]),
            kinds=dict(_by_number(self._kinds)),
            skipped=self.skipped.listed(),
            skipped_total=len(self.skipped),
            diagnostics=tuple(self._findings),
            bytes=self._bytes,
            seconds=time.monotonic() - self._started,
            cached=self.cached,
        )
        return Listing(source.found(facts), report, names, read, labels, parts, counts, hashes, dict(self._sizes))


def tally(names: Sequence[str], labels: np.ndarray | None) -> dict[str, int]:
    """Samples of each class, in the order of the indices; {} without classes."""
    counts = np.bincount(labels, minlength=len(names)).tolist() if labels is not None and names else []
    return dict(zip(names, counts, strict=True))


def _by_number(counted: Counter[K]) -> list[tuple[K, int]]:
    return sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))


def found(path: Path) -> Found:
    """A single file that the person chose. Raises ScanError when it is not there or no file, OSError never."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise ScanError(missing(path, error)) from error
    if not stat.S_ISREG(status.st_mode):
        raise ScanError(f'"{path}" is not a file: choose the file that holds the data.')
    if status.st_size == 0:
        raise ScanError(f'"{path.name}" is empty: choose another file.')
    return Found(path.name, status.st_size, status.st_mtime_ns)


def reason(error: OSError | ReadError) -> str:
    """Why a file is not used, as a clause, from what was raised on opening it."""
    return denied(error) if isinstance(error, OSError) else str(error)


def unheard(done: int, total: int) -> None:
    """Progress of a short look that nobody watches."""


def _shown(shape: tuple[int, ...]) -> str:
    """Width first for images, as people say it; signals by their length."""
    *sizes, channels = shape
    if len(sizes) == 2:
        return f"{sizes[1]:,} × {sizes[0]:,}"
    return " × ".join(f"{n:,}" for n in sizes) or f"{channels:,}"


class FileReader:
    """Reads samples that are a file each."""

    def __init__(
        self,
        root: Path,
        names: list[str],
        load: Callable[[Path], np.ndarray],
        target: Callable[[int], Target],
    ) -> None:
        self._root, self._names, self._load, self._target = root, names, load, target

    def __call__(self, index: int) -> Raw:
        """Raises ReadError."""
        name = self._names[index]
        try:
            return Raw(self._load(self._root / name), self._target(index))
        except (ReadError, OSError) as error:
            raise ReadError(f'"{writable(name)}" cannot be read any more: {reason(error)}.') from error


def each(
    root: Path, files: Sequence[Found], look: Callable[[Path], T], gathered: Gathered, progress: Progress
) -> list[tuple[int, T]]:
    """(number, what `look` found) of the files that can be read, in their order; reasons are put down for the others.

    Files are read by several threads at once. Raises ScanCancelled when `progress` does.
    """
    kept: list[tuple[int, T]] = []

    def tried(file: Found) -> T | str:
        try:
            return look(root / file.name)
        except (ReadError, OSError) as error:
            return reason(error)

    with ThreadPoolExecutor(_READERS) as pool:
        for start in range(0, len(files), _AT_ONCE):
            progress(start, len(files))
            for number, result in enumerate(pool.map(tried, files[start : start + _AT_ONCE]), start):
                if isinstance(result, str):
                    gathered.skip(files[number].name, result)
                else:
                    gathered.used(files[number])
                    kept.append((number, result))
    progress(len(files), len(files))
    return kept
