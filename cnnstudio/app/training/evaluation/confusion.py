"""The confusion matrix, a row for each true class and a column for each answer: painted, zoomed, walked by keys."""

from __future__ import annotations

import functools
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QSizePolicy, QToolTip, QWidget

from cnnstudio.app.format import count, share, short
from cnnstudio.app.theme import Role, Scale, space, theme, themes
from cnnstudio.app.theme.ink import ink_on
from cnnstudio.core import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

LEAST, MOST = 3.0, 96.0
"""Edges of a cell in pixels."""
NAMED = 11
"""From this edge on rows and columns have names."""
STEP = 1.25
"""Factor of one step of zooming."""
SHADES = 129
"""Strengths of a colour that are told apart."""


class ConfusionMatrix(QAbstractScrollArea):
    """Right answers in one colour, wrong ones in another, each as strong as its share of the true class."""

    pointed = Signal(str)
    """What the cell under the mouse, or the one that keys have come to, says; "" for none."""
    chosen = Signal(int, int)
    """Row and column of the cell that a click, or keys, have come to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confusion_matrix")
        self.setAccessibleName("Confusion matrix")
        self.setToolTip("Rows are the truth, columns the answers. Arrow keys walk, + and - zoom, Ctrl+C copies")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.viewport().setMouseTracking(True)
        self._counts: Any = np.zeros((0, 0), np.int64)
        self._shares: Any = np.zeros((0, 0), np.float32)
        self._names: tuple[str, ...] = ()
        self._widest: int | None = None
        """Pixels of the widest name with room beside it, once measured: every cell's place depends on it."""
        self._has_none = False
        self._as_shares = False
        self._zoom = 1.0
        self._current: tuple[int, int] | None = None
        self._hovered: tuple[int, int] | None = None
        themes.changed.connect(self.viewport().update)

    # What is shown

    @property
    def counts(self) -> Any:
        """int64 (classes, classes)."""
        return self._counts

    @property
    def current(self) -> tuple[int, int] | None:
        """Row and column of the cell that keys have come to."""
        return self._current

    @property
    def zoom(self) -> float:
        """1 where the matrix just fits."""
        return self._zoom

    def show_counts(self, counts: Any, names: Sequence[str], *, has_none: bool = False) -> None:
        """Show this matrix; the place and the zoom stay while it has the same classes.

        `has_none`: its last row is of answers where nothing is, its last column of what was missed.
        """
        self._has_none = has_none
        size = len(counts)
        if size != len(self._counts):
            self._zoom, self._current, self._hovered = 1.0, None, None
        self._counts = counts
        totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
        self._shares = (counts / totals).astype(np.float32)
        self._names = tuple(names[i] if i < len(names) else f"class {i}" for i in range(size))
        self._widest = None
        right = int(np.trace(counts))
        self.setAccessibleDescription(f"{count(size)} classes, {count(right)} of {count(int(counts.sum()))} right")
        self._fit_bars()
        self._tell()
        self.viewport().update()

    def choose(self, cell: tuple[int, int] | None) -> None:
        """Mark this cell, or none, as if keys had come to it; nothing is told of it."""
        if cell != self._current:
            self._current, self._hovered = cell, None
            self._tell()
            self.viewport().update()

    def show_as_shares(self, shares: bool) -> None:
        """Write shares of the true class in per cent in place of counts."""
        self._as_shares = shares
        self.viewport().update()

    def words(self, row: int, column: int) -> str:
        """What a cell says."""
        number, total = int(self._counts[row, column]), int(self._counts[row].sum())
        of = f"{count(number)} of {count(total)} ({share(number, total)})"
        if row == column:
            return f"{self._names[row]} answered rightly: {of}"
        if self._has_none and len(self._counts) - 1 in (row, column):
            last = len(self._counts) - 1
            return (
                f"{self._names[row]} missed: {of}"
                if column == last
                else f"{self._names[column]} where nothing is: {of}"
            )
        return f"{self._names[row]} taken for {self._names[column]}: {of}"

    def text(self, row: int, column: int) -> str:
        """What is written in a cell; "" for nothing."""
        number = int(self._counts[row, column])
        if not number:
            return ""
        if self._as_shares:
            per_cent = 100 * float(self._shares[row, column])
            return "<1" if per_cent < 0.5 else f"{per_cent:.0f}"
        return count(number) if number < 10_000 else short(number)

    def copy(self) -> None:
        """The matrix as text with tabs: names, and counts or shares as they are shown."""
        rows = []
        for row, name in enumerate(self._names):
            values = self._shares[row] if self._as_shares else self._counts[row]
            rows.append([name, *(f"{v:.4f}" if self._as_shares else str(int(v)) for v in values)])
        table = tables.Table(("truth / answer", *self._names), rows, [False] + [True] * len(self._names))
        QApplication.clipboard().setText(tables.tabbed(table))

    # Geometry

    def _margins(self) -> tuple[int, int]:
        """Width of the names of rows and height of those of columns."""
        if self._cell() < NAMED:
            return space(1) + self._axis(), space(1) + self._axis()
        metrics, widest = self._metrics(), self._name_width()
        width = min(widest, self.viewport().width() // 4)
        flat = widest <= self._cell()
        height = metrics.height() + space(1) if flat else min(widest, self.viewport().height() // 4)
        return width + self._axis(), height + self._axis()

    def _axis(self) -> int:
        return self._metrics().height() + space(1)

    def _metrics(self) -> QFontMetrics:
        return self.fontMetrics()

    def _name_width(self) -> int:
        if self._widest is None:
            metrics = self._metrics()
            self._widest = max((metrics.horizontalAdvance(n) for n in self._names), default=0) + space(2)
        return self._widest

    def changeEvent(self, event: QEvent) -> None:
        """In another font names have other widths."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._widest = None

    def _base(self) -> float:
        """Edge of a cell at which everything fits, names included."""
        size, widest = max(1, len(self._counts)), self._name_width()
        view = self.viewport().size()
        room = min(
            view.width() - min(widest, view.width() // 4) - self._axis(),
            view.height() - min(widest, view.height() // 4) - self._axis(),
        ) - space(2)
        if room / size < NAMED:  # no names: their room is the cells'
            room = min(view.width(), view.height()) - self._axis() - space(3)
        return min(MOST * 0.75, max(LEAST, room / size))

    def _cell(self) -> float:
        return min(MOST, max(LEAST, self._base() * self._zoom))

    def _origin(self) -> QPointF:
        left, top = self._margins()
        return QPointF(left - self.horizontalScrollBar().value(), top - self.verticalScrollBar().value())

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell lies in the viewport."""
        edge, origin = self._cell(), self._origin()
        left, right = (round(origin.x() + n * edge) for n in (column, column + 1))
        top, bottom = (round(origin.y() + n * edge) for n in (row, row + 1))
        return QRectF(left, top, right - left, bottom - top)  # whole pixels: no seams between small cells

    def cell_at(self, point: QPoint) -> tuple[int, int] | None:
        """Row and column of the cell there."""
        left, top = self._margins()
        if point.x() < left or point.y() < top:
            return None
        origin, edge = self._origin(), self._cell()
        row, column = int((point.y() - origin.y()) // edge), int((point.x() - origin.x()) // edge)
        size = len(self._counts)
        return (row, column) if 0 <= row < size and 0 <= column < size else None

    def _fit_bars(self) -> None:
        left, top = self._margins()
        whole = math.ceil(self._cell() * len(self._counts)) + space(1)
        for bar, room in (
            (self.horizontalScrollBar(), self.viewport().width() - left),
            (self.verticalScrollBar(), self.viewport().height() - top),
        ):
            bar.setRange(0, max(0, whole - room))
            bar.setPageStep(max(1, room))
            bar.setSingleStep(max(1, round(self._cell())))

    def zoom_by(self, steps: int) -> None:
        """Larger or smaller cells; never smaller than fit."""
        wanted = self._zoom * STEP**steps
        self._zoom = min(MOST / self._base(), max(1.0, wanted))
        self._fit_bars()
        if self._current is not None:
            self._reveal(*self._current)
        self.viewport().update()

    def fit(self) -> None:
        """The whole matrix."""
        self._zoom = 1.0
        self._fit_bars()
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Room for a small matrix."""
        return QSize(420, 360)

    # Gestures

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk, zoom, copy."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        zooms = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}
        key = Qt.Key(event.key())
        if key in zooms:
            self.zoom_by(zooms[key])
        elif key == Qt.Key.Key_0:
            self.fit()
        elif not self._walk(key):
            super().keyPressEvent(event)

    def _walk(self, key: Qt.Key) -> bool:
        last = len(self._counts) - 1
        if last < 0:
            return False
        row, column = self._current or (0, 0)
        ways = {
            Qt.Key.Key_Left: (row, column - 1), Qt.Key.Key_Right: (row, column + 1),
            Qt.Key.Key_Up: (row - 1, column), Qt.Key.Key_Down: (row + 1, column),
            Qt.Key.Key_Home: (row, 0), Qt.Key.Key_End: (row, last),
            Qt.Key.Key_PageUp: (0, column), Qt.Key.Key_PageDown: (last, column),
        }  # fmt: skip
        if key not in ways:
            return False
        if self._current is not None:
            row, column = ways[key]
        self._go_to(min(last, max(0, row)), min(last, max(0, column)))
        return True

    def _go_to(self, row: int, column: int) -> None:
        self._current, self._hovered = (row, column), None
        self._reveal(row, column)
        self._tell()
        self.viewport().update()
        self.chosen.emit(row, column)

    def _reveal(self, row: int, column: int) -> None:
        left, top = self._margins()
        edge = self._cell()
        for bar, at, room in (
            (self.horizontalScrollBar(), column, self.viewport().width() - left),
            (self.verticalScrollBar(), row, self.viewport().height() - top),
        ):
            if at * edge < bar.value():
                bar.setValue(int(at * edge))
            elif (at + 1) * edge > bar.value() + room:
                bar.setValue(math.ceil((at + 1) * edge - room) + 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses a cell."""
        cell = self.cell_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._go_to(*cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the cell under the mouse."""
        self._hovered = self.cell_at(event.position().toPoint())
        self._tell()
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl the wheel zooms."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(1 if event.angleDelta().y() > 0 else -1)
        else:
            super().wheelEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """The tooltip says what the cell under the mouse says."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(event.pos())
            if cell is not None:
                QToolTip.showText(event.globalPos(), self.words(*cell), self)
                return True
        if event.type() == QEvent.Type.Leave:
            self._hovered = None
            self._tell()
            self.viewport().update()
        return super().viewportEvent(event)

    def _tell(self) -> None:
        cell = self._hovered or self._current
        size = len(self._counts)
        fits = cell is not None and cell[0] < size and cell[1] < size
        self.pointed.emit(self.words(*cell) if cell is not None and fits else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cells take the new room."""
        super().resizeEvent(event)
        self._fit_bars()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cells in sight, then names over what scrolled under them, then the marked cell."""
        painter = QPainter(self.viewport())
        look, view = theme(), self.viewport().rect()
        painter.fillRect(view, look.color(Role.SURFACE))
        if not len(self._counts):
            return
        left, top = self._margins()
        painter.setClipRect(view.adjusted(left, top, 0, 0))
        self._paint_cells(painter)
        painter.setClipping(False)
        self._paint_names(painter, left, top)
        if self.hasFocus():
            painter.setPen(QPen(look.color(Role.ACCENT), 2))
            painter.drawRect(view.adjusted(1, 1, -1, -1))

    def _seen(self) -> tuple[range, range]:
        origin, edge, size = self._origin(), self._cell(), len(self._counts)
        left, top = self._margins()
        view = self.viewport().size()
        first = max(0, int((top - origin.y()) // edge)), max(0, int((left - origin.x()) // edge))
        last = math.ceil((view.height() - origin.y()) / edge), math.ceil((view.width() - origin.x()) / edge)
        return range(first[0], min(size, last[0])), range(first[1], min(size, last[1]))

    def _paint_cells(self, painter: QPainter) -> None:
        look, edge, origin = theme(), self._cell(), self._origin()
        font = look.font(Scale.CAPTION)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        gap = 1 if edge >= 8 else 0
        ground = look.color(Role.RAISED).rgb()  # a cell of none is seen as a cell
        right, wrong = (_shades(ground, look.color(role).rgb()) for role in (Role.CURVE_1, Role.CURVE_2))
        rows, columns = self._seen()
        lefts = [round(origin.x() + n * edge) for n in range(columns.start, columns.stop + 1)]
        tops = [round(origin.y() + n * edge) for n in range(rows.start, rows.stop + 1)]
        strengths = np.rint((SHADES - 1) * np.sqrt(self._shares)).astype(int).tolist()
        is_written = edge >= metrics.height() + 2
        for row, top, bottom in zip(rows, tops, tops[1:], strict=False):
            for column, left, end in zip(columns, lefts, lefts[1:], strict=False):
                back = (right if row == column else wrong)[strengths[row][column]]
                rect = QRect(left, top, end - left - gap, bottom - top - gap)
                painter.fillRect(rect, back)
                text = self.text(row, column) if is_written else ""
                if text and metrics.horizontalAdvance(text) + 4 <= edge:
                    painter.setPen(_ink(back.rgb()))
                    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for cell, role in ((self._hovered, Role.EDGE), (self._current, Role.TEXT)):
            if cell is not None:
                painter.setPen(QPen(look.color(role), 2))
                painter.drawRect(self.cell_rect(*cell).adjusted(0, 0, -gap, -gap))

    def _paint_names(self, painter: QPainter, left: int, top: int) -> None:
        axis, whole = self._axis(), int(self._cell() * len(self._counts))
        painter.setPen(theme().color(Role.MUTED))
        painter.setFont(theme().font(Scale.CAPTION))
        width, height = self.viewport().width() - left, self.viewport().height() - top
        across = QRect(left, 0, max(60, min(width, whole)), axis)
        painter.drawText(across, Qt.AlignmentFlag.AlignCenter, "Answer")
        span = max(60, min(height, whole))
        with turned(painter, QPointF(0, top + span)):
            painter.drawText(QRect(0, 0, span, axis), Qt.AlignmentFlag.AlignCenter, "Truth")
        if self._cell() >= NAMED:
            rows, columns = self._seen()
            self._paint_row_names(painter, rows, left, top)
            self._paint_column_names(painter, columns, left, top)

    def _name_font(self, painter: QPainter, index: int, axis: int) -> None:
        """Small enough for the cell; bold where the marked cell is."""
        font = theme().font(Scale.CAPTION)
        font.setPixelSize(max(8, min(painter.fontInfo().pixelSize(), int(self._cell()) - 1)))
        marked = self._hovered or self._current
        here = marked is not None and marked[axis] == index
        font.setBold(here)
        painter.setFont(font)
        painter.setPen(theme().color(Role.TEXT if here else Role.MUTED))

    def _paint_row_names(self, painter: QPainter, rows: range, left: int, top: int) -> None:
        edge, origin, axis = self._cell(), self._origin(), self._axis()
        for row in rows:
            rect = QRectF(axis, origin.y() + row * edge, left - axis - space(1), edge)
            if rect.top() >= top - edge / 2:
                self._name_font(painter, row, 0)
                elided = Qt.TextElideMode.ElideMiddle
                said = painter.fontMetrics().elidedText(self._names[row], elided, int(rect.width()))
                painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, said)

    def _paint_column_names(self, painter: QPainter, columns: range, left: int, top: int) -> None:
        edge, origin, axis = self._cell(), self._origin(), self._axis()
        flat = self._name_width() <= edge
        room = top - axis - space(1)
        for column in columns:
            x = origin.x() + column * edge
            if x < left - edge / 2:
                continue
            self._name_font(painter, column, 1)
            if flat:
                rect = QRectF(x, axis, edge, top - axis)
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._names[column])
                continue
            said = painter.fontMetrics().elidedText(self._names[column], Qt.TextElideMode.ElideMiddle, room)
            with turned(painter, QPointF(x, top - space(1))):
                painter.drawText(QRectF(0, 0, room, edge), Qt.AlignmentFlag.AlignVCenter, said)


@contextmanager
def turned(painter: QPainter, corner: QPointF) -> Iterator[None]:
    """Paint upwards from that corner."""
    painter.save()
    painter.translate(corner)
    painter.rotate(-90)
    yield
    painter.restore()


def blend(low: QColor, high: QColor, part: float) -> QColor:
    """A colour between two."""
    return QColor.fromRgbF(
        low.redF() + (high.redF() - low.redF()) * part,
        low.greenF() + (high.greenF() - low.greenF()) * part,
        low.blueF() + (high.blueF() - low.blueF()) * part,
    )


@functools.lru_cache(maxsize=8)
def _shades(low: int, high: int) -> list[QColor]:
    """Colours between two (RGB): thousands of cells take one each."""
    return [blend(QColor(low), QColor(high), n / (SHADES - 1)) for n in range(SHADES)]


@functools.lru_cache(maxsize=4 * SHADES)
def _ink(back: int) -> QColor:
    return ink_on(QColor(back))
