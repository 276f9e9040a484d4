"""Frames: every message survives the pipe, however the pipe cuts it; bad bytes are refused with one error."""

from __future__ import annotations

import struct
import subprocess
import sys
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnnstudio.wire import framing, messages
from cnnstudio.wire.framing import FrameError, FrameReader, decode_command, decode_event, encode

COMMANDS: tuple[type, ...] = get_args(get_args(messages.AnyCommand)[0])
EVENTS: tuple[type, ...] = get_args(get_args(messages.AnyEvent)[0])

arrays = st.sampled_from(framing.DTYPES).flatmap(
    lambda dtype: hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
)
WHOLE = st.integers(-(2**63), 2**63 - 1)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: WHOLE,
    float: st.floats(),
    str: st.text(),
    type(None): st.none(),
    messages.Array: arrays,
}


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of an annotated type, found by introspection: a new message, or field, is tested by being there."""
    if kind in SIMPLE:
        return SIMPLE[kind]
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        return st.one_of(*(values_of(one) for one in inside))
    if origin is tuple:
        return st.lists(values_of(inside[0]), max_size=6).map(tuple)
    if origin is dict:
        return st.dictionaries(values_of(inside[0]), values_of(inside[1]), max_size=6)
    if origin is Literal:
        return st.sampled_from(inside)
    return st.builds(kind, **{f.name: values_of(f.type) for f in msgspec.structs.fields(kind)})


def plain(value: Any) -> Any:
    """`value` in a form in which equal means the same, arrays and NaN included."""
    if isinstance(value, np.ndarray):
        return ("array", value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, msgspec.Struct):
        return (type(value), [plain(getattr(value, f)) for f in value.__struct_fields__])
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return struct.pack("<d", value) if isinstance(value, float) and value == value else repr(value)


def concrete(base: type) -> set[type]:
    found = {c for c in vars(messages).values() if isinstance(c, type) and issubclass(c, base) and c is not base}
    return found - {messages.NetworkQuestion}  # what questions to a network have in common


def test_the_unions_name_every_message() -> None:
    assert set(COMMANDS) == concrete(messages.Command)
    assert set(EVENTS) == concrete(messages.Event)


@pytest.mark.parametrize("kind", [*COMMANDS, *EVENTS], ids=lambda c: c.__name__)
def test_round_trip(kind: type) -> None:
    decode = decode_command if issubclass(kind, messages.Command) else decode_event

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values_of(kind))
    def check(message: Any) -> None:
        reader: FrameReader[Any] = FrameReader(decode)
        (back,) = reader.feed(encode(message))
        assert plain(back) == plain(message)
        assert reader.waiting == 0

    check()


SOME_EVENTS = (
    messages.Heartbeat(7),
    messages.FeatureMaps(
        "r", "c", messages.Sample(), 1, 2, np.arange(24, dtype="u1").reshape(2, 3, 4), np.zeros(2, "f4"),
        np.ones(2, "f4"), np.zeros(0, "f4"),
    ),
    messages.EpochEnd("r", 1, 0.5, {"loss": float("nan")}),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(SOME_EVENTS), max_size=6), st.lists(st.integers(0, 40)))
def test_any_chunking(sent: list[messages.Event], cuts: list[int]) -> None:
    stream = b"".join(encode(m) for m in sent)
    reader = FrameReader(decode_event)
    got: list[messages.Event] = []
    for length in cuts:
        got += reader.feed(stream[:length])
        stream = stream[length:]
    got += reader.feed(stream)
    assert [plain(m) for m in got] == [plain(m) for m in sent]


def test_pieces_join_to_the_frame_without_copying_large_arrays() -> None:
    maps = np.zeros((4, 8, 8), "u1")
    message = messages.Samples(1, "test", 0, 1, maps, np.zeros(1, "<i4"))
    parts = framing.pieces(message)
    assert b"".join(parts) == encode(message)
    assert any(isinstance(p, memoryview) and np.shares_memory(np.asarray(p), maps) for p in parts)


def test_non_contiguous_and_big_endian_arrays_arrive_equal() -> None:
    strided = np.arange(20, dtype=">i4").reshape(4, 5)[::2, ::-1]
    (back,) = FrameReader(decode_event).feed(encode(messages.Samples(1, "test", 0, 1, strided, strided)))
    assert isinstance(back, messages.Samples)
    np.testing.assert_array_equal(back.inputs, strided)
    assert back.inputs.dtype == np.dtype("<i4")


def read(reader: FrameReader[messages.Event], data: bytes) -> list[messages.Event] | FrameError:
    try:
        return list(reader.feed(data))
    except FrameError as error:
        return error


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_or_wait(data: bytes) -> None:
    reader = FrameReader(decode_event)
    outcome = read(reader, data)
    if isinstance(outcome, FrameError):
        assert read(reader, encode(messages.Heartbeat(1))) is outcome
    else:
        assert (outcome, reader.waiting) == ([], len(data))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SOME_EVENTS), st.integers(0, 10**6), st.integers(0, 255))
def test_a_changed_byte_never_raises_anything_but_frame_error(message: messages.Event, at: int, byte: int) -> None:
    frame = bytearray(encode(message))
    frame[at % len(frame)] = byte
    outcome = read(FrameReader(decode_event), bytes(frame))
    assert isinstance(outcome, FrameError) or all(isinstance(m, messages.Event) for m in outcome)


@pytest.mark.parametrize(
    ("lengths", "says"),
    [
        ((0, 0), "header has 1 to"),
        ((framing.MAX_HEADER + 1, 0), "header has 1 to"),
        ((10, framing.MAX_PAYLOAD + 1), "payload has at most"),
    ],
)
def test_absurd_lengths_are_refused_before_the_rest_arrives(lengths: tuple[int, int], says: str) -> None:
    with pytest.raises(FrameError, match=says):
        list(FrameReader(decode_event).feed(struct.pack("<II", *lengths)))


def header_with(**changed: Any) -> bytes:
    reference = {"offset": 0, "dtype": "|u1", "shape": [4], **changed}
    frame = encode(SOME_EVENTS[1])
    good = msgspec.msgpack.decode(frame[8 : 8 + struct.unpack_from("<I", frame)[0]], type=dict)
    return msgspec.msgpack.encode({**good, "maps": reference})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"dtype": "|O8"}, "Arrays on the wire are of type"),
        ({"shape": [-1]}, "impossible shape"),
        ({"shape": [1] * 9}, "impossible shape"),
        ({"shape": [2**40, 2**40]}, "ends at byte"),
        ({"offset": -1}, "ends at byte"),
        ({"offset": 60}, "ends at byte"),
        ({"extra": 1}, "no known message"),
    ],
)
def test_array_references_outside_the_payload_are_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(FrameError, match=says):
        decode_event(header_with(**changed), bytes(62))


def test_commands_are_no_events() -> None:
    with pytest.raises(FrameError, match="no known message"):
        list(FrameReader(decode_event).feed(encode(messages.StopRun("r"))))


def test_what_does_not_fit_a_frame_is_refused_by_the_sender() -> None:
    with pytest.raises(FrameError, match="cannot be sent"):
        encode(messages.Heartbeat(2**70))
    with pytest.raises(FrameError, match="Arrays on the wire"):
        encode(messages.Samples(1, "test", 0, 1, np.array(["a"]), np.zeros(1, "i4")))
    with pytest.raises(FrameError, match="header has 1 to"):
        encode(messages.StartRun("r", "d", "x" * (framing.MAX_HEADER + 1)))


def test_messages_without_arrays_do_not_import_numpy() -> None:
    code = (
        "import sys; from cnnstudio.wire.framing import *; from cnnstudio.wire.messages import Heartbeat;"
        "assert list(FrameReader(decode_event).feed(encode(Heartbeat(3)))) == [Heartbeat(3)];"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
