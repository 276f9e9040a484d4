"""The fully connected block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.catalogue.activation import ActivationName, activate
from cnnstudio.core.catalogue.base import BlockSpec, block
from cnnstudio.core.catalogue.pooling import GlobalAveragePooling
from cnnstudio.core.catalogue.reshaping import Flatten
from cnnstudio.core.declare import param, show

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.program import Tensor


@block(group="Dense", key=("units", "activation"), keywords="fully connected linear fc mlp perceptron")
class Dense(BlockSpec):
    """Connects every value that comes in with every value that goes out.

    Each unit weighs all inputs and adds them up. It usually stands at the end, behind Flatten or Global average
    pooling, and often holds most of a network's weights.
    """

    units: int = param(64, min=1, max=1_000_000, help="How many values come out")
    activation: ActivationName = param("relu", help="Function applied to each value that comes out")
    use_bias: bool = param(True, help="Adds one learned number to each value that comes out")

    def channels_set(self) -> int:
        """Its units."""
        return self.units

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One Dense; on maps it works per position, which is legal but seldom meant."""
        if x.rank and max(x.spatial) > 1:
            net.warn(
                f"Dense mixes only the channels of each position, as {show(x.shape)} comes in: put Flatten or Global "
                "average pooling before it if it is to see the whole input.",
                "",
                net.put_before(x, Flatten()),
                *([net.put_before(x, GlobalAveragePooling())] if x.rank <= 3 else []),
            )
        return net.layer("Dense", x, units=self.units, activation=activate(self.activation), use_bias=self.use_bias)
