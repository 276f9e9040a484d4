"""Colour tables for data: how values become colours in feature maps and masks. The only colours outside the theme.

Each map runs through control points of a published, perceptually uniform colour scale, joined in straight lines; no
entry is further than 16 units of 255 from the original. Viridis and Magma are by van der Walt
and Smith, Cividis by Nuñez, Anderton and Renslow (2018), Cool to warm by Moreland (2009), Berlin by Crameri (2018).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from PySide6.QtGui import QColor

ENTRIES = 256
"""Entries of a table: one for each value of a byte."""


@dataclass(frozen=True, slots=True)
class ColourMap:
    """A named scale; `points` are evenly spaced RGB colours, lowest value first."""

    name: str
    points: tuple[int, ...]
    diverging: bool = False
    """Whether its middle stands for zero, and its two halves for the signs."""

    def table(self) -> list[int]:
        """256 opaque ARGB colours, ready for QImage.setColorTable."""
        return list(_table(self.points))


@functools.cache
def _table(points: tuple[int, ...]) -> tuple[int, ...]:
    last = len(points) - 1
    table = []
    for entry in range(ENTRIES):
        place = entry / (ENTRIES - 1) * last
        at = min(int(place), last - 1)
        table.append(_between(points[at], points[at + 1], place - at))
    return tuple(table)


def _between(low: int, high: int, share: float) -> int:
    argb = 0xFF
    for shift in (16, 8, 0):
        a, b = (low >> shift) & 0xFF, (high >> shift) & 0xFF
        argb = (argb << 8) | round(a + (b - a) * share)
    return argb


VIRIDIS = ColourMap(
    "Viridis",
    (0x440154, 0x482878, 0x3E4989, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6ECE58, 0xB5DE2B, 0xFDE725),
)
MAGMA = ColourMap(
    "Magma",
    (0x000004, 0x180F3D, 0x440F76, 0x721F81, 0x9E2F7F, 0xCD4071, 0xF1605D, 0xFD9668, 0xFECA8D, 0xFCFDBF),
)
CIVIDIS = ColourMap(
    "Cividis",
    (
        0x00224E, 0x023271, 0x30426D, 0x49536C, 0x5E636F, 0x727374, 0x878478, 0x9D9576, 0xB5A86F, 0xCEBC63, 0xE7D150,
        0xFEE838,
    ),
)  # fmt: skip
GREY = ColourMap("Grey", (0x000000, 0xFFFFFF))
COOL_TO_WARM = ColourMap(
    "Cool to warm",
    (
        0x3B4CC0, 0x4E68D8, 0x6282EA, 0x779AF7, 0x8DB0FE, 0xA3C2FE, 0xB8D0F9, 0xCCD9ED, 0xDCDCDC, 0xEBD3C6, 0xF4C5AD,
        0xF7B194, 0xF49A7B, 0xEC7F63, 0xDE614D, 0xCB3E38, 0xB40426,
    ),
    diverging=True,
)  # fmt: skip
BERLIN = ColourMap(
    "Berlin",
    (
        0x9EB0FF, 0x79ABED, 0x519FD3, 0x3685AD, 0x286886, 0x1D4C62, 0x14313F, 0x111A20, 0x180C0A, 0x2A0E01, 0x401201,
        0x5A1C07, 0x7C321C, 0x9C4F3D, 0xBC6D61, 0xDD8D86, 0xFFADAD,
    ),
    diverging=True,
)  # fmt: skip

COLOUR_MAPS: dict[str, ColourMap] = {m.name: m for m in (VIRIDIS, MAGMA, CIVIDIS, GREY, COOL_TO_WARM, BERLIN)}
"""The scales a person can choose from, the default first."""

CLASS_COLOURS: tuple[int, ...] = (
    0xFF000000, 0xFFE69F00, 0xFF56B4E9, 0xFF009E73, 0xFFF0E442, 0xFF0072B2, 0xFFD55E00, 0xFFCC79A7,
)  # fmt: skip
"""ARGB colours of classes in masks: the Okabe-Ito set, told apart by colour-blind eyes; repeated when it runs out."""


def class_colour(index: int) -> QColor:
    """The colour of a class in masks. Class 0 is the ground; the others go round the rest of the set."""
    return QColor.fromRgba(CLASS_COLOURS[(index - 1) % (len(CLASS_COLOURS) - 1) + 1 if index > 0 else 0])
