"""Exports that the window asks for: told of as they go on, ended between stages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from cnnstudio.core.exporting import FORMATS, Quantisation, Wish
from cnnstudio.core.formats.files import FileError, read_experiment
from cnnstudio.engine.exporting.errors import ExportCancelled, ExportError
from cnnstudio.engine.exporting.ordering import ordered
from cnnstudio.engine.exporting.stages import finished
from cnnstudio.wire.messages import Exported, ExportProgress, Failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_folder import Which
    from cnnstudio.engine.explaining import Cancelled
    from cnnstudio.engine.exporting.stages import Export, Stage
    from cnnstudio.wire.messages import Event, ExportRun

_CANCELLED = "The export was cancelled; nothing was written."


def answer(command: ExportRun, put: Callable[[Event], None], cancelled: Cancelled) -> None:
    """Export as asked, and put what becomes of it: progress, then Exported or Failed."""

    def told(stage: Stage) -> None:
        if command.request in cancelled:
            raise ExportCancelled(_CANCELLED)
        put(ExportProgress(command.request, stage.words, stage.done, stage.total))

    wish = Wish(command.format, Path(command.path), cast("Quantisation", command.quantise), command.example)
    try:
        exporting = ordered(wish, _source(command), cast("Which", command.weights))
        put(_exported(command, wish, finished(exporting, told)))
    except ExportError as error:
        put(Failed(command.request, str(error), error.details))
    except FileError as error:
        put(Failed(command.request, str(error)))


def _source(command: ExportRun) -> Path | Experiment:
    if command.directory:
        return Path(command.directory)
    return read_experiment(command.experiment, "The experiment")


def _exported(command: ExportRun, wish: Wish, done: Export) -> Exported:
    compared = done.compared
    return Exported(
        command.request,
        str(done.path),
        done.bytes,
        None if compared is None else compared.max_abs_difference,
        None if compared is None else compared.agreement,
        samples=0 if compared is None else compared.samples,
        stand_in=done.stand_in,
        runtime=FORMATS[wish.format].runtime,
        files=tuple(str(file) for file in done.files),
        metric=done.metric,
        quality_before=done.quality_before,
        quality_after=done.quality_after,
        bytes_before=done.bytes_before,
        notes=done.notes,
    )
