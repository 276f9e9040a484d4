"""Whether a picture's file goes on to its end, told by how its format is built and without decoding it."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

_PNG_START = 8
_SOS = b"\xff\xda"
_EOI = b"\xff\xd9"


def cut_short(image: Image.Image, data: bytes) -> str:
    """Why the file is damaged, as a clause; "" when its frame is whole."""
    return _FRAMES[image.format or ""](image, data)


def _png(image: Image.Image, data: bytes) -> str:
    """Chunks of length, name, content and checksum, the last of them IEND (PNG, third edition, section 5)."""
    place = _PNG_START
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        end = place + 12 + length
        if end > len(data):
            break
        name = data[place + 4 : place + 8]
        if zlib.crc32(memoryview(data)[place + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return "damaged: a checksum within does not fit"
        if name == b"IEND":
            return ""
        place = end
    return "truncated: its end is missing"


def _jpeg(image: Image.Image, data: bytes) -> str:
    """After the start of the scan comes the end of the image; cameras may add their own data behind it.

    ITU T.81, annex B. Segments are walked up to the scan, since a preview within them has an end of its own.
    """
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place : place + 2] != _SOS:
        standalone = data[place + 1] == 0xFF  # a fill byte
        place += 1 if standalone else 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return "" if data.find(_EOI, place) >= 0 else "truncated: its end is missing"


def _gif(image: Image.Image, data: bytes) -> str:
    """Blocks, each with its length in front, up to the trailer (GIF89a, sections 15 to 27)."""
    place = 13 + _colours(data[10])
    while place < len(data):
        mark = data[place]
        if mark == 0x3B:
            return ""
        if mark == 0x2C:
            if place + 10 > len(data):
                break
            place += 11 + _colours(data[place + 9])
        elif mark == 0x21:
            place += 2
        else:
            return "damaged: what stands between its pictures is no GIF"
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
    return "truncated: its end is missing"


def _colours(flags: int) -> int:
    """Bytes of the table of colours that follows."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(image: Image.Image, data: bytes) -> str:
    """RIFF says how long the file is."""
    return "" if len(data) >= 8 + struct.unpack_from("<I", data, 4)[0] else "truncated: its end is missing"


def _raster(image: Image.Image, data: bytes) -> str:
    """The rows of a BMP or PNM file lie one behind the other; packed and plain-text ones differ in length."""
    for tile in getattr(image, "tile", ()):
        mode = tile[3][0] if isinstance(tile[3], tuple) else tile[3]
        bits = {"1": 1, "1;I": 1, "P;1": 1, "P;2": 2, "P;4": 4, "L": 8, "P": 8, "I;16B": 16, "BGR;15": 16,
                "BGR;16": 16, "RGB": 24, "BGR": 24, "BGRX": 32, "BGRA": 32, "RGBX": 32}.get(str(mode), 0)  # fmt: skip
        if tile[0] == "raw" and tile[2] + (image.width * bits + 7) // 8 * image.height > len(data):
            return "truncated: its end is missing"
    return ""


def _tiff(image: Image.Image, data: bytes) -> str:
    """Strips (tags 273 and 279) and tiles (324 and 325) lie where the directory says (TIFF 6.0, sections 8 and 15)."""
    tags = getattr(image, "tag_v2", {})
    for starts, lengths in ((273, 279), (324, 325)):
        ends = zip(tags.get(starts, ()), tags.get(lengths, ()), strict=False)
        if any(start + length > len(data) for start, length in ends):
            return "truncated: its end is missing"
    return ""


_FRAMES: dict[str, Callable[[Image.Image, bytes], str]] = {
    "PNG": _png, "JPEG": _jpeg, "MPO": _jpeg, "GIF": _gif, "WEBP": _webp, "BMP": _raster, "DIB": _raster,
    "PPM": _raster, "TIFF": _tiff,
}  # fmt: skip
