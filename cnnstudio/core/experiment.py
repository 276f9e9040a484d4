"""The experiment: architecture, data recipe and training recipe, one frozen value and one JSON document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnnstudio.core.architecture import Architecture
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from cnnstudio.core.about import Expected, Paper


@dataclass(frozen=True, slots=True)
class Experiment:
    """What File > Save writes and what a run trains a frozen copy of."""

    name: str = "Untitled"
    description: str = ""
    tags: tuple[str, ...] = ()
    architecture: Architecture = field(default_factory=Architecture)
    data: DataRecipe = field(default_factory=DataRecipe)
    training: TrainingRecipe = field(default_factory=TrainingRecipe)
    weights: str = ""
    """SHA-256 of the weights file that training starts from; "" for fresh weights."""
    papers: tuple[Paper, ...] = ()
    """What the design follows."""
    expected: Expected = ()
    """What it came to on the test part; true of this very experiment, so an edit that matters takes it away."""
    notes: str = ""
    """What a person keeps in mind about it, at any length."""
