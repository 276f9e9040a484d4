"""What a run has learned, given to the layers of a network by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.formats.run_weights import RunWeights


def take_over(layers: Iterable[Any], learned: RunWeights, *, whole: bool) -> list[str]:
    """Give built Keras layers the arrays of their name where number and shapes agree; why others got none, a sentence
    each.

    `whole`: if one does not fit, all stay as they are. Raises FileError where the file is damaged; then some may have
    theirs.
    """
    weighted = [layer for layer in layers if layer.weights]
    misfits = {layer.name: learned.misfit(layer.name, [tuple(w.shape) for w in layer.weights]) for layer in weighted}
    said = [sentence for sentence in misfits.values() if sentence]
    for layer in weighted if not (whole and said) else ():
        if not misfits[layer.name]:
            layer.set_weights(learned.read(layer.name))
    return said
