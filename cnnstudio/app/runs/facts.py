"""What the details of a run say, as plain functions of its summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.format import count, counted, duration
from cnnstudio.app.runs.columns import device_words, started_words, state_words
from cnnstudio.core.formats.faults import showable
from cnnstudio.core.metrics import VALIDATION, metric_told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cnnstudio.app.runs.library import RunLibrary
    from cnnstudio.core.formats.run_index import RunSummary

MOST_CHANGES = 24
DOT = " \u00b7 "
_TONES = {"FAILED": "error", "INTERRUPTED": "warning", "PAUSED": "warning"}


def headline(run: RunSummary) -> str:
    """State, start and device, in one line."""
    return showable(DOT.join(part for part in (state_words(run), started_words(run), device_words(run)) if part))


def said(run: RunSummary) -> tuple[str, str]:
    """What the run said at its end, or what can be done about it, and in which tone."""
    lines = [run.record.message] if run.record.message else []
    if run.status == "INTERRUPTED":
        lines.append("Its process is gone." if not run.can_resume else "It can go on from its last checkpoint.")
    elif run.status == "FAILED" and run.can_resume:
        lines.append("It can go on from its last good checkpoint.")
    lines += [run.problem] if run.problem else []
    return showable(" ".join(lines)), _TONES.get(run.status, "warning" if run.problem else "muted")


def changes_lines(run: RunSummary, library: RunLibrary) -> tuple[str, str]:
    """A heading that names the parent, and what is another, a line each; two empty texts where nothing is compared."""
    parent = library.parent_run(run)
    found = library.changes(run)
    if parent is None or found is None:
        return "", ""
    lines = [str(change) for change in found[:MOST_CHANGES]] or ["Nothing is another."]
    lines += [f"and {count(len(found) - MOST_CHANGES)} more"] if len(found) > MOST_CHANGES else []
    of = f"“{parent.title}” of {started_words(parent)}"
    return f"Changes against {of}", "\n".join(lines)


def facts(run: RunSummary) -> tuple[tuple[str, str, str], ...]:
    """Name, value and tooltip of each number worth showing."""
    return tuple((name, showable(value), tip) for name, value, tip in _facts(run))


def _facts(run: RunSummary) -> Iterator[tuple[str, str, str]]:
    record = run.record
    if run.title != record.name:
        yield "Experiment", record.name, "Name of the experiment that the run trains"
    if record.epochs_done:
        best = f", best at {count(record.best_epoch)}" if record.best_epoch else ""
        yield "Epochs", f"{count(record.epochs_done)} of {count(record.epochs)}{best}", "Whole epochs that were trained"
        yield (
            "Time",
            f"{duration(record.seconds)}, {duration(record.seconds / record.epochs_done)} an epoch",
            "How long training took",
        )
    judged = {name.removeprefix(VALIDATION): v for name, v in run.best.items() if name.startswith(VALIDATION)}
    if judged:
        yield "Validation", _told(judged), "At the best epoch"
    if record.test:
        yield "Test", _told(record.test), "On the test part, which was used for nothing else"
    if record.params:
        yield "Network", counted(record.params, "parameter"), "Weights and biases"
    if record.parts:
        yield "Samples", ", ".join(f"{count(n)} {part}" for part, n in record.parts.items()), "Samples of each part"
    if record.start:
        yield "Starts from", record.start, "Which weights training started from"
    if record.plan:
        yield "Computing", record.plan, "How steps were computed on this machine"
    yield "Seed", str(record.seed), "The same seed gives the same run"
    if record.versions:
        yield "Versions", ", ".join(f"{name} {v}" for name, v in record.versions.items()), "What the run was made with"
    yield "Folder", run.id, str(run.folder)


def _told(metrics: Mapping[str, float | None]) -> str:
    """Names and values; a value stays on one line with its unit."""
    told = (metric_told(name, float("nan") if value is None else value) for name, value in metrics.items())
    return ", ".join(told).replace(" %", "\u00a0%").replace(" dB", "\u00a0dB")
