"""What is said of an import besides the design itself: one sentence for each thing that was not carried over."""

from __future__ import annotations

_NAMED = 4
"""Layers that a sentence names; the others are counted."""


class Notes:
    """Collects findings by what they are about, so that twenty layers make one sentence."""

    def __init__(self) -> None:
        self._layers: dict[str, list[str]] = {}

    def add(self, sentence: str, layer: str = "") -> None:
        """A sentence, in which {layers} stands for the layers that it holds for."""
        found = self._layers.setdefault(sentence, [])
        if layer and layer not in found:
            found.append(layer)

    def sentences(self) -> tuple[str, ...]:
        """All sentences, in the order in which they were first found."""
        return tuple(text.replace("{layers}", _listed(layers)) for text, layers in self._layers.items())


def _listed(layers: list[str]) -> str:
    names = ", ".join(f'"{name[:60]}"' for name in layers[:_NAMED])
    more = len(layers) - _NAMED
    return f"{names} and {more:,} more" if more > 0 else names
