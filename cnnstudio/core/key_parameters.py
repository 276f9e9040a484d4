"""The parameters of a block that matter, in the few words that a card or a drawing has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.core.declare import Form, show
from cnnstudio.core.wording import TIMES, shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.declare import Parameter

_WINDOWS = frozenset({"kernel_size", "pool_size", "size", "target_shape"})
"""Sizes that need no name beside them: people know a bare 3 x 3 as the window."""


def parameter_words(spec: Any, rank: int) -> str:
    """The key parameters of a block as a card shows them; `rank` spells a size of one number out per axis."""
    words = []
    for name in spec.key_parameters:
        parameter = spec.parameter(name)
        value = getattr(spec, name)
        if parameter is None or value is None or (parameter.relevant is not None and not parameter.relevant(spec)):
            continue
        if word := _WORDS[parameter.form](parameter, value, rank):
            words.append(word)
    return " · ".join(words)


def _integer(parameter: Parameter, value: Any, rank: int) -> str:
    label = parameter.label.lower()
    if label[0].isdigit():  # "3 x 3 filters" of a block that has several windows
        return f"{label.removesuffix(' filters')}: {value:,}".replace(" x ", f" {TIMES} ")
    if label.endswith("s"):
        return f"{value:,} {label[:-1] if value == 1 else label}"
    return f"{label} {value:,}"


def _number(parameter: Parameter, value: Any, rank: int) -> str:
    return f"{parameter.label.lower()} {value:g}"


def _flag(parameter: Parameter, value: Any, rank: int) -> str:
    return parameter.label.lower() if value else ""


def _choice(parameter: Parameter, value: Any, rank: int) -> str:
    return str(value)


def _size(parameter: Parameter, value: Any, rank: int) -> str:
    if parameter.name in _WINDOWS:
        axes = value if isinstance(value, tuple) else (value,) * max(1, rank)
        return shape(axes)
    if value == 1 or (isinstance(value, tuple) and set(value) == {1}):
        return ""  # a stride or dilation of 1 changes nothing
    return f"{parameter.label.lower()} {_times(value)}"


def _margins(parameter: Parameter, value: Any, rank: int) -> str:
    return f"{parameter.label.lower()} {_times(value)}"


def _shape(parameter: Parameter, value: Any, rank: int) -> str:
    return shape(value)


def _numbers(parameter: Parameter, value: Any, rank: int) -> str:
    several = isinstance(value, tuple)
    return f"{parameter.label.lower()} {f'{value[0]:.4g} ...' if several else f'{value:.4g}'}"


def _times(value: Any) -> str:
    return show(value).replace(" x ", f" {TIMES} ")


_WORDS: dict[Form, Callable[[Parameter, Any, int], str]] = {
    Form.INTEGER: _integer,
    Form.NUMBER: _number,
    Form.FLAG: _flag,
    Form.CHOICE: _choice,
    Form.SIZE: _size,
    Form.MARGINS: _margins,
    Form.SHAPE: _shape,
    Form.NUMBERS: _numbers,
    Form.TEXT: _choice,
}
