"""The door to exports: from what was asked for, by the window or the command line, to who makes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.core.formats.files import FileError, load_experiment
from cnnstudio.core.formats.run_folder import EXPERIMENT
from cnnstudio.engine.exporting.errors import ExportPlaceError
from cnnstudio.engine.exporting.pictures import PICTURES, Outline, export_picture, outline_of

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.exporting import Wish
    from cnnstudio.core.formats.run_folder import Which
    from cnnstudio.engine.exporting.stages import Exporting


def ordered(wish: Wish, source: Path | Experiment, which: Which = "last") -> Exporting:
    """The export of the network of a run, whose folder `source` is, or of an experiment before training.

    Keras is loaded where the form needs it. Raises ExportError.
    """
    if wish.format in PICTURES:
        return export_picture(wish, lambda: _outline(source))
    from cnnstudio.engine.exporting.desk import export
    from cnnstudio.engine.exporting.material import of_experiment, of_run

    return export(wish, lambda: of_run(source, which) if isinstance(source, Path) else of_experiment(source))


def _outline(source: Path | Experiment) -> Outline:
    if not isinstance(source, Path):
        return outline_of(source)
    try:
        return outline_of(load_experiment(source / EXPERIMENT))
    except FileError as error:
        raise ExportPlaceError(f'The run in "{source}" cannot be read: {error}') from error
