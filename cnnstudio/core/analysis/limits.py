"""Values at which a block's curve has levelled off: a channel that holds little else carries no gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.program import Step

_ENDS: dict[str, tuple[float, ...]] = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "sparse_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu6": (6.0,),
    "elu": (-1.0,),
    "celu": (-1.0,),
    "selu": (-1.7580993408473766,),
}
"""By Keras's name of an activation. The zeros of ReLU are not counted: sparse maps are what it is for."""


def limits(trace: Trace, block: str) -> tuple[float, ...]:
    """The values at which the last curve of `block` levels off, lowest first; () where there are none."""
    traced = trace.blocks.get(block)
    if traced is None or traced.output is None:
        return ()
    last = next((step for step in traced.steps if step.name == traced.output.step), None)
    return () if last is None else _of(last)


def _of(step: Step) -> tuple[float, ...]:
    if step.layer == "ELU":
        return (-float(step.config.get("alpha", 1.0)),)
    if step.layer == "ReLU":
        ceiling = step.config.get("max_value")
        return () if ceiling is None else (float(ceiling),)
    return _ENDS.get(str(step.config.get("activation") or ""), ())
