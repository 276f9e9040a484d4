"""In which order the channels of a layer stand on the wall."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from cnnstudio.app.features.layer_maps import LayerMaps
    from cnnstudio.app.features.mosaic import Floats

Ranks: TypeAlias = "np.ndarray[Any, np.dtype[np.intp]]"
"""The channel at each place of the wall."""


class Order(enum.Enum):
    """What the channels are sorted by; the value is what it is called on screen."""

    CHANNEL = "By channel"
    ACTIVATION = "Strongest first"
    VARIANCE = "Most varied first"
    CHANGE = "Most changed first"


def ranked(layer: LayerMaps, order: Order, before: LayerMaps | None = None) -> Ranks | None:
    """The channels in that order, equal ones by number; None for that of their numbers.

    `before` is what changes are counted from; without it, or where its shape is another, nothing has changed.
    """
    if order is Order.CHANNEL:
        return None
    if order is Order.ACTIVATION:
        keys = strengths(layer)
    elif order is Order.VARIANCE:
        keys = variances(layer)
    else:
        keys = changes(layer, before)
    return np.argsort(-keys, kind="stable")


def strengths(layer: LayerMaps) -> Floats:
    """Mean absolute value of each channel."""
    return np.asarray(np.abs(layer.values()).reshape(layer.count, -1).mean(axis=1), np.float32)


def variances(layer: LayerMaps) -> Floats:
    """Variance of each channel over its cells."""
    spread = layer.maps.reshape(layer.count, -1).astype(np.float32).std(axis=1)
    return np.asarray((spread / 255 * (layer.high - layer.low)) ** 2, np.float32)


def changes(layer: LayerMaps, before: LayerMaps | None) -> Floats:
    """Root of the mean square difference of each channel to the same one of `before`."""
    if before is None or before.maps.shape != layer.maps.shape:
        return np.zeros(layer.count, np.float32)
    difference = (layer.values() - before.values()).reshape(layer.count, -1)
    return np.asarray(np.sqrt((difference**2).mean(axis=1)), np.float32)
