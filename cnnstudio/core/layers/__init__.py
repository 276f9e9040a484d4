"""The rules of Keras's layers: output shape, weights, cost and receptive field, each written once per layer."""

from cnnstudio.core.layers.registry import Call, Outcome, rule, work_out

__all__ = ["Call", "Outcome", "rule", "work_out"]
