"""What is asked of a network again and again for one sample, as one call of TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.engine.backend import tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


def for_one_sample(compute: Callable[[Any], Any], inputs: Any) -> Callable[[np.ndarray], Any]:
    """`compute`, of a tensor (1, ...) like the symbolic `inputs` of a network, compiled at once.

    It is called as the one function that it is: to look for the fitting one, as `tf.function` does each time, takes
    longer than to go through a small network.
    """
    spec = tensorflow.TensorSpec((1, *inputs.shape[1:]), inputs.dtype)
    way = tensorflow.function(compute, input_signature=[spec], autograph=False).get_concrete_function()

    def called(sample: np.ndarray) -> Any:
        return way(tensorflow.constant(sample, inputs.dtype))

    return called
