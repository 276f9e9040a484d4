"""The comparison of runs in a window of its own, and the gestures of a person who compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
)

from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.runs.comparison.panel import ComparisonPanel
from tests.helpers.drawn_runs import drawn_run

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cnnstudio.core.formats.run_index import RunSummary

LEFT = Qt.MouseButton.LeftButton
SHIFT, CTRL, NONE = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.NoModifier,
)


class Comparison:
    """The panel in a window of its own, and what a person does with it."""

    def __init__(self, bot: QtBot, root: Path) -> None:
        self.bot, self.root = bot, root
        self.panel = ComparisonPanel()
        bot.addWidget(self.panel)
        self.panel.resize(1200, 400)
        self.panel.show()
        bot.waitExposed(self.panel)

    def show(self, *runs: RunSummary) -> None:
        self.panel.show_runs(runs)
        self.bot.waitUntil(lambda: not self.panel.reader.is_reading)

    def three(self) -> tuple[RunSummary, ...]:
        """Of 5, 8 and 3 epochs; the later the better."""
        runs = tuple(
            drawn_run(self.root / name, name=name, epochs=epochs, rate=rate)
            for name, epochs, rate in (("slow", 5, 0.001), ("middling", 8, 0.004), ("fast", 3, 0.02))
        )
        self.show(*runs)
        return runs

    def part(self, kind: type[Any], name: str) -> Any:
        found = self.panel.findChild(kind, name)
        assert found is not None, name
        return found

    def lines(self) -> list[tuple[str, list[float]]]:
        """Colour and values of the lines as they are drawn, those of little opacity left out."""
        self.panel.canvas.redraw()
        axes = self.panel.canvas.plot.axes
        assert axes is not None
        drawn = [found for found in axes.get_lines() if found.get_alpha() is None or found.get_alpha() == 1.0]
        return [(str(found.get_color()), np.asarray(found.get_ydata()).tolist()) for found in drawn]

    def choose(self, name: str, text: str) -> None:
        """Choose in a combo box by keys."""
        box = self.part(QComboBox, name)
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Home)
        while box.currentText() != text:
            before = box.currentIndex()
            QTest.keyClick(box, Qt.Key.Key_Down)
            assert box.currentIndex() > before, f"{text} is not offered"

    def press_segment(self, name: str, text: str) -> None:
        row = self.part(Segments, name)
        at = row.segment_rect(row.texts.index(text)).center().toPoint()
        QTest.mouseClick(row, LEFT, NONE, at)

    def at(self, across: float, up: float) -> QPoint:
        """A point of the canvas by shares of the axes."""
        room = self.panel.canvas.room
        return QPointF(room.left() + across * room.width(), room.bottom() - up * room.height()).toPoint()

    def drag(self, start: QPoint, end: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
        canvas = self.panel.canvas
        QTest.mousePress(canvas, LEFT, keys, start)
        for share in (0.3, 0.7, 1.0):
            QTest.mouseMove(
                canvas,
                QPoint(
                    round(start.x() + share * (end.x() - start.x())), round(start.y() + share * (end.y() - start.y()))
                ),
            )
        QTest.mouseRelease(canvas, LEFT, keys, end)

    def wheel(self, at: QPoint, steps: int, keys: Qt.KeyboardModifier = NONE) -> None:
        canvas = self.panel.canvas
        place = QPointF(at)
        event = QWheelEvent(
            place, canvas.mapToGlobal(place), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton, keys,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(canvas, event)

    def row(self, number: int) -> QPoint:
        """The middle of a row of the legend."""
        legend = self.panel.legend
        return legend.visualRect(legend.model().index(number, 0)).center()

    def hidden(self) -> set[str]:
        return {folder.name for folder in self.panel.legend.rows.hidden}
