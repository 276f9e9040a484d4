"""A person's own data on the command line: scanned, and put in place of an experiment's."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.cli.output import on_terminal, redraw, tell
from cnnstudio.cli.progress import CLEAR, fitted
from cnnstudio.cli.sound import first_error
from cnnstudio.cli.verb import CommandError, UsageError
from cnnstudio.core.data.info import Task
from cnnstudio.core.edits.adopting import adopted, changes, in_sentence
from cnnstudio.core.edits.values import SetData
from cnnstudio.core.fixes.designs import designs_for
from cnnstudio.core.formats.presets import presets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.data.files import FileSource
    from cnnstudio.core.data.preparation import Preparation
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.scan.listing import Listing, Progress

_BETWEEN = 0.1
"""Seconds between two lines that tell how far a scan is."""


def scanned(text: str, *, task: Task | None = None, fresh: bool = False) -> Listing:
    """What lies at a path that a person typed, recognised and scanned; for `task`, where it can be read so.

    Raises UsageError when nothing is there, CommandError when it cannot be used.
    """
    from cnnstudio.engine.scan import ScanError, recognise, scan  # brings numpy

    path = Path(text).expanduser()
    if not _is_there(path):
        raise UsageError(f'There is no folder and no file "{text[-200:]}": name where the data lie.')
    try:
        with _told() as progress:
            source = recognise(str(path), progress)
            return scan(_read_for(source, task), progress, fresh=fresh)
    except ScanError as error:
        raise CommandError(str(error)) from error


def with_data(experiment: Experiment, text: str) -> Experiment:
    """The experiment with the data at a path in place of its own; what changes is told on stderr.

    Raises CommandError, in one sentence, when the design does not fit them.
    """
    from cnnstudio.engine.scan import suggested

    listing = scanned(text, task=experiment.data.info().task)
    report = listing.report
    if wrong := next((f.message for f in report.diagnostics if f.severity == "error"), ""):
        raise CommandError(wrong)
    recipe = adopted(experiment.data, listing.source, suggested(listing))
    after = SetData(recipe=recipe)(experiment)
    _require_fit(after, experiment.name)
    tell(f"{listing.source.title}: {report.samples:,} samples from {listing.source.path}")
    for told in (in_sentence(changes(experiment, after)), prepared_in_words(recipe.preparation)):
        if told:
            tell(told)
    for finding in report.diagnostics:
        if finding.severity == "warning":
            tell(f"Warning: {finding.message}")
    if report.skipped_total:
        tell(f'Not used: {report.skipped_total:,}; `cnnstudio data "{text}"` lists what and why.')
    return after


def prepared_in_words(preparation: Preparation) -> str:
    """What the preparation does to sizes, as a sentence; "" when nothing."""
    how = {"stretch": "stretched", "crop": "cut round the centre", "pad": "padded or cut"}[preparation.resize]
    if preparation.height and preparation.width:
        return f"Images are {how} to {preparation.height:,} × {preparation.width:,}."
    return f"Signals are {how} to {preparation.length:,} samples." if preparation.length else ""


def _require_fit(experiment: Experiment, name: str) -> None:
    if error := first_error(experiment):
        fitting = " and ".join(edit.of for edit in designs_for(experiment, presets()))
        instead = f" Presets that do: {fitting}." if fitting else ""
        raise CommandError(f"The design of “{name}” does not fit these data: {error}{instead}")


def _read_for(source: FileSource, task: Task | None) -> FileSource:
    """Any samples can be given back: a design that does so takes them without their classes."""
    parameter = source.parameter("task")
    if task is Task.RECONSTRUCTION and parameter is not None and not parameter.problem(task.value):
        return source.having("task", task.value)
    return source


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a path that the system refuses, or may not look at
        return False


@contextlib.contextmanager
def _told() -> Iterator[Progress]:
    """Progress that a person at a terminal sees as a line that is written over."""
    watched, due = on_terminal(), 0.0

    def progress(done: int, total: int) -> None:
        nonlocal due
        if watched and time.monotonic() >= due:
            due = time.monotonic() + _BETWEEN
            line = f"Scanning: {done:,} of {total:,} files" if total else f"Counting files: {done:,}"
            redraw(CLEAR + fitted(line, shutil.get_terminal_size().columns - 1))

    try:
        yield progress
    finally:
        if watched:
            redraw(CLEAR)
