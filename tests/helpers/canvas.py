"""Networks to put on a canvas, and a hand that works it with real events."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.app.canvas import CanvasView
from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.palette.append import MIME
from cnnstudio.app.selection import Selection
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.document import Document
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.placing.layout import arrange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytestqt.qtbot import QtBot

    from cnnstudio.app.canvas.card import Port

Row = tuple[str, str, str, dict[str, Any]]
"""Id, kind, ids it reads with spaces between, parameters."""

EMPTY: tuple[Row, ...] = (("input", "Input", "", {}), ("output", "Output", "input", {}))
CHAIN: tuple[Row, ...] = (
    ("input", "Input", "", {}),
    ("conv", "Convolution", "input", {"filters": 6, "kernel_size": 5}),
    ("pool", "MaxPooling", "conv", {}),
    ("flat", "Flatten", "pool", {}),
    ("output", "Output", "flat", {}),
)
RESIDUAL: tuple[Row, ...] = (
    ("input", "Input", "", {}),
    ("stem", "Convolution", "input", {"filters": 8}),
    ("left", "Convolution", "stem", {"filters": 8}),
    ("right", "Convolution", "stem", {"filters": 8}),
    ("sum", "Add", "left right", {}),
    ("flat", "Flatten", "sum", {}),
    ("output", "Output", "flat", {}),
)


def experiment(*rows: Row) -> Experiment:
    """An experiment with these blocks, laid out."""
    blocks = [Block(id, spec_class(kind)(**values), tuple(reads.split())) for id, kind, reads, values in rows]
    places = arrange(Architecture.of(blocks))
    return Experiment(architecture=Architecture.of(dataclasses.replace(b, position=places[b.id]) for b in blocks))


class Studio(NamedTuple):
    """A canvas with its document and selection, shown, and a hand on it."""

    bridge: DocumentBridge
    selection: Selection
    canvas: CanvasView

    @classmethod
    def shown(cls, qtbot: QtBot, *rows: Row) -> Studio:
        """A canvas of 900 x 900 pixels at natural size."""
        bridge, selection = DocumentBridge(Document(experiment(*rows))), Selection()
        bridge.changed.connect(selection.keep_existing)
        canvas = CanvasView(bridge, selection)
        qtbot.addWidget(canvas)
        canvas.resize(900, 900)
        canvas.show()
        qtbot.waitExposed(canvas)
        canvas.set_zoom(1.0)
        canvas.centerOn(canvas.board.occupied().center())
        canvas.activateWindow()
        canvas.setFocus()
        qtbot.waitUntil(canvas.hasFocus)  # the platform makes a window active when it sees fit
        return cls(bridge, selection, canvas)

    @property
    def blocks(self) -> Mapping[str, Block]:
        """The document's blocks."""
        return self.bridge.experiment.architecture.blocks

    @property
    def selected(self) -> list[str]:
        """Ids of the selected blocks."""
        return list(self.selection.ids)

    @property
    def steps(self) -> int:
        """How many undo steps there are."""
        return self.bridge.document.index

    def chain(self) -> list[str]:
        """Ids in the order of the flow."""
        return list(self.bridge.experiment.architecture.topology.order)

    def at(self, place: QPointF) -> QPoint:
        """Where a place of the scene is in the viewport."""
        return self.canvas.mapFromScene(place)

    def middle(self, id: str) -> QPoint:
        """Where a card's centre is in the viewport."""
        return self.at(self.canvas.board.cards[id].body.center())

    def port(self, id: str, port: Port) -> QPoint:
        """Where a port is in the viewport."""
        return self.at(self.canvas.board.cards[id].port(port))

    def on_edge(self, source: str, target: str) -> QPoint:
        """A place on an edge."""
        return self.at(self.canvas.board.edges[source, target].path.pointAtPercent(0.5))

    def click(self, at: QPoint, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press and release the left button."""
        QTest.mouseClick(self.canvas.viewport(), Qt.MouseButton.LeftButton, modifier, at)

    def press(self, at: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        """Press a button and keep it."""
        QTest.mousePress(self.canvas.viewport(), button, Qt.KeyboardModifier.NoModifier, at)

    def move(self, at: QPoint) -> None:
        """Move the mouse."""
        QTest.mouseMove(self.canvas.viewport(), at)

    def release(self, at: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        """Let the button go."""
        QTest.mouseRelease(self.canvas.viewport(), button, Qt.KeyboardModifier.NoModifier, at)

    def drag(self, start: QPoint, end: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        """From a press to a release somewhere else, in three moves."""
        self.press(start, button)
        for part in (0.3, 0.7, 1.0):
            self.move(start + (end - start) * part)
        self.release(end, button)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press and release a key on the canvas."""
        QTest.keyClick(self.canvas, key, modifier)

    def carry(self, kind: str, at: QPoint, *, drop: bool = True) -> bool:
        """Drag a block in from the palette; returns whether the canvas took it, or would."""
        data = QMimeData()
        data.setData(MIME, kind.encode())
        copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        view = self.canvas.viewport()
        enter = QDragEnterEvent(at, copy, data, left, none)
        QApplication.sendEvent(view, enter)
        if not enter.isAccepted():
            return False
        over = QDragMoveEvent(at, copy, data, left, none)
        QApplication.sendEvent(view, over)
        if not drop or not over.isAccepted():
            return over.isAccepted()
        event = QDropEvent(QPointF(at), copy, data, left, none)
        QApplication.sendEvent(view, event)
        return event.isAccepted()

    def leave(self) -> None:
        """Drag the block out again."""
        QApplication.sendEvent(self.canvas.viewport(), QDragLeaveEvent())
