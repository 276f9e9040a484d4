"""Detection: the true boxes, and those that the network draws with a score from the threshold on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.app.features.colormaps import class_colour
from cnnstudio.app.format import counted
from cnnstudio.app.theme import Scale, space, theme
from cnnstudio.app.theme.ink import BLACK, ink_on
from cnnstudio.app.training.viewers.base import ShareSlider, Viewer
from cnnstudio.app.training.viewers.pictures import Picture, PictureRow, bounds_of, grey_or_colour, image_of, plane

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnnstudio.core.data.info import DataInfo

SIDE = 208
"""Preferred edge of a picture: boxes carry words."""
USUAL = 0.5
"""The threshold to start with."""
OVERLAP = 0.5
"""A box that overlaps a true one of its class by this IoU has found it."""


class BoxViewer(Viewer):
    """Two pictures: the truth, and the prediction over a faint truth. True boxes are dashed, the network's solid."""

    grows = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = PictureRow(
            "prediction_boxes", "True boxes (dashed) and the network's boxes with their scores", SIDE
        )
        tip = "Boxes with a lower score are left out"
        self._slider = ShareSlider("prediction_threshold", "Score threshold", tip, USUAL)
        self._slider.moved.connect(self._move)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        column.addWidget(self._row, 1)
        column.addWidget(self._slider)
        self._sample: Any = None
        self._truth: Any = np.zeros((0, 5), np.float32)
        self._boxes: Any = None
        self._knows = True
        self._info: DataInfo | None = None

    @property
    def truth(self) -> Any:
        """The true boxes (n, 5): left, top, right, bottom, class."""
        return self._truth

    @property
    def shown(self) -> Any:
        """The network's boxes from the threshold on (n, 6): left, top, right, bottom, class, score, best first."""
        return np.zeros((0, 6), np.float32) if self._boxes is None else self._boxes[self._boxes[:, 5] >= self.threshold]

    @property
    def threshold(self) -> float:
        """The score from which on a box is shown."""
        return self._slider.share

    def show_sample(self, sample: Any, target: Any, info: DataInfo) -> None:
        """The network's boxes are waited for."""
        self._sample, self._info, self._boxes = sample, info, None
        self._knows = target is not None
        boxes = np.asarray(target if self._knows else (), np.float32).reshape(-1, 5)
        self._truth = boxes[boxes[:, 4] >= 0]
        self._tell()

    def show_prediction(self, values: Any) -> None:
        """Boxes with class and score; other outputs are not shown."""
        fits = np.ndim(values) == 2 and np.shape(values)[1] == 6
        self._boxes = np.asarray(values, np.float32) if fits else None
        self._tell()

    def forget(self) -> None:
        """Only the truth stays."""
        self._boxes = None
        self._tell()

    def _move(self, share: float) -> None:
        self.threshold_changed.emit(share)
        self._tell()

    def _tell(self) -> None:
        if self._info is None:
            return
        flat = plane(self._sample, self._info.rank)
        image = image_of(grey_or_colour(flat, bounds_of(flat)))
        truth = [(box, self._name(box[4]), True) for box in self._truth]
        answer = [(box, f"{self._name(box[4])} {box[5]:.2f}", False) for box in self.shown[::-1]]
        faint = [(box, "", True) for box in self._truth]
        right = Picture("Prediction") if self._boxes is None else Picture(
            "Prediction", image, over=partial(draw_boxes, boxes=[*faint, *answer])
        )  # fmt: skip
        left = Picture("Truth" if self._knows else "Input", image, over=partial(draw_boxes, boxes=truth))
        self._row.show_pictures([left, right])
        if self._boxes is not None:
            self.said.emit(*self.verdict())

    def _name(self, index: float) -> str:
        names = self._info.class_names if self._info is not None else ()
        place = int(index)
        return names[place] if 0 <= place < len(names) else f"class {place}"

    def verdict(self) -> tuple[str, str]:
        """How many objects are found, and how many boxes find none."""
        if not self._knows:
            return f"Network draws {counted(len(self.shown), 'box', 'boxes')}", ""
        found = matches(self.shown, self._truth)
        extra = len(self.shown) - found
        said = f"{found} of {counted(len(self._truth), 'object')} found" if len(self._truth) else "No object to find"
        if extra:
            said += f", {counted(extra, 'box', 'boxes')} too many"
        return said, "ok" if found == len(self._truth) and not extra else "error"


