"""The timeline of a run: what is kept is read again, the budget holds, and no file can do harm."""

from __future__ import annotations

import errno
import io
import os
import shutil
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from cnnstudio.core.formats.moment_file import MOST_ARRAYS, MomentFile, packed
from cnnstudio.core.formats.timeline import PROBES, Moment, Timeline, TimelineError
from cnnstudio.core.formats.timeline_writing import TimelineWriter
from tests.helpers.effort import times
from tests.helpers.timelines import arrays, keep_timeline, moments

SHAPES: dict[str, tuple[int, ...]] = {"input": (8, 8, 1), "convolution_1": (8, 8, 3), "dense_1": (5,)}
KINDS = ("uint8", "int32", "float16", "float32", "float64", "bool")
names = st.from_regex(r"[a-z]{1,8}(/[a-z0-9_-]{1,8}){0,2}", fullmatch=True)
some_arrays = st.dictionaries(
    names,
    st.sampled_from(KINDS).flatmap(lambda kind: arrays_of.arrays(kind, arrays_of.array_shapes(min_dims=0, min_side=0))),
    max_size=4,
)


def plain_file(folder: Path) -> Path:
    """One moment, as the worker writes it."""
    return next((keep_timeline(folder, SHAPES, moments(1))._folder).iterdir())


