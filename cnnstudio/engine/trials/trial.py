"""What trials have in common: how they begin, how they are ended from outside, and how they say that they cannot be."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from cnnstudio.engine import devices
from cnnstudio.engine.running.checks import check_memory, check_weights, checked_design, explained
from cnnstudio.engine.running.control import RunError
from cnnstudio.engine.workbench import set_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.learning import Plan
    from cnnstudio.engine.workbench import Workbench
    from cnnstudio.wire.messages import Device

Check: TypeAlias = "Callable[[], None]"
"""Called between two steps; raises TrialError where the trial is to end."""


def go_on() -> None:
    """The check of a trial that nobody ends."""


class TrialError(Exception):
    """A trial cannot be or was ended: one sentence for the person, and details for a report."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.details = details


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tried: an experiment that could be trained, where it would be."""

    experiment: Experiment
    design: Trace
    device: Device

    @contextmanager
    def on_bench(self, check: Check, plan: Plan | None = None) -> Iterator[Workbench]:
        """The network on its device, as a run would build it. Raises TrialError for whatever goes wrong inside, too."""
        try:
            check_weights(self.experiment)
            check_memory(self.experiment, self.design, self.device)
            devices.settle_determinism(self.device)
            check()
            with devices.scope(self.device):
                bench = set_up(self.experiment, self.design, plan)
                check()
                yield bench
        except TrialError:
            raise
        except Exception as error:
            failure = explained(error, self.experiment.training.batch_size)
            raise TrialError(failure.message, failure.details) from error


def subject(experiment: Experiment) -> Subject:
    """The experiment as it would be trained. Raises TrialError, which says what keeps it from being."""
    try:
        design = checked_design(experiment)
        return Subject(experiment, design, devices.resolve(experiment.training.device))
    except RunError as error:
        raise TrialError(error.message, error.details) from error
