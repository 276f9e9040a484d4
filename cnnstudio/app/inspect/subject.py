"""Which network is inspected: the design, the run under way, or a run that is over."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.formats.files import write_experiment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.experiment import Experiment


@dataclass(frozen=True)
class Subject:
    """A network that can be inspected."""

    title: str
    """What it is called on screen, in a few words."""
    experiment: Experiment
    """The frozen copy of a run, or the design."""
    directory: str = ""
    """The run's folder; "" for a design, whose weights are those that training would start from."""
    run: str = ""
    """Id of the run while the worker has its model, so that it can be watched; else ""."""
    active: bool = False
    """Whether the run is going on."""
    folder: str = ""
    """Where the run is kept, with its timeline, whether or not it has kept weights; "" for a design."""
    stamp: int = 0
    """Another one where the weights in `directory` are others: a run that went on writes them anew."""

    @functools.cached_property
    def text(self) -> str:
        """The experiment as the worker is told it."""
        return write_experiment(self.experiment)

    @functools.cached_property
    def trace(self) -> Trace:
        """Shapes and blocks."""
        return trace(self.experiment.architecture, self.experiment.data.info())

    @functools.cached_property
    def info(self) -> DataInfo:
        """What the data are."""
        return self.experiment.data.info()

    @functools.cached_property
    def blocks(self) -> Sequence[str]:
        """Ids of the blocks that have a result, in the order of the flow."""
        return tuple(id for id, traced in self.trace.blocks.items() if traced.output is not None)

    def sliding_layer(self, block: str) -> str:
        """The Keras layer of the block that slides kernels over its input; "" where none does."""
        traced = self.trace.blocks.get(block)
        steps = () if traced is None else traced.steps
        return next((step.layer for step in steps if any(len(weight.shape) > 2 for weight in step.weights)), "")

    @property
    def key(self) -> tuple[str, str, int]:
        """Equal for questions to the same network with the same weights, while none of them trains."""
        return self.text, self.directory, self.stamp

    def continues(self, before: Subject) -> bool:
        """Whether it is the network of the same run, maybe later on, or of no run, as `before`."""
        if self.folder or before.folder:
            return self.folder == before.folder
        return self.directory == before.directory or (bool(self.run) and self.run == before.run)
