"""What a person typed, as a value; and a value as the text of its field. Bounds are the declaration's business."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cnnstudio.app import format

if TYPE_CHECKING:
    from cnnstudio.core.declare import Parameter

_SEPARATORS = re.compile(r"[\s,_\u00a0\u202f]")
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_BETWEEN_SIZES = re.compile(r"\s*[x\u00d7*;,\s]\s*", re.IGNORECASE)


class Unreadable(ValueError):
    """The text is not a value of the field's form."""


def read_whole(text: str) -> int:
    """A whole number, with or without separators: "1,024", "1 024". Raises Unreadable."""
    bare = _SEPARATORS.sub("", text).replace("\u2212", "-")
    if not _WHOLE.fullmatch(bare):
        raise Unreadable(text)
    return int(bare)


def read_number(text: str) -> float:
    """A real number: "0.0001", "1e-4", and "0,0001" with a decimal comma. Raises Unreadable."""
    bare = text.strip().replace("\u2212", "-")
    if bare.count(",") == 1 and "." not in bare:
        bare = bare.replace(",", ".")
    try:
        value = float(bare.replace("_", "?"))
    except ValueError:
        raise Unreadable(text) from None
    if not math.isfinite(value):
        raise Unreadable(text)
    return value


def read_shape(text: str) -> tuple[int, ...]:
    """Whole numbers with signs, commas or spaces between: "28 x 28 x 1", "28, 28, 1". Raises Unreadable."""
    bare = text.strip().strip("()[]").strip().rstrip(",")
    return tuple(read_whole(part) for part in _BETWEEN_SIZES.split(bare)) if bare else _nothing(text)


def read_numbers(text: str) -> float | tuple[float, ...]:
    """One real number, or several with spaces or semicolons between: "0.5", "0.485 0.456 0.406". Raises Unreadable.

    Commas with spaces behind them may stand between the numbers too.
    """
    bare = text.strip().strip("()[]").strip().rstrip(",;")
    values = tuple(read_number(part) for part in re.split(r"\s*;\s*|,\s+|\s+", bare))
    return values[0] if len(values) == 1 else values


def numbers_text(value: float | tuple[float, ...]) -> str:
    """Numbers with spaces between, as `read_numbers` reads them back."""
    parts = value if isinstance(value, tuple) else (value,)
    return " ".join(repr(v).removesuffix(".0") for v in parts)


def _nothing(text: str) -> tuple[int, ...]:
    raise Unreadable(text)


def whole_text(value: int) -> str:
    """A whole number with separators."""
    return format.count(value)


def shape_text(value: tuple[int, ...]) -> str:
    """Sizes with multiplication signs. No thousands separators: a comma may stand between sizes."""
    return f" {format.TIMES} ".join(str(v) for v in value)


def same(a: object, b: object) -> bool:
    """Equal and of one type all the way down, so that True is not 1."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and a == b


def stepped_whole(value: int, steps: int, parameter: Parameter) -> int:
    """`value` moved by whole steps and held inside the bounds."""
    moved = value + steps
    if parameter.minimum is not None:
        moved = max(moved, math.ceil(parameter.minimum))
    if parameter.maximum is not None:
        moved = min(moved, math.floor(parameter.maximum))
    return moved


def stepped_number(value: float, steps: int, parameter: Parameter) -> float:
    """`value` moved by `steps` of a size that suits it, held inside the bounds.

    Shares (0 to 1) move by 0.05; others by their leading digit, so that a learning rate goes 0.0009, 0.001, 0.002.
    A step that would leave open bounds is made finer: 0.95 below 1 goes to 0.955.
    """
    at = Decimal(repr(value))
    way = 1 if steps > 0 else -1
    for _ in range(abs(steps)):
        size = _step_size(at, way, parameter)
        for _finer in range(3):
            if _inside(at + way * size, parameter):
                at += way * size
                break
            size /= 10
        else:
            at = _closed_bound(at, way, parameter)
    return float(at)


def _step_size(at: Decimal, way: int, parameter: Parameter) -> Decimal:
    low = parameter.minimum if parameter.minimum is not None else parameter.above
    high = parameter.maximum if parameter.maximum is not None else parameter.below
    share = low is not None and high is not None and low >= 0 and high <= 1
    if at == 0 or (share and abs(at) >= Decimal("0.05")):
        return Decimal("0.05") if share else Decimal("0.1")
    exponent = abs(at).adjusted()
    shrinking = (way < 0) == (at > 0)
    if shrinking and abs(at) == Decimal(10) ** exponent:
        exponent -= 1
    return Decimal(10) ** exponent


def _inside(value: Decimal, parameter: Parameter) -> bool:
    return parameter.problem(float(value)) is None


def _closed_bound(at: Decimal, way: int, parameter: Parameter) -> Decimal:
    bound = parameter.maximum if way > 0 else parameter.minimum
    return at if bound is None else Decimal(repr(float(bound)))
