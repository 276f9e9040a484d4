"""The samples behind a number: which of them, in which order, as thumbnails. The one that is chosen is the probe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.data.gallery_view import GalleryView
from cnnstudio.app.data.loader import SampleLoader, Wish, unvaried
from cnnstudio.app.features.words import MessageView, tool, words
from cnnstudio.app.format import counted
from cnnstudio.app.inspect.mistakes.sample_model import ChosenSamples
from cnnstudio.app.inspect.mistakes.tally import ALL, WRONG, Choice, kinds, orders
from cnnstudio.app.inspect.why.controls import combo
from cnnstudio.app.inspector.segments import segments
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QModelIndex
    from PySide6.QtGui import QKeyEvent

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.mistakes.tally import Tally
    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.wire.messages import Samples

SORTED = "mistakes/order"


class MistakesView(GalleryView):
    """Thumbnails of which the current one is looked at; keys show it elsewhere."""

    explanation_wanted = Signal()
    """G: explain the sample."""
    all_wanted = Signal()
    """Escape: show all samples again."""

    def __init__(self, model: ChosenSamples, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.setObjectName("mistakes_samples")
        self.setAccessibleName("Samples")
        self.setToolTip("The current sample is the probe. Enter shows its maps, G its Grad-CAM, Escape all samples")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """G and Escape; the rest is the gallery's."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() == Qt.Key.Key_G and self.currentIndex().isValid():
            self.explanation_wanted.emit()
        elif plain and event.key() == Qt.Key.Key_Escape:
            self.all_wanted.emit()
        else:
            super().keyPressEvent(event)


