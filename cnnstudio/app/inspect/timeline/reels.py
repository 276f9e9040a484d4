"""Pictures of equal size as one file or a folder: a GIF animation, or numbered PNG images.

Written picture by picture, so that a long timeline takes no more memory than a short one. What is not brought to its
end leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import errno
import struct
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QImageWriter

from cnnstudio.core.formats.storage import atomic_file, write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

_COLOURS = 256
_FOR_EVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_END = b";"


class Reel(Protocol):
    """Takes pictures one by one. Every method raises OSError where the disk does not take them."""

    def add(self, picture: QImage) -> None:
        """The next picture; all have the size of the first."""

    def finish(self) -> None:
        """It is complete."""

    def drop(self) -> None:
        """It is not wanted: nothing of it stays."""


class GifReel:
    """A GIF animation that begins again at its end (GIF89a specification; each picture has colours of its own)."""

    def __init__(self, path: Path, milliseconds: int) -> None:
        """Each picture is shown for so long."""
        self._milliseconds = milliseconds
        self._open = contextlib.ExitStack()
        self._file: BinaryIO = self._open.enter_context(atomic_file(path))
        self._begun = False

    def add(self, picture: QImage) -> None:
        """See Reel."""
        from PIL import GifImagePlugin, Image  # not before a film is made

        plain = picture.convertToFormat(QImage.Format.Format_RGBX8888)
        size, stride = (plain.width(), plain.height()), plain.bytesPerLine()
        whole = Image.frombytes("RGB", size, bytes(plain.constBits()), "raw", "RGBX", stride, 1)
        frame = whole.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        if not self._begun:
            self._file.write(b"GIF89a" + struct.pack("<2H3B", *size, 0, 0, 0) + _FOR_EVER)
            self._begun = True
        plugin: Any = GifImagePlugin  # whose functions have no types
        for piece in plugin.getdata(frame, duration=self._milliseconds, include_color_table=True):
            self._file.write(piece)

    def finish(self) -> None:
        """See Reel."""
        self._file.write(_END)
        self._open.close()

    def drop(self) -> None:
        """See Reel."""
        self._open.__exit__(_Dropped, _Dropped(), None)


class PngReel:
    """A new folder of images, NAME-0001.png and so on."""

    def __init__(self, folder: Path) -> None:
        """Raises FileExistsError: nothing that is there is written over."""
        folder.mkdir(parents=True)
        self._folder = folder
        self._written: list[Path] = []

    def add(self, picture: QImage) -> None:
        """See Reel."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QImageWriter(buffer, QByteArray(b"png"))
        if not writer.write(picture):
            raise OSError(errno.EIO, writer.errorString(), str(self._folder))
        path = self._folder / f"{self._folder.name}-{len(self._written) + 1:04d}.png"
        self._written.append(path)
        write_atomic(path, bytes(buffer.data().data()))

    def finish(self) -> None:
        """See Reel."""

    def drop(self) -> None:
        """See Reel."""
        for path in self._written:
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # something else lies in it
            self._folder.rmdir()


class _Dropped(Exception):
    """Makes an atomic file give up."""


def reel_maker(form: str, path: Path, milliseconds: int) -> Callable[[], Reel]:
    """What begins a reel of that form ("gif" or "png") there; it raises OSError."""

    def made() -> Reel:
        return GifReel(path, milliseconds) if form == "gif" else PngReel(path)

    return made
