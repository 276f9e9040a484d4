"""In what several experiments differ, side by side: a row for each thing, a value for each experiment.

`changes` tells how one experiment came from another, in words; here nothing comes first, and there may be any number.
Names, descriptions and places on the canvas are left out, as is what has no effect in any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.changes import shown_value
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnnstudio.core.architecture import Block
    from cnnstudio.core.changes import Section
    from cnnstudio.core.declare import Declared
    from cnnstudio.core.experiment import Experiment

ABSENT = ""
"""Stands where an experiment has no such thing, or where it has no effect there."""
_SHORT = 12
"""Figures of a fingerprint that tell files apart for a reader."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same in all experiments."""

    section: Section
    what: str
    """The thing: "Learning rate", "convolution_2: filters"."""
    values: tuple[str, ...]
    """A value for each experiment, for reading."""


@dataclass(frozen=True, slots=True)
class _Key:
    section: Section
    what: str
    owner: str = ""
    """The block that has the thing, or "Source"; where that is another or absent is told once, by itself."""


def differences(experiments: Sequence[Experiment]) -> tuple[Difference, ...]:
    """What is not the same in all of them: training first, as it differs most often, then data and architecture.

    What belongs to a block that some lack has a row only if it differs among those that have it.
    """
    facts = [dict(_facts(experiment)) for experiment in experiments]
    keys = dict.fromkeys(key for known in facts for key in known)
    ordered = sorted(keys, key=lambda key: ("Training", "Data", "Architecture").index(key.section))
    found = []
    for key in _beside_their_owners(ordered):
        values = tuple(known.get(key, ABSENT) for known in facts)
        told = {value for value in values if value != ABSENT} if key.owner else set(values)
        if len(told) > 1:
            found.append(Difference(key.section, key.what, values))
    return tuple(found)


def _beside_their_owners(keys: list[_Key]) -> list[_Key]:
    """What belongs to a block follows it, also what only a later experiment has."""
    first: dict[tuple[str, str], int] = {}
    for place, key in enumerate(keys):
        first.setdefault((key.section, key.owner or key.what), place)
    return sorted(keys, key=lambda key: first[key.section, key.owner or key.what])


def _facts(experiment: Experiment) -> Iterator[tuple[_Key, str]]:
    data = experiment.data
    yield from _recipe("Training", experiment.training)
    yield _Key("Training", "Weights it starts from"), experiment.weights[:_SHORT] or "fresh"
    yield _Key("Data", "Source"), data.source.title
    yield from _recipe("Data", data.source, owner="Source")
    if isinstance(data.source, FileSource):
        yield _Key("Data", "Files as scanned", "Source"), data.source.facts.fingerprint[:_SHORT] or "not yet"
    for part in (data.preparation, data.augmentation, data):
        yield from _recipe("Data", part)
    for block in experiment.architecture.blocks.values():
        if block.id != INPUT:  # takes its shape from the data, told there
            yield from _block(block)


def _recipe(section: Section, recipe: Declared, owner: str = "") -> Iterator[tuple[_Key, str]]:
    for parameter in recipe.parameters:
        if parameter.relevant is None or parameter.relevant(recipe):
            yield _Key(section, parameter.label, owner), shown_value(parameter, getattr(recipe, parameter.name))


def _block(block: Block) -> Iterator[tuple[_Key, str]]:
    kind = f"{block.spec.title}, bypassed" if block.bypassed else block.spec.title
    yield _Key("Architecture", block.id), kind
    yield _Key("Architecture", f"{block.id}: reads", block.id), " and ".join(block.inputs) or "nothing"
    for key, value in _recipe("Architecture", block.spec):
        yield _Key("Architecture", f"{block.id}: {key.what[:1].lower()}{key.what[1:]}", block.id), value
