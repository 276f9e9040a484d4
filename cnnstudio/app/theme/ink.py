"""Ink for words on a colour of any brightness: data colours do not change with the theme, so its text may not do."""

from __future__ import annotations

from PySide6.QtGui import QColor

BLACK, WHITE = 0xFF000000, 0xFFFFFFFF


def luminance(colour: QColor) -> float:
    """Relative luminance, 0 to 1, as WCAG 2.2 defines it."""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4)
        for c in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(back: QColor) -> QColor:
    """Black or white, whichever is easier to read on this colour: the contrast is at least 4.5 in any case."""
    inks = QColor.fromRgba(BLACK), QColor.fromRgba(WHITE)
    return max(inks, key=lambda ink: contrast(ink, back))
