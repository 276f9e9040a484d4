"""The files of a run on disk: the record, the metrics, and the weights worth keeping."""

from __future__ import annotations

import contextlib
import datetime
import io
import math
import time
from typing import TYPE_CHECKING, Any

import msgspec

from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.run_folder import (
    BEST,
    EXPERIMENT,
    LAST,
    METRICS,
    START,
    STATE,
    TESTED,
    VALIDATED,
    RunRecord,
    own_process,
    read_record,
    write_record,
)
from cnnstudio.core.formats.storage import link_atomic, write_atomic
from cnnstudio.core.formats.weights_store import find
from cnnstudio.engine.control import FolderTaken, PlaceError
from cnnstudio.engine.devices import versions
from cnnstudio.engine.event_files import EventFiles
from cnnstudio.engine.resuming import write_checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_folder import Status
    from cnnstudio.engine.resuming import Position
    from cnnstudio.engine.tasks import Verdict

_EVERY_SECONDS = 2.0
"""Epochs of small networks take less time than writing to disk and waiting for it."""


@contextlib.contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn an OSError into a PlaceError that names the folder and what to do."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        advice = "free some space or choose another folder"
        raise PlaceError(f'The run folder "{folder}" cannot be written ({why}): {advice}.', repr(error)) from error


class _Weights(io.BytesIO):
    """A weights file in memory. Keras writes into any BytesIO whose text ends as a weights file's name does."""

    def __str__(self) -> str:
        return "memory.weights.h5"


def save_weights(model: Any, path: Path) -> None:
    """Write the model's weights, whole or not at all: Keras itself would write over the good file. Raises OSError.

    HDF5 never writes to the disk itself: where that is full it keeps the file open and ends the process with SIGSEGV.
    """
    file = _Weights()
    model.save_weights(file)
    write_atomic(path, file.getvalue())


