"""The columns of the table of runs: what each says of a run, what it sorts by, and what other programs count with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from cnnstudio.app import format
from cnnstudio.core.changes import summary
from cnnstudio.core.formats.faults import showable
from cnnstudio.core.metrics import higher_is_better, metric_told, metric_value, metric_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cnnstudio.app.runs.library import RunLibrary
    from cnnstudio.core.formats.run_folder import Status
    from cnnstudio.core.formats.run_index import RunSummary

Rank: TypeAlias = tuple[int, str, float]
"""Where a run stands in a column: what is known before what is not, then by words, then by number."""

FIRST, NO_CHANGE = "First run", "No change"
"""What stands for changes where there is no parent, or nothing is another."""
STATES: dict[Status, str] = {
    "RUNNING": "Training",
    "PAUSED": "Paused",
    "FINISHED": "Finished",
    "STOPPED": "Stopped",
    "INTERRUPTED": "Interrupted",
    "FAILED": "Failed",
}
"""What the states of a run are called, those that want something done first when sorted the other way."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What a column is told beside the run."""

    library: RunLibrary
    judge: str = ""
    """The metric that all runs of the table are judged by; "" where they differ."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: heading, what it means, its text, and what it sorts by."""

    title: str
    help: str
    text: Callable[[RunSummary, Cells], str]
    rank: Callable[[RunSummary, Cells], Rank]
    plain: Callable[[RunSummary, Cells], str] | None = None
    """For other programs to count with: no separators, no units. None: as the text."""
    plain_title: str = ""
    """The heading over such numbers, with their unit."""
    is_number: bool = False
    width: int = 100
    """Pixels at first, where the window's font is of the usual size."""


def judge_of(runs: Iterable[RunSummary]) -> str:
    """The metric that all these runs are judged by, "" where there are several."""
    judges = {run.judge for run in runs if run.judges}
    return judges.pop() if len(judges) == 1 else ""


def state_words(run: RunSummary) -> str:
    """Where the run stands; while it trains, how far it is."""
    word = STATES[run.status]
    if not run.under_way or run.record.epochs <= 0:
        return word
    return f"{word}, {min(1.0, max(0, run.record.epochs_done) / run.record.epochs):.0%}".replace("%", " %")


def changes_words(run: RunSummary, library: RunLibrary) -> str:
    """What it changes against its parent, in one line."""
    if library.parent_run(run) is None:
        return FIRST
    found = library.changes(run)
    if found is None:
        return ""
    return summary(found) or NO_CHANGE


def _words(text: str) -> Rank:
    return (0 if text else 1, format.sortable(text), 0.0)


def _number(value: float | None) -> Rank:
    return (1, "", 0.0) if value is None or not math.isfinite(value) else (0, "", value)


def _name(run: RunSummary, cells: Cells) -> str:
    return run.title


def _name_rank(run: RunSummary, cells: Cells) -> Rank:
    return _words(run.title)


def _state(run: RunSummary, cells: Cells) -> str:
    return state_words(run)


def _state_rank(run: RunSummary, cells: Cells) -> Rank:
    return (0, "", list(STATES).index(run.status))


def _changes(run: RunSummary, cells: Cells) -> str:
    return changes_words(run, cells.library)


def _changes_rank(run: RunSummary, cells: Cells) -> Rank:
    found = cells.library.changes(run)
    return (0, summary(found), 0.0) if found else (1, "", 0.0)


def _tags(run: RunSummary, cells: Cells) -> str:
    return ", ".join(run.notes.tags)


def _tags_rank(run: RunSummary, cells: Cells) -> Rank:
    return _words(_tags(run, cells))


def _epochs(run: RunSummary, cells: Cells) -> str:
    done, wanted = run.record.epochs_done, run.record.epochs
    return format.count(done) if done == wanted else f"{format.count(done)} of {format.count(wanted)}"


def _epochs_rank(run: RunSummary, cells: Cells) -> Rank:
    return _number(run.record.epochs_done)


def _plain_epochs(run: RunSummary, cells: Cells) -> str:
    return str(run.record.epochs_done)


def _best(run: RunSummary, cells: Cells) -> str:
    value = run.best_value(run.judge)
    if value is None:
        return format.DASH
    return metric_value(run.judge, value) if cells.judge else metric_told(run.judge, value)


def _best_rank(run: RunSummary, cells: Cells) -> Rank:
    return _metric_rank(run, run.best_value(run.judge))


