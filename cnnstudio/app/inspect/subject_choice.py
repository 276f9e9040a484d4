"""Choosing the network that is inspected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from cnnstudio.app.inspect.subject import Subject

if TYPE_CHECKING:
    from cnnstudio.app.inspect.inspection import Inspection


class SubjectChoice(QWidget):
    """The design, the latest run, or any run of the person's folder."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_subject")
        self._inspection = inspection
        self._active = False
        self._names = QComboBox()
        self._names.setObjectName("inspect_subject_name")
        self._names.setAccessibleName("Network")
        self._names.setToolTip("The network that is inspected")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._names)
        inspection.run.changed.connect(self._follow)
        inspection.bridge.changed.connect(self._follow)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it."""
        self._active = active
        self._follow()

    def _follow(self) -> None:
        if not self._active:
            return
        run = self._inspection.run
        if run.experiment is not None and run.state.is_set_up:
            directory = "" if run.state.active else run.state.directory
            subject = Subject(run.name, run.experiment, directory, run.state.run, run.state.active)
        else:
            subject = Subject("Design", self._inspection.bridge.experiment)
        self._inspection.choose_subject(subject)
