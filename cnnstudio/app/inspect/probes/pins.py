"""The pinned samples: at most eight of the data or of the person's own, remembered, and told to each new worker."""

from __future__ import annotations

import dataclasses
from collections import deque
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.app.inspect.probes.pin import Pin, as_npy, of_npy
from cnnstudio.app.inspect.probes.pinned_values import PinnedValues
from cnnstudio.core.formats.pinned_samples import (
    COPIED_BYTES,
    LONGEST_NAME,
    MOST,
    fresh_number,
    keep_sample,
    read_probes,
    tidy_samples,
    write_probes,
)
from cnnstudio.wire.messages import PINNED, Sample

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.core.data.sources import SourceSpec

SAVE_MS = 1500
"""A drawing, or another list, is written to disk when nothing has changed for so long."""
_LATE = 4
"""Drawings that were replaced are let go of this many later: somebody may still be asking about them."""
FULL = f"{MOST} samples are pinned, the most that fit: remove one first."


class Pins(QObject):
    """The list of a source of data. The first subject of the Inspect page says which."""

    changed = Signal()
    """Other pins, another order, or other names."""
    seen = Signal()
    """The values of a sample have come, or why they do not: see `values`."""
    said = Signal(str, str)
    """A sentence for the person and its tone: "error", or "" for what is good to know."""

    def __init__(self, inspection: Inspection) -> None:
        super().__init__(inspection)
        self._inspection = inspection
        self._items: list[Pin] = []
        self._source: SourceSpec | None = None
        self._network: object = None
        """What the values were prepared for."""
        self.values = PinnedValues(inspection)
        self._late: deque[Sample] = deque()
        self._removed: tuple[int, Pin] | None = None
        self._last = 0
        self._was_tidied = False
        self._save = QTimer(self)
        self._save.setSingleShot(True)
        self._save.setInterval(SAVE_MS)
        self._save.timeout.connect(self.save)
        self.values.seen.connect(self._follow_values)
        self.values.refused.connect(self._drop)
        self.values.said.connect(self._say)
        inspection.subject_changed.connect(self._follow_subject)
        inspection.sample_changed.connect(self._follow_sample)

    # What there is

    @property
    def items(self) -> Sequence[Pin]:
        """The pins in their order."""
        return self._items

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another."""
        return len(self._items) >= MOST

    @property
    def front(self) -> int:
        """Place of the sample that is looked at; -1 where it is not pinned."""
        return self.place(self._inspection.sample)

    def place(self, sample: Sample) -> int:
        """Where the sample is pinned; -1 where it is not."""
        return next((at for at, pin in enumerate(self._items) if pin.sample == sample), -1)

    def drawing(self, place: int) -> Any:
        """The values that were drawn, float32 (..., channels), or None where the pin is no drawing."""
        pin = self._items[place]
        if pin.sample in self.values.drawn:
            return self.values.drawn[pin.sample]
        return of_npy(pin.kept.path) if pin.is_own and pin.file.endswith(".npy") else None

    def set_active(self, active: bool) -> None:
        """Whether anyone can see them."""
        self.values.set_active(active)

    # Changing the list

    def choose(self, place: int) -> None:
        """Look at that pin, everywhere."""
        if 0 <= place < len(self._items):
            pin = self._items[place]
            self._inspection.probe.choose(pin.sample, pin.name, self.values.inputs(pin.sample))

    def step(self, by: int) -> None:
        """Look at the next pin, or the one before; round the ends."""
        if self._items:
            self.choose((self.front + by) % len(self._items) if self.front >= 0 else 0)

    def pin(self, sample: Sample) -> bool:
        """Pin a sample of the data; False, and `said`, where there is no room."""
        if self.place(sample) < 0 and not self._add(Pin(sample)):
            return False
        self.choose(self.place(sample))
        return True

    def pin_file(self, path: Path, number: int = 0) -> bool:
        """Pin what a file holds. Whether it can be used is said when the worker has read it."""
        if self._has_no_room():
            return False
        index, file = self._number(), str(path.absolute())
        try:
            if path.stat().st_size <= COPIED_BYTES:
                file = keep_sample(path.read_bytes(), path.suffix.lower(), index)
        except OSError as error:
            self.said.emit(f'"{path}" cannot be read ({error.strerror or error}): choose another file.', "error")
            return False
        return self._add_own(index, path.stem, file, number)

    def pin_data(self, data: bytes, ending: str, name: str) -> bool:
        """Pin a file's content, as the clipboard holds it."""
        if self._has_no_room():
            return False
        index = self._number()
        try:
            file = keep_sample(data, ending, index)
        except OSError as error:
            self.said.emit(f"The sample cannot be kept ({error.strerror or error}): free some space.", "error")
            return False
        return self._add_own(index, name, file)

    def pin_values(self, values: Any, name: str) -> int:
        """Pin values as a file would hold them; the place, -1 and `said` where there is no room."""
        sample = Sample(PINNED, self._number())
        self.values.drawn[sample] = values
        if not self._add(Pin(sample, self._unused(name))):
            del self.values.drawn[sample]
            return -1
        self._save.start()
        self.choose(len(self._items) - 1)
        return len(self._items) - 1

    def draw(self, place: int, values: Any) -> None:
        """Another content for a drawn pin; equal samples have equal values, so it becomes another sample."""
        before = self._items[place]
        sample = Sample(PINNED, self._number())
        self.values.replace(before.sample, sample, values)
        self._items[place] = dataclasses.replace(before, sample=sample, file="", number=0)
        self._late.append(before.sample)
        self._save.start()
        self.values.follow(self._items)
        self.changed.emit()
        if self._inspection.sample == before.sample:
            self.choose(place)
        while len(self._late) > _LATE:
            self.values.release(self._late.popleft())

    def take(self, place: int, number: int) -> None:
        """Another sample of the file that the pin is from."""
        pin = self._items[place]
        was_front = self.front == place
        self._items[place] = dataclasses.replace(pin, sample=Sample(PINNED, self._number()), number=number)
        self._settle()
        if was_front:
            self.choose(place)
        self.values.release(pin.sample)

    def remove(self, place: int) -> None:
        """Take a pin away; `restore` brings the last one back."""
        if not 0 <= place < len(self._items):
            return
        self.save()
        pin = self._items.pop(place)
        was_front = pin.sample == self._inspection.sample
        self._removed = place, pin
        self._settle()
        if was_front and self._items:
            self.choose(min(place, len(self._items) - 1))
        self.said.emit(f"Removed {pin.words}.", "")

    @property
    def can_restore(self) -> bool:
        """Whether a pin was removed that can come back."""
        return self._removed is not None and not self.is_full

    def restore(self) -> None:
        """Bring back the pin that was removed last."""
        if self._removed is not None and self.can_restore:
            (place, pin), self._removed = self._removed, None
            self._items.insert(min(place, len(self._items)), pin)
            self._settle()
            self.choose(self.place(pin.sample))

    def move(self, place: int, to: int) -> None:
        """Put a pin in another place of the strip."""
        if place != to and 0 <= place < len(self._items) and 0 <= to < len(self._items):
            self._items.insert(to, self._items.pop(place))
            self._settle()

    def rename(self, place: int, name: str) -> None:
        """Call a pin something else; "" by its place in the data."""
        pin = self._items[place]
        tidy = " ".join(name.split())[:LONGEST_NAME]
        if pin.is_own and not tidy:
            return
        self._items[place] = dataclasses.replace(pin, name=tidy)
        self._settle()
        self._inspection.probe.tell(pin.sample, tidy, self.values.inputs(pin.sample))

    def save(self) -> None:
        """Bring drawings and the list on disk now."""
        self._save.stop()
        for place, pin in enumerate(self._items):
            values = self.values.drawn.get(pin.sample)
            if values is None:
                continue
            try:
                file = keep_sample(as_npy(values), ".npy", pin.sample.index)
            except OSError as error:
                self.said.emit(f"The drawing cannot be kept ({error.strerror or error}): free some space.", "error")
                return
            self._items[place] = dataclasses.replace(pin, file=file)
            del self.values.drawn[pin.sample]
        self._write()

    # Within

    def _number(self) -> int:
        self._last = fresh_number(self._last)
        return self._last

    def _has_no_room(self) -> bool:
        if self.is_full:
            self.said.emit(FULL, "error")
        return self.is_full

    def _add(self, pin: Pin) -> bool:
        if self._has_no_room():
            return False
        self._items.append(pin)
        self._settle()
        return True

    def _add_own(self, index: int, name: str, file: str, number: int = 0) -> bool:
        pin = Pin(Sample(PINNED, index), self._unused(name[:LONGEST_NAME]), file, number)
        self.values.fresh.add(pin.sample)
        self._add(pin)
        self.choose(len(self._items) - 1)
        return True

    def _unused(self, name: str) -> str:
        """The name, with a number behind it where another pin has it."""
        taken = {pin.name for pin in self._items}
        return next(each for n in range(1, MOST + 2) if (each := f"{name} {n}" if n > 1 else name) not in taken)

    def _settle(self) -> None:
        """The list is another: keep it, and tell whom it concerns."""
        self._save.start()
        self.values.follow(self._items)
        self.changed.emit()

    def _write(self) -> None:
        if self._source is None:
            return
        kept = tuple(pin.kept for pin in self._items if pin.file or not pin.is_own)
        try:
            write_probes(self._source, kept)
        except OSError as error:
            self.said.emit(f"The pins cannot be kept ({error.strerror or error}): free some space.", "error")

    def _follow_subject(self) -> None:
        subject = self._inspection.subject
        if subject is None:
            return
        recipe = subject.experiment.data
        network = (recipe, subject.directory if any(pin.is_own for pin in self._items) else "")
        if recipe.source != self._source:
            if self._source is not None:
                self.save()
            self._load(recipe.source)
        elif network == self._network:
            return
        self._network = network
        self.values.forget()
        self.values.follow(self._items)
        self.changed.emit()

    def _load(self, source: SourceSpec) -> None:
        if not self._was_tidied:
            self._was_tidied = True
            tidy_samples()
        self._source, self._removed = source, None
        kept = read_probes(source)
        self._items = [Pin(Sample(k.part, k.index), k.name, k.file, k.number) for k in kept] or [Pin(Sample())]

    def _follow_sample(self) -> None:
        self.values.follow(self._items)
        sample = self._inspection.sample
        at = self.place(sample)
        name = self._items[at].name if at >= 0 else ""
        self._inspection.probe.tell(sample, name, self.values.inputs(sample))
        self.changed.emit()

    def _follow_values(self, sample: Sample) -> None:
        at, inputs = self.place(sample), self.values.inputs(sample)
        if inputs is not None:
            self._inspection.probe.tell(sample, self._items[at].name if at >= 0 else "", inputs)
        self.seen.emit()

    def _drop(self, sample: Sample, sentence: str) -> None:
        """One that was added just now cannot be used."""
        self.remove(self.place(sample))
        self._removed = None
        self.said.emit(sentence, "error")

    def _say(self, sentence: str) -> None:
        self.said.emit(sentence, "")
