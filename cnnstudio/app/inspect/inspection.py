"""What the Inspect page is about at the moment: network, block, channel, sample, moment. Its views listen and pull."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.app.inspect.networks import Networks
from cnnstudio.app.inspect.probes.pins import Pins
from cnnstudio.app.inspect.timeline.record import Record
from cnnstudio.app.runs.library import RunLibrary

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.selection import Selection
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.wire.messages import Sample


class Inspection(QObject):
    """Holds what was chosen; its `Networks` know which networks there are."""

    subject_changed = Signal()
    """Another network, or the same one with other weights."""
    block_changed = Signal()
    channel_changed = Signal()
    sample_changed = Signal()
    moment_changed = Signal()

    def __init__(
        self,
        bridge: DocumentBridge,
        selection: Selection,
        run: RunController,
        worker: WorkerClient,
        preferences: Preferences,
        parent: QObject | None = None,
        library: RunLibrary | None = None,
    ) -> None:
        """`library`: the runs to choose from; None for one of its own."""
        super().__init__(parent)
        self.bridge, self.run, self.worker, self.preferences = bridge, run, worker, preferences
        self.probe = bridge.probe
        self._selection = selection
        self._subject: Subject | None = None
        self._block = ""
        self._channel = 0
        self._moment: int | None = None
        self._second_moment: int | None = None
        self.record = Record(self)
        """The timeline of the run that is inspected."""
        self.shows_maps = False
        """Whether the wall of the block is in sight: then it asks for what the network makes of the sample in front."""
        self.pins = Pins(self)
        """The samples to choose from at a click."""
        self.networks = Networks(self, library or RunLibrary(run, self))
        """Which network is inspected, and what else there is to inspect."""
        self.probe.changed.connect(self.sample_changed)
        selection.changed.connect(self._follow_selection)

    @property
    def subject(self) -> Subject | None:
        """The network; None before anything was chosen."""
        return self._subject

    @property
    def block(self) -> str:
        """The block that is looked at: "" where the network has none."""
        return self._block

    @property
    def channel(self) -> int:
        """The channel of the block that is looked at, from 0."""
        return self._channel

    @property
    def sample(self) -> Sample:
        """The probe in front."""
        return self.probe.sample

    @property
    def moment(self) -> int | None:
        """The moment of the run's timeline that is shown, from 0; None for the network as it is now."""
        return self._moment

    @property
    def second_moment(self) -> int | None:
        """The moment that is shown beside it, from 0; None for one moment alone."""
        return self._second_moment

    @property
    def timeline_folder(self) -> str:
        """The run's folder, where the timeline of the network lies; "" for a network that was never trained."""
        if self._subject is None:
            return ""
        return self._subject.folder or (self.run.state.directory if self._subject.active else self._subject.directory)

    def choose_subject(self, subject: Subject) -> None:
        """Inspect this network; the block stays where it has one of that name."""
        if subject == self._subject:
            return
        other = self._subject is None or not subject.continues(self._subject)
        self._subject = subject
        if other:
            self._moment = self._second_moment = None
        block = self._block if self._block in subject.blocks else self._first_of_interest(subject)
        changed, self._block = block != self._block, block
        self.subject_changed.emit()
        if changed:
            self._channel = 0
            self.block_changed.emit()

    def choose_block(self, block: str) -> None:
        """Look at this block, on the Design page too where it has one of that name."""
        if self._subject is None or block == self._block or block not in self._subject.blocks:
            return
        self._block, self._channel = block, 0
        self.block_changed.emit()
        if block in self.bridge.experiment.architecture.blocks:
            self._selection.select((block,))

    def choose_channel(self, channel: int) -> None:
        """Look at this channel of the block."""
        if channel != self._channel and channel >= 0:
            self._channel = channel
            self.channel_changed.emit()

    def choose_moment(self, moment: int | None) -> None:
        """Show this moment of the timeline, None for now."""
        if moment != self._moment:
            self._moment = moment
            self.moment_changed.emit()

    def choose_second_moment(self, moment: int | None) -> None:
        """Show this moment beside the other, None for one moment alone."""
        if moment != self._second_moment:
            self._second_moment = moment
            self.moment_changed.emit()

    def _follow_selection(self) -> None:
        if self._subject is not None and self._selection.current in self._subject.blocks:
            self.choose_block(self._selection.current)

    def _first_of_interest(self, subject: Subject) -> str:
        if self._selection.current in subject.blocks:
            return self._selection.current
        slides = (id for id in subject.blocks if subject.sliding_layer(id))
        return next(slides, next(iter(subject.blocks), ""))
