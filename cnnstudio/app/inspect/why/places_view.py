"""The sample with a veil of how much each place counts: images and slices in colours, signals as a coloured line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.app.data.sample_painter import picture_of, span_of, to_unit
from cnnstudio.app.features.colormaps import VIRIDIS, ColourMap
from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.inspect.why.overlay import Counting, faded, inks, line_of, veil
from cnnstudio.app.lens.grid import CellGrid, fitted, plane
from cnnstudio.app.theme import Role, Scale, space, theme, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent

BAR = 14
"""Width of the colour bar."""
STRIP = 240
"""Largest height of one channel of a signal."""
LINE_WIDTH, THICKER = 1.4, 1.6
"""Of a signal's line where nothing counts, and how much thicker it is where most does."""
EDGE = 2.4
"""Width of the edge round a signal's line where most counts: the palest colour is seen on a pale ground."""
Box: TypeAlias = tuple[float, float, float, float]


class PlacesView(QWidget):
    """Point at a place, or go there with the arrow keys, to read what it counts."""

    pointed = Signal(str)
    """Place and value in words; "" for none."""

    def __init__(self, name: str, *, with_scale: bool = True, parent: QWidget | None = None) -> None:
        """`with_scale` keeps room for the colours' scale at the right."""
        super().__init__(parent)
        self._with_scale = with_scale
        self.setObjectName(name)
        self.setAccessibleName("The sample and what counts in it")
        self.setToolTip("Point at a place, or use the arrow keys, to read how much it counts")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._given: Any = None
        self._sample: Any = None
        self._box: Box | None = None
        self._counting: Counting | None = None
        self._colours, self._strength = VIRIDIS, 0.7
        self._depth = 0
        self._cell: tuple[int, int] | None = None
        self._by_keys = False
        self._drawn: QPixmap | None = None
        themes.changed.connect(self._redraw)

    def sizeHint(self) -> QSize:
        """Room to make single places out."""
        return QSize(space(90), space(80))

    def minimumSizeHint(self) -> QSize:
        """Small, but still a picture."""
        return QSize(space(40), space(30))

    @property
    def sample(self) -> Any:
        """What is shown, (..., channels); None for nothing."""
        return self._given

    @property
    def counting(self) -> Counting | None:
        """What is laid over the sample; None for the sample alone."""
        return self._counting

    @property
    def shown_slice(self) -> int:
        """The slice of a volume that is shown."""
        return self._depth

    def show_sample(self, sample: Any) -> None:
        """Show this sample (..., channels), or none; what was laid over the one before is gone.

        Each value of a vector is a place: it is drawn as a signal.
        """
        if sample is not self._given:
            self._given = sample
            self._sample = sample[:, np.newaxis] if sample is not None and sample.ndim == 1 else sample
            self._counting = self._cell = self._box = None
            self._depth = min(self._depth, self._sizes[0] - 1) if len(self._sizes) == 3 else 0
            self._redraw()

    def show_counting(self, counting: Counting | None) -> None:
        """Lay this over the sample; what does not fit is not shown."""
        fits = counting is not None and counting.values.shape == self._sizes
        self._counting = counting if fits else None
        self._redraw()
        self._tell()

    def show_box(self, box: Box | None) -> None:
        """Draw the box that is explained: left, top, right, bottom as shares of the size; None for none."""
        self._box = box
        self._redraw()

    def show_look(self, colours: ColourMap, strength: float) -> None:
        """Draw in these colours; at strength 0 the sample shows alone, at 1 what counts most covers it."""
        self._colours, self._strength = colours, strength
        self._redraw()

    def show_slice(self, depth: int) -> None:
        """Show that slice of a volume."""
        self._depth = depth
        self._redraw()
        self._tell()

    @property
    def _sizes(self) -> tuple[int, ...]:
        return () if self._sample is None else tuple(self._sample.shape[:-1])

    def grid(self) -> CellGrid:
        """Where the places lie; of a signal one row as high as all its channels."""
        side = space(2) + BAR + space(2) + self.fontMetrics().horizontalAdvance("\u22120.00000")
        right = side if self._with_scale else space(1)
        room = QRectF(self.rect()).adjusted(space(1), space(1), -right, -space(1))
        if len(self._sizes) != 1:
            return fitted(self._sizes, room)
        height = min(room.height(), STRIP * self._sample.shape[-1])
        top = room.top() + (room.height() - height) / 2
        return CellGrid(1, self._sizes[0], room.left(), top, room.width() / self._sizes[0], height)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Sample and veil from a picture that is kept; place, scale and focus ring over it."""
        painter = QPainter(self)
        if self.hasFocus():
            painter.setPen(QPen(theme().color(Role.ACCENT), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        if self._sample is None or not self._sizes:
            return
        ratio, size = self.devicePixelRatioF(), self.size()
        if self._drawn is None or self._drawn.deviceIndependentSize().toSize() != size:
            self._drawn = QPixmap(size * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(Qt.GlobalColor.transparent)
            with QPainter(self._drawn) as inner:
                self._paint_sample(inner, self.grid())
        painter.drawPixmap(0, 0, self._drawn)
        self._paint_cell(painter, self.grid())

    def _paint_sample(self, painter: QPainter, grid: CellGrid) -> None:
        if len(self._sizes) == 1:
            self._paint_signal(painter, grid)
        else:
            volume, unit = len(self._sizes) == 3, to_unit(self._sample)  # one scale for all slices
            flat = unit[self._depth] if volume else unit
            fading = 0.0 if self._counting is None else self._strength
            painter.drawImage(grid.rect, picture_of(faded(flat, fading), QSize()))
            if self._counting is not None:
                shares = self._counting.shares()
                painter.drawImage(
                    grid.rect,
                    veil(
                        shares[self._depth] if volume else shares, self._counting.signed, self._colours, self._strength
                    ),
                )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._box is not None:
            self._paint_box(painter, grid.rect, self._box)
        painter.setPen(theme().color(Role.BORDER))
        painter.drawRect(grid.rect.adjusted(-0.5, -0.5, 0.5, 0.5))
        if self._counting is not None:
            self._paint_scale(painter, grid, self._counting)

    def _paint_signal(self, painter: QPainter, grid: CellGrid) -> None:
        painter.fillRect(grid.rect, theme().color(Role.CANVAS))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        channels = self._sample.shape[-1]
        height, bounds = grid.height / channels, span_of(self._sample)
        counting = self._counting
        shares = self._sample[..., 0] * 0 if counting is None else counting.shares()
        signed = counting is not None and counting.signed
        plain = theme().color(Role.CURVE_1 if counting is None else Role.MUTED)
        for channel in range(channels):
            top = grid.top + channel * height
            place = QRectF(grid.left, top + space(2), grid.rect.width(), height - 2 * space(2))
            lines, found = line_of(self._sample[:, channel], shares, place, bounds)
            strength = 0.0 if counting is None else self._strength
            colours = inks(found, signed, self._colours, strength, plain)
            widths = LINE_WIDTH + THICKER * strength * np.abs(found)
            edges = widths + EDGE * strength * np.abs(found)
            for width, line in zip(edges.tolist(), lines, strict=True):
                painter.setPen(QPen(theme().color(Role.MUTED), width))
                painter.drawLine(line)
            for line, ink, width in zip(lines, colours, widths.tolist(), strict=True):
                painter.setPen(QPen(ink, width))
                painter.drawLine(line)

    def _paint_box(self, painter: QPainter, room: QRectF, box: Box) -> None:
        left, top, right, bottom = box
        corner = QPointF(room.left() + left * room.width(), room.top() + top * room.height())
        end = QPointF(room.left() + right * room.width(), room.top() + bottom * room.height())
        for role, width in ((Role.SURFACE, 4.0), (Role.ACCENT, 2.0)):
            painter.setPen(QPen(theme().color(role), width))
            painter.drawRect(QRectF(corner, end))

    def _paint_scale(self, painter: QPainter, grid: CellGrid, counting: Counting) -> None:
        bar = QRectF(grid.rect.right() + space(2), grid.rect.top(), BAR, grid.rect.height())
        table = self._colours.table()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for row in range(int(bar.height())):
            colour = table[round(255 * (1 - row / max(1.0, bar.height() - 1)))]
            painter.fillRect(QRectF(bar.left(), bar.top() + row, BAR, 1), colour)
        painter.drawRect(bar.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.setFont(theme().font(Scale.CAPTION))
        painter.setPen(theme().color(Role.MUTED))
        left = bar.right() + space(2)
        label = QRectF(left, bar.top(), self.width() - left, bar.height())
        low, high = counting.bounds
        painter.drawText(label, Qt.AlignmentFlag.AlignTop, number(high))
        painter.drawText(label, Qt.AlignmentFlag.AlignBottom, number(low))
        if counting.signed and bar.height() > 4 * painter.fontMetrics().height():
            painter.drawText(label, Qt.AlignmentFlag.AlignVCenter, "0")

    def _paint_cell(self, painter: QPainter, grid: CellGrid) -> None:
        if self._cell is None or not self._by_keys:
            return
        row, column = self._cell
        rect = grid.part((row, row + 1), (column, column + 1))
        grow = max(0.0, (space(1) - rect.width()) / 2)
        rect.adjust(-grow, 0 if grid.rows == 1 else -grow, grow, 0 if grid.rows == 1 else grow)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for role, width in ((Role.SURFACE, 4.0), (Role.ACCENT, 2.0)):
            painter.setPen(QPen(theme().color(role), width))
            painter.drawRect(rect)

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    # Reading

    def _tell(self) -> None:
        self.pointed.emit(self._words())

    def _words(self) -> str:
        if self._cell is None or not self._sizes:
            return ""
        row, column = self._cell
        if len(self._sizes) == 1:
            cell: tuple[int, ...] = (column,)
            place = f"Position {column:,}"
        else:
            cell = (self._depth, row, column) if len(self._sizes) == 3 else (row, column)
            place = f"Row {row:,}, column {column:,}"
        if self._counting is None:
            return place
        return f"{place} \u00b7 counts {number(float(self._counting.values[cell]))}"

    def _go_to(self, cell: tuple[int, int] | None, by_keys: bool) -> None:
        if (cell, by_keys) != (self._cell, self._by_keys):
            self._cell, self._by_keys = cell, by_keys
            self._tell()
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the place under the mouse."""
        if self._sizes:
            self._go_to(self.grid().cell_at(QPointF(event.position())), False)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at."""
        super().leaveEvent(event)
        if not self._by_keys:
            self._go_to(None, False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from place to place, Home and End to the first and the last of a row."""
        rows, columns = plane(self._sizes)
        row, column = self._cell or (rows // 2, columns // 2)
        steps = {
            Qt.Key.Key_Left: (row, column - 1), Qt.Key.Key_Right: (row, column + 1),
            Qt.Key.Key_Up: (row - 1, column), Qt.Key.Key_Down: (row + 1, column),
            Qt.Key.Key_Home: (row, 0), Qt.Key.Key_End: (row, columns - 1),
        }  # fmt: skip
        wanted = steps.get(Qt.Key(event.key()))
        if wanted is None or not self._sizes:
            super().keyPressEvent(event)
            return
        self._go_to((max(0, min(rows - 1, wanted[0])), max(0, min(columns - 1, wanted[1]))), True)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take ring and place away."""
        super().focusOutEvent(event)
        self._go_to(None, False)
        self.update()
