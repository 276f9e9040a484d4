"""A run's network measured again, on any part of its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.data.facts import PARTS
from cnnstudio.core.declare import closest
from cnnstudio.engine import devices
from cnnstudio.engine.data import DataError
from cnnstudio.engine.learning import Plan
from cnnstudio.engine.running.control import RunError
from cnnstudio.engine.workbench import set_up

if TYPE_CHECKING:
    from cnnstudio.core.formats.run_folder import Which
    from cnnstudio.engine.tasks import Verdict
    from cnnstudio.engine.using.trained import TrainedRun
    from cnnstudio.wire.messages import Device


@dataclass(frozen=True)
class Evaluated:
    """How good the network of a run is on a part."""

    part: str
    epoch: int
    """That the weights come from."""
    samples: int
    verdict: Verdict
    """As the run itself judges, the loss first."""


def evaluate(opened: TrainedRun, part: str = "test", which: Which = "last") -> Evaluated:
    """Measure as the run does at its end: same split, preparation, batches and device, where that is still there.

    Raises RunError where the run has no weights yet or its data are gone or have changed.
    """
    if part not in PARTS:
        raise RunError(f'There is no part "{part[:40]}" of the data. {closest(part, PARTS)}')
    device = _device_of(opened)
    devices.settle_determinism(device)
    try:
        with devices.scope(device):
            bench = set_up(opened.experiment, opened.design, Plan())
            epoch = opened.give_weights(bench.model, which)
            samples = bench.data.parts[part]
            verdict = bench.learner.judge(samples, opened.experiment.training.batch_size)
    except DataError as error:
        raise RunError(str(error)) from error
    return Evaluated(part, epoch, len(samples), verdict)


def _device_of(opened: TrainedRun) -> Device:
    try:
        return devices.resolve(opened.record.device)
    except devices.DeviceError:  # made on another computer, or when this one had it
        return devices.resolve(devices.AUTO)
