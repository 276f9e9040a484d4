"""What the timeline of a run keeps of each block beside its maps: the arrays by name, and what they hold.

"histogram/weights/BLOCK", "histogram/gradients/BLOCK", "histogram/activations/BLOCK": float32 (2 + BINS,): the lowest
and the highest finite value, then how many values lie in each of the equal parts between them. Those of weights and
gradients are of the block's kernels alone where it has any: biases and the scales of normalisation are left out.
"norm/BLOCK": float32 (len(NORMS),).
"""

from __future__ import annotations

BINS = 64
HISTOGRAMS = ("weights", "gradients", "activations")
NORMS = ("gradients", "weights", "activations", "dead")
"""L2 norm of the gradients of the loss, and of the weights; root mean square of the activations; share of channels
that are 0 for every sample and place."""


def histogram_name(what: str, block: str) -> str:
    """Name of a histogram; `what` is one of HISTOGRAMS."""
    return f"histogram/{what}/{block}"


def norm_name(block: str) -> str:
    """Name of the norms of a block."""
    return f"norm/{block}"
