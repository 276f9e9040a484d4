"""A network to put questions to, made of a Keras model alone: of any task and rank, with any weights and samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.declare import from_plain
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras, layer_names
from cnnstudio.engine.data.dataset import Dataset, Part
from cnnstudio.engine.tasks import kit_for
from cnnstudio.wire.messages import Explained

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from cnnstudio.core.program import Program, Step
    from cnnstudio.engine.explaining.network import Answering
    from cnnstudio.engine.tasks import TaskKit
    from cnnstudio.wire.messages import Event, ExplanationProgress, Sample


@dataclass
class PlainNetwork:
    """See `engine.explaining.network.Network`. Its sample of index n is the nth of `inputs`, whatever the part."""

    program: Program
    model: Any
    kit: TaskKit
    inputs: np.ndarray
    data: Dataset
    trained: bool = False
    predicts: bool = True
    layers: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, info: DataInfo, inputs: np.ndarray, *blocks: tuple[str, str, dict[str, Any]]) -> PlainNetwork:
        """Input, these (id, kind, parameters) in a row, and Output; random weights that are always alike."""
        first = ("input", "Input", {"shape": info.input_shape})
        last: tuple[tuple[str, str, dict[str, Any]], ...] = (
            () if blocks and blocks[-1][1] == "Output" else (("output", "Output", {}),)
        )
        placed: list[Block] = []
        for id, kind, parameters in (first, *blocks, *last):
            spec = from_plain(spec_class(kind), parameters, id)
            placed.append(Block(id, spec, tuple(b.id for b in placed[-1:])))
        program = trace(Architecture.of(placed), info).program()
        model = build_keras(program)
        rng = np.random.default_rng(5)
        model.set_weights([rng.normal(0, 0.4, w.shape).astype("float32") for w in model.get_weights()])
        kit = kit_for(info, TrainingRecipe(), scores=program.gives_scores)
        part = Part.of(inputs, np.zeros(len(inputs), "int32"), Task.CLASSIFICATION)
        data = Dataset(info, {"training": part, "validation": part, "test": part})
        names = layer_names(program)
        layers = {step.name: model.get_layer(names[step.name]) for step in program.steps}
        return cls(program, model, kit, inputs, data, layers=layers)

    def still(self) -> PlainNetwork:
        return self

    def layer_of(self, step: Step) -> Any:
        return self.layers[step.name]

    def layer(self, block: str) -> Any:
        """The last layer of a block."""
        return self.layers[self.program.outputs[block]]

    def sub_model(self, block: str) -> Any:
        """Plain Keras from the input to what the block yields."""
        return keras.Model(self.model.input, self.layer(block).output)

    def sample(self, sample: Sample) -> np.ndarray:
        return self.inputs[sample.index : sample.index + 1]

    def values(
        self, inputs: np.ndarray, wanted: Collection[str] | None = None, check: Callable[[], None] | None = None
    ) -> Iterator[tuple[str, np.ndarray]]:
        raise NotImplementedError

    def model_to(self, block: str) -> Any:
        return self.sub_model(block)

    def model_from(self, block: str) -> Any:
        raise NotImplementedError

    def weights(self, block: str) -> list[np.ndarray]:
        return [np.asarray(w) for w in self.layer(block).get_weights()]

    def weights_before(self, block: str) -> list[np.ndarray]:
        return self.weights(block)


def answer_to(work: Answering) -> tuple[Event, list[ExplanationProgress]]:
    """The answer at the end of some work, and the progress on the way."""
    told: list[ExplanationProgress] = []
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            return end.value, told
        if progress is not None:
            told.append(progress)


def explained(work: Answering) -> Explained:
    """The answer, an explanation."""
    answer, _ = answer_to(work)
    assert isinstance(answer, Explained)
    return answer
