"""The inspector: a card for the selected block, for several, or for the experiment when none is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.app.inspector.block_card import BlockCard
from cnnstudio.app.inspector.experiment_card import ExperimentCard
from cnnstudio.app.inspector.pieces import settle
from cnnstudio.app.inspector.several_card import SeveralCard
from cnnstudio.app.theme import mark, space
from cnnstudio.app.when_shown import WhenShown

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.selection import Selection

NARROWEST, FEWEST_LETTERS = 264, 36
"""Pixels, and letters of the font: forms need so much room, and a panel scrolled sideways is no form."""


class InspectorPanel(QFrame):
    """Follows the selection and the document; hidden, it does nothing until it is shown again."""

    def __init__(self, bridge: DocumentBridge, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._selection = selection
        self._scroll = QScrollArea(self)
        self._content = QWidget(self)
        self._subject: tuple[str, ...] | None = None
        self.block_card = BlockCard(bridge, self)
        self.several_card = SeveralCard(bridge, self)
        self.experiment_card = ExperimentCard(bridge, self)
        self._lay_out()
        self._when_shown = WhenShown(self, self._refresh)
        bridge.changed.connect(self._when_shown.ask)
        selection.changed.connect(self._when_shown.ask)
        selection.parameter_wanted.connect(self._focus_parameter)
        self.several_card.duplicated.connect(selection.select)

    def _lay_out(self) -> None:
        self.setObjectName("inspector")
        self.setAccessibleName("Inspector")
        self.setMinimumWidth(max(NARROWEST, self.fontMetrics().averageCharWidth() * FEWEST_LETTERS))
        mark(self, kind="panel")
        self._scroll.setObjectName("inspector_scroll")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        frame = QVBoxLayout(self)
        frame.setContentsMargins(0, 0, 0, 0)
        frame.addWidget(self._scroll)
        column = QVBoxLayout(self._content)
        column.setContentsMargins(space(3), space(3), space(3), space(3))
        for card in (self.block_card, self.several_card, self.experiment_card):
            column.addWidget(card)
            card.hide()
        column.addStretch(1)
        self._scroll.setWidget(self._content)

    def _refresh(self) -> None:
        known = self._bridge.trace.blocks
        ids = tuple(i for i in self._selection.ids if i in known)
        card: QWidget = self.experiment_card
        if len(ids) == 1:
            card = self.block_card
            self.block_card.show_block(ids[0])
        elif ids:
            card = self.several_card
            self.several_card.show_blocks(ids)
        else:
            self.experiment_card.show_experiment()
        for each in (self.block_card, self.several_card, self.experiment_card):
            each.setVisible(each is card)
        settle(self._content)
        settle(self._content)  # wrapped texts know their heights only after the first pass has set their widths
        QApplication.sendEvent(self._content, QEvent(QEvent.Type.LayoutRequest))  # the scroll area listens to this
        if ids != self._subject:
            self._subject = ids
            self._scroll.verticalScrollBar().setValue(0)

    def _focus_parameter(self, name: str) -> None:
        if not name or not self.isVisible() or self.block_card.isHidden():
            return
        if self.block_card.form.focus_field(name):
            QTimer.singleShot(0, self, self._bring_into_sight)  # once a card that has just appeared is laid out

    def _bring_into_sight(self) -> None:
        field = QApplication.focusWidget()
        if field is not None and self.isAncestorOf(field):
            self._scroll.ensureWidgetVisible(field, 0, space(12))
