"""The training recipe: its fields under headings, the learning rate they come to, and what a run of it would need."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.app.features.words import words
from cnnstudio.app.format import number
from cnnstudio.app.inspector import DeclaredForm
from cnnstudio.app.tab_order import settle_tabs
from cnnstudio.app.theme import mark, set_icon, space
from cnnstudio.app.training.preflight import PreflightPanel
from cnnstudio.app.training.schedule_plot import SchedulePlot, schedule_words
from cnnstudio.core.analysis.diagnostics import Diagnostic, Severity
from cnnstudio.core.edits import SetTraining
from cnnstudio.core.training.devices import fitting_devices, why_absent
from cnnstudio.core.training.optimizers import OPTIMIZERS
from cnnstudio.core.training.recipe import LOSSES, SECTIONS, TrainingRecipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QResizeEvent

    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.data.info import Task

WIDEST = 1000
"""Pixels; wider, a field would be far from its label."""
TWO_COLUMNS = 520
"""From this width on the sections stand side by side."""
NARROWEST = 300
HELP_LINES = 2
RATE = "Learning rate"
"""The section that shows the schedule."""


class RecipePanel(QWidget):
    """Shows the recipe of the open experiment and edits it."""

    rate_wanted = Signal()
    """The person wants to look for a learning rate."""

    def __init__(
        self, bridge: DocumentBridge, worker: WorkerClient, parent: QWidget | None = None, *, at_once: bool = True
    ) -> None:
        """What is not made `at_once` is by `built`."""
        super().__init__(parent)
        self.setObjectName("recipe_panel")
        self._bridge, self._worker = bridge, worker
        self._form = DeclaredForm(self, SECTIONS)
        self._form.setObjectName("recipe_form")
        self._form.setMaximumWidth(WIDEST)
        self._plot = SchedulePlot()
        self._schedule = words("schedule_words", tone="muted", scale="caption", wrap=True)
        self._find = _find_button()
        self._help = words("recipe_help", tone="muted", scale="caption", wrap=True)
        self._preflight = PreflightPanel(bridge, worker)
        self._lay_out()
        if at_once:
            for _ in self.built():
                pass

    def built(self) -> Iterator[None]:
        """Make the fields, with rests; to be gone through once, and to its end, before anyone sees them."""
        yield from self._form.prepare(TrainingRecipe)
        yield
        self._form.edited.connect(self._edit)
        self._form.explained.connect(self._help.setText)
        self._find.clicked.connect(self.rate_wanted)
        self._preflight.batch_wanted.connect(self._use_batch)
        self._bridge.changed.connect(self._follow)
        self._worker.state_changed.connect(self._follow_worker)
        self._show()
        settle_tabs(self, [*self._form.stops, *self._preflight.stops])

    def _lay_out(self) -> None:
        beneath = QWidget()
        rows = QVBoxLayout(beneath)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(space(1))
        rows.addWidget(self._plot)
        told = QHBoxLayout()
        told.setSpacing(space(2))
        told.addWidget(self._schedule, 1)
        told.addWidget(self._find, 0, Qt.AlignmentFlag.AlignTop)
        rows.addLayout(told)
        self._form.add_beneath(RATE, beneath, (self._find,))
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, space(1), space(3), space(2))
        column.addWidget(self._form)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("recipe_scroll")
        mark(self._scroll, kind="panel")
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidgetResizable(True)
        self._scroll.setMinimumWidth(NARROWEST)
        self._scroll.setWidget(inside)
        self._help.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(space(1))
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._help)
        whole.addWidget(self._preflight)

    @property
    def form(self) -> DeclaredForm:
        """The fields."""
        return self._form

    @property
    def plot(self) -> SchedulePlot:
        """The learning rate over the run."""
        return self._plot

    @property
    def preflight(self) -> PreflightPanel:
        """What a run would need and take."""
        return self._preflight

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One column or two."""
        super().resizeEvent(event)
        self._form.set_columns(2 if self.width() >= TWO_COLUMNS else 1)
        self._help.setFixedHeight(HELP_LINES * self._help.fontMetrics().lineSpacing())

    def _follow(self, change: Change) -> None:
        if (change.before.training, change.before.data) != (change.after.training, change.after.data):
            self._show()

    def _follow_worker(self, state: str) -> None:
        if state == "ready":
            self._show()  # by now its devices are known

    def _show(self) -> None:
        experiment = self._bridge.experiment
        recipe, task = experiment.training, experiment.data.info().task
        devices = self._devices(recipe)
        self._form.show_value(
            recipe,
            self._found(recipe),
            only=[p.name for p in recipe.parameters if _means_something(p.name, recipe, task)],
            offered={"loss": ("auto", *LOSSES[task]), "device": devices},
            blanks={name: number(value) for name, value in OPTIMIZERS[recipe.optimizer].defaults.items()},
        )
        self._plot.show_recipe(recipe)
        self._schedule.setText(schedule_words(recipe))

    def _devices(self, recipe: TrainingRecipe) -> tuple[str, ...]:
        """What there is; the recipe's even where there is no such device."""
        hello = self._worker.hello
        fitting = fitting_devices([d.id for d in hello.devices] if hello is not None else ())
        return fitting if recipe.device in fitting else (*fitting, recipe.device)

    def _found(self, recipe: TrainingRecipe) -> list[Diagnostic]:
        hello = self._worker.hello
        absent = why_absent(recipe.device, [d.id for d in hello.devices]) if hello is not None else ""
        return [Diagnostic(Severity.ERROR, "", "device", absent)] if absent else []

    def _edit(self, name: str, value: Any, gesture: str) -> None:
        recipe = dataclasses.replace(self._bridge.experiment.training, **{name: value})
        if not self._bridge.do(SetTraining(recipe=recipe, gesture=gesture)):
            self._show()

    def _use_batch(self, size: int) -> None:
        self._edit("batch_size", size, "")


def _find_button() -> QPushButton:
    button = QPushButton("Find rate…")
    button.setObjectName("recipe_find_rate")
    button.setAccessibleName("Find learning rate")
    button.setToolTip("Try rising learning rates on a fresh network and draw the loss against them (Shift+F7)")
    set_icon(button, "search")
    return button


def _means_something(name: str, recipe: TrainingRecipe, task: Task) -> bool:
    """Whether the parameter has any effect for the task."""
    if name == "class_weights":
        return recipe.weighs_classes(task)
    if name == "label_smoothing":
        return recipe.smooths_labels(task)
    return name != "loss" or len(LOSSES[task]) > 1
