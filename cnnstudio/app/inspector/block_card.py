"""The inspector's card of one block: what it is and does, its parameters, its numbers, what is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cnnstudio.app.inspector import facts
from cnnstudio.app.inspector.form import DeclaredForm
from cnnstudio.app.inspector.pieces import FactTable, FamilyStripe, FindingList, NameLine, Section, wrapped
from cnnstudio.app.theme import mark, space
from cnnstudio.core.edits import BypassBlocks, EditError, FollowValues, RenameBlock, SetParameters
from cnnstudio.core.following import explain, followable
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix
    from cnnstudio.core.architecture import Block
    from cnnstudio.core.following import Followed


class BlockCard(QWidget):
    """Shows one block of the bridge's experiment; edits go to the bridge."""

    def __init__(self, bridge: DocumentBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._id = ""
        self.stripe = FamilyStripe(self)
        self.title = QLabel(self)
        self.flow = QLabel(self)
        self.id_line = NameLine("block_id", "Id", "Name of this block in tables and in the Keras code", self)
        self.bypass = QCheckBox("Bypassed: left out of the network", self)
        self.findings = FindingList(self)
        self.summary = wrapped(parent=self, tone="muted")
        self.more = wrapped(parent=self, tone="muted")
        self.parameters = Section("Parameters", "parameters", self)  # the Tab key goes in the order of making
        self.note = wrapped(parent=self, tone="muted", scale="caption")
        self.form = DeclaredForm(self)
        self.table = FactTable(self)
        self.dense = wrapped(parent=self, tone="muted", scale="caption")
        self.about = Section("More about it", "about", self)
        self._lay_out()
        self.id_line.typed.connect(self._check_id)
        self.id_line.named.connect(self._rename)
        self.bypass.clicked.connect(self._bypass)
        self.form.edited.connect(self._edit)
        self.form.fix_wanted.connect(self._fix)
        self.form.fix_pointed.connect(bridge.fix_preview.turn_to)
        self.form.follow_wanted.connect(self._follow)
        self.findings.fix_wanted.connect(self._fix)
        self.findings.fix_pointed.connect(bridge.fix_preview.turn_to)

    def _lay_out(self) -> None:
        mark(self.title, scale="title")
        mark(self.flow, tone="muted")
        self.flow.setObjectName("block_flow")
        self.flow.setToolTip("Shape in and shape out: sizes of the axes, channels last")
        self.title.setObjectName("block_title")
        self.dense.setObjectName("dense_instead")
        self.bypass.setObjectName("block_bypassed")
        self.bypass.setAccessibleName("Bypassed")
        self.bypass.setToolTip("What the block reads first passes unchanged; its parameters are kept (Ctrl+B)")
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self.title)
        names.addWidget(self.flow)
        head = QHBoxLayout()
        head.setSpacing(space(2))
        head.addWidget(self.stripe)
        head.addLayout(names, 1)
        self.parameters.body.addWidget(self.note)
        self.parameters.body.addWidget(self.form)
        numbers = Section("Numbers", "numbers", self)
        numbers.body.addWidget(self.table)
        numbers.body.addWidget(self.dense)
        self.about.body.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(2))
        column.addLayout(head)
        column.addWidget(self.id_line)
        column.addWidget(self.bypass)
        column.addWidget(self.findings)
        column.addWidget(self.summary)
        for section in (self.parameters, numbers, self.about):
            column.addWidget(section)
        QWidget.setTabOrder(numbers.heading, self.about.heading)

    @property
    def id(self) -> str:
        """The block in sight, "" before the first."""
        return self._id

    def show_block(self, id: str) -> None:
        """Show that block as the bridge's trace has it now."""
        trace = self._bridge.trace
        traced = trace.blocks[id]
        spec = traced.spec
        if id != self._id:
            self._id = id
            self.id_line.show_name(id)
            self.id_line.discard()
        self.stripe.show_group(spec.group)
        self.title.setText(spec.title)
        self.title.setToolTip(f"Family: {spec.group}")
        self.flow.setText(facts.flow(traced))
        self.id_line.setEnabled(id != INPUT)
        self.bypass.setChecked(traced.bypassed)
        self.bypass.setVisible(spec.kind not in ("Input", "Output"))
        self.summary.setText(spec.summary)
        rest = paragraphs(spec.help.removeprefix(spec.summary).strip())
        self.more.setText(rest)
        self.about.setVisible(bool(rest))
        own = [d for d in self._bridge.diagnostics if d.block == id]
        block = self._bridge.experiment.architecture.blocks[id]
        self._show_form(block, own, axes=_rank(block, self._bridge))
        self.table.show_facts(facts.of_block(traced, trace))
        sentence = facts.dense_instead(traced)
        self.dense.setText(sentence)
        self.dense.setVisible(bool(sentence))

    def _show_form(self, block: Block, own: Sequence[Diagnostic], axes: int) -> None:
        spec = block.spec
        subject = (block.id, self._bridge.document)
        self.form.show_value(
            spec,
            own if block.id != INPUT else (),
            subject=subject,
            axes=axes,
            would_be=would_be(self._bridge, block),
            follows=block.follows,
        )
        self.form.setEnabled(block.id != INPUT)
        sentence = facts.derived(block.spec.kind, self._bridge.trace.data)
        self.note.setText(sentence)
        self.note.setVisible(bool(sentence))
        self.parameters.setVisible(bool(spec.parameters))
        # The disabled form of Input cannot take the click on a fix, so its findings stand above it.
        at_fields = block.id != INPUT
        self.findings.show_diagnostics([d for d in own if not (at_fields and self.form.has_field(d.parameter))])

    def _edit(self, name: str, value: object, gesture: str) -> None:
        self._bridge.do(SetParameters(id=self._id, values={name: value}, gesture=gesture))

    def _follow(self, name: str, on: bool) -> None:
        block = self._bridge.experiment.architecture.blocks[self._id]
        kept = SetParameters(id=self._id, values={name: getattr(block.spec, name)})
        self._bridge.do(FollowValues(ids=(self._id,), names=(name,)) if on else kept)

    def _fix(self, fix: Fix) -> None:
        self._bridge.do(fix.edit())

    def _bypass(self, bypassed: bool) -> None:
        self._bridge.do(BypassBlocks(ids=(self._id,), bypassed=bypassed))

    def _check_id(self, text: str) -> None:
        try:
            RenameBlock(id=self._id, new_id=text).change(self._bridge.experiment.architecture)
        except EditError as error:
            self.id_line.show_problem(str(error))
        else:
            self.id_line.show_problem("")

    def _rename(self, text: str) -> None:
        self._bridge.do(RenameBlock(id=self._id, new_id=text))


def would_be(bridge: DocumentBridge, block: Block) -> dict[str, Followed]:
    """For each parameter of the block that can follow the design, what it then is, and why."""
    architecture = bridge.experiment.architecture
    found = ((name, explain(architecture, block.id, name)) for name in followable(block.spec))
    return {name: followed for name, followed in found if followed is not None}


def _rank(block: Block, bridge: DocumentBridge) -> int:
    """Spatial axes of what comes in; those of the samples while that is not known."""
    traced = bridge.trace.blocks[block.id]
    rank = traced.inputs[0].rank if traced.inputs else 0
    return rank or len(bridge.trace.data.input_shape) - 1


def paragraphs(text: str) -> str:
    """A docstring without the line breaks that only its source needs."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text)
