"""Training samples varied as the recipe says: what is drawn on the host, and the change within the compiled step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code import augmenting
from cnnstudio.engine.backend import keras

if TYPE_CHECKING:
    from cnnstudio.core.data.augmentation import Augmentation
    from cnnstudio.core.data.info import DataInfo


class Augmenter:
    """Varies samples of the training part. What happens to one follows from seed, epoch and its index in the part."""

    def __init__(self, augmentation: Augmentation, info: DataInfo, seed: int) -> None:
        self._info = info
        self._seed = seed
        settings = {name: getattr(augmentation, name) for name in augmentation.names_for(info)}
        self._fill = settings.pop("fill", "edge")
        self._settings = settings
        self.acts = augmentation.acts_on(info)
        """Whether anything is changed."""

    def draws(self, epoch: int, indices: np.ndarray) -> dict[str, np.ndarray]:
        """What happens in that epoch to these samples of the training part, as `vary` takes it; {} for nothing."""
        if not self.acts:
            return {}
        return augmenting.draws(self._info.input_shape, self._seed, epoch, indices, **self._settings)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Sizes of each array of `draws` for one sample; all are float32."""
        return {name: drawn.shape[1:] for name, drawn in self.draws(1, np.zeros(1, "int64")).items()}

    def vary(self, inputs: Any, targets: Any, drawn: dict[str, Any]) -> tuple[Any, Any]:
        """Tensors of a batch, inputs float32, changed as drawn. Can be traced into a compiled function."""
        if not drawn:
            return inputs, targets
        return augmenting.varied(keras.ops, inputs, targets, drawn, self._info.task, self._fill)

    def varied(self, inputs: np.ndarray, targets: np.ndarray, drawn: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """A batch of arrays changed as drawn, at once; any thread may ask, whatever another does on a GPU."""
        if not drawn or not len(inputs):
            return inputs, targets
        with keras.device("cpu:0"):
            tensor = keras.ops.convert_to_tensor(inputs)
            goal = tensor if targets is inputs else keras.ops.convert_to_tensor(targets)
            first, second = (keras.ops.convert_to_numpy(part) for part in self.vary(tensor, goal, drawn))
        return first, second
