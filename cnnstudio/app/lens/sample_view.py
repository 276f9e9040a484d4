"""The input as a cell sees it: the sample, what is seen of it in full light, all else in the shade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.app.data.sample_painter import picture_of, to_unit
from cnnstudio.app.lens.drawing import dusk, heat, mask, rects, shade, slice_of
from cnnstudio.app.lens.grid import CellGrid, fitted, plane
from cnnstudio.app.theme import Role, space, theme, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QPaintEvent

    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.core.analysis.footprint import Footprint

MARGIN, LEAST_MARGIN = 0.12, 2
"""Room for padding round the input: at most this share of its size, or this many cells where that is more."""
PADDING_ALPHA = 0.45
GRADIENT_SHARE = 0.4
"""Height of the gradient's bars below a signal, as a share of the strip."""


class SampleView(QWidget):
    """The sample, or an empty grid of its size while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lens_sample")
        self.setAccessibleName("Input")
        self.setToolTip("The input: what the chosen cell sees is lit, cells of padding are hatched")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._sizes: tuple[int, ...] = ()
        self._sample: Floats | None = None
        self._footprint: Footprint | None = None
        self._field: Floats | None = None
        self._depth = 0
        self._margin = (0, 0)
        themes.changed.connect(self.update)

    @property
    def shown_slice(self) -> int:
        """The slice of a volume that is shown."""
        return self._depth

    @property
    def outline(self) -> QRectF:
        """Where the outline of what is seen lies in the widget, padding counted; null without one."""
        if self._footprint is None or not self._footprint.outline or not self._sizes:
            return QRectF()
        *_, rows, columns = ((0, 1), *self._footprint.outline)
        return self.grid().part(rows, columns)

    def grid(self) -> CellGrid:
        """Where the cells of the input lie."""
        room = QRectF(self.rect()).adjusted(space(1), space(1), -space(1), -space(1))
        return fitted(self._sizes, room, self._margin)

    def sizeHint(self) -> QSize:
        """Room to make single pixels out."""
        return QSize(space(60), space(52))

    def minimumSizeHint(self) -> QSize:
        """Small, but still a picture."""
        return QSize(space(30), space(24))

    def show_input(self, sizes: tuple[int, ...], sample: Floats | None) -> None:
        """An input of these spatial sizes; `sample` has its shape, channels last, or is None while there is none."""
        self._sizes = sizes
        self._sample = sample if sample is not None and sample.shape[:-1] == sizes else None
        self._depth = min(self._depth, sizes[0] - 1) if len(sizes) == 3 else 0
        self.update()

    def show_reach(self, beyond: tuple[int, ...]) -> None:
        """Keep room round the input for padding: along each axis so many cells beyond it are seen at most."""
        sides = zip(plane(self._sizes), (0, 0, *beyond)[-2:], strict=True)
        rows, columns = (min(reach, max(LEAST_MARGIN, round(size * MARGIN))) for size, reach in sides)
        self._margin = (rows, columns)
        self.update()

    def show_footprint(self, footprint: Footprint | None) -> None:
        """What is seen; None for everything."""
        self._footprint = footprint
        self._field = None
        self.update()

    def show_field(self, field: Floats | None) -> None:
        """The gradient to lay over the sample, in 0..1 with the input's sizes; None for none."""
        self._field = field if field is not None and field.shape == self._sizes else None
        self.update()

    def show_slice(self, depth: int) -> None:
        """Show that slice of a volume."""
        self._depth = depth
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Sample, shade, gradient, padding, outline: each over the one before."""
        if not self._sizes:
            return
        painter = QPainter(self)
        grid = self.grid()
        self._paint_sample(painter, grid)
        footprint = self._footprint
        if footprint is not None:
            seen = slice_of(footprint.seen, self._depth)
            lit = mask(seen, grid)
            # A line on its ground fades; an image, which may be black or white all over, is veiled in grey.
            ground = Role.SURFACE if len(self._sizes) == 1 else Role.EDGE
            painter.drawImage(grid.rect, shade(lit, theme().color(ground)))
            if self._field is not None:
                self._paint_field(painter, grid, lit)
            self._paint_padding(painter, grid, footprint)
            if self._field is None:
                self._paint_cells(painter, rects(seen, grid), grid)
        painter.setPen(theme().color(Role.BORDER))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(grid.rect.adjusted(-0.5, -0.5, 0.5, 0.5))
        self._paint_outline(painter, grid)

    def _paint_sample(self, painter: QPainter, grid: CellGrid) -> None:
        picture = self._picture(grid)
        if picture is not None:
            painter.drawImage(grid.rect, picture)
            return
        painter.fillRect(grid.rect, theme().color(Role.CANVAS))
        if not grid.is_coarse:
            return
        painter.setPen(theme().color(Role.GRID))
        for row in range(1, grid.rows):
            line = grid.part((row, row), (0, grid.columns))
            painter.drawLine(line.topLeft(), line.topRight())
        for column in range(1, grid.columns):
            line = grid.part((0, grid.rows), (column, column))
            painter.drawLine(line.topLeft(), line.bottomLeft())

    def _picture(self, grid: CellGrid) -> QImage | None:
        if self._sample is None:
            return None
        sample = to_unit(self._sample) if len(self._sizes) == 3 else self._sample  # one scale for all slices
        plane = sample[self._depth] if len(self._sizes) == 3 else sample
        ratio = self.devicePixelRatioF()
        room = QSize(max(1, round(grid.rect.width() * ratio)), max(1, round(grid.rect.height() * ratio)))
        return picture_of(plane, room)

    def _paint_field(self, painter: QPainter, grid: CellGrid, lit: Any) -> None:
        if self._field is None:
            return
        field = np.asarray(self._field, np.float32)
        if len(self._sizes) == 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color(Role.CURVE_2))
            base = grid.rect.bottom()
            for place in np.flatnonzero(field > 0).tolist():
                bar = grid.part((0, 1), (place, place + 1))
                bar.setTop(base - GRADIENT_SHARE * grid.height * float(field[place]))
                painter.drawRect(bar)
            return
        painter.drawImage(grid.rect, dusk(lit))
        painter.drawImage(grid.rect, heat(field[self._depth] if len(self._sizes) == 3 else field))

    def _paint_padding(self, painter: QPainter, grid: CellGrid, footprint: Footprint) -> None:
        """Cells beyond the border, as far as the margin goes."""
        reached = slice_of(footprint.reached, self._depth)
        outside = [r for r in rects(reached, grid) if not grid.rect.contains(r)]
        color = theme().color(Role.ACCENT)
        color.setAlphaF(PADDING_ALPHA)
        painter.save()
        painter.setClipRect(self._with_margin(grid))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(color, Qt.BrushStyle.BDiagPattern))
        for rect in outside:
            for beyond in _outside(rect, grid.rect):
                painter.drawRect(beyond)
        painter.restore()

    def _paint_cells(self, painter: QPainter, cells: list[QRectF], grid: CellGrid) -> None:
        if not grid.is_coarse and len(self._sizes) > 1:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color(Role.ACCENT), 1))
        for rect in cells:
            painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))

    def _with_margin(self, grid: CellGrid) -> QRectF:
        rows, columns = self._margin
        return grid.part((-rows, grid.rows + rows), (-columns, grid.columns + columns))

    def _paint_outline(self, painter: QPainter, grid: CellGrid) -> None:
        """A side beyond the margin is drawn at its end, dashed: what is seen goes on."""
        outline, room = self.outline, self._with_margin(grid)
        if outline.isNull():
            return
        shown = outline.intersected(room).adjusted(-1, -1, 1, 1)  # round the cells at its edge, not over them
        sides = (
            (shown.topLeft(), shown.topRight(), outline.top() < room.top()),
            (shown.bottomLeft(), shown.bottomRight(), outline.bottom() > room.bottom()),
            (shown.topLeft(), shown.bottomLeft(), outline.left() < room.left()),
            (shown.topRight(), shown.bottomRight(), outline.right() > room.right()),
        )
        for role, width in ((Role.SURFACE, 4.0), (Role.ACCENT, 2.0)):
            for start, end, is_cut in sides:
                pen = QPen(theme().color(role), width, Qt.PenStyle.DashLine if is_cut else Qt.PenStyle.SolidLine)
                pen.setCapStyle(Qt.PenCapStyle.FlatCap if is_cut else Qt.PenCapStyle.SquareCap)
                painter.setPen(pen)
                painter.drawLine(start, end)


def _outside(rect: QRectF, inner: QRectF) -> list[QRectF]:
    """The parts of `rect` that do not lie in `inner`."""
    top, bottom = max(rect.top(), inner.top()), min(rect.bottom(), inner.bottom())
    parts = (
        _between(rect.left(), rect.top(), rect.right(), min(rect.bottom(), inner.top())),
        _between(rect.left(), max(rect.top(), inner.bottom()), rect.right(), rect.bottom()),
        _between(rect.left(), top, min(rect.right(), inner.left()), bottom),
        _between(max(rect.left(), inner.right()), top, rect.right(), bottom),
    )
    return [p for p in parts if p.width() > 0 and p.height() > 0]


def _between(left: float, top: float, right: float, bottom: float) -> QRectF:
    return QRectF(left, top, right - left, bottom - top)
