"""Designs that fit the data where the one there cannot: presets tried on them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.edits.adopting import UseDesign

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.presets import Preset


def designs_for(experiment: Experiment, offered: Iterable[Preset], most: int = 2) -> list[UseDesign]:
    """At most `most` edits that put a preset's design in place of this one and leave no error.

    Presets for the same task and kind of sample come into question, those for samples of a similar size first; each
    is tried on the experiment's data.
    """
    info = experiment.data.info()
    fitting = [p for p in offered if p.experiment is not None and _is_for(p.experiment, info)]
    fitting.sort(key=lambda p: _distance(p, info))
    found: list[UseDesign] = []
    for preset in fitting:
        known = preset.experiment
        if known is None or known.weights:
            continue
        edit = UseDesign(architecture=known.architecture, training=known.training, of=f"“{known.name}”")
        if _holds(edit(experiment)):
            found.append(edit)
        if len(found) == most:
            break
    return found


def _is_for(experiment: Experiment, info: DataInfo) -> bool:
    own = experiment.data.info()
    return own.task is info.task and own.rank == info.rank


def _distance(preset: Preset, info: DataInfo) -> float:
    if preset.experiment is None:
        return math.inf
    own = preset.experiment.data.info().input_shape
    return abs(math.log(math.prod(own) / math.prod(info.input_shape)))


def _holds(experiment: Experiment) -> bool:
    traced = trace(experiment.architecture, experiment.data.info())
    return all(d.severity is not Severity.ERROR for d in lint(traced))
