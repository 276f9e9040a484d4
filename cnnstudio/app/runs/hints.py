"""What the table of runs says where the pointer rests."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from cnnstudio.app.format import counted
from cnnstudio.app.runs.columns import BEST, CHANGES, COLUMNS, NAME, STATE, TEST, changes_words, state_words
from cnnstudio.core.formats.faults import showable
from cnnstudio.core.metrics import VALIDATION, metric_told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.app.runs.library import RunLibrary
    from cnnstudio.core.formats.run_index import RunSummary

MOST_LINES = 16


def tool_tip(run: RunSummary, column: int, library: RunLibrary) -> str:
    """All of what a cell says in short, as lines of rich text: what stands in files is shown as it is written."""
    return _lines(_TOLD.get(column, _plainly)(run, column, library))


def _lines(lines: list[str]) -> str:
    shown = lines[:MOST_LINES]
    more = [f"and {counted(len(lines) - MOST_LINES, 'more line', 'more lines')}"] if len(lines) > MOST_LINES else []
    return "<br/>".join(escape(showable(line)) for line in (*shown, *more))


def _plainly(run: RunSummary, column: int, library: RunLibrary) -> list[str]:
    return [COLUMNS[column].help]


def _named(run: RunSummary, column: int, library: RunLibrary) -> list[str]:
    lines = [run.title]
    lines += [f"Experiment: {run.record.name}"] if run.title != run.record.name else []
    lines += [f"Folder: {run.id}"]
    return lines + run.notes.note.splitlines()


def _stated(run: RunSummary, column: int, library: RunLibrary) -> list[str]:
    lines = [state_words(run)]
    lines += [run.record.message] if run.record.message else []
    lines += ["It can go on from its last checkpoint."] if run.can_resume else []
    return lines


def _changed(run: RunSummary, column: int, library: RunLibrary) -> list[str]:
    parent = library.parent_run(run)
    if parent is None:
        return [changes_words(run, library)]
    found = library.changes(run)
    if found is None:
        return [f"Compared with {parent.title} ({parent.id}): one of the two has no readable experiment"]
    return [f"Against {parent.title} ({parent.id}):", *(map(str, found) if found else ["nothing is another"])]


def _judged(run: RunSummary, column: int, library: RunLibrary) -> list[str]:
    if not run.best:
        return ["No epoch is over yet"]
    epoch = f"At epoch {run.record.best_epoch:,}, the best on validation:" if run.record.best_epoch else "Validation:"
    told = {n.removeprefix(VALIDATION): v for n, v in run.best.items() if n.startswith(VALIDATION)} or run.best
    return [epoch, *_metrics(told)]


def _tested(run: RunSummary, column: int, library: RunLibrary) -> list[str]:
    if not run.record.test:
        return ["The test part is looked at once, when a run is over"]
    return ["On the test part, which was used for nothing else:", *_metrics(run.record.test)]


def _metrics(metrics: Mapping[str, float | None]) -> list[str]:
    return [metric_told(name, float("nan") if value is None else value) for name, value in metrics.items()]


_TOLD = {NAME: _named, STATE: _stated, CHANGES: _changed, BEST: _judged, TEST: _tested}
