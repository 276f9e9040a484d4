"""What one experiment changes against another, in words: how a run differs from the one that it came from.

Names, descriptions and places on the canvas change nothing about a run and are left out; so is what has no effect, as
the momentum of an optimizer that has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cnnstudio.core.architecture import Block
    from cnnstudio.core.declare import Declared, Parameter
    from cnnstudio.core.experiment import Experiment

Section: TypeAlias = Literal["Architecture", "Data", "Training"]
ARROW = "\u2192"
TIMES = "\u00d7"
TOLD = 3
"""Changes that a summary names; of more it gives the number."""
_SHORT = 12
"""Figures of a fingerprint that tell files apart for a reader."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. An empty `before` says that the thing has come, an empty `after` that it has gone."""

    section: Section
    what: str
    """The thing: "learning rate", "convolution_2: filters", "dropout_1 (Dropout)"."""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        if self.before and self.after:
            return f"{self.what} {self.before} {ARROW} {self.after}"
        return f"{self.what} {'removed' if self.before else 'added'}"


def changes(before: Experiment, after: Experiment) -> tuple[Change, ...]:
    """All differences: those of training first, as they are the most frequent, then of data and architecture."""
    found = [*_recipe("Training", before.training, after.training), *_data(before, after)]
    if before.weights != after.weights:
        weights = [w[:_SHORT] or "fresh" for w in (before.weights, after.weights)]
        found.append(Change("Training", "weights it starts from", *weights))
    found += _blocks(before.architecture.blocks, after.architecture.blocks)
    return tuple(found)


def summary(found: Iterable[Change]) -> str:
    """The changes in one line: "learning rate 0.001 → 0.003, dropout_1 (Dropout) added and 2 more"; "" for none."""
    told = [str(change) for change in found]
    more = f" and {len(told) - TOLD:,} more" if len(told) > TOLD else ""
    return ", ".join(told[:TOLD]) + more


def shown_value(parameter: Parameter, value: Any) -> str:
    """A parameter's value for reading: "3 × 3", "on", "0.003", with its unit; what an empty field stands for."""
    if value is None:
        return parameter.blank
    unit = f" {parameter.unit}" if parameter.unit else ""
    return _plain(value) + unit


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return f" {TIMES} ".join(_plain(v) for v in value) or "none"
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)  # two that differ must not read the same
    return f"{value:,}" if isinstance(value, int) else str(value) or "none"


def _recipe(section: Section, before: Declared, after: Declared, prefix: str = "") -> Iterator[Change]:
    """The parameters of two objects of one kind that differ and matter in at least one of them."""
    for parameter in before.parameters:
        old, new = getattr(before, parameter.name), getattr(after, parameter.name)
        if old == new or not (_matters(parameter, before) or _matters(parameter, after)):
            continue
        label = f"{prefix}{_lower(parameter.label)}"
        yield Change(section, label, shown_value(parameter, old), shown_value(parameter, new))


def _matters(parameter: Parameter, of: Declared) -> bool:
    return parameter.relevant is None or parameter.relevant(of)


def _lower(label: str) -> str:
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _data(before: Experiment, after: Experiment) -> Iterator[Change]:
    old, new = before.data, after.data
    if type(old.source) is not type(new.source):
        yield Change("Data", "source", old.source.title, new.source.title)
    else:
        yield from _recipe("Data", old.source, new.source)
        if not list(_recipe("Data", old.source, new.source)) and old.source != new.source:
            yield Change("Data", "files", "as scanned then", "as scanned anew")
    yield from _recipe("Data", old.preparation, new.preparation)
    yield from _recipe("Data", old.augmentation, new.augmentation)
    yield from _recipe("Data", old, new)


def _blocks(before: Mapping[str, Block], after: Mapping[str, Block]) -> Iterator[Change]:
    """Blocks that came, went, were renamed or are another; the Input takes its shape from the data, told there."""
    renamed = _renamed(before, after)
    for old, new in renamed.items():
        yield Change("Architecture", "block", old, new)
    for id, block in before.items():
        if id not in after and id not in renamed:
            yield Change("Architecture", f"{id} ({block.spec.title})", before=id)
    for id, block in after.items():
        if id not in before and id not in renamed.values():
            yield Change("Architecture", f"{id} ({block.spec.title})", after=id)
    names = {id: renamed.get(id, id) for id in before}
    for id, block in before.items():
        other = after.get(names[id])
        if other is not None and id != INPUT:
            yield from _block(other.id, block, other, names)


def _renamed(before: Mapping[str, Block], after: Mapping[str, Block]) -> dict[str, str]:
    """Blocks that have another id and are else the same, in the same place."""
    gone = [block for id, block in before.items() if id not in after]
    came = {(block.position, block.spec): id for id, block in after.items() if id not in before}
    return {b.id: came[b.position, b.spec] for b in gone if (b.position, b.spec) in came}


def _block(id: str, old: Block, new: Block, names: Mapping[str, str]) -> Iterator[Change]:
    if type(old.spec) is not type(new.spec):
        yield Change("Architecture", f"{id}: kind", old.spec.title, new.spec.title)
    elif old.spec != new.spec:
        yield from _recipe("Architecture", old.spec, new.spec, f"{id}: ")
    if old.bypassed != new.bypassed:
        states = ["bypassed" if block.bypassed else "used" for block in (old, new)]
        yield Change("Architecture", id, *states)
    inputs = tuple(names.get(i, i) for i in old.inputs)
    if inputs != new.inputs:
        yield Change("Architecture", f"{id}: reads", _list(inputs), _list(new.inputs))


def _list(ids: tuple[str, ...]) -> str:
    return " and ".join(ids) or "nothing"
