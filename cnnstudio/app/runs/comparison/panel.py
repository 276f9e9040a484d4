"""The lower part of the Runs page: the chosen runs compared, as curves and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app.features.words import MessageView, tool, words
from cnnstudio.app.format import counted
from cnnstudio.app.runs.columns import started_words, state_words
from cnnstudio.app.runs.comparison.canvas import ComparisonCanvas
from cnnstudio.app.runs.comparison.controls import Controls
from cnnstudio.app.runs.comparison.legend import Entry, Legend
from cnnstudio.app.runs.comparison.lines import Part, drawing, labels, metrics_of, result
from cnnstudio.app.runs.comparison.numbers import comma_separated
from cnnstudio.app.runs.comparison.plot import MOST_RUNS, figure_file
from cnnstudio.app.runs.comparison.reader import RunReader
from cnnstudio.app.runs.comparison.table import DifferenceTable, Head, rows_of
from cnnstudio.app.theme import mark, space, themes
from cnnstudio.app.training.figure_files import ask_path, save_figure, save_file
from cnnstudio.core.metrics import RATE, VALIDATION, metric_value, metric_words

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QHideEvent, QShowEvent

    from cnnstudio.app.runs.comparison.lines import Drawing
    from cnnstudio.app.theme import Theme
    from cnnstudio.core.formats.run_index import RunSummary

CURVES, DIFFERENCES = "Curves", "Differences and results"
CSV = {"csv": "Numbers, comma-separated (*.csv)"}


class ComparisonPanel(QFrame):
    """Shows any number of runs. While it is hidden it reads nothing and draws nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparison")
        self._chosen: tuple[RunSummary, ...] = ()
        self._slots: dict[Path, int] = {}
        self._reader = RunReader(self)
        self.canvas = ComparisonCanvas()
        self.legend = Legend()
        self.controls = Controls()
        self.table = DifferenceTable()
        self._tabs = QTabBar()
        self._message = MessageView("comparison_message")
        self._legend_words = words("comparison_legend_words", tone="muted", scale="caption")
        self._said = words("comparison_said", tone="muted", scale="caption")
        self._warning = words("comparison_warning", tone="warning", scale="caption")
        self._save_figure = tool("comparison_save_figure", "image", "Save the curves as a figure: PNG, SVG or PDF",
                                 text="Save figure\u2026")  # fmt: skip
        self._save_data = tool("comparison_save_data", "export", "Save what was measured in each epoch of these runs "
                               "as a CSV file, before smoothing", text="Save data\u2026")  # fmt: skip
        self._copy = tool("comparison_copy", "copy", "Copy the table as text, CSV, Markdown or LaTeX",
                          text="Copy table")  # fmt: skip
        self._arrange()
        self._connect()
        self._refresh()

    # Composition

    def _arrange(self) -> None:
        self._tabs.setObjectName("comparison_tabs")
        self._tabs.setAccessibleName("View of the comparison")
        self._tabs.setToolTip("Curves over epochs or time, or a table of what differs and what came of it")
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        self._tabs.setUsesScrollButtons(False)
        for title in (CURVES, DIFFERENCES):
            self._tabs.addTab(title)
        self._copy.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._copy.setMenu(self.table.copy_menu())
        top = QHBoxLayout()
        top.setSpacing(space(1))
        top.addWidget(self._tabs)
        top.addStretch(1)
        for button in (self._save_figure, self._save_data, self._copy):
            top.addWidget(button)
        self._body = QStackedWidget()
        whole = QVBoxLayout(self)  # from the outside, see LatePage.built
        whole.setContentsMargins(space(3), space(1), space(3), space(2))
        whole.setSpacing(space(2))
        whole.addLayout(top)
        whole.addWidget(self._body, 1)
        for view in (self._message, self._curves_view(), self.table):
            self._body.addWidget(view)
        whole.addWidget(self._warning)
        whole.addWidget(self._said)
        self._said.setVisible(False)
        mark(self, kind="panel")

    def _curves_view(self) -> QWidget:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(space(2), 0, 0, 0)
        column.setSpacing(space(1))
        column.addWidget(self._legend_words)
        column.addWidget(self.legend, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("comparison_splitter")
        splitter.addWidget(self.canvas)
        splitter.addWidget(right)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([760, 320])
        view = QWidget()
        lines = QVBoxLayout(view)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(space(2))
        lines.addWidget(self.controls)
        lines.addWidget(splitter, 1)
        return view

    def _connect(self) -> None:
        self._tabs.currentChanged.connect(self._change_view)
        self._reader.changed.connect(self._refresh)
        self.controls.chosen.connect(self._redraw)
        self.controls.zoom_in_wanted.connect(self.canvas.zoom_in)
        self.controls.zoom_out_wanted.connect(self.canvas.zoom_out)
        self.controls.fit_wanted.connect(self.canvas.fit)
        self.canvas.view_changed.connect(self._follow_view)
        self.canvas.pointed.connect(self.canvas.bring_out)
        self.legend.pointed.connect(self.canvas.bring_out)
        self.legend.rows.toggled.connect(self._redraw)
        self._save_figure.clicked.connect(self._ask_for_figure)
        self._save_data.clicked.connect(self._ask_for_data)
        themes.changed.connect(self._refresh)

    # What is shown

    @property
    def runs(self) -> tuple[RunSummary, ...]:
        """The runs that are compared: the first of those that were chosen."""
        return self._chosen[:MOST_RUNS]

    @property
    def view(self) -> str:
        """The view that is open."""
        return self._tabs.tabText(self._tabs.currentIndex())

    @property
    def message(self) -> str:
        """What is said in place of a comparison; "" while there is one."""
        shown = self._body.currentWidget() is self._message
        return f"{self._message.title}: {self._message.text}" if shown else ""

    @property
    def reader(self) -> RunReader:
        """Where the numbers come from."""
        return self._reader

    def show_runs(self, runs: tuple[RunSummary, ...]) -> None:
        """Compare these. Runs that were compared before keep their colours, and stay hidden where they were."""
        if runs == self._chosen:
            return
        self._chosen = runs
        self._give_slots()
        self._ask()
        self._refresh()

    def show_view(self, title: str) -> None:
        """Open that view."""
        self._tabs.setCurrentIndex((CURVES, DIFFERENCES).index(title))

    def showEvent(self, event: QShowEvent) -> None:
        """Read what came meanwhile."""
        super().showEvent(event)
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        self._reader.rest()

    def _give_slots(self) -> None:
        """Each run the first series that is free."""
        folders = [run.folder for run in self.runs]
        kept = {folder: slot for folder, slot in self._slots.items() if folder in folders}
        free = iter(slot for slot in range(MOST_RUNS) if slot not in kept.values())
        self._slots = {folder: kept[folder] if folder in kept else next(free) for folder in folders}

    def _ask(self) -> None:
        if self.isVisible():
            self._reader.want(self.runs, experiments=self.view == DIFFERENCES)

    def _change_view(self) -> None:
        self._ask()
        self._refresh()

    def _refresh(self) -> None:
        measured = self._reader.metrics
        self.controls.offer(metrics_of(measured.values()), next((run.judge for run in self.runs), "loss"))
        self._redraw()
        self._show_table()
        self._show_what_there_is()
        problems = self._reader.problems
        more = f" And {len(problems) - 1:,} more." if len(problems) > 1 else ""
        self._warning.setText(f"{problems[0]}{more}" if problems else "")
        self._warning.setToolTip("\n".join(problems))
        self._warning.setVisible(bool(problems))

    def _drawing(self) -> Drawing:
        return drawing(self.runs, self._reader.metrics, self._slots, self.controls.choice)

    def _redraw(self) -> None:
        made = self._drawing()
        self.canvas.show_drawing(made, self.legend.rows.hidden)
        self._show_legend(made)
        metric = made.choice.metric
        columns = [metrics.columns for metrics in self._reader.metrics.values()]
        self.controls.enable_parts(any(metric in c and f"{VALIDATION}{metric}" in c for c in columns))

    def _show_legend(self, made: Drawing) -> None:
        metric, part = made.choice.metric, made.choice.part
        entries = []
        for run, label in zip(self.runs, labels(self.runs), strict=True):
            lines = [line for line in made.lines if line.run == run.folder]
            line = lines[-1] if lines else None
            epochs = self._reader.metrics[run.folder].epochs if line is not None else ()
            value = None if line is None else result(metric, line.measured, epochs, run.record.best_epoch)
            told = "no value" if value is None else metric_value(metric, value)
            tip = f"{label}\n{state_words(run)}, started {started_words(run)}\n{run.folder}"
            entries.append(Entry(run.folder, self._slots[run.folder], label, told, tip))
        self.legend.rows.show_entries(entries)
        hidden = len(self.legend.rows.hidden)
        number = counted(len(self.runs), "run") + (f", {hidden:,} hidden" if hidden else "")
        where = "" if metric == RATE else f" on {(Part.VALIDATION if part is Part.BOTH else part).value.lower()}"
        told = f"last {metric_words(metric)}" if metric == RATE else f"{metric_words(metric)}{where}, best epoch"
        self._legend_words.setText(f"{number} \u00b7 {told}")
        self._legend_words.setToolTip(self._legend_words.text())

    def _show_table(self) -> None:
        if self.view == DIFFERENCES and self.runs:
            heads = [
                Head(label, self._slots[run.folder], f"{label}\n{run.folder}")
                for run, label in zip(self.runs, labels(self.runs), strict=True)
            ]
            self.table.show_rows(rows_of(self.runs, self._reader.experiments), tuple(heads))

    def _show_what_there_is(self) -> None:
        is_table = self.view == DIFFERENCES
        title, text = self._nothing()
        self._message.say(title, text)
        self._body.setCurrentIndex(0 if title else 2 if is_table else 1)
        for button in (self._save_figure, self._save_data):
            button.setVisible(not title and not is_table)
        self._copy.setVisible(not title and is_table)
        self._tabs.setVisible(bool(self.runs))
        left_out = len(self._chosen) - len(self.runs)
        if left_out > 0:
            self.say(f"The first {MOST_RUNS} of {len(self._chosen):,} chosen runs are compared.")
        elif self._said.text().startswith("The first "):
            self.say("")

    def _nothing(self) -> tuple[str, str]:
        """What is the matter, and what to do; two empty texts while there is something to show."""
        if not self.runs:
            return "No run chosen", "Choose runs in the table above: their curves are laid over each other here. " \
                   "Ctrl or Shift with a click chooses several."  # fmt: skip
        if self.view == DIFFERENCES or any(m.epochs for m in self._reader.metrics.values()):
            return "", ""
        if len(self._reader.metrics) < len(self.runs):
            return "One moment", "The metrics of the runs are being read."
        one = len(self.runs) == 1
        whose = "This run has" if one else "These runs have"
        return "No epoch yet", f"{whose} not come to the end of an epoch: curves begin there."

    def _follow_view(self) -> None:
        self.controls.fit_button.setEnabled(not self.canvas.is_fitted)

    # Files

    def say(self, sentence: str) -> None:
        """Tell the person something, below the comparison."""
        self._said.setText(sentence)
        self._said.setToolTip(sentence)
        self._said.setVisible(bool(sentence))

    def _ask_for_figure(self) -> None:
        if path := ask_path(self, "Save figure", self._stem()):
            self.save_figure(path)

    def _ask_for_data(self) -> None:
        if path := ask_path(self, "Save data", self._stem(), CSV):
            self.save_data(path)

    def _stem(self) -> str:
        return self.runs[0].id if len(self.runs) == 1 else "comparison"

    def save_figure(self, path: Path) -> bool:
        """Write the figure as it is zoomed, with a legend; the suffix names the format. Says how that went."""
        done, sentence = save_figure(path, self._figure)
        self.say(sentence)
        return done

    def _figure(self, drawn_in: Theme, form: str) -> bytes:
        return figure_file(self.canvas.frame, drawn_in, form)

    def save_data(self, path: Path) -> bool:
        """Write what was measured as CSV. Says how that went."""
        shown = [run for run in self.runs if run.folder not in self.legend.rows.hidden]
        done, sentence = save_file(path, comma_separated(shown, self._reader.metrics).encode(), "data")
        self.say(sentence)
        return done
