"""WAV files, read by hand: PCM of 8, 16, 24 and 32 bits and floats of 32 and 64, nothing else.

The layout is that of "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft, 1991) with
the extensible format of 1994. Only the head is read for a scan; lengths are held against what is in the file before
anything is reserved for them.
"""

from __future__ import annotations

import os
import struct
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.core.code.reading import wave_values
from cnnstudio.engine.scan.listing import ReadError
from cnnstudio.engine.scan.walk import open_file

if TYPE_CHECKING:
    from pathlib import Path

MOST_VALUES = 1 << 26
"""Of one file, all channels together: 25 minutes of 44.1 kHz mono."""
MOST_CHANNELS = 1024
MOST_CHUNKS = 1000
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_OTHERS = {2: "ADPCM", 6: "A-law", 7: "µ-law", 0x11: "ADPCM", 0x31: "GSM", 0x55: "MP3", 0xFF: "AAC"}
_STREAMED = 0xFFFFFFFF
"""Length of the data where they were written to a pipe, and nobody knew how long they would be."""


class WavHead(NamedTuple):
    """What the head says."""

    rate: int
    """Samples a second."""
    channels: int
    bits: int
    floating: bool
    start: int
    """Byte at which the first sample begins."""
    length: int
    """Samples of each channel."""

    @property
    def kind(self) -> str:
        """For the report: "WAV, 16 kHz, 1 channel"."""
        return f"WAV, {self.rate / 1000:g} kHz, {self.channels} channel" + "s" * (self.channels > 1)


class _Format(NamedTuple):
    rate: int
    channels: int
    bits: int
    floating: bool


def read_head(path: Path) -> WavHead:
    """Where the samples are and what they are. Raises ReadError with a clause, OSError."""
    with open_file(path) as file:
        return _head(file, os.fstat(file.fileno()).st_size)


def read_wav(path: Path, head: WavHead | None = None) -> np.ndarray:
    """float32 (length, channels): PCM in -1..1, floats as they are. Raises ReadError with a clause, OSError."""
    with open_file(path) as file:
        head = head or _head(file, os.fstat(file.fileno()).st_size)
        file.seek(head.start)
        wanted = head.length * head.channels * head.bits // 8
        data = file.read(wanted)
    if len(data) < wanted:
        raise ReadError(f"truncated: {len(data):,} of {wanted:,} bytes of samples are there")
    return _values(data, head).reshape(head.length, head.channels)


def _head(file: IO[bytes], size: int) -> WavHead:
    start = file.read(12)
    if start[:4] in {b"RIFX", b"RF64"}:
        raise ReadError(f"a WAV file of the rare form {start[:4].decode()}: save it as plain RIFF")
    if len(start) < 12 or start[:4] != b"RIFF" or start[8:] != b"WAVE":
        raise ReadError("not a WAV file: it does not begin with RIFF and WAVE")
    layout: _Format | None = None
    for _ in range(MOST_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        name, length = struct.unpack("<4sI", chunk)
        if name == b"fmt ":
            layout = _layout(file.read(min(length, 40)), length)
            file.seek(max(0, length - 40) + length % 2, os.SEEK_CUR)
        elif name == b"data":
            if layout is None:
                raise ReadError("damaged: its samples come before it says what they are")
            return _placed(layout, file.tell(), length, size)
        else:
            file.seek(length + length % 2, os.SEEK_CUR)
    raise ReadError("truncated: it ends before its samples begin")


def _layout(data: bytes, length: int) -> _Format:
    if length < 16 or len(data) < min(length, 40):
        raise ReadError("truncated: it ends within its head")
    code, channels, rate, _, block, bits = struct.unpack("<HHIIHH", data[:16])
    if code == _EXTENSIBLE:
        if length < 40:
            raise ReadError("damaged: its extensible head is too short")
        code = int.from_bytes(data[24:26], "little")
    if code not in (_PCM, _FLOAT):
        name = _OTHERS.get(code, f"of format {code}")
        raise ReadError(f"compressed ({name}): save it as plain PCM")
    if bits not in ((8, 16, 24, 32) if code == _PCM else (32, 64)):
        known = "8, 16, 24 and 32 bits" if code == _PCM else "floats of 32 and 64 bits"
        raise ReadError(f"samples of {bits} bits: {known} can be read")
    if not 1 <= channels <= MOST_CHANNELS:
        raise ReadError(f"{channels:,} channels: 1 to {MOST_CHANNELS:,} can be read")
    if rate < 1 or block != channels * bits // 8:
        raise ReadError("damaged: the numbers in its head contradict each other")
    return _Format(rate, channels, bits, code == _FLOAT)


def _placed(layout: _Format, start: int, length: int, size: int) -> WavHead:
    there, block = max(0, size - start), layout.channels * layout.bits // 8
    if length == _STREAMED:
        length = there
    if length > there:
        raise ReadError(f"truncated: {there:,} of {length:,} bytes of samples are there")
    frames = length // block
    if frames == 0:
        raise ReadError("no sample in it")
    if frames * layout.channels > MOST_VALUES:
        raise ReadError(f"too long: {frames:,} samples; {MOST_VALUES // layout.channels:,} at most, cut it into pieces")
    return WavHead(layout.rate, layout.channels, layout.bits, layout.floating, start, frames)


def _values(data: bytes, head: WavHead) -> np.ndarray:
    if head.floating:
        return np.frombuffer(data, f"<f{head.bits // 8}").astype("float32")
    return wave_values(data, head.bits)
