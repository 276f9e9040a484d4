"""The timeline that a run keeps: true to the network, paced by its own cost, and never in the way of training."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.formats.timeline import Timeline
from cnnstudio.core.formats.timeline_writing import TimelineWriter
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import layer_names
from cnnstudio.engine.looking import recording
from cnnstudio.engine.looking.live import RunNetwork
from cnnstudio.engine.looking.recording import CREDIT_SECONDS, LEAST_SHARE, SHARE, Recorder, convolutions
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.engine.looking.vitals import Vitals
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.training import Run, resumed
from cnnstudio.wire.messages import Recorded, RunEnded, Sample
from tests.engine.conftest import small
from tests.helpers.plain_network import PlainNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.wire.messages import Event

KEPT = (Sample("validation", 3), Sample("training", 1), Sample("test", 10**9))
"""The last one is no sample of the data."""
PIN = "validation-3"
EPOCHS = 2


class Trained:
    """A small run that is over, with what it said."""

    def __init__(self, folder: Path, **training: Any) -> None:
        self.folder = folder
        self.said: list[Event] = []
        control = Control(kept=KEPT)
        self.run = Run(small(epochs=EPOCHS, **training), folder, self.said.append, control)
        self.run.execute()
        self.timeline = Timeline.open(folder)

    @property
    def ended(self) -> RunEnded:
        return next(event for event in self.said if isinstance(event, RunEnded))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """On a machine that has time for every moment, however much else it does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "CREDIT_SECONDS", 60.0)
        return Trained(tmp_path_factory.mktemp("recorded") / "run")


def shown(timeline: Timeline, moment: int, block: str) -> tuple[np.ndarray, np.ndarray]:
    """Maps (..., channels) as they were kept, and how far they may be off."""
    layer = timeline.layer(moment, PIN, block)
    assert layer is not None
    along = (-1,) + (1,) * (layer.maps.ndim - 1)
    low, span = layer.low.reshape(along), (layer.high - layer.low).reshape(along)
    return np.moveaxis(low + layer.maps / 255 * span, 0, -1), np.moveaxis(span / 255, 0, -1)


def test_the_first_moment_is_the_untrained_network_and_the_last_one_that_of_the_end(trained: Trained) -> None:
    """Each block's maps are those of a plain Keras model that ends there."""
    model, program = trained.run._bench.model, trained.run._bench.program
    names, sample = layer_names(program), trained.run._bench.data.validation.batch(slice(3, 4))[0]
    moments = trained.timeline.moments
    steps = trained.run._bench.steps_per_epoch
    assert (moments[0].step, moments[0].epoch) == (0, 0)
    assert (moments[-1].step, moments[-1].epoch) == (EPOCHS * steps, EPOCHS)
    last = len(moments) - 1
    for block, step in program.outputs.items():
        if block != "input":
            plain = keras.Model(model.inputs[0], model.get_layer(names[step]).output)
            wanted = np.asarray(plain(sample, training=False))[0]
            found, off = shown(trained.timeline, last, block)
            assert np.all(np.abs(found - wanted) <= 0.51 * off + 1e-5), block
            assert not np.allclose(shown(trained.timeline, 0, block)[0], found) or block == "dropout_1"
    inputs = trained.timeline.array(last, f"input/{PIN}")
    np.testing.assert_array_equal(inputs, sample[0])
    answer = np.asarray(keras.Model(model.inputs[0], model.outputs[0])(sample, training=False))[0]
    np.testing.assert_allclose(
        trained.timeline.array(last, f"prediction/{PIN}"), trained.run._bench.kit.shown(answer), atol=1e-5
    )
    np.testing.assert_array_equal(
        trained.timeline.array(last, "kernel/convolution_1"), np.asarray(model.get_layer("convolution_1").weights[0])
    )


def test_probes_that_are_kept_are_there_and_what_the_data_lack_is_left_out(trained: Trained) -> None:
    for moment in range(len(trained.timeline)):
        assert trained.timeline.pins(moment) == (PIN, "training-1")


def test_moments_lie_closer_at_first_and_are_told(trained: Trained) -> None:
    told = [event for event in trained.said if isinstance(event, Recorded)]
    assert [event.moments for event in told] == list(range(1, len(trained.timeline) + 1))
    assert all(event.run == trained.run.id and not event.problem for event in told)
    steps = [moment.step for moment in trained.timeline.moments]
    assert steps == sorted(set(steps))
    assert len([step for step in steps if step <= trained.run._bench.steps_per_epoch]) >= 3


