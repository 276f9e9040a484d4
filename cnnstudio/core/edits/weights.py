"""Edits that change what training starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.edits.base import Edit
from cnnstudio.core.initial_weights import without_weights

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment


@dataclass(frozen=True, kw_only=True)
class StartFresh(Edit):
    """Let training start from fresh weights again."""

    @property
    def label(self) -> str:
        """Start from fresh weights."""
        return "Start from fresh weights"

    def __call__(self, experiment: Experiment) -> Experiment:
        """Blocks forget where their weights came from, too."""
        return without_weights(experiment) if experiment.weights else experiment
