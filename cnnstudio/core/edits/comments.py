"""Edits of the notes on the canvas."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.architecture import Comment
from cnnstudio.core.edits.base import ArchitectureEdit, EditError, check_new
from cnnstudio.core.formats.block_records import COMMENT_WIDTHS, FARTHEST, MAX_COMMENT, MAX_COMMENTS

if TYPE_CHECKING:
    from cnnstudio.core.architecture import Architecture


def comment_of(architecture: Architecture, id: str) -> Comment:
    """Raises EditError where there is none."""
    if id not in architecture.comments:
        raise EditError(f'There is no comment "{id}" in this architecture.')
    return architecture.comments[id]


def _checked(text: str) -> str:
    """Without space at its end. Raises EditError where it is empty or too long."""
    text = text.rstrip()
    if not text:
        raise EditError("A comment says something; remove it if it is to say nothing.")
    if len(text) > MAX_COMMENT:
        raise EditError(f"A comment has at most {MAX_COMMENT:,} characters, not {len(text):,}.")
    return text


@dataclass(frozen=True, kw_only=True)
class AddComment(ArchitectureEdit):
    """Put a comment on the canvas."""

    id: str
    text: str
    position: tuple[float, float]
    width: float = 240.0

    @property
    def label(self) -> str:
        """Add a comment."""
        return "Add a comment"

    def change(self, architecture: Architecture) -> Architecture:
        """Refuses one without words, and more than a canvas takes."""
        check_new(architecture, self.id)
        if len(architecture.comments) >= MAX_COMMENTS:
            raise EditError(f"A canvas holds at most {MAX_COMMENTS:,} comments.")
        if max(abs(n) for n in self.position) > FARTHEST:
            raise EditError("There is no room for a comment that far out on the canvas.")
        made = Comment(self.id, _checked(self.text), self.position, _bounded(self.width))
        return architecture.with_comments([*architecture.comments.values(), made])


@dataclass(frozen=True, kw_only=True)
class EditComment(ArchitectureEdit):
    """Let a comment say something else."""

    id: str
    text: str

    @property
    def label(self) -> str:
        """Edit a comment."""
        return "Edit a comment"

    def change(self, architecture: Architecture) -> Architecture:
        """Its place and width stay."""
        old = comment_of(architecture, self.id)
        return _with(architecture, dataclasses.replace(old, text=_checked(self.text)))


@dataclass(frozen=True, kw_only=True)
class ResizeComment(ArchitectureEdit):
    """Give a comment another width; its height follows from the text."""

    id: str
    width: float
    """In canvas pixels; brought to the bounds."""

    @property
    def label(self) -> str:
        """Resize a comment."""
        return "Resize a comment"

    def change(self, architecture: Architecture) -> Architecture:
        """Its left edge stays."""
        old = comment_of(architecture, self.id)
        return _with(architecture, dataclasses.replace(old, width=_bounded(self.width)))


@dataclass(frozen=True, kw_only=True)
class RemoveComments(ArchitectureEdit):
    """Take comments away."""

    ids: tuple[str, ...]
    verb: str = "Remove"
    """What the person did: cutting removes too."""

    @property
    def label(self) -> str:
        """The verb and how many."""
        return f"{self.verb} a comment" if len(self.ids) == 1 else f"{self.verb} {len(self.ids)} comments"

    def change(self, architecture: Architecture) -> Architecture:
        """Refuses ids that are not there."""
        for id in self.ids:
            comment_of(architecture, id)
        if not self.ids:
            return architecture
        return architecture.with_comments(c for c in architecture.comments.values() if c.id not in self.ids)


def _with(architecture: Architecture, changed: Comment) -> Architecture:
    if changed == architecture.comments[changed.id]:
        return architecture
    return architecture.with_comments({**architecture.comments, changed.id: changed}.values())


def _bounded(width: float) -> float:
    least, most = COMMENT_WIDTHS
    return float(min(max(width, least), most))
