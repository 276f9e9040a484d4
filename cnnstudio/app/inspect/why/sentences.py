"""What the Why tab says: the numbers of an explanation in words, samples and places by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.app import format
from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.training.viewers.labels import USUAL
from cnnstudio.core.data.info import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.wire.messages import Sample

NO_NETWORK = (
    "Nothing to explain yet",
    "Choose a network above: the run under way, the design, or a run that is over.",
)
OF_NOW = "Explanations are of the network as it is now, not of the moment that the timeline shows."
AS_PREDICTED = "As predicted"
OUTPUT = "the output"
"""What is explained where there are no classes."""
LEAST_CHANGE = 0.0005
"""A smaller one is written as none at all, and comes of rounding."""
DIRECTIONS: Mapping[int, tuple[tuple[str, str, str], ...]] = {
    1: (("Along the signal", "earlier", "later"),),
    2: (("Across", "to the left", "to the right"), ("Up and down", "up", "down")),
    3: (
        ("Across", "to the left", "to the right"),
        ("Up and down", "up", "down"),
        ("Through the slices", "to earlier slices", "to later slices"),
    ),
}
"""By number of spatial axes, the last axis first: its name, and where a negative and a positive shift lead."""


def class_words(target: int, info: DataInfo) -> str:
    """The class by name; what stands for the whole output where there are no classes."""
    if info.task is Task.RECONSTRUCTION or not info.class_names:
        return OUTPUT
    return info.class_names[target] if 0 <= target < info.classes else "no class"


def number_words(numbers: Mapping[str, float], about: str, rank: int) -> str:
    """The numbers of an explanation in sentences; `about` is what it explains, `rank` counts the input's axes.

    Those of which nothing more is to say than their name are left out.
    """
    told = [_score_words(numbers, about)] if "score" in numbers else []
    if "cells" in numbers:
        given = round(numbers["cells"])
        there = f"The network finds it in {format.count(given)} {format.cells(rank, given)}."
        told.append(there if given else "The network finds it nowhere: its score in all places is explained.")
    if "left" in numbers:
        told.append("The frame is the box of this class with the highest score.")
    if numbers.get("largest") == 0:
        told.append("No place speaks for it.")
    if "baseline" in numbers:
        told.append(f"The empty sample has {number(numbers['baseline'])}.")
    if "gap" in numbers:
        told.append(f"The places add up to the difference but for {share_words(numbers['gap'])}.")
    if "fall" in numbers:
        patches = format.counted(round(numbers["patches"]), "patch", "patches")
        edge = f"{format.count(round(numbers['patch']))} {format.cells(rank, round(numbers['patch']))}"
        told.append(f"{patches} of {edge} were covered: the score falls by {number(numbers['fall'])} at most.")
    return " ".join(told)


def _score_words(numbers: Mapping[str, float], about: str) -> str:
    if about == OUTPUT:
        return "The output of this very sample counts as 1."
    share = f", a share of {100 * numbers['share']:.1f} %" if "share" in numbers else ""
    return f"Score of {about}: {number(numbers['score'])}{share}."


def seen_of_words(sample: Sample, cell: Sequence[int], told: str) -> str:
    """What the cell of a sample that answers most sees: "Validation sample 12 \u00b7 cell 3, 5 sees 3 x 3 px"."""
    at = ", ".join(f"{place:,}" for place in cell)
    what = f"cell {at}" if len(cell) else "the channel"
    return f"{sample.part.capitalize()} sample {sample.index:,} \u00b7 {what} {told}"


def channel_words(numbers: Mapping[str, float]) -> str:
    """What a sample that was made for a channel has come to."""
    end, start = number(numbers["score"]), number(numbers["start"])
    return f"The channel\u2019s mean is {end} for this sample; for the one that it was made from it was {start}."


def whose_words(block: str, trained: bool, epochs: int | None) -> str:
    """Which maps and weights an explanation comes from; `epochs` of a run under way, None where none goes on."""
    if epochs is not None:
        weights = f"After {format.counted(epochs, 'epoch')}, while it trains"
    else:
        weights = "Trained" if trained else "Untrained"
    return " \u00b7 ".join(part for part in (weights, f"maps of {block}" if block else "") if part)


def share_words(share: float) -> str:
    """A share in per cent that may be tiny: "0.42 %", "less than 0.01 %"."""
    if 0 < abs(share) < 1e-4:
        return "less than 0.01 %"
    return f"{100 * abs(share):.2f} %"


def shift_words(shift: int, axis: int, rank: int) -> str:
    """A shift in words: "3 px to the left"; "not moved" for none."""
    if shift == 0:
        return "not moved"
    _, back, on = DIRECTIONS[rank][axis]
    return f"{format.count(abs(shift))} {format.cells(rank, abs(shift))} {back if shift < 0 else on}"


def answer_words(said: Any, change: float, info: DataInfo) -> str:
    """What the network says of a sample that was moved: `said` (classes,), or (0,) where it says that of no whole one.

    `change` is that of its whole result.
    """
    if len(said) != info.classes or not len(said):
        return f"what the network says changes by {change_words(change)}" if change >= LEAST_CHANGE else ""
    if info.task is Task.MULTILABEL:
        named = [f"{info.class_names[i]} {100 * share:.1f} %" for i, share in enumerate(said) if share >= USUAL]
        return f"network says {', '.join(named) or 'nothing'}"
    best = int(said.argmax())
    return f"network says {info.class_names[best]}, {100 * said[best]:.1f} %"


def change_words(change: float) -> str:
    """How much a block's result changed: "12.3 %"."""
    return f"{100 * change:.1f} %" if change < 10 else f"{100 * change:,.0f} %"


def pooling_words(pairs: Sequence[tuple[str, str]], changes: Mapping[str, float]) -> str:
    """How much pooling takes off the change: of each pair the block before it, and the pooling."""
    if not pairs:
        return "This network has no pooling to compare before and after."
    if max(changes.values(), default=0.0) < LEAST_CHANGE:
        return "Move the slider: what changes by it stands here, before and after each pooling."
    told = [f"{b}: {change_words(changes[a])} before, {change_words(changes[b])} after" for a, b in pairs]
    return " \u00b7 ".join(["Change at poolings", *told])
