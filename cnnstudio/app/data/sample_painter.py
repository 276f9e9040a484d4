"""How one sample is drawn, wherever it is shown: images in whole-number scale, masks over them, signals as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPixmap

from cnnstudio.app.features.colormaps import CLASS_COLOURS, class_colour
from cnnstudio.app.features.mosaic import indexed
from cnnstudio.app.features.pictures import ink_table, lines
from cnnstudio.app.format import TIMES
from cnnstudio.app.theme import Role, theme
from cnnstudio.core.data.info import DataInfo, Task

if TYPE_CHECKING:
    from cnnstudio.app.features.mosaic import Bytes, Floats

MOST_UNUSED = 1.25
"""How much larger than its cells a picture could be and still is drawn cell by cell."""
NO_CLASS = "none of the classes"
NO_BOX = "no box"
MASK_SHARE = 0.65
"""How much of a pixel's colour is the mask's."""


def thumbnail(
    sample: Floats,
    size: QSize,
    ratio: float,
    mask: Floats | None = None,
    *,
    scaled_up: bool = True,
    boxes: Floats | None = None,
    span: tuple[float, float] | None = None,
) -> QPixmap:
    """The sample in a picture of `size` logical pixels, of which each is `ratio` device pixels; the rest transparent.

    `sample` has the input's shape, channels last, bytes or values; `mask` (height, width) holds class indices, 0 left
    clear; `boxes` (n, 5) left, top, right and bottom as shares of the size, and the class, -1 for none. `span` is the
    range of values that is drawn; None: that of the sample itself.
    """
    room = QSize(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))
    made = QPixmap(room)
    made.fill(Qt.GlobalColor.transparent)
    picture = picture_of(sample, room, mask, span)
    if scaled_up or picture.width() > room.width() or picture.height() > room.height():
        picture = _fitted(picture, room)
    painter = QPainter(made)
    corner = QPointF((room.width() - picture.width()) // 2, (room.height() - picture.height()) // 2)
    painter.drawImage(corner, picture)
    if boxes is not None:
        draw_boxes(painter, QRectF(corner, picture.size()), boxes, max(1.0, ratio))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


def draw_boxes(painter: QPainter, room: QRectF, boxes: Floats, width: float) -> None:
    """Frames of the boxes in their classes' colours over a picture that lies at `room`; `width` in device pixels.

    `boxes` as for `thumbnail`. The ground's colour is not used: every class of a detection is a thing.
    """
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for left, top, right, bottom, kind in np.asarray(boxes, float)[:, :5].tolist():
        if kind < 0:
            continue
        pen = QPen(class_colour(int(kind) + 1), width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        corner = QPointF(room.left() + left * room.width(), room.top() + top * room.height())
        end = QPointF(room.left() + right * room.width(), room.top() + bottom * room.height())
        half = width / 2
        painter.drawRect(QRectF(corner, end).adjusted(half, half, -half, -half))


def picture_of(
    sample: Floats, room: QSize, mask: Floats | None = None, span: tuple[float, float] | None = None
) -> QImage:
    """The sample as an image: one pixel for each of its cells; signals and vectors are drawn to fill `room`."""
    rank = sample.ndim - 1
    if rank <= 1:
        return _line_picture(sample if rank == 1 else sample[:, np.newaxis], room, span)
    flat = sample if rank == 2 else sample[sample.shape[0] // 2]
    colours = _rgb(flat if span is None else np.clip((flat - span[0]) / (span[1] - span[0]), 0, 1))
    if mask is not None:
        colours = _masked(colours, np.asarray(mask))
    height, width = colours.shape[:2]
    return QImage(colours.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def to_unit(sample: Floats) -> Floats:
    """Values in 0..1 as they are, bytes as shares of 255; others stretched so that their range fits."""
    if sample.dtype == np.uint8:
        return sample.astype(np.float32) / np.float32(255)
    low, high = float(np.min(sample)), float(np.max(sample))
    if low >= 0 and high <= 1:
        return sample
    return (sample - low) / (high - low) if high > low else np.zeros_like(sample)


def target_words(target: Any, info: DataInfo) -> str:
    """What the sample shows: its class or classes, those of its mask or boxes; "" for reconstruction."""
    if info.task is Task.CLASSIFICATION:
        return _class_name(int(target), info)
    if info.task is Task.SEGMENTATION:
        seen = [int(c) for c in np.unique(target) if c]
        return ", ".join(_class_name(c, info) for c in seen) or _class_name(0, info)
    if info.task is Task.MULTILABEL:
        return ", ".join(_class_name(int(c), info) for c in np.flatnonzero(target)) or NO_CLASS
    if info.task is Task.DETECTION:
        return _counted_boxes([int(b[4]) for b in np.asarray(target) if b[4] >= 0], info)
    return ""


def _counted_boxes(kinds: list[int], info: DataInfo) -> str:
    counts = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    named = (f"{n} {TIMES} {_class_name(k, info)}" if n > 1 else _class_name(k, info) for k, n in counts.items())
    return ", ".join(named) or NO_BOX


def boxes_of(target: Any, info: DataInfo) -> Any:
    """The boxes to draw over the sample; None where the task has none."""
    return target if info.task is Task.DETECTION else None


def mask_of(target: Any, info: DataInfo) -> Any:
    """The mask to lay over the sample; None where the task has none."""
    return target if info.task is Task.SEGMENTATION else None


def _class_name(index: int, info: DataInfo) -> str:
    return info.class_names[index] if 0 <= index < info.classes else f"class {index}"


def _rgb(image: Floats) -> Bytes:
    levels = image if image.dtype == np.uint8 else np.rint(to_unit(image) * 255).astype(np.uint8)
    if levels.shape[-1] >= 3:
        return np.ascontiguousarray(levels[..., :3])
    return np.repeat(levels[..., :1], 3, axis=-1)


def _masked(colours: Bytes, mask: Floats) -> Bytes:
    table = np.array([[(c >> 16) & 255, (c >> 8) & 255, c & 255] for c in CLASS_COLOURS], np.float32)
    # Class 0 is the ground; the others go round the rest of the table.
    place = np.where(mask > 0, (mask.astype(int) - 1) % (len(table) - 1) + 1, 0)
    mixed = colours * (1 - MASK_SHARE) + table[place] * MASK_SHARE
    return np.where((mask > 0)[..., np.newaxis], np.rint(mixed), colours).astype(np.uint8)


def _line_picture(signal: Floats, room: QSize, span: tuple[float, float] | None) -> QImage:
    channels = signal.T
    low, high = span or span_of(channels)
    levels = np.rint(np.clip((channels - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    height = max(1, room.height() // len(levels))
    strips = lines(levels, room.width(), height).reshape(-1, room.width())
    return indexed(strips, ink_table(theme().color(Role.CANVAS), theme().color(Role.CURVE_1)))


def scale_for(width: int, height: int, room: QSize) -> float:
    """How much larger a picture of so many cells is drawn: a whole number, so that all cells are of one size.

    But not 1 where there is room for more: nobody sees single cells there, and the picture would be small.
    """
    fits = min(room.width() / max(1, width), room.height() / max(1, height))
    whole = int(fits)
    return whole if whole >= 2 or (whole == 1 and fits <= MOST_UNUSED) else fits


def _fitted(picture: QImage, room: QSize) -> QImage:
    scale = scale_for(picture.width(), picture.height(), room)
    size = QSize(max(1, round(picture.width() * scale)), max(1, round(picture.height() * scale)))
    if scale == int(scale):
        return picture.scaled(size)
    # Every pixel counts, so the average of several is shown where there is no room for all.
    return picture.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)


def span_of(*samples: Floats) -> tuple[float, float]:
    """The range of values of all of these; never empty."""
    low, high = min(float(np.min(s)) for s in samples), max(float(np.max(s)) for s in samples)
    return (low, high) if high > low else (low, low + 1.0)


def sample_size(info: DataInfo, side: int) -> QSize:
    """The logical size of a thumbnail: a square for images and volumes, a wide strip for signals."""
    return QSize(side, side) if len(info.input_shape) > 2 else QSize(2 * side, round(side * 0.75))
