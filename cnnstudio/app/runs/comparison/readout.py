"""The values at one place of a comparison, best first: what they are, and the small table painted beside the place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen

from cnnstudio.app.runs.comparison.lines import Against
from cnnstudio.app.runs.comparison.swatch import draw_line
from cnnstudio.app.theme import RADIUS, Role, Scale, space, theme
from cnnstudio.core.metrics import higher_is_better, metric_value

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cnnstudio.app.runs.comparison.lines import Drawing, Line

SWATCH = 18
WIDEST_NAME, NARROWEST_NAME = 320, 60
"""Pixels for a name: as many as leave the place itself in sight."""
OPAQUE = 0.94


@dataclass(frozen=True, slots=True)
class Reading:
    """One line's value there."""

    line: Line
    at: int
    """Which of its points."""

    @property
    def value(self) -> float:
        """The value as it is drawn."""
        return self.line.y[self.at]


def readings(drawing: Drawing, x: float, hidden: Iterable[Path] = ()) -> list[Reading]:
    """The values nearest to that place, best first; lines that are not there, or have no number there, are left out."""
    gone = set(hidden)
    found = []
    for line in drawing.lines:
        at = None if line.run in gone else line.nearest(x)
        if at is not None and math.isfinite(line.y[at]):
            found.append(Reading(line, at))
    return sorted(found, key=lambda r: r.value, reverse=higher_is_better(drawing.choice.metric))


def place_words(drawing: Drawing, x: float) -> str:
    """Where that is: "Epoch 12", "3.4 minutes"."""
    if drawing.choice.against is Against.EPOCHS:
        return f"Epoch {round(x):,}"
    return f"{x:,.3g} {drawing.unit}"


def value_words(drawing: Drawing, reading: Reading) -> str:
    """A value; where it is smoothed, what was measured in brackets."""
    metric = drawing.choice.metric
    told = metric_value(metric, reading.value)
    measured = reading.line.measured[reading.at]
    if measured == reading.value:
        return told
    return f"{told} ({metric_value(metric, measured)})"


def name_words(drawing: Drawing, line: Line) -> str:
    """What a line is called among the others."""
    if not drawing.is_mixed:
        return line.label
    return f"{line.label}, {'validation' if line.validation else 'training'}"


def words(drawing: Drawing, x: float, found: list[Reading]) -> str:
    """All of it in one sentence, for those who do not see it."""
    told = [f"{name_words(drawing, r.line)}: {value_words(drawing, r)}" for r in found]
    return f"{place_words(drawing, x)}. {'; '.join(told)}" if told else f"{place_words(drawing, x)}: no value"


def paint(
    painter: QPainter, drawing: Drawing, found: list[Reading], x: float, at: QPointF, room: QRectF, nearest: Line | None
) -> None:
    """A table of the values beside the point `at`, within `room`; of more than fit the best, and the nearest line's."""
    small, strong = theme().font(Scale.CAPTION), theme().font(Scale.CAPTION, bold=True)
    metrics, bold = QFontMetrics(small), QFontMetrics(strong)
    height = metrics.height() + space(1)
    most = max(1, int((room.height() - 2 * space(2)) // height) - 2)
    shown = _shown(found, most, nearest)
    values = [value_words(drawing, r) for r in shown]
    value_width = max((bold.horizontalAdvance(value) for value in values), default=0)
    free = max(at.x() - room.left(), room.right() - at.x()) - 3 * space(3)
    widest = min(WIDEST_NAME, max(NARROWEST_NAME, free - SWATCH - space(2) - space(4) - value_width))
    names = [bold.elidedText(name_words(drawing, r.line), Qt.TextElideMode.ElideMiddle, round(widest)) for r in shown]
    lines = list(zip(shown, names, values, strict=True))
    more = f"and {len(found) - len(shown):,} more" if len(found) > len(shown) else ""
    head = place_words(drawing, x)
    name_width = max((bold.horizontalAdvance(name) for _, name, _ in lines), default=0)
    inner = max(SWATCH + space(2) + name_width + space(4) + value_width, bold.horizontalAdvance(head))
    size = (inner + 2 * space(3), height * (1 + len(lines) + bool(more)) + 2 * space(2))
    frame = _beside(at, *size, room)
    _ground(painter, frame)
    left, right, y = frame.left() + space(3), frame.right() - space(3), frame.top() + space(2)
    painter.setFont(strong)
    painter.setPen(theme().color(Role.TEXT))
    painter.drawText(QRectF(left, y, inner, height), Qt.AlignmentFlag.AlignVCenter, head)
    for reading, name, value in lines:
        y += height
        draw_line(painter, QRectF(left, y, SWATCH, height), reading.line, mixed=drawing.is_mixed)
        painter.setFont(strong if reading.line is nearest else small)
        painter.setPen(theme().color(Role.TEXT))
        row = QRectF(left + SWATCH + space(2), y, right - left - SWATCH - space(2), height)
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, value)
    if more:
        painter.setFont(small)
        painter.setPen(theme().color(Role.MUTED))
        painter.drawText(QRectF(left, y + height, inner, height), Qt.AlignmentFlag.AlignVCenter, more)


def _shown(found: list[Reading], most: int, nearest: Line | None) -> list[Reading]:
    shown = found[:most]
    last = next((r for r in found[most:] if r.line is nearest), None)
    return [*shown[:-1], last] if last is not None else shown


def _beside(at: QPointF, width: float, height: float, room: QRectF) -> QRectF:
    """To the right of the point, or to the left where there is no room but more; level with it as far as it fits."""
    left = at.x() + space(3)
    if left + width > room.right() and at.x() > room.center().x():
        left = at.x() - space(3) - width
    left = max(room.left(), min(left, room.right() - width))
    top = min(max(room.top(), at.y() - height / 2), room.bottom() - height)
    return QRectF(left, max(0.0, top), width, height)


def _ground(painter: QPainter, frame: QRectF) -> None:
    ground = theme().color(Role.RAISED)
    ground.setAlphaF(OPAQUE)
    painter.setPen(QPen(theme().color(Role.BORDER), 1))
    painter.setBrush(ground)
    painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


def paint_place(painter: QPainter, found: list[Reading], points: list[QPointF], x: float, room: QRectF) -> None:
    """A line at the place, and a dot on each line that has a value there."""
    painter.setPen(QPen(theme().color(Role.EDGE), 1, Qt.PenStyle.DashLine))
    painter.drawLine(QLineF(x, room.top(), x, room.bottom()))
    painter.setPen(QPen(theme().color(Role.SURFACE), 1.5))
    for reading, point in zip(found, points, strict=True):
        if room.contains(point):
            painter.setBrush(theme().series(reading.line.slot))
            painter.drawEllipse(point, 4, 4)
