"""NumPy arrays as data: .npz with x and y, also for each part, one .npy, or a folder of .npy files so named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.core.data.facts import PARTS
from cnnstudio.engine.scan import array_targets
from cnnstudio.engine.scan.array_parts import Pair, opened, paired, rank_of, sample_shape
from cnnstudio.engine.scan.gathering import Gathered, reason
from cnnstudio.engine.scan.image_file import file_hash
from cnnstudio.engine.scan.listing import Raw, ReadError, ScanError
from cnnstudio.engine.scan.npy import Mapped, check_mapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.data.files import ArrayFile
    from cnnstudio.engine.scan.listing import Listing, Progress

_BLOCK = 1 << 22
"""Values that are looked at in one go."""


class _Loaded(NamedTuple):
    part: str
    name: str
    x: np.ndarray
    y: np.ndarray | None
    y_name: str
    mapped: tuple[Mapped, ...] = ()
    """Files that samples or targets are not taken into memory from."""

    def check(self) -> None:
        """Raise ReadError when a mapped file has changed."""
        for file in self.mapped:
            check_mapped(file)


class _Reader:
    """Reads rows that are in memory or mapped into it."""

    def __init__(
        self,
        loaded: list[_Loaded],
        rows: np.ndarray,
        shape: tuple[int, ...],
        dtype: str,
        targets: array_targets.Targets,
    ) -> None:
        self._loaded = loaded
        self._rows, self._shape, self._dtype, self._targets = rows, shape, dtype, targets

    def __call__(self, index: int) -> Raw:
        source, row = self._rows[index]
        part = self._loaded[source]
        part.check()
        values = np.asarray(part.x[row]).astype(self._dtype).reshape(self._shape)
        return Raw(values, self._targets.read(int(source), int(row)))


def scan_arrays(source: ArrayFile, progress: Progress) -> Listing:
    """Find samples and targets, hold them against each other and look at every value. Raises ScanError."""
    path = Path(source.path)
    gathered = Gathered(path)
    arrays = opened(path, gathered, progress)
    pairs, names = paired(arrays, path.name, source.task_found)
    kind = rank_of(source, pairs[0].x)
    shape = sample_shape(pairs, kind)
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
        mapped = tuple({a.mapped for a in (pair.x, pair.y) if a is not None and a.mapped is not None})
        loaded.append(_Loaded(pair.part, pair.x.name, arrays[pair.x.name], arrays.get(y_name), y_name, mapped))
    return loaded


class _Limits(NamedTuple):
    least: float
    most: float


def _looked_at(
    loaded: list[_Loaded], gathered: Gathered, progress: Progress
) -> tuple[list[np.ndarray], list[np.ndarray], _Limits]:
    """(which rows hold finite numbers, their hashes) of each array, and the limits of all values."""
    good, hashes = [], []
    least, most = float("inf"), float("-inf")
    total, done = sum(len(p.x) for p in loaded), 0
    for part in loaded:
        fine, marks = np.ones(len(part.x), bool), np.zeros(len(part.x), "uint64")
        for start, block in _blocks(part.x):
            progress(done + start, total)
            _require_unchanged(part)
            flat = block.reshape(len(block), -1)
            finite = _finite(flat)
            for row in map(int, np.flatnonzero(~finite.all(1))):
                wrong = np.unravel_index(int(np.argmin(finite[row])), block.shape[1:])
                fine[start + row] = False
                gathered.skip(f"{part.name}[{start + row}]", _not_finite(flat[row], tuple(int(p) for p in wrong)))
            if finite.any():
                values = flat[finite]
                least, most = min(least, float(values.min())), max(most, float(values.max()))
            for row, sample in enumerate(flat, start):
                marks[row] = file_hash(sample.tobytes())
        done += len(part.x)
        good.append(fine)
        hashes.append(marks)
    return good, hashes, _Limits(least, most)


def _require_unchanged(part: _Loaded) -> None:
    try:
        part.check()
    except ReadError as error:
        raise ScanError(f"{error} Scan it again when it is written whole.") from error


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
        return np.asarray(np.isfinite(values.astype("float32")))


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
