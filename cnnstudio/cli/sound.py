"""A design is checked before anything heavy is loaded for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cnnstudio.cli.verb import CommandError
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.formats.weights_store import WeightsError, find

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment


def first_error(experiment: Experiment) -> str:
    """What keeps the design from being built, in one sentence (and how much more does); "" when nothing."""
    found = lint(trace(experiment.architecture, experiment.data.info()))
    errors = [d for d in found if d.severity is Severity.ERROR]
    if not errors:
        return ""
    place = f"Block {errors[0].block}: " if errors[0].block else ""
    more = f" ({len(errors) - 1} more: see `cnnstudio check`.)" if len(errors) > 1 else ""
    return f"{place}{errors[0].message}{more}"


def require_sound(experiment: Experiment) -> None:
    """Raise CommandError with the first error when the design cannot be built."""
    if error := first_error(experiment):
        raise CommandError(error)
    wrong = [
        sentence
        for recipe in (experiment.data.source, experiment.data, experiment.training)
        for parameter in recipe.parameters
        if (sentence := parameter.problem(getattr(recipe, parameter.name)))
    ]
    wrong += [problem for problem in (experiment.data.problem(),) if problem]
    if wrong:
        raise CommandError(wrong[0])


def files_gone(experiment: Experiment) -> str:
    """The sentence for data that are not where the experiment says; "" when they are, or need no files."""
    source = experiment.data.source
    if not isinstance(source, FileSource) or not source.path or os.path.exists(source.path):
        return ""
    return (
        f'The data are not there any more: "{source.path}". Say where they are with `cnnstudio train --data`, or '
        "relink them on the Data page."
    )


def require_files(experiment: Experiment) -> None:
    """Raise CommandError when the files that the experiment learns from are gone."""
    if gone := files_gone(experiment):
        raise CommandError(gone)


def require_weights(experiment: Experiment) -> None:
    """Raise CommandError when the weights that the experiment starts from are missing or damaged."""
    if experiment.weights:
        try:
            find(experiment.weights)
        except WeightsError as error:
            raise CommandError(str(error)) from error
