"""Which weights of a design are taken from the weights file that it starts from, and which are fresh.

Each block says where its weights lie: the first digits of the file's SHA-256 and the id that the block had when the
file was written. So a renamed, moved or copied block keeps its weights, a new block that happens to get the id of an
old one starts fresh, and a block that was pasted into another experiment does not take the wrong ones.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cnnstudio.core.architecture import Architecture
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.program import Program, Step, Weight

_DIGITS = 12
_NAMED = 3
"""Fresh blocks that a sentence names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a run starts from, weight by weight. Its text says so in one sentence."""

    taken: Mapping[tuple[str, str], str]
    """(Step, weight) -> name of the array in the file."""
    total: int
    """Weights that the program has."""
    fresh: tuple[str, ...]
    """Ids of blocks with weights that are not, or not all, in the file or no longer of its shape."""

    @property
    def is_whole(self) -> bool:
        """Whether every weight is taken from the file."""
        return len(self.taken) == self.total

    def __str__(self) -> str:
        if self.is_whole:
            return f"Starts from imported weights: all {self.total:,} fit"
        names = ", ".join(self.fresh[:_NAMED])
        more = f" and {len(self.fresh) - _NAMED:,} more" if len(self.fresh) > _NAMED else ""
        return f"Starts from imported weights: {len(self.taken):,} of {self.total:,} fit; fresh: {names}{more}"


def with_weights(experiment: Experiment, fingerprint: str, names: Iterable[str]) -> Experiment:
    """The experiment starting from the file of that SHA-256, whose arrays have these names ("STEP/WEIGHT")."""
    blocks = experiment.architecture.blocks
    held = {name.partition("/")[0].partition(".")[0] for name in names}
    marked = (
        dataclasses.replace(blocks[id], weights_from=f"{fingerprint[:_DIGITS]}/{id}") for id in blocks if id in held
    )
    architecture = experiment.architecture.with_blocks(*marked)
    return dataclasses.replace(experiment, weights=fingerprint, architecture=architecture)


def without_weights(experiment: Experiment) -> Experiment:
    """The experiment starting from fresh weights."""
    blocks = experiment.architecture.blocks.values()
    cleared = (dataclasses.replace(b, weights_from="") for b in blocks if b.weights_from)
    return dataclasses.replace(experiment, weights="", architecture=experiment.architecture.with_blocks(*cleared))


def start_of(experiment: Experiment, program: Program, shapes: Mapping[str, tuple[int, ...]]) -> Start:
    """What `program`, traced from the experiment, takes from its weights file; `shapes` are those of the file."""
    taken: dict[tuple[str, str], str] = {}
    fresh: dict[str, None] = {}
    total = 0
    for step in program.steps:
        for weight in step.weights:
            total += 1
            name = array_name(experiment.architecture, experiment.weights, step, weight)
            if name and shapes.get(name) == weight.shape:
                taken[step.name, weight.name] = name
            else:
                fresh[step.block] = None
    return Start(taken, total, tuple(fresh))


def renamed_layers(experiment: Experiment, program: Program, layers: Mapping[str, str]) -> dict[str, str]:
    """For layers whose weights lie in the file under another name than their own: that name, "" for fresh ones.

    `layers` has the layer's name for each step's.
    """
    found: dict[str, str] = {}
    for step in program.steps:
        if step.weights:
            name = array_name(experiment.architecture, experiment.weights, step, step.weights[0])
            origin = name.rpartition("/")[0]
            if origin != layers[step.name]:
                found[layers[step.name]] = origin
    return found


def array_name(architecture: Architecture, fingerprint: str, step: Step, weight: Weight) -> str:
    """Name of a weight's array in the file of that SHA-256; "" where its block takes none from that file."""
    held, _, origin = architecture.blocks[step.block].weights_from.partition("/")
    if not origin or held != fingerprint[:_DIGITS]:
        return ""
    return f"{origin}{step.name.removeprefix(step.block)}/{weight.name}"
