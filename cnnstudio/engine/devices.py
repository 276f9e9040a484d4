"""What this computer can train on, and, if that is no GPU, why not and what to do."""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio import __version__
from cnnstudio.core.declare import closest
from cnnstudio.engine import gpu_memory, held, memory
from cnnstudio.engine.backend import backend, backend_version, keras, tensorflow
from cnnstudio.engine.running.control import RunError
from cnnstudio.wire.messages import Device

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

AUTO = "auto"
ALL_GPUS = "all gpus"


class DeviceError(RunError):
    """The device that was asked for is not there; one sentence says what is."""


@dataclass(frozen=True, slots=True)
class Report:
    """What `doctor` says of devices. `reason` and `advice` are empty when a GPU can be used."""

    backend: str
    devices: tuple[Device, ...]
    reason: str = ""
    """Why no GPU is used: one sentence."""
    advice: str = ""
    """What to do about it: one sentence."""


def devices() -> tuple[Device, ...]:
    """Devices that can train, the CPU first. The id is what `--device` takes."""
    found = [Device("cpu", _cpu_name())]
    if tensorflow is not None:
        for number, gpu in enumerate(tensorflow.config.list_physical_devices("GPU")):
            details = tensorflow.config.experimental.get_device_details(gpu)
            found.append(Device(f"gpu:{number}", str(details.get("device_name", "GPU"))))
        return tuple(found)
    names = [str(name).lower() for name in keras.distribution.list_devices()]
    gpus = [n for n in names if not n.startswith("cpu")]
    return (*found, *(Device(f"gpu:{i}", name.upper()) for i, name in enumerate(gpus)))


def resolve(wanted: str) -> Device:
    """The device to train on: "auto" takes the first GPU, else the CPU; "all gpus" is one device of several GPUs.

    Raises DeviceError where `wanted` is not there: a run never moves to the CPU silently.
    """
    known = devices()
    if wanted == AUTO:
        return known[1] if len(known) > 1 else known[0]
    gpus = known[1:]
    if wanted == ALL_GPUS and len(gpus) > 1 and tensorflow is not None:
        return Device(ALL_GPUS, f"{len(gpus)} GPUs: {', '.join(gpu.name for gpu in gpus)}")
    asked = "gpu:0" if wanted in ("gpu", ALL_GPUS) else wanted
    found = next((d for d in known if d.id == asked), None)
    if found is not None:
        return found
    if asked.startswith("gpu") and not gpus:
        report = diagnose()
        why = f"{report.reason} {report.advice}"
        raise DeviceError(f'There is no device "{wanted}": {why} Or train with device "{AUTO}".')
    raise DeviceError(f'There is no device "{wanted[:40]}". {closest(wanted, [AUTO, *(d.id for d in known)])}')


def scope(device: Device) -> AbstractContextManager[Any]:
    """Context in which Keras places variables and work on `device`.

    On several GPUs each piece of work says itself where it goes; see `model_scope`.
    """
    if device.id == ALL_GPUS:
        return contextlib.nullcontext()
    made: AbstractContextManager[Any] = keras.device("cpu:0" if device.id == "cpu" else device.id)
    return made


def model_scope(device: Device) -> AbstractContextManager[Any]:
    """Context in which a model is made and compiled that is to be trained on `device`: on several GPUs, one on each."""
    if device.id != ALL_GPUS:
        return contextlib.nullcontext()
    made: AbstractContextManager[Any] = _mirrored(tuple(d.id for d in devices()[1:])).scope()
    return made


@functools.cache
def _mirrored(names: tuple[str, ...]) -> Any:
    """The strategy for these devices. A process can have only one at a time, so it is made once."""
    return tensorflow.distribute.MirroredStrategy(list(names))


def free_bytes(device: Device) -> int | None:
    """Bytes that the device still has for everybody; None where nobody knows. See `reusable_bytes`."""
    if device.id == "cpu":
        return memory.free_bytes()
    numbers = range(len(devices()) - 1) if device.id == ALL_GPUS else (int(device.id.removeprefix("gpu:")),)
    known = [gpu_memory.free_bytes(number) for number in numbers]
    told = [n for n in known if n is not None]
    return min(told) if len(told) == len(known) else None


