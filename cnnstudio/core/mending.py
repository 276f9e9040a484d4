"""The edit behind fixes that put a block on an edge: it finds its own id when it is done, not when it is offered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.edits import ArchitectureEdit, InsertBlock

if TYPE_CHECKING:
    from cnnstudio.core.architecture import Architecture
    from cnnstudio.core.catalogue.base import BlockSpec


@dataclass(frozen=True, kw_only=True)
class PutBetween(ArchitectureEdit):
    """Put a block with this spec on the edge from `source` to `target`, under a free id."""

    spec: BlockSpec
    source: str
    target: str

    @property
    def label(self) -> str:
        """Insert and the block's title."""
        return f"Insert {self.spec.title.lower()}"

    def change(self, architecture: Architecture) -> Architecture:
        """As InsertBlock; raises EditError when the edge is gone."""
        id = architecture.new_id(self.spec.kind)
        return InsertBlock(spec=self.spec, id=id, source=self.source, target=self.target).change(architecture)
