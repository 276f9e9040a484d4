"""What a run in progress looks like: a bar on a terminal and a line an epoch, or JSON objects, one a line."""

from __future__ import annotations

import json
import math
import shutil
import time
from typing import TYPE_CHECKING, Protocol

from cnnstudio.cli.output import on_terminal, redraw, say, tell
from cnnstudio.core.metrics import all_defined, metric_title
from cnnstudio.wire.messages import EpochEnd, Progress, RunContinued, RunEnded, RunPaused, RunStarted
from cnnstudio.wire.run_state import RunState, fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnnstudio.wire.messages import Event

TABLE = 20
"""Classes that a table may have: more would push the result out of sight."""
NAME = 24
COLUMN = 9
CLEAR = "\r\x1b[2K"
BAR = 20
SECONDS_BETWEEN_JSON = 0.5
"""Step objects come at most this often; the end of an epoch always comes."""


class Reporter(Protocol):
    """Takes the events of a run as they happen."""

    def __call__(self, event: Event) -> None:
        """Show `event`; those that are of no concern are passed over."""

    def close(self) -> None:
        """Leave the terminal as a sentence should find it: also after a run that failed."""


class JsonLines:
    """`--json`: an object for a step now and then, one for each epoch, and the last with folder and test metrics."""

    def __init__(self) -> None:
        self._steps = 0
        self._due = 0.0

    def __call__(self, event: Event) -> None:
        """Print the object for `event`."""
        match event:
            case RunStarted():
                self._steps = event.steps_per_epoch
                if event.start:
                    say(json.dumps({"start": event.start}))
                if event.steps_before:
                    say(json.dumps({"resumed_after": {"epochs": len(event.history), "steps": event.steps_before}}))
            case Progress():
                if time.monotonic() >= self._due:
                    self._due = time.monotonic() + SECONDS_BETWEEN_JSON
                    self._line(event, event.step)
            case EpochEnd():
                self._line(event, self._steps)
            case RunPaused():
                say(json.dumps({"paused": event.message}))
            case RunContinued():
                say(json.dumps({"continued": True}))
            case RunEnded():
                ended: dict[str, object] = {"run": event.directory, "test": all_defined(event.test)}
                say(json.dumps(ended | ({"reason": event.reason} if event.reason else {})))

    def close(self) -> None:
        """See Reporter."""

    def _line(self, event: Progress | EpochEnd, step: int) -> None:
        metrics = all_defined(event.metrics)
        say(json.dumps({"epoch": event.epoch, "step": step, "loss": metrics.pop("loss", None), "metrics": metrics}))


class TextLines:
    """A line an epoch on stdout and, when a person watches, a bar on stderr that is written over."""

    def __init__(self, class_names: Sequence[str] = ()) -> None:
        self._bar = on_terminal()
        self._state = RunState()
        self._class_names = class_names

    def __call__(self, event: Event) -> None:
        """Print or redraw what `event` changes."""
        self._state = fold(self._state, event)
        match event:
            case RunStarted():
                parts = ", ".join(f"{count:,} {part}" for part, count in event.parts.items())
                say(f"{event.name}: {event.params:,} parameters on {event.device}; samples: {parts}")
                if event.start:
                    say(event.start)
                if event.plan:
                    say(f"Steps: {event.plan}")
                if event.steps_before:
                    say(goes_on(event))
            case RunPaused():
                self._clear()
                tell(f"Paused. {event.message}".rstrip())
            case RunContinued():
                tell("The run goes on.")
            case Progress() if self._bar:
                redraw(CLEAR + fitted(bar(self._state), shutil.get_terminal_size().columns - 1))
            case EpochEnd():
                self._clear()
                say(f"Epoch {event.epoch}/{self._state.epochs}  {numbers(event.metrics)}  {clock(event.seconds)}")
            case RunEnded():
                self._clear()
                tested = self._state.evaluations.get("test")
                table = class_table(self._class_names, tested.per_class) if tested is not None else []
                say("\n".join((ending(event), *table)))

    def close(self) -> None:
        """See Reporter."""
        self._clear()

    def _clear(self) -> None:
        if self._bar:
            redraw(CLEAR)


def bar(state: RunState) -> str:
    """Epoch, bar over the whole run, step, time left once it can be told, and the metrics of the epoch, on one line."""
    filled = round(BAR * state.progress)
    drawn = "#" * filled + "-" * (BAR - filled)
    place = f"Epoch {state.epoch}/{state.epochs} [{drawn}] step {state.step}/{state.steps_per_epoch}"
    left = state.seconds_left
    running = {name: value for name, value in state.metrics.items() if not name.startswith("val_")}
    return "  ".join((place, *(() if left is None else (f"{clock(left)} left",)), numbers(running)))


def ending(event: RunEnded) -> str:
    """What came of the run: test metrics and the folder."""
    word = "Finished" if event.outcome == "finished" else "Stopped"
    test = f"; test: {numbers(event.test)}" if event.test else ""
    epochs = f"{event.epochs} epoch" + ("" if event.epochs == 1 else "s")
    why = f"{event.reason}\n" if event.reason else ""
    return f"{why}{word} after {epochs} and {clock(event.seconds)}{test}\nRun kept in {event.directory}"


def goes_on(event: RunStarted) -> str:
    """Where a run that is resumed goes on."""
    epochs, steps = len(event.history), event.steps_before - len(event.history) * event.steps_per_epoch
    within = f", step {steps:,} of {event.steps_per_epoch:,}" if steps else ""
    return f"Goes on in epoch {epochs + 1:,} of {event.epochs:,}{within}"


def class_table(names: Sequence[str], per_class: Mapping[str, Sequence[float]], part: str = "test") -> list[str]:
    """A line for each class with its values on that part; [] without classes, or where there are too many."""
    shown = {metric: values for metric, values in per_class.items() if len(values) == len(names)}
    if not shown or len(names) > TABLE:
        return []
    width = min(NAME, max(map(len, (*names, "Class"))))
    titles = {metric: metric_title(metric).rjust(COLUMN) for metric in shown}
    lines = ["", f"On the {part} part", "  ".join(("Class".ljust(width), *titles.values()))]
    for row, name in enumerate(names):
        cells = [_cell(values[row]).rjust(len(titles[metric])) for metric, values in shown.items()]
        lines.append("  ".join((fitted(name, width).ljust(width), *cells)))
    return lines


def _cell(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else "-"


def numbers(metrics: Mapping[str, float]) -> str:
    """Metrics as "loss 0.1234  accuracy 0.9876"."""
    return "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())


def clock(seconds: float) -> str:
    """Seconds as a person reads them: "8 s", "3:05", "1:02:03"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def fitted(text: str, columns: int) -> str:
    """`text` cut to the terminal's width, so that writing over it leaves nothing behind."""
    return text[: max(columns, 1)]
