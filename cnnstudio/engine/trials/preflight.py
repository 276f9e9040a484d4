"""Before a run: what it will need, the largest batch that fits, and how long an epoch takes, from a short dry run."""

from __future__ import annotations

import dataclasses
import itertools
import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from cnnstudio.engine import devices
from cnnstudio.engine.estimate import largest_batch, needed_bytes, problem, room, training_samples
from cnnstudio.engine.trials.trial import go_on, subject
from cnnstudio.wire.messages import Preflight

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.trials.trial import Check, Subject
    from cnnstudio.engine.workbench import Workbench

_SECONDS = 1.5
"""How long steps are timed, at least one of them."""
_BATCHES_JUDGED = 4


def estimate(experiment: Experiment, request: int = 0) -> Preflight:
    """What can be said without building anything. Raises TrialError where the experiment cannot be trained at all."""
    return _estimated(subject(experiment), request)


def preflight(experiment: Experiment, request: int = 0, check: Check = go_on, *, measure: bool = True) -> Preflight:
    """The estimate and, where the run fits and `measure` asks for it, the measured seconds of an epoch.

    Raises TrialError. `check` is called between steps.
    """
    tried = subject(experiment)
    found = _estimated(tried, request)
    if found.problem or not measure:
        return found
    with tried.on_bench(check) as bench:
        seconds = _training_seconds(bench, check) + _judging_seconds(bench, check)
        return msgspec.structs.replace(found, seconds_per_epoch=seconds, plan=bench.learner.plan.words)


def _estimated(tried: Subject, request: int) -> Preflight:
    experiment, design = tried.experiment, tried.design
    free, held = devices.free_bytes(tried.device), devices.reusable_bytes(tried.device)
    needed = needed_bytes(experiment, design, free)
    return Preflight(
        request=request,
        device=tried.device.id,
        needed=needed,
        free=0 if free is None else room(needed, free, held),
        largest_batch=largest_batch(experiment, design, free, held),
        problem=problem(experiment, design, free, held) or "",
        training_samples=training_samples(experiment),
        warning=devices.precision_warning(experiment.training.precision, tried.device),
    )


def _training_seconds(bench: Workbench, check: Check) -> float:
    """Seconds of the steps of one epoch. The first call compiles, so it does not count."""
    learner, timed, seconds = bench.learner, 0, 0.0
    for number, batches in enumerate(bench.batches(epoch) for epoch in itertools.count(1)):
        learner.begin_epoch(number + 1, batches)
        first = 0
        while first < len(batches):
            check()
            count = min(learner.plan.steps_per_call, len(batches) - first)
            began = time.perf_counter()
            learner.learn(first, np.full(count, bench.experiment.training.learning_rate, "float32"))
            learner.metrics()  # waits for the device
            if number or first:
                seconds += time.perf_counter() - began
                timed += count
            first += count
            if seconds > _SECONDS:
                return seconds / timed * bench.steps_per_epoch
    raise AssertionError("batches never end")


def _judging_seconds(bench: Workbench, check: Check) -> float:
    """Seconds of judging the validation part, from a few batches of it."""
    part, size = bench.data.validation, bench.experiment.training.batch_size
    few = dataclasses.replace(part, rows=part.rows[: _BATCHES_JUDGED * size])
    if not len(few):
        return 0.0
    bench.learner.judge(dataclasses.replace(part, rows=part.rows[:size]), size)  # compiles
    check()
    began = time.perf_counter()
    bench.learner.judge(few, size)
    return (time.perf_counter() - began) / len(few) * len(part)
