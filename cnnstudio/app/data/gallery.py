"""The gallery: every sample of a part, as thumbnails to scroll through, and one of them large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.data.gallery_model import GalleryModel
from cnnstudio.app.data.gallery_view import GalleryView
from cnnstudio.app.data.loader import SampleLoader, Wish
from cnnstudio.app.data.sample_detail import SampleDetail
from cnnstudio.app.features.words import MessageView, words
from cnnstudio.app.format import count
from cnnstudio.app.theme import mark, space
from cnnstudio.core.data.info import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Samples

NOTES = {
    "training": "The network learns from these samples.",
    "validation": "Watched while training, to see how the network does on samples it does not learn from.",
    "test": "Never used in training, nor for any choice: only for the one test after a run.",
}
OVERLAYS = {Task.SEGMENTATION: "Show masks", Task.DETECTION: "Show boxes"}


class Gallery(QWidget):
    """Chooser of the part, its samples, and one of them large. It asks for what is in sight and not here."""

    find_wanted = Signal()
    """The files are not where they were: the person wants to say where they are."""
    filled = Signal(object)
    """Samples have arrived: they know the parts and counts, too."""

    def __init__(self, worker: WorkerClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_gallery")
        self._part = "training"
        self._experiment: Experiment | None = None
        self._lost = False
        self._buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        for part in NOTES:
            self._buttons[part] = self._part_button(part)
        self._note = words("data_part_note", NOTES[self._part], tone="muted", wrap=True)
        self._overlay = QCheckBox()
        self._overlay.setObjectName("data_masks")
        self._overlay.setToolTip("Draw what the network is to answer over the images, in the colours of the classes")
        self._overlay.setChecked(True)
        self._samples = GalleryModel(self)
        self._list = GalleryView(self._samples)
        self._detail = SampleDetail(worker)
        self._message = MessageView("data_message")
        self._stack = QStackedWidget()
        for page in (self._message, self._list, self._detail):
            self._stack.addWidget(page)
        self._loader = SampleLoader(worker, self)
        self._connect()
        self._arrange()
        self._say("One moment", "Loading the samples…")

    def _connect(self) -> None:
        self._message.action.connect(self._act)
        self._overlay.toggled.connect(self._samples.set_overlaid)
        self._overlay.toggled.connect(self._detail.set_overlaid)
        self._list.sighted.connect(self._ask_for)
        self._list.opened.connect(self._enlarge)
        self._detail.closed.connect(self._show_list)
        self._detail.moved.connect(self._follow_detail)
        self._loader.loading.connect(self._show_loading)
        self._loader.failed.connect(self._show_failure)
        self._loader.loaded.connect(self._fill)

    def _part_button(self, part: str) -> QPushButton:
        button = QPushButton(part.capitalize())
        button.setObjectName(f"data_part_{part}")
        button.setAccessibleName(f"{part.capitalize()} part")
        button.setToolTip(NOTES[part])
        button.setCheckable(True)
        button.setChecked(part == self._part)
        mark(button, kind="flat")
        button.clicked.connect(self._choose_part)
        self._group.addButton(button)
        return button

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(1))
        for button in self._buttons.values():
            top.addWidget(button)
        top.addStretch(1)
        top.addWidget(self._overlay)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(4), space(3), space(4), space(2))
        column.setSpacing(space(2))
        column.addLayout(top)
        column.addWidget(self._note)
        column.addWidget(self._stack, 1)

    @property
    def samples(self) -> GalleryView:
        """The list of thumbnails."""
        return self._list

    @property
    def model(self) -> GalleryModel:
        """What is in it."""
        return self._samples

    @property
    def detail(self) -> SampleDetail:
        """The sample that is seen large."""
        return self._detail

    @property
    def part(self) -> str:
        """The part that is shown."""
        return self._part

    @property
    def message(self) -> str:
        """What is said in place of samples; "" while they are shown."""
        return self._message.text if self._stack.currentWidget() is self._message else ""

    def set_active(self, active: bool) -> None:
        """Whether the page is in sight; only then are samples asked for."""
        self._loader.set_active(active)
        self._detail.set_active(active)

    def show_experiment(self, experiment: Experiment, problem: str = "") -> None:
        """Show the samples of its data from the first on; where there can be none, `problem` says why."""
        self._experiment = experiment
        info = experiment.data.info()
        self._overlay.setVisible(info.task in OVERLAYS)
        self._overlay.setText(OVERLAYS.get(info.task, ""))
        self._overlay.setAccessibleName(OVERLAYS.get(info.task, "Show masks"))
        self._detail.drop()
        self._begin(problem)

    def show_lost(self, place: str) -> None:
        """Nothing lies at `place` any more: say so, and offer to look elsewhere."""
        self._loader.drop()
        self._lost = True
        text = f"Nothing lies at {place} any more. Say where the files are now: nothing else changes."
        self._message.say("The data have moved", text, action="Find the data…", tip="Choose where the files are now")
        self._stack.setCurrentWidget(self._message)

    def show_parts(self, parts: Mapping[str, int]) -> None:
        """Write the number of samples on the part buttons."""
        for part, button in self._buttons.items():
            number = f"  {count(parts[part])}" if part in parts else ""
            button.setText(f"{part.capitalize()}{number}")

    def _begin(self, problem: str = "", *, at_once: bool = False) -> None:
        if self._experiment is None:
            return
        if self._stack.currentWidget() is self._detail:
            self._stack.setCurrentWidget(self._message)
        self._samples.begin(self._part, self._experiment.data.info(), self.devicePixelRatioF())
        self._list.fit(self._experiment.data.info())
        if problem:
            self._loader.drop()
            self._say("There is nothing to show yet", problem)
        else:
            self._loader.want(self._wish(self._experiment, 0), at_once=at_once)

    def _act(self) -> None:
        if self._lost:
            self.find_wanted.emit()
        else:
            self._loader.retry()

    def _wish(self, experiment: Experiment, start: int) -> Wish:
        return Wish(experiment, self._part, start, self._samples.length, self._samples.edge)

    def _ask_for(self, first: int, last: int) -> None:
        """One page at a time: when it is here, the next one is of what is in sight then."""
        if self._experiment is None or not self._samples.rowCount() or self._loader.is_waiting:
            return
        start = self._samples.missing(first, last)
        if start is not None:
            self._loader.want(self._wish(self._experiment, start), at_once=True)

    def _fill(self, samples: Samples) -> None:
        self._samples.put(samples)
        if self._stack.currentWidget() is self._message:
            self._stack.setCurrentWidget(self._list)
        self.filled.emit(samples)
        if not samples.total:
            self._say("No samples", f"The {self._part} part is empty.")
        self._list.look()

    def _choose_part(self) -> None:
        part = next(p for p, b in self._buttons.items() if b.isChecked())
        if part != self._part:
            self._part = part
            self._note.setText(NOTES[part])
            self._begin(at_once=True)

    def _enlarge(self, row: int) -> None:
        if self._experiment is not None:
            self._detail.show_sample(self._experiment, self._part, row, self._samples.rowCount())
            self._stack.setCurrentWidget(self._detail)
            self._detail.setFocus()

    def _follow_detail(self, row: int) -> None:
        index = self._samples.index(row)
        self._list.setCurrentIndex(index)

    def _show_list(self) -> None:
        self._stack.setCurrentWidget(self._list)
        self._list.scrollTo(self._list.currentIndex())
        self._list.setFocus()

    def _show_loading(self, text: str) -> None:
        if not self._samples.rowCount():
            self._say("One moment", text)

    def _show_failure(self, sentence: str, details: str) -> None:
        self._say("The samples cannot be shown", sentence, "Retry", details)

    def _say(self, title: str, text: str, action: str = "", details: str = "") -> None:
        self._lost = False
        self._message.say(title, text, action=action, tip="Ask for the samples again", details=details)
        self._stack.setCurrentWidget(self._message)
