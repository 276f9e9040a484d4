"""Where samples of a person's own come from: files by kind of data, what is dropped, and the clipboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QGuiApplication, QImageWriter

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

PICTURES = ("png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "dib", "tif", "tiff", "webp", "ppm", "pgm", "pbm")
SIGNALS = ("csv", "tsv", "txt", "wav")
ARRAYS = ("npy",)
_NAMES = {0: "Arrays", 1: "Signals", 2: "Pictures", 3: "Volumes"}
_MOST_TEXT = 4 << 20
"""Characters of numbers that are taken from the clipboard."""


class Found(NamedTuple):
    """What was found: a file, or the content of one, or a sentence that says why there is none."""

    path: Path | None = None
    data: bytes = b""
    ending: str = ""
    name: str = ""
    problem: str = ""


def endings(rank: int) -> tuple[str, ...]:
    """Of files that may hold a sample with so many spatial axes, without the dot."""
    return {1: SIGNALS, 2: PICTURES}.get(rank, ()) + ARRAYS


def file_kinds(rank: int) -> str:
    """The same, as a file dialog wants it."""
    known = " ".join(f"*.{ending} *.{ending.upper()}" for ending in endings(rank))
    return f"{_NAMES.get(rank, 'Samples')} ({known});;All files (*)"


def dropped_path(mime: QMimeData) -> Path | None:
    """The one local file that is dragged, if it is one."""
    urls = mime.urls()
    path = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
    return path if path is not None and path.is_file() else None


def of_clipboard(rank: int) -> Found:
    """A sample in the clipboard: a file that was copied, a picture, or the numbers of a signal."""
    mime: QMimeData | None = QGuiApplication.clipboard().mimeData()
    if mime is None:  # where nothing was ever copied, whatever the annotation says
        mime = QMimeData()
    path = dropped_path(mime)
    if path is not None:
        return Found(path)
    if rank == 2 and mime.hasImage():
        image = QGuiApplication.clipboard().image()
        if not image.isNull():
            return Found(data=png(image), ending=".png", name="Pasted")
    if rank == 1 and mime.hasText():
        text = mime.text().strip().replace("\t", ",").replace(";", ",")
        if _is_numbers(text):
            return Found(data=(text + "\n").encode(), ending=".csv", name="Pasted")
    wanted = {1: "a signal's file, or its numbers, one line for each point of time", 2: "a picture or its file"}
    told = wanted.get(rank, "a .npy file")
    return Found(problem=f"The clipboard holds no sample for this network: copy {told}.")


def png(image: QImage) -> bytes:
    """A picture as the bytes of a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, b"PNG").write(image)
    return bytes(buffer.data().data())


def _is_numbers(text: str) -> bool:
    if not text or len(text) > _MOST_TEXT:
        return False
    try:
        return all([float(cell) is not None for line in text.splitlines() for cell in line.split(",")])
    except ValueError:
        return False
