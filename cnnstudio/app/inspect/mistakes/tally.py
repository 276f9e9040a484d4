"""What the judgements of a part amount to: the matrix, the classes, and the samples behind each of their numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.format import cells, count, counted
from cnnstudio.app.training.evaluation.tables import Numbers
from cnnstudio.core.code.scores import class_rates
from cnnstudio.core.data.info import Task
from cnnstudio.core.metrics import metric_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.wire.messages import Judgements

ALL, WRONG, RIGHT, MISSED, FALSE, FOUND = "All", "Wrong", "Right", "Missed", "False", "Found"
NOTHING = "nothing"
"""Name of the row and the column of what is answered where nothing is, and of what is missed."""
MOST_IN_MATRIX = 1000
"""As many classes as training counts in a matrix."""
WORST = "Worst first"
_USUAL = ((WORST, "worst", -1), ("Largest loss first", "loss", -1), ("Smallest loss first", "loss", 1))
_COUNTED = (("Most missed first", "missed", -1), ("Most false first", "false", -1))
_ORDERS: Mapping[Task, tuple[tuple[str, str, int], ...]] = {
    Task.CLASSIFICATION: (
        *_USUAL,
        ("Surest answer first", "confidence", -1),
        ("Least sure answer first", "confidence", 1),
    ),
    Task.MULTILABEL: (*_USUAL, *_COUNTED),
    Task.SEGMENTATION: (*_USUAL, ("Lowest mean IoU first", "mean_iou", 1)),
    Task.DETECTION: (*_USUAL, *_COUNTED),
    Task.RECONSTRUCTION: _USUAL[1:],
}
"""Of each task: what an order is called, the number that it goes by, and whether that rises (1) or falls."""
_OF_SAMPLES = (Task.CLASSIFICATION, Task.MULTILABEL, Task.DETECTION)
"""Tasks in which a whole sample can be right."""


@dataclass(frozen=True)
class Choice:
    """Which samples are wanted."""

    cell: tuple[int, int] | None = None
    """True class and answer: a cell of the matrix."""
    label: int | None = None
    """A class."""
    kind: str = ALL
    """Of a class MISSED, FALSE, FOUND, of the whole part WRONG, RIGHT, or ALL."""


def orders(task: Task) -> tuple[str, ...]:
    """The orders in which samples of a task can be shown."""
    return tuple(title for title, _, _ in _ORDERS[task])


def kinds(task: Task, choice: Choice) -> tuple[str, ...]:
    """Into which kinds the samples of a choice fall; () where there are none."""
    if choice.cell is not None or task is Task.RECONSTRUCTION:
        return ()
    if choice.label is not None:
        return (ALL, MISSED, FALSE, FOUND)
    return (ALL, WRONG, RIGHT) if task in _OF_SAMPLES else ()


def has_matrix(info: DataInfo) -> bool:
    """Whether truth and answers make a matrix."""
    return info.task in (Task.CLASSIFICATION, Task.SEGMENTATION, Task.DETECTION) and 0 < info.classes <= MOST_IN_MATRIX


class Tally:
    """The judgements of one part, counted. Classes are indices; that of NOTHING is the number of classes."""

    def __init__(self, judged: Judgements, info: DataInfo, total: int | None = None) -> None:
        """`total`: samples of the part, of which more than these are still to be judged; None: these are all."""
        self.judged, self.info = judged, info
        self.total = len(judged.losses) if total is None else total
        if judged.pairs is not None:
            self._pairs: Any = judged.pairs.astype(np.int64)
        elif judged.truths.ndim == 1:
            samples = np.arange(len(judged.truths))
            self._pairs = np.stack([samples, judged.truths, judged.answers, np.ones_like(samples)], axis=1)
        else:
            self._pairs = np.zeros((0, 4), np.int64)

    @property
    def size(self) -> int:
        """Samples that are judged."""
        return len(self.judged.losses)

    @property
    def is_whole(self) -> bool:
        """Whether all samples of the part are judged."""
        return self.size >= self.total

    @property
    def names(self) -> tuple[str, ...]:
        """Of the rows and columns of the matrix."""
        return (*self.info.class_names, *((NOTHING,) if self.info.task is Task.DETECTION else ()))

    def confusion(self) -> Any:
        """The matrix, int64: rows are the truth, columns the answers."""
        size = self.info.classes + (self.info.task is Task.DETECTION)
        return self._counts(size)[:size, :size]

    def _counts(self, size: int) -> Any:
        counts = np.zeros((size, size), np.int64)
        np.add.at(counts, (self._pairs[:, 1], self._pairs[:, 2]), self._pairs[:, 3])
        return counts

    def classes(self) -> Numbers:
        """How each class fares."""
        if not self.info.classes:
            return Numbers((), ())
        hits, truth, answers = self._sums()
        rates = class_rates(hits, truth, answers)
        unit = {Task.SEGMENTATION: "cells", Task.DETECTION: "boxes"}.get(self.info.task, "samples")
        score = "iou" if self.info.task is Task.SEGMENTATION else "f1"
        of_both = "Answers that are right, of all that are of the class or said to be" if score == "iou" else (
            "The harmonic mean of precision and recall"
        )  # fmt: skip
        columns = (
            ("Occurs", f"How many {unit} are of the class", truth.tolist(), ""),
            ("Missed", f"How many {unit} of the class have another answer, or none", (truth - hits).tolist(), ""),
            ("False", f"How many {unit} are said to be of the class and are not", (answers - hits).tolist(), ""),
            ("Precision", "The share of right ones among the answers of this class", rates["precision"], "precision"),
            ("Recall", "The share of the class that is found", rates["recall"], "recall"),
            (metric_title(score), of_both, rates[score], score),
            ("Loss", "The mean loss of the samples that have the class", self._class_losses(), "loss"),
        )
        rows = tuple((name, tuple(values[i] for _, _, values, _ in columns)) for i, name in enumerate(self._titles()))
        headings = ("Class", *(heading for heading, _, _, _ in columns))
        tips = ("The class; choose one to see its samples", *(tip for _, tip, _, _ in columns))
        return Numbers(headings, rows, tips, tuple(measure for *_, measure in columns), by_column=True)

    def _titles(self) -> Sequence[str]:
        names = self.info.class_names
        return [names[i] if i < len(names) else f"class {i}" for i in range(self.info.classes)]

    def _sums(self) -> tuple[Any, Any, Any]:
        """For each class right answers, occurrences and answers."""
        size, (_, truth, answer, times) = self.info.classes, self._pairs.T

        def summed(of: Any, times: Any) -> Any:
            return np.bincount(of, weights=times, minlength=size + 1)[:size].astype(np.int64)

        return summed(truth, times * (truth == answer)), summed(truth, times), summed(answer, times)

    def _class_losses(self) -> list[float]:
        there = np.unique(self._pairs[:, :2], axis=0)
        number = np.bincount(there[:, 1], minlength=self.info.classes)
        total = np.bincount(there[:, 1], weights=self.judged.losses[there[:, 0]], minlength=self.info.classes)
        return [float(total[i] / number[i]) if number[i] else math.nan for i in range(self.info.classes)]

    # Samples

    def chosen(self, choice: Choice, order: str = WORST) -> Any:
        """The places in the part of the samples of a choice, int64, in that order."""
        samples = np.flatnonzero(self._of(choice))
        by, rises = self._measure(order)
        losses = np.nan_to_num(self.judged.losses.astype(np.float64), nan=np.inf)
        if by == "worst":
            amount = self._amount(choice)
            return samples[np.lexsort((-losses[samples], -amount[samples]))]
        values = losses if by == "loss" else np.nan_to_num(self.judged.numbers[by].astype(np.float64))
        return samples[np.lexsort((-losses[samples], rises * values[samples]))]

    def _measure(self, order: str) -> tuple[str, int]:
        return next(((by, rises) for title, by, rises in _ORDERS[self.info.task] if title == order), ("loss", -1))

    def _amount(self, choice: Choice) -> Any:
        """How bad each sample is: how much it has of a choice that is one mistake, else how many mistakes of it."""
        if choice.cell is not None or choice.kind not in (ALL, WRONG):
            return self._of(choice)
        sample, truth, answer, number = self._pairs.T
        wrong = truth != answer
        if choice.label is not None:
            wrong = wrong & ((truth == choice.label) | (answer == choice.label))
        if self.info.task is Task.CLASSIFICATION:  # no sample has more mistakes than another: the loss tells them apart
            return np.zeros(self.size, np.int64)
        return np.bincount(sample[wrong], weights=number[wrong], minlength=self.size).astype(np.int64)

    def _of(self, choice: Choice) -> Any:
        """How much there is of a choice in each sample."""
        sample, truth, answer, number = self._pairs.T
        if choice.cell is not None:
            fits = (truth == choice.cell[0]) & (answer == choice.cell[1])
        elif choice.label is not None:
            is_it, said = truth == choice.label, answer == choice.label
            fits = {MISSED: is_it & ~said, FALSE: said & ~is_it, FOUND: is_it & said}.get(choice.kind, is_it | said)
        elif choice.kind == ALL:
            return np.ones(self.size, np.int64)
        else:
            wrong = np.bincount(sample[truth != answer], minlength=self.size)
            return wrong if choice.kind == WRONG else (wrong == 0).astype(np.int64)
        return np.bincount(sample[fits], weights=number[fits], minlength=self.size).astype(np.int64)

    def title(self, choice: Choice) -> str:
        """What a choice is called."""
        if choice.cell is not None:
            truth, answer = (self.names[i] for i in choice.cell)
            none = self.info.classes
            if choice.cell[0] == choice.cell[1]:
                return f"{truth}, found"
            if choice.cell[1] == none:
                return f"{truth}, missed"
            return f"{answer} where nothing is" if choice.cell[0] == none else f"{truth} taken for {answer}"
        if choice.label is not None:
            name = self._titles()[choice.label]
            words = {MISSED: "missed", FALSE: "false answers", FOUND: "found"}.get(choice.kind)
            return f"{name}, {words}" if words else name
        return {WRONG: "Wrong samples", RIGHT: "Right samples"}.get(choice.kind, "All samples")

    def label(self, sample: int, order: str = "", choice: Choice | None = None) -> str:
        """A sample in a word or two; of a mask the number that it is ordered by among the samples of a choice."""
        judged = self.judged
        match self.info.task:
            case Task.CLASSIFICATION:
                truth, answer = (self._name(of[sample]) for of in (judged.truths, judged.answers))
                return truth if truth == answer else f"{truth} \u2192 {answer}"
            case Task.SEGMENTATION:
                return self._mask_label(sample, order, choice or Choice())
            case Task.RECONSTRUCTION:
                return f"Loss {number(float(judged.losses[sample]))}"
        told = [f"{n} {kind}" for kind in ("missed", "false") if (n := int(judged.numbers[kind][sample]))]
        return ", ".join(told) or "All right"

    def _mask_label(self, sample: int, order: str, choice: Choice) -> str:
        by, _ = self._measure(order)
        if not order or by == "mean_iou":
            return f"IoU {float(self.judged.numbers['mean_iou'][sample]):.3f}"
        if by == "loss":
            return f"Loss {number(float(self.judged.losses[sample]))}"
        amount = int(self._amount(choice)[sample])
        right = choice.kind == FOUND or (choice.cell is not None and choice.cell[0] == choice.cell[1])
        return f"{count(amount)} {cells(self.info.rank, amount)} {'right' if right else 'wrong'}"

    def told(self, sample: int) -> str:
        """A sample in a line."""
        judged = self.judged
        loss = f"loss {number(float(judged.losses[sample]))}"
        match self.info.task:
            case Task.CLASSIFICATION:
                truth, answer = (self._name(of[sample]) for of in (judged.truths, judged.answers))
                sure = 100 * float(judged.numbers["confidence"][sample])
                return f"Is {truth}, network says {answer} ({sure:.1f} %), {loss}"
            case Task.SEGMENTATION:
                right = 100 * float(judged.numbers["accuracy"][sample])
                places = {2: "pixels"}.get(self.info.rank, cells(self.info.rank))
                return f"{self.label(sample)}, {right:.1f} % of the {places} right, {loss}"
            case Task.RECONSTRUCTION:
                return f"{loss.capitalize()}, mean absolute error {number(float(judged.numbers['mae'][sample]))}"
        found, missed, false = (int(judged.numbers[kind][sample]) for kind in ("found", "missed", "false"))
        what = ("object", "objects") if self.info.task is Task.DETECTION else ("class", "classes")
        return f"{found} of {counted(found + missed, *what)} found, {false} false, {loss}"

    def rank(self, sample: int) -> int:
        """Which place a sample has by its loss, 1 for the largest."""
        return 1 + int((self.judged.losses > self.judged.losses[sample]).sum())

    def _name(self, index: Any) -> str:
        place = int(index)
        return self.info.class_names[place] if 0 <= place < len(self.info.class_names) else f"class {place}"