class MistakesGallery(QWidget):
    """Shows the samples of a `Choice`, and asks for those in sight."""

    picked = Signal(int)
    """Place in the part of the sample that the person has chosen."""
    maps_wanted = Signal()
    """The person wants to see the maps of the current sample."""
    explanation_wanted = Signal()
    """The person wants to know why the network says what it says of the current sample."""
    all_wanted = Signal()
    """No cell and no class is wanted any more."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mistakes_gallery")
        self._inspection = inspection
        self._tally: Tally | None = None
        self._choice = Choice()
        self._data: tuple[object, ...] = ()
        self._judged: Subject | None = None
        self._part = ""
        self.samples = ChosenSamples(self)
        self.view = MistakesView(self.samples)
        self._loader = SampleLoader(inspection.worker, self)
        self._title = words("mistakes_title", scale="title")
        self._count = words("mistakes_count", tone="muted", scale="caption")
        self._all = tool("mistakes_all", "close", "Show all samples again (Esc)")
        tip = "Of a class: missed is what is of it and has another answer, false the other way round"
        self._kinds = segments("mistakes_kinds", "Which samples", tip, ())
        self._order = combo(
            "mistakes_order",
            "Order",
            "What stands first; the worst have the most mistakes, and of those the largest loss",
        )
        self._message = MessageView("mistakes_samples_message")
        self._stack = QStackedWidget()
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        policy = self._all.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing jumps when it comes
        self._all.setSizePolicy(policy)
        self._order.setMinimumWidth(120)
        self._order.setMaximumWidth(200)
        head = QHBoxLayout()
        head.setSpacing(space(2))
        head.addWidget(self._title)
        head.addWidget(self._count, 1)
        head.addWidget(self._all)
        fields = QHBoxLayout()
        fields.setSpacing(space(2))
        fields.addWidget(self._kinds)
        fields.addStretch(1)
        fields.addWidget(self._order, 2)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._message)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(3), 0, space(3), 0)
        column.setSpacing(space(2))
        column.addLayout(head)
        column.addLayout(fields)
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.view.sighted.connect(self._ask_for)
        self.view.opened.connect(self._open)
        self.view.explanation_wanted.connect(self.explanation_wanted)
        self.view.all_wanted.connect(self.all_wanted)
        self.view.selectionModel().currentChanged.connect(self._pick)
        self._all.clicked.connect(self.all_wanted)
        self._kinds.chosen.connect(self._choose_kind)
        self._order.textActivated.connect(self._choose_order)
        self._loader.loaded.connect(self._put)
        self._loader.failed.connect(self._fail)
        self._message.action.connect(self._retry)
        self._inspection.sample_changed.connect(self._follow_probe)

    @property
    def choice(self) -> Choice:
        """What is shown."""
        return self._choice

    @property
    def order(self) -> str:
        """In which order."""
        return self._order.currentText()

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking; only then are samples asked for."""
        self._loader.set_active(active)
        if active:
            self.view.look()

    def show_tally(self, tally: Tally | None, part: str) -> None:
        """Samples of that part, judged so; None: nothing is known of them."""
        subject = self._inspection.subject
        self._tally = tally
        if tally is None or subject is None:
            self._fill()
            return
        data = unvaried(subject.experiment.data), part
        data_are_others = data != self._data
        network_is_another = self._judged is None or not subject.continues(self._judged)
        self._judged = subject
        if data_are_others:
            self._data, self._part = data, part
            self._loader.drop()
            self.samples.begin(part, tally.info, self.devicePixelRatioF())
            self.view.fit(tally.info)
        offered = orders(tally.info.task)
        if offered != tuple(self._order.itemText(i) for i in range(self._order.count())):
            wanted = self._inspection.preferences.choice(SORTED)
            self._order.clear()
            self._order.addItems(list(offered))
            self._order.setCurrentIndex(offered.index(wanted) if wanted in offered else 0)
        self._show(self._choice, anew=data_are_others or network_is_another)

    def choose(self, choice: Choice) -> None:
        """Show the samples of this choice; its kind where it has one, else all."""
        self._show(choice, anew=True)

    def _show(self, choice: Choice, *, anew: bool) -> None:
        if self._tally is not None:
            offered = kinds(self._tally.info.task, choice)
            if choice.kind not in offered and choice.kind != ALL:
                choice = Choice(choice.cell, choice.label)
            self._offer_kinds(offered, choice.kind)
        self._choice = choice
        self._fill(anew=anew)

    def _offer_kinds(self, offered: Sequence[str], kind: str) -> None:
        self._kinds.setVisible(bool(offered))
        if offered and tuple(offered) != self._kinds.texts:
            self._kinds.show_texts(offered)
        if kind in offered:
            self._kinds.show_index(offered.index(kind))

    def _fill(self, *, anew: bool = True) -> None:
        """Show what is chosen, from the top where it is `anew`, else where the person has come to."""
        tally, bar = self._tally, self.view.verticalScrollBar()
        place = 0 if anew else bar.value()
        self._all.setVisible(self._choice.cell is not None or self._choice.label is not None)
        if tally is None:
            self.samples.show_order(None, self.samples.order[:0])
            self._title.clear()
            self._count.clear()
            return
        found = tally.chosen(self._choice, self.order)
        self._title.setText(tally.title(self._choice))
        so_far = "" if tally.is_whole else " so far"
        self._count.setText(f"{counted(len(found), 'sample')}{so_far}")
        self.samples.show_order(tally, found, (self.order, self._choice))
        self.view.doItemsLayout()
        bar.setValue(place)
        if len(found):
            self._stack.setCurrentWidget(self.view)
        else:
            best = self._choice == Choice(kind=WRONG)
            self._message.say(*(NONE_SO_FAR if so_far else NO_MISTAKES if best else NONE_OF_IT))
            self._stack.setCurrentWidget(self._message)
        self._mark_probe()
        self.view.look()

    def _choose_kind(self, index: int) -> None:
        self.choose(Choice(self._choice.cell, self._choice.label, self._kinds.texts[index]))

    def _choose_order(self, title: str) -> None:
        self._inspection.preferences.keep_choice(SORTED, title)
        self._fill()

    # Samples

    def _ask_for(self, first: int, last: int) -> None:
        subject = self._inspection.subject
        if subject is None or self._loader.is_waiting or self._tally is None:
            return
        missing = self.samples.missing(first, last)
        if missing:
            wish = Wish(subject.experiment, self._part, 0, 0, self.samples.edge, indices=missing)
            self._loader.want(wish, at_once=True)

    def _put(self, samples: Samples) -> None:
        self.samples.put(samples)
        if self._stack.currentWidget() is self._message and len(self.samples.order):
            self._stack.setCurrentWidget(self.view)
        self.view.look()

    def _fail(self, sentence: str, details: str) -> None:
        self._message.say("The samples cannot be shown", sentence, action="Retry", details=details)
        self._stack.setCurrentWidget(self._message)

    def _retry(self) -> None:
        self._stack.setCurrentWidget(self.view)
        self._loader.retry()

    def _pick(self, current: QModelIndex) -> None:
        sample = self.samples.sample(current.row()) if current.isValid() else None
        if sample is not None:
            self.picked.emit(sample)

    def _open(self, row: int) -> None:
        self.maps_wanted.emit()

    def _row_in_front(self) -> int | None:
        probe = self._inspection.sample
        return self.samples.row_of(probe.index) if probe.part == self._part else None

    def _mark_probe(self) -> None:
        """Mark the sample in front where it stands among the first: others came to see what stands there."""
        row = self._row_in_front()
        if row is not None and row <= self.view.sight()[1]:
            self.view.setCurrentIndex(self.samples.index(row))

    def _follow_probe(self) -> None:
        """Another sample is in front: show it, where it is among these."""
        row = self._row_in_front()
        self.view.setCurrentIndex(self.samples.index(-1 if row is None else row))


NONE_SO_FAR = ("None so far", "No sample of this kind is among those that are judged.")
NONE_OF_IT = ("None", "No sample of the part is of this kind.")
NO_MISTAKES = ("No mistakes", "The network answers every sample of the part rightly.")
