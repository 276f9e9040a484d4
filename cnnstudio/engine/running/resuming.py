"""Checkpoints: all that a run needs to go on, to the same bits, from where it was. One file, written whole.

A safetensors file of every variable that decides what comes next and of the weights of the best epoch, with the rest
as JSON in its metadata. The one before is kept beside it, so that a damaged file costs some seconds of work and not the
run.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnnstudio.core.formats.run_folder import CHECKPOINT, UNDER_WAY, is_alive
from cnnstudio.core.formats.storage import atomic_file
from cnnstudio.engine.running.control import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cnnstudio.core.formats.run_folder import RunRecord

_KINDS = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32", "int32": "I32",
    "uint64": "U64", "int64": "I64", "float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64",
}  # fmt: skip
"""numpy's names of what an array holds, and those of the safetensors format."""
_LEARNER, _BEST = "learner/", "best/"


class _Entry(NamedTuple):
    """An array that is to be written."""

    name: str
    read: Callable[[], np.ndarray]
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def _alignment(entry: _Entry) -> int:
    """Arrays of large numbers come first, so that each begins at a multiple of its numbers' size."""
    return -entry.dtype.itemsize


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
    """As Learner.state gives it, each array read when it is asked for.

    {} before the first step: the seed gives the weights again.
    """
    best: Sequence[np.ndarray] = ()
    """Weights of the best epoch, in the order of the model's; () before the first epoch."""


class _Stored(Mapping[str, np.ndarray]):
    """The arrays of a file whose names begin alike, each read when it is asked for.

    They stay those of the file that was opened, also when another takes its place.
    """

    def __init__(self, file: Any, prefix: str) -> None:
        self._file = file
        self._prefix = prefix
        self._names = [name.removeprefix(prefix) for name in list(file.keys()) if name.startswith(prefix)]

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._names:
            raise KeyError(name)
        array: np.ndarray = self._file.get_tensor(f"{self._prefix}{name}")
        return array

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the run's checkpoint, whole or not at all; the one before stays beside it. Raises OSError.

    Each array is read twice, and none is held meanwhile: together they are the most of what a run has in memory.
    """
    sources: list[tuple[str, Callable[[], np.ndarray]]] = [
        *((f"{_LEARNER}{name}", partial(checkpoint.learner.__getitem__, name)) for name in checkpoint.learner),
        *((f"{_BEST}{number}", partial(checkpoint.best.__getitem__, number)) for number in range(len(checkpoint.best))),
    ]
    entries = [_Entry(name, read, array.dtype, array.shape) for name, read in sources for array in (read(),)]
    entries.sort(key=_alignment)
    with atomic_file(folder / CHECKPOINT, backup=True) as file:
        file.write(_head(entries, {"position": json.dumps(asdict(checkpoint.position))}))
        for entry in entries:
            file.write(np.ascontiguousarray(entry.read()).reshape(-1).view(np.uint8).data)


def _head(entries: Sequence[_Entry], metadata: Mapping[str, str]) -> bytes:
    """The length of the table, and the table: where each array lies. As safetensors lays it down."""
    table: dict[str, Any] = {"__metadata__": metadata}
    at = 0
    for entry in entries:
        end = at + entry.dtype.itemsize * math.prod(entry.shape)
        table[entry.name] = {"dtype": _KINDS[entry.dtype.name], "shape": entry.shape, "data_offsets": (at, end)}
        at = end
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

    if not path.is_file():  # a pipe would be waited for
        return None
    try:
        file: Any = safe_open(path, framework="numpy")
        position = Position(**json.loads((file.metadata() or {})["position"]))
        best = _Stored(file, _BEST)
        weights = [best[str(number)] for number in range(len(best))]
    except (OSError, SafetensorError, ValueError, TypeError, KeyError, RecursionError, MemoryError):
        return None
    return Checkpoint(position, _Stored(file, _LEARNER), weights)


def refuse_under_way(folder: Path, record: RunRecord) -> None:
    """Raises ResumeError where another process trains the run."""
    if record.status in UNDER_WAY and is_alive(record) and record.pid != os.getpid():
        raise ResumeError(f'The run in "{folder}" is under way in another process.')


def refuse_changed(folder: Path, seen: RunRecord, record: RunRecord) -> None:
    """Raises ResumeError where another process trains the run, or has trained it since the record was `seen`."""
    refuse_under_way(folder, record)
    if _writer(seen) != _writer(record):
        raise ResumeError(f'The run in "{folder}" has gone on in another process meanwhile: resume it from there.')


def _writer(record: RunRecord) -> tuple[int, int, int]:
    return record.pid, record.process_started, record.epochs_done


def epochs_of(folder: Path, record: RunRecord, position: Position, more: int) -> int:
    """How many epochs the run is to have when it goes on from that position. Raises ResumeError where it cannot.

    `more` adds to those it was to have; where it ended early or was stopped by hand, to those it has done.
    """
    refuse_under_way(folder, record)
    if more:
        ended = record.status in ("STOPPED", "FINISHED")
        return more + (position.epoch if ended else max(record.epochs, position.epoch))
    if record.status == "FINISHED":
        done = f"{record.epochs_done:,} epoch{'s' if record.epochs_done != 1 else ''}"
        raise ResumeError(f'The run in "{folder}" has ended after {done}: say how many more it is to train.')
    return record.epochs
