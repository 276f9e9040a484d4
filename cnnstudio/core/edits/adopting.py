"""Other data for an experiment: the recipe that takes them over, and what then is another in the design, in words."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.info import Task
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.edits.base import Edit
from cnnstudio.core.edits.values import SetParameters
from cnnstudio.core.initial_weights import without_weights
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from cnnstudio.core.architecture import Architecture
    from cnnstudio.core.data.sources import SourceSpec
    from cnnstudio.core.declare import Shape
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.recipe import DataRecipe
    from cnnstudio.core.training.recipe import TrainingRecipe

LONGEST = 40
"""Letters of a class name that are told."""
TOLD = 3
"""Class names that are told."""


def adopted(recipe: DataRecipe, source: SourceSpec, preparation: Preparation | None = None) -> DataRecipe:
    """The recipe on another source, or on one that has been scanned again.

    The same data keep their preparation while it leads to one size. Other data get the one suggested for them;
    augmentation is kept where samples are of the same kind, and parts are drawn where the source does not give them.
    """
    suggested = preparation or Preparation()
    again = is_same_place(recipe.source, source)
    kept = dataclasses.replace(recipe, source=source)
    if not again or kept.size_problem():
        kept = dataclasses.replace(kept, preparation=suggested)
    if recipe.source.info().rank != source.info().rank:
        kept = dataclasses.replace(kept, augmentation=Augmentation())
    if kept.split == "given" and "training" not in source.parts:
        kept = dataclasses.replace(kept, split="auto")
    return kept


def is_same_place(a: SourceSpec, b: SourceSpec) -> bool:
    """Whether both are the same built-in source, or read the same files, by place or by fingerprint."""
    if not isinstance(a, FileSource) or not isinstance(b, FileSource):
        return type(a) is type(b) and not isinstance(a, FileSource)
    return a.path == b.path or a.facts.fingerprint == b.facts.fingerprint != ""


def changes(before: Experiment, after: Experiment) -> tuple[str, ...]:
    """What other data have made another in the design, one clause each, the task first; () when nothing."""
    old, new = before.data.info(), after.data.info()
    told = []
    if old.task is not new.task:
        told.append(f"the task is now {new.task} (was {old.task})")
    if old.input_shape != new.input_shape:
        told.append(f"Input is now {_sizes(new.input_shape)} (was {_sizes(old.input_shape)})")
    if old.class_names != new.class_names and new.class_names:
        told.append(_classes(old.class_names, new.class_names))
    if new.task is Task.RECONSTRUCTION and old.task is not new.task:
        told.append("Output gives the sample back")
    if before.training.loss != after.training.loss:
        told.append(f"the loss is {after.training.loss} again (was {before.training.loss})")
    return tuple(told)


def _classes(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    number = f"{len(new):,} class{'' if len(new) == 1 else 'es'}"
    if len(old) != len(new):
        return f"Output names {number} (was {len(old):,})" if old else f"Output names {number}"
    others = [f"“{_short(name)}”" for name, other in zip(new, old, strict=True) if name != other]
    more = f" and {len(others) - TOLD:,} more" if len(others) > TOLD else ""
    return f"Output names other classes: {', '.join(others[:TOLD])}{more}"


def _sizes(shape: Shape) -> str:
    return " × ".join(f"{n:,}" for n in shape)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def in_sentence(clauses: tuple[str, ...]) -> str:
    """The clauses as one sentence: "Input is now 64 × 64 × 3 (was 8 × 8 × 1), Output names 5 classes (was 10)."."""
    text = ", ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


@dataclass(frozen=True, kw_only=True)
class UseDesign(Edit):
    """Put another design, how it is trained and its name in place of this one; the data stay and Input fits them."""

    architecture: Architecture
    training: TrainingRecipe
    of: str
    """What the design is called."""
    name: str = ""
    """What the experiment is then called; "" leaves its name."""

    @property
    def label(self) -> str:
        """Use the design of that name."""
        return f"Use the design of {self.of}"

    def __call__(self, experiment: Experiment) -> Experiment:
        """Weights of the design before go with it."""
        info = experiment.data.info()
        architecture = self.architecture
        if INPUT in architecture.blocks:
            architecture = SetParameters(id=INPUT, values={"shape": info.input_shape}).apply(architecture)
        training = self.training.without_misfits(info.task)
        bare = without_weights(experiment) if experiment.weights else experiment
        name = self.name or experiment.name
        return dataclasses.replace(bare, name=name, architecture=architecture, training=training)
