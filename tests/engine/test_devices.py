"""Where runs train: several devices at once, another library below Keras, and devices that are not there."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from cnnstudio.engine import devices
from cnnstudio.engine.devices import DeviceError, resolve
from cnnstudio.wire.messages import Device

if TYPE_CHECKING:
    from pathlib import Path

CPU = Device("cpu", "a CPU")
GPUS = (Device("gpu:0", "first"), Device("gpu:1", "second"))


def said(module: str, folder: Path, **environment: str) -> dict[str, Any]:
    """What a helper prints that runs in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", module, str(folder)],
        env={**os.environ, "CNNSTUDIO_HOME": str(folder / "home"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_two_devices_come_to_what_one_comes_to(tmp_path: Path) -> None:
    found = said("tests.helpers.several_devices", tmp_path)
    assert found["devices"] == ["cpu", "all gpus"]
    assert found["replicas"] == 2
    assert found["weights"] < 1e-6
    assert found["loss"] < 1e-6
    assert found["resumed"] == 0.0  # dropout and augmentation on both halves


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_an_experiment_learns_on_jax(tmp_path: Path) -> None:
    found = said("tests.helpers.on_jax", tmp_path, KERAS_BACKEND="jax")
    assert found["backend"] == "jax"
    assert found["losses"][-1] < found["losses"][0]
    assert found["accuracy"] > 0.5
    assert found["resumed"] == 0.0


@pytest.mark.parametrize(
    ("wanted", "there", "given"),
    [
        ("auto", (CPU,), "cpu"),
        ("auto", (CPU, *GPUS), "gpu:0"),
        ("cpu", (CPU, *GPUS), "cpu"),
        ("gpu", (CPU, *GPUS), "gpu:0"),
        ("gpu:1", (CPU, *GPUS), "gpu:1"),
        ("all gpus", (CPU, *GPUS), "all gpus"),
        ("all gpus", (CPU, GPUS[0]), "gpu:0"),
    ],
)
def test_a_recipe_gets_the_device_it_asks_for(wanted: str, there: tuple[Device, ...], given: str) -> None:
    with mock.patch.object(devices, "devices", return_value=there):
        assert resolve(wanted).id == given


@pytest.mark.parametrize("wanted", ["gpu", "gpu:0", "gpu:3", "all gpus"])
def test_a_gpu_that_is_not_there_is_never_a_silent_cpu(wanted: str) -> None:
    with mock.patch.object(devices, "devices", return_value=(CPU,)), pytest.raises(DeviceError) as failure:
        resolve(wanted)
    sentence = failure.value.message
    assert sentence.startswith(f'There is no device "{wanted}": ')
    assert sentence.endswith('Or train with device "auto".')


def test_of_several_gpus_one_that_is_not_there_is_named_with_the_closest() -> None:
    with mock.patch.object(devices, "devices", return_value=(CPU, *GPUS)), pytest.raises(DeviceError) as failure:
        resolve("gpu:7")
    assert 'There is no device "gpu:7".' in failure.value.message
    assert "gpu:1" in failure.value.message
