"""Declarations: what a parameter is called, what it may hold and what it does, written once at the field.

A declared class is a frozen dataclass whose fields are made by `param`. Forms, validation, files, lint and the
documentation read `parameters_of(cls)`; nothing else lists the parameters of a block or a recipe.
"""

from __future__ import annotations

import dataclasses
import difflib
import enum
import functools
import math
import operator
import sys
import types
import typing
from typing import Any, ClassVar, Literal, Self, TypeAlias, dataclass_transform

if typing.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cnnstudio.core.following import Rule

Size: TypeAlias = int | tuple[int, ...]
"""One whole number for every spatial axis, or one per axis."""
Margins: TypeAlias = int | tuple[int | tuple[int, int], ...]
"""One whole number for every side, or per axis a number or a (before, after) pair."""
Numbers: TypeAlias = float | tuple[float, ...]
"""One number for all channels, or one for each."""
Shape: TypeAlias = tuple[int, ...]
"""Sizes without the batch axis, channels last."""


class Form(enum.Enum):
    """The forms a parameter's value can take; an editor exists for each."""

    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    SIZE = "size"
    MARGINS = "margins"
    SHAPE = "shape"
    NUMBERS = "numbers"
    TEXT = "text"


class DeclarationError(ValueError):
    """A value that a declaration does not allow; its text is one sentence for the person."""


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter: its name, form, bounds and help, and how to check a value against them."""

    name: str
    form: Form
    default: Any
    help: str
    label: str
    minimum: float | None = None
    maximum: float | None = None
    below: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    unit: str = ""
    blank: str = "none"
    """What an empty field stands for, in a word or two."""
    relevant: Callable[[Any], bool] | None = None
    """Given the declared object: whether the parameter has any effect now (hidden in forms when not)."""
    follow: Rule | None = None
    """What the value of a block's parameter is while it follows the design; see `following`."""

    @property
    def rule(self) -> str:
        """What the value must be, as the end of "must be ..."."""
        return _RULES[self.form](self) + (" or empty" if self.optional else "")

    def problem(self, value: object) -> str | None:
        """None when `value` is allowed; else a sentence: rule, then the value received."""
        if value is None and self.optional:
            return None
        if _FITS[self.form](self, value):
            return None
        return f"{self.label} must be {self.rule}, not {show(value)}."

    def has_form(self, value: object) -> bool:
        """Whether `value` has the right type, be it in bounds or not. Files are held to this; lint to the bounds."""
        if value is None:
            return self.optional
        return _HAS_FORM[self.form](self, value)


def param(
    default: Any,
    *,
    help: str,
    label: str | None = None,
    min: float | None = None,
    max: float | None = None,
    above: float | None = None,
    below: float | None = None,
    unit: str = "",
    blank: str = "none",
    relevant: Callable[[Any], bool] | None = None,
    follow: Rule | None = None,
) -> Any:
    """Declare a parameter. `min` and `max` are allowed values themselves; `above` and `below` are not.

    `blank` is what stands in a field that is empty and may be.
    `follow` lets a new block's value follow from the design until the person sets it.
    """
    extra = {"label": label, "minimum": min, "maximum": max, "above": above, "below": below, "help": help}
    return dataclasses.field(
        default=default, metadata={**extra, "unit": unit, "blank": blank, "relevant": relevant, "follow": follow}
    )


class _Parameters:
    """Stands for a class's `parameters` until they are wanted, as it takes long to evaluate annotations."""

    def __get__(self, instance: object, owner: type[Declared]) -> tuple[Parameter, ...]:
        fields = [f for f in dataclasses.fields(owner) if "help" in f.metadata]
        hints = _hints(owner, {f.name for f in fields})
        owner.parameters = tuple(_read(f, hints[f.name]) for f in fields)
        return owner.parameters


def _hints(owner: type, names: set[str]) -> dict[str, Any]:
    """Evaluated annotations of those fields alone: each costs a compilation, and class variables outnumber them."""
    found: dict[str, Any] = {}
    for cls in reversed(owner.__mro__):
        own = {n: text for n, text in vars(cls).get("__annotations__", {}).items() if n in names}
        if own:
            stub = types.SimpleNamespace(__annotations__=own)
            found |= typing.get_type_hints(stub, globalns=vars(sys.modules[cls.__module__]))
    return found


_UNREAD: Any = _Parameters()


