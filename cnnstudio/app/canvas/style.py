"""The canvas's pens, brushes and fonts: made once when a theme comes on, so that painting a card makes none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPen

from cnnstudio.app.canvas.group_face import NEUTRAL
from cnnstudio.app.theme import Role, Scale
from cnnstudio.core.catalogue.base import GROUPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.app.theme import Theme


_LONGEST = "99,999 × 99,999 × 99,999 × 99,999"


@dataclass(frozen=True)
class CanvasStyle:
    """Everything the items of a scene paint with."""

    colors: Mapping[Role, QColor]
    families: Mapping[str, QColor]
    card: QColor
    title: QFont
    caption: QFont
    body: QFont
    far: QFont
    """Large type for cards seen from far away."""
    title_metrics: QFontMetricsF
    caption_metrics: QFontMetricsF
    caption_height: float
    shape_width: float
    """Room for the longest shape beside an edge: kept free, so that another shape moves nothing."""
    _pens: dict[tuple[Role, float], QPen] = field(default_factory=dict)
    _widths: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, theme: Theme) -> CanvasStyle:
        """The style under that theme."""
        title, caption = theme.font(Scale.BODY, bold=True), theme.font(Scale.CAPTION)
        return cls(
            body=theme.font(Scale.BODY),
            colors={role: theme.color(role) for role in Role},
            families={NEUTRAL: theme.color(Role.MUTED), **{group: theme.family(group) for group in GROUPS}},
            card=theme.color(Role.RAISED if theme.is_dark else Role.SURFACE),  # the one that lifts off the canvas
            title=title,
            caption=caption,
            far=theme.font(Scale.PAGE, bold=True),
            title_metrics=QFontMetricsF(title),
            caption_metrics=QFontMetricsF(caption),
            caption_height=QFontMetricsF(caption).height(),
            shape_width=QFontMetricsF(caption).horizontalAdvance(_LONGEST),
        )

    def caption_width(self, text: str) -> float:
        """Width of a caption, measured once: a thousand edges share a handful of shapes."""
        known = self._widths.get(text)
        if known is None:
            known = self._widths[text] = self.caption_metrics.horizontalAdvance(text)
        return known

    def pen(self, role: Role, width: float = 1.0) -> QPen:
        """A solid pen of that role with round ends, made once; to change it, copy it."""
        known = self._pens.get((role, width))
        if known is None:
            known = QPen(
                self.colors[role], width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
            )
            self._pens[role, width] = known
        return known

    def tint(self, role: Role, alpha: float) -> QColor:
        """The colour of that role at `alpha` from 0 to 1."""
        color = QColor(self.colors[role])
        color.setAlphaF(alpha)
        return color
