"""A file that was opened again, held against the network that it came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.data.info import Task
from cnnstudio.engine.exporting.errors import ExportError
from cnnstudio.engine.exporting.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Generator

    from cnnstudio.engine.exporting.material import Material
    from cnnstudio.engine.exporting.stages import Predict

ROOM = 1e-2
"""How far an exact file's values may lie from the network's, as a share of the largest: rounding comes to far less,
even where hundreds of layers add to it; an operation that means something else in the runtime comes to more."""
_STEP = 0.5 / 255
"""Values of samples that are no further apart look alike in 8 bits."""
_SEEN = 0.3
"""Chance from which on a cell tells of an object, as in `cnnstudio predict`."""

ASTRAY = (
    "the network itself answers with values that are not finite: take the weights of its best epoch, or train it again "
    "with a lower learning rate."
)


@dataclass(frozen=True, slots=True)
class Compared:
    """How the outputs of file and network differ."""

    max_abs_difference: float
    """Where the network's outputs are finite."""
    agreement: float
    """Share of equal predictions, as `_Agreement` counts them."""
    samples: int
    metric: str = ""
    """What quality was measured by; "" where it was not."""
    quality_before: float | None = None
    """Of the network."""
    quality_after: float | None = None
    """Of the file."""
    notes: tuple[str, ...] = ()
    """Why the figures say less than they seem to, if so: a sentence each."""


class _Agreement:
    """Counts equal predictions: classes of samples or positions; each class that is there or not; of cells that tell of
    an object the same ones, as those that tell of none would outnumber them; values of samples as 8 bits have them.
    """

    def __init__(self, material: Material) -> None:
        self._info = material.data.info
        self._scores = material.kit.scores
        scale = material.finish.scale
        self._step = _STEP if scale is None else _STEP * scale
        self._equal, self._total, self._samples, self._astray = 0, 0, 0, 0
        self._answers: set[bytes] = set()

    @property
    def share(self) -> float:
        """1 where there is no prediction that could differ."""
        return self._equal / self._total if self._total else 1.0

    def add(self, ours: np.ndarray, theirs: np.ndarray) -> None:
        """Outputs (n, ...) of the network and of the file."""
        self._samples += len(ours)
        self._astray += int((~np.isfinite(ours)).reshape(len(ours), -1).any(axis=1).sum())
        match self._info.task:
            case Task.CLASSIFICATION | Task.SEGMENTATION:
                mine, same = ours.argmax(-1), ours.argmax(-1) == theirs.argmax(-1)
                self._answers |= {value.tobytes() for value in np.unique(mine)}
            case Task.MULTILABEL:
                half = 0.0 if self._scores else 0.5
                mine, same = ours > half, (ours > half) == (theirs > half)
                self._answers |= {row.tobytes() for row in np.unique(mine, axis=0)}
            case Task.DETECTION:
                least = np.log(_SEEN / (1 - _SEEN)) if self._scores else _SEEN
                mine, other = (outputs[..., : self._info.classes] >= least for outputs in (ours, theirs))
                same = (mine & other)[mine | other]
            case Task.RECONSTRUCTION:
                same = gap(ours, theirs) <= self._step
        self._equal, self._total = self._equal + int(same.sum()), self._total + same.size

    @property
    def notes(self) -> tuple[str, ...]:
        """What makes equal predictions say little."""
        if self._astray:
            return (f"For {self._astray:,} of {self._samples:,} samples {ASTRAY}",)
        if not self._total:
            return ("The network finds no object in any of the samples, so that equal predictions say little.",)
        if len(self._answers) == 1:
            return ("The network answers alike whatever it is asked, so that equal predictions say little.",)
        return ()


def compare(
    material: Material, predict: Predict, *, takes_raw: bool = True, exact: bool = True
) -> Generator[Stage, None, Compared]:
    """On the whole test part: a file that takes samples as they are is asked about these, the network about prepared
    ones. Of a file that need not be `exact` it is also measured by the task's main metric how good both are, though
    never on samples that are noise. Raises ExportError for a file that is of no use.
    """
    largest, highest, done = 0.0, 1.0, 0
    test, agreement = material.data.test, _Agreement(material)
    judges = [] if exact or material.stand_in else [material.kit.judge() for _ in range(2)]
    for raw, inputs, targets in material.samples():
        yield Stage("Comparing", done, len(test))
        ours, theirs = np.asarray(material.model.predict_on_batch(inputs)), predict(raw if takes_raw else inputs)
        for judge, outputs in zip(judges, (ours, theirs), strict=False):
            judge.add(inputs, targets, outputs)
        agreement.add(ours, theirs)
        largest = max(largest, float(gap(ours, theirs).max()))
        highest = max(highest, highest_of(ours))
        done += len(inputs)
    _check(largest, highest, exact=exact)
    compared = Compared(largest, agreement.share, done, notes=agreement.notes)
    if not judges:
        return compared
    yield Stage("Measuring quality")
    metric = material.kit.judged[0]
    before, after = (float(judge.verdict().metrics[metric]) for judge in judges)
    return replace(compared, metric=metric, quality_before=before, quality_after=after)


def _check(largest: float, highest: float, *, exact: bool) -> None:
    """Raise ExportError for differences that no rounding makes."""
    if np.isinf(largest):
        raise ExportError(
            "What the file answers is not finite where the network's answers are, so it is of no use: "
            "choose another format, or no quantisation."
        )
    if exact and largest > ROOM * highest:
        raise ExportError(
            f"The file's answers are off by up to {largest:.2g}, where the network's largest is {highest:.2g}, so it "
            "is of no use: choose another format."
        )


def highest_of(values: np.ndarray) -> float:
    """The largest absolute value that is finite; 0 where none is."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def gap(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """How far the file's answers are from the network's: infinite where these alone are finite, and 0 where these are
    not, as there is nothing to be near to.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.nan_to_num(np.abs(ours - theirs), nan=np.inf, posinf=np.inf)
    return np.where(np.isfinite(ours), apart, 0.0)
