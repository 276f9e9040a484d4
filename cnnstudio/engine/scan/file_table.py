"""Images or signals that a CSV file lists with their labels."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.data.facts import MOST_CLASSES
from cnnstudio.core.data.info import Task
from cnnstudio.engine.scan import image_file, signal_file, table
from cnnstudio.engine.scan.gathering import FileReader, Gathered, each, found
from cnnstudio.engine.scan.image_file import read_image
from cnnstudio.engine.scan.listing import ScanError
from cnnstudio.engine.scan.picture_files import usable_pictures
from cnnstudio.engine.scan.pictures import remark_on_pictures, usual_shape
from cnnstudio.engine.scan.remarks import in_order, remark_on_classes, remark_on_copies, remark_on_parts
from cnnstudio.engine.scan.signal_file import check_signal
from cnnstudio.engine.scan.signal_table import opened
from cnnstudio.engine.scan.signals import Signal, alike, signal_loader
from cnnstudio.engine.scan.walk import Found, denied

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.data.files import FileTable
    from cnnstudio.engine.scan.listing import Listing, Progress
    from cnnstudio.engine.scan.table import Line


def scan_file_table(source: FileTable, progress: Progress) -> Listing:
    """Read the lines, then look at the files they name. Raises ScanError."""
    path = Path(source.path).expanduser()
    gathered = Gathered(path)
    gathered.used(found(path))
    how = opened(path, gathered)
    columns = table.told_columns(path, how, source)
    several = source.task_found is Task.MULTILABEL
    lines = list(table.lines(path, how, columns, gathered, several))
    joined = 0 if several else table.separators_in(path, how, columns)
    if joined:
        gathered.find("note", "Labels hold | or ;: choose the task multi-label if these divide several labels.")
    files = _there(path.parent, lines, gathered, progress)
    if not files:
        raise gathered.nothing(f'"{path.name}" names no file that can be used')
    names, shape, hashes, load = _looked_at(path.parent, files, gathered, progress)
    of = {line.file: line for line in lines}
    return _listing(source, [of[n] for n in names], shape, hashes, FileLoader(path.parent, load), gathered)


class FileLoader:
    """Loads a sample by its line's file."""

    def __init__(self, root: Path, load: Callable[[Path], np.ndarray]) -> None:
        self.root, self.load = root, load


def _there(root: Path, lines: list[Line], gathered: Gathered, progress: Progress) -> list[Found]:
    """The files of the lines that are there and of one kind; the others are put down with the reason."""
    files = []
    for number, line in enumerate(lines):
        if number % 500 == 0:
            progress(number, 0)
        try:
            status = os.stat(root / line.file)
        except FileNotFoundError:
            gathered.skip(line.file, f"named by line {line.line:,}, but not there")
        except (OSError, ValueError) as error:
            gathered.skip(line.file, denied(error) if isinstance(error, OSError) else "a name that no file can have")
        else:
            if not stat.S_ISREG(status.st_mode) or not status.st_size:
                gathered.skip(line.file, "empty file" if stat.S_ISREG(status.st_mode) else "not a file")
            else:
                files.append(Found(line.file, status.st_size, status.st_mtime_ns))
    return _of_one_kind(files, gathered)


def _of_one_kind(files: list[Found], gathered: Gathered) -> list[Found]:
    """Images or signals, whichever are more; the others are put down with the reason."""
    known = [f for f in files if f.ending in table.ENDINGS]
    images = sum(f.ending in image_file.ENDINGS for f in known)
    wanted, other = (image_file.ENDINGS, "a signal among images")
    if images * 2 < len(known):
        wanted, other = (signal_file.ENDINGS, "an image among signals")
    used = []
    for file in files:
        if file.ending in wanted:
            used.append(file)
        elif file.ending in table.ENDINGS:
            gathered.skip(file.name, other)
        else:
            gathered.skip(file.name, f"neither an image nor a signal: unknown ending {file.ending}")
    return used


def _looked_at(
    root: Path, files: list[Found], gathered: Gathered, progress: Progress
) -> tuple[list[str], tuple[int, ...], np.ndarray, Callable[[Path], np.ndarray]]:
    """(names that can be used, shape of most, hashes, how to read one). Raises ScanError when there is none."""
    if files[0].ending in image_file.ENDINGS:
        pictures = usable_pictures(root, files, gathered, progress)
        if not pictures:
            raise gathered.nothing("No image that the CSV file names can be used")
        for picture in pictures:
            picture.put_down(gathered)
        heads = [p.head for p in pictures]
        remark_on_pictures(heads, gathered)
        return (
            [p.file.name for p in pictures], usual_shape(heads), np.asarray([h.hash for h in heads], "uint64"),
            read_image,
        )  # fmt: skip
    read = [Signal(files[n], head) for n, head in each(root, files, check_signal, gathered, progress)]
    channels, signals = alike(read, gathered)
    if not signals:
        raise gathered.nothing("No signal that the CSV file names can be used")
    hashes = np.asarray([s.head.hash for s in signals], "uint64")
    return [s.file.name for s in signals], gathered.usual_shape, hashes, signal_loader(channels)


def _listing(
    source: FileTable,
    lines: list[Line],
    shape: tuple[int, ...],
    hashes: np.ndarray,
    files: FileLoader,
    gathered: Gathered,
) -> Listing:
    several = source.task_found is Task.MULTILABEL
    each_labels = [table.labels_of(x.label) if several else (table.label_of(x.label),) for x in lines]
    classes = tuple(sorted({name for labels in each_labels for name in labels}, key=in_order))
    if len(classes) > MOST_CLASSES:
        raise ScanError(
            f"The label column holds {len(classes):,} different labels; there may be {MOST_CLASSES:,} classes: is it "
            "the right column?"
        )
    if not classes:
        raise ScanError("The label column is empty: choose the column that holds the labels.")
    index = {name: number for number, name in enumerate(classes)}
    parts = np.asarray([line.part for line in lines], "int8")
    divided = parts if (parts >= 0).any() else None
    names = [line.file for line in lines]
    labels = counts = None
    if several:
        flags = np.zeros((len(lines), len(classes)), "int32")
        for row, labelled in enumerate(each_labels):
            flags[row, [index[name] for name in labelled]] = 1
        counts = flags.astype("int64")
        sums = counts.sum(0)
    else:
        labels = np.asarray([index[name] for (name,) in each_labels], "int32")
        sums = np.bincount(labels, minlength=len(classes))
        remark_on_classes(classes, labels, divided, gathered, "image" if len(shape) == 3 else "signal")
    if divided is not None:
        remark_on_parts(divided, gathered)
    remark_on_copies(hashes, names, gathered, labels=labels, parts=divided)

    def target(number: int) -> int | np.ndarray:
        return flags[number] if labels is None else int(labels[number])

    return gathered.listing(
        source,
        names=tuple(names),
        read=FileReader(files.root, names, files.load, target),
        classes=dict(zip(classes, map(int, sums), strict=True)),
        shape=shape,
        labels=labels,
        counts=counts,
        parts=divided,
        hashes=hashes,
    )