def reusable_bytes(device: Device) -> int:
    """Bytes that this process holds on the device, unused: the next run's arrays can have them beside what is free."""
    return held.reusable_bytes() if device.id == "cpu" else 0


def precision_warning(precision: str, device: Device) -> str:
    """What to know of a number format that the device has no arithmetic of its own for; "" where it has, or who knows.

    bfloat16 came with AVX-512 BF16, AMX and Ampere, float16 with AVX-512 FP16 and Volta's tensor cores.
    """
    if precision == "float32":
        return ""
    able = _cpu_computes(precision) if device.id == "cpu" else _gpu_computes(precision)
    if able is not False:
        return ""
    what = "This processor" if device.id == "cpu" else "This GPU"
    return f"{what} has no arithmetic of its own for {precision}: the run works, but float32 will be faster."


def _cpu_computes(precision: str) -> bool | None:
    """Whether the processor says so of itself; None where it says nothing."""
    flags = {"bfloat16": ("avx512_bf16", "amx_bf16", "bf16"), "float16": ("avx512_fp16", "amx_fp16", "asimdhp")}
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # no Linux
        return None
    told = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return not set(flags[precision]).isdisjoint(told.split()) if told else None


def _gpu_computes(precision: str) -> bool | None:
    """Whether the first GPU is of such a generation; None where nobody knows."""
    gpus = tensorflow.config.list_physical_devices("GPU") if tensorflow is not None else []
    if not gpus:
        return None
    generation = tensorflow.config.experimental.get_device_details(gpus[0]).get("compute_capability")
    return None if generation is None else bool(generation >= {"bfloat16": (8, 0), "float16": (7, 0)}[precision])


def settle_determinism(device: Device) -> None:
    """On the CPU make every operation repeatable to the bit: same seed, same result.

    It costs under 5 % there. On a GPU some gradients have no repeatable form and would raise, so a GPU run repeats
    only to within rounding.
    """
    if tensorflow is None:
        return
    if device.id == "cpu":
        tensorflow.config.experimental.enable_op_determinism()
    else:
        from tensorflow.python.framework import config as switches

        switches.disable_op_determinism()


def diagnose() -> Report:
    """All there is to say about devices."""
    known = devices()
    name = f"{backend} {backend_version()}"
    if len(known) > 1:
        return Report(name, known)
    reason, advice = _why_no_gpu()
    return Report(name, known, reason, advice)


def versions() -> dict[str, str]:
    """Versions of what decides a result, by name."""
    libraries = {name: metadata.version(name) for name in ("keras", backend, "numpy")}
    return {"cnnstudio": __version__, "python": platform.python_version(), **libraries}


def _why_no_gpu() -> tuple[str, str]:
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None and hidden.strip() in ("", "-1"):
        return (
            f'The environment variable CUDA_VISIBLE_DEVICES is "{hidden}", which hides every GPU.',
            "Unset it and start again.",
        )
    if sys.platform == "darwin":
        return "TensorFlow's builds for macOS compute on the CPU only.", "Train on the CPU, or on a Linux computer."
    if sys.platform == "win32":
        return "TensorFlow's builds for Windows compute on the CPU only.", "Install CNN Studio inside WSL 2."
    if not Path("/proc/driver/nvidia/version").exists() and not Path("/dev/nvidiactl").exists():
        return "No NVIDIA driver is loaded on this computer.", "If it has an NVIDIA GPU, install its driver."
    if tensorflow is not None and not tensorflow.test.is_built_with_cuda():
        return "This build of TensorFlow computes on the CPU only.", 'Install it with pip install "cnnstudio[gpu]".'
    if not _has_cuda_libraries():
        return (
            "An NVIDIA driver is there, but the CUDA libraries that TensorFlow needs are not.",
            'Install them with pip install "cnnstudio[gpu]".',
        )
    return (
        "An NVIDIA driver and the CUDA libraries are there, but TensorFlow could not use them.",
        "Run TF_CPP_MIN_LOG_LEVEL=0 python -c 'import tensorflow' to read which library failed; "
        "most often the driver is older than the libraries.",
    )


def _has_cuda_libraries() -> bool:
    installed = {(d.metadata["Name"] or "").lower() for d in metadata.distributions()}
    return any(name.startswith("nvidia-cudnn") for name in installed)


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:  # no Linux
        pass
    return platform.processor() or platform.machine()
