"""What stands for layers that came from elsewhere and that no block can express."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Fix
from cnnstudio.core.catalogue.base import BlockSpec, block
from cnnstudio.core.declare import Shape, param

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.edits import Edit
    from cnnstudio.core.program import Tensor

MAX_CONFIG = 20_000
"""Characters of a kept configuration."""


@block(
    group="Unknown",
    title="Unknown layer",
    key=("layer",),
    inputs=(1, None),
    hidden=True,
    keywords="opaque imported foreign custom lambda",
)
class Opaque(BlockSpec):
    """Stands for a layer of an imported model that no block can express.

    It keeps the layer's class, its configuration and the shape that comes out, so that the rest of the design can be
    seen and changed. The network cannot be built with it: replace it by blocks that do the same, bypass it, or
    remove it.
    """

    layer: str = param("Layer", max=200, help="Name of the layer's class, as the file has it")
    config: str = param("{}", max=MAX_CONFIG, label="Configuration", help="What the file says of the layer, as JSON")
    output_shape: Shape | None = param(
        None, min=1, max=2**31 - 1, label="Shape out", help="What comes out, as the file has it; empty: what comes in"
    )
    why: str = param("", max=500, label="Reason", help="Why no block could stand for it")

    def lay(self, net: Net, *inputs: Tensor) -> Tensor:
        """No layer: an error, and a tensor of the kept shape, so that shapes flow behind it."""
        because = f" ({self.why})" if self.why else ""
        message = (
            f"No block of the studio stands for the Keras layer {self.layer}{because}: replace, bypass or remove it."
        )
        fixes = (
            Fix(f"Bypass {net.block}", partial(_bypass, net.block)),
            Fix(f"Remove {net.block}", partial(_remove, net.block)),
        )
        return net.unknown(self.layer, self.output_shape or inputs[0].shape, inputs, message, fixes)


def _bypass(id: str) -> Edit:
    from cnnstudio.core.edits import BypassBlocks  # edits know the catalogue

    return BypassBlocks(ids=(id,), bypassed=True)


def _remove(id: str) -> Edit:
    from cnnstudio.core.edits import RemoveBlocks  # edits know the catalogue

    return RemoveBlocks(ids=(id,))
