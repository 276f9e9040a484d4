"""WAV files: values as SciPy reads them, and the reason for each file that cannot be read."""

from __future__ import annotations

import struct
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from cnnstudio.engine.scan.listing import ReadError
from cnnstudio.engine.scan.wav import read_head, read_wav
from tests.helpers.effort import times

if TYPE_CHECKING:
    from pathlib import Path


def wav(
    data: bytes = bytes(8),
    *,
    code: int = 1,
    channels: int = 1,
    rate: int = 8000,
    bits: int = 16,
    block: int | None = None,
    length: int | None = None,
    before: bytes = b"",
    extra: bytes = b"",
) -> bytes:
    """A WAV file whose numbers are as given, however wrong."""
    block = channels * bits // 8 if block is None else block
    layout = struct.pack("<HHIIHH", code, channels, rate, rate * block, block, bits) + extra
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(layout)) + layout
    body += b"data" + struct.pack("<I", len(data) if length is None else length) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def extensible(bits: int, code: int) -> bytes:
    """What follows the usual head in the extensible format."""
    return struct.pack("<HHIH", 22, bits, 3, code) + b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32", "float64"])
def test_values_are_those_that_scipy_reads(tmp_path: Path, dtype: str, channels: int) -> None:
    random = np.random.default_rng(1)
    if dtype.startswith("float"):
        given = random.uniform(-1, 1, (57, channels)).astype(dtype)
    else:
        limits = np.iinfo(dtype)
        given = random.integers(limits.min, limits.max, (57, channels), dtype, endpoint=True)
    wavfile.write(tmp_path / "a.wav", 16000, given)
    head = read_head(tmp_path / "a.wav")
    assert (head.rate, head.channels, head.length) == (16000, channels, 57)
    assert head.kind == f"WAV, 16 kHz, {channels} channel" + "s" * (channels > 1)
    _, values = wavfile.read(tmp_path / "a.wav")
    scale = {"uint8": 128.0, "int16": 2.0**15, "int32": 2.0**31}.get(dtype, 1.0)
    wanted = (values.reshape(57, channels).astype("float64") - (128 if dtype == "uint8" else 0)) / scale
    found = read_wav(tmp_path / "a.wav")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, wanted.astype("float32"))


def test_24_bits_are_read_as_scipy_reads_them(tmp_path: Path) -> None:
    data = np.random.default_rng(2).bytes(3 * 2 * 31)
    (tmp_path / "a.wav").write_bytes(wav(data, bits=24, channels=2))
    _, values = wavfile.read(tmp_path / "a.wav")
    np.testing.assert_array_equal(read_wav(tmp_path / "a.wav"), (values / 2.0**31).astype("float32"))


def test_an_extensible_head_and_chunks_before_the_samples_are_understood(tmp_path: Path) -> None:
    samples = np.asarray([0, 16384, -32768], "<i2")
    listed = b"LIST" + struct.pack("<I", 3) + b"abc\0"  # an odd chunk is padded
    data = wav(samples.tobytes(), code=0xFFFE, before=listed, extra=extensible(16, 1))
    (tmp_path / "a.wav").write_bytes(data)
    np.testing.assert_array_equal(read_wav(tmp_path / "a.wav")[:, 0], [0, 0.5, -1])


def test_a_file_written_to_a_pipe_goes_on_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(bytes(10), length=0xFFFFFFFF))
    assert read_wav(tmp_path / "a.wav").shape == (5, 1)


BAD = {
    "text": (b"hello, this is no wave", "not a WAV file: it does not begin with RIFF and WAVE"),
    "empty": (b"", "not a WAV file: it does not begin with RIFF and WAVE"),
    "big-endian": (b"RIFX" + bytes(40), "a WAV file of the rare form RIFX: save it as plain RIFF"),
    "head only": (wav()[:12], "truncated: it ends before its samples begin"),
    "half a format": (wav()[:30], "truncated: it ends within its head"),
    "no format": (b"RIFF\0\0\0\0WAVEdata" + bytes(8), "damaged: its samples come before it says what they are"),
    "truncated": (wav(bytes(8), length=800), "truncated: 8 of 800 bytes of samples are there"),
    "no samples": (wav(b""), "no sample in it"),
    "MP3 within": (wav(code=0x55), "compressed (MP3): save it as plain PCM"),
    "unknown code": (wav(code=77), "compressed (of format 77): save it as plain PCM"),
    "12 bits": (wav(bits=12), "samples of 12 bits: 8, 16, 24 and 32 bits can be read"),
    "half floats": (wav(code=3, bits=16), "samples of 16 bits: floats of 32 and 64 bits can be read"),
    "no channel": (wav(channels=0), "0 channels: 1 to 1,024 can be read"),
    "many channels": (wav(channels=30000, bits=16, block=1), "30,000 channels: 1 to 1,024 can be read"),
    "no rate": (wav(rate=0), "damaged: the numbers in its head contradict each other"),
    "other block": (wav(block=3), "damaged: the numbers in its head contradict each other"),
    "short extensible": (wav(code=0xFFFE), "damaged: its extensible head is too short"),
}


@pytest.mark.parametrize(("data", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_with_its_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(ReadError) as refused:
        read_wav(tmp_path / "a.wav")
    assert str(refused.value) == reason


def test_a_file_of_an_hour_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(b"", length=1 << 28))
    with path.open("r+b") as file:
        file.truncate(44 + (1 << 28))  # sparse: takes no space
    with pytest.raises(ReadError, match="too long: 134,217,728 samples; 67,108,864 at most, cut it into pieces"):
        read_head(path)


@settings(max_examples=times(50))
@given(st.data())
def test_any_change_of_any_byte_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = bytearray(wav(bytes(range(24)), channels=2))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed.wav"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            values = read_wav(path)
        except ReadError:
            return
    assert values.dtype == np.float32
    assert values.size <= len(whole)
