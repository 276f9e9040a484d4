"""The chosen sample, large, with its class, and beside it what the network says of it now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.app.data.sample_painter import mask_of, sample_size, target_words, thumbnail
from cnnstudio.app.features.words import words
from cnnstudio.app.theme import Role, Scale, mark, space, theme, themes
from cnnstudio.core.data.info import DataInfo, Task

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from cnnstudio.app.features.mosaic import Floats

SIDE = 112
MOST = 10
"""Classes shown; of more, the likeliest."""


class ProbabilityBars(QWidget):
    """One bar for each class: the network's probability. The true class is named in bold, with a mark."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("prediction_bars")
        self.setToolTip("Probability that the network gives each class; the dot marks the true one")
        self.setAccessibleName("Predicted classes")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._names: tuple[str, ...] = ()
        self._values: list[float] = []
        self._true = -1
        themes.changed.connect(self.update)

    @property
    def values(self) -> list[float]:
        """The probabilities shown, by class; empty while there are none."""
        return self._values

    @property
    def names(self) -> tuple[str, ...]:
        """The classes."""
        return self._names

    @property
    def true_class(self) -> int:
        """The class that the sample has; -1 for none."""
        return self._true

    @property
    def best(self) -> int:
        """The likeliest class; -1 while there are no probabilities."""
        return int(np.argmax(self._values)) if self._values else -1

    def name(self, index: int) -> str:
        """The name of that class."""
        return self._names[index]

    def show_classes(self, names: tuple[str, ...], true: int) -> None:
        """Other classes, or another true class; the bars start empty."""
        self._names, self._true, self._values = names, true, []
        self.updateGeometry()
        self.update()

    def show_values(self, values: Floats) -> None:
        """The probabilities; other outputs than one value for each class are not shown."""
        flat = np.asarray(values, np.float32).ravel()
        self._values = [float(v) for v in flat] if len(flat) == len(self._names) else []
        if self._values:
            self.setAccessibleDescription(f"Most likely {self._names[self.best]}, {flat[self.best]:.0%}")
        self.update()

    def rows(self) -> list[int]:
        """The classes that have a line, in order: all, or the likeliest and the true one."""
        if len(self._names) <= MOST:
            return list(range(len(self._names)))
        likely = sorted(range(len(self._values)), key=self._values.__getitem__, reverse=True)[:MOST]
        if self._true >= 0 and self._true not in likely:
            likely = [*likely[: MOST - 1], self._true]
        return sorted(likely)

    def _line(self) -> int:
        return max(14, round(theme().font(Scale.CAPTION).pointSizeF() * 1.75))

    def sizeHint(self) -> QSize:
        """A line for each class, ten at most."""
        return QSize(200, min(MOST, len(self._names)) * self._line())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Name, bar, per cent."""
        rows = self.rows()
        if not rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plain, bold = theme().font(Scale.CAPTION), theme().font(Scale.CAPTION, bold=True)
        painter.setFont(bold)
        metrics = painter.fontMetrics()
        names = min(self.width() // 3, max(metrics.horizontalAdvance(self._names[r]) for r in rows)) + space(4)
        numbers = metrics.horizontalAdvance("100.0 %") + space(2)
        room, line = max(10, self.width() - names - numbers), self._line()
        best = self.best
        for place, row in enumerate(rows):
            top = place * line
            painter.setFont(bold if row == self._true else plain)
            painter.setPen(theme().color(Role.TEXT))
            label = metrics.elidedText(self._names[row], Qt.TextElideMode.ElideRight, names - space(4))
            painter.drawText(QRect(0, top, names, line), Qt.AlignmentFlag.AlignVCenter, label)
            painter.setPen(Qt.PenStyle.NoPen)
            if row == self._true:
                painter.setBrush(theme().color(Role.OK))
                painter.drawEllipse(QPoint(names - space(2), top + line // 2), 3, 3)
            painter.setBrush(theme().color(Role.GRID))
            bar = QRectF(names, top + line / 2 - 4, room, 8)
            painter.drawRoundedRect(bar, 2, 2)
            if not self._values:
                continue
            painter.setBrush(theme().color(Role.CURVE_1 if row == best else Role.EDGE))
            bar.setWidth(room * max(0.0, min(1.0, self._values[row])))
            painter.drawRoundedRect(bar, 2, 2)
            painter.setPen(theme().color(Role.TEXT if row == best else Role.MUTED))
            text = f"{100 * self._values[row]:.1f} %"
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRect(0, top, self.width(), line), right, text)


class ChosenSample(QWidget):
    """The sample that is watched: picture, number, class, and the live prediction."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chosen_sample")
        self._picture = QLabel()
        self._picture.setObjectName("chosen_sample_picture")
        self._picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._title = words("chosen_sample_title")
        self._label = words("chosen_sample_label", tone="muted")
        self._verdict = words("chosen_sample_verdict", tip="The class that the network finds most likely now")
        self.bars = ProbabilityBars()
        told = QHBoxLayout()
        told.setSpacing(space(3))
        told.addWidget(self._title)
        told.addWidget(self._label, 1)
        right = QVBoxLayout()
        right.setSpacing(space(1))
        right.addLayout(told)
        right.addWidget(self._verdict)
        right.addWidget(self.bars)
        right.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(4))
        row.addWidget(self._picture)
        row.addLayout(right, 1)
        self._shown: tuple[Any, Any, DataInfo] | None = None
        themes.changed.connect(self._paint)

    def show_sample(self, part: str, index: int, sample: Floats, target: Any, info: DataInfo) -> None:
        """Show sample `index` of the part; the bars wait for the network's answer."""
        self._shown = (sample, target, info)
        self._paint()
        self._title.setText(f"{part.capitalize()} sample {index:,}")
        label = target_words(target, info)
        self._label.setText(f"is {label}" if info.task is Task.CLASSIFICATION else label)
        self._verdict.clear()
        self._picture.setAccessibleName(f"{part.capitalize()} sample {index:,} {label}")
        self._picture.setToolTip(f"The sample whose feature maps are shown: {label}" if label else "The sample shown")
        classes = info.class_names if info.task is Task.CLASSIFICATION else ()
        self.bars.show_classes(classes, int(target) if classes else -1)
        self.bars.setVisible(bool(classes))

    @property
    def verdict(self) -> str:
        """What the network says of the sample; "" while it has said nothing."""
        return self._verdict.text()

    def show_prediction(self, values: Floats) -> None:
        """What the network says now: class probabilities, empty for other tasks."""
        self.bars.show_values(values)
        best = self.bars.best
        right = best == self.bars.true_class
        self._verdict.setText(f"Network says {self.bars.name(best)}" if best >= 0 else "")
        tone = "ok" if right else "error"
        if best >= 0 and self._verdict.property("tone") != tone:
            mark(self._verdict, tone=tone)

    def forget_prediction(self) -> None:
        """Another network: what the last one said is gone."""
        self.bars.show_classes(self.bars.names, self.bars.true_class)
        self._verdict.clear()

    def _paint(self) -> None:
        if self._shown is None:
            self._picture.setPixmap(QPixmap())
            return
        sample, target, info = self._shown
        size = sample_size(info, SIDE)
        self._picture.setPixmap(thumbnail(sample, size, self.devicePixelRatioF(), mask_of(target, info)))
