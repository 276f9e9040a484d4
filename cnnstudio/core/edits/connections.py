"""Edits that draw and cut connections."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.edits.base import ArchitectureEdit, EditError, block_of, rewired

if TYPE_CHECKING:
    from cnnstudio.core.architecture import Architecture


def why_not_connect(architecture: Architecture, source: str, target: str) -> str | None:
    """Why `target` cannot read `source`, as a sentence; None when it can."""
    a, b = architecture.blocks.get(source), architecture.blocks.get(target)
    if a is None or b is None:
        return f'There is no block "{source if a is None else target}" in this architecture.'
    if source == target:
        return "A block cannot read its own result."
    if a.spec.kind == "Output":
        return "Output ends the network: nothing can read it."
    if b.spec.max_inputs == 0:
        return "Input starts the network: it reads no other block."
    if source in b.inputs:
        return f"{target} reads {source} already."
    if target in architecture.upstream(source):
        return f"{source} depends on {target}, so this connection would make a cycle."
    return None


@dataclass(frozen=True, kw_only=True)
class Connect(ArchitectureEdit):
    """Let `target` read `source`. A block of one input changes over to it; a merge takes it in addition."""

    source: str
    target: str

    @property
    def label(self) -> str:
        """Connect, with both ids."""
        return f"Connect {self.source} to {self.target}"

    def change(self, architecture: Architecture) -> Architecture:
        """Refuses what `why_not_connect` names."""
        reason = why_not_connect(architecture, self.source, self.target)
        if reason:
            raise EditError(reason)
        target = architecture.blocks[self.target]
        inputs = (*target.inputs, self.source)
        most = target.spec.max_inputs
        if most is not None:
            inputs = inputs[-most:]
        return architecture.with_blocks(dataclasses.replace(target, inputs=inputs))


@dataclass(frozen=True, kw_only=True)
class Disconnect(ArchitectureEdit):
    """Cut the edge from `source` to `target`."""

    source: str
    target: str

    @property
    def label(self) -> str:
        """Disconnect, with both ids."""
        return f"Disconnect {self.source} from {self.target}"

    def change(self, architecture: Architecture) -> Architecture:
        """The target keeps its other inputs."""
        target = block_of(architecture, self.target)
        if self.source not in target.inputs:
            raise EditError(f'There is no connection from "{self.source}" to "{self.target}".')
        return architecture.with_blocks(rewired(target, self.source, ()))
