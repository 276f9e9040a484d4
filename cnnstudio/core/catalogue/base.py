"""How a block is declared, and how the catalogue finds every declaration."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

from cnnstudio.core.declare import DeclarationError, Declared, closest, declared

if TYPE_CHECKING:
    from collections.abc import Callable


class BlockSpec(Declared):
    """Base of all block declarations. The class docstring is the block's help: first line says what it does."""

    kind: ClassVar[str]
    """Name in files: the class name."""
    title: ClassVar[str]
    """Name on screen: "Max pooling"."""
    group: ClassVar[str]
    """Family; decides the colour."""
    summary: ClassVar[str]
    help: ClassVar[str]
    min_inputs: ClassVar[int] = 1
    max_inputs: ClassVar[int | None] = 1
    """None for as many as one likes."""
    hidden: ClassVar[bool] = False
    """Not offered in the palette."""
    key_parameters: ClassVar[tuple[str, ...]] = ()
    """The two or three parameters shown on the card."""
    keywords: ClassVar[str] = ""
    """Further words by which the palette's search finds the block."""

    lay: ClassVar[Any]
    """`lay(self, net, *inputs)`, one Tensor argument per edge: records the layer calls that the block stands for
    and returns the last one's output. Raises Refused, through `net`, for what Keras would reject. A family member
    names its inputs (`lay(self, net, x)`), which is why this is no method to override."""

    # What values that follow (see `following`) ask of the blocks before them

    def channels_set(self) -> int | None:
        """How many channels come out, whatever comes in; None when that depends on what comes in."""
        filters: int | None = vars(self).get("filters")
        return filters

    def channels_times(self) -> int | None:
        """How many times the channels of its first input come out, where it does not set them; None for unknown."""
        return 1

    def halvings(self) -> int:
        """How often it halves the map, on the axis where it does so most; below 0, how often it doubles it."""
        return halvings_of(vars(self).get("strides"))


def halvings_of(size: object) -> int:
    """How often steps of that many cells halve an axis: 0 for 1, 1 for 2 and 3, 2 for 4; the most of all axes."""
    if size == 1:
        return 0
    steps = size if isinstance(size, tuple) else (size,)
    return max((s.bit_length() - 1 for s in steps if isinstance(s, int) and s > 0), default=0)


S = TypeVar("S", bound=BlockSpec)
_specs: dict[str, type[BlockSpec]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def block(
    *,
    group: str,
    title: str | None = None,
    key: tuple[str, ...] = (),
    inputs: tuple[int, int | None] = (1, 1),
    hidden: bool = False,
    keywords: str = "",
) -> Callable[[type[S]], type[S]]:
    """Declare a block. `key` names the parameters shown on its card, `inputs` how many edges it takes."""

    def register(cls: type[S]) -> type[S]:
        made: type[S] = declared(cls)
        made.kind = cls.__name__
        made.title = title or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cls.__name__).capitalize()
        made.group = group
        made.help = inspect.cleandoc(cls.__doc__ or "")
        made.summary = made.help.split("\n", 1)[0]
        made.key_parameters = key
        made.min_inputs, made.max_inputs = inputs
        made.hidden = hidden
        made.keywords = keywords
        _specs[made.kind] = made
        return made

    return register


@functools.cache
def catalogue() -> dict[str, type[BlockSpec]]:
    """Every block by kind, in the order of the palette: families as the modules declare them."""
    package = importlib.import_module("cnnstudio.core.catalogue")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"cnnstudio.core.catalogue.{module.name}")
    return dict(sorted(_specs.items(), key=lambda item: GROUPS.index(item[1].group)))


GROUPS = (
    "Data", "Convolution", "Pooling", "Normalisation", "Activation", "Regularisation",
    "Merge", "Reshape", "Dense", "Composite", "Output", "Unknown",
)  # fmt: skip
"""Families in palette order. A new family takes a colour in the theme."""


def groups() -> dict[str, list[type[BlockSpec]]]:
    """The blocks a person can place, family by family."""
    found: dict[str, list[type[BlockSpec]]] = {}
    for spec in catalogue().values():
        if not spec.hidden:
            found.setdefault(spec.group, []).append(spec)
    return found


def spec_class(kind: str) -> type[BlockSpec]:
    """The declaration of that kind. Raises DeclarationError with the closest known kinds."""
    known = catalogue()
    if kind not in known:
        raise DeclarationError(f'There is no block of kind "{kind[:60]}". {closest(kind, known)}')
    return known[kind]
