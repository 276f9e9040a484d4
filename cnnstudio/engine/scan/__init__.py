"""Looking through a person's files: which can be used as samples, which not and why, and reading them. No Keras."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.core.data.files import (
    ArrayFile,
    CocoImages,
    FileTable,
    ImageFolder,
    ImageMasks,
    SignalFolder,
    SignalTable,
    YoloImages,
)
from cnnstudio.engine.scan.arrays import scan_arrays
from cnnstudio.engine.scan.coco_folder import scan_coco
from cnnstudio.engine.scan.file_table import scan_file_table
from cnnstudio.engine.scan.gathering import unheard
from cnnstudio.engine.scan.heads import forget
from cnnstudio.engine.scan.image_folder import scan_image_folder
from cnnstudio.engine.scan.listing import Listing, ScanError
from cnnstudio.engine.scan.masks import scan_masks
from cnnstudio.engine.scan.recognition import recognise
from cnnstudio.engine.scan.signal_table import scan_signal_table
from cnnstudio.engine.scan.signals import scan_signal_folder
from cnnstudio.engine.scan.suggestion import suggested
from cnnstudio.engine.scan.walk import writable
from cnnstudio.engine.scan.yolo_folder import scan_yolo

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.data.files import FileSource
    from cnnstudio.engine.scan.listing import Progress

__all__ = ["Listing", "ScanError", "recognise", "scan", "suggested", "unheard"]

_SCANNERS: dict[type[FileSource], Callable[[Any, Progress], Listing]] = {
    ImageFolder: scan_image_folder,
    ImageMasks: scan_masks,
    CocoImages: scan_coco,
    YoloImages: scan_yolo,
    FileTable: scan_file_table,
    ArrayFile: scan_arrays,
    SignalFolder: scan_signal_folder,
    SignalTable: scan_signal_table,
}
"""How each source is looked through."""


def scan(source: FileSource, progress: Progress = unheard, *, fresh: bool = False) -> Listing:
    """Look through the files of a source. Raises ScanError when it cannot be used, ScanCancelled when `progress` does.

    Samples, names and numbers come out the same for the same files, on every system. With `fresh`, nothing that an
    earlier scan remembers is believed. The source of the listing has the whole path: it holds wherever it is opened.
    """
    if not source.path:
        raise ScanError(source.problem())
    place = _whole(source.path)
    if fresh:
        forget(place.parent if place.is_file() else place)
    return _SCANNERS[type(source)](source.moved(str(place)), progress)


def _whole(path: str) -> Path:
    """The absolute path. Raises ScanError for one that no document can hold, as it is no text."""
    try:
        place = Path(os.path.abspath(Path(path).expanduser()))
        str(place).encode()
    except (RuntimeError, ValueError) as error:  # of nobody's home; with bytes that are no text
        raise ScanError(
            f'"{writable(path)}" cannot be kept in an experiment, as its name is not text in the system\'s encoding: '
            "rename the folder or file."
        ) from error
    return place
