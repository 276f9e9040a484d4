"""The content of the Inspect page: composition. Every part follows the `Inspection` by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedWidget, QTabWidget, QVBoxLayout, QWidget
from typing_extensions import override

from cnnstudio.app.features.words import MessageView
from cnnstudio.app.inspect.block_list import BlockList
from cnnstudio.app.inspect.health.panel import HealthPanel
from cnnstudio.app.inspect.inspection import Inspection
from cnnstudio.app.inspect.kernels.panel import KernelsPanel
from cnnstudio.app.inspect.maps.panel import MapsPanel
from cnnstudio.app.inspect.mistakes.panel import MistakesPanel
from cnnstudio.app.inspect.probes.strip import ProbeStrip
from cnnstudio.app.inspect.subject_choice import SubjectChoice
from cnnstudio.app.inspect.timeline.bar import TimelineBar
from cnnstudio.app.inspect.timeline.film_dialog import FilmDialog, ask_place
from cnnstudio.app.inspect.why.panel import WhyPanel
from cnnstudio.app.tab_order import settle_parts
from cnnstudio.app.theme import mark, space
from cnnstudio.core.explaining import GradCam

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QFocusEvent

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.runs.library import RunLibrary
    from cnnstudio.app.selection import Selection
    from cnnstudio.app.worker_client import WorkerClient

TABS = ("maps", "kernels", "health", "why", "mistakes")
REMEMBERED = "inspect_tab"


class Part(Protocol):
    """A part of the page."""

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it."""


