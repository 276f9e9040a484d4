"""Designs that fit the data where the one there cannot: presets tried on them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.info import Task
from cnnstudio.core.edits.adopting import UseDesign
from cnnstudio.core.edits.naming import design_of, of_other_design
from cnnstudio.core.experiment import Experiment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.formats.presets import Preset

_ALIKE = (Task.CLASSIFICATION, Task.MULTILABEL)
"""Tasks whose designs serve for one another: Output takes a vector for both and adapts to the rest."""


def designs_for(experiment: Experiment, offered: Iterable[Preset], most: int = 2) -> list[UseDesign]:
    """At most `most` edits that put a preset's design in place of this one and leave no error.

    Presets for the same task, or one like it, and kind of sample come into question, those for the task itself and
    for samples of a similar size first; each is tried on the experiment's data. A name that says a preset's design
    says the new one.
    """
    info = experiment.data.info()
    outlines = [(p, p.outline) for p in offered if p.outline is not None]
    designs = {design_of(known.name, known.source) for _, known in outlines} | {Experiment().name}
    fitting = [(p, known.info) for p, known in outlines if _is_for(known.info, info)]
    fitting.sort(key=lambda one: (one[1].task is not info.task, _distance(one[1], info)))
    found: list[UseDesign] = []
    for preset, _ in fitting:
        known = preset.experiment
        if known is None or known.weights:
            continue
        design = design_of(known.name, known.data.source)
        edit = UseDesign(
            architecture=known.architecture,
            training=known.training,
            of=f"“{known.name}”",
            name=of_other_design(experiment.name, experiment.data.source, design, designs),
        )
        if _holds(edit(experiment)):
            found.append(edit)
        if len(found) == most:
            break
    return found


def _is_for(own: DataInfo, info: DataInfo) -> bool:
    alike = own.task is info.task or (own.task in _ALIKE and info.task in _ALIKE)
    return alike and own.rank == info.rank


def _distance(own: DataInfo, info: DataInfo) -> float:
    return abs(math.log(math.prod(own.input_shape) / math.prod(info.input_shape)))


def _holds(experiment: Experiment) -> bool:
    traced = trace(experiment.architecture, experiment.data.info())
    return all(d.severity is not Severity.ERROR for d in lint(traced))
