"""Reading weights from the HDF5 part of a `.keras` file, and nothing but weights.

A place in the file is followed step by step: links that lead elsewhere, data kept in other files and data put together
from others are refused. An array is read only if it has the shape that the design expects, so the design, whose size
is bounded, says how much memory there will be.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.formats.strict_json import FileError
from cnnstudio.core.keras_import.container import MAX_EXPANSION

if TYPE_CHECKING:
    from types import TracebackType

    import numpy as np

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.keras_import.assemble import Draft

_BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError, SystemError)
"""What h5py raises for files that are damaged."""
_OLD = "_layer_checkpoint_dependencies"
"""What Keras 2.13 called "layers"."""
_FREE = 1024 * 1024
"""Bytes below which it does not matter how well an array was compressed."""


class WeightsFile:
    """The weights of a `.keras` file, by the paths of layers. A context manager."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        """Open it. Raises FileError."""
        import h5py  # comes with Keras; not imported before weights are wanted

        self._h5py = h5py
        self._name = name
        try:
            self._root = h5py.File(file, "r")
            old = _OLD in self._root and "layers" not in self._root
        except _BROKEN as error:
            raise FileError(f"{name} is damaged: its weights are no HDF5 file.") from error
        self._container = _OLD if old else "layers"

    def __enter__(self) -> WeightsFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._root.close()

    def count(self, path: str) -> int:
        """How many arrays lie at that path; 0 where there is none. Raises FileError."""
        try:
            group = self._at(f"{path}/vars")
            return 0 if group is None else len(group)
        except _BROKEN as error:
            if isinstance(error, FileError):
                raise
            raise FileError(f"{self._name} is damaged: its weights cannot be read at {path}.") from error

    def read(self, path: str, number: int, shape: Shape, layer: str) -> np.ndarray:
        """Array `number` at that path, float32, which must have this shape. Raises FileError naming the layer."""
        try:
            return self._read(path, number, shape, layer)
        except _BROKEN as error:
            if isinstance(error, FileError):
                raise
            raise FileError(f"{self._name} is damaged: the weights of {layer} cannot be read.") from error

    def _read(self, path: str, number: int, shape: Shape, layer: str) -> np.ndarray:
        import numpy as np

        group = self._at(f"{path}/vars")
        found = None if group is None else self._child(group, str(number))
        if found is None:
            raise FileError(f"{self._name} lacks weights: array {number} of {layer} should lie at {path}/vars.")
        if not isinstance(found, self._h5py.Dataset) or found.external or found.is_virtual:
            raise FileError(f"{self._name}: the weights of {layer} lie in another file, which is not read.")
        if tuple(found.shape or ()) != shape:
            have, want = (" x ".join(map(str, s)) or "one number" for s in (tuple(found.shape or ()), shape))
            raise FileError(f"{self._name}: array {number} of {layer} is {have}, but the layer needs {want}.")
        size = math.prod(shape) * found.dtype.itemsize
        if size > _FREE and size > MAX_EXPANSION * found.id.get_storage_size():
            raise FileError(f"{self._name}: the weights of {layer} are said to be far larger than what is stored.")
        if found.attrs.get("dtype") == "bfloat16":
            return _from_bfloat16(np.asarray(found))
        if found.dtype.kind not in "fiu":
            raise FileError(f"{self._name}: the weights of {layer} are no numbers.")
        return np.asarray(found, dtype=np.float32)

    def _at(self, path: str) -> Any:
        at = self._root
        for part in path.split("/"):
            at = self._child(at, self._container if part == "layers" else part)
            if not isinstance(at, self._h5py.Group):
                return None
        return at

    def _child(self, group: Any, name: str) -> Any:
        """What lies under that name, if it is there and lies in this file."""
        link = group.get(name, getclass=True, getlink=True)
        if link is None:
            return None
        if link is not self._h5py.HardLink:
            raise FileError(f'{self._name}: "{name}" among its weights is a link to elsewhere, which is not followed.')
        return group[name]


def _from_bfloat16(raw: np.ndarray) -> np.ndarray:
    """bfloat16 is the upper half of float32; HDF5 keeps it as two bytes without a meaning."""
    import numpy as np

    halves = raw.view(np.uint16).astype(np.uint32) << np.uint32(16)
    return halves.view(np.float32)


def read_weights(draft: Draft, file: IO[bytes] | None, name: str) -> dict[str, np.ndarray]:
    """Weights of the draft's blocks by "STEP/WEIGHT"; Standardisation gets its numbers. Raises FileError."""
    if file is None:
        for id in draft.statistics:
            draft.notes.add("The numbers of {layers} come with the weights, which the file does not have.", id)
        return {}
    found: dict[str, np.ndarray] = {}
    with WeightsFile(file, name) as weights:
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
