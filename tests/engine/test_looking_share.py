"""What looking at a run costs it: what is known is not made anew, and one slow look does not end the watching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.engine.looking import live
from cnnstudio.engine.looking.live import RunNetwork
from cnnstudio.engine.looking.probes import Probe
from cnnstudio.engine.workbench import Workbench, begun_model, set_up
from cnnstudio.wire.messages import Event, Sample, Watch
from tests.engine.conftest import small

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def bench() -> Workbench:
    experiment = small()
    return set_up(experiment, trace(experiment.architecture, experiment.data.info()))


def forbidden(*_: object, **__: object) -> Any:
    raise AssertionError("This makes every compiled function of the run be set up anew, or builds a network again.")


def test_kernels_before_training_are_those_of_the_first_step_and_made_once(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = begun_model(bench)
    monkeypatch.setattr("keras.utils.set_random_seed", forbidden)  # it clears TensorFlow's caches
    network = RunNetwork(bench)
    for block, step in bench.program.outputs.items():
        layer = next((each for each in begun.layers if each.name == step and each.weights), None)
        found = network.weights_before(block)
        if layer is not None:
            for mine, its in zip(found, layer.get_weights(), strict=True):
                np.testing.assert_array_equal(mine, its)
        monkeypatch.setattr(live, "untrained", forbidden)


class Clock:
    """Stands still but for what is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, probe: Probe) -> None:
        self.now, self.cost = 100.0, 0.001
        for clock in ("perf_counter", "process_time"):
            monkeypatch.setattr(f"cnnstudio.engine.looking.probes.time.{clock}", self._read)
        maps: Callable[..., Any] = probe.maps

        def slow(*arguments: Any) -> Any:
            self.now += self.cost
            return maps(*arguments)

        monkeypatch.setattr(probe, "maps", slow)

    def _read(self) -> float:
        return self.now


def seen(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, *, others: float = 0.0, hiccup: float = 0.0
) -> tuple[float, float]:
    """Looks a second at what takes 1.5 ms, and their share of 20 seconds; others take `others` of the time."""
    events: list[Event] = []
    clock: list[Clock] = []
    network = RunNetwork(bench)
    probe = Probe(
        bench.model, bench.program, network.samples, bench.kit, "r", events.append, lambda: others * clock[0].now
    )
    clock.append(Clock(monkeypatch, probe))
    clock[0].cost = 0.0015
    watch = Watch("convolution_1", Sample(), 15.0)
    probe.look([watch], 1, 0)
    first = len(events)
    start, spent = clock[0].now, probe.seconds
    for step in range(4000):
        clock[0].cost = hiccup if hiccup and step == 1000 else 0.0015
        probe.look([watch], 1, step)
        clock[0].now += 0.005
    seconds = clock[0].now - start
    return (len(events) - first) / seconds, (probe.seconds - spent) / seconds


def test_what_others_leave_is_taken_and_no_more(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        alone, share = seen(bench, patch)
    assert alone >= 10
    assert share <= 0.0175
    beside, lower = seen(bench, monkeypatch, others=0.01)
    assert beside < alone
    assert lower <= 0.0145  # the timeline takes what is left


def test_one_look_that_met_something_else_does_not_end_the_watching(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate, _ = seen(bench, monkeypatch, hiccup=0.2)  # made up for in full it would be dark for 12 seconds of 20
    assert rate >= 8


@pytest.mark.parametrize("step_seconds", [0.003, 0.04, 0.08])
def test_the_rate_that_is_asked_for_is_had_whatever_a_step_takes(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, step_seconds: float
) -> None:
    """What a look comes late, as it waits for the end of a step, is not lost."""
    events: list[Event] = []
    probe = Probe(bench.model, bench.program, RunNetwork(bench).samples, bench.kit, "r", events.append)
    clock = Clock(monkeypatch, probe)
    clock.cost = 0.0001
    start, watch = clock.now, Watch("convolution_1", Sample(), 11.0)
    while clock.now < start + 20:
        probe.look([watch], 1, 0)
        clock.now += step_seconds
    assert 10.5 <= len(events) / 20 <= 11.5
