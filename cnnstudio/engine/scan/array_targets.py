"""What is to be answered, out of arrays: labels, several labels, masks and boxes, each held against its samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from cnnstudio.core.data.facts import MOST_CLASSES
from cnnstudio.core.data.info import Task
from cnnstudio.engine.scan import boxes
from cnnstudio.engine.scan.listing import ReadError, ScanError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.engine.scan.gathering import Gathered
    from cnnstudio.engine.scan.listing import Target
    from cnnstudio.engine.scan.npy import Array

Given: TypeAlias = "tuple[str, str, np.ndarray | None]"
"""(name of the samples, name of the targets, targets) of one part."""
MOST_MASK_CLASSES = 256


class Kept(NamedTuple):
    """Of the samples that are used, in their order; as in Listing."""

    labels: np.ndarray | None
    counts: np.ndarray | None


@dataclass
class Targets:
    """The targets of all parts, readable row by row."""

    classes: dict[str, int] = field(default_factory=dict)
    read: Callable[[int, int], Target] = lambda part, row: None
    labels: list[np.ndarray] | None = None
    """int32 (rows,) of each part."""
    counts: list[np.ndarray] | None = None
    """int64 (rows, classes) of each part."""

    def keep(self, rows: np.ndarray) -> Kept:
        """`rows` is (n, 2): part and row of each sample that is used. Counts the classes over these alone."""
        labels = _picked(self.labels, rows)
        counts = _picked(self.counts, rows)
        if labels is not None:
            sums = np.bincount(labels, minlength=len(self.classes))
        elif counts is not None:
            sums = counts.sum(0)
        else:
            return Kept(None, None)
        self.classes = {name: int(n) for name, n in zip(self.classes, sums, strict=True)}
        return Kept(labels, counts)


def _picked(values: list[np.ndarray] | None, rows: np.ndarray) -> np.ndarray | None:
    if values is None:
        return None
    return np.concatenate([values[i][rows[rows[:, 0] == i, 1]] for i in range(len(values))])


def given_names(array: Array, file: str) -> tuple[str, ...]:
    """Names of the classes that the file itself carries. Raises ScanError."""
    if array.head.dtype.kind not in "US" or len(array.head.shape) != 1 or array.head.shape[0] > MOST_CLASSES:
        raise ScanError(f'"{array.name}" in "{file}" must be a list of at most {MOST_CLASSES:,} class names.')
    try:
        names = _texts(array.load(lambda done: None))
    except ReadError as error:
        raise ScanError(f'"{array.name}" in "{file}" cannot be read: {error}.') from error
    if len(set(names)) < len(names) or not all(n and n.isprintable() and len(n) <= 200 for n in names):
        raise ScanError(f'"{array.name}" in "{file}" must name each class once, in letters that can be shown.')
    return tuple(names)


def targets(
    task: Task,
    given: list[Given],
    shape: tuple[int, ...],
    good: list[np.ndarray],
    names: tuple[str, ...],
    gathered: Gathered,
) -> Targets:
    """Check the targets of a task; rows with wrong ones are put down and lose their mark in `good`.

    Raises ScanError where a whole array does not fit.
    """
    if task is Task.RECONSTRUCTION:
        unused = [y_name for _, y_name, y in given if y is not None]
        if unused:
            gathered.find("note", f"{', '.join(unused)} is not used: the samples themselves are the targets.")
        return Targets()
    for (x_name, y_name, y), fine in zip(given, good, strict=True):
        if y is None or len(y) != len(fine):
            raise ScanError(
                f'"{y_name}" has {0 if y is None else len(y):,} targets for the {len(fine):,} samples of "{x_name}": '
                "there must be one for each."
            )
    if task is Task.CLASSIFICATION:
        return _classes(given, good, names, gathered)
    if task is Task.MULTILABEL:
        return _several(given, good, names, gathered)
    if task is Task.SEGMENTATION:
        return _masks(given, shape, good, names, gathered)
    return _boxes(given, good, names, gathered)


def _classes(given: list[Given], good: list[np.ndarray], names: tuple[str, ...], gathered: Gathered) -> Targets:
    columns = [_column(y_name, y) for _, y_name, y in given]
    if columns[0].dtype.kind in "US":
        if any(c.dtype.kind not in "US" for c in columns):
            raise ScanError("Labels are texts in one part and numbers in another: write them in one way.")
        texts = [np.asarray(_texts(c), "U200") for c in columns]
        for (x_name, _, _), fine, labels in zip(given, good, texts, strict=True):
            _refuse(x_name, fine, labels == "", lambda _: "no label", gathered)
        return _distinct(texts, good, names, gathered, given)
    for (x_name, y_name, _), fine, labels in zip(given, good, columns, strict=True):
        wrong = ~_whole(labels)
        _refuse(x_name, fine, wrong, _told(labels, y_name, "is no whole number"), gathered)
    return _distinct([np.where(_whole(c), c, 0).astype("int64") for c in columns], good, names, gathered, given)


def _distinct(
    columns: list[np.ndarray], good: list[np.ndarray], names: tuple[str, ...], gathered: Gathered, given: list[Given]
) -> Targets:
    """Classes are the given names, counted from 0, or else the values that there are, in their order."""
    used = [c[g] for c, g in zip(columns, good, strict=True)]
    values = np.unique(np.concatenate(used)) if sum(map(len, used)) else columns[0][:0]
    by_number = columns[0].dtype.kind != "U"
    if names:
        known = np.arange(len(names)) if by_number else np.asarray(names)
        for (x_name, y_name, _), fine, labels in zip(given, good, columns, strict=True):
            problem = f"is none of the {len(names)} classes" + (f", 0 to {len(names) - 1}" if by_number else "")
            _refuse(x_name, fine, ~np.isin(labels, known), _told(labels, y_name, problem), gathered)
    else:
        known, names = values, tuple(str(v) for v in values)
    if len(names) > MOST_CLASSES:
        raise ScanError(
            f'"{given[0][1]}" holds {len(names):,} different labels; there may be {MOST_CLASSES:,} classes. '
            "Are these measurements rather than classes?"
        )
    order = np.argsort(known)
    indices = []
    for labels in columns:
        at = np.searchsorted(known, labels, sorter=order)
        indices.append(order[np.minimum(at, max(0, len(order) - 1))].astype("int32") if len(order) else labels)
    return Targets(dict.fromkeys(names, 0), lambda part, row: int(indices[part][row]), labels=indices)


def _column(name: str, y: np.ndarray | None) -> np.ndarray:
    """One label for each sample, also out of a column or of rows with a single 1."""
    assert y is not None
    if y.ndim == 2 and y.shape[1] == 1:
        return y[:, 0]
    if y.ndim == 2 and y.dtype.kind in "buif" and y.shape[1] <= MOST_CLASSES:
        flags = np.asarray(y)
        if ((flags == 0) | (flags == 1)).all() and (flags.sum(1) == 1).all():
            return np.asarray(flags.argmax(1))
    if y.ndim != 1:
        raise ScanError(
            f'"{name}" has the shape {_times(y.shape)}: for classification it must hold one label for each sample.'
        )
    return y


def _several(given: list[Given], good: list[np.ndarray], names: tuple[str, ...], gathered: Gathered) -> Targets:
    width = _fits(given, lambda y: y.ndim == 2 and y.dtype.kind in "buif", "a 0 or 1 for each sample and class")[1]
    names = _named(names, width, given[0][1])
    flags = []
    for (x_name, y_name, y), fine in zip(given, good, strict=True):
        assert y is not None
        wrong = ~((y == 0) | (y == 1))
        rows = wrong.any(1)
        _refuse(x_name, fine, rows, _told(y, y_name, "is neither 0 nor 1", wrong), gathered)
        flags.append(np.where(wrong, 0, y).astype("int32"))
    counts = [f.astype("int64") for f in flags]
    return Targets(dict.fromkeys(names, 0), lambda part, row: flags[part][row], counts=counts)


def _masks(
    given: list[Given], shape: tuple[int, ...], good: list[np.ndarray], names: tuple[str, ...], gathered: Gathered
) -> Targets:
    spatial = shape[:-1]
    _fits(
        given,
        lambda y: y.shape[1:] in (spatial, (*spatial, 1)) and y.dtype.kind in "buif",
        f"masks of {_times(spatial)}, as large as the samples",
    )
    found: set[int] = set()
    for (x_name, y_name, y), fine in zip(given, good, strict=True):
        assert y is not None
        for row in np.flatnonzero(fine):
            mask = np.asarray(y[row])
            values = np.unique(mask)
            if not _whole(values).all():
                wrong = values[~_whole(values)][0]
                gathered.skip(f"{x_name}[{row}]", f"its mask {y_name}[{row}] holds {wrong:g}, no class number")
                fine[row] = False
            elif names and (values[0] < 0 or values[-1] >= len(names)):
                wrong = values[0] if values[0] < 0 else values[-1]
                gathered.skip(f"{x_name}[{row}]", f"its mask {y_name}[{row}] holds {wrong:g}, none of the classes")
                fine[row] = False
            else:
                found |= set(map(int, values[: MOST_MASK_CLASSES + 1]))
            if len(found) > MOST_MASK_CLASSES:
                raise ScanError(
                    f'"{y_name}" holds more than {MOST_MASK_CLASSES} different values: masks must hold class numbers.'
                )
    known = np.arange(len(names)) if names else np.asarray(sorted(found), "int64")
    names = names or tuple(map(str, known))

    def read(part: int, row: int) -> np.ndarray:
        y = given[part][2]
        assert y is not None
        return np.searchsorted(known, np.asarray(y[row]).reshape(spatial)).astype("int32")

    counts = [
        np.stack([np.bincount(read(i, r).ravel(), minlength=len(names)) if fine[r] else np.zeros(len(names), "int64")
                  for r in range(len(fine))])
        for i, fine in enumerate(good)
    ]  # fmt: skip
    return Targets(dict.fromkeys(names, 0), read, counts=counts)


def _boxes(given: list[Given], good: list[np.ndarray], names: tuple[str, ...], gathered: Gathered) -> Targets:
    _fits(
        given,
        lambda y: y.ndim == 3 and y.shape[2] == 5 and y.dtype.kind in "iuf",
        "boxes: left, top, right, bottom as shares of the size, and the class or -1 for none",
    )
    tables: list[list[np.ndarray]] = []
    classes = 0
    for (x_name, y_name, y), fine in zip(given, good, strict=True):
        assert y is not None
        tables.append([])
        for row in range(len(y)):
            rows = _row_boxes(np.asarray(y[row], "float64"), f"{y_name}[{row}", len(names), gathered)
            if rows is None:
                gathered.skip(f"{x_name}[{row}]", f"a class in {y_name}[{row}] is no whole number from 0 or is unknown")
                fine[row] = False
                rows = []
            tables[-1].append(boxes.table(rows))
            classes = max([classes, *(r[4] + 1 for r in rows)])
    names = names or tuple(map(str, range(max(classes, 1))))
    counts = [np.stack([np.bincount(t[:, 4].astype("int64"), minlength=len(names)) for t in part]) for part in tables]
    return Targets(dict.fromkeys(names, 0), lambda part, row: tables[part][row], counts=counts)


def _row_boxes(
    rows: np.ndarray, place: str, classes: int, gathered: Gathered
) -> list[tuple[float, float, float, float, int]] | None:
    kept = []
    for number, (left, top, right, bottom, which) in enumerate(rows.tolist()):
        if which == -1:
            continue
        if which != which or which < 0 or which != int(min(which, MOST_CLASSES)) or (classes and which >= classes):
            return None
        box = boxes.cut(left, top, right, bottom)
        if isinstance(box, str):
            gathered.leave_out(f"{place}, {number}]", box)
            continue
        kept.append((*box, int(which)))
    return kept


def _fits(given: list[Given], fits: Callable[[np.ndarray], bool], wanted: str) -> tuple[int, ...]:
    """The shape of the first targets; raises ScanError for any that do not hold what is wanted."""
    for _, y_name, y in given:
        assert y is not None
        if not fits(y):
            raise ScanError(
                f'"{y_name}" has the shape {_times(y.shape)} and type {y.dtype.name}: it must hold {wanted}.'
            )
    first = given[0][2]
    assert first is not None
    for _, y_name, y in given[1:]:
        if y is not None and y.ndim == 2 and y.shape[1] != first.shape[1]:
            raise ScanError(
                f'"{y_name}" has {y.shape[1]:,} classes, "{given[0][1]}" {first.shape[1]:,}: they must agree.'
            )
    return first.shape


def _named(names: tuple[str, ...], classes: int, y_name: str) -> tuple[str, ...]:
    if classes > MOST_CLASSES:
        raise ScanError(f'"{y_name}" has {classes:,} classes; there may be {MOST_CLASSES:,}.')
    if names and len(names) != classes:
        raise ScanError(f'"{y_name}" has {classes:,} classes, but {len(names):,} are named: they must agree.')
    return names or tuple(map(str, range(classes)))


def _refuse(x_name: str, fine: np.ndarray, wrong: np.ndarray, reason: Callable[[int], str], gathered: Gathered) -> None:
    for row in np.flatnonzero(fine & wrong):
        gathered.skip(f"{x_name}[{row}]", reason(int(row)))
        fine[row] = False


def _told(values: np.ndarray, name: str, problem: str, wrong: np.ndarray | None = None) -> Callable[[int], str]:
    def reason(row: int) -> str:
        value = values[row][np.flatnonzero(wrong[row])[0]] if wrong is not None else values[row]
        shown = f'"{value}"' if isinstance(value, str) else f"{value:g}"
        return f"{name}[{row}] is {shown[:60]}, which {problem}"

    return reason


def _whole(values: np.ndarray) -> np.ndarray:
    """Where they are whole numbers that an index can be."""
    if values.dtype.kind in "bu":
        return np.asarray(values <= 2**53)
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(values) <= 2**53) & (np.floor(values) == values))


def _texts(values: np.ndarray) -> list[str]:
    if values.dtype.kind == "S":
        return [bytes(v).decode("utf-8", "backslashreplace").strip() for v in values.tolist()]
    return [str(v).strip() for v in values.tolist()]


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{n:,}" for n in shape) or "nothing"
