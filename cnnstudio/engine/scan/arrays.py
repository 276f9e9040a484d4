"""NumPy arrays as data: .npz with x and y, also for each part, one .npy, or a folder of .npy files so named."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.core.data.facts import MOST_CLASSES, PARTS
from cnnstudio.core.data.info import Task
from cnnstudio.engine.scan import array_targets
from cnnstudio.engine.scan.gathering import Gathered, found, reason, unheard
from cnnstudio.engine.scan.listing import Raw, ReadError, ScanError
from cnnstudio.engine.scan.npy import Array, open_npy, open_npz
from cnnstudio.engine.scan.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.data.files import ArrayFile
    from cnnstudio.engine.scan.listing import Listing, Progress

_X = {"x", "data", "images", "image", "signals", "samples", "inputs", "input", "features", "arr_0"}
_Y = {"y", "labels", "label", "targets", "target", "masks", "mask", "boxes", "arr_1"}
_NAMES = {"classes", "class_names", "names", "label_names", "labels_names"}
_PARTS = {
    "train": "training", "training": "training", "val": "validation", "valid": "validation",
    "validation": "validation", "test": "test", "testing": "test",
}  # fmt: skip
_BLOCK = 1 << 22
"""Values that are looked at in one go."""
_MOST_SAMPLES = 100_000_000
_IMAGE_CHANNELS = 16
"""Four axes are images when the last is at most so long, else volumes of one channel."""


class Pair(NamedTuple):
    """Samples and targets of one part."""

    part: str
    """One of PARTS; "" where the file does not say."""
    x: Array
    y: Array | None


class _Loaded(NamedTuple):
    part: str
    name: str
    x: np.ndarray
    y: np.ndarray | None
    y_name: str


class _Reader:
    """Reads rows; everything is in memory or mapped into it, and nothing changes any more."""

    def __init__(
        self, loaded: list[_Loaded], rows: np.ndarray, shape: tuple[int, ...], dtype: str, targets: array_targets.Targets
    ) -> None:
        self._x = [p.x for p in loaded]
        self._rows, self._shape, self._dtype, self._targets = rows, shape, dtype, targets

    def __call__(self, index: int) -> Raw:
        source, row = self._rows[index]
        values = np.asarray(self._x[source][row]).astype(self._dtype).reshape(self._shape)
        return Raw(values, self._targets.read(int(source), int(row)))


def scan_arrays(source: ArrayFile, progress: Progress) -> Listing:
    """Find samples and targets, hold them against each other and look at every value. Raises ScanError."""
    path = Path(source.path)
    gathered = Gathered(path)
    arrays = _opened(path, gathered, progress)
    pairs, names = paired(arrays, path.name, source.task_found)
    kind = _rank(source, pairs[0].x)
    shape = _shape(pairs, kind)
    loaded = _load(pairs, progress, path.name)
    class_names = array_targets.given_names(names, path.name) if names is not None else ()
    good, hashes, limits = _looked_at(loaded, gathered, progress)
    targets = array_targets.targets(
        source.task_found, [(p.name, p.y_name, p.y) for p in loaded], shape, good, class_names, gathered
    )
    rows = np.concatenate([np.stack([np.full(g.sum(), i), np.flatnonzero(g)], 1) for i, g in enumerate(good)])
    dtype = _dtype(loaded, kind, limits, gathered)
    gathered.kind(f"NumPy, {loaded[0].x.dtype.name}", len(rows))
    gathered.size(shape, len(rows))
    parts = np.asarray([PARTS.index(p.part) if p.part else -1 for p in loaded], "int8")[rows[:, 0]]
    kept = targets.keep(rows)
    return gathered.listing(
        source,
        names=tuple(f"{loaded[s].name}[{row}]" for s, row in rows.tolist()),
        read=_Reader(loaded, rows, shape, dtype, targets),
        shape=shape,
        classes=targets.classes,
        labels=kept.labels,
        counts=kept.counts,
        parts=parts if pairs[0].part else None,
        hashes=np.concatenate([h[g] for h, g in zip(hashes, good, strict=True)]),
    )


def told_task(path: Path) -> str | None:
    """The task that the targets in the file speak for; None when it holds no samples. Opens only heads."""
    try:
        pairs, _ = paired(_opened(path, Gathered(path), unheard), path.name, None)
    except ScanError:
        return None
    x, y = pairs[0].x.head, pairs[0].y.head if pairs[0].y is not None else None
    if y is None or (y.shape == x.shape and y.dtype.kind == "f"):
        return Task.RECONSTRUCTION.value
    if len(y.shape) == 3 and y.shape[-1] == 5 and y.dtype.kind == "f":
        return Task.DETECTION.value
    if len(x.shape) > 2 and y.shape[: len(x.shape) - 1] == x.shape[:-1] or y.shape == x.shape:
        return Task.SEGMENTATION.value
    return (Task.MULTILABEL if len(y.shape) == 2 and y.shape[1] > 1 else Task.CLASSIFICATION).value


def _opened(path: Path, gathered: Gathered, progress: Progress) -> list[Array]:
    """The arrays at the path; those that cannot be used are put down with their reasons."""
    if path.is_dir():
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


def paired(arrays: list[Array], file: str, task: Task | None) -> tuple[list[Pair], Array | None]:
    """Samples with their targets, part by part, and the array of class names. Raises ScanError."""
    if len(arrays) == 1:
        roles = {("x", _role(arrays[0].name)[1]): arrays[0]}
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
    part = next((_PARTS[w] for w in words if w in _PARTS), "")
    rest = "_".join(w for w in words if w not in _PARTS)
    for role, known in (("x", _X), ("y", _Y), ("names", _NAMES)):
        if rest in known:
            return role, "" if role == "names" else part
    return "", name


def _rank(source: ArrayFile, x: Array) -> str:
    """What one sample is: as chosen, or by the rule that the form's help and the user guide state."""
    axes, file = len(x.head.shape) - 1, Path(source.path).name
    allowed = {"vectors": {1}, "signals": {1, 2}, "images": {2, 3}, "volumes": {3, 4}}
    if source.rank != "auto":
        if axes not in allowed[source.rank]:
            raise ScanError(
                f'"{x.name}" in "{file}" has {axes + 1} axes, too {"few" if axes < min(allowed[source.rank]) else "many"}'
                f" for {source.rank}: choose what its samples are."
            )
        return source.rank
    if not 1 <= axes <= 4:
        raise ScanError(f'"{x.name}" in "{file}" has {axes + 1} axes: 2 to 5 can be used, the first counts the samples.')
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


