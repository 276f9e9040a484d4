"""The weights that a run has learned, read from the file that Keras wrote, and nothing but weights.

The folder may be another person's, so the file is read with the same care as a model that is imported. An array is read
only when it is asked for: whoever asks holds its shape against the design first.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cnnstudio.core.formats.faults import FileError
from cnnstudio.core.formats.hdf5 import Hdf5File, damage
from cnnstudio.core.formats.run_folder import BEST, LAST
from cnnstudio.core.formats.storage import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import numpy as np

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.formats.hdf5 import Array, Node
    from cnnstudio.core.formats.run_folder import Which

_FILES = {"last": LAST, "best": BEST}
_MOST_LAYERS = 100_000
"""The largest design that may be has 5,000 blocks of a few layers each."""
_MOST_ARRAYS = 100
"""Of a layer. Keras's have six at most."""
_ADVICE = "Copy the run's folder once more from where it came, or train the run again."


class _NoWeights(FileError):
    """Nothing is damaged."""


class RunWeights:
    """The arrays of each layer. Shapes are known at once; values are read when they are asked for. A context manager.

    What makes training go on, the optimizer's numbers, lies in the same file and is not read.
    """

    def __init__(self, folder: Path, which: Which = "last") -> None:
        """Look what the run in `folder` has. Raises FileError, whose sentence names the file and says what to do."""
        self.path = folder / _FILES[which]
        self._name = f'"{self.path}"'
        with contextlib.ExitStack() as opened, _advised():
            try:
                file = opened.enter_context(open_regular(self.path))
            except FileNotFoundError as error:
                raise _NoWeights(
                    f'The run in "{folder}" has no weights yet: let it train for an epoch at least.'
                ) from error
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise FileError(f"{self._name} cannot be read: {reason}.") from error
            self._file = Hdf5File(file, self._name)
            with damage(f"{self._name} is damaged: it does not say which layers it has weights of."):
                self._layers = dict(self._found())
            self._opened = opened.pop_all()

    def __enter__(self) -> RunWeights:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    @property
    def shapes(self) -> Mapping[str, tuple[Shape, ...]]:
        """By the name of the layer those of its arrays, in Keras's order; () for a layer without weights."""
        return {layer: tuple(array.shape for array in arrays) for layer, arrays in self._layers.items()}

    def misfit(self, layer: str, wanted: Sequence[Shape]) -> str:
        """Why the arrays of that name are not those of a layer with such weights, in a sentence; "" where they are."""
        if layer not in self._layers:
            return f'{self._name} has no weights of the layer "{layer}".'
        shapes = [array.shape for array in self._layers[layer]]
        if shapes == list(wanted):
            return ""
        return f'In {self._name} the layer "{layer}" has {_in_words(shapes)}, but it needs {_in_words(wanted)}.'

    def read(self, layer: str) -> list[np.ndarray]:
        """The arrays of a layer that is there, float32, in Keras's order. Raises FileError as when it was opened."""
        said = _said(layer)
        with _advised(), damage(f"{self._name} is damaged: the weights of {said} cannot be read."):
            return [self._file.numbers(array) for array in self._layers[layer]]

    def _found(self) -> Iterator[tuple[str, tuple[Array, ...]]]:
        layers = self._file.group("layers")
        if layers is None or layers.links is None:
            raise FileError(f"{self._name} has no weights of layers: Keras writes these otherwise.")
        if len(layers.links) > _MOST_LAYERS:
            raise FileError(f"{self._name} has {len(layers.links):,} layers; the largest network has {_MOST_LAYERS:,}.")
        known, left = set(), self._file.size
        for key in layers.links:
            group = self._file.group("layers", key, "vars")
            layer = None if group is None else self._file.text(group, "name")
            if group is None or layer is None:
                continue
            if layer in known:
                raise FileError(f"{self._name} has two layers called {_said(layer)}, so nobody can say which counts.")
            known.add(layer)
            arrays = self._arrays(group, _said(layer))
            left -= sum(array.bytes for array in arrays)
            if left < 0:
                raise FileError(f"{self._name} is said to have weights of more bytes than it has itself.")
            yield layer, arrays

    def _arrays(self, group: Node, layer: str) -> tuple[Array, ...]:
        count = len(group.links or ())
        if count > _MOST_ARRAYS:
            raise FileError(f"{self._name} has {count:,} arrays of {layer}; a layer has {_MOST_ARRAYS} at most.")
        arrays = []
        for number in range(count):
            array = self._file.child(group, str(number))
            if array is None:
                raise FileError(f"{self._name} lacks weights: there is no array {number} of {layer}.")
            arrays.append(self._file.array(array, layer))
        return tuple(arrays)


@contextlib.contextmanager
def _advised() -> Iterator[None]:
    """Say what to do, too."""
    try:
        yield
    except _NoWeights:
        raise
    except FileError as error:
        raise FileError(f"{error} {_ADVICE}") from error


def _said(layer: str) -> str:
    return f'"{layer[:60]}"'


def _in_words(shapes: Sequence[Shape]) -> str:
    return ", ".join(" x ".join(map(str, shape)) or "one number" for shape in shapes) or "no weights"
