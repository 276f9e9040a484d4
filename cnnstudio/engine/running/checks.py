"""What is held against an experiment before anything is built, and what is said of a failure afterwards."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.formats.weights_store import WeightsError, find
from cnnstudio.engine import devices, estimate
from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.data import DataError
from cnnstudio.engine.running.control import RunError

if TYPE_CHECKING:
    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Device


_NO_KERNEL = re.compile(r"No OpKernel was registered to support Op '(\w+)'.*?\bT=DT_(\w+)", re.DOTALL)
"""What TensorFlow says of an operation that nobody has written for that device and number format."""
_FORMATS = {"HALF": "float16", "BFLOAT16": "bfloat16"}


def checked_design(experiment: Experiment) -> Trace:
    """The trace of a design that can be trained. Raises RunError, which names the first fault."""
    if problem := experiment.data.problem():
        raise RunError(problem)
    design = trace(experiment.architecture, experiment.data.info())
    errors = [d for d in lint(design) if d.severity is Severity.ERROR]
    if errors:
        more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
        first = errors[0]
        place = f'At block "{first.block}": ' if first.block else ""
        raise RunError(f"The design has errors, so it cannot be trained. {place}{first.message}{more}")
    return design


def check_weights(experiment: Experiment) -> None:
    """Raises RunError where the weights that the experiment starts from are missing."""
    if experiment.weights:
        try:
            find(experiment.weights)
        except WeightsError as error:
            raise RunError(str(error)) from error


def check_memory(experiment: Experiment, design: Trace, device: Device) -> None:
    """Raises RunError, with the numbers, where the run cannot fit into the device's memory."""
    free, held = devices.free_bytes(device), devices.reusable_bytes(device)
    if sentence := estimate.problem(experiment, design, free, held):
        raise RunError(sentence)


def explained(error: Exception, batch_size: int) -> RunError:
    """Any failure of a run as one sentence and its details."""
    if isinstance(error, RunError):
        return error
    details = "".join(traceback.format_exception(error))
    if isinstance(error, DataError):
        return RunError(str(error), details)
    exhausted = tensorflow is not None and isinstance(error, tensorflow.errors.ResourceExhaustedError)
    if exhausted or isinstance(error, MemoryError):
        advice = f"lower the batch size (now {batch_size:,}) or make the network smaller"
        return RunError(f"The device ran out of memory: {advice}.", details)
    if found := _NO_KERNEL.search(str(error)):
        advice = "choose float32 as the number format, or another device"
        return RunError(
            f"The device cannot compute {found[1]} in {_FORMATS.get(found[2], found[2])}: {advice}.", details
        )
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    return RunError(f"Training ended because of an unexpected error ({first_line}).", details)
