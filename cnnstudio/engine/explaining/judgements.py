"""How a network does on every single sample of a part: its loss, its answer beside the truth, what it missed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.code.answers import as_chances, as_shares
from cnnstudio.core.code.boxes import box_overlaps, found_boxes
from cnnstudio.core.code.scores import class_rates, count_pairs, mean_of, squared_errors
from cnnstudio.core.data.info import Task
from cnnstudio.core.declare import closest
from cnnstudio.engine.data import PARTS, DataError
from cnnstudio.engine.explaining.passing import on_device, passed, plain, portions
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.engine.running.control import RunError
from cnnstudio.engine.tasks import kit_for
from cnnstudio.engine.tasks.detection import suppression
from cnnstudio.wire.messages import ExplanationProgress, Judgements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cnnstudio.engine.explaining.network import Answering, Network
    from cnnstudio.engine.tasks import TaskKit
    from cnnstudio.wire.messages import GetJudgements

_AT_ONCE = 64
_MOST_PAIRS = 4_000_000
"""Rows of `Judgements.pairs`: 64 MB. Only masks of very many classes and samples come so far."""
_SHOWN_SECONDS = 0.3
_GROWTH = 1.25
"""What is known so far is told at most that often, and once it has grown by as much."""
OVERLAP = 0.5
"""A box that overlaps a true one of its class by this IoU has found it; of another class, it is taken for that one."""


@dataclass(frozen=True)
class _Told:
    """What the task tells of some samples; `Judgements` says what each is."""

    truths: np.ndarray | None = None
    answers: np.ndarray | None = None
    numbers: Mapping[str, np.ndarray] = field(default_factory=dict)
    pairs: np.ndarray | None = None
    """int64 (m, 4), samples counted from the first of these."""


def judgements(command: GetJudgements, network: Network) -> Answering:
    """Answer GetJudgements: the whole part passes through the network."""
    if command.part not in PARTS:
        raise SketchError(f'There is no part "{command.part[:40]}" of the data. {closest(command.part, PARTS)}')
    if not network.predicts:
        raise SketchError("The network gives no answer yet: mend what stands in Problems, up to the Output block.")
    network = network.still()
    part = network.data.parts[command.part]
    kit = _as_trained(network)
    tell = _TELL[kit.info.task]
    found, shown = _Found(command), _Growing()
    with on_device("How the network does on each sample"):
        for portion in portions(network.program, len(part), _AT_ONCE):
            try:
                inputs, targets = part.batch(portion)
                outputs = plain(passed(network, inputs).output)
                yield None  # a loss of boxes takes as long as the pass
                losses = kit.sample_losses(targets, outputs)
                found.add(losses, portion.start, tell(kit, targets, outputs, command.threshold))
            except (DataError, RunError) as error:
                raise SketchError(str(error)) from error
            so_far = found.made() if portion.stop < len(part) and shown.is_due(portion.stop) else None
            yield ExplanationProgress(command.request, portion.stop, len(part), judged=so_far)
    return found.made()


class _Growing:
    """When to show what is known so far: often at first, then less, so that all of it together stays a few answers."""

    def __init__(self) -> None:
        self._count, self._next = 0, 0.0

    def is_due(self, count: int) -> bool:
        """Whether `count` samples are so many more than were shown last that it is worth showing them."""
        now = time.monotonic()
        due = now >= self._next and count >= _GROWTH * self._count
        if due:
            self._count, self._next = count, now + _SHOWN_SECONDS
        return due


class _Found:
    """What is known of the samples of a part so far."""

    def __init__(self, command: GetJudgements) -> None:
        self._command = command
        self._losses: list[np.ndarray] = [np.zeros(0, "float32")]
        self._told: list[tuple[int, _Told]] = []

    def add(self, losses: np.ndarray, start: int, told: _Told) -> None:
        """These samples too, the first of them at `start`."""
        self._losses.append(losses)
        self._told.append((start, told))

    def made(self) -> Judgements:
        """All that is known, for the samples from the first on."""
        told, losses = [told for _, told in self._told], np.concatenate(self._losses)
        return Judgements(
            request=self._command.request,
            part=self._command.part,
            losses=losses,
            truths=_joined([t.truths for t in told], len(losses)),
            answers=_joined([t.answers for t in told], len(losses)),
            numbers=_numbers(told),
            pairs=_pairs(self._told),
        )


def _as_trained(network: Network) -> TaskKit:
    """The task with the weights of classes that training counts samples with."""
    kit = network.kit
    if kit.weights is not None or not kit.recipe.class_weights:
        return kit
    counts, samples = network.data.class_counts("training"), len(network.data.training)
    return kit_for(kit.info, kit.recipe, scores=kit.scores, noisy=kit.noisy, counts=counts, samples=samples)


def _joined(parts: list[np.ndarray | None], count: int) -> np.ndarray:
    known = [part for part in parts if part is not None]
    return np.concatenate(known).astype("int32") if known else np.empty((count, 0), "int32")


def _numbers(told: list[_Told]) -> dict[str, np.ndarray]:
    names = told[0].numbers if told else {}
    return {name: np.concatenate([t.numbers[name] for t in told]).astype("float32") for name in names}


def _pairs(told: list[tuple[int, _Told]]) -> np.ndarray | None:
    found = [t.pairs + np.array([start, 0, 0, 0]) for start, t in told if t.pairs is not None]
    if not found:
        return None
    rows = np.concatenate(found).astype("int32")
    if len(rows) > _MOST_PAIRS:  # the most frequent ones say most
        rows = rows[np.sort(np.argsort(-rows[:, 3], kind="stable")[:_MOST_PAIRS])]
    return rows


def _of_classes(kit: TaskKit, targets: np.ndarray, outputs: np.ndarray, threshold: float) -> _Told:
    known = as_shares(outputs) if kit.scores else outputs
    rows, answers = np.arange(len(known)), known.argmax(axis=-1)
    numbers = {"confidence": known[rows, answers], "true_share": known[rows, targets]}
    return _Told(targets, answers, numbers)


def _of_labels(kit: TaskKit, targets: np.ndarray, outputs: np.ndarray, threshold: float) -> _Told:
    named = (as_chances(outputs) if kit.scores else outputs) >= threshold
    there, none = targets != 0, targets.shape[1]
    kinds = {"found": there & named, "missed": there & ~named, "false": ~there & named}
    rows = []
    for kind, marked in kinds.items():
        sample, label = np.nonzero(marked)
        truth = np.full_like(label, none) if kind == "false" else label
        answer = np.full_like(label, none) if kind == "missed" else label
        rows.append(np.stack([sample, truth, answer, np.ones_like(label)], axis=1))
    return _Told(numbers={kind: marked.sum(axis=1) for kind, marked in kinds.items()}, pairs=np.concatenate(rows))


def _of_masks(kit: TaskKit, targets: np.ndarray, outputs: np.ndarray, threshold: float) -> _Told:
    classes, answers = kit.info.classes, outputs.argmax(axis=-1)
    overlaps, right, rows = [], [], []
    for place, (truth, answer) in enumerate(zip(targets, answers, strict=True)):
        confusion = count_pairs(truth, answer, classes)
        hits = np.diag(confusion)
        overlaps.append(mean_of(class_rates(hits, confusion.sum(axis=1), confusion.sum(axis=0))["iou"]))
        right.append(hits.sum() / max(1, confusion.sum()))
        found = np.argwhere(confusion)
        rows.append(np.column_stack([np.full(len(found), place), found, confusion[tuple(found.T)]]))
    return _Told(numbers={"mean_iou": np.array(overlaps), "accuracy": np.array(right)}, pairs=np.concatenate(rows))


def _of_boxes(kit: TaskKit, targets: np.ndarray, outputs: np.ndarray, threshold: float) -> _Told:
    rows: list[tuple[int, int, int, int]] = []
    each = found_boxes(outputs, suppression(), least=max(0.01, threshold), scores=kit.scores)
    for place, (boxes, answers) in enumerate(zip(targets, each, strict=True)):
        pairs = box_pairs(boxes[boxes[:, 4] >= 0], answers, kit.info.classes)
        rows += [(place, truth, answer, 1) for truth, answer in pairs]
    found = np.array(rows, "int64").reshape(-1, 4)
    _, truth, answer, _ = found.T
    none, count = kit.info.classes, len(targets)
    kinds = {
        "found": truth == answer,
        "missed": (truth != answer) & (truth != none),
        "false": (truth != answer) & (answer != none),
    }
    return _Told(numbers={k: np.bincount(found[m, 0], minlength=count) for k, m in kinds.items()}, pairs=found)


def box_pairs(boxes: np.ndarray, answers: np.ndarray, none: int) -> list[tuple[int, int]]:
    """True class and answered class of true boxes (n, 5) and answers (m, 6), best first; `none` stands for neither.

    First each answer takes the box of its class that it overlaps most, by COCO's rules; what is left over takes what
    it overlaps enough of another class, and the rest is false, or missed.
    """
    overlaps = box_overlaps(answers[:, :4].astype("float64"), boxes[:, :4].astype("float64"))
    same = answers[:, 4:5] == boxes[:, 4]
    free = np.ones(len(boxes), bool)
    given = np.full(len(answers), none)
    for fitting in (same, ~same):
        for answer in np.flatnonzero(given == none):
            fits = np.where(free & fitting[answer], overlaps[answer], 0.0)
            if fits.max(initial=0.0) >= OVERLAP:
                box = int(fits.argmax())
                free[box], given[answer] = False, int(boxes[box, 4])
    met = zip(given.tolist(), answers[:, 4].astype(int).tolist(), strict=True)
    return [*met, *((int(kind), none) for kind in boxes[free, 4])]


def _of_errors(kit: TaskKit, targets: np.ndarray, outputs: np.ndarray, threshold: float) -> _Told:
    mean = np.abs(outputs - targets).reshape(len(targets), -1).mean(axis=1)
    return _Told(numbers={"mae": mean, "mse": squared_errors(targets, outputs)})


_TELL: Mapping[Task, Callable[[TaskKit, np.ndarray, np.ndarray, float], _Told]] = {
    Task.CLASSIFICATION: _of_classes,
    Task.MULTILABEL: _of_labels,
    Task.SEGMENTATION: _of_masks,
    Task.DETECTION: _of_boxes,
    Task.RECONSTRUCTION: _of_errors,
}
