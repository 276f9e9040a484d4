"""Checkpoints: all that a run needs to go on, to the same bits, from where it was. One file, written whole.

A safetensors file of every variable that decides what comes next, with the rest as JSON in its metadata. The one before
is kept beside it, so that a damaged file costs some seconds of work and not the run.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from cnnstudio.core.formats.run_folder import CHECKPOINT
from cnnstudio.core.formats.storage import write_atomic
from cnnstudio.engine.control import RunError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


class ResumeError(RunError):
    """The run in a folder cannot go on; one sentence says why."""


@dataclass(frozen=True)
class Position:
    """Where a run stands: what a checkpoint says beside its arrays."""

    epoch: int = 0
    """Whole epochs done."""
    step: int = 0
    """Steps done of the next epoch."""
    seconds: float = 0.0
    """Time trained so far."""
    best_epoch: int = 0
    pace: dict[str, Any] = field(default_factory=dict)
    """As Pace.state gives it."""
    plan: dict[str, Any] = field(default_factory=dict)
    """As Plan.plain gives it."""


def write_checkpoint(folder: Path, position: Position, arrays: dict[str, np.ndarray]) -> None:
    """Write the run's checkpoint, whole or not at all; the one before stays beside it. Raises OSError."""
    from safetensors.numpy import save

    data = save(arrays, metadata={"position": json.dumps(asdict(position))})
    write_atomic(folder / CHECKPOINT, data, backup=True)


def read_checkpoint(folder: Path) -> tuple[Position, dict[str, np.ndarray]]:
    """The newest checkpoint of the run that can be read. Raises ResumeError where there is none."""
    newest = folder / CHECKPOINT
    for path in (newest, newest.with_name(newest.name + "~")):
        if (found := _read(path)) is not None:
            return found
    raise ResumeError(f'The run in "{folder}" has no checkpoint that can be read, so it cannot go on: train it anew.')


def _read(path: Path) -> tuple[Position, dict[str, np.ndarray]] | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            position = Position(**json.loads((file.metadata() or {})["position"]))
            return position, {name: file.get_tensor(name) for name in list(file.keys())}
    except (OSError, SafetensorError, ValueError, TypeError, KeyError):
        return None