@settings(max_examples=times(40))
@given(kept=some_arrays)
def test_what_is_kept_is_read_again(kept: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    """By the studio and by NumPy itself, which is what makes the form an open one."""
    path = tmp_path_factory.mktemp("moment") / "one.npz"
    path.write_bytes(packed(kept))
    file = MomentFile(path)
    assert file.names == tuple(kept)
    with np.load(path, allow_pickle=False) as by_numpy:
        for name, array in kept.items():
            for found in (file.array(name), by_numpy[name]):
                np.testing.assert_array_equal(found, array)
                assert found.dtype == array.dtype


@given(
    st.builds(Moment, st.integers(0, 10**14), st.integers(0, 10**11), st.integers(0, 10**14).map(lambda n: n / 1000))
)
def test_a_file_name_tells_the_moment(moment: Moment) -> None:
    again = Moment.of(moment.file_name)
    assert again is not None
    assert (again.step, again.epoch) == (moment.step, moment.epoch)
    assert again.seconds == pytest.approx(moment.seconds, abs=2e-3)


def test_maps_come_back_by_moment_probe_and_block(tmp_path: Path) -> None:
    keep_timeline(tmp_path, SHAPES, moments(5), ("validation-0", "pinned-3"))
    timeline = Timeline.open(tmp_path)
    assert [moment.step for moment in timeline.moments] == [0, 10, 20, 30, 40]
    assert [moment.epoch for moment in timeline.moments] == [0, 1, 1, 1, 1]
    assert timeline.pins(2) == ("validation-0", "pinned-3")
    assert timeline.blocks(2, "pinned-3") == tuple(SHAPES)
    layer = timeline.layer(2, "pinned-3", "convolution_1")
    assert layer is not None
    wanted = arrays(SHAPES, timeline.moments[2], ("pinned-3",))
    np.testing.assert_array_equal(layer.maps, wanted["maps/pinned-3/convolution_1"])
    np.testing.assert_array_equal(layer.high, wanted["high/pinned-3/convolution_1"])
    assert layer.input is not None
    assert layer.input.shape == (8, 8, 1)
    assert layer.prediction is not None
    assert timeline.layer(2, "validation-7", "convolution_1") is None
    assert timeline.layer(2, "validation-0", "nothing") is None
    with pytest.raises(KeyError):
        timeline.array(2, "kernel/convolution_1")


def test_no_folder_is_an_empty_timeline(tmp_path: Path) -> None:
    assert len(Timeline.open(tmp_path / "nowhere")) == 0
    (tmp_path / PROBES).write_bytes(b"a file where a folder should be")
    assert len(Timeline.open(tmp_path)) == 0


def test_a_tail_that_a_crash_cut_short_is_left_out(tmp_path: Path) -> None:
    files = sorted(keep_timeline(tmp_path, SHAPES, moments(4))._folder.iterdir())
    files[3].write_bytes(b"")
    files[2].write_bytes(files[2].read_bytes()[:-30])
    assert len(Timeline.open(tmp_path)) == 2


def test_a_damaged_moment_in_the_middle_is_named(tmp_path: Path) -> None:
    files = sorted(keep_timeline(tmp_path, SHAPES, moments(3))._folder.iterdir())
    files[1].write_bytes(files[1].read_bytes()[:-30])
    timeline = Timeline.open(tmp_path)
    assert len(timeline) == 3
    with pytest.raises(TimelineError, match=files[1].name) as told:
        timeline.names(1)
    assert str(told.value).count(".npz") == 1
    assert "\n" not in str(told.value)
    assert timeline.layer(2, "validation-0", "dense_1") is not None, "the others can be read"


def test_a_moment_that_was_dropped_meanwhile_is_told(tmp_path: Path) -> None:
    writer = keep_timeline(tmp_path, SHAPES, moments(3))
    timeline = Timeline.open(tmp_path)
    writer.cut(0)
    with pytest.raises(TimelineError, match="no longer there"):
        timeline.names(2)


# Files of others


def outcome(path: Path) -> str:
    """What is said when all of a file is read; "" when nothing is."""
    try:
        file = MomentFile(path)
        for name in file.names:
            file.array(name)
    except TimelineError as error:
        return str(error)
    return ""


def written_zip(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def head(shape: str, descr: str = "'|u1'") -> bytes:
    """The beginning of an .npy file."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


class Trap:
    """Leaves a mark where it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)


def test_objects_are_refused_and_nothing_of_them_runs(tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    content = io.BytesIO()
    np.save(content, np.array([Trap(str(trap))], object))  # as a pickle
    path = written_zip(tmp_path / "a.npz", {"maps/x/y.npy": content.getvalue()})
    with pytest.raises(TimelineError, match="holds"):
        MomentFile(path).array("maps/x/y")
    assert not trap.exists()
    with pytest.raises(ValueError, match="cannot be kept"):
        packed({"a": np.array([{}], object)})


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (head("(4, 4)") + b"\0" * 15, "shape"),
        (head("(99999999999, 99999999999)"), "shape"),
        (head("(-1, -4)") + b"\0" * 4, "holds"),
        (head("(" + "1" * 50_000 + ")"), "holds"),
        (head("(2,)", "'<c8'") + b"\0" * 16, "holds"),
        (head("(" * 3000), "holds"),
        (b"\x93NUMPY\x03\x00" + b"\0" * 90, "version"),
        (b"no array", "damaged"),
        (head("(1,)", "[('a', '|u1')]") + b"\0", "holds"),
    ],
)
def test_an_array_that_is_none_is_told(content: bytes, rule: str, tmp_path: Path) -> None:
    path = written_zip(tmp_path / "a.npz", {"x.npy": content})
    with pytest.raises(TimelineError, match=rule):
        MomentFile(path).array("x")


@pytest.mark.parametrize(("told", "rule"), [(0xFFFFFFF0, "at most"), (len(head("(64,)")) + 64, "damaged")])
def test_a_bomb_is_not_unpacked(told: int, rule: str, tmp_path: Path) -> None:
    """Whether its directory tells how large it gets, or lies."""
    path = written_zip(tmp_path / "a.npz", {"x.npy": head("(64,)") + bytes(30 << 20)})
    content = bytearray(path.read_bytes())
    entry = content.rfind(b"PK\1\2")
    content[entry + 24 : entry + 28] = struct.pack("<I", told)
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(TimelineError, match=rule):
        MomentFile(path).array("x")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 << 20


