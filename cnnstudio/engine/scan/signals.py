"""A folder of signal files, one subfolder a class or none, laid out as image folders are.

Rules for what differs: WAV files of another sampling rate than most are not used, as they would be stretched against
the others; where most files have one channel, WAV files with several are mixed down to their mean; any other number of
channels than that of most files is not used.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.core.data.facts import MOST_CLASSES
from cnnstudio.core.data.info import Task
from cnnstudio.engine.scan.gathering import FileReader, Gathered, each, tally
from cnnstudio.engine.scan.image_folder import Placed, found_layout, placed_in
from cnnstudio.engine.scan.listing import ReadError, ScanError
from cnnstudio.engine.scan.remarks import in_order, remark_on_classes, remark_on_copies, remark_on_parts
from cnnstudio.engine.scan.signal_file import ENDINGS, SignalHead, check_signal, read_signal
from cnnstudio.engine.scan.walk import Found, Walked, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnnstudio.core.data.files import SignalFolder
    from cnnstudio.engine.scan.listing import Listing, Progress


class Signal(NamedTuple):
    """A signal file that can be read."""

    file: Found
    head: SignalHead


def scan_signal_folder(source: SignalFolder, progress: Progress) -> Listing:
    """See the module. Raises ScanError, ScanCancelled."""
    root = Path(source.path).expanduser()
    walked = walk(root, progress)
    gathered = Gathered(root, walked.skipped)
    classified = source.task_found is Task.CLASSIFICATION
    placed = {p.file.name: p for p in _placed(walked, gathered, classified=classified)}
    files = [p.file for p in placed.values()]
    read = [Signal(files[n], head) for n, head in each(root, files, check_signal, gathered, progress)]
    channels, signals = alike(read, gathered)
    used = [placed[s.file.name] for s in signals]
    names = _classes([p.name for p in used]) if classified else ()
    index = {name: number for number, name in enumerate(names)}
    labels = np.asarray([index[p.name] for p in used], "int32") if classified else None
    parts = np.asarray([p.part for p in used], "int8")
    divided = parts if (parts >= 0).any() else None
    paths = [s.file.name for s in signals]
    hashes = np.asarray([s.head.hash for s in signals], "uint64")
    if labels is not None and len(labels):
        remark_on_classes(names, labels, divided, gathered, "signal")
    if divided is not None:
        remark_on_parts(divided, gathered)
    remark_on_copies(hashes, paths, gathered, labels=labels, parts=divided)
    return gathered.listing(
        source,
        names=tuple(paths),
        read=FileReader(root, paths, signal_loader(channels), _target(labels)),
        classes=tally(names, labels),
        labels=labels,
        parts=divided,
        hashes=hashes,
    )


def _target(labels: np.ndarray | None) -> Callable[[int], int | None]:
    return lambda index: None if labels is None else int(labels[index])


def _placed(walked: Walked, gathered: Gathered, *, classified: bool) -> list[Placed]:
    layout = found_layout(walked)
    placed: list[Placed] = []
    for file in walked.files:
        if file.ending not in ENDINGS:
            gathered.skip(file.name, unlike_a_signal(file))
        elif isinstance(place := placed_in(file, layout, is_classified=classified), Placed):
            placed.append(place)
        else:
            gathered.skip(file.name, place)
    if not placed and any(f.ending in ENDINGS for f in walked.files):
        raise ScanError(
            f'"{walked.root.name}" has signals but no folders of classes: put the signals of each class into a folder '
            "of its own, or choose the task reconstruction."
        )
    return placed


def unlike_a_signal(file: Found) -> str:
    """Why a file is not taken for a signal, by its name, as a clause."""
    return f"not a signal: unknown ending {file.ending}" if file.ending else "not a signal: a name without an ending"


def alike(read: Sequence[Signal], gathered: Gathered) -> tuple[int, list[Signal]]:
    """(channels of all samples, the signals that fit one another); the others are put down with the reason."""
    rates = Counter(s.head.rate for s in read if s.head.rate)
    rate = max(rates, key=lambda r: (rates[r], r), default=0)
    timed = []
    for signal in read:
        if signal.head.rate in (0, rate):
            timed.append(signal)
        else:
            gathered.skip(
                signal.file.name, f"{signal.head.rate:,} Hz, while most files have {rate:,} Hz: bring it to that rate"
            )
    widths = Counter(s.head.shape[1] for s in timed)
    channels = max(widths, key=lambda c: (widths[c], -c), default=1)
    used, mixed = [], 0
    for signal in timed:
        length, width = signal.head.shape
        to_mix = channels == 1 and signal.head.rate > 0
        if width != channels and not to_mix:
            gathered.skip(signal.file.name, f"{width:,} channels, while most files have {channels:,}")
            continue
        mixed += width != channels
        gathered.kind(signal.head.kind)
        gathered.size((length, channels))
        used.append(signal)
    if mixed:
        gathered.find("note", f"WAV files with several channels become their mean ({mixed:,} of {len(used):,} files).")
    lengths = {s.head.shape[0] for s in used}
    if len(lengths) > 1:
        gathered.find("note", f"The signals have {len(lengths):,} lengths: Preparation brings all to one.")
    return channels, used


def signal_loader(channels: int) -> Callable[[Path], np.ndarray]:
    """Reads a signal that `alike` has let pass, with that many channels."""

    def load(path: Path) -> np.ndarray:
        values = read_signal(path)
        if values.shape[1] == channels:
            return values
        if channels != 1 or path.suffix.lower() != ".wav":
            raise ReadError(f"it has {values.shape[1]:,} channels now, and had {channels:,} when it was scanned")
        return mixed_down(values)

    return load


def mixed_down(values: np.ndarray) -> np.ndarray:
    """The mean of a signal's channels, float32 (length, 1)."""
    return np.asarray(values.mean(axis=1, keepdims=True, dtype="float64"), "float32")


def _classes(names: Sequence[str]) -> tuple[str, ...]:
    found = tuple(sorted(set(names), key=in_order))
    if len(found) > MOST_CLASSES:
        raise ScanError(
            f"There are {len(found):,} folders of classes; there may be {MOST_CLASSES:,}: put some together."
        )
    return found
