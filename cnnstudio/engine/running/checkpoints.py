"""The files of a run on disk: the record, the metrics, and the weights worth keeping."""

from __future__ import annotations

import contextlib
import datetime
import errno
import itertools
import os
import time
from typing import TYPE_CHECKING, Any

import msgspec

from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.run_folder import (
    BEST,
    CHECKPOINT,
    EXPERIMENT,
    FORMAT,
    LAST,
    METRICS,
    START,
    STATE,
    TESTED,
    VALIDATED,
    RunFolderError,
    RunRecord,
    claiming,
    own_process,
    read_record,
    write_record,
)
from cnnstudio.core.formats.run_metrics import read_metrics
from cnnstudio.core.formats.storage import link_atomic, read_capped, write_atomic
from cnnstudio.core.formats.weights_store import find
from cnnstudio.core.metrics import all_defined, defined
from cnnstudio.engine.devices import versions
from cnnstudio.engine.running.control import FolderTaken, PlaceError
from cnnstudio.engine.running.event_files import EventFiles
from cnnstudio.engine.running.resuming import ResumeError, refuse_changed, write_checkpoint
from cnnstudio.engine.running.weights_writing import save_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_folder import Status
    from cnnstudio.engine.running.resuming import Checkpoint, Position
    from cnnstudio.engine.tasks import Verdict

_EVERY_SECONDS = 2.0
"""Epochs of small networks take less time than writing to disk and waiting for it."""
_MOST_SHARE = 0.05
"""Of the time that may go into saving at the ends of short epochs, where the network is large."""
_MOST_OF_VERDICTS = 64 << 20
"""Bytes: two confusion matrices of two thousand classes."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where there is no more space, for anybody, for this person, or in a file."""


