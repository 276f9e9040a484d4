"""The samples of a recipe as one .npz file, for a script that runs without the studio.

Written as they are kept, a batch at a time, so that 100,000 images need no more memory than a few do.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from cnnstudio.core.code.preparing import in_unit
from cnnstudio.core.data.info import Task
from cnnstudio.core.formats.storage import atomic_file
from cnnstudio.engine.data.loading import load

if TYPE_CHECKING:
    from cnnstudio.core.recipe import DataRecipe
    from cnnstudio.engine.data.dataset import Dataset

_AT_ONCE = 256


class _NotBytes(Exception):
    """A sample is no uint8 after all."""


def write_archive(recipe: DataRecipe, path: str | Path) -> int:
    """Write `inputs`, `targets` and the numbers of `training`, `validation` and `test`; the bytes of the file.

    `inputs` have the network's size, but not its range: uint8 where all files have 8 bits, else float32. They are in
    the order of the source. Without `targets` the samples themselves are. Raises DataError when a sample cannot be
    read, OSError when the file cannot be written; what lay at `path` is then untouched.
    """
    data, target = load(recipe), Path(path)
    with atomic_file(target) as file:
        try:
            _write(file, data, "uint8")
        except _NotBytes:
            file.seek(0)
            file.truncate()
            _write(file, data, "float32")
        return file.seek(0, os.SEEK_END)


def _write(file: IO[bytes], data: Dataset, kind: str) -> None:
    store, goals = data.training.store, list[np.ndarray]()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("inputs.npy", "w", force_zip64=True) as member:
            _header(member, kind, (len(store), *store.shape))
            for start in range(0, len(store), _AT_ONCE):
                values, targets = store.fetch(np.arange(start, min(start + _AT_ONCE, len(store))))
                if kind == "uint8" and values.dtype != np.uint8:
                    raise _NotBytes
                member.write(np.ascontiguousarray(values if kind == "uint8" else in_unit(values)).tobytes())
                if targets is not None:
                    goals.append(targets)
        for name, part in data.parts.items():
            _member(archive, name, part.rows)
        if goals:
            _member(archive, "targets", _joined(goals, data.info.task))


def _joined(goals: list[np.ndarray], task: Task) -> np.ndarray:
    if task is Task.RECONSTRUCTION:
        return np.concatenate([in_unit(goal) for goal in goals])
    if task is not Task.DETECTION:
        return np.concatenate(goals)
    most = max(goal.shape[1] for goal in goals)
    made = np.zeros((sum(map(len, goals)), most, 5), "float32")
    made[..., 4] = -1.0
    start = 0
    for goal in goals:
        made[start : start + len(goal), : goal.shape[1]] = goal
        start += len(goal)
    return made


def _member(archive: zipfile.ZipFile, name: str, values: np.ndarray) -> None:
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        _header(member, str(values.dtype), values.shape)
        member.write(np.ascontiguousarray(values).tobytes())


def _header(member: IO[bytes], kind: str, shape: tuple[int, ...]) -> None:
    described = {"descr": np.lib.format.dtype_to_descr(np.dtype(kind)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(member, described)
