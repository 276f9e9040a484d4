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

from cnnstudio.engine import devices, gpu_memory
from cnnstudio.engine.devices import DeviceError, resolve
from cnnstudio.wire.messages import Device
from tests.helpers.effort import LONGER

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


@pytest.mark.search
@LONGER
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


class Driver:
    """Stands in for both libraries of the driver: a GPU on one bus with so many bytes left."""

    def __init__(self, free: int, **failing: int) -> None:
        self._free, self._failing = free, failing
        self.open = 0

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self._failing.get(name, 0) or self._answer(name, *arguments)

    def _answer(self, name: str, *arguments: Any) -> int:
        if name == "cuDeviceGetPCIBusId":
            arguments[0].value = b"0000:3B:00.0"
        if name == "nvmlDeviceGetHandleByPciBusId_v2":
            assert arguments[0] == b"0000:3B:00.0"
        if name == "nvmlDeviceGetMemoryInfo":
            arguments[1]._obj.free = self._free
        self.open += {"nvmlInit_v2": 1, "nvmlShutdown": -1}.get(name, 0)
        return 0


@pytest.mark.parametrize(
    "fails", ["", "cuInit", "cuDeviceGet", "cuDeviceGetPCIBusId", "nvmlInit_v2", "nvmlDeviceGetMemoryInfo"]
)
def test_what_a_gpu_has_left_is_asked_of_its_driver(fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(7_000_000, **({fails: 999} if fails else {}))
    monkeypatch.setattr(gpu_memory, "_library", lambda names: driver)
    assert gpu_memory.free_bytes(0) == (None if fails else 7_000_000)
    assert driver.open == 0


def test_without_a_driver_nobody_knows_what_is_free() -> None:
    assert devices.free_bytes(GPUS[0]) is None
    assert (devices.free_bytes(CPU) or 0) > 1e6


def test_of_several_gpus_the_one_with_the_least_left_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_memory, "free_bytes", {0: 500, 1: 300}.get)
    with mock.patch.object(devices, "devices", return_value=(CPU, *GPUS)):
        assert devices.free_bytes(resolve("all gpus")) == 300
        assert devices.free_bytes(resolve("gpu:0")) == 500


@pytest.mark.parametrize(
    ("flags", "precision", "says"),
    [
        ("flags\t: fpu sse avx512_bf16", "bfloat16", ""),
        ("flags\t: fpu sse avx2", "float32", ""),
        ("flags\t: fpu sse avx2", "bfloat16", "This processor has no arithmetic of its own for bfloat16"),
        ("flags\t: fpu amx_bf16", "float16", "This processor has no arithmetic of its own for float16"),
        ("Features\t: fp asimd asimdhp", "float16", ""),
        ("model name: unknown", "bfloat16", ""),
    ],
)
def test_a_number_format_that_the_processor_lacks_is_said(
    flags: str, precision: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pathlib.Path.read_text", lambda path, **options: f"processor: 0\n{flags}\n")
    assert devices.precision_warning(precision, CPU).startswith(says)
    assert bool(devices.precision_warning(precision, CPU)) is bool(says)
