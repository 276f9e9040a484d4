"""Which arrays of a file are samples, which are targets, of which part, and what one sample is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.core.data.facts import PARTS
from cnnstudio.core.data.info import Task
from cnnstudio.engine.scan.gathering import Gathered, found, reason, unheard
from cnnstudio.engine.scan.listing import ReadError, ScanError
from cnnstudio.engine.scan.npy import Array, open_npy, open_npz
from cnnstudio.engine.scan.part_words import WORDS
from cnnstudio.engine.scan.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.data.files import ArrayFile
    from cnnstudio.engine.scan.listing import Progress

_X = {"x", "data", "images", "image", "signals", "samples", "inputs", "input", "features", "arr_0"}
_Y = {"y", "labels", "label", "targets", "target", "masks", "mask", "boxes", "arr_1"}
_NAMES = {"classes", "class_names", "names", "label_names", "labels_names"}
_MOST_SAMPLES = 100_000_000
_IMAGE_CHANNELS = 16
"""Four axes are images when the last is at most so long, else volumes of one channel."""


class Pair(NamedTuple):
    """Samples and targets of one part."""

    part: str
    """One of PARTS; "" where the file does not say."""
    x: Array
    y: Array | None


def told_task(path: Path) -> str | None:
    """The task that the targets in the file speak for; None when it holds no samples. Opens only heads."""
    try:
        pairs, _ = paired(opened(path, Gathered(path), unheard), path.name, None)
    except ScanError:
        return None
    x, y = pairs[0].x.head, pairs[0].y.head if pairs[0].y is not None else None
    if y is None or (y.shape == x.shape and y.dtype.kind == "f"):
        return Task.RECONSTRUCTION.value
    if len(y.shape) == 3 and y.shape[-1] == 5 and y.dtype.kind == "f":
        return Task.DETECTION.value
    if y.shape == x.shape or (len(x.shape) > 2 and y.shape[: len(x.shape) - 1] == x.shape[:-1]):
        return Task.SEGMENTATION.value
    return (Task.MULTILABEL if len(y.shape) == 2 and y.shape[1] > 1 else Task.CLASSIFICATION).value


def opened(path: Path, gathered: Gathered, progress: Progress) -> list[Array]:
    """The arrays at the path; those that cannot be used are put down with their reasons."""
    if path.is_dir():
        return _of_folder(path, gathered, progress)
    gathered.used(found(path))
    try:
        if path.suffix.lower() != ".npz":
            return [open_npy(path)]
        arrays, refused = open_npz(path)
    except (ReadError, OSError) as error:
        raise ScanError(f'"{path.name}" cannot be used: {reason(error)}.') from error
    for name, why in refused:
        if _role(name)[0]:
            raise ScanError(f'"{name}" in "{path.name}" cannot be used: {why}.')
        gathered.skip(name, why)
    if not arrays:
        raise gathered.nothing(f'"{path.name}" holds no array that can be used')
    return arrays


def are_arrays(names: Iterable[str]) -> bool:
    """Whether files so called (without .npy) are samples and targets, and not a signal each."""
    roles = [_role(name)[0] for name in names]
    return "x" in roles and "y" in roles


def _of_folder(path: Path, gathered: Gathered, progress: Progress) -> list[Array]:
    arrays = []
    for file in walk(path, progress, gathered.skipped).files:
        if file.ending != ".npy" or file.folders:
            continue
        try:
            arrays.append(open_npy(path / file.name))
            gathered.used(file)
        except (ReadError, OSError) as error:
            gathered.skip(file.name, reason(error))
    if not arrays:
        raise gathered.nothing(f'"{path.name}" holds no .npy file that can be used')
    return arrays


def paired(arrays: list[Array], file: str, task: Task | None) -> tuple[list[Pair], Array | None]:
    """Samples with their targets, part by part, and the array of class names. Raises ScanError."""
    if len(arrays) == 1:
        roles = {("x", ""): arrays[0]}  # whatever it is called; a single part is all there is
    else:
        roles = {}
        for array in arrays:
            key = _role(array.name)
            if key[0] and key in roles:
                raise ScanError(f'"{file}" names both "{roles[key].name}" and "{array.name}", which mean the same.')
            roles[key] = array
    parts = [p for p in ("", *PARTS) if ("x", p) in roles]
    if not parts:
        found = ", ".join(a.name for a in arrays[:8])
        raise ScanError(f'"{file}" names no samples: call them x, or x_train and x_test. Found: {found}.')
    if "" in parts and len(parts) > 1:
        raise ScanError(f'"{file}" holds x as well as arrays of single parts: leave one of the two out.')
    pairs = [Pair(p, roles["x", p], roles.get(("y", p))) for p in parts]
    if task not in (None, Task.RECONSTRUCTION):
        for pair in pairs:
            if pair.y is None:
                raise ScanError(
                    f'"{file}" holds "{pair.x.name}" but no targets for it: put y beside it in one .npz, or choose '
                    "reconstruction."
                )
    return pairs, roles.get(("names", ""))


def _role(name: str) -> tuple[str, str]:
    """("x", "y", "names" or "", part) of an array, from its name: x_train, train_images, Y, masks."""
    words = re.split(r"[_\-. ]+", name.lower())
    part = next((WORDS[w] for w in words if w in WORDS), "")
    rest = "_".join(w for w in words if w not in WORDS)
    for role, known in (("x", _X), ("y", _Y), ("names", _NAMES)):
        if rest in known:
            return role, "" if role == "names" else part
    return "", name


def rank_of(source: ArrayFile, x: Array) -> str:
    """What one sample is: as chosen, or by the rule that the form's help and the user guide state."""
    axes, file = len(x.head.shape) - 1, Path(source.path).name
    allowed = {"vectors": {1}, "signals": {1, 2}, "images": {2, 3}, "volumes": {3, 4}}
    if source.rank != "auto":
        if axes not in allowed[source.rank]:
            amount = "few" if axes < min(allowed[source.rank]) else "many"
            raise ScanError(
                f'"{x.name}" in "{file}" has {axes + 1} axes, too {amount} for {source.rank}: choose what its '
                "samples are."
            )
        return source.rank
    if not 1 <= axes <= 4:
        raise ScanError(
            f'"{x.name}" in "{file}" has {axes + 1} axes: 2 to 5 can be used, the first counts the samples.'
        )
    return told_rank(x.head.shape, x.head.dtype)


