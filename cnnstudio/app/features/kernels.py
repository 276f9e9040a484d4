"""The weights of a convolution as numbers: one arrangement for all kinds of layers, sums, change, frequencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from cnnstudio.app.features.mosaic import Floats

POINTS = 129
"""Frequencies of a response, from 0 to half a cycle per sample."""


def arranged(kernels: Any, layer: str) -> Floats:
    """Kernels (out, in, sizes...) of the Keras layer of that name, from the array that it lays out.

    A plain convolution has (sizes..., in, out), a transposed one (sizes..., out, in), a depthwise one, and the first
    half of a separable one, (sizes..., in, out of each): there each kernel reads one channel.
    """
    if layer.endswith("Transpose"):
        kernels = np.swapaxes(kernels, -1, -2)
    elif layer.startswith(("Depthwise", "Separable")):
        kernels = kernels.reshape(*kernels.shape[:-2], 1, -1)
    made: Floats = np.ascontiguousarray(np.moveaxis(kernels, (-1, -2), (0, 1)), dtype=np.float32)
    return made


def norms(kernels: Floats) -> Floats:
    """The L2 norm of each of the kernels (out, ...)."""
    flat = np.nan_to_num(kernels.reshape(len(kernels), -1).astype(np.float64))
    found: Floats = np.sqrt(np.square(flat).sum(axis=1)).astype(np.float32)
    return found


def response(kernel: Floats) -> tuple[Floats, Floats]:
    """Frequencies (POINTS,) in cycles per sample, and how much a kernel (in, length) lets through of each.

    The magnitude of its discrete-time Fourier transform, root mean square over the channels that it reads.
    """
    frequencies = np.linspace(0, 0.5, POINTS)
    turns = np.exp(-2j * np.pi * frequencies[:, np.newaxis] * np.arange(kernel.shape[-1]))
    magnitude = np.abs(kernel.astype(np.float64) @ turns.T)
    return frequencies.astype(np.float32), np.sqrt(np.square(magnitude).mean(axis=0)).astype(np.float32)
