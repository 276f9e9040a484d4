"""What a question can be put to: a design's sketch, or the network of a run."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from cnnstudio.wire.messages import Event, ExplanationProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import numpy as np

    from cnnstudio.core.program import Program, Step
    from cnnstudio.engine.data import Dataset
    from cnnstudio.engine.tasks import TaskKit
    from cnnstudio.wire.messages import Sample

Answering: TypeAlias = Generator[ExplanationProgress | None, None, Event]
"""Work on a question: yields every 20 ms or so, its progress or None, and returns the answer. Raises SketchError."""


class Network(Protocol):
    """A network that can be looked at, entered and differentiated."""

    program: Program

    @property
    def trained(self) -> bool:
        """Whether the weights are those of a run."""

    @property
    def predicts(self) -> bool:
        """Whether what comes out at the end is an answer."""

    @property
    def data(self) -> Dataset:
        """The data of the experiment. Raises SketchError."""

    @property
    def kit(self) -> TaskKit:
        """What follows from the task."""

    def still(self) -> Network:
        """The same with the weights of the moment, which training does not change: for work that takes a while."""

    def sample(self, sample: Sample) -> np.ndarray:
        """The inputs (1, ...) of a sample, float32. Raises SketchError."""

    def values(
        self, inputs: np.ndarray, wanted: Collection[str] | None = None, check: Callable[[], None] | None = None
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Blocks and their results (..., channels) for these inputs."""

    def layer_of(self, step: Step) -> Any:
        """The Keras layer of a step of the program, with the weights of the moment."""

    def model_to(self, block: str) -> Any:
        """The Keras model from the input to what the block yields; Output's gives what the network says."""

    def model_from(self, block: str) -> Any:
        """The Keras model from what the block yields to the output. Raises SketchError."""

    def weights(self, block: str) -> list[np.ndarray]:
        """The weights of the block's first layer that has any, in Keras's order; [] where none has."""

    def weights_before(self, block: str) -> list[np.ndarray]:
        """The same before the first step of training."""