def _shape(pairs: list[Pair], kind: str) -> tuple[int, ...]:
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


def _load(pairs: list[Pair], progress: Progress, file: str) -> list[_Loaded]:
    def told(_: int) -> None:
        progress(0, 0)

    loaded = []
    for pair in pairs:
        arrays = {}
        for array in (a for a in (pair.x, pair.y) if a is not None):
            progress(0, 0)
            try:
                arrays[array.name] = array.load(told)
            except (ReadError, OSError) as error:
                raise ScanError(f'"{array.name}" in "{file}" cannot be read: {reason(error)}.') from error
            except MemoryError as error:
                raise ScanError(
                    f'"{array.name}" in "{file}" takes {array.head.bytes:,} bytes of memory when unpacked, more than '
                    "there is: save it as .npy, which is read in pieces."
                ) from error
        y_name = pair.y.name if pair.y is not None else ""
        loaded.append(_Loaded(pair.part, pair.x.name, arrays[pair.x.name], arrays.get(y_name), y_name))
    return loaded


class _Limits(NamedTuple):
    least: float
    most: float


def _looked_at(
    loaded: list[_Loaded], gathered: Gathered, progress: Progress
) -> tuple[list[np.ndarray], list[np.ndarray], _Limits]:
    """(which rows hold finite numbers, their hashes) of each array, and the limits of all values."""
    good, hashes = [], []
    least, most = np.inf, -np.inf
    total, done = sum(len(p.x) for p in loaded), 0
    for part in loaded:
        fine, marks = np.ones(len(part.x), bool), np.zeros(len(part.x), "uint64")
        for start, block in _blocks(part.x):
            progress(done + start, total)
            flat = block.reshape(len(block), -1)
            finite = _finite(flat)
            for row in np.flatnonzero(~finite.all(1)):
                place = np.unravel_index(int(np.argmin(finite[row])), block.shape[1:])
                fine[start + row] = False
                gathered.skip(f"{part.name}[{start + row}]", _not_finite(flat[row], tuple(map(int, place))))
            if finite.any():
                least, most = min(least, float(flat.min(where=finite, initial=np.inf))), max(
                    most, float(flat.max(where=finite, initial=-np.inf))
                )
            for row in range(len(flat)):
                digest = hashlib.sha256(flat[row].tobytes()).digest()
                marks[start + row] = int.from_bytes(digest[:8], "big")
        done += len(part.x)
        good.append(fine)
        hashes.append(marks)
    return good, hashes, _Limits(least, most)


def _blocks(array: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """(first row, rows) in pieces of bounded size."""
    rows = max(1, _BLOCK // max(1, int(np.prod(array.shape[1:]))))
    for start in range(0, len(array), rows):
        yield start, np.ascontiguousarray(array[start : start + rows])


def _finite(values: np.ndarray) -> np.ndarray:
    """Where the values are numbers that float32 can hold."""
    if values.dtype.kind != "f":
        return np.ones(values.shape, bool)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.isfinite(values.astype("float32"))


def _not_finite(row: np.ndarray, place: tuple[int, ...]) -> str:
    value = "NaN" if np.isnan(row).any() else "an infinite or too large number"
    return f"holds {value} at {place if len(place) > 1 else place[0]}"


def _dtype(loaded: list[_Loaded], kind: str, limits: _Limits, gathered: Gathered) -> str:
    """As samples are handed on: bytes of images stay bytes, all else becomes float32."""
    whole = all(p.x.dtype.kind in "iu" for p in loaded)
    if kind == "images" and whole and limits.least >= 0 and 1 < limits.most <= 65535:
        return "uint8" if limits.most <= 255 else "uint16"
    if not whole and limits.most - limits.least > 100:
        gathered.find(
            "note",
            f"Values run from {limits.least:.4g} to {limits.most:.4g}: choose the normalisation standardise.",
        )
    return "float32"
