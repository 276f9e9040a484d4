"""The numbers behind a comparison as a CSV file for other programs: a line for each run and epoch."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from cnnstudio.core.formats.run_metrics import EPOCH, SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cnnstudio.core.formats.run_index import RunSummary
    from cnnstudio.core.formats.run_metrics import RunMetrics

RUN, TITLE = "run", "title"


def comma_separated(runs: Sequence[RunSummary], measured: Mapping[Path, RunMetrics]) -> str:
    """Everything that was measured, as it was measured: the run's folder and title, the epoch, its seconds, and a
    column for each metric that at least one run has. A cell is empty where there is no number."""
    names = dict.fromkeys(name for run in runs if run.folder in measured for name in measured[run.folder].columns)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((RUN, TITLE, EPOCH, SECONDS, *names))
    for run in runs:
        metrics = measured.get(run.folder)
        if metrics is None:
            continue
        for at, epoch in enumerate(metrics.epochs):
            values = (metrics.columns[name][at] if name in metrics.columns else math.nan for name in names)
            told = (repr(v) if math.isfinite(v) else "" for v in (metrics.seconds[at], *values))
            writer.writerow((run.id, run.title, epoch, *told))
    return text.getvalue()
