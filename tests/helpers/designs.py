"""Small designs for tests of the inspector and the panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.document import Document
from cnnstudio.core.experiment import Experiment

if TYPE_CHECKING:
    from typing import Any


def spec(kind: str, **values: Any) -> Any:
    """A spec of that kind."""
    return spec_class(kind)(**values)


def chain(*blocks: tuple[str, Any], shape: tuple[int, ...] | None = None) -> Architecture:
    """Input, these blocks one behind the other, Output; `shape` is the input's, None for that of the digits."""
    ids = ["input", *(id for id, _ in blocks), "output"]
    first = spec("Input") if shape is None else spec("Input", shape=shape)
    specs = [first, *(s for _, s in blocks), spec("Output")]
    return Architecture.of(
        Block(id, s, (ids[n - 1],) if n else (), (0.0, 100.0 * n))
        for n, (id, s) in enumerate(zip(ids, specs, strict=True))
    )


def bridge_of(*blocks: tuple[str, Any]) -> DocumentBridge:
    """A bridge with a document that holds such a chain, named "Trial"."""
    return DocumentBridge(Document(Experiment(name="Trial", architecture=chain(*blocks))))


def value_of(bridge: DocumentBridge, id: str, parameter: str) -> object:
    """What the document holds."""
    return getattr(bridge.experiment.architecture.blocks[id].spec, parameter)


def undo_steps(bridge: DocumentBridge) -> int:
    """How many steps Undo could go back."""
    return bridge.document.index
