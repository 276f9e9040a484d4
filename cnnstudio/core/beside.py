"""Comments go along with the card that they stand beside, when an edit lays cards elsewhere."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.layout import CARD_HEIGHT, CARD_WIDTH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cnnstudio.core.architecture import Architecture, Block, Comment

_LETTER, _LINE, _MARGIN = 6.5, 17.0, 20.0
"""About the size of a letter and the margins of a comment. Fonts are the window's affair, and here near enough is."""
_GAP = 16.0


class Box(NamedTuple):
    """A rectangle on the canvas."""

    left: float
    top: float
    right: float
    bottom: float

    def distance(self, other: Box) -> float:
        """Between the nearest points; 0 where they touch."""
        across = max(other.left - self.right, self.left - other.right, 0.0)
        down = max(other.top - self.bottom, self.top - other.bottom, 0.0)
        return across + down

    def overlaps(self, other: Box) -> bool:
        """Whether they share more than a rim."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def along(before: Architecture, after: Architecture) -> Architecture:
    """`after`, in which comments have gone as far as the cards that they stood beside in `before`.

    A comment that would come to lie on a card goes on to the right, to the next free place.
    """
    if not after.comments or before.blocks is after.blocks:
        return after
    kept = [b for b in before.blocks.values() if b.id in after.blocks]
    if all(after.blocks[b.id].position == b.position for b in kept):
        return after
    cards = [_card(b) for b in after.blocks.values()]
    moved = [_moved(comment, kept, before, after, cards) for comment in after.comments.values()]
    return after.with_comments(moved)


def _moved(
    comment: Comment, kept: Collection[Block], before: Architecture, after: Architecture, cards: Iterable[Box]
) -> Comment:
    if before.comments.get(comment.id) != comment or not kept:
        return comment  # the edit itself has put it there
    box = _note(comment)
    nearest = min(kept, key=lambda block: box.distance(_card(block)))
    there = after.blocks[nearest.id].position
    dx, dy = there[0] - nearest.position[0], there[1] - nearest.position[1]
    if not dx and not dy:
        return comment
    lay_on_card = box.overlaps(_card(nearest))
    x, y = comment.position[0] + dx, comment.position[1] + dy
    if not lay_on_card:
        x += _aside(Box(box.left + dx, box.top + dy, box.right + dx, box.bottom + dy), cards)
    return dataclasses.replace(comment, position=(x, y))


def _aside(box: Box, cards: Iterable[Box]) -> float:
    """How far to the right there is room."""
    left = box.left
    for card in sorted(cards):
        if Box(left, box.top, left + box.right - box.left, box.bottom).overlaps(card):
            left = card.right + _GAP
    return left - box.left


def _card(block: Block) -> Box:
    x, y = block.position
    return Box(x, y, x + CARD_WIDTH, y + CARD_HEIGHT)


def _note(comment: Comment) -> Box:
    letters = max(1.0, (comment.width - _MARGIN) / _LETTER)
    lines = sum(1 + int(len(line) / letters) for line in comment.text.split("\n"))
    x, y = comment.position
    return Box(x, y, x + comment.width, y + lines * _LINE + _MARGIN)
