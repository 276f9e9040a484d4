"""The timeline of a run: what its network made of the probes, and how it was, at moments from the first step on.

Each moment is a file of its own below `probes/` of the run's folder (`moment_file`), whose name says when: dropping
moments is deleting files, and what a crash cuts short is one moment. Read without TensorFlow or a worker.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.formats.moment_file import MomentFile, TimelineError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PROBES", "LayerMoment", "Moment", "Timeline", "TimelineError", "pin_of"]

PROBES = Path("probes")
"""Within the folder of a run."""
MAPS, LOW, HIGH = "maps", "low", "high"
PREDICTION, INPUT_OF, KERNEL = "prediction", "input", "kernel"
_NAME = re.compile(r"(\d{9,15})-(\d{6,12})-(\d{9,15})\.npz")
_MOST_SEEN = 100_000
"""Entries of the folder that are looked at."""
_FILES_KEPT = 16
"""Lists of names that are kept read."""


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """When something of the run was kept."""

    step: int
    """Steps of training done since the start of the run; 0: untrained."""
    epoch: int
    """The epoch in progress, from 1; 0 before the first step."""
    seconds: float
    """Of training, as RunRecord.seconds."""

    @property
    def file_name(self) -> str:
        """Of its file."""
        return f"{self.step:09d}-{self.epoch:06d}-{round(1000 * self.seconds):09d}.npz"

    @classmethod
    def of(cls, file_name: str) -> Moment | None:
        """The moment of a file; None for a file that is none."""
        found = _NAME.fullmatch(file_name)
        return Moment(int(found[1]), int(found[2]), int(found[3]) / 1000) if found else None


@dataclass(frozen=True, slots=True)
class LayerMoment:
    """The maps of one block for one probe at one moment, as FeatureMaps and Maps have them."""

    maps: np.ndarray[Any, Any]
    """uint8 (channels, ...)."""
    low: np.ndarray[Any, Any]
    high: np.ndarray[Any, Any]
    """float32 (channels,): what 0 and 255 stand for."""
    input: np.ndarray[Any, Any] | None
    """float32 with the input's shape, with rows and columns left out evenly where it is very large."""
    prediction: np.ndarray[Any, Any] | None
    """As FeatureMaps.prediction."""


def pin_of(part: str, index: int) -> str:
    """What the names of arrays call the sample (part, index), as "validation-0"."""
    return f"{part}-{index}"


def folder_of(run: Path) -> Path:
    """Where the timeline of the run in that folder lies."""
    return run / PROBES


def moments_in(folder: Path) -> tuple[Moment, ...]:
    """The moments below a `probes` folder, in order, each step once; () where there is no such folder."""
    found: dict[int, Moment] = {}
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            moment = Moment.of(entry.name)
            if moment is not None:
                found[moment.step] = min(moment, found.get(moment.step, moment))
            if number >= _MOST_SEEN:
                break
    return tuple(sorted(found.values()))


class Timeline:
    """The moments that a run has kept, as they were when it was opened.

    Names of arrays (pins as `pin_of`, blocks by id):

    - "maps/PIN/BLOCK" uint8 (channels, ...), "low/PIN/BLOCK" and "high/PIN/BLOCK" float32 (channels,);
    - "input/PIN" float32 (..., channels), "prediction/PIN" as FeatureMaps.prediction;
    - "kernel/BLOCK" float16 or float32 (sizes..., channels in, channels out), as Keras lays it out;
    - "histogram/weights/BLOCK", "histogram/gradients/BLOCK", "histogram/activations/BLOCK", "norm/BLOCK".
    """

    def __init__(self, folder: Path, moments: Sequence[Moment]) -> None:
        """`folder` is that of the moments, not that of the run."""
        self._folder = folder
        self.moments = tuple(moments)
        self._files: OrderedDict[int, MomentFile] = OrderedDict()

    @classmethod
    def open(cls, run: str | Path) -> Timeline:
        """That of the run in that folder; without moments where it has none.

        Moments at the end that a crash has cut short are left out. Raises TimelineError where the folder cannot be
        read.
        """
        folder = folder_of(Path(run))
        try:
            moments = list(moments_in(folder))
        except OSError as error:
            raise TimelineError(f"{folder} cannot be read: {(error.strerror or str(error)).lower()}.") from error
        while moments and not _is_whole(folder / moments[-1].file_name):
            del moments[-1]
        return cls(folder, moments)

    def __len__(self) -> int:
        """How many moments there are."""
        return len(self.moments)

    def names(self, moment: int) -> tuple[str, ...]:
        """Names of the arrays of a moment, counted from 0. Raises TimelineError: damaged, or dropped meanwhile."""
        return self._file(moment).names

    def array(self, moment: int, name: str) -> np.ndarray[Any, Any]:
        """An array of a moment; nobody may change it. Raises TimelineError, KeyError where it has none of that name."""
        return self._file(moment).array(name)

    def pins(self, moment: int) -> tuple[str, ...]:
        """The probes that a moment has maps for. Raises TimelineError."""
        return tuple(name.split("/", 1)[1] for name in self.names(moment) if name.startswith(f"{INPUT_OF}/"))

    def blocks(self, moment: int, pin: str) -> tuple[str, ...]:
        """The blocks that a moment has maps of for that probe. Raises TimelineError."""
        head = f"{MAPS}/{pin}/"
        return tuple(name.removeprefix(head) for name in self.names(moment) if name.startswith(head))

    def layer(self, moment: int, pin: str, block: str) -> LayerMoment | None:
        """The maps of a block for a probe; None where the moment has none. Raises TimelineError."""
        file = self._file(moment)
        known = frozenset(file.names)
        wanted = [f"{kind}/{pin}/{block}" for kind in (MAPS, LOW, HIGH)]
        if not known.issuperset(wanted):
            return None
        maps, low, high = (file.array(name) for name in wanted)
        if maps.dtype != np.uint8 or not maps.ndim or low.shape != maps.shape[:1] or high.shape != low.shape:
            raise TimelineError(f'{self._path(moment)} is damaged: the maps of "{block[:64]}" do not fit together.')
        beside = (f"{kind}/{pin}" for kind in (INPUT_OF, PREDICTION))
        sample, prediction = (file.array(name) if name in known else None for name in beside)
        return LayerMoment(maps, low, high, sample, prediction)

    def _path(self, moment: int) -> Path:
        return self._folder / self.moments[moment].file_name

    def _file(self, moment: int) -> MomentFile:
        file = self._files.pop(moment, None) or MomentFile(self._path(moment))
        self._files[moment] = file
        while len(self._files) > _FILES_KEPT:
            self._files.popitem(last=False)
        return file


def _is_whole(path: Path) -> bool:
    try:
        MomentFile(path)
    except TimelineError:
        return False
    return True
