"""Whose network is taken away: that of a run, or of the design as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.app.format import counted
from cnnstudio.app.runs.columns import started_words
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.formats.files import file_name, write_experiment
from cnnstudio.core.formats.run_folder import BEST, LAST, RunFolderError
from cnnstudio.core.formats.run_index import read_run
from cnnstudio.core.metrics import metric_told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.core.formats.run_index import RunSummary

OFFERED = 20
"""Runs that are offered, the newest ones; any other one can be chosen on the Runs page first."""


@dataclass(frozen=True)
class Network:
    """One that can be exported."""

    title: str
    about: str
    """What is known of it, in a sentence."""
    stem: str
    """What its file is called at first, without the ending."""
    directory: str = ""
    """Folder of its run; "" for the design."""
    has_best: bool = False
    """Whether the weights of the best epoch were kept besides the last ones."""
    trained: bool = False
    problem: str = ""
    """Why it cannot be exported, a sentence; "" when it can."""


def networks(bridge: DocumentBridge, preferred: Sequence[str], runs: Iterable[RunSummary]) -> list[Network]:
    """Those that are offered: the runs in the preferred folders first, then the design, then the newest runs."""
    found: dict[str, Network] = {}
    for directory in preferred:
        network = _of_folder(Path(directory)) if directory else None
        if network is not None:
            found.setdefault(directory, network)
    found[""] = of_design(bridge)
    for run in runs:
        if len(found) > OFFERED:
            break
        directory = str(run.folder)
        if directory not in found and (run.folder / LAST).is_file():
            found[directory] = _of_run(run)
    return list(found.values())


def of_design(bridge: DocumentBridge) -> Network:
    """The design as it stands."""
    experiment = bridge.experiment
    errors = [d for d in bridge.diagnostics if d.severity is Severity.ERROR]
    about = "The weights are those that training would start from: fresh ones, by the seed of the recipe."
    if experiment.weights:
        about = "The weights are the imported ones that training would start from."
    problem = ""
    if errors:
        problem = f"The design has {counted(len(errors), 'error')}: mend it, or choose a run. {errors[0].message}"
    words = "with imported weights" if experiment.weights else "untrained"
    title = f"This design, {words}: {experiment.name}"
    return Network(title, about, file_name(experiment.name), trained=bool(experiment.weights), problem=problem)


def text_of(bridge: DocumentBridge) -> str:
    """The design as the worker reads it."""
    return write_experiment(bridge.experiment)


def _of_folder(folder: Path) -> Network | None:
    try:
        return _of_run(read_run(folder))
    except RunFolderError:
        return None


def _of_run(run: RunSummary) -> Network:
    value = run.test_value(run.judge)
    epochs = counted(run.record.epochs_done, "epoch")
    judged = f", {metric_told(run.judge, value)} on the test part" if value is not None else ""
    return Network(
        f"{run.title}, run of {started_words(run)}",
        f"Trained for {epochs}{judged}. Its folder is {run.id}.",
        file_name(run.title),
        str(run.folder),
        has_best=(run.folder / BEST).is_file(),
        trained=True,
    )
