"""Pictures of strangers, looked at and read without harm.

The scan reads each file once and whole: for its hash, for what its head says, and for whether it goes on to its end.
It does not decode the pixels, which would take many times as long; damage within shows when the picture is read, as a
ReadError that names it.

Decoding is Pillow's, with its own list of formats: never one that runs a program (EPS), and never more pixels than
MOST_PIXELS, which the head tells before any is decoded.
"""

from __future__ import annotations

import hashlib
import io
import logging
import struct
import warnings
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from cnnstudio.core.code.reading import is_deep_grey, is_transparent, pixels_of
from cnnstudio.engine.scan.listing import ReadError
from cnnstudio.engine.scan.picture_ends import cut_short
from cnnstudio.engine.scan.walk import file_bytes

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = tuple(
    str(file.format)
    for file in (
        PngImagePlugin.PngImageFile,
        JpegImagePlugin.JpegImageFile,
        GifImagePlugin.GifImageFile,
        BmpImagePlugin.BmpImageFile,
        TiffImagePlugin.TiffImageFile,
        WebPImagePlugin.WebPImageFile,
        PpmImagePlugin.PpmImageFile,
    )
)
"""All that are opened. Pillow knows a format once its module is imported, and refuses to open anything before. Files
of several JPEG pictures (MPO) are opened as JPEG."""
ENDINGS = frozenset(
    (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm")
)
"""Of files that are taken for pictures, in small letters."""
MOST_PIXELS = 1 << 26
"""67 million: more than nearly every camera takes; 200 MB as RGB."""
MOST_BYTES = 1 << 28
_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF", b"P4", b"P5", b"P6")
_EXIF_TURNS = (5, 6, 7, 8)
"""Orientations that swap height and width."""
# The studio's own limit is lower, looks at every format alike and names the size; Pillow's would only warn at first.
Image.MAX_IMAGE_PIXELS = None
# Odd notes of cameras and microscopes, with which the picture can be read all the same; errors come as exceptions.
logging.getLogger("PIL").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

TRANSPARENT, CMYK, DEEP_COLOUR, MOVING = "with transparency", "CMYK", "16-bit colour", "several pictures"
RULES = {
    TRANSPARENT: "Transparency is laid over white",
    CMYK: "CMYK becomes RGB",
    DEEP_COLOUR: "16-bit colour is read with 8 bits a channel; 16-bit grey keeps all of them",
    MOVING: "Of a file with several pictures the first is used",
}
"""What happens to unusual pictures, by the words in their kind."""
_MODES = {
    "1": "black and white", "L": "grey", "LA": "grey", "La": "grey", "P": "palette", "PA": "palette", "RGB": "RGB",
    "RGBA": "RGB", "RGBa": "RGB", "RGBX": "RGB", "CMYK": CMYK, "YCbCr": "YCbCr", "LAB": "Lab", "HSV": "HSV",
    "I": "32-bit grey", "F": "32-bit float",
}  # fmt: skip
_BROKEN = (OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError, OverflowError, EOFError, MemoryError,
           AttributeError, RuntimeError, NotImplementedError, ZeroDivisionError, struct.error)  # fmt: skip
"""What Pillow raises for files that are damaged or made to do harm."""


class ImageHead(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a picture without its pixels."""

    height: int
    """As shown: after the camera's turn (EXIF)."""
    width: int
    channels: int
    """1 or 3, as `read_image` gives them."""
    kind: str
    """As in ScanReport.kinds."""
    hash: int
    """First 8 bytes of the file's SHA-256."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.height, self.width, self.channels


def check_image(path: Path | str) -> ImageHead:
    """Look at a picture without decoding it. Raises ReadError with the reason as a clause."""
    data = file_bytes(path, MOST_BYTES)
    with _opened(data) as image:
        height, width = _shown_size(image, data)
        head = ImageHead(height, width, _channels(image), _kind(image), file_hash(data))
        reason = cut_short(image, data)
    if reason:
        raise ReadError(reason)
    return head


def file_hash(data: bytes) -> int:
    """First 8 bytes of the SHA-256: equal for equal files, and for others with no chance worth naming."""
    return int.from_bytes(hashlib.sha256(data).digest()[:8], "big")


def read_image(path: Path | str) -> np.ndarray:
    """The pixels: (height, width, 1 or 3), uint8, uint16 or float32. Raises ReadError with the reason as a clause."""
    with _opened(file_bytes(path, MOST_BYTES)) as image:
        try:
            pixels = pixels_of(ImageOps.exif_transpose(image), is_deep_grey(image))
        except _BROKEN as error:
            raise ReadError(f"cannot be decoded: {_why(error)}") from error
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise ReadError("holds pixels that are no numbers (NaN or infinite)")
    return pixels


def decoded(path: Path | str) -> Image.Image:
    """The picture, decoded whole and turned as the camera says, its mode as it is: for masks, whose palette counts.

    Raises ReadError with the reason as a clause.
    """
    with _opened(file_bytes(path, MOST_BYTES)) as image:
        try:
            return ImageOps.exif_transpose(image)
        except _BROKEN as error:
            raise ReadError(f"cannot be decoded: {_why(error)}") from error


def _opened(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except _BROKEN as error:
        if data.startswith(_STARTS):
            raise ReadError("truncated or damaged: it begins as an image, but cannot be opened") from error
        raise ReadError("not an image: its content is of no kind that can be read") from error
    width, height = image.size
    if width * height > MOST_PIXELS:
        image.close()
        raise ReadError(
            f"too large to decode safely: {width:,} × {height:,} are more than {MOST_PIXELS // 10**6} million pixels"
        )
    if not width or not height:
        raise ReadError("has no pixel")
    return image


def _shown_size(image: Image.Image, data: bytes) -> tuple[int, int]:
    """Height and width after the camera's turn. Pillow decodes a PNG to look for the turn, so it is asked only then."""
    width, height = image.size
    if not ("exif" in image.info or image.format == "TIFF" or (image.format == "PNG" and b"eXIf" in data)):
        return height, width
    try:
        turn = image.getexif().get(0x0112)
    except _BROKEN:  # unreadable notes of the camera: the picture stays as it lies
        turn = None
    return (width, height) if turn in _EXIF_TURNS else (height, width)


def _is_deep(image: Image.Image) -> bool:
    """Whether Pillow leaves away half of each channel's 16 bits."""
    return image.mode.startswith("RGB") and any("16" in str(tile[3]) for tile in getattr(image, "tile", ()))


def _channels(image: Image.Image) -> int:
    return 1 if image.mode in ("1", "L", "LA", "La", "I", "F") or image.mode.startswith("I;16") else 3


def _kind(image: Image.Image) -> str:
    words = "16-bit grey" if is_deep_grey(image) else _MODES.get(image.mode, image.mode)
    if _is_deep(image):
        words = DEEP_COLOUR
    if is_transparent(image):
        words = f"{words} {TRANSPARENT}"
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:  # a camera's MPO has its preview beside it
        words = f"{words}, {MOVING}"
    return f"{'JPEG' if image.format == 'MPO' else image.format}, {words}"


def _why(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return words[0][:120].rstrip(".") if words else type(error).__name__
