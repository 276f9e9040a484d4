"""The recorder a block lays its layers into: each call is worked out at once, so shapes are there while it lays."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix, Refused, Severity, Suggestion
from cnnstudio.core.analysis.field import gather_all, overlook_all
from cnnstudio.core.layers import Call, work_out
from cnnstudio.core.program import Step, Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.analysis.diagnostics import Wanted
    from cnnstudio.core.catalogue.base import BlockSpec
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.declare import Shape
    from cnnstudio.core.edits import Edit


class Net:
    """Records the steps of one block."""

    def __init__(self, block: str, data: DataInfo, sources: Mapping[str, str] | None = None) -> None:
        self.block = block
        self.data = data
        self._sources = sources or {}
        """Step of a tensor that comes in -> id of the block it is read from; bypassed blocks have no steps."""
        self.steps: list[Step] = []
        self.warnings: list[Diagnostic] = []
        """What is to be said of a block that was laid; an error among them where it stands for an unknown layer."""

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

    def refuse(
        self,
        message: str,
        parameter: str = "",
        *fixes: Fix,
        suggest: tuple[Suggestion, ...] = (),
        wanted: Mapping[str, Wanted] | None = None,
    ) -> NoReturn:
        """Say that the block cannot be laid: rule, value received, what to change. For `wanted` see `Refused`."""
        raise Refused(message, parameter, fixes, suggest, wanted)

    def unknown(
        self, layer: str, shape: Shape, inputs: tuple[Tensor, ...], message: str, fixes: tuple[Fix, ...]
    ) -> Tensor:
        """Say that the block cannot be built, in an error, and trace on with `shape` as what comes out of it."""
        output = Tensor(self.block, shape)
        view = (overlook_all if output.rank else gather_all)(inputs[0].spatial)
        sources = tuple(x.step for x in inputs)
        self.steps.append(Step(self.block, layer, {}, sources, self.block, output, view))
        self.warnings.append(Diagnostic(Severity.ERROR, self.block, "", message, fixes))
        return output

    def warn(self, message: str, parameter: str = "", *fixes: Fix) -> None:
        """Say that the block builds but will hardly do what was meant."""
        self.warnings.append(Diagnostic(Severity.WARNING, self.block, parameter, message, fixes))

    def put_before(self, x: Tensor, spec: BlockSpec, words: str = "") -> Fix:
        """The fix that puts a block with this spec between this one and the one that yields `x`."""
        source = self._sources.get(x.step, x.step.split(".")[0])
        edit = partial(_put_before, spec=spec, source=source, target=self.block)
        return Fix(f"Put {words or spec.title.lower()} behind {source}", edit)


def _put_before(spec: BlockSpec, source: str, target: str) -> Edit:
    from cnnstudio.core.fixes.mending import PutBetween  # edits know the catalogue, which knows this module

    return PutBetween(specs=(spec,), source=source, target=target)
