"""What an edit is, and the errors of edits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnnstudio.core.architecture import BLOCK_ID, MAX_BLOCKS
from cnnstudio.core.following import settled

if TYPE_CHECKING:
    from cnnstudio.core.architecture import Architecture, Block
    from cnnstudio.core.experiment import Experiment


class EditError(ValueError):
    """An edit that cannot be made; its text is one sentence for the person."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Base of all edits."""

    gesture: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """Words for Undo and the history: "Add convolution"."""
        raise NotImplementedError

    def __call__(self, experiment: Experiment) -> Experiment:
        """The experiment after the edit; the same object when nothing changes. Raises EditError."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class ArchitectureEdit(Edit):
    """Base of edits that concern the architecture alone."""

    def change(self, architecture: Architecture) -> Architecture:
        """What the edit does by itself; values that follow are not settled yet. Raises EditError."""
        raise NotImplementedError

    def apply(self, architecture: Architecture) -> Architecture:
        """The architecture after the edit, values that follow settled. Raises EditError."""
        return settled(architecture, self.change(architecture))

    def __call__(self, experiment: Experiment) -> Experiment:
        """Lift `apply` to the experiment."""
        changed = self.apply(experiment.architecture)
        if changed is experiment.architecture:
            return experiment
        return dataclasses.replace(experiment, architecture=changed)


def block_of(architecture: Architecture, id: str) -> Block:
    if id not in architecture.blocks:
        raise EditError(f'There is no block "{id}" in this architecture.')
    return architecture.blocks[id]


def check_new(architecture: Architecture, id: str) -> None:
    if id in architecture.blocks or id in architecture.groups or id in architecture.comments:
        what = "block" if id in architecture.blocks else "group" if id in architecture.groups else "comment"
        raise EditError(f'A {what} with the id "{id}" is there already; choose another.')
    if not BLOCK_ID.fullmatch(id):
        raise EditError(f'A block id has lower-case letters, digits and "_" and starts with a letter, not "{id[:60]}".')


def check_room(architecture: Architecture) -> None:
    """Raises EditError where there is no room for another block."""
    if len(architecture.blocks) >= MAX_BLOCKS:
        raise EditError(f"An architecture holds at most {MAX_BLOCKS:,} blocks.")


def rewired(block: Block, old: str, new: tuple[str, ...]) -> Block:
    inputs = tuple(i for source in block.inputs for i in (new if source == old else (source,)))
    return dataclasses.replace(block, inputs=tuple(dict.fromkeys(inputs)))
