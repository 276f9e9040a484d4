"""The recorder a block lays its layers into: each call is worked out at once, so shapes are there while it lays."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from cnnstudio.core.declare import show
from cnnstudio.core.diagnostics import Diagnostic, Fix, Refused, Severity, Suggestion
from cnnstudio.core.layers import Call, work_out
from cnnstudio.core.program import Step, Tensor

if TYPE_CHECKING:
    from cnnstudio.core.catalogue.base import BlockSpec
    from cnnstudio.core.data_info import DataInfo
    from cnnstudio.core.edits import Edit


class Net:
    """Records the steps of one block."""

    def __init__(self, block: str, data: DataInfo) -> None:
        self.block = block
        self.data = data
        self.steps: list[Step] = []
        self.warnings: list[Diagnostic] = []

    def layer(self, layer: str, *inputs: Tensor, name: str = "", **config: Any) -> Tensor:
        """Call the Keras layer class `layer` on `inputs`.

        `name` tells the steps of a composite block apart; a block of one step leaves it empty.
        """
        outcome = work_out(Call(layer, config, inputs))
        step = f"{self.block}.{name}" if name else self.block
        output = Tensor(step, outcome.shape)
        self.steps.append(
            Step(
                name=step,
                layer=layer,
                config=config,
                inputs=tuple(x.step for x in inputs),
                block=self.block,
                output=output,
                view=outcome.view,
                weights=outcome.weights,
                macs=outcome.macs,
            )
        )
        return output

    def refuse(self, message: str, parameter: str = "", *fixes: Fix, suggest: tuple[Suggestion, ...] = ()) -> NoReturn:
        """Say that the block cannot be laid: rule, value received, what to change."""
        raise Refused(message, parameter, fixes, suggest)

    def warn(self, message: str, parameter: str = "", *fixes: Fix) -> None:
        """Say that the block builds but will hardly do what was meant."""
        self.warnings.append(Diagnostic(Severity.WARNING, self.block, parameter, message, fixes))

    def put_before(self, x: Tensor, spec: BlockSpec) -> Fix:
        """The fix that puts a block with this spec, which must fit, between this one and the one that yields `x`."""
        source = x.step.split(".")[0]
        edit = partial(_put_before, spec=spec, source=source, target=self.block)
        gives = spec.lay(Net("tried", self.data), x).shape
        return Fix(f"Put {spec.title.lower()} behind {source} ({show(gives)})", edit)


def _put_before(spec: BlockSpec, source: str, target: str) -> Edit:
    from cnnstudio.core.mending import PutBetween  # edits know the catalogue, which knows this module

    return PutBetween(specs=(spec,), source=source, target=target)
