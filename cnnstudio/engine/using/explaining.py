"""Why the network of a run answers as it does, for the command line: one sample, one method, from the run's folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnnstudio.core.formats.files import write_experiment
from cnnstudio.engine import devices
from cnnstudio.engine.explaining.methods import explain
from cnnstudio.engine.looking.pinned import Pins
from cnnstudio.engine.looking.sketch import SketchError, Sketches
from cnnstudio.engine.running.control import RunError
from cnnstudio.wire.messages import PINNED, Explain, Explained, PinSample, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np

    from cnnstudio.engine.looking.sketch import Sketch
    from cnnstudio.engine.using.trained import TrainedRun
    from cnnstudio.wire.messages import ExplanationProgress
    from cnnstudio.wire.messages.inspection import Setting


@dataclass(frozen=True)
class Wish:
    """What is to be explained, and how; the fields of `wire.messages.Explain`."""

    method: str
    sample: Sample | Path
    """One of the run's data, or a file that is prepared as they were; the first sample in it."""
    block: str = ""
    channel: int = -1
    target: int = -1
    settings: Mapping[str, Setting] = field(default_factory=dict)


def explain_run(
    opened: TrainedRun, wish: Wish, report: Callable[[ExplanationProgress], None]
) -> tuple[Explained, np.ndarray]:
    """The explanation, and the sample as the network sees it, float32 (...). Raises RunError."""
    text, folder, pins = write_experiment(opened.experiment), str(opened.folder), Pins()
    sample = wish.sample
    if not isinstance(sample, Sample):
        pins.hold(PinSample(request=0, pin=0, experiment=text, directory=folder, path=str(sample)))
        sample = Sample(PINNED, 0)
    command = Explain(
        request=0,
        experiment=text,
        directory=folder,
        method=wish.method,
        sample=sample,
        block=wish.block,
        channel=wish.channel,
        target=wish.target,
        settings=dict(wish.settings),
    )
    try:
        network = Sketches(pins).of(text, folder)
        with devices.scope(devices.devices()[0]):
            return _answered(command, network, report), network.sample(sample)[0]
    except SketchError as error:
        raise RunError(str(error)) from error


def _answered(command: Explain, network: Sketch, report: Callable[[ExplanationProgress], None]) -> Explained:
    work = explain(command, network)
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            answer: Explained = end.value
            return answer
        if progress is not None:
            report(progress)
