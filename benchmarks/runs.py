"""Time of the Runs page with many runs: python benchmarks/runs.py [RUNS]

Prints milliseconds: until every folder has been looked at first, until it has been again, to sort, to search for one
word more, to go down a row; and the longest stretch in which the window answered nothing while folders were looked at
and experiments compared with their parents, which is what a person feels. What is done with the table is told in
processor time.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
import statistics
import sys
import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from waiting import Pulse, wait

from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.runs.columns import COLUMNS
from cnnstudio.app.runs.view import RunsView
from cnnstudio.app.theme import Mode, themes
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.presets import DEFAULT_PRESET, preset
from cnnstudio.core.formats.run_folder import EXPERIMENT, METRICS, RunRecord, write_record
from cnnstudio.core.formats.storage import runs_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnstudio.app.runs.library import RunLibrary
    from cnnstudio.app.runs.panel import RunsPanel
    from cnnstudio.app.runs.table import RunTable

ROWS = 60
EPOCHS = 15


def make_runs(root: Path, count: int) -> None:
    """Finished runs, each with another learning rate than the one before."""
    experiment = preset(DEFAULT_PRESET).experiment
    if experiment is None:
        raise SystemExit("The default preset cannot be read.")
    begun = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    lines = [f"{n},{n},{1 / n},{1 - 0.5 / n},{1.1 / n},{1 - 0.6 / n},0.001" for n in range(1, EPOCHS + 1)]
    table = "\n".join(("epoch,seconds,loss,accuracy,val_loss,val_accuracy,learning_rate", *lines, ""))
    for number in range(count):
        started = begun + datetime.timedelta(minutes=number)
        folder = root / f"{started:%Y-%m-%d-%H%M%S}-digits"
        folder.mkdir(parents=True)
        recipe = dataclasses.replace(experiment.training, learning_rate=0.0001 * (1 + number % 50))
        text = write_experiment(dataclasses.replace(experiment, training=recipe))
        (folder / EXPERIMENT).write_text(text, encoding="utf-8")
        (folder / METRICS).write_text(table, encoding="utf-8")
        accuracy = 0.5 + 0.5 * (number * 37 % count) / count
        metrics: dict[str, float | None] = {
            "loss": 0.1,
            "accuracy": accuracy,
            "val_loss": 0.2,
            "val_accuracy": accuracy,
        }
        write_record(
            folder,
            RunRecord(
                "FINISHED", experiment.name, 1, 1, "cpu", 0, EPOCHS, started.isoformat(), epochs_done=EPOCHS,
                seconds=12.5 + number, params=61_706, metrics=metrics, best=metrics, best_epoch=EPOCHS, test=metrics,
            ),
        )  # fmt: skip


def took(table: RunTable, step: Callable[[], object]) -> float:
    """Milliseconds of processor time of a step and of painting the table after it."""
    began = time.process_time()
    step()
    table.viewport().repaint()
    return 1000 * (time.process_time() - began)


def looked_at(library: RunLibrary) -> None:
    """What is done between the window's other work."""
    pulse = Pulse()
    compared = wait(lambda: not library.is_comparing)
    told("all compared with their parents", compared, f"longest stall {pulse.longest:.1f}")
    pulse.begin()
    library.refresh()
    told("every folder looked at again", wait(lambda: not library.is_looking), f"longest stall {pulse.longest:.1f}")


def done(panel: RunsPanel) -> None:
    """What a person does."""
    table = panel.table
    orders = (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder)
    sorts = [
        took(table, partial(table.sortByColumn, column, order)) for column in range(len(COLUMNS)) for order in orders
    ]
    told("sort by another column", statistics.median(sorts), f"longest {max(sorts):.1f}")
    letters = [took(table, partial(QTest.keyClicks, panel.filter, letter)) for letter in "learning rate 0.0011"]
    told("search, a letter more", statistics.median(letters), f"longest {max(letters):.1f}")
    panel.show_all()
    table.setFocus()
    rows = [took(table, partial(QTest.keyClick, table, Qt.Key.Key_Down)) for _ in range(ROWS)]
    told("down a row", statistics.median(rows), f"longest {max(rows):.1f}")
    pages = [took(table, partial(QTest.keyClick, table, Qt.Key.Key_PageDown)) for _ in range(ROWS // 4)]
    told("down a page", statistics.median(pages), f"longest {max(pages):.1f}")
    told("choose all", took(table, table.selectAll))


def told(what: str, milliseconds: float, more: str = "") -> None:
    """One line of the table."""
    sys.stdout.write(f"{what:34}{milliseconds:9.1f}   {more}".rstrip() + "\n")


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    app = QApplication.instance() or QApplication([])
    themes.choose(Mode.LIGHT)
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNSTUDIO_HOME"] = home
        make_runs(runs_folder(), count)
        window = MainWindow(Preferences())
        window.resize(1280, 800)
        window.show()
        began = time.perf_counter()
        window.show_runs()
        view = window.findChild(RunsView)
        if view is None:
            raise SystemExit("The Runs page was not built.")
        made = 1000 * (time.perf_counter() - began)
        sys.stdout.write(f"{count:,} runs, milliseconds\n")
        told("page built", made)
        library = window.runs.library
        pulse = Pulse()
        first = wait(lambda: library.has_looked and len(library.runs) == count)
        told("every folder looked at first", first, f"longest stall {pulse.longest:.1f}")
        looked_at(library)
        done(view.panel)
        window.close()
    del app


if __name__ == "__main__":
    main()