class RunFolder:
    """Writes one run's folder. Every method raises PlaceError when the disk does not take it."""

    def __init__(self, path: Path, experiment: Experiment, device: str, *, parent: str = "") -> None:
        self.path = path
        self._experiment = experiment
        pid, started = own_process()
        self.record = RunRecord(
            status="RUNNING",
            name=experiment.name,
            pid=pid,
            process_started=started,
            device=device,
            seed=experiment.training.seed,
            epochs=experiment.training.epochs,
            started=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            versions=versions(),
            parent=parent,
        )
        self._events = EventFiles(path, self.record.started)
        self._columns: tuple[str, ...] = ()
        self._best: list[np.ndarray] | None = None
        """Weights of the best epoch while they are not on disk yet."""
        self._unsaved = False
        self._next_save = 0.0
        self._classes = list(experiment.data.info().class_names)
        self._validated: dict[str, dict[str, Any]] = {}

    def create(self) -> None:
        """Make the folder with the frozen experiment and a RUNNING record. Never writes into another run's."""
        with writing_to(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                (self.path / STATE).touch(exist_ok=False)  # of two that begin at once, only one may make it
            except FileExistsError:
                raise FolderTaken(f'The folder "{self.path}" already holds a run: choose another one.') from None
            try:
                write_atomic(self.path / EXPERIMENT, write_experiment(self._experiment).encode())
                if self._experiment.weights:
                    link_atomic(find(self._experiment.weights), self.path / START)
                write_record(self.path, self.record)
            except OSError:
                (self.path / STATE).unlink(missing_ok=True)
                raise

    def reopen(self, position: Position) -> list[dict[str, float]]:
        """Go on with the run that the folder holds from that position; the lines of its metrics up to there.

        What came later is cut off: the run comes by it again. Raises RunFolderError where there is no run.
        """
        before = read_record(self.path)
        self.record = msgspec.structs.replace(
            before,
            status="RUNNING",
            pid=self.record.pid,
            process_started=self.record.process_started,
            device=self.record.device,
            versions=self.record.versions,
            epochs_done=position.epoch,
            best_epoch=position.best_epoch,
            test={},
            message="",
        )
        with writing_to(self.path):
            lines = self._cut_metrics(position.epoch)
            for name, epoch in (("metrics", position.epoch), ("best", position.best_epoch)):
                line = lines[epoch - 1] if 0 < epoch <= len(lines) else {}
                measured = numbers({metric: line[metric] for metric in before.metrics if metric in line})
                self.record = msgspec.structs.replace(self.record, **{name: measured})
            self._events = EventFiles(self.path, before.started)
            self._events.start_again(lines)
            write_record(self.path, self.record)
        return lines

    def _cut_metrics(self, epochs: int) -> list[dict[str, float]]:
        path = self.path / METRICS
        if not path.exists():
            return []
        head, *rest = path.read_text(encoding="utf-8").splitlines()
        kept = rest[:epochs]
        self._columns = tuple(head.split(",")[2:])
        write_atomic(path, "".join(f"{line}\n" for line in (head, *kept)).encode())
        return [dict(zip(head.split(","), map(float, line.split(",")), strict=True)) for line in kept]

    def update(self, **changed: Any) -> None:
        """Change the record and write it."""
        self.record = msgspec.structs.replace(self.record, **changed)
        with writing_to(self.path):
            write_record(self.path, self.record)

    def close(self, status: Status, **changed: Any) -> None:
        """The last change of the record."""
        self.update(status=status, **changed)

    def epoch_end(
        self,
        model: Any,
        weights: list[np.ndarray],
        epoch: int,
        seconds: float,
        metrics: Mapping[str, float],
        rate: float,
        judged: Verdict,
        *,
        best: bool,
    ) -> bool:
        """Add a line to the metrics; keep the weights and the verdict of validation. `best`: none before was better.

        Both are brought on disk if the last time is some seconds ago; whether they were, so that it is time for a
        checkpoint, too.
        """
        self._add_line(epoch, seconds, {**metrics, "learning_rate": rate})
        changed: dict[str, Any] = {"epochs_done": epoch, "seconds": seconds, "metrics": numbers(metrics)}
        if best:
            self._best = weights
            changed |= {"best_epoch": epoch, "best": numbers(metrics)}
            self._validated["best"] = self._evaluation(epoch, judged)
        self._validated["last"] = self._evaluation(epoch, judged)
        self.record = msgspec.structs.replace(self.record, **changed)
        self._unsaved = True
        if time.monotonic() < self._next_save:
            return False
        self.save(model)
        self._next_save = time.monotonic() + _EVERY_SECONDS
        return True

    def save(self, model: Any) -> None:
        """Bring the weights on disk: the model's as the last, and the best ones if they are newer than the file."""
        with writing_to(self.path):
            save_weights(model, self.path / LAST)
            if self._best is not None:
                last = model.get_weights()
                model.set_weights(self._best)
                try:
                    save_weights(model, self.path / BEST)
                finally:
                    model.set_weights(last)
                self._best = None
            if self._validated:
                self._write(VALIDATED, self._validated)
            write_record(self.path, self.record)
        self._unsaved = False

    def checkpoint(self, position: Position, arrays: dict[str, np.ndarray]) -> None:
        """Bring on disk all that the run needs to go on from here."""
        with writing_to(self.path):
            write_checkpoint(self.path, position, arrays)

    def tested(self, epoch: int, judged: Verdict) -> None:
        """Keep how the network did on the test part."""
        with writing_to(self.path):
            self._write(TESTED, self._evaluation(epoch, judged))
            self._events.tested(epoch, self.record.seconds, judged.metrics)

    def _evaluation(self, epoch: int, judged: Verdict) -> dict[str, Any]:
        return {
            "epoch": epoch,
            "classes": self._classes,
            "metrics": numbers(judged.metrics),
            "per_class": {name: [_number(v) for v in values] for name, values in judged.per_class.items()},
            "confusion": None if judged.confusion is None else judged.confusion.tolist(),
            "precision": None
            if judged.precision is None
            else [[_number(v) for v in line] for line in judged.precision.tolist()],
        }

    def _write(self, path: Path, value: dict[str, Any]) -> None:
        target = self.path / path
        target.parent.mkdir(exist_ok=True)
        write_atomic(target, msgspec.json.encode(value) + b"\n")

    @property
    def unsaved(self) -> bool:
        """Whether an epoch has ended since the weights were last written."""
        return self._unsaved

    def _add_line(self, epoch: int, seconds: float, metrics: Mapping[str, float]) -> None:
        with writing_to(self.path):
            with (self.path / METRICS).open("a", encoding="utf-8", newline="\n") as file:
                if not self._columns:
                    self._columns = tuple(metrics)
                    file.write(",".join(("epoch", "seconds", *self._columns)) + "\n")
                values = (f"{metrics[name]:.9g}" for name in self._columns)
                file.write(",".join((str(epoch), f"{seconds:.3f}", *values)) + "\n")
            self._events.epoch_end(epoch, seconds, metrics)


def numbers(metrics: Mapping[str, float]) -> dict[str, float | None]:
    """Metrics for JSON, which has no NaN: null stands for it."""
    return {name: _number(value) for name, value in metrics.items()}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
