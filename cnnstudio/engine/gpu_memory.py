"""How much memory NVIDIA's GPUs have left, as their driver says: TensorFlow knows only what it took itself."""

from __future__ import annotations

import ctypes
from typing import Any

from cnnstudio.engine.backend import tensorflow

_CUDA = ("libcuda.so.1", "nvcuda.dll")
_MANAGEMENT = ("libnvidia-ml.so.1", "nvml.dll")
_BUS_LENGTH = 32


class _Memory(ctypes.Structure):
    """`nvmlMemory_t`: bytes."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def free_bytes(number: int) -> int | None:
    """Bytes that a run can still take on the GPU of that number, as TensorFlow counts; None where nobody knows.

    TensorFlow gives nothing back that it once took: what it has and does not use counts as free, as far as it tells.
    """
    known = _said_by_driver(_bus_of(number))
    return None if known is None else known + _idle(number)


def _bus_of(number: int) -> bytes:
    """The GPU's place on the bus. Both CUDA and TensorFlow count only the GPUs that are visible; b"" if not told."""
    cuda = _library(_CUDA)
    device, bus = ctypes.c_int(), ctypes.create_string_buffer(_BUS_LENGTH)
    if cuda is None or cuda.cuInit(0) or cuda.cuDeviceGet(ctypes.byref(device), number):
        return b""
    return b"" if cuda.cuDeviceGetPCIBusId(bus, _BUS_LENGTH, device) else bus.value


def _said_by_driver(bus: bytes) -> int | None:
    nvml = _library(_MANAGEMENT)
    if nvml is None or not bus or nvml.nvmlInit_v2():
        return None
    try:
        handle, memory = ctypes.c_void_p(), _Memory()
        if nvml.nvmlDeviceGetHandleByPciBusId_v2(bus, ctypes.byref(handle)):
            return None
        return None if nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) else int(memory.free)
    finally:
        nvml.nvmlShutdown()


def _library(names: tuple[str, ...]) -> Any:
    """A library of the driver; None where there is no driver."""
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def _idle(number: int) -> int:
    """Bytes that TensorFlow has taken at least and does not use now."""
    if tensorflow is None:
        return 0
    try:
        info = tensorflow.config.experimental.get_memory_info(f"GPU:{number}")
    except (ValueError, RuntimeError):  # not used so far
        return 0
    return max(0, int(info["peak"]) - int(info["current"]))