def matches(boxes: Any, truth: Any) -> int:
    """How many true boxes (n, 5) are met by a box (m, 6) of their class, best scores first, each box once."""
    left = list(range(len(truth)))
    found = 0
    for box in boxes:
        fitting = [(overlap(box, truth[i]), i) for i in left if truth[i][4] == box[4]]
        best = max(fitting, default=(0.0, -1))
        if best[0] >= OVERLAP:
            left.remove(best[1])
            found += 1
    return found


def overlap(one: Any, other: Any) -> float:
    """Intersection over union of two boxes; only their first four numbers count."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(both / (sum(areas) - both))


def draw_boxes(painter: QPainter, place: QRectF, *, boxes: list[tuple[Any, str, bool]]) -> None:
    """Boxes with their words, true ones dashed, over a picture that lies in `place`.

    A dark line under the coloured one keeps boxes visible on any picture, for any eyes.
    """
    painter.setClipRect(place)
    painter.setFont(theme().font(Scale.CAPTION))
    for box, _, is_true in boxes:
        colour = class_colour(int(box[4]) + 1)
        rect = on_picture(box, place)
        painter.setPen(QPen(QColor.fromRgba(BLACK), 3.5))
        painter.drawRect(rect)
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine if is_true else Qt.PenStyle.SolidLine))
        painter.drawRect(rect)
    named = [(on_picture(box, place), words, class_colour(int(box[4]) + 1)) for box, words, _ in boxes if words]
    metrics = painter.fontMetrics()
    sizes = [QSizeF(metrics.horizontalAdvance(words) + space(2), metrics.height()) for _, words, _ in named]
    tags = tag_places([rect for rect, _, _ in named], sizes, place)
    for tag, (_, words, colour) in zip(tags, named, strict=True):
        painter.fillRect(tag, colour)
        painter.setPen(ink_on(colour))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, words)


def on_picture(box: Any, place: QRectF) -> QRectF:
    """Where a box of shares lies on a picture."""
    left, top, right, bottom = (min(1.0, max(0.0, float(v))) for v in box[:4])
    corner = QPointF(place.left() + left * place.width(), place.top() + top * place.height())
    return QRectF(corner, QPointF(place.left() + right * place.width(), place.top() + bottom * place.height()))


def tag_places(rects: Sequence[QRectF], sizes: Sequence[QSizeF], place: QRectF) -> list[QRectF]:
    """Where the tag of each box goes: at one of its corners, within `place`, and over no other tag if one is free.

    The last box matters most: it chooses first, above its left corner if it can.
    """
    taken: list[QRectF] = []
    for rect, size in zip(reversed(rects), reversed(sizes), strict=True):
        free = list(_corners(rect, size, place))
        taken.append(next((tag for tag in free if not any(map(tag.intersects, taken))), free[0]))
    return taken[::-1]


def _corners(rect: QRectF, size: QSizeF, place: QRectF) -> Iterator[QRectF]:
    """Places for a tag, the best first: above and below the box, then inside; there is always one."""
    tops = (rect.top() - size.height(), rect.bottom(), rect.top(), rect.bottom() - size.height())
    for top in tops:
        if place.top() <= top <= place.bottom() - size.height():
            for left in (rect.left(), rect.right() - size.width()):
                within = max(place.left(), min(left, place.right() - size.width()))
                yield QRectF(QPointF(within, top), size)
    yield QRectF(QPointF(max(place.left(), min(rect.left(), place.right() - size.width())), place.top()), size)
