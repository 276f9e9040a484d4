"""Getting samples from the worker: asked for when it is ready, asked again when the data change, never while hidden."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.wire.messages import Failed, GetSamples, Samples

if TYPE_CHECKING:
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.recipe import DataRecipe

PARTS = {"Validation samples": "validation", "Training samples": "training"}
"""Parts whose samples are looked at while a network is designed and trained. The test part is not offered: what is
watched guides choices, and no choice may use it."""
TEST_TOO = PARTS | {"Test samples": "test"}
"""Where a finished network is looked at, the test part as well."""
SETTLE_MS = 200
"""Wait this long after a change, so that typing a number asks once."""


@dataclass(frozen=True)
class Wish:
    """Which samples are wanted: `count` of them from `start` of a part of this experiment's data."""

    experiment: Experiment
    part: str
    start: int
    count: int
    edge: int = 0
    """Longest edge of images in pixels; 0: as the network sees them."""
    epoch: int = 0
    """Training samples as this epoch varies them, from 1; 0: as they are."""
    indices: tuple[int, ...] = ()
    """Places in the part, in place of `start` and `count`."""

    def same_as(self, other: Wish | None) -> bool:
        """Whether the same samples are wanted; only the data recipe matters, not the design."""
        return other is not None and self._key == other._key

    @property
    def _key(self) -> tuple[object, ...]:
        data, seed = self.experiment.data, self.experiment.training.seed
        varied = (data.augmentation, self.epoch, seed) if self.epoch else ()
        return (unvaried(data), self.part, self.start, self.count, self.edge, self.indices, varied)


def unvaried(recipe: DataRecipe) -> DataRecipe:
    """The recipe without what augmentation does: samples as they are stay the same when only that changes."""
    return dataclasses.replace(recipe, augmentation=Augmentation())


class SampleLoader(QObject):
    """Turns wishes into requests. One wish is open at a time: the answer to an earlier one is dropped."""

    loading = Signal(str)
    """Samples are on their way: what is being waited for."""
    loaded = Signal(object)
    """The Samples wished for."""
    failed = Signal(str, str)
    """They could not be had: the sentence and the details."""

    def __init__(self, worker: WorkerClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._active = False
        self._wish: Wish | None = None
        self._answered = False
        self._request: int | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._ask)
        worker.received.connect(self._take)
        worker.state_changed.connect(self._follow)

    def want(self, wish: Wish, *, at_once: bool = False) -> None:
        """Ask for these samples unless they are here already or on their way."""
        if wish.same_as(self._wish) and (self._answered or self._request is not None):
            return
        self._wish, self._answered, self._request = wish, False, None
        if self._active:
            self._announce()
            if at_once:
                self._ask()
            else:
                self._settle.start()

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is on its way."""
        return self._request is not None

    def drop(self) -> None:
        """Nothing is wanted any more; an answer on its way is not taken."""
        self._wish, self._answered, self._request = None, False, None
        self._settle.stop()

    def retry(self) -> None:
        """Ask again after a failure, of a new worker if the last one has ended."""
        if self._worker.state in ("lost", "stopped"):
            self._worker.start()
        self._answered, self._request = False, None
        self._announce()
        self._ask()

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking; while not, nothing is asked for."""
        self._active = active
        if not active:
            self._settle.stop()
        elif not self._answered and self._request is None and self._wish is not None:
            self._announce()
            self._ask()

    @property
    def _can_ask(self) -> bool:
        return self._worker.state in ("ready", "busy")

    def _announce(self) -> None:
        text = "Loading the samples\u2026" if self._can_ask else "Starting the worker that reads the data\u2026"
        self.loading.emit(text)

    def _ask(self) -> None:
        wish = self._wish
        if wish is None or not self._active or self._request is not None or not self._can_ask:
            return
        text = write_experiment(wish.experiment)
        make = functools.partial(
            GetSamples,
            experiment=text,
            part=wish.part,
            start=wish.start,
            count=wish.count,
            edge=wish.edge,
            epoch=wish.epoch,
            indices=wish.indices,
        )
        self._request = self._worker.request(make)

    def _take(self, event: object) -> None:
        if isinstance(event, Samples | Failed) and event.request == self._request:
            self._request, self._answered = None, True
            if isinstance(event, Samples):
                self.loaded.emit(event)
            else:
                self.failed.emit(event.message, event.details)

    def _follow(self, state: str) -> None:
        if self._wish is None or self._answered or self._request is not None:
            return  # a worker that dies over a request answers it with Failed; asking again is for the person
        if state in ("ready", "busy"):
            self._ask_anew()
        elif state == "starting":
            self._announce()
        else:
            self.failed.emit("The worker that reads the data has ended. Press Retry to start it again.", "")

    def _ask_anew(self) -> None:
        if self._active:
            self._announce()
            self._ask()