class Declared:
    """Base of every declared class: frozen, compared and hashed by value.

    The methods are written here once. A dataclass would compile six of its own for each class, which for the whole
    catalogue took a tenth of the window's start.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = ()
    """Read off the annotations when first wanted; see `declared`."""
    _defaults: ClassVar[dict[str, Any]] = {}
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def __init__(self, **values: Any) -> None:
        unknown = values.keys() - self._defaults.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no parameter {', '.join(sorted(unknown))}.")
        vars(self).update(self._defaults | values)

    def __setattr__(self, name: str, value: object) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))  # every instance holds its fields in the order of their declaration

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def having(self, name: str, value: object) -> Self:
        """The same with another value of one field: what `dataclasses.replace` gives, ten times as fast."""
        made = object.__new__(type(self))
        vars(made).update(vars(self))
        vars(made)[name] = value
        return made

    @classmethod
    def parameter(cls, name: str) -> Parameter | None:
        """The parameter of that name, if there is one."""
        return next((p for p in cls.parameters if p.name == name), None)


D = typing.TypeVar("D", bound=Declared)


# `param` is no field specifier here: type checkers know a default only by its keyword, and would ask for every field.
@dataclass_transform(frozen_default=True, kw_only_default=True)
def declared(cls: type[D]) -> type[D]:
    """Make `cls` a frozen, keyword-only dataclass, every field of which has a default.

    No `slots=True`: it would make a second class, and class-level registries would hold the first.
    """
    made: type[D] = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)(cls)
    made._defaults = {f.name: f.default for f in dataclasses.fields(made)}
    if dataclasses.MISSING in made._defaults.values():
        raise TypeError(f"Every field of {cls.__name__} needs a default.")
    made.parameters = _UNREAD
    return made


def _read(field: dataclasses.Field[Any], hint: Any) -> Parameter:
    optional = False
    if typing.get_origin(hint) in (typing.Union, types.UnionType) and type(None) in typing.get_args(hint):
        rest = tuple(a for a in typing.get_args(hint) if a is not type(None))
        optional, hint = True, functools.reduce(operator.or_, rest)
    choices: tuple[str, ...] = ()
    if typing.get_origin(hint) is Literal:
        form, choices = Form.CHOICE, typing.get_args(hint)
    else:
        form = next(f for known, f in _BY_HINT if known == hint)
    meta = dict(field.metadata)
    label = meta.pop("label") or field.name.replace("_", " ").capitalize()
    return Parameter(
        name=field.name, form=form, default=field.default, label=label, choices=choices, optional=optional, **meta
    )


_BY_HINT: tuple[tuple[Any, Form], ...] = (
    (int, Form.INTEGER), (float, Form.NUMBER), (bool, Form.FLAG), (str, Form.TEXT),
    (Size, Form.SIZE), (Margins, Form.MARGINS), (Shape, Form.SHAPE),
    (Numbers, Form.NUMBERS),
)  # fmt: skip


_MOST_SHOWN = 8
"""Of a list of values: a file may have a million."""


def show(value: object) -> str:
    """A value as a person reads it: 3 x 3 for a size, quotes round text."""
    if isinstance(value, str):
        return f'"{value[:60]}"'
    if isinstance(value, tuple | list):
        sizes = [show(v) for v in value[:_MOST_SHOWN]] + ["..."] * (len(value) > _MOST_SHOWN)
        return " x ".join(sizes) if value else "empty"
    if value is None:
        return "empty"
    if isinstance(value, float):
        return f"{value:g}"
    text = f"{value:,}" if _whole(value) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _in_bounds(p: Parameter, value: Any) -> bool:
    return (
        (p.minimum is None or value >= p.minimum)
        and (p.maximum is None or value <= p.maximum)
        and (p.above is None or value > p.above)
        and (p.below is None or value < p.below)
    )


def _bounds(p: Parameter) -> str:
    low = show(p.minimum) if p.minimum is not None else None
    high = show(p.maximum) if p.maximum is not None else None
    words = []
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        words.append(f"at least {low}")
    if high is not None:
        words.append(f"at most {high}")
    if p.above is not None:
        words.append(f"above {show(p.above)}")
    if p.below is not None:
        words.append(f"below {show(p.below)}")
    return (" " + " and ".join(words)) if words else ""


def _size_parts(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _margin_parts(value: object) -> list[object]:
    return [x for part in _size_parts(value) for x in (part if isinstance(part, tuple) else (part,))]


def _is_size(p: Parameter, value: object) -> bool:
    parts = _size_parts(value)
    return 1 <= len(parts) <= 3 and all(_whole(v) for v in parts)


def _is_margins(p: Parameter, value: object) -> bool:
    parts = _size_parts(value)
    pairs_fit = all(not isinstance(v, tuple) or len(v) == 2 for v in parts)
    return 1 <= len(parts) <= 3 and pairs_fit and all(_whole(v) for v in _margin_parts(value))


def _is_shape(p: Parameter, value: object) -> bool:
    return isinstance(value, tuple) and 1 <= len(value) <= 6 and all(_whole(v) for v in value)


def _is_numbers(p: Parameter, value: object) -> bool:
    parts = _size_parts(value)
    return 1 <= len(parts) <= 65536 and all(_number(v) for v in parts)


_HAS_FORM: dict[Form, Callable[[Parameter, object], bool]] = {
    Form.INTEGER: lambda p, v: _whole(v),
    Form.NUMBER: lambda p, v: _number(v),
    Form.FLAG: lambda p, v: isinstance(v, bool),
    Form.CHOICE: lambda p, v: isinstance(v, str) and v in p.choices,
    Form.SIZE: _is_size,
    Form.MARGINS: _is_margins,
    Form.SHAPE: _is_shape,
    Form.NUMBERS: _is_numbers,
    Form.TEXT: lambda p, v: isinstance(v, str),
}


def _all_fit(parts: Callable[[object], Any]) -> Callable[[Parameter, object], bool]:
    def fits(p: Parameter, value: object) -> bool:
        return p.has_form(value) and all(_in_bounds(p, v) for v in parts(value))

    return fits


_LISTS = frozenset({list, tuple})

_FITS: dict[Form, Callable[[Parameter, object], bool]] = {
    Form.INTEGER: lambda p, v: _whole(v) and _in_bounds(p, v),
    Form.NUMBER: lambda p, v: _number(v) and _in_bounds(p, v),
    Form.FLAG: _HAS_FORM[Form.FLAG],
    Form.CHOICE: _HAS_FORM[Form.CHOICE],
    Form.SIZE: _all_fit(_size_parts),
    Form.MARGINS: _all_fit(_margin_parts),
    Form.SHAPE: _all_fit(_size_parts),
    Form.NUMBERS: _all_fit(_size_parts),
    Form.TEXT: lambda p, v: isinstance(v, str) and (p.maximum is None or len(v) <= p.maximum),
}

_RULES: dict[Form, Callable[[Parameter], str]] = {
    Form.INTEGER: lambda p: "a whole number" + _bounds(p),
    Form.NUMBER: lambda p: "a number" + _bounds(p),
    Form.FLAG: lambda p: "true or false",
    Form.CHOICE: lambda p: "one of " + ", ".join(p.choices),
    Form.SIZE: lambda p: f"a whole number{_bounds(p)}, or one such number per axis",
    Form.MARGINS: lambda p: f"a whole number{_bounds(p)}, or per axis a number or a pair",
    Form.SHAPE: lambda p: f"1 to 6 whole numbers{_bounds(p)}",
    Form.NUMBERS: lambda p: f"a number{_bounds(p)}, or one such number per channel",
    Form.TEXT: lambda p: "text" + (f" of at most {show(p.maximum)} characters" if p.maximum else ""),
}


def closest(name: str, known: typing.Iterable[str]) -> str:
    """`name`'s closest known names as a question, or the known names, for errors about unknown names."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.5)
    if near:
        return "Did you mean " + " or ".join(f'"{n}"' for n in near) + "?"
    return "Known: " + ", ".join(names[:40]) + "."


