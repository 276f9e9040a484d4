"""Code on disk with what it reads: the samples of a person's own files and the weights that it starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.code.data_code import archive_name
from cnnstudio.core.code.source import weights_name
from cnnstudio.core.formats.storage import write_atomic
from cnnstudio.core.formats.weights_store import WeightsError, lay_beside

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment


class CodeError(Exception):
    """The samples that code reads cannot be had: one sentence for the person."""


def write_code(experiment: Experiment, path: Path, text: str) -> tuple[Path, ...]:
    """Write the script or notebook `text` of an experiment, and beside it what it reads; these files.

    Raises CodeError and WeightsError, whose sentences say what cannot be had, and OSError.
    """
    archive, weights = archive_name(experiment), weights_name(experiment)
    if archive:  # first, as it is the one that takes long and may fail
        from cnnstudio.engine.data import DataError, write_archive  # not for the others: it takes seconds to load

        try:
            write_archive(experiment.data, path.with_name(archive))
        except DataError as error:
            raise CodeError(str(error)) from error
    write_atomic(path, text.encode())
    if weights and (problem := lay_beside(experiment.weights, path, weights)):
        raise WeightsError(problem)
    return tuple(path.with_name(name) for name in (weights, archive) if name)
