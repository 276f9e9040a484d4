"""The kernel that is shown beside a channel is the one that makes it, as Keras computes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnstudio.app.inspect.maps.kernel import channel_kernel
from cnnstudio.engine.backend import keras

OUT = 6
LAYERS: dict[str, dict[str, Any]] = {
    "Conv1D": {"filters": OUT},
    "Conv2D": {"filters": OUT},
    "Conv3D": {"filters": OUT},
    "Conv1DTranspose": {"filters": OUT},
    "Conv2DTranspose": {"filters": OUT, "strides": 2},
    "DepthwiseConv1D": {"depth_multiplier": 2},
    "DepthwiseConv2D": {"depth_multiplier": 2},
}


@pytest.mark.parametrize("name", list(LAYERS))
def test_a_channel_is_made_by_its_kernel_and_by_nothing_else(name: str) -> None:
    rank = int(name.split("D")[-2][-1]) if "Depthwise" in name else int(name[4])
    rng = np.random.default_rng(0)
    sample = rng.normal(size=(1, *[6] * rank, 3)).astype(np.float32)
    layer = getattr(keras.layers, name)(kernel_size=3, padding="same", use_bias=False, **LAYERS[name])
    layer.build(sample.shape)
    weights = rng.permutation(layer.get_weights()[0].size).reshape(layer.get_weights()[0].shape) + 1.0

    def output(kept: Any) -> Any:
        layer.set_weights([np.where(kept, weights, 0).astype(np.float32)])
        return np.asarray(layer(sample))

    whole = output(np.ones(weights.shape, bool))
    for channel in range(OUT):
        kernel = channel_kernel(weights, name, channel, OUT)
        its = np.isin(weights, kernel)
        assert its.sum() == kernel.size
        assert output(its)[..., channel] == pytest.approx(whole[..., channel], rel=1e-4, abs=1e-2)
        assert not output(~its)[..., channel].any()


def test_channels_that_no_single_kernel_makes_have_none() -> None:
    kernels = np.zeros((3, 3, 4, 8), np.float32)
    assert channel_kernel(kernels, "SeparableConv2D", 0, 8) is None
    assert channel_kernel(kernels, "Conv2D", 0, 16) is None
    assert channel_kernel(kernels, "Conv2D", 8, 8) is None
