"""The probe: the one sample that the maps on cards, under the lens and on the Train page are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from cnnstudio.wire.messages import PINNED, Sample

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import Change, DocumentBridge


class Probe(QObject):
    """Which sample is looked at. Not part of the document; other data begin at their first sample."""

    changed = Signal()
    """`sample` is another one."""
    known = Signal()
    """What the sample is called, or its values, have become known: see `words` and `inputs`."""

    def __init__(self, bridge: DocumentBridge) -> None:
        super().__init__(bridge)
        self._sample = Sample()
        self._name = ""
        self._inputs: Any = None
        bridge.changed.connect(self._follow)

    @property
    def sample(self) -> Sample:
        """The sample."""
        return self._sample

    @property
    def is_own(self) -> bool:
        """Whether it is one of the person's own: pinned, and not of the data."""
        return self._sample.part == PINNED

    @property
    def words(self) -> str:
        """What it is called in a line: "validation sample 3", or the name of one of the person's own."""
        return self._name or sample_words(self._sample)

    @property
    def inputs(self) -> Any:
        """Its values as the network sees them, float32; None until somebody knows them."""
        return self._inputs

    def choose(self, sample: Sample, name: str = "", inputs: Any = None) -> None:
        """Look at this sample, everywhere. `name` and `inputs` where they are known; see `tell`."""
        if sample != self._sample:
            self._sample, self._name, self._inputs = sample, name, inputs
            self.changed.emit()

    def tell(self, sample: Sample, name: str, inputs: Any) -> None:
        """What the sample is called ("": by its place in the data) and its values, None for unknown."""
        if sample == self._sample and (name != self._name or inputs is not self._inputs):
            self._name, self._inputs = name, inputs
            self.known.emit()

    def _follow(self, change: Change) -> None:
        if change.before.data != change.after.data:
            self.choose(Sample())  # another source may not have the sample


def sample_words(sample: Sample) -> str:
    """What a sample is called by its place: "validation sample 3"."""
    return "pinned sample" if sample.part == PINNED else f"{sample.part} sample {sample.index:,}"
