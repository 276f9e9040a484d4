"""The network that the Why tab asks, and when its answers are out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.wire.messages import Command, NetworkQuestion
    from cnnstudio.wire.run_state import RunState


class Asked(QObject):
    """Makes questions to the network that is inspected. While it trains, its answers hold for an epoch."""

    renewed = Signal()
    """Another network: nothing that was said holds."""
    outdated = Signal()
    """The network has trained on: what was said holds for an epoch before."""

    def __init__(self, inspection: Inspection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspection = inspection
        self._epoch = 0
        inspection.subject_changed.connect(self._renew)
        inspection.run.changed.connect(self._follow)

    @property
    def subject(self) -> Subject | None:
        """The network."""
        return self._inspection.subject

    @property
    def key(self) -> Hashable:
        """Equal for as long as the network has the same weights, of a run under way for as long as an epoch."""
        subject = self._inspection.subject
        if subject is None:
            return None
        return (*subject.key, *((subject.run, self._epoch) if subject.active else ()))

    @property
    def epochs(self) -> int | None:
        """Whole epochs that the run under way has done; None where no run goes on."""
        subject = self._inspection.subject
        return self._epoch if subject is not None and subject.active else None

    def question(self, kind: type[NetworkQuestion], **wanted: Any) -> Callable[[int], Command]:
        """Makes a question of that type to the network, for `Question.wish`."""
        subject = self._inspection.subject
        assert subject is not None
        text, directory = subject.text, subject.directory

        def made(request: int) -> Command:
            return kind(request=request, experiment=text, directory=directory, **wanted)

        return made

    def _renew(self) -> None:
        self._epoch = self._done(self._inspection.run.state)
        self.renewed.emit()

    def _follow(self, state: RunState) -> None:
        epoch = self._done(state)
        if epoch != self._epoch:
            self._epoch = epoch
            self.outdated.emit()

    def _done(self, state: RunState) -> int:
        subject = self._inspection.subject
        is_it = subject is not None and subject.active and subject.run == state.run
        return len(state.history) if is_it else 0
