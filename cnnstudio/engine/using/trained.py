"""What a run has learned, opened again: for export, evaluation and predictions."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.formats.files import FileError, load_experiment
from cnnstudio.core.formats.run_folder import EXPERIMENT, RunFolderError, read_record
from cnnstudio.core.formats.run_weights import RunWeights
from cnnstudio.core.initial_weights import without_weights
from cnnstudio.engine.data import DataError, load
from cnnstudio.engine.data.dataset import Finish
from cnnstudio.engine.learned import take_over
from cnnstudio.engine.running.checks import checked_design
from cnnstudio.engine.running.control import PlaceError, RunError

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_folder import RunRecord, Which


@dataclass(frozen=True)
class TrainedRun:
    """A run that is looked at again."""

    folder: Path
    record: RunRecord
    experiment: Experiment
    """The frozen one, without the weights that it started from."""
    design: Trace
    started: Experiment
    """The frozen one as it was started."""

    def give_weights(self, model: Any, which: Which = "last") -> int:
        """Put what was learned into a model of the design; the epoch it comes from. Raises RunError."""
        try:
            with RunWeights(self.folder, which) as learned:
                misfits = take_over(model.layers, learned, whole=True)
        except FileError as error:
            raise RunError(str(error), "".join(traceback.format_exception(error))) from error
        if misfits:
            details = "\n".join(misfits)
            raise RunError(f'The weights "{learned.path}" do not fit the experiment beside them.', details)
        ended_with_best = self.experiment.training.restore_best and self.record.status in ("FINISHED", "STOPPED")
        return self.record.best_epoch if which == "best" or ended_with_best else self.record.epochs_done

    def finish(self) -> Finish:
        """The last steps of preparation, as in training: measured on its data, which need not be there any more.

        Raises RunError where they are needed and gone.
        """
        if self.experiment.data.preparation.normalisation != "standardise":
            return Finish()
        if self.record.channel_mean:
            mean, scale = (np.asarray(v, "float32") for v in (self.record.channel_mean, self.record.channel_scale))
            return Finish(mean, scale)
        try:  # a run of a release that did not keep them
            return load(self.experiment.data).training.finish
        except DataError as error:
            raise RunError(
                f"The samples of this run were standardised, and what by is measured on its data. {error}"
            ) from error


def open_run(folder: Path) -> TrainedRun:
    """The run in a folder, its design checked. Raises PlaceError where there is none, RunError where it is at fault."""
    try:
        record = read_record(folder)
        started = load_experiment(folder / EXPERIMENT)
    except RunFolderError as error:
        raise PlaceError(str(error)) from error
    except FileError as error:
        raise RunError(str(error)) from error
    experiment = without_weights(started)
    return TrainedRun(folder, record, experiment, checked_design(experiment), started)