def told_rank(shape: tuple[int, ...], dtype: np.dtype) -> str:
    """The rule for "auto": two axes are signals; three are images when the sizes differ by at most 4 times or values
    are bytes, else signals with their channels last; four are images of up to 16 channels, else volumes; five volumes.
    """
    if len(shape) == 2:
        return "signals"
    if len(shape) == 3:
        alike = max(shape[1:]) <= 4 * min(shape[1:])
        return "images" if alike or dtype == np.uint8 else "signals"
    return "images" if len(shape) == 4 and shape[3] <= _IMAGE_CHANNELS else "volumes"


def sample_shape(pairs: list[Pair], kind: str) -> tuple[int, ...]:
    first = pairs[0].x
    for pair in pairs:
        if pair.x.head.dtype.kind not in "buif":
            raise ScanError(f'"{pair.x.name}" holds text: samples must be numbers.')
        if pair.x.head.shape[1:] != first.head.shape[1:]:
            raise ScanError(
                f'The samples of "{pair.x.name}" are {_times(pair.x.head.shape[1:])}, those of "{first.name}" '
                f"{_times(first.head.shape[1:])}: they must have one shape."
            )
        if pair.x.head.shape[0] > _MOST_SAMPLES:
            raise ScanError(f'"{pair.x.name}" has {pair.x.head.shape[0]:,} samples; {_MOST_SAMPLES:,} at most.')
    shape = first.head.shape[1:]
    spatial = {"vectors": 0, "signals": 1, "images": 2, "volumes": 3}[kind]
    return (*shape, 1) if len(shape) == spatial else shape


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{n:,}" for n in shape)
