"""Telling a rename from a removal and an addition, by the values alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnstudio.core.architecture import Architecture


def renamed(before: Architecture, after: Architecture) -> tuple[str, str] | None:
    """Old and new id where `after` is `before` with one block renamed and nothing else changed, else None.

    It holds for undo and redo as it does for the edit, so that what follows a block by its id keeps following it.
    """
    if len(after.blocks) != len(before.blocks):
        return None
    gone, fresh = before.blocks.keys() - after.blocks.keys(), after.blocks.keys() - before.blocks.keys()
    if len(gone) != 1 or len(fresh) != 1:
        return None
    old, new = gone.pop(), fresh.pop()
    for was, now in zip(before.blocks.values(), after.blocks.values(), strict=True):
        same_id = now.id == (new if was.id == old else was.id)
        if not same_id or (was.spec, was.position, was.bypassed) != (
            now.spec,
            now.position,
            now.bypassed,
        ):
            return None
        if tuple(new if i == old else i for i in was.inputs) != now.inputs:
            return None
    return old, new