def to_plain(value: Declared) -> dict[str, Any]:
    """The parameters as JSON-ready values: tuples become lists."""
    return {p.name: _plain(getattr(value, p.name)) for p in value.parameters}


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def _tupled(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    is_flat = _LISTS.isdisjoint(map(type, value))  # a million numbers are not gone through one by one
    return tuple(value) if is_flat else tuple(_tupled(v) for v in value)


def _real(value: Any) -> Any:
    """Whole numbers of JSON as the floats that the parameter holds."""
    if isinstance(value, tuple):
        return tuple(float(v) for v in value)
    return None if value is None else float(value)


def from_plain(cls: type[D], values: Mapping[str, Any], place: str) -> D:
    """Build `cls` from JSON values. Unknown names and wrong types raise DeclarationError naming `place`.

    Bounds are left to lint: a design with a value out of bounds opens and says so on its block.
    """
    given: dict[str, Any] = {}
    for name, raw in values.items():
        parameter = cls.parameter(name)
        if parameter is None:
            known = [p.name for p in cls.parameters]
            raise DeclarationError(f'{place} has no parameter "{name[:60]}". {closest(name, known)}')
        value = _tupled(raw)
        if not parameter.has_form(value):
            raise DeclarationError(f"{place}: {parameter.label} ({name}) must be {parameter.rule}, not {show(value)}.")
        given[name] = _real(value) if parameter.form in (Form.NUMBER, Form.NUMBERS) else value
    return cls(**given)
