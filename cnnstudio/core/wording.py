"""Numbers and shapes as the studio writes them: one place for separators, units and the multiplication sign."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.analysis.field import Field, Step
    from cnnstudio.core.program import Tensor

TIMES = "\u00d7"
ARROW = "\u2192"
DASH = "\u2013"
"""Stands in a table where there is no value."""

_AXES = {0: (), 1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
_AXIS_NAMES = {"L": "length", "H": "height", "W": "width", "D": "depth", "C": "channels"}
_SCALES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def count(number: int) -> str:
    """A whole number with thousands separators: 1,234,567."""
    return f"{number:,}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number and its noun: "1 block", "3 blocks"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def sortable(text: str) -> str:
    """The text as a key to sort by: capitals count for nothing, and the numbers in it stand in their order."""
    return re.sub(r"\d+", _padded, text.casefold())


def _padded(digits: re.Match[str]) -> str:
    return digits.group().zfill(9)


def short(number: float) -> str:
    """A number in three figures with its prefix: 950, 1.23 k, 45.6 M."""
    for scale, prefix in _SCALES:
        if abs(number) >= scale * 0.9995:
            return f"{_three(number / scale)} {prefix}"
    return f"{number:,.0f}" if float(number).is_integer() else _three(number)


def _three(number: float) -> str:
    digits = 2 - math.floor(math.log10(abs(number))) if number else 0
    text = f"{number:,.{min(max(digits, 0), 3)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def size_of(number: int) -> str:
    """A number of bytes: 950 B, 1.23 kB, 45.6 MB."""
    return f"{short(number)}B" if abs(number) >= 1000 else f"{number} B"


def share(part: int, whole: int) -> str:
    """A part of a whole in per cent: 12.3 %; a dash where there is no whole."""
    if whole <= 0:
        return DASH
    per_cent = 100 * part / whole
    if part and per_cent < 0.1:
        return "< 0.1 %"
    return f"{per_cent:.1f} %"


def duration(seconds: float, *, whole: bool = False) -> str:
    """A stretch of time: 12.3 s, 2 min 05 s, 1 h 03 min. `whole` leaves out tenths, which would flicker in a
    countdown."""
    if round(seconds, 1) < 60 and not whole:
        return f"{max(0.0, seconds):.1f} s"
    rounded = max(0, round(seconds))
    if rounded < 60:
        return f"{rounded} s"
    if rounded < 3600:
        return f"{rounded // 60} min {rounded % 60:02} s"
    return f"{count(rounded // 3600)} h {rounded % 3600 // 60:02} min"


def number(value: float) -> str:
    """A real number in as few figures as it needs: 0.0001, 0.15; below a millionth with an exponent: 1e-07."""
    text = f"{value:.12g}"
    return format(Decimal(text), "f") if "e-" in text and abs(value) >= 1e-6 else text


def shape(sizes: Iterable[int]) -> str:
    """Sizes with multiplication signs: 26 x 26 x 32."""
    return f" {TIMES} ".join(count(s) for s in sizes)


def axis_letters(rank: int) -> tuple[str, ...]:
    """Letters of the spatial axes: (), ("L",), ("H", "W") or ("D", "H", "W"); numbers beyond three axes."""
    return _AXES.get(rank, tuple(str(n + 1) for n in range(rank)))


def axis_name(letter: str) -> str:
    """The word for an axis letter: "height" for H."""
    return _AXIS_NAMES.get(letter, f"axis {letter}")


def lettered_shape(sizes: tuple[int, ...]) -> str:
    """A shape with its axis letters: H 26 x W 26 x C 32; a vector as C 10."""
    letters = (*axis_letters(len(sizes) - 1), "C")
    return f" {TIMES} ".join(f"{letter} {count(s)}" for letter, s in zip(letters, sizes, strict=True))


def tensor_shape(tensor: Tensor | None) -> str:
    """The shape of what a block yields; a dash where it yields nothing."""
    return DASH if tensor is None else shape(tensor.shape)


def step(value: Step) -> str:
    """A size or jump in input cells, which upsampling can make a fraction: 5, 0.5, 1/3."""
    if isinstance(value, Fraction) and value.denominator != 1:
        exact = value.denominator in (2, 4, 8, 5, 10)
        return f"{float(value):g}" if exact else f"{value.numerator}/{value.denominator}"
    return count(int(value))


def receptive_field(field: Field) -> str:
    """Size of the field on the input, in input cells: 5 x 5."""
    return f" {TIMES} ".join(count(axis.cells) for axis in field) if field else DASH


def stride(field: Field) -> str:
    """How far the field moves on the input from one cell to the next: 2 x 2; a dash once the axes are gone."""
    if not field or all(axis.jump == 0 for axis in field):
        return DASH
    return f" {TIMES} ".join(step(axis.jump) for axis in field)


def cells(rank: int, number: int = 0) -> str:
    """What that many cells of an input of that rank are called: px for images, samples for signals, voxels else."""
    one, many = {1: ("sample", "samples"), 2: ("px", "px"), 3: ("voxel", "voxels")}.get(rank, ("cell", "cells"))
    return one if number == 1 else many