def _metric_rank(run: RunSummary, value: float | None) -> Rank:
    """Runs of one metric stand together, and a better one is always above a worse one."""
    if value is None or not math.isfinite(value):
        return (1, "", 0.0)
    return (0, run.judge, value if higher_is_better(run.judge) else -value)


def _plain_best(run: RunSummary, cells: Cells) -> str:
    return _plain(run.best_value(run.judge))


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.9g}"


def _loss(run: RunSummary, cells: Cells) -> str:
    value = run.best_value("loss")
    return format.DASH if value is None else metric_value("loss", value)


def _loss_rank(run: RunSummary, cells: Cells) -> Rank:
    return _number(run.best_value("loss"))


def _plain_loss(run: RunSummary, cells: Cells) -> str:
    return _plain(run.best_value("loss"))


def _test(run: RunSummary, cells: Cells) -> str:
    value = run.test_value(run.judge)
    return format.DASH if value is None else metric_value(run.judge, value)


def _test_rank(run: RunSummary, cells: Cells) -> Rank:
    return _metric_rank(run, run.test_value(run.judge))


def _plain_test(run: RunSummary, cells: Cells) -> str:
    return _plain(run.test_value(run.judge))


def _params(run: RunSummary, cells: Cells) -> str:
    return format.count(run.record.params) if run.record.params else format.DASH


def _params_rank(run: RunSummary, cells: Cells) -> Rank:
    return _number(run.record.params or None)


def _plain_params(run: RunSummary, cells: Cells) -> str:
    return str(run.record.params or "")


def _time(run: RunSummary, cells: Cells) -> str:
    return format.duration(run.record.seconds) if run.record.seconds > 0 else format.DASH


def _time_rank(run: RunSummary, cells: Cells) -> Rank:
    return _number(run.record.seconds or None)


def _plain_time(run: RunSummary, cells: Cells) -> str:
    return f"{run.record.seconds:.3f}"


def device_words(run: RunSummary) -> str:
    """What the run was trained on: CPU, GPU 0; "" where that is not known yet."""
    return "" if run.record.device == "auto" else showable(run.record.device.upper().replace(":", " "))


def _device(run: RunSummary, cells: Cells) -> str:
    return device_words(run) or format.DASH


def _device_rank(run: RunSummary, cells: Cells) -> Rank:
    return _words(run.record.device)


def started_words(run: RunSummary) -> str:
    """When it was started, by the clock here: 2026-05-04 16:08."""
    return format.DASH if run.started is None else f"{run.started:%Y-%m-%d %H:%M}"


def _started(run: RunSummary, cells: Cells) -> str:
    return started_words(run)


def _started_rank(run: RunSummary, cells: Cells) -> Rank:
    return _number(None if run.started is None else run.started.timestamp())


def _plain_started(run: RunSummary, cells: Cells) -> str:
    return run.record.started


COLUMNS = (
    Column("Name", "Name of the run; F2 gives it another", _name, _name_rank, width=176),
    Column("Started", "When the run was started", _started, _started_rank, _plain_started, width=132),
    Column("State", "Where the run stands", _state, _state_rank, width=100),
    Column("Changes", "What the run changes against the one it came from", _changes, _changes_rank, width=212),
    Column("Best", "Result on validation at the best epoch", _best, _best_rank, _plain_best, is_number=True, width=112),
    Column("Test", "Result on the test part, which was used for nothing else", _test, _test_rank, _plain_test,
           is_number=True, width=72),
    Column("Loss", "Loss on validation, at the best epoch", _loss, _loss_rank, _plain_loss, "Validation loss",
           is_number=True, width=72),
    Column("Epochs", "Whole epochs that were trained", _epochs, _epochs_rank, _plain_epochs, is_number=True, width=80),
    Column("Time", "How long training took", _time, _time_rank, _plain_time, "Time (s)", is_number=True, width=96),
    Column("Parameters", "Weights and biases of the network", _params, _params_rank, _plain_params, is_number=True,
           width=96),
    Column("Tags", "Tags of your own", _tags, _tags_rank, width=110),
    Column("Device", "What the run was trained on", _device, _device_rank, width=72),
)  # fmt: skip
TITLES = tuple(column.title for column in COLUMNS)
NAME, STATE, CHANGES, BEST, TEST, TAGS, STARTED = (
    TITLES.index(title) for title in ("Name", "State", "Changes", "Best", "Test", "Tags", "Started")
)


def heading(column: int, judge: str) -> str:
    """The heading of a column; with the metric in it where there is one that judges all."""
    title = COLUMNS[column].title
    return f"{title} {metric_words(judge)}" if column == BEST and judge else title
