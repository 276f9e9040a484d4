"""Choosing the network that is inspected, and what is known of it in a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from cnnstudio.app.features.words import words
from cnnstudio.app.inspect.subject_picker import SubjectPicker
from cnnstudio.app.inspect.subject_words import Told, told_of
from cnnstudio.app.theme import mark, set_icon, space

if TYPE_CHECKING:
    from cnnstudio.app.inspect.inspection import Inspection

WIDTH = 220
"""Pixels: as wide as the list of blocks beneath it."""
_DOWN = "chevron-down"


class SubjectChoice(QWidget):
    """A button with the network's name, which opens the list of all; beneath it what its weights are of."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_subject")
        self._inspection = inspection
        self._networks = inspection.networks
        self._active = False
        self._picker: SubjectPicker | None = None
        self._name = QToolButton()
        self._name.setObjectName("inspect_subject_name")
        self._name.setAccessibleName("Network")
        self._name.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        set_icon(self._name, _DOWN)
        self._state = words("inspect_subject_state", tone="muted", scale="caption")
        self._mend = QToolButton()
        self._mend.setObjectName("inspect_start_worker")
        self._mend.setText("Start worker")
        self._mend.setAccessibleName("Start worker")
        self._mend.setToolTip("Start a new worker: it computes maps and explanations")
        self._mend.setVisible(False)
        self._arrange()
        self._name.clicked.connect(self.open_picker)
        self._mend.clicked.connect(self._start_worker)
        self._networks.changed.connect(self._follow)
        inspection.subject_changed.connect(self._follow)
        inspection.run.changed.connect(self._follow)
        inspection.worker.state_changed.connect(self._follow)

    def _arrange(self) -> None:
        below = QHBoxLayout()
        below.setSpacing(space(2))
        below.addWidget(self._state, 1)
        below.addWidget(self._mend)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        column.addStretch(1)
        column.addWidget(self._name)
        column.addLayout(below)
        column.addStretch(1)
        self.setFixedWidth(WIDTH)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it."""
        self._active = active
        self._networks.set_active(active)
        if not active and self._picker is not None:
            self._picker.hide()
        self._follow()

    def open_picker(self) -> None:
        """Open the list of networks beneath the button."""
        if self._picker is None:
            self._picker = SubjectPicker(self._networks, self)
            self._picker.closed.connect(self._name.setFocus)
        self._picker.open_at(self._name.mapToGlobal(QPoint(0, self._name.height() + space(1))))

    def _start_worker(self) -> None:
        self._inspection.worker.start()

    def _follow(self) -> None:
        if not self._active:
            return
        inspection = self._inspection
        subject = inspection.subject
        name = "Choose a network" if subject is None else subject.title
        room = self._name.width() - self._name.iconSize().width() - space(6)
        self._name.setText(self._name.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, max(room, 40)))
        self._name.setToolTip(f"{name}: the network that is inspected. A click opens the list of all (Alt+N)")
        told: Told = told_of(self._networks, subject, inspection.run.state, inspection.worker)
        self._state.setText(told.text)
        self._state.setToolTip(told.tip)
        if self._state.property("tone") != told.tone:
            mark(self._state, tone=told.tone)
        self._mend.setVisible(told.needs_worker)
