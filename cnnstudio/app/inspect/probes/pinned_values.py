"""The values of pinned samples: the worker is told of a person's own, and asked for what the network sees of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.app.inspect.probes.pin import Pin
from cnnstudio.app.probe import sample_words
from cnnstudio.core.formats.pinned_samples import MOST
from cnnstudio.wire.messages import (
    PINNED,
    Failed,
    GetSamples,
    KeepProbes,
    Pinned,
    PinSample,
    Sample,
    Samples,
    UnpinSample,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.wire.messages import Command, Event

KEEP_MS = 200
"""The worker is told what timelines are to keep when nothing has changed for so long."""


class PinnedValues(QObject):
    """Knows what has come, and asks each new worker for the rest."""

    seen = Signal(object)
    """The Sample whose values have come, or of which is known why they do not: see `inputs` and `problem`."""
    refused = Signal(object, str)
    """A Sample that was added just now cannot be used, and why."""
    said = Signal(str)
    """What is good to know of a sample."""

    def __init__(self, inspection: Inspection) -> None:
        super().__init__(inspection)
        self._inspection = inspection
        self._pins: Sequence[Pin] = ()
        self._inputs: dict[Sample, Any] = {}
        self._problems: dict[Sample, str] = {}
        self._totals: dict[Sample, int] = {}
        self.drawn: dict[Sample, Any] = {}
        """Values of drawings that are not on disk yet."""
        self.fresh: set[Sample] = set()
        """Own samples that were added just now: one that cannot be used is not kept."""
        self._asked: dict[int, Sample] = {}
        self._held: set[Sample] = set()
        """Own samples that the worker knows."""
        self._active = False
        self._kept: tuple[Sample, ...] = ()
        """What the worker was told to keep in timelines."""
        self._keep = QTimer(self)
        self._keep.setSingleShot(True)
        self._keep.setInterval(KEEP_MS)
        self._keep.timeout.connect(self._tell_kept)
        inspection.worker.state_changed.connect(self._follow_worker)

    def inputs(self, sample: Sample) -> Any:
        """What the network sees of it, float32; None until it has come."""
        return self._inputs.get(sample)

    def total(self, sample: Sample) -> int:
        """Samples in the file that it is from; 1 where it is alone, or nobody knows."""
        return self._totals.get(sample, 1)

    def problem(self, sample: Sample) -> str:
        """Why its values do not come; "" where they do."""
        return self._problems.get(sample, "")

    def set_active(self, active: bool) -> None:
        """Whether anyone can see them; else the worker is told of the one sample in front at most."""
        self._active = active
        if active:
            self.tell()

    def follow(self, pins: Sequence[Pin]) -> None:
        """These are the pins now."""
        self._pins = pins
        self.tell()

    def replace(self, before: Sample, after: Sample, values: Any) -> None:
        """A drawing has other values; until the network's view of them comes, the last one stands."""
        self.drawn[after] = values
        self.drawn.pop(before, None)
        self._inputs[after] = self._inputs.pop(before, None)

    def forget(self) -> None:
        """Another network: nothing that came is of it."""
        for known in (self._inputs, self._problems, self._held, self._asked):
            known.clear()

    def retry(self) -> None:
        """Ask again for what could not be had."""
        self._problems.clear()
        self._held.clear()
        self.tell()

    def release(self, sample: Sample) -> None:
        """An own sample is of no use any more."""
        self._held.discard(sample)
        self._inputs.pop(sample, None)
        if self._can_ask:
            self._inspection.worker.send(UnpinSample(sample.index))

    @property
    def _can_ask(self) -> bool:
        return self._inspection.worker.state in ("ready", "busy")

    def _follow_worker(self, state: str) -> None:
        if state in ("starting", "lost", "stopped"):
            self._held.clear()
            self._asked.clear()
            self._kept = ()
        else:
            self.tell()

    def tell(self) -> None:
        """Let the worker know the pins, and ask for what is not known of them."""
        subject = self._inspection.subject
        if subject is None or not self._can_ask:
            return
        front = self._inspection.sample
        wanted = {pin.sample: pin for pin in self._pins if self._active or (pin.is_own and pin.sample == front)}
        if self._active and front.part != PINNED:
            wanted.setdefault(front, Pin(front))
        text, directory = subject.text, subject.directory
        for sample, pin in wanted.items():
            if sample in self._problems or sample in self._asked.values():
                continue
            if pin.is_own and sample not in self._held:
                self._held.add(sample)
                self._ask(sample, self._pinning(pin, text, directory))
            elif not pin.is_own and sample not in self._inputs:
                self._ask(sample, _getting(sample, text))
        if self._active:
            self._keep.start()

    def _tell_kept(self) -> None:
        """Which samples the timelines of runs are to have: those of the strip, the one in front first."""
        front = self._inspection.sample
        kept = (front, *(pin.sample for pin in self._pins if pin.sample != front))[:MOST]
        if kept != self._kept and self._can_ask:
            self._kept = kept
            self._inspection.worker.send(KeepProbes(kept))

    def _pinning(self, pin: Pin, text: str, directory: str) -> Callable[[int], Command]:
        values, index, number = self.drawn.get(pin.sample), pin.sample.index, pin.number
        path = "" if values is not None else str(pin.kept.path)

        def made(request: int) -> PinSample:
            return PinSample(
                request=request, pin=index, experiment=text, directory=directory, path=path, number=number,
                values=values,
            )  # fmt: skip

        return made

    def _ask(self, sample: Sample, make: Callable[[int], Command]) -> None:
        self._asked[self._inspection.worker.request(make, self._take)] = sample

    def _take(self, event: Event) -> None:
        sample = self._asked.pop(getattr(event, "request", 0), None)
        if sample is None:
            return
        if isinstance(event, Pinned):
            self._know(sample, event.inputs)
            self._totals[sample] = event.total
            if sample in self.fresh and event.total > 1:
                self.said.emit(f"{event.name} holds {event.total:,} samples: the first is pinned.")
            self.fresh.discard(sample)
        elif isinstance(event, Samples) and len(event.inputs):
            self._know(sample, event.inputs[0])
        elif isinstance(event, Failed):
            self._refuse(sample, event.message)
        else:
            self._refuse(sample, f"The data have no {sample_words(sample)}: remove this pin, or choose other data.")

    def _know(self, sample: Sample, inputs: Any) -> None:
        self._inputs[sample] = inputs
        self.seen.emit(sample)

    def _refuse(self, sample: Sample, sentence: str) -> None:
        if sample in self.fresh and any(pin.sample == sample for pin in self._pins):
            self.fresh.discard(sample)
            self.refused.emit(sample, sentence)
            return
        self._problems[sample] = sentence
        self.seen.emit(sample)


def _getting(sample: Sample, text: str) -> Callable[[int], Command]:
    def made(request: int) -> GetSamples:
        return GetSamples(request, text, sample.part, sample.index, 1)

    return made