class InspectView(QFrame):
    """Network and probes above, blocks at the left, tabs in the middle, the timeline along the bottom."""

    def __init__(
        self,
        bridge: DocumentBridge,
        selection: Selection,
        worker: WorkerClient,
        run: RunController,
        preferences: Preferences,
        parent: QWidget | None = None,
        library: RunLibrary | None = None,
        *,
        at_once: bool = True,
    ) -> None:
        """`library`: the runs to choose from; None for one of its own. What is not made `at_once` is by `built`."""
        super().__init__(parent)
        mark(self, kind="panel")
        self._active = self._compares = False
        self.inspection = Inspection(bridge, selection, run, worker, preferences, self, library)
        self.subject = SubjectChoice(self.inspection)
        self.probes = ProbeStrip(self.inspection)
        self.blocks = BlockList(self.inspection)
        self.timeline = TimelineBar(self.inspection)
        self.tabs = QTabWidget()
        self._message = MessageView("inspect_message")
        self._stack = QStackedWidget()
        self._arrange()
        if at_once:
            for _ in self.built():
                pass

    def built(self) -> Iterator[None]:
        """Make the tabs, with a rest after each; to be gone through once, and to its end, before anyone sees them."""
        self.maps = MapsPanel(self.inspection, at_once=False)
        self._add_tab(self.maps, "Maps", "Every feature map of the block")
        yield
        yield from self.maps.built()
        yield
        self.kernels = KernelsPanel(self.inspection)
        self._add_tab(self.kernels, "Kernels", "The weights of the block, and how they change")
        yield
        self.health = HealthPanel(self.inspection)
        tip = "Weights, gradients and activations of every block over the run"
        self._add_tab(self.health, "Health", tip)
        yield
        self.why = WhyPanel(self.inspection, at_once=False)
        self._add_tab(self.why, "Why", "Why the network says what it says of this sample")
        yield
        yield from self.why.built()
        yield
        self.mistakes = MistakesPanel(self.inspection, at_once=False)
        self._add_tab(self.mistakes, "Mistakes", "The samples that the network gets wrong")
        yield
        yield from self.mistakes.built()
        yield
        self._connect()

    def _connect(self) -> None:
        settle_parts(self, (self.subject, self.probes, self.blocks, self.tabs, self.timeline))
        self.show_tab(self.inspection.preferences.choice(REMEMBERED))
        self.tabs.currentChanged.connect(self._choose_tab)
        self.inspection.networks.changed.connect(self._show_or_explain)
        self.inspection.subject_changed.connect(self._show_or_explain)
        self.timeline.export_wanted.connect(self._film)
        self.inspection.moment_changed.connect(self._follow_moments)
        self.mistakes.maps_wanted.connect(self._show_maps)
        self.mistakes.explanation_wanted.connect(self._explain)

    def _add_tab(self, panel: QWidget, title: str, tip: str) -> None:
        self.tabs.setTabToolTip(self.tabs.addTab(panel, title), tip)

    def _arrange(self) -> None:
        """Put together what holds the tabs, from the outside, see `LatePage.built`."""
        self.tabs.setObjectName("inspect_tabs")
        self.tabs.setAccessibleName("What is inspected")
        self.tabs.setToolTip("Feature maps, kernels, health of the training, explanations, mistakes (Alt+1 to Alt+5)")
        self.tabs.tabBar().setDrawBase(False)
        # Its bar takes the focus. As a stop of its own, which Qt puts last, it would send the Tab key back to the bar.
        nobody: Any = None  # which the annotation leaves out
        self.tabs.setFocusProxy(nobody)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(4), space(3), space(4), space(3))
        column.setSpacing(space(2))
        top = QHBoxLayout()
        top.setSpacing(space(3))
        column.addLayout(top)
        top.addWidget(self.subject)
        top.addWidget(self.probes, 1)
        self.probes.serve(self)
        middle = QSplitter(Qt.Orientation.Horizontal)
        middle.setObjectName("inspect_splitter")
        middle.setChildrenCollapsible(False)
        column.addWidget(self._stack, 1)
        self._stack.addWidget(middle)
        self._stack.addWidget(self._message)
        middle.addWidget(self.blocks)
        middle.addWidget(self.tabs)
        middle.setStretchFactor(1, 1)
        middle.setSizes([220, 900])
        column.addWidget(self.timeline)

    def set_active(self, active: bool) -> None:
        """Whether the page is in sight. Only what can be seen asks for anything."""
        self._active = active
        always: tuple[Part, ...] = (self.subject, self.blocks, self.probes, self.timeline)
        for part in always:
            part.set_active(active)
        self._activate()

    def show_tab(self, name: str) -> None:
        """Bring the tab of that name in `TABS` to the front; another name changes nothing."""
        if name in TABS:
            self.tabs.setCurrentIndex(TABS.index(name))

    @override
    def focusInEvent(self, event: QFocusEvent, /) -> None:
        """Keys are for the blocks."""
        super().focusInEvent(event)
        self.blocks.setFocus()

    def _choose_tab(self, place: int) -> None:
        self.inspection.preferences.keep_choice(REMEMBERED, TABS[place])
        self._activate()

    def _show_or_explain(self) -> None:
        networks, subject = self.inspection.networks, self.inspection.subject
        if networks.problem:
            self._message.say("Not this run", f"{networks.problem} Choose another network above (Alt+N).")
        elif subject is not None and not subject.blocks:
            do = "Mend what stands in Problems on the Design page (Ctrl+1), or choose a run above (Alt+N)."
            self._message.say("No block can be computed", do)
        fine = subject is not None and bool(subject.blocks) and not networks.problem
        self._stack.setCurrentIndex(0 if fine else 1)

    def _activate(self) -> None:
        tabs: tuple[Part, ...] = (self.maps, self.kernels, self.health, self.why, self.mistakes)
        shown: object = self.tabs.currentWidget()
        for panel in tabs:
            panel.set_active(self._active and panel is shown)

    def _show_maps(self) -> None:
        """The maps of a sample that was found on another tab."""
        self.tabs.setCurrentWidget(self.maps)
        self.maps.setFocus()

    def _explain(self) -> None:
        """Why the network says what it says of a sample that was found on another tab."""
        self.tabs.setCurrentWidget(self.why)
        self.why.explain(GradCam.name)
        self.why.setFocus()

    def _follow_moments(self) -> None:
        """A second moment stands on the walls and in the plots; on another tab nothing would be seen of it."""
        compares = self.inspection.second_moment is not None
        if compares and not self._compares and self.tabs.currentWidget() not in (self.maps, self.health):
            self.tabs.setCurrentWidget(self.maps)
        self._compares = compares

    def _film(self, form: str) -> None:
        """Save what is shown of the moments: kernels, or else the maps."""
        if self.tabs.currentWidget() is not self.kernels:
            self.tabs.setCurrentWidget(self.maps)
        stage = self.kernels if self.tabs.currentWidget() is self.kernels else self.maps.splitter
        path = ask_place(self, form, self.inspection)
        if path is not None:
            FilmDialog(form, path, stage, self.inspection, self.timeline.player, self).open()
