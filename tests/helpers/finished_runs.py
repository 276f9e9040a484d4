"""Runs on disk as training leaves them, made without training: their weights are those that it would begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.core.formats.run_folder import BEST, LAST, METRICS
from cnnstudio.engine.learning import Plan
from cnnstudio.engine.running.checkpoints import RunFolder
from cnnstudio.engine.running.checks import checked_design
from cnnstudio.engine.workbench import set_up

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.workbench import Workbench

MEASURED = {"loss": 0.5, "val_loss": 0.75, "val_accuracy": 0.875}
TESTED = {"loss": 0.25, "accuracy": 0.75}


def finished_run(place: Path, experiment: Experiment, **changed: Any) -> Workbench:
    """Write the folder of a run with one epoch, the best one; what it would be trained with."""
    bench = set_up(experiment, checked_design(experiment), Plan())
    folder = RunFolder(place, experiment, "cpu")
    folder.create()
    (place / LAST).parent.mkdir()
    for name in (LAST, BEST):
        bench.model.save_weights(place / name)
    line = {"epoch": 1, "seconds": 2.0, **MEASURED, "learning_rate": 0.01}
    (place / METRICS).write_text(f"{','.join(line)}\n{','.join(map(str, line.values()))}\n", encoding="utf-8")
    record = {
        "status": "FINISHED", "params": bench.program.params, "epochs": 1, "epochs_done": 1, "best_epoch": 1,
        "seconds": 2.0, "metrics": MEASURED, "best": MEASURED, "test": TESTED, **bench.data.training.finish.plain(),
    }  # fmt: skip
    folder.update(**record | changed)
    return bench