def test_a_directory_of_too_many_names_is_not_read(tmp_path: Path) -> None:
    path = written_zip(tmp_path / "a.npz", {f"{number}.npy": b"" for number in range(4)}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[-22 + 10 : -22 + 12] = struct.pack("<H", MOST_ARRAYS + 1)
    path.write_bytes(content)
    with pytest.raises(TimelineError, match="lists more than"):
        MomentFile(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    keep_timeline(tmp_path, SHAPES, moments(1))
    os.mkfifo(tmp_path / PROBES / Moment(10, 1, 1.0).file_name)
    assert len(Timeline.open(tmp_path)) == 1


# Writing


def written(folder: Path, count: int, **limits: int) -> TimelineWriter:
    """A run of so many steps that keeps a moment wherever the writer has a place for one."""
    writer = TimelineWriter(folder, **limits)
    noise = np.random.default_rng(0).integers(0, 255, 2000).astype("uint8")
    for step in range(count):
        last = writer.moments[-1].step if writer.moments else -1
        if step >= last + max(1, writer.gap):
            assert writer.add(Moment(step, 1, float(step)), {"maps": noise})
            files = list((folder / PROBES).iterdir())
            assert sum(file.stat().st_size for file in files) <= limits.get("budget", 1 << 30)
            assert len(files) <= limits.get("most", 1000)
    return writer


@pytest.mark.parametrize("limits", [{"budget": 30_000}, {"most": 16}])
def test_the_budget_holds_and_the_moments_stay_evenly_spread(limits: dict[str, int], tmp_path: Path) -> None:
    kept = [moment.step for moment in written(tmp_path, 700, **limits).moments]
    assert kept[0] == 0, "the untrained network is never dropped"
    assert kept[-1] >= 600
    assert len(kept) >= 5, "thinning leaves half"
    gaps = np.diff(kept)
    assert gaps.max() <= 4 * gaps.min() + 4
    assert [moment.step for moment in Timeline.open(tmp_path).moments] == kept


def test_writing_goes_on_where_it_was(tmp_path: Path) -> None:
    first = written(tmp_path, 300, most=16)
    again = TimelineWriter(tmp_path, most=16)
    assert (again.moments, again.gap) == (first.moments, first.gap)
    again.cut(100)
    assert all(moment.step <= 100 for moment in Timeline.open(tmp_path).moments)
    assert again.moments == Timeline.open(tmp_path).moments
    last = again.moments[-1]
    assert not again.add(Moment(last.step, 2, 99.0), {"maps": np.zeros(3)}), "the same step is there already"


def test_what_a_crash_left_half_written_goes(tmp_path: Path) -> None:
    keep_timeline(tmp_path, SHAPES, moments(2))
    half = tmp_path / PROBES / f"{Moment(99, 1, 1.0).file_name}.part"
    half.write_bytes(b"half")
    assert len(Timeline.open(tmp_path)) == 2
    TimelineWriter(tmp_path)
    assert not half.exists()


def test_a_full_disk_leaves_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = keep_timeline(tmp_path, SHAPES, moments(2))

    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:50])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        writer.add(Moment(500, 1, 9.0), {"maps": np.zeros(9)})
    monkeypatch.undo()
    assert len(list((tmp_path / PROBES).iterdir())) == 2
    assert writer.add(Moment(500, 1, 9.0), {"maps": np.zeros(9)}), "it goes on once there is space"


def test_the_last_of_the_disk_is_left_to_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = keep_timeline(tmp_path, SHAPES, moments(1))

    class Usage:
        free = 1 << 20

    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage())
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        writer.add(Moment(500, 1, 9.0), {"maps": np.zeros(9)})


def test_a_run_folder_that_was_deleted_is_not_begun_anew(tmp_path: Path) -> None:
    writer = TimelineWriter(tmp_path / "gone")
    with pytest.raises(FileNotFoundError):
        writer.add(Moment(0, 0, 0.0), {"maps": np.zeros(9)})
    assert not (tmp_path / "gone").exists()
