"""The inspector's card of several blocks: how many, what they cost together, and what can be done to all."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cnnstudio.app import format
from cnnstudio.app.elided import ElidedLabel
from cnnstudio.app.inspector import facts
from cnnstudio.app.inspector.block_card import would_be
from cnnstudio.app.inspector.form import DeclaredForm
from cnnstudio.app.inspector.pieces import FactTable, Section, wrapped
from cnnstudio.app.theme import mark, set_icon, space
from cnnstudio.core.edits import DuplicateBlocks, FollowValues, RemoveBlocks, SetParameters
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.core.analysis.tracing import BlockTrace
    from cnnstudio.core.architecture import Group

_gestures = itertools.count(1)
_TIED = "\u00a0"
"""A space at which no line ends."""


class SeveralCard(QWidget):
    """Shows some blocks of the bridge's experiment; edits go to the bridge."""

    duplicated = Signal(tuple)
    """Ids of the copies, after the edit."""

    def __init__(self, bridge: DocumentBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._ids: tuple[str, ...] = ()
        self.title = ElidedLabel(parent=self)
        self.kinds = wrapped(parent=self, tone="muted")
        self.duplicate = QPushButton("Duplicate", self)
        self.remove = QPushButton("Remove", self)
        self.shared = Section("Parameters of all", "shared", self)
        self.shared_note = wrapped(parent=self, tone="muted", scale="caption")
        self.form = DeclaredForm(self)
        self.table = FactTable(self)
        self._lay_out()
        self.duplicate.clicked.connect(self._duplicate)
        self.remove.clicked.connect(self._remove)
        self.form.edited.connect(self._edit)
        self.form.follow_wanted.connect(self._follow)

    def _lay_out(self) -> None:
        mark(self.title, scale="title")
        self.title.setObjectName("several_title")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        for button, name, help in (
            (self.duplicate, "duplicate", "Copy the selected blocks with the connections among them"),
            (self.remove, "remove", "Take the selected blocks away; what read them reads what they read"),
        ):
            set_icon(button, name)
            button.setObjectName(f"several_{name}")
            button.setAccessibleName(f"{button.text()} the selected blocks")
            button.setToolTip(help)
        buttons = QHBoxLayout()
        buttons.setSpacing(space(2))
        buttons.addWidget(self.duplicate)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        self.shared.body.addWidget(self.shared_note)
        self.shared.body.addWidget(self.form)
        numbers = Section("Numbers together", "numbers_together", self)
        numbers.body.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(2))
        column.addWidget(self.title)
        column.addWidget(self.kinds)
        column.addLayout(buttons)
        column.addWidget(self.shared)
        column.addWidget(numbers)

    def show_blocks(self, ids: Sequence[str]) -> None:
        """Show these blocks; all of them are in the bridge's trace."""
        self._ids = tuple(ids)
        trace = self._bridge.trace
        traced = [trace.blocks[i] for i in ids]
        group = self._group()
        count = format.counted(len(ids), "block")
        self.title.setText(group.name if group is not None else f"{count} selected")
        self.title.setToolTip(group.name if group is not None else "")
        kinds = Counter(t.spec.title for t in traced)
        listed = ", ".join(f"{n}{_TIED}{format.TIMES}{_TIED}{title}" for title, n in kinds.items())
        self.kinds.setText(f"Group of {count}: {listed}" if group is not None else listed)
        self.table.show_facts(facts.of_several(traced, trace))
        self.remove.setEnabled(any(i != INPUT for i in ids))
        self.duplicate.setEnabled(any(t.spec.kind not in ("Input", "Output") for t in traced))
        self._show_shared(traced)

    def _group(self) -> Group | None:
        """The group whose blocks these are; the outermost one of several that have the same."""
        groups = self._bridge.experiment.architecture.groups.values()
        return next((group for group in groups if group.blocks == frozenset(self._ids)), None)

    def _show_shared(self, traced: Sequence[BlockTrace]) -> None:
        current = traced[-1]
        alike = all(type(t.spec) is type(current.spec) for t in traced) and bool(current.spec.parameters)
        self.shared.setVisible(alike)
        if alike:
            rank = traced[-1].inputs[0].rank if traced[-1].inputs else 2
            self.shared_note.setText(
                f"The values are those of {current.id}. A change goes to all {len(traced)} blocks."
            )
            block = self._bridge.experiment.architecture.blocks[current.id]
            self.form.show_value(
                current.spec,
                subject=self._ids,
                axes=rank or 2,
                would_be=would_be(self._bridge, block),
                follows=block.follows,
            )

    def _edit(self, name: str, value: object, gesture: str) -> None:
        together = gesture or f"several-{next(_gestures)}"
        for id in self._ids:
            self._bridge.do(SetParameters(id=id, values={name: value}, gesture=together))

    def _follow(self, name: str, on: bool) -> None:
        if on:
            self._bridge.do(FollowValues(ids=self._ids, names=(name,)))
            return
        blocks = self._bridge.experiment.architecture.blocks
        together = f"several-{next(_gestures)}"
        for id in self._ids:
            self._bridge.do(SetParameters(id=id, values={name: getattr(blocks[id].spec, name)}, gesture=together))

    def _duplicate(self) -> None:
        edit = DuplicateBlocks(ids=self._ids)
        copies = tuple(edit.copies(self._bridge.experiment.architecture).values())
        if self._bridge.do(edit):
            self.duplicated.emit(copies)

    def _remove(self) -> None:
        self._bridge.do(RemoveBlocks(ids=self._ids))
