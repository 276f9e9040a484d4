"""Reading weights from the HDF5 part of a `.keras` file, and nothing but weights.

An array is read only if it has the shape that the design expects, so the design, whose size is bounded, says how much
memory there will be.
"""

from __future__ import annotations

from dataclasses import replace
from typing import IO, TYPE_CHECKING

from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.formats.hdf5 import Hdf5File, damage
from cnnstudio.core.formats.strict_json import FileError

if TYPE_CHECKING:
    import numpy as np

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.formats.hdf5 import Node
    from cnnstudio.core.keras_import.assemble import Draft

_OLD = "_layer_checkpoint_dependencies"
"""What Keras 2.13 called "layers"."""


class WeightsFile:
    """The weights of a `.keras` file, by the paths of layers."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        """Look what is there; the file is read as long as this object lives. Raises FileError."""
        self._name = name
        self._file = Hdf5File(file, name)
        there = self._file.root.links or ()
        self._container = _OLD if _OLD in there and "layers" not in there else "layers"

    def count(self, path: str) -> int:
        """How many arrays lie at that path; 0 where there is none. Raises FileError."""
        with damage(f"{self._name} is damaged: its weights cannot be read at {path}."):
            group = self._at(path)
            return 0 if group is None else len(group.links or ())

    def read(self, path: str, number: int, shape: Shape, layer: str) -> np.ndarray:
        """Array `number` at that path, float32, which must have this shape. Raises FileError naming the layer."""
        with damage(f"{self._name} is damaged: the weights of {layer} cannot be read."):
            group = self._at(path)
            found = None if group is None else self._file.child(group, str(number))
            if found is None:
                raise FileError(f"{self._name} lacks weights: array {number} of {layer} should lie at {path}/vars.")
            array = self._file.array(found, layer)
            if array.shape != shape:
                have, want = (" x ".join(map(str, s)) or "one number" for s in (array.shape, shape))
                raise FileError(f"{self._name}: array {number} of {layer} is {have}, but the layer needs {want}.")
            return self._file.numbers(array)

    def _at(self, path: str) -> Node | None:
        parts = (self._container if part == "layers" else part for part in path.split("/"))
        return self._file.group(*parts, "vars")


def read_weights(draft: Draft, file: IO[bytes] | None, name: str) -> dict[str, np.ndarray]:
    """Weights of the draft's blocks by "STEP/WEIGHT"; Standardisation gets its numbers. Raises FileError."""
    if file is None:
        for id in draft.statistics:
            draft.notes.add("The numbers of {layers} come with the weights, which the file does not have.", id)
        return {}
    found: dict[str, np.ndarray] = {}
    weights = WeightsFile(file, name)
    for id, held in draft.held.items():
        there = weights.count(held.path)
        if not there and held.is_inner:  # Keras builds a layer within a layer only when data come through
            draft.notes.add("The file has no weights for {layers}, which was never run: they start fresh.", id)
            continue
        if there != len(held.weights):
            raise FileError(
                f"{name}: the layer {held.layer[:60]} has {there} arrays of weights, but {len(held.weights)} are "
                "wanted."
            )
        shapes = held.stored or tuple(w.shape for w in held.weights)
        for number, (weight, shape) in enumerate(zip(held.weights, shapes, strict=True)):
            read = weights.read(held.path, number, shape, held.layer[:60])
            found[f"{id}/{weight.name}"] = read.reshape(weight.shape)
    for id, path in draft.statistics.items():
        _set_statistics(draft, id, weights, path)
    return found


def _set_statistics(draft: Draft, id: str, weights: WeightsFile, path: str) -> None:
    channels = draft.tensors[id].shape[-1:]
    mean, variance = (tuple(map(float, weights.read(path, n, channels, id))) for n in (0, 1))
    spec = spec_class("Standardisation")(mean=mean, variance=variance)
    draft.blocks[id] = replace(draft.blocks[id], spec=spec)
    if any(p.problem(getattr(spec, p.name)) for p in spec.parameters):
        raise FileError(f"The means and variances of {id} in the file are no usable numbers.")
