"""Smaller parts of the engine: what is sent and what is dropped, quantised maps, devices, watching within its means."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.engine import devices
from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.build import build_keras
from cnnstudio.engine.data import load
from cnnstudio.engine.looking import probes
from cnnstudio.engine.looking.pinned import SampleBook
from cnnstudio.engine.looking.probes import Probe, quantise, thinned
from cnnstudio.engine.outbox import Outbox
from cnnstudio.engine.tasks import kit_for
from cnnstudio.wire.framing import FrameReader, decode_event
from cnnstudio.wire.messages import EpochEnd, Event, FeatureMaps, Heartbeat, Progress, Sample, Watch, WatchFailed
from tests.engine.conftest import PATIENCE, small

if TYPE_CHECKING:
    from collections.abc import Callable


def read_all(fd: int) -> list[Event]:
    reader, found = FrameReader(decode_event), list[Event]()
    while data := os.read(fd, 1 << 16):
        found += reader.feed(data)
    os.close(fd)
    return found


def test_a_slow_window_misses_live_values_but_nothing_that_must_arrive() -> None:
    out, into = os.pipe()
    outbox = Outbox(into, lambda: None)
    for epoch in range(1, 4):
        for step in range(1, 50):
            outbox.put(Progress("r", epoch, step, 0.0, {}, 0.0))
            outbox.put(Heartbeat(step))
        outbox.put(EpochEnd("r", epoch, 0.0, {}))
    outbox.put(Progress("r", 4, 1, 0.0, {}, 0.0))
    outbox.start()
    outbox.close(PATIENCE)
    os.close(into)
    sent = read_all(out)
    assert [type(e).__name__ for e in sent] == ["EpochEnd", "EpochEnd", "Heartbeat", "EpochEnd", "Progress"]
    assert sent[-1] == Progress("r", 4, 1, 0.0, {}, 0.0)


def test_putting_never_waits_for_a_window_that_does_not_read() -> None:
    out, into = os.pipe()
    outbox = Outbox(into, lambda: None)
    outbox.start()
    large = FeatureMaps("r", "b", Sample(), 1, 1, np.zeros((8, 256, 256), "u1"), *(np.zeros(8, "f4"),) * 3)
    for _ in range(50):
        outbox.put(large)
    outbox.put(EpochEnd("r", 1, 0.0, {}))
    reading: list[Event] = []
    reader = threading.Thread(target=lambda: reading.extend(read_all(out)))
    reader.start()
    outbox.close(PATIENCE)
    os.close(into)
    reader.join(PATIENCE)
    assert 1 <= sum(isinstance(e, FeatureMaps) for e in reading) <= 3
    assert isinstance(reading[-1], EpochEnd)


def test_a_window_that_is_gone_is_noticed() -> None:
    out, into = os.pipe()
    gone = threading.Event()
    outbox = Outbox(into, gone.set)
    os.close(out)
    outbox.put(Heartbeat(1))
    outbox.start()
    assert gone.wait(PATIENCE)
    outbox.close(PATIENCE)
    os.close(into)


@settings(max_examples=60, deadline=None)
@given(hnp.arrays("f4", hnp.array_shapes(min_dims=1, max_dims=4, max_side=5)))
def test_quantised_maps_are_the_values_to_half_a_step(values: np.ndarray) -> None:
    maps, low, high = quantise(values)
    assert maps.shape == (values.shape[-1], *values.shape[:-1])
    assert low.dtype == high.dtype == np.float32
    moved = np.moveaxis(values, -1, 0).reshape(len(maps), -1).astype("f8")
    spans = (high.astype("f8") - low)[:, None]
    sent = low[:, None] + maps.reshape(len(maps), -1) / 255 * spans
    finite = np.isfinite(moved)
    assert (np.abs(np.where(finite, sent - moved, 0.0)) <= spans * 0.51 / 255 + 1e-30).all()


def test_very_large_maps_are_thinned_evenly() -> None:
    values = np.arange(16 * 16 * 4, dtype="f4").reshape(16, 16, 4)
    np.testing.assert_array_equal(thinned(values, 200), values[::3, ::3])
    assert thinned(np.zeros(1000), 200).shape == (1000,)


@pytest.fixture
def looked_at() -> tuple[Probe, list[Event]]:
    experiment = small()
    data = load(experiment.data)
    program = trace(experiment.architecture, data.info).program()
    events: list[Event] = []
    samples, kit = SampleBook(experiment.data, lambda: data), kit_for(data.info, experiment.training)
    return Probe(build_keras(program), program, samples, kit, "r", events.append), events


def ticking(monkeypatch: pytest.MonkeyPatch, cost: float) -> Callable[[float], None]:
    """A clock that stands still, but for what each look costs."""
    now = [0.0]

    def read() -> float:
        now[0] += cost / 2
        return now[0]

    monkeypatch.setattr("cnnstudio.engine.looking.probes.time.perf_counter", read)

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


def test_maps_come_no_more_often_than_asked(
    looked_at: tuple[Probe, list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = ticking(monkeypatch, 0.0)
    probe, events = looked_at
    watch = Watch("convolution_1", Sample(), 10.0)
    for step in range(100):
        probe.look([watch], 1, step)
        forward(0.01)
    assert 9 <= len(events) <= 11
    probe.look([Watch("convolution_1", Sample(index=1), 10.0)], 1, 100)
    assert isinstance(events[-1], FeatureMaps)
    assert events[-1].sample.index == 1


def test_a_slow_block_takes_at_most_a_fiftieth_of_the_time(
    looked_at: tuple[Probe, list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = ticking(monkeypatch, 0.1)
    probe, events = looked_at
    watch = Watch("convolution_1", Sample(), 1000.0)
    for step in range(1000):
        probe.look([watch], 1, step)
        forward(0.01)
    assert len(events) >= 2
    assert probe.seconds <= 0.03 * (1000 * 0.01 + 1000 * 0.05) + 0.1


def test_several_views_share_the_time_and_each_gets_its_turn(
    looked_at: tuple[Probe, list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = ticking(monkeypatch, 0.01)
    probe, events = looked_at
    watches = [Watch("convolution_1", Sample(index=n), 1000.0, view=n) for n in range(3)]
    for step in range(3000):
        probe.look(watches, 1, step)
        forward(0.01)
    seen = [event.sample.index for event in events if isinstance(event, FeatureMaps)]
    assert sorted(set(seen)) == [0, 1, 2]
    assert max(map(seen.count, seen)) - min(map(seen.count, seen)) <= 1
    assert probe.seconds <= 0.03 * 3000 * 0.01


def test_what_two_views_watch_is_looked_at_once_and_a_view_that_changes_does_not_disturb_another(
    looked_at: tuple[Probe, list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticking(monkeypatch, 0.0)
    probe, events = looked_at
    same = [Watch("convolution_1", Sample(), 10.0, view=n) for n in range(2)]
    probe.look(same, 1, 1)
    assert len(events) == 1
    moved = Watch("convolution_1", Sample(index=3), 10.0, view=1)
    probe.look([same[0], moved], 1, 2)
    assert [event.sample.index for event in events if isinstance(event, FeatureMaps)] == [0, 3]
    probe.look_at_new([same[0], moved], 1, 2)
    probe.look([same[0]], 1, 3)
    assert len(events) == 2, "nothing new, and nothing due"
    probe.look([same[0], moved], 1, 3)
    assert len(events) == 3, "a view that looked away and comes back is shown at once"


def test_a_device_that_cannot_look_does_not_end_the_run(
    looked_at: tuple[Probe, list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    probe, events = looked_at

    def exhausted(inputs: np.ndarray) -> None:
        raise tensorflow.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    def made(*tensors: Any) -> Any:
        return exhausted

    with monkeypatch.context() as patch:
        patch.setattr(probes, "_compiled", made)
        probe.look([Watch("convolution_1", Sample())], 1, 1)
    assert isinstance(events[-1], WatchFailed)
    assert 'The maps of "convolution_1" cannot be computed on this device (OOM when' in events[-1].message
    probe.look([Watch("convolution_1", Sample())], 1, 2)
    assert isinstance(events[-1], FeatureMaps)


def test_what_is_not_a_number_is_shown_as_the_lowest_value_of_its_map() -> None:
    values = np.array([[0.0, 3.0, -4.0, np.nan], [2.0, 3.0, np.nan, np.nan], [1.0, 3.0, np.inf, -np.inf]], "float32")
    maps, low, high = quantise(values)
    np.testing.assert_array_equal(maps, [[0, 255, 128], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(low, np.array([0.0, 3.0, -4.0, 0.0], "float32"))
    np.testing.assert_array_equal(high, np.array([2.0, 3.0, -4.0, 0.0], "float32"))


def test_watching_nothing_costs_nothing_and_a_wrong_watch_is_said_once(looked_at: tuple[Probe, list[Event]]) -> None:
    probe, events = looked_at
    probe.look([], 1, 1)
    probe.look([Watch("", Sample())], 1, 1)
    assert (events, probe.seconds) == ([], 0.0)
    wrong = Watch("nowhere", Sample())
    for step in range(5):
        probe.look([wrong], 1, step)
    assert [type(e) for e in events] == [WatchFailed]


def test_the_cpu_is_always_there_and_other_names_are_refused() -> None:
    known = devices.devices()
    assert known[0].id == "cpu"
    assert known[0].name
    assert devices.resolve("cpu") == known[0]
    assert devices.resolve("auto") in known
    with pytest.raises(devices.DeviceError, match=r'no device "cup"\. Did you mean "cpu"\?'):
        devices.resolve("cup")


@pytest.mark.skipif(len(devices.devices()) > 1, reason="this computer has a GPU")
def test_without_a_gpu_the_reason_and_a_way_out_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    report = devices.diagnose()
    assert 'CUDA_VISIBLE_DEVICES is "-1"' in report.reason
    assert report.advice == "Unset it and start again."
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    report = devices.diagnose()
    assert report.reason.endswith(".")
    assert report.advice.endswith(".")
    with pytest.raises(devices.DeviceError, match=r'no device "gpu:0": .* Or train with device "auto"'):
        devices.resolve("gpu:0")
