"""Which kind of source lies at a path, told from names and from the first lines of texts."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.core.data.files import (
    ArrayFile,
    CocoImages,
    FileSource,
    FileTable,
    ImageFolder,
    ImageMasks,
    SignalFolder,
    SignalTable,
    YoloImages,
)
from cnnstudio.engine.scan import csv_file
from cnnstudio.engine.scan.array_parts import are_arrays, told_task
from cnnstudio.engine.scan.gathering import found
from cnnstudio.engine.scan.image_file import ENDINGS
from cnnstudio.engine.scan.image_folder import found_layout
from cnnstudio.engine.scan.listing import ReadError, ScanError
from cnnstudio.engine.scan.part_words import WORDS
from cnnstudio.engine.scan.walk import Found, Walked, file_start, walk

if TYPE_CHECKING:
    from cnnstudio.engine.scan.listing import Progress

ARRAY_ENDINGS = frozenset((".npy", ".npz"))
TABLE_ENDINGS = frozenset((".csv", ".tsv", ".txt"))
SIGNAL_ENDINGS = frozenset((".wav", ".npy", ".csv", ".tsv", ".txt"))
_ARCHIVES = frozenset((".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"))
_YAML = frozenset((".yaml", ".yml"))
_MASKS = ("masks", "mask", "labels", "annotations", "segmentations", "segmentation", "ground_truth", "gt", "targets")
"""Names of folders of masks, in small letters, the surest first."""
_IMAGES = ("images", "image", "imgs", "img", "jpegimages", "inputs", "photos", "pictures")
_COCO_WORDS = (b'"annotations"', b'"images"', b'"categories"')
_START = 1 << 16
_ROWS = 20
_ENDS = tuple(ENDINGS | {".wav", ".npy", ".csv"})


def recognise(path: str, progress: Progress) -> FileSource:
    """The source that reads what lies there, unscanned. Raises ScanError when nothing does."""
    place = Path(os.path.abspath(Path(path).expanduser()))
    if place.is_dir():
        return _folder(walk(place, progress))
    return _file(place, found(place))


def _file(place: Path, file: Found) -> FileSource:
    if file.ending in ARRAY_ENDINGS:
        return ArrayFile(path=str(place)).having("task", told_task(place) or "classification")
    if file.ending in TABLE_ENDINGS:
        return _table(place)
    if file.ending == ".json" and _is_coco(place):
        return CocoImages(path=str(place.parent), annotations=place.name)
    if file.ending in _YAML:
        return YoloImages(path=str(place.parent))
    if file.ending in ENDINGS or file.ending == ".wav":
        raise ScanError(f'"{place.name}" is a single sample: choose the folder that holds all of them.')
    if file.ending in _ARCHIVES:
        raise ScanError(f'"{place.name}" is an archive: unpack it and choose the folder.')
    raise ScanError(
        f'"{place.name}" is no file of samples: choose a folder of images or signals, a table (.csv), NumPy arrays '
        "(.npz, .npy) or COCO annotations (.json)."
    )


def _table(place: Path) -> FileSource:
    """One that lists files, or one with a signal in each row."""
    rows = _first_rows(place)
    if not _lists_files(rows):
        return SignalTable(path=str(place))
    labels = {cell for row in rows for cell in row if not _names_file(cell)}
    has_several = any(sign in label.strip("|;") for label in labels for sign in "|;")
    return FileTable(path=str(place), task="multi-label" if has_several else "classification")


def _first_rows(place: Path) -> list[list[str]]:
    try:
        rows = csv_file.rows(place, csv_file.manner(place))
        return [row.cells for row in itertools.islice(rows, _ROWS)]
    except OSError as error:
        raise ScanError(f'"{place.name}" cannot be read: {error.strerror}. Choose another file.') from error


def _lists_files(rows: list[list[str]]) -> bool:
    return any(_names_file(cell) for row in rows for cell in row)


def _names_file(cell: str) -> bool:
    return cell.strip().lower().endswith(_ENDS)


def _is_coco(place: Path) -> bool:
    try:
        start = file_start(place, _START)
    except ReadError:
        return False
    return any(word in start for word in _COCO_WORDS)


def _folder(walked: Walked) -> FileSource:
    path = str(walked.root)
    counted = Counter(file.ending for file in walked.files)
    images = sum(counted[ending] for ending in ENDINGS)
    if images:
        return _yolo(walked) or _coco(walked) or _masks(walked) or _listed(walked) or _images(walked)
    data = [f for f in walked.files if f.ending in SIGNAL_ENDINGS | ARRAY_ENDINGS]
    if len(data) == 1 and data[0].ending != ".wav":
        return _file(walked.root / data[0].name, data[0])
    if are_arrays(f.name.removesuffix(".npy") for f in data if not f.folders):
        return ArrayFile(path=path).having("task", told_task(walked.root) or "classification")
    if table := _listed(walked):
        return table
    if any(f.ending in SIGNAL_ENDINGS for f in data):
        is_classified = any(len(f.folders) > found_layout(walked).depth for f in data)
        return SignalFolder(path=path, task="classification" if is_classified else "reconstruction")
    raise ScanError(
        f'"{walked.root.name}" holds no images, signals or arrays: choose a folder with files such as .png, .jpg, '
        ".wav, .csv or .npy."
    )


def _images(walked: Walked) -> FileSource:
    depth = found_layout(walked).depth
    is_classified = any(len(f.folders) > depth for f in walked.files if f.ending in ENDINGS)
    return ImageFolder(path=str(walked.root), task="classification" if is_classified else "reconstruction")


def _yolo(walked: Walked) -> FileSource | None:
    """Texts in folders called labels."""
    has_labels = any(f.ending == ".txt" and "labels" in f.folders for f in walked.files)
    return YoloImages(path=str(walked.root)) if has_labels else None


def _coco(walked: Walked) -> FileSource | None:
    has = any(f.ending == ".json" and len(f.folders) < 3 and _is_coco(walked.root / f.name) for f in walked.files)
    return CocoImages(path=str(walked.root)) if has else None


def _masks(walked: Walked) -> FileSource | None:
    """A folder of images and one of masks side by side, perhaps below or above those of the parts."""
    called = {
        name.lower(): name
        for file in walked.files
        if file.ending in ENDINGS
        for name in file.folders
        if name.lower() not in WORDS
    }
    masks = next((called[word] for word in _MASKS if word in called), "")
    images = next((called[word] for word in _IMAGES if word in called), "")
    return ImageMasks(path=str(walked.root), images=images, masks=masks) if masks and images else None


def _listed(walked: Walked) -> FileSource | None:
    """The only table at the top, if it lists files that are there."""
    tables = [f for f in walked.files if f.ending in (".csv", ".tsv") and not f.folders]
    if len(tables) != 1:
        return None
    place = walked.root / tables[0].name
    try:
        rows = _first_rows(place)
    except ScanError:  # whatever it is, it is not the source
        return None
    there = {f.name.rpartition("/")[2] for f in walked.files}
    names = [cell.strip().replace("\\", "/").rpartition("/")[2] for row in rows for cell in row if _names_file(cell)]
    return _table(place) if any(name in there for name in names) else None
