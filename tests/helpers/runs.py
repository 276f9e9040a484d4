"""Run folders as training leaves them, made in no time."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from typing import TYPE_CHECKING, Any

from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.formats.run_folder import CHECKPOINT, EXPERIMENT, METRICS, RunRecord, own_process, write_record

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_folder import Status

BEGUN = datetime.datetime(2026, 5, 4, 8, 0, tzinfo=datetime.UTC)
GONE = 2**22 + 5
"""A process id that no process has."""


@functools.cache
def digits() -> Experiment:
    """A small experiment."""
    found = preset("lenet-5").experiment
    assert found is not None
    return found


def make_run(
    root: Path,
    name: str,
    *,
    number: int = 0,
    status: Status = "FINISHED",
    accuracy: float = 0.9,
    epochs: int = 3,
    done: int | None = None,
    checkpoint: bool = False,
    experiment: Experiment | None = None,
    alive: bool = False,
    pace: float = 0.5,
    **recorded: Any,
) -> Path:
    """A run that was started `number` minutes after BEGUN; its folder. `pace`: what an epoch leaves of the way to
    go."""
    experiment = dataclasses.replace(experiment or digits(), name=name)
    started = BEGUN + datetime.timedelta(minutes=number)
    folder = root / f"{started:%Y-%m-%d-%H%M%S}-{name.lower().replace(' ', '-')}"
    folder.mkdir(parents=True)
    (folder / EXPERIMENT).write_text(write_experiment(experiment), encoding="utf-8")
    done = epochs if done is None else done
    metrics = _metrics(accuracy)
    if done:
        heads = ",".join(("epoch", "seconds", *metrics, "learning_rate"))
        lines = [heads, *(_line(n, accuracy * (1 - pace**n) / (1 - pace**done)) for n in range(1, done + 1))]
        (folder / METRICS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    if checkpoint:
        (folder / CHECKPOINT).parent.mkdir()
        (folder / CHECKPOINT).write_bytes(b"state")
    pid, born = own_process() if alive else (GONE, 1)
    record = RunRecord(
        status, name, pid, born, "cpu", 0, epochs, started.isoformat(), epochs_done=done, seconds=2.0 * done,
        params=61_706, metrics=metrics if done else {}, best=metrics if done else {}, best_epoch=done,
        test={"loss": 0.2, "accuracy": accuracy - 0.01} if status == "FINISHED" else {}, **recorded,
    )  # fmt: skip
    write_record(folder, record)
    return folder


def _metrics(accuracy: float) -> dict[str, float | None]:
    return {"loss": 1 - accuracy, "accuracy": accuracy, "val_loss": 1.1 - accuracy, "val_accuracy": accuracy}


def _line(epoch: int, accuracy: float) -> str:
    """A line of metrics.csv: two seconds an epoch."""
    return f"{epoch},{2.0 * epoch:.3f}," + ",".join(f"{v:.6g}" for v in _metrics(accuracy).values()) + ",0.001"
