"""Comments go along with the card that they stand beside, when an edit lays cards elsewhere."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from cnnstudio.core.placing.frames import Box
from cnnstudio.core.placing.room import things

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cnnstudio.core.architecture import Architecture, Comment
    from cnnstudio.core.placing.room import Thing

_LETTER, _LINE, _MARGIN = 6.5, 17.0, 20.0
"""About the size of a letter and the margins of a comment. Fonts are the window's affair, and here near enough is."""
_GAP = 16.0


def along(before: Architecture, after: Architecture) -> Architecture:
    """`after`, in which comments have gone as far as the cards that they stood beside in `before`.

    A comment that would come to lie on a card goes on to the right, to the next free place. Those that the edit
    itself has put somewhere stay there.
    """
    kept = [c for c in after.comments.values() if before.comments.get(c.id) == c]
    if not kept or (before.blocks is after.blocks and before.groups is after.groups):
        return after
    old, new = _drawn(before), _drawn(after)
    if old == new:
        return after
    there = {id: thing.box for thing in new for id in thing.blocks}
    old = [thing for thing in old if not thing.blocks.isdisjoint(there)]
    if not old:
        return after
    moved = {c.id: _moved(c, old, there) for c in kept}
    return after.with_comments(moved.get(c.id, c) for c in after.comments.values())


def _drawn(architecture: Architecture) -> list[Thing]:
    """All cards, one for a closed group."""
    return things(architecture, entered=[g.id for g in architecture.groups.values() if not g.closed])


def _moved(comment: Comment, old: Collection[Thing], there: Mapping[str, Box]) -> Comment:
    box = note_box(comment)
    nearest = min(old, key=lambda thing: _distance(box, thing.box))
    card = min((there[id] for id in nearest.blocks if id in there), key=lambda b: (b.top, b.left))
    dx, dy = card.left - nearest.box.left, card.top - nearest.box.top
    if not dx and not dy:
        return comment
    box = Box(box.left + dx, box.top + dy, box.right + dx, box.bottom + dy)
    if not note_box(comment).meets(nearest.box):  # who has put it on a card means it to lie there
        dx += _aside(box, there.values())
    return dataclasses.replace(comment, position=(comment.position[0] + dx, comment.position[1] + dy))


def _distance(a: Box, b: Box) -> float:
    """Between the nearest points of two rectangles; 0 where they meet."""
    across = max(b.left - a.right, a.left - b.right, 0.0)
    return across + max(b.top - a.bottom, a.top - b.bottom, 0.0)


def _aside(box: Box, cards: Collection[Box]) -> float:
    """How far to the right there is room."""
    left = box.left
    for card in sorted(cards):
        if Box(left, box.top, left + box.right - box.left, box.bottom).meets(card):
            left = card.right + _GAP
    return left - box.left


def note_box(comment: Comment) -> Box:
    """About the room of a comment on the canvas."""
    letters = max(1.0, (comment.width - _MARGIN) / _LETTER)
    lines = sum(1 + int(len(line) / letters) for line in comment.text.split("\n"))
    x, y = comment.position
    return Box(x, y, x + comment.width, y + lines * _LINE + _MARGIN)
