"""A network of a run whose weights stay as they are while training goes on.

Work in slices would else begin with the weights of one step and end with those of another: a sum over a way that
changes under the walker is not that of any network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import layer_names, room_for
from cnnstudio.engine.looking.flow import flow, tensors_to
from cnnstudio.engine.looking.sketch import decoder, untrained, weights_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import numpy as np

    from cnnstudio.core.program import Step
    from cnnstudio.engine.data import Dataset
    from cnnstudio.engine.explaining.network import Network
    from cnnstudio.engine.tasks import TaskKit
    from cnnstudio.wire.messages import Sample


class StillNetwork:
    """Layers of its own with the weights that another network has now; a `Network`, too. It computes in float32."""

    def __init__(self, network: Network) -> None:
        self.program = network.program
        self._network = network
        self._layers = untrained(self.program, layer_names(self.program))
        for step in self.program.steps:
            self._layers[step.name].set_weights(network.layer_of(step).get_weights())

    @property
    def trained(self) -> bool:
        """As the other is."""
        return self._network.trained

    @property
    def predicts(self) -> bool:
        """As the other does."""
        return self._network.predicts

    @property
    def data(self) -> Dataset:
        """The data of the other."""
        return self._network.data

    @property
    def kit(self) -> TaskKit:
        """What follows from the task."""
        return self._network.kit

    def still(self) -> StillNetwork:
        """Itself."""
        return self

    def sample(self, sample: Sample) -> np.ndarray:
        """The inputs (1, ...) of a sample. Raises SketchError."""
        return self._network.sample(sample)

    def values(
        self, inputs: np.ndarray, wanted: Collection[str] | None = None, check: Callable[[], None] | None = None
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Blocks and their results (..., channels) for these inputs."""
        return flow(self.program, self.layer_of, inputs, wanted, check)

    def layer_of(self, step: Step) -> Any:
        """The Keras layer of a step, which nobody else has."""
        return self._layers[step.name]

    def model_to(self, block: str) -> Any:
        """The Keras model from the input to what the block yields."""
        with room_for(len(self.program.steps)):
            return keras.Model(*tensors_to(self.program, self._layers, self.program.outputs[block]))

    def model_from(self, block: str) -> Any:
        """The Keras model from what the block yields to the output. Raises SketchError."""
        with room_for(len(self.program.steps)):
            return decoder(self.program, self._layers, block)

    def weights(self, block: str) -> list[np.ndarray]:
        """The weights of the block's first layer that has any, in Keras's order; [] where none has."""
        return weights_of(self.program, self._layers, block)

    def weights_before(self, block: str) -> list[np.ndarray]:
        """The same before the first step of training. Raises SketchError."""
        return self._network.weights_before(block)