def full(*given: object, **named: object) -> None:
    """As a disk without space."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_costs_moments_and_nothing_that_is_learned(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = trained.run._bench.model.get_weights()
    monkeypatch.setattr(TimelineWriter, "add", full)
    without = Trained(tmp_path / "run")
    assert without.ended.outcome == "finished"
    told = [event.problem for event in without.said if isinstance(event, Recorded)]
    assert told
    assert all("no space left" in problem and problem.endswith("free some space.") for problem in told)
    for other, own in zip(without.run._bench.model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(other, own)


def test_a_run_that_goes_on_cuts_what_it_comes_by_again(trained: Trained) -> None:
    """The checkpoint is at the end of the run; what lies behind it was never."""
    writer = TimelineWriter(trained.folder)
    last = writer.moments[-1]
    later = type(last)(last.step + 7, last.epoch + 1, last.seconds + 1)
    assert writer.add(later, {"maps/x/y": np.zeros(3)})
    said: list[Event] = []
    resumed(trained.folder, 1, said.append, Control(kept=KEPT)).execute()
    timeline = Timeline.open(trained.folder)
    steps = [moment.step for moment in timeline.moments]
    assert later.step not in steps or PIN in timeline.pins(steps.index(later.step))
    assert steps[-1] == (EPOCHS + 1) * (last.step // EPOCHS)
    assert steps[: len(trained.timeline)] == [moment.step for moment in trained.timeline.moments]


# Pacing, with a network and a clock of the test


class Clock:
    """Time that passes only when something is done."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(recording, "time", made)
    return made


