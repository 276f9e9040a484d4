"""Folders of runs with curves made up by a formula, without Keras: for what lists, compares and draws them."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING

from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.formats.run_folder import EXPERIMENT, METRICS, RunRecord, own_process, write_record
from cnnstudio.core.formats.run_index import RunSummary, read_run

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_folder import Status

HEAD = "epoch,seconds,loss,accuracy,val_loss,val_accuracy,learning_rate"


@functools.cache
def lenet(rate: float = 0.001) -> Experiment:
    """A small experiment."""
    found = preset("lenet-5").experiment
    assert found is not None
    return dataclasses.replace(found, training=dataclasses.replace(found.training, learning_rate=rate))


def line(epoch: int, rate: float = 0.001) -> str:
    """What such a run measures in an epoch, as its metrics.csv has it."""
    loss = math.exp(-30 * rate * epoch)
    values = (loss, 1 - loss / 2, loss + 0.1, 0.9 - loss / 2, rate * 0.5**epoch)
    return ",".join((str(epoch), f"{2 * epoch:.3f}", *(f"{v:.9g}" for v in values)))


def drawn_run(
    folder: Path,
    *,
    epochs: int = 5,
    rate: float = 0.001,
    name: str = "LeNet on digits",
    status: Status = "FINISHED",
    started: str = "2026-11-23T10:00:00+00:00",
    experiment: Experiment | None = None,
) -> RunSummary:
    """A run of that many epochs; the higher its learning rate, the better it is."""
    folder.mkdir(parents=True)
    (folder / EXPERIMENT).write_text(write_experiment(experiment or lenet(rate)), encoding="utf-8")
    lines = [line(epoch, rate) for epoch in range(1, epochs + 1)]
    if lines:
        (folder / METRICS).write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    measured = dict(zip(HEAD.split(",")[2:-1], map(float, lines[-1].split(",")[2:-1]), strict=True)) if lines else {}
    pid, begun = own_process()
    write_record(
        folder,
        RunRecord(
            status=status,
            name=name,
            pid=pid,
            process_started=begun,
            device="cpu",
            seed=0,
            epochs=max(epochs, 5),
            started=started,
            epochs_done=epochs,
            seconds=2.0 * epochs,
            params=61706,
            metrics=dict(measured),
            best=dict(measured),
            best_epoch=epochs,
            test={"loss": 0.2, "accuracy": round(0.7 + rate, 4)} if status == "FINISHED" else {},
        ),
    )
    return read_run(folder)
