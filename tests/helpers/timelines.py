"""Timelines of runs as the worker keeps them, without a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.formats.timeline import Moment
from cnnstudio.core.formats.timeline_writing import TimelineWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

STEPS_PER_EPOCH = 40


def moments(count: int, every: int = 10) -> tuple[Moment, ...]:
    """So many, that many steps apart, of epochs of 40 steps."""
    steps = range(0, count * every, every)
    return tuple(Moment(step, -(-step // STEPS_PER_EPOCH), step / 20) for step in steps)


def arrays(
    shapes: Mapping[str, tuple[int, ...]], moment: Moment, pins: Iterable[str] = ("validation-0",)
) -> dict[str, np.ndarray[Any, Any]]:
    """What a moment holds for blocks with results of these shapes (..., channels); the input is the block "input".

    Each channel is a slope that rises with the steps, so that a moment can be told by its values.
    """
    found: dict[str, np.ndarray[Any, Any]] = {}
    for pin in pins:
        for block, shape in shapes.items():
            channels = shape[-1]
            slope = np.linspace(0, 255, int(np.prod(shape[:-1], dtype=int))).reshape(shape[:-1])
            maps = np.repeat(slope[np.newaxis], channels, axis=0)
            found[f"maps/{pin}/{block}"] = np.roll(maps, np.arange(channels).sum() + moment.step, -1).astype("uint8")
            found[f"low/{pin}/{block}"] = np.zeros(channels, "float32")
            found[f"high/{pin}/{block}"] = np.full(channels, 1 + moment.step, "float32")
        found[f"input/{pin}"] = np.zeros(shapes.get("input", (8, 8, 1)), "float32")
        found[f"prediction/{pin}"] = np.array([0.25, 0.75], "float32")
    return found


def keep_timeline(
    run: Path, shapes: Mapping[str, tuple[int, ...]], at: Iterable[Moment], pins: Iterable[str] = ("validation-0",)
) -> TimelineWriter:
    """The timeline of the run in that folder, with these moments."""
    run.mkdir(parents=True, exist_ok=True)
    writer = TimelineWriter(run)
    for moment in at:
        assert writer.add(moment, arrays(shapes, moment, tuple(pins)))
    return writer
