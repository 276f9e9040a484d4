"""A large run, twice in one process, on a computer that has hardly more memory than it needs; run by test_estimate."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.builtin import Noise
from cnnstudio.engine import estimate, held, memory
from cnnstudio.engine.running.control import Control, RunError
from cnnstudio.engine.running.training import train
from cnnstudio.engine.trials.preflight import estimate as estimated
from cnnstudio.engine.warming import warm_up
from tests.engine.conftest import chain

MARGIN = 1.4
"""What there is for the first run, in times of what it is told to need.

What a run leaves outside TensorFlow's arrays is not counted as free for the next one, and differs by tens of megabytes
between computers; the larger run needs as much more than there is."""


def main(folder: Path) -> None:
    """Print what became of each run."""
    layers = [(f"convolution_{n}", "Convolution", {"filters": 32, "kernel_size": 1}) for n in range(3)]
    pooled: tuple[str, str, dict[str, Any]] = ("globalaveragepooling_1", "GlobalAveragePooling", {})
    source = Noise(shape=(48, 48, 1), classes=2, count=600)
    experiment = chain(source, *layers, pooled, batch_size=128, epochs=1, device="cpu")
    design = trace(experiment.architecture, experiment.data.info())
    told = sum(estimate.needed_bytes(experiment, design).values())
    larger = dataclasses.replace(experiment, training=dataclasses.replace(experiment.training, batch_size=224))

    warm_up()
    start = held.resident_bytes() or 0

    def left() -> int:
        """What such a computer would say is free."""
        return max(0, round(MARGIN * told) + start - (held.resident_bytes() or 0))

    refused = []
    with mock.patch.object(memory, "free_bytes", left):
        for number, each in enumerate((experiment, experiment, larger)):
            held.give_back()
            try:
                train(each, folder / str(number), lambda event: None, Control())
            except RunError as error:
                refused.append((number, str(error)))
        held.give_back()
        found = estimated(experiment)
    told_and_left = {"told": told, "left": left(), "free": found.free, "problem": found.problem}
    sys.stdout.write(json.dumps({**told_and_left, "refused": refused}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
