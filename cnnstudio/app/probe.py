"""The probe: the one sample that the maps on cards, under the lens and on the Train page are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.wire.messages import Sample

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import Change, DocumentBridge


class Probe(QObject):
    """Which sample is looked at. Not part of the document; other data begin at their first sample."""

    changed = Signal()
    """`sample` is another one."""

    def __init__(self, bridge: DocumentBridge) -> None:
        super().__init__(bridge)
        self._sample = Sample()
        bridge.changed.connect(self._follow)

    @property
    def sample(self) -> Sample:
        """The sample."""
        return self._sample

    def choose(self, sample: Sample) -> None:
        """Look at this sample, everywhere."""
        if sample != self._sample:
            self._sample = sample
            self.changed.emit()

    def _follow(self, change: Change) -> None:
        if change.before.data != change.after.data:
            self.choose(Sample())  # another source may not have the sample
