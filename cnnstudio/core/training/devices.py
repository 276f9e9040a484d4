"""The devices that a recipe may ask for, held against those that a computer has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

AUTO, CPU, FIRST_GPU, ALL_GPUS = "auto", "cpu", "gpu", "all gpus"


def fitting_devices(present: Sequence[str]) -> tuple[str, ...]:
    """What a recipe can ask for where these are present, by their ids: "cpu", "gpu:0"."""
    gpus = tuple(d for d in present if d.startswith("gpu:"))
    first = (FIRST_GPU,) if gpus else ()
    every = (ALL_GPUS,) if len(gpus) > 1 else ()
    return (AUTO, CPU, *first, *gpus, *every)


def why_absent(wanted: str, present: Sequence[str]) -> str:
    """Why a run that asks for this device cannot start where these are present; "" when it can."""
    gpus = [d for d in present if d.startswith("gpu:")]
    if wanted in (AUTO, *present) or (wanted in (FIRST_GPU, ALL_GPUS) and gpus):
        return ""
    have = f"has {', '.join(device_words(d) for d in gpus)}" if gpus else "has no GPU that can train"
    return f"The recipe asks for {device_words(wanted)}, and this computer {have}. Choose the device {AUTO} or {CPU}."


def device_words(device: str) -> str:
    """The device as it stands in a sentence: GPU 0, all GPUs, a GPU, the CPU."""
    if device.startswith("gpu:"):
        return f"GPU {device.removeprefix('gpu:')}"
    return {AUTO: "any device", CPU: "the CPU", FIRST_GPU: "a GPU", ALL_GPUS: "all GPUs"}.get(device, device)
