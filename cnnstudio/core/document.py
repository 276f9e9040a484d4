"""The document: the states an experiment went through, and where in them it stands."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.changes import changes
from cnnstudio.core.following import followers, in_words

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.edits import Edit
    from cnnstudio.core.experiment import Experiment


@dataclass(frozen=True, slots=True)
class State:
    """One entry of the history: the experiment, the edit that led to it in words, and that edit's gesture."""

    value: Experiment
    label: str
    gesture: str = ""


def _label(edit: Edit, before: Experiment, after: Experiment) -> str:
    """The edit's words, and those of the blocks elsewhere whose values followed."""
    words = in_words(followers(before.architecture, after.architecture))
    return f"{edit.label}; {words}" if words else edit.label


def _promising_nothing_else(before: Experiment, after: Experiment) -> Experiment:
    """An expected result was measured with one design, data and recipe: with others nobody knows it."""
    if after.expected and after.expected == before.expected and changes(before, after):
        return dataclasses.replace(after, expected=())
    return after


class Document:
    """An experiment with its history. Undo goes back to an earlier value; there is no cap and nothing to replay."""

    def __init__(self, value: Experiment, path: Path | None = None) -> None:
        self._states = [State(value, "Open")]
        self._index = 0
        self._saved: Experiment | None = value
        self.path = path
        """File it was opened from or saved to; None for a new one and for presets."""

    @property
    def value(self) -> Experiment:
        """The experiment as it stands."""
        return self._states[self._index].value

    @property
    def states(self) -> tuple[State, ...]:
        """The whole history, undone states included."""
        return tuple(self._states)

    @property
    def index(self) -> int:
        """Place in the history."""
        return self._index

    def do(self, edit: Edit) -> Experiment:
        """Make an edit and return the new value. An edit without effect leaves no trace. Raises EditError."""
        before = self.value
        after = _promising_nothing_else(before, edit(before))
        if after is before or after == before:
            return before
        current = self._states[self._index]
        del self._states[self._index + 1 :]
        folds = bool(edit.gesture) and edit.gesture == current.gesture
        origin = self._states[self._index - 1].value if folds else before
        state = State(after, _label(edit, origin, after), edit.gesture)
        if folds:
            self._states[self._index] = state
            if self._states[self._index - 1].value == after:  # the gesture came back to where it began
                del self._states[self._index]
                self._index -= 1
        else:
            self._states.append(state)
            self._index += 1
        return self.value

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier state."""
        return self._index > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a later state."""
        return self._index + 1 < len(self._states)

    @property
    def undo_label(self) -> str:
        """What Undo would take back, "" for nothing."""
        return self._states[self._index].label if self.can_undo else ""

    @property
    def redo_label(self) -> str:
        """What Redo would do again, "" for nothing."""
        return self._states[self._index + 1].label if self.can_redo else ""

    def undo(self) -> Experiment:
        """One state back, if there is one."""
        return self.jump(self._index - 1)

    def redo(self) -> Experiment:
        """One state forward, if there is one."""
        return self.jump(self._index + 1)

    def jump(self, index: int) -> Experiment:
        """To that place in the history; places outside it change nothing. A gesture ends here."""
        if 0 <= index < len(self._states) and index != self._index:
            self._index = index
            here = self._states[index]
            self._states[index] = State(here.value, here.label)
        return self.value

    @property
    def is_modified(self) -> bool:
        """Whether the value differs from the one on disk."""
        return self._saved is None or (self.value is not self._saved and self.value != self._saved)

    def mark_saved(self) -> None:
        """The value as it stands is the one on disk. A gesture ends here."""
        self._saved = self.value
        here = self._states[self._index]
        self._states[self._index] = State(here.value, here.label)

    def mark_unsaved(self) -> None:
        """No file holds this value, as after a recovery."""
        self._saved = None
