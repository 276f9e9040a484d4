"""Folders of runs as the worker leaves them behind, without a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.run_folder import CHECKPOINT, EXPERIMENT, RunRecord, write_record
from cnnstudio.core.formats.storage import runs_folder

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_folder import Status

GONE = 2**22 + 1
"""No process has this id: Linux ends at 2**22."""


def leave_run(
    experiment: Experiment, status: Status, folder: Path | None = None, *, checkpoint: bool = True, **record: Any
) -> Path:
    """A run in that folder, or a new one among the person's runs, whose process is gone."""
    folder = folder or runs_folder() / f"2026-11-22-1000{len(list(runs_folder().glob('*'))):02}-run"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / EXPERIMENT).write_text(write_experiment(experiment), encoding="utf-8")
    if checkpoint:
        (folder / CHECKPOINT).parent.mkdir(exist_ok=True)
        (folder / CHECKPOINT).write_bytes(b"all that is needed")
    told = {"epochs": 15, "epochs_done": 3, "started": f"2026-11-22T10:00:{folder.name[15:17]}+00:00", **record}
    write_record(folder, RunRecord(status, experiment.name, GONE, 1, "cpu", 0, **told))
    return folder
