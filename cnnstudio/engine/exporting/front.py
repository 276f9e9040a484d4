"""What stands before a network that goes out: the last steps of preparation, as layers of the model itself.

A file then takes values as they are in the person's files, and nobody has to know what the training part's mean was.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code.preparing import in_unit
from cnnstudio.core.exporting import CENTRED, STANDARDISED, TO_UNIT
from cnnstudio.core.program import INPUT, Program, Step, Tensor

if TYPE_CHECKING:
    from cnnstudio.engine.data.dataset import Finish

_BYTE = 255.0
_TO_UNIT = float(np.float32(1 / 255))
"""As in `preparing.in_unit`, so that the layer computes the same bits."""


@dataclass(frozen=True)
class Front:
    """From values as a file of the network takes them to those that it was trained on."""

    bytes: bool
    """Whether 255 stands for what is 1 in training, as in files of 8 bits; else values are taken as they are found."""
    finish: Finish

    @property
    def white(self) -> float:
        """What stands for 1 of the prepared samples, before they are standardised."""
        return _BYTE if self.bytes else 1.0

    def raw(self, kept: np.ndarray) -> np.ndarray:
        """Kept samples, uint8 or float32, as float32 in the range that the file takes."""
        if kept.dtype == np.uint8:
            return kept.astype("float32") if self.bytes else in_unit(kept)
        values = kept.astype("float32", copy=False)
        return values * np.float32(self.white) if self.bytes else values

    def noisy(self, raw: np.ndarray, noise: np.ndarray | None) -> np.ndarray:
        """`raw` with the noise that is added to prepared samples, in its own range."""
        if noise is None:
            return raw
        told = noise if self.finish.scale is None else noise / self.finish.scale
        return np.asarray(raw + told * np.float32(self.white), "float32")

    def before(self, program: Program) -> Program:
        """The program behind these steps: two Rescaling layers at most, none where there is nothing to do.

        They compute what `Finish.steps` does, in the same order, so that the results are the same bits.
        """
        layers = self._layers()
        taken = {step.name for step in program.steps}
        steps: list[Step] = []
        source = INPUT
        for wanted, config in layers:
            name = wanted
            while name in taken or name.replace("_", ".") in taken:
                name += "_"
            steps.append(_rescaling(name, config, source, program))
            taken.add(name)
            source = name
        if not steps:
            return program
        behind = tuple(
            dataclasses.replace(step, inputs=tuple(source if given == INPUT else given for given in step.inputs))
            for step in program.steps
        )
        outputs = {block: source if step == INPUT else step for block, step in program.outputs.items()}
        result = source if program.result == INPUT else program.result
        return dataclasses.replace(program, steps=(*steps, *behind), outputs=outputs, result=result)

    def _layers(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and arguments of each layer."""
        mean, scale = self.finish.mean, self.finish.scale
        unit = _TO_UNIT if self.bytes else 1.0
        if mean is None or scale is None:
            return [(TO_UNIT, {"scale": unit})] if self.bytes else []
        return [
            (CENTRED, {"scale": unit, "offset": [-float(value) for value in mean]}),
            (STANDARDISED, {"scale": [float(value) for value in scale]}),
        ]


def _rescaling(name: str, config: dict[str, Any], source: str, program: Program) -> Step:
    return Step(name, "Rescaling", config, (source,), INPUT, Tensor(name, program.input_shape))
