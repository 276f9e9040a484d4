"""Checkpoints: all that a run needs to go on, to the same bits, from where it was. One file, written whole.

A safetensors file of every variable that decides what comes next and of the weights of the best epoch, with the rest
as JSON in its metadata. The one before is kept beside it, so that a damaged file costs some seconds of work and not the
run.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.formats.run_folder import CHECKPOINT, UNDER_WAY, is_alive
from cnnstudio.core.formats.storage import atomic_file
from cnnstudio.engine.control import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cnnstudio.core.formats.run_folder import RunRecord

_KINDS = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32", "int32": "I32",
    "uint64": "U64", "int64": "I64", "float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64",
}  # fmt: skip
"""numpy's names of what an array holds, and those of the safetensors format."""
_LEARNER, _BEST = "learner/", "best/"


def _alignment(named: tuple[str, np.ndarray]) -> int:
    """Arrays of large numbers come first, so that each begins at a multiple of its numbers' size."""
    return -named[1].itemsize


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


@dataclass(frozen=True)
class Checkpoint:
    """A position with the arrays that belong to it."""

    position: Position
    learner: Mapping[str, np.ndarray] = field(default_factory=dict)
    """As Learner.state gives it; {} before the first step: the seed gives the weights again."""
    best: Sequence[np.ndarray] = ()
    """Weights of the best epoch, in the order of the model's; () before the first epoch."""


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the run's checkpoint, whole or not at all; the one before stays beside it. Raises OSError."""
    arrays = {f"{_LEARNER}{name}": array for name, array in checkpoint.learner.items()}
    arrays |= {f"{_BEST}{number}": array for number, array in enumerate(checkpoint.best)}
    arrays = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    arrays = dict(sorted(arrays.items(), key=_alignment))
    with atomic_file(folder / CHECKPOINT, backup=True) as file:
        file.write(_head(arrays, {"position": json.dumps(asdict(checkpoint.position))}))
        for array in arrays.values():  # one after the other: the library's own writer holds a copy of all of them
            file.write(array.reshape(-1).view(np.uint8).data)


def _head(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> bytes:
    """The length of the table, and the table: where each array lies. As safetensors lays it down."""
    table: dict[str, Any] = {"__metadata__": metadata}
    at = 0
    for name, array in arrays.items():
        table[name] = {
            "dtype": _KINDS[array.dtype.name], "shape": array.shape, "data_offsets": (at, at + array.nbytes),
        }  # fmt: skip
        at += array.nbytes
    text = json.dumps(table).encode()
    text += b" " * (-len(text) % 8)  # arrays begin at a multiple of 8 bytes
    return len(text).to_bytes(8, "little") + text


def read_checkpoint(folder: Path) -> Checkpoint:
    """The newest checkpoint of the run that can be read. Raises ResumeError where there is none."""
    newest = folder / CHECKPOINT
    for path in (newest, newest.with_name(newest.name + "~")):
        if (found := _read(path)) is not None:
            return found
    raise ResumeError(f'The run in "{folder}" has no checkpoint that can be read, so it cannot go on: train it anew.')


def _read(path: Path) -> Checkpoint | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            position = Position(**json.loads((file.metadata() or {})["position"]))
            arrays = {name: file.get_tensor(name) for name in list(file.keys())}
    except (OSError, SafetensorError, ValueError, TypeError, KeyError):
        return None
    learner = {name.removeprefix(_LEARNER): array for name, array in arrays.items() if name.startswith(_LEARNER)}
    best = [arrays[f"{_BEST}{number}"] for number in range(len(arrays) - len(learner)) if f"{_BEST}{number}" in arrays]
    return Checkpoint(position, learner, best)


def epochs_of(folder: Path, record: RunRecord, position: Position, more: int) -> int:
    """How many epochs the run is to have when it goes on from that position. Raises ResumeError where it cannot.

    `more` adds to those it was to have; where it ended early or was stopped by hand, to those it has done.
    """
    if record.status in UNDER_WAY and is_alive(record) and record.pid != os.getpid():
        raise ResumeError(f'The run in "{folder}" is under way in another process.')
    if more:
        ended = record.status in ("STOPPED", "FINISHED")
        return more + (position.epoch if ended else max(record.epochs, position.epoch))
    if record.status == "FINISHED":
        done = f"{record.epochs_done:,} epoch{'s' if record.epochs_done != 1 else ''}"
        raise ResumeError(f'The run in "{folder}" has ended after {done}: say how many more it is to train.')
    return record.epochs
