"""What a person should know of classes, parts and copies before training: findings that all sources share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.data.balance import UNBALANCED
from cnnstudio.core.data.facts import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.engine.scan.gathering import Gathered

_FEW = 3
"""Names that a sentence lists."""
_UNBALANCED = 10
"""How many times as many samples the largest class has, from where on it is worth a note."""


def in_order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sorts names as people do: "2" before "10", small and capital letters alike."""
    pieces = re.split(r"([0-9]{1,18})", name.casefold())
    return [(0, int(p), "") if p.isascii() and p.isdigit() else (1, 0, p) for p in pieces if p], name


def listed(names: Sequence[str]) -> str:
    """Names in quotes: the first few, and how many more there are."""
    few = [f'"{name}"' for name in names[:_FEW]]
    if len(names) > _FEW:
        return f"{', '.join(few)} and {len(names) - _FEW:,} more"
    return " and ".join([", ".join(few[:-1]), few[-1]] if len(few) > 1 else few)


def remark_on_classes(
    names: Sequence[str], labels: np.ndarray, parts: np.ndarray | None, gathered: Gathered, what: str = "image"
) -> None:
    """A single class, classes of one sample, of none for training, and of very many more than others.

    `labels` and `parts` as in Listing; `what` a sample is.
    """
    counts = np.bincount(labels, minlength=len(names))
    if len(names) == 1:
        gathered.find(
            "error",
            f'There is one class only, "{names[0]}", and so nothing to tell apart: add another class, or choose the '
            "task reconstruction.",
        )
    lonely = [name for name, count in zip(names, counts, strict=True) if count == 1]
    if lonely:
        gathered.find(
            "warning",
            f"One {what} only: class {listed(lonely)}. It cannot be learned and tested at once: add more.",
        )
    if parts is not None:
        trained = np.bincount(labels[parts == 0], minlength=len(names))
        if untrained := [n for n, count, all in zip(names, trained, counts, strict=True) if all and not count]:
            gathered.find(
                "warning", f"No {what} for training: class {listed(untrained)}. It will never be answered rightly."
            )
    most, least = int(counts.argmax()), int(np.where(counts > 0, counts, counts.max()).argmin())
    if counts[most] >= _UNBALANCED * counts[least]:
        gathered.find(
            "note",
            f'{UNBALANCED}: "{names[most]}" has {counts[most]:,} {what}s, "{names[least]}" '
            f"{counts[least]:,}. Class weights make them count the same.",
        )


def remark_on_parts(parts: np.ndarray, gathered: Gathered) -> None:
    """Parts that the source leaves out, or that hold nothing."""
    missing = [PARTS[i] for i in (1, 2) if not (parts == i).any()]
    if not (parts == 0).any():
        gathered.find("error", "No sample for training: the folder of the training part holds none that can be used.")
    elif missing:
        gathered.find("note", f"No samples of their own for {' and '.join(missing)}: drawn from the training part.")


def remark_on_copies(
    hashes: np.ndarray,
    names: Sequence[str],
    gathered: Gathered,
    *,
    labels: np.ndarray | None = None,
    parts: np.ndarray | None = None,
) -> None:
    """Equal files: in two parts, under two classes, or just there several times. Arrays as in Listing."""
    order = np.argsort(hashes, kind="stable")
    ends = np.flatnonzero(np.diff(hashes[order])) + 1
    groups = [np.sort(g) for g in np.split(order, ends) if len(g) > 1]
    groups.sort(key=lambda g: int(g[0]))
    leaks = [] if parts is None else [g for g in groups if len(set(parts[g].tolist())) > 1]
    torn = [] if labels is None else [g for g in groups if len(set(labels[g].tolist())) > 1]
    if leaks and parts is not None:
        first, other = _unlike(leaks[0], parts)
        gathered.find(
            "warning",
            f'The same file in two parts: "{names[first]}" and "{names[other]}"{_more(leaks)}. What was learned by '
            "heart then passes for understood: keep it in one part.",
        )
    if torn and labels is not None:
        first, other = _unlike(torn[0], labels)
        gathered.find(
            "warning",
            f'The same file under two classes: "{names[first]}" and "{names[other]}"{_more(torn)}. Only one can be '
            "right: remove the other.",
        )
    known = {int(g[0]) for g in (*leaks, *torn)}
    if plain := [g for g in groups if int(g[0]) not in known]:
        first, other = (int(n) for n in plain[0][:2])
        drawn = " Parts drawn at random may put one into training and its copy into the test." if parts is None else ""
        gathered.find("warning", f'The same file twice: "{names[first]}" and "{names[other]}"{_more(plain)}.{drawn}')


def _unlike(group: np.ndarray, values: np.ndarray) -> tuple[int, int]:
    """The first of a group and the first that differs from it."""
    first = int(group[0])
    return first, int(next(n for n in group if values[n] != values[first]))


def _more(groups: Sequence[np.ndarray]) -> str:
    return f", and {len(groups) - 1:,} more such" if len(groups) > 1 else ""
