"""Frames: how a message becomes bytes on a pipe and a message again, however the pipe cuts them.

A frame is two little-endian u32 lengths (header, payload), the header, and the payload. The header is the message in
MessagePack, which unlike JSON keeps NaN and infinity: the metrics of a diverged run must arrive. Arrays stand in the
header as a reference (offset, type, shape) to their raw bytes in the payload. Nothing is ever pickled, and numpy is
imported only when an array comes in.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from cnnstudio.wire.messages import AnyCommand, AnyEvent, Command, Event, is_array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cnnstudio.wire.messages import Message

MAX_HEADER = 16 << 20
"""Bytes. The largest header is StartRun's, with an experiment of at most 4 MiB in it."""
MAX_PAYLOAD = 512 << 20
"""Bytes. Far above any set of feature maps that a window can show."""
DTYPES = ("|b1", "|u1", "<i4", "<i8", "<f4", "<f8")
"""Types an array may have on the wire, in numpy's spelling."""

_LENGTHS = struct.Struct("<II")
_ALIGNMENT = 8


class FrameError(ValueError):
    """The bytes are no frame, or hold no message that this side understands; one sentence says why."""


class _Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an array's bytes lie in the payload."""

    offset: int
    dtype: str
    shape: tuple[int, ...]


def encode(message: Message) -> bytes:
    """The frame of `message`. Raises FrameError for a message larger than a frame may be."""
    return b"".join(pieces(message))


def pieces(message: Message) -> list[bytes | memoryview]:
    """The frame of `message` in parts, to be written one after the other: arrays are not copied."""
    parts: list[bytes | memoryview] = []
    filled = 0

    def put(value: object) -> _Reference:
        nonlocal filled
        if not is_array(value):
            raise FrameError(f"A message cannot carry a {type(value).__name__}.")
        reference, data = _laid_out(value, filled)
        parts.extend((data, b"\0" * (-data.nbytes % _ALIGNMENT)))
        filled += data.nbytes + len(parts[-1])
        return reference

    try:
        header = msgspec.msgpack.encode(message, enc_hook=put)
    except (TypeError, ValueError, OverflowError) as error:
        raise FrameError(f"{type(message).__name__} cannot be sent: {error}") from error
    _check_lengths(len(header), filled)
    return [_LENGTHS.pack(len(header), filled), header, *parts]


def _laid_out(value: Any, offset: int) -> tuple[_Reference, memoryview]:
    import numpy as np  # here, so that messages without arrays do not cost its import

    array = np.ascontiguousarray(value).reshape(value.shape)
    dtype = array.dtype.newbyteorder("<").str
    if dtype not in DTYPES:
        raise FrameError(f"Arrays on the wire are of type {', '.join(DTYPES)}, not {array.dtype.str}.")
    data: Any = array.astype(dtype, copy=False).reshape(-1).view(np.uint8)
    return _Reference(offset, dtype, array.shape), memoryview(data)


def decode_event(header: bytes, payload: bytes = b"") -> Event:
    """The event that a frame's header and payload hold. Raises FrameError."""
    event: Event = _decode(_events, header, payload)
    return event


def decode_command(header: bytes, payload: bytes = b"") -> Command:
    """The command that a frame's header and payload hold. Raises FrameError."""
    command: Command = _decode(_commands, header, payload)
    return command


def _decode(kind: Any, header: bytes, payload: bytes) -> Any:
    def get(expected: Any, value: object) -> Any:
        return _taken_out(msgspec.convert(value, _Reference), payload)

    try:
        return msgspec.msgpack.decode(header, type=kind, dec_hook=get)
    except FrameError:
        raise
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise FrameError(f"A frame holds no known message: {error}") from error


def _taken_out(reference: _Reference, payload: bytes) -> Any:
    if reference.dtype not in DTYPES:
        raise FrameError(f"Arrays on the wire are of type {', '.join(DTYPES)}, not {reference.dtype[:20]}.")
    if any(n < 0 for n in reference.shape) or len(reference.shape) > 8:
        raise FrameError(f"An array has the impossible shape {reference.shape}.")
    count = math.prod(reference.shape)
    end = reference.offset + count * int(reference.dtype[2:])
    if reference.offset < 0 or end > len(payload):
        raise FrameError(f"An array ends at byte {end:,} of a payload of {len(payload):,} bytes.")
    import numpy as np

    flat = np.frombuffer(payload, dtype=reference.dtype, count=count, offset=reference.offset)
    return flat.reshape(reference.shape)


def _check_lengths(header: int, payload: int) -> None:
    if not 0 < header <= MAX_HEADER:
        raise FrameError(f"A frame's header has 1 to {MAX_HEADER:,} bytes, not {header:,}.")
    if payload > MAX_PAYLOAD:
        raise FrameError(f"A frame's payload has at most {MAX_PAYLOAD:,} bytes, not {payload:,}.")


_events: Any = AnyEvent
_commands: Any = AnyCommand

M = TypeVar("M", bound="Message")


class FrameReader(Generic[M]):
    """Puts the pieces that a pipe delivers together again: `FrameReader(decode_event)` or `(decode_command)`.

    After a FrameError the stream cannot be trusted: every further `feed` raises the same error.
    """

    def __init__(self, decode: Callable[[bytes, bytes], M]) -> None:
        self._decode = decode
        self._buffer = bytearray()
        self._error: FrameError | None = None

    @property
    def waiting(self) -> int:
        """Bytes received of a frame that is not complete yet; 0 between frames."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[M]:
        """Take in `data` at once and yield every message that is complete by now. Raises FrameError."""
        self._buffer += data
        return self._complete()

    def _complete(self) -> Iterator[M]:
        if self._error is not None:
            raise self._error
        try:
            while (frame := self._next()) is not None:
                yield self._decode(*frame)
        except FrameError as error:
            self._error = error
            self._buffer.clear()
            raise

    def _next(self) -> tuple[bytes, bytes] | None:
        if len(self._buffer) < _LENGTHS.size:
            return None
        header, payload = _LENGTHS.unpack_from(self._buffer)
        _check_lengths(header, payload)  # before waiting for the rest: an absurd length must not fill the memory
        middle = _LENGTHS.size + header
        end = middle + payload
        if len(self._buffer) < end:
            return None
        with memoryview(self._buffer) as view:
            frame = bytes(view[_LENGTHS.size : middle]), bytes(view[middle:end])
        del self._buffer[:end]
        return frame
