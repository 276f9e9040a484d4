"""Runs on two devices at once, in a process of its own: two halves of the CPU stand in for two GPUs.

Argument: a folder for the runs. Prints a line of JSON: the devices that were told, on how many the model lay, the
largest difference of any weight and of the test's loss between one device and two, and that of weights between a run
that was resumed and one that was not.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from cnnstudio.core.data.augmentation import STRENGTHS
from cnnstudio.core.data.builtin import Digits
from cnnstudio.engine import devices
from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.training import resumed, train
from cnnstudio.wire.messages import Device, Event, RunEnded, RunStarted
from tests.engine.conftest import chain, small
from tests.helpers.weights import difference

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment

ONE_LEFT_OVER = 419
"""A batch size at which the last batch of the digits holds a single sample: one of two devices gets none."""


def halve_the_cpu() -> None:
    """Before TensorFlow computes anything."""
    half = tensorflow.config.LogicalDeviceConfiguration()
    tensorflow.config.set_logical_device_configuration(tensorflow.config.list_physical_devices("CPU")[0], [half, half])


def plain(device: str) -> Experiment:
    """Nothing random beside the weights and no batch normalisation: shares come to the same as the whole."""
    return chain(
        Digits(),
        ("convolution_1", "Convolution", {"filters": 4}),
        ("flatten_1", "Flatten", {}),
        batch_size=ONE_LEFT_OVER,
        optimizer="sgd",
        clipping="by global norm",
        clip_at=0.1,
        device=device,
    )


def varied(epochs: int) -> Experiment:
    """Dropout and augmentation, on both halves."""
    experiment = small(batch_size=ONE_LEFT_OVER, device="all gpus", epochs=epochs)
    data = dataclasses.replace(experiment.data, augmentation=STRENGTHS["gentle"])
    return dataclasses.replace(experiment, data=data)


def trained(experiment: Experiment, folder: Path) -> tuple[str, RunEnded]:
    """The device that was told, and the end."""
    said: list[Event] = []
    ended = train(experiment, folder, said.append, Control())
    return next(e.device for e in said if isinstance(e, RunStarted)), ended


def main(place: Path) -> None:
    """See above."""
    halve_the_cpu()
    alone, end_alone = trained(plain("cpu"), place / "alone")
    halves = (Device("cpu", "the CPU"), Device("CPU:0", "one half"), Device("CPU:1", "the other half"))
    with mock.patch.object(devices, "devices", return_value=halves):
        together, end_together = trained(plain("all gpus"), place / "together")
        with devices.model_scope(devices.resolve("all gpus")):
            replicas = tensorflow.distribute.get_strategy().num_replicas_in_sync
        trained(varied(2), place / "whole")
        trained(varied(1), place / "parts")
        resumed(place / "parts", 1, lambda event: None, Control()).execute()
    found = {
        "devices": [alone, together],
        "replicas": replicas,
        "weights": difference(place / "alone", place / "together"),
        "loss": abs(end_alone.test["loss"] - end_together.test["loss"]),
        "resumed": difference(place / "whole", place / "parts"),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
