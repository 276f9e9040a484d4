"""What a shift of the input changes: each block's result before and after pooling, and what the network then says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSlider,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app import format
from cnnstudio.app.features.words import tool, words
from cnnstudio.app.inspect.why.controls import combo
from cnnstudio.app.inspect.why.panes import SideBySide
from cnnstudio.app.inspect.why.places_view import PlacesView
from cnnstudio.app.inspect.why.sentences import DIRECTIONS, answer_words, change_words, pooling_words, shift_words
from cnnstudio.app.inspect.why.shift_plot import ShiftPlot, before_and_after
from cnnstudio.app.inspect.why.work_line import WorkLine
from cnnstudio.app.theme import mark, space, theme, themes
from cnnstudio.app.training.figure_files import ask_path, save_figure
from cnnstudio.wire.messages import GetShiftResponse, ShiftResponse

if TYPE_CHECKING:
    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.why.front import SampleInFront
    from cnnstudio.app.inspect.why.network import Asked

USUAL, MOST = 8, 64
SWATCH = 10


class ShiftView(QWidget):
    """A slider moves the sample; a line for each block shows how much its result changes by that."""

    def __init__(
        self, inspection: Inspection, asked: Asked, front: SampleInFront, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("why_shift_view")
        self._inspection, self._asked, self._front = inspection, asked, front
        self._shown: ShiftResponse | None = None
        self._axis = 0
        self.places = PlacesView("why_shifted", with_scale=False)
        self.plot = ShiftPlot()
        self.work = WorkLine("why_shift_work", "the response to shifts", inspection.worker)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.table = QTableWidget(0, 2)
        self._direction = combo("why_shift_direction", "Direction", "The direction in which the sample is moved")
        self._most = QSpinBox()
        self._said = words("why_shift_said", wrap=True, tip="The shift, and what the network says of the moved sample")
        self._pooled = words(
            "why_shift_pooled", tone="muted", wrap=True, tip="The change before and after each pooling"
        )
        self._save = tool("why_shift_save", "export", "Save the curves as a picture")
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        self.slider.setObjectName("why_shift")
        self.slider.setAccessibleName("Shift")
        self.slider.setToolTip("How far the sample is moved; what moves in is the value of the edge")
        self.slider.setPageStep(2)
        self.slider.setRange(-USUAL, USUAL)
        self._most.setObjectName("why_shift_most")
        self._most.setAccessibleName("Largest shift")
        self._most.setToolTip("How far the sample is moved at most, to either side")
        self._most.setRange(1, MOST)
        self._most.lineEdit().setTextMargins(space(1), 0, 0, 0)
        remembered = self._inspection.preferences.choice("why/shift_most")
        self._most.setValue(int(remembered) if remembered.isdecimal() else USUAL)
        self.places.setAccessibleName("The moved sample")
        self.places.setToolTip("The sample, moved as far as the slider says")
        fields = QHBoxLayout()
        fields.setSpacing(space(2))
        label = QLabel("Up to")
        label.setBuddy(self._most)
        fields.addWidget(self._direction, 1)
        fields.addWidget(label)
        fields.addWidget(self._most)
        fields.addStretch()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, space(3), 0)
        column.setSpacing(space(2))
        column.addLayout(fields)
        column.addWidget(self.places, 1)
        column.addWidget(self.slider)
        self._said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._said.setMinimumHeight(2 * self._said.fontMetrics().lineSpacing())
        column.addWidget(self._said)
        self._arrange_table()
        right = QWidget()
        beside = QVBoxLayout(right)
        beside.setContentsMargins(space(3), 0, 0, 0)
        beside.setSpacing(space(2))
        over = QHBoxLayout()
        over.addWidget(self._pooled, 1)
        over.addWidget(self._save, 0, Qt.AlignmentFlag.AlignTop)
        beside.addLayout(over)
        beside.addWidget(self.plot, 3)
        beside.addWidget(self.table, 2)
        beside.addWidget(self.work)
        SideBySide("why_shift_splitter", self).hold((left, right), (340, 560), grows=(1,))
        self._save.setEnabled(False)

    def _arrange_table(self) -> None:
        table = self.table
        table.setObjectName("why_shift_blocks")
        table.setAccessibleName("Change of each block")
        table.setToolTip("How much each block's result changes at this shift; choose a block to set off its line")
        table.setHorizontalHeaderLabels(["Block", "Change"])
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setMinimumHeight(space(24))

    def _connect(self) -> None:
        self._direction.currentIndexChanged.connect(self.ask)
        self._most.valueChanged.connect(self._change_most)
        self.slider.valueChanged.connect(self._show_shift)
        self.plot.shift_chosen.connect(self.slider.setValue)
        self.table.currentCellChanged.connect(self._pick_block)
        self._inspection.block_changed.connect(self._show_block)
        self._front.changed.connect(self._show_sample)
        self._asked.renewed.connect(self._renew)
        self._asked.outdated.connect(self.work.outdate)
        self.work.due.connect(self.ask)
        self.work.answered.connect(self._take)
        self.work.ended.connect(self._clear)
        self._save.clicked.connect(self._save_picture)
        themes.changed.connect(self._fill_table)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it."""
        self.work.set_active(active)
        if active:
            self._renew()

    # What is asked

    def _renew(self) -> None:
        subject = self._asked.subject
        if subject is None:
            self.work.forget()
            self._clear()
            return
        names = [name for name, _, _ in DIRECTIONS.get(subject.info.rank, ())]
        if names != [self._direction.itemText(i) for i in range(self._direction.count())]:
            self._direction.clear()
            self._direction.addItems(names)
        self._direction.setVisible(len(names) > 1)  # a signal has but one
        self.ask()

    def _change_most(self, most: int) -> None:
        self._inspection.preferences.keep_choice("why/shift_most", str(most))
        self.ask()

    def ask(self) -> None:
        """Ask how the blocks answer to shifts of the sample in front."""
        if self._asked.subject is None:
            return
        self._axis = max(0, self._direction.currentIndex())
        sample, axis, most = self._front.sample, -1 - self._axis, self._most.value()
        make = self._asked.question(GetShiftResponse, sample=sample, axis=axis, most=most)
        self.work.wish((self._asked.key, sample, axis, most), make)

    # What is shown

    def _show_sample(self) -> None:
        self._clear()
        self._show_shift()
        self.ask()

    def _take(self, answer: ShiftResponse) -> None:
        subject = self._asked.subject
        if subject is None:
            return
        self._shown = answer
        blocks = subject.trace.blocks
        families = {id: blocks[id].spec.group for id in answer.blocks if id in blocks}
        changes = dict(zip(answer.blocks, answer.changes, strict=True))
        self.plot.show_changes(answer.shifts, changes, families, format.cells(subject.info.rank))
        self.slider.setRange(int(answer.shifts[0]), int(answer.shifts[-1]))
        self._fill_table()
        self._save.setEnabled(True)

    def _clear(self) -> None:
        self._shown = None
        self.plot.show_changes(np.zeros(0, np.int32), {}, {}, "")
        self.table.setRowCount(0)
        self._pooled.clear()
        self._save.setEnabled(False)

    def _show_shift(self) -> None:
        """The sample, the sentence and the numbers at the shift of the slider."""
        shift, values, subject = self.slider.value(), self._front.values, self._asked.subject
        self.plot.show_shift(shift)
        if values is None or subject is None or values.ndim < 2:
            self.places.show_sample(None)
            self._said.clear()
            return
        self.places.show_sample(moved(values, -2 - self._axis, shift))
        told = shift_words(shift, self._axis, subject.info.rank)
        answer = self._shown
        place = None if answer is None else _place(answer.shifts, shift)
        if answer is None or place is None:
            self._said.setText(f"{told[:1].upper()}{told[1:]}")
            return
        says = answer_words(answer.predictions[place], float(answer.changes[-1, place]), subject.info)
        self._said.setText(": ".join(part for part in (f"{told[:1].upper()}{told[1:]}", says) if part))
        for row, change in enumerate(answer.changes[:, place].tolist()):
            if (cell := self.table.item(row, 1)) is not None:
                cell.setText(change_words(change))
        inputs = {id: block.inputs for id, block in subject.trace.architecture.blocks.items()}
        at_shift = dict(zip(answer.blocks, answer.changes[:, place].tolist(), strict=True))
        poolings = [id for id in answer.blocks if subject.trace.blocks[id].spec.group == "Pooling"]
        pairs = [(a, b) for a, b in before_and_after(inputs, poolings) if a in at_shift]
        self._pooled.setText(pooling_words(pairs, at_shift))

    def _fill_table(self) -> None:
        answer, subject = self._shown, self._asked.subject
        if answer is None or subject is None:
            return
        self.table.setRowCount(len(answer.blocks))
        for row, id in enumerate(answer.blocks):
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(theme().family(subject.trace.blocks[id].spec.group))
            self.table.setItem(row, 0, QTableWidgetItem(QIcon(swatch), id))
            number = QTableWidgetItem("")
            number.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(row, 1, number)
        self._show_block()
        self._show_shift()

    def _show_block(self) -> None:
        block = self._inspection.block
        self.plot.show_block(block)
        if self._shown is not None and block in self._shown.blocks:
            self.table.setCurrentCell(self._shown.blocks.index(block), 0)

    def _pick_block(self, row: int, column: int, before: int, from_column: int) -> None:
        if self._shown is not None and 0 <= row < len(self._shown.blocks) and self.table.hasFocus():
            self._inspection.choose_block(self._shown.blocks[row])

    def _save_picture(self) -> None:
        path = ask_path(self, "Save curves", "response to shifts")
        if path is not None:
            saved, sentence = save_figure(path, self.plot.file)
            self._said.setText(sentence)
            mark(self._said, tone="ok" if saved else "error")


def moved(values: Any, axis: int, places: int) -> Any:
    """A sample (..., channels) moved along an axis; what moves in is the value of the edge, as in the worker."""
    size = values.shape[axis]
    return values.take((np.arange(size) - places).clip(0, size - 1), axis)


def _place(shifts: Any, shift: int) -> int | None:
    found = np.flatnonzero(shifts == shift)
    return int(found[0]) if len(found) else None