@contextlib.contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn an OSError into a PlaceError that names the folder and what to do."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        full = error.errno in _FULL
        gone = isinstance(error, FileNotFoundError)
        mend = "free some space" if full else "put it back" if gone else "make it writable"
        told = f'The run folder "{folder}" cannot be written ({why}): {mend} or choose another folder.'
        raise PlaceError(told, repr(error), why, mend) from error


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
        self.best: Sequence[np.ndarray] = ()
        """Weights of the best epoch; () before the first."""
        self._best_saved = True
        self._best_is_last = False
        """Whether the best epoch is the last one, so that both files hold the same."""
        self._last: Sequence[np.ndarray] = ()
        """Weights after the last whole epoch while they are not on disk yet; () where they are those of the model."""
        self.unsaved = False
        """Whether an epoch has ended since the weights were last written."""
        self._lines = 0
        """The last epoch that the metrics have."""
        self._next_save = 0.0
        self._longest_wait = float(experiment.training.checkpoint_seconds)
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

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """As `writing_to`. A folder that was moved away or deleted is not begun anew: what a run needs would lack."""
        with writing_to(self.path):
            if not (self.path / EXPERIMENT).is_file():
                raise FileNotFoundError(errno.ENOENT, "It has been moved or deleted", str(self.path))
            yield

    def reopen(self, checkpoint: Checkpoint, seen: RunRecord) -> list[dict[str, float]]:
        """Go on with the run that the folder holds from there; the lines of its metrics up to there.

        What came later is cut off: the run comes by it again. `seen`: its record when the checkpoint was read. Raises
        RunFolderError where there is no run, ResumeError where another process has taken it in hand since then: of two
        that reopen it in the same instant, only one goes on.
        """
        with claiming(self.path):
            before = read_record(self.path)
            refuse_changed(self.path, seen, before)
            return self._reopened(checkpoint, before)

    def _reopened(self, checkpoint: Checkpoint, before: RunRecord) -> list[dict[str, float]]:
        position = checkpoint.position
        self.best, self._best_saved = checkpoint.best, False
        self.record = msgspec.structs.replace(
            before,
            format=FORMAT,
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
        with self._writing():
            for part in (self.path / CHECKPOINT).parent.glob(".*.part"):  # a write that a kill has cut short
                part.unlink(missing_ok=True)
            lines = self._cut_metrics(position.epoch)
            self._restore_verdicts(position)
            by_epoch = {int(line["epoch"]): line for line in lines}
            for name, epoch in (("metrics", position.epoch), ("best", position.best_epoch)):
                line = by_epoch.get(epoch, {})
                measured = all_defined({metric: line[metric] for metric in before.metrics if metric in line})
                self.record = msgspec.structs.replace(self.record, **{name: measured})
            self._events = EventFiles(self.path, before.started)
            self._events.start_again(lines)
            write_record(self.path, self.record)
        return lines

    def _cut_metrics(self, epochs: int) -> list[dict[str, float]]:
        """Leave the lines of so many epochs. Raises ResumeError where one of them is damaged: it is not thrown away."""
        path = self.path / METRICS
        try:
            known = read_metrics(self.path)
        except RunFolderError as error:
            raise ResumeError(f"The run cannot go on: {error} Move the file away, and it does without.") from error
        if known.problem and not (known.epochs and known.epochs[-1] >= epochs):
            raise ResumeError(f"The run cannot go on: {known.problem} Mend the line or move the file away.")
        count = sum(epoch <= epochs for epoch in known.epochs)
        if not count:  # the line of names may have been cut short
            path.unlink(missing_ok=True)
            return []
        lines = path.read_text(encoding="utf-8-sig").splitlines()[: count + 1]
        self._columns = tuple(known.columns)
        self._lines = known.epochs[count - 1]
        write_atomic(path, "".join(f"{line}\n" for line in lines).encode())
        names = ("epoch", "seconds", *self._columns)
        rows = zip(known.epochs, known.seconds, *known.columns.values(), strict=True)
        return [dict(zip(names, row, strict=True)) for row in itertools.islice(rows, count)]

    def _restore_verdicts(self, position: Position) -> None:
        """Keep those of epochs that are done; the run comes by the others again."""
        try:
            data = read_capped(self.path / VALIDATED, _MOST_OF_VERDICTS)
            told = msgspec.json.decode(data, type=dict[str, dict[str, Any]])
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        done = {"last": position.epoch, "best": position.best_epoch}
        self._validated = {name: told[name] for name, epoch in done.items() if told.get(name, {}).get("epoch") == epoch}

    def update(self, **changed: Any) -> None:
        """Change the record and write it."""
        self.record = msgspec.structs.replace(self.record, **changed)
        with self._writing():
            write_record(self.path, self.record)

    def close(self, status: Status, **changed: Any) -> None:
        """The last change of the record."""
        self.update(status=status, **changed)

    def remember(self, model: Any, *, best: bool, changes: bool) -> None:
        """Have the weights of an epoch that has just ended, until they are on disk. `best`: none before was better.

        They are copied only where there is a need to. `changes`: whether the model will have others before they are
        saved.
        """
        self._last = ()  # first, so that there are not more copies at a time than have to be
        if best:
            self.best, self._best_saved = (), False
        copied = model.get_weights() if best or changes else ()
        self._last, self.unsaved, self._best_is_last = copied if changes else (), True, best
        if best:
            self.best = copied

    def epoch_end(
        self,
        epoch: int,
        seconds: float,
        metrics: Mapping[str, float],
        rate: float,
        judged: Verdict,
        *,
        best: bool,
    ) -> None:
        """Add a line to the metrics; keep the verdict of validation. `best`: none before was better.

        Where the disk does not take the line, none of it stays, and it can be tried again.
        """
        changed: dict[str, Any] = {"epochs_done": epoch, "seconds": seconds, "metrics": all_defined(metrics)}
        if best:
            changed |= {"best_epoch": epoch, "best": all_defined(metrics)}
            self._validated["best"] = self._evaluation(epoch, judged)
        self._validated["last"] = self._evaluation(epoch, judged)
        self.record = msgspec.structs.replace(self.record, **changed)
        self._add_line(epoch, seconds, {**metrics, "learning_rate": rate})

    def save(self, model: Any, *, as_it_is: bool = False) -> None:
        """Bring on disk what is newer than the files: the weights of the last epoch, and of the best one.

        `as_it_is`: those that the model has now, in place of those of the last epoch.
        """
        with self._writing():
            if as_it_is or self.unsaved:
                save_weights(model, self.path / LAST, () if as_it_is else self._last)
            if not self._best_saved and self.best:
                if self._best_is_last and not as_it_is:
                    link_atomic(self.path / LAST, self.path / BEST)
                else:
                    save_weights(model, self.path / BEST, self.best)
            self._best_saved = True
            if self._validated:
                self._write(VALIDATED, self._validated)
            write_record(self.path, self.record)
        self._last, self.unsaved, self._best_is_last = (), False, False

    def checkpoint(self, model: Any, checkpoint: Checkpoint) -> None:
        """Bring on disk all that the run needs to go on from here, and what belongs to the epochs before."""
        began = time.monotonic()
        if self.unsaved:
            self.save(model)
        with self._writing():
            _sync(self.path / METRICS)  # or a power cut leaves a checkpoint that knows of epochs that have no line
            write_checkpoint(self.path, checkpoint)
        now = time.monotonic()
        wait = max(_EVERY_SECONDS, (now - began) / _MOST_SHARE)
        self._next_save = now + min(wait, self._longest_wait) if checkpoint.learner else now

    def take_best(self, model: Any) -> None:
        """End with the weights of the best epoch: the model's, and those on disk that are tested and exported."""
        model.set_weights(self.best)
        self._validated = {**self._validated, "last": self._validated["best"]} if "best" in self._validated else {}
        self.save(model, as_it_is=True)

    def take_back(self, model: Any) -> bool:
        """Let the model have the weights of the last whole epoch, where these are not on disk yet."""
        if self._last:
            model.set_weights(self._last)
        return bool(self._last)

    def tested(self, epoch: int, judged: Verdict) -> None:
        """Keep how the network did on the test part."""
        with self._writing():
            self._write(TESTED, self._evaluation(epoch, judged))
            self._events.tested(epoch, self.record.seconds, judged.metrics)

    def _evaluation(self, epoch: int, judged: Verdict) -> dict[str, Any]:
        return {
            "epoch": epoch,
            "classes": self._classes,
            "metrics": all_defined(judged.metrics),
            "per_class": {name: [defined(v) for v in values] for name, values in judged.per_class.items()},
            "confusion": None if judged.confusion is None else judged.confusion.tolist(),
            "precision": None
            if judged.precision is None
            else [[defined(v) for v in line] for line in judged.precision.tolist()],
        }

    def _write(self, path: Path, value: dict[str, Any]) -> None:
        target = self.path / path
        target.parent.mkdir(exist_ok=True)
        write_atomic(target, msgspec.json.encode(value) + b"\n")

    @property
    def is_time_to_save(self) -> bool:
        """Whether the last time is some seconds ago."""
        return time.monotonic() >= self._next_save

    def _add_line(self, epoch: int, seconds: float, metrics: Mapping[str, float]) -> None:
        self._columns = self._columns or tuple(metrics)
        head = ",".join(("epoch", "seconds", *self._columns))
        line = ",".join((str(epoch), f"{seconds:.3f}", *(f"{metrics[name]:.9g}" for name in self._columns)))
        with self._writing():
            if epoch > self._lines:
                _append_whole(self.path / METRICS, f"{head}\n", f"{line}\n")
                self._lines = epoch
            self._events.epoch_end(epoch, seconds, metrics)


def _append_whole(path: Path, head: str, line: str) -> None:
    """Add a line, behind `head` where the file is new; where the disk does not take all of it, none of it stays."""
    with path.open("ab", buffering=0) as file:
        before = os.fstat(file.fileno()).st_size
        left = memoryview((line if before else head + line).encode())
        try:
            while left:
                left = left[file.write(left) :]
        except OSError:
            file.truncate(before)
            raise


def _sync(path: Path) -> None:
    """Let what was added to the file last; there may be none yet."""
    if path.exists():
        with path.open("ab") as file:
            os.fsync(file.fileno())
