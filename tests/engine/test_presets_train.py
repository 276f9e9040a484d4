"""Every shipped preset learns for one step on data of its kind, by the engine that the window and the CLI use."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import pytest

from cnnstudio.cli.experiments import load
from cnnstudio.core.data.builtin import Shapes, Waveforms
from cnnstudio.core.formats.presets import presets
from cnnstudio.core.formats.run_folder import LAST, read_record
from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.training import train
from cnnstudio.wire.messages import Progress, RunStarted
from tests.helpers.effort import LATER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Event

AT_ONCE = ("lenet-5", "u-net", "signal-cnn", "shape-detector", "signal-denoiser")


@pytest.fixture(autouse=True)
def uncompiled() -> Iterator[None]:
    """One step is not worth compiling for: operation by operation it takes a tenth of the time."""
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


def small(experiment: Experiment) -> Experiment:
    """The experiment on few samples, in small batches: one step is all that is wanted."""
    source = experiment.data.source
    if isinstance(source, Shapes | Waveforms):
        source = dataclasses.replace(source, count=40)
    training = dataclasses.replace(experiment.training, batch_size=8, epochs=1, seed=1)
    return dataclasses.replace(experiment, data=dataclasses.replace(experiment.data, source=source), training=training)


def each_preset() -> list[object]:
    """One of each task at once, the others later."""
    marks = {id: () if id in AT_ONCE else LATER for id in (p.id for p in presets())}
    return [pytest.param(id, marks=those) for id, those in marks.items()]


@pytest.mark.parametrize("id", each_preset())
def test_it_learns_for_a_step(id: str, tmp_path: Path) -> None:
    control = Control()
    events: list[Event] = []

    def stop_after_one_step(event: Event) -> None:
        events.append(event)
        if isinstance(event, Progress):
            control.abandon()

    ended = train(small(load(id)), tmp_path / "run", stop_after_one_step, control)
    assert isinstance(events[0], RunStarted)
    progress = [e for e in events if isinstance(e, Progress)]
    assert [p.step for p in progress] == [1]
    assert all(math.isfinite(value) for value in progress[0].metrics.values())
    assert set(progress[0].metrics) == set(events[0].metrics)
    assert (ended.outcome, ended.test) == ("stopped", {})
    assert (tmp_path / "run" / LAST).is_file()
    assert read_record(tmp_path / "run").params == events[0].params
