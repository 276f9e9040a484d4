"""The edits behind fixes. They find the ids of new blocks when they are done, not when they are offered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.edits import ArchitectureEdit, InsertBlock

if TYPE_CHECKING:
    from cnnstudio.core.architecture import Architecture
    from cnnstudio.core.catalogue.base import BlockSpec


@dataclass(frozen=True, kw_only=True)
class PutBetween(ArchitectureEdit):
    """Put blocks with these specs, one behind the other, on the edge from `source` to `target`, under free ids."""

    specs: tuple[BlockSpec, ...]
    source: str
    target: str

    @property
    def label(self) -> str:
        """Insert and the blocks' titles."""
        return f"Insert {' and '.join(s.title.lower() for s in self.specs)}"

    def change(self, architecture: Architecture) -> Architecture:
        """As InsertBlock; raises EditError when the edge is gone."""
        source = self.source
        for spec in self.specs:
            id = architecture.new_id(spec.kind)
            edit = InsertBlock(spec=spec, id=id, source=source, target=self.target, follows=False)
            architecture, source = edit.change(architecture), id
        return architecture


@dataclass(frozen=True, kw_only=True)
class Together(ArchitectureEdit):
    """Several edits as one, for a fix or a gesture that takes more than one."""

    edits: tuple[ArchitectureEdit, ...]
    words: str = ""
    """What they come to together."""

    @property
    def label(self) -> str:
        """Those words, or the label of the first edit, and how many more."""
        if self.words:
            return self.words
        more = len(self.edits) - 1
        return f"{self.edits[0].label} and {more} more" if more else self.edits[0].label

    def change(self, architecture: Architecture) -> Architecture:
        """One edit after the other; raises EditError when one of them cannot be made."""
        for edit in self.edits:
            architecture = edit.apply(architecture)
        return architecture
