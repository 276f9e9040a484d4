"""What the lens wants of the worker: the selected block's map, and what a cell of it really depends on."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.app.asking import Question
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.wire.messages import EffectiveField, GetEffectiveField, GetMaps, Maps

if TYPE_CHECKING:
    from collections.abc import Hashable

    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Sample

MAP, FIELD = "map", "field"


class Answers(QObject):
    """Two questions about one design: that of the latest run if it has been trained, else untrained."""

    maps = Signal(object)
    """The Maps wished for."""
    field = Signal(object)
    """The EffectiveField wished for."""
    waiting = Signal(str, str)
    """What is being waited for: MAP or FIELD, and the words."""
    failed = Signal(str, str, str)
    """What failed: MAP or FIELD, the sentence, the details."""
    network_changed = Signal()
    """A run has ended: the same design now has other weights."""

    def __init__(self, worker: WorkerClient, run: RunController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._directory = ""
        self._of_maps = Question(worker, "the map", self)
        self._of_field = Question(worker, "the effective field", self)
        self._of_maps.answered.connect(self._take)
        self._of_field.answered.connect(self._take)
        for name, question in ((MAP, self._of_maps), (FIELD, self._of_field)):
            question.waiting.connect(functools.partial(self.waiting.emit, name))
            question.failed.connect(functools.partial(self.failed.emit, name))
        run.changed.connect(self._follow_run)

    def want_maps(self, experiment: Experiment, block: str, sample: Sample) -> None:
        """Wish for the map of the block."""
        key = (_fingerprint(experiment), self.directory, block, sample)
        self._of_maps.wish(key, functools.partial(_get_maps, experiment, block, sample, self.directory))

    def want_field(self, experiment: Experiment, block: str, cell: tuple[int, ...], sample: Sample) -> None:
        """Wish for what that cell of the block's map depends on."""
        key = (_fingerprint(experiment), self.directory, block, cell, sample)
        self._of_field.wish(key, functools.partial(_get_field, experiment, block, cell, sample, self.directory))

    def forget_maps(self) -> None:
        """No map is wanted."""
        self._of_maps.forget()

    def forget_field(self) -> None:
        """No effective field is wanted."""
        self._of_field.forget()

    def retry(self) -> None:
        """Ask again for what failed."""
        self._of_maps.retry()
        self._of_field.retry()

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking."""
        self._of_maps.set_active(active)
        self._of_field.set_active(active)

    @property
    def directory(self) -> str:
        """Folder of the run whose weights are used, "" for untrained ones."""
        return "" if self._run.is_foreign else self._run.trained_directory

    def _take(self, event: object) -> None:
        if isinstance(event, Maps):
            self.maps.emit(event)
        elif isinstance(event, EffectiveField):
            self.field.emit(event)

    def _follow_run(self) -> None:
        if self.directory != self._directory:
            self._directory = self.directory
            self.network_changed.emit()


def _fingerprint(experiment: Experiment) -> Hashable:
    """What the network depends on: not the places of cards, nor how long is trained."""
    blocks = experiment.architecture.blocks.values()
    design = tuple([(b.id, b.spec, b.inputs, b.bypassed) for b in blocks])
    return design, experiment.data, experiment.training.seed, experiment.weights


def _get_maps(experiment: Experiment, block: str, sample: Sample, directory: str, request: int) -> GetMaps:
    return GetMaps(request, write_experiment(experiment), block, sample, directory, predict=False)


def _get_field(
    experiment: Experiment, block: str, cell: tuple[int, ...], sample: Sample, directory: str, request: int
) -> GetEffectiveField:
    return GetEffectiveField(request, write_experiment(experiment), block, cell, sample, directory)
