"""Samples that no experiment names, read from files that a person points at: pictures, signals and NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.core.code.reading import sample_axes
from cnnstudio.engine.scan import image_file, signal_file
from cnnstudio.engine.scan.gathering import found, reason
from cnnstudio.engine.scan.listing import ReadError, ScanError
from cnnstudio.engine.scan.npy import check_mapped, open_npy
from cnnstudio.engine.scan.signals import mixed_down

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cnnstudio.engine.scan.npy import Array

_ARRAYS = ".npy"
_KINDS = {0: "vectors", 1: "signals", 2: "images", 3: "volumes"}


class NewSample(NamedTuple):
    """A sample as it is in its file."""

    path: Path
    number: int | None
    """Among those of the file, from 0; None where it holds only this one."""
    values: np.ndarray
    """(..., channels), of any size and type."""

    @property
    def name(self) -> str:
        """The file as it was named; with "[3]" behind it where it holds several."""
        return str(self.path) if self.number is None else f"{self.path}[{self.number}]"


def endings(rank: int) -> frozenset[str]:
    """Of files that may hold samples with so many spatial axes, in small letters."""
    others = {1: signal_file.ENDINGS, 2: image_file.ENDINGS}.get(rank, frozenset[str]())
    return others | {_ARRAYS}


def read_samples(path: Path, shape: tuple[int, ...]) -> Iterator[NewSample]:
    """The samples in a file for a network that takes `shape`, channels last; none is changed.

    A picture or a signal file holds one; an array one, or several along its first axis. Raises ReadError with a
    sentence.
    """
    try:
        yield from _read(path, shape)
    except ScanError as error:
        raise ReadError(str(error)) from error
    except (ReadError, OSError) as error:
        raise ReadError(f'"{path}" cannot be read: {reason(error)}.') from error


def _read(path: Path, shape: tuple[int, ...]) -> Iterator[NewSample]:
    rank, ending = len(shape) - 1, found(path).ending
    known = endings(rank)
    if ending not in known:
        told = ", ".join(sorted(known))
        raise ReadError(f"the network takes {_KINDS.get(rank, 'arrays')}, in files that end in {told}")
    if ending == _ARRAYS:
        yield from _arrays(path, shape)
    elif rank == 1:
        values = signal_file.read_signal(path)
        yield NewSample(path, None, mixed_down(values) if shape[-1] == 1 and ending == ".wav" else values)
    else:
        yield NewSample(path, None, image_file.read_image(path))


def _arrays(path: Path, shape: tuple[int, ...]) -> Iterator[NewSample]:
    array = open_npy(path)
    if array.head.dtype.kind not in "buif":
        raise ReadError("holds text: a sample is made of numbers")
    try:
        several, lacking = sample_axes(array.head.shape, shape)
    except ValueError as error:
        raise ReadError(str(error)) from error
    values = array.load(_unheard)
    if lacking:
        values = values[..., np.newaxis]
    if not several:
        _still_there(array)
        yield NewSample(path, None, np.array(values))
        return
    for number in range(len(values)):
        _still_there(array)
        yield NewSample(path, number, np.array(values[number]))


def _still_there(array: Array) -> None:
    """Raise ReadError where a mapped file has been written to since it was opened."""
    if array.mapped is not None:
        try:
            check_mapped(array.mapped)
        except ReadError as error:
            raise ReadError("it has changed while it was read") from error


def _unheard(done: int) -> None:
    """Nobody watches."""