class Costly(PlainNetwork):
    """A network at which a look takes time."""

    clock: Clock
    is_getting_ready = False
    cost = 0.0
    broken = False

    def every_value(self, inputs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        self.clock.now += self.cost
        if self.broken:
            raise SketchError("The maps cannot be computed on this device.")
        yield "conv", np.zeros((8, 8, 2), "float32")


def costly(clock: Clock, cost: float) -> Costly:
    info = DataInfo(Task.CLASSIFICATION, (8, 8, 1), ("a", "b"))
    inputs = np.zeros((4, 8, 8, 1), "float32")
    network = Costly.of(info, inputs, ("conv", "Convolution", {"filters": 4}), ("flat", "Flatten", {}))
    assert isinstance(network, Costly)
    network.clock, network.cost = clock, cost
    return network


def test_what_was_held_before_a_step_is_kept_after_it_as_it_was(trained: Trained, tmp_path: Path) -> None:
    """Nobody who waits for the first step waits for looking; the step changes nothing of what is kept."""
    network = RunNetwork(trained.run._bench)
    recorder = Recorder(network, tmp_path, "run", lambda event: None, 50)
    recorder.readings.append(Vitals(network))
    recorder.begin(0, 0.0)
    convolution = trained.run._bench.model.get_layer("convolution_1")
    before = convolution.get_weights()
    (now,) = [values for block, values in network.values(network.sample(KEPT[0])) if block == "convolution_1"]
    recorder.hold(KEPT, 0, 0, 0.0)
    convolution.set_weights([2 * each for each in before])
    assert not Timeline.open(tmp_path).moments
    recorder.look(KEPT, 1, 1, 0.1, force=True)
    timeline = Timeline.open(tmp_path)
    assert [moment.step for moment in timeline.moments] == [0, 1]
    found, off = shown(timeline, 0, "convolution_1")
    assert np.all(np.abs(found - now) <= 0.51 * off + 1e-5)
    kernels = [timeline.array(i, "kernel/convolution_1") for i in (0, 1)]
    np.testing.assert_array_equal(kernels, [before[0], 2 * before[0]])
    (slopes, size, *_), (_, doubled, *_) = (timeline.array(i, "norm/convolution_1") for i in (0, 1))
    assert slopes > 0
    assert doubled == pytest.approx(2 * size)
    np.testing.assert_array_equal(convolution.get_weights()[0], 2 * before[0])
    convolution.set_weights(before)


def test_a_fault_in_looking_costs_a_moment_and_not_the_run(clock: Clock, tmp_path: Path) -> None:
    def broken(_force: bool) -> Iterator[tuple[str, np.ndarray]]:
        raise IndexError("beyond")

    said: list[Event] = []
    recorder = Recorder(costly(clock, 0.0), tmp_path, "run", said.append, 50)
    recorder.readings.append(broken)
    recorder.begin(0, 0.0)
    recorder.look((), 0, 0, 0.0, force=True)
    recorder.look((), 1, 1, 1.0)
    told = [event.problem for event in said if isinstance(event, Recorded)]
    assert told == ["The timeline is missing moments, because looking failed: beyond."]


@pytest.mark.parametrize("cost", [0.0001, 0.004, 0.3])
@pytest.mark.parametrize("watching", [0.0, 0.019, 0.5])
def test_recording_and_watching_keep_to_their_share(cost: float, watching: float, clock: Clock, tmp_path: Path) -> None:
    began = clock.now
    spent = {"watching": 0.0}
    recorder = Recorder(
        costly(clock, cost), tmp_path, "run", lambda event: None, 50, watching=lambda: spent["watching"]
    )
    recorder.begin(0, 0.0)
    steps = 4000
    for step in range(steps):
        recorder.look((), 1 + step // 50, step, clock.now - began)
        clock.now += 0.005 * random.Random(step).random()
        spent["watching"] = watching * (clock.now - began)
    trained = clock.now - began
    first = cost
    allowed = max(SHARE * trained - spent["watching"], LEAST_SHARE * trained, CREDIT_SECONDS)
    assert recorder.seconds <= first + allowed + cost + 1e-9
    kept = [moment.step for moment in Timeline.open(tmp_path).moments]
    assert kept[0] == 0
    assert len(kept) >= min(6, 1 + allowed // cost)
    if cost < 0.001:
        assert set(range(50, steps, 50)) <= set(kept), "each epoch has its moment where that costs little"


def test_where_moments_cost_much_later_epochs_of_a_short_run_have_theirs(clock: Clock, tmp_path: Path) -> None:
    """On a machine with other work: five epochs in five seconds, and a moment takes 40 ms."""
    recorder = Recorder(costly(clock, 0.04), tmp_path, "run", lambda event: None, 50, epochs=5)
    began = clock.now
    recorder.begin(0, 0.0)
    for step in range(250):
        recorder.look((), 1 + step // 50, step, clock.now - began)
        clock.now += 0.02
    kept = [moment.step for moment in Timeline.open(tmp_path).moments]
    assert len({step // 50 for step in kept}) >= 4, "nearly every epoch"
    assert kept[-1] >= 150
    assert recorder.seconds <= 0.04 + CREDIT_SECONDS + 0.04 + 1e-9


def test_a_folder_that_cannot_be_written_is_told_once(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimelineWriter, "__init__", full)
    said: list[Event] = []
    recorder = Recorder(costly(clock, 0.0), tmp_path, "run", said.append, 50)
    recorder.begin(0, 0.0)
    for step in range(100):
        recorder.look((), 1, step, float(step), force=step == 99)
    assert len(said) == 1
    assert isinstance(said[0], Recorded)
    assert said[0].problem.endswith("free some space.")


def test_a_kernel_that_is_too_large_is_halved_or_left_out(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    network = costly(clock, 0.0)
    size = 3 * 3 * 1 * 4 * 4
    for most, kind in ((size, "float32"), (size // 2, "float16"), (size // 2 - 1, None)):
        monkeypatch.setattr(recording, "_KERNEL_BYTES", most)
        found = dict(Recorder(network, Path(), "run", lambda event: None, 1)._kernels())
        assert [str(kernel.dtype) for kernel in found.values()] == ([kind] if kind else [])
    assert list(convolutions(network.program)) == ["conv"]


def test_what_cannot_be_computed_leaves_the_rest_of_the_moment(clock: Clock, tmp_path: Path) -> None:
    network = costly(clock, 0.0)
    network.broken = True
    recorder = Recorder(network, tmp_path, "run", lambda event: None, 50)

    def refused(_force: bool) -> Iterator[tuple[str, np.ndarray]]:
        raise SketchError("not on this device")

    def told(_force: bool) -> Iterator[tuple[str, np.ndarray]]:
        yield "norm/conv", np.ones(1, "float32")

    recorder.readings += [refused, told]
    recorder.begin(0, 0.0)
    recorder.look((), 0, 0, 0.0)
    names = Timeline.open(tmp_path).names(0)
    assert {"norm/conv", "kernel/conv"} <= set(names)
    assert not [name for name in names if name.startswith("maps/")]
