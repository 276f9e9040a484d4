"""Declared classes behave as frozen dataclasses do, though their methods are written once in their base."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from cnnstudio.core.catalogue import BlockSpec, catalogue
from cnnstudio.core.catalogue.convolution import Convolution
from cnnstudio.core.data.builtin import Shapes
from cnnstudio.core.declare import Declared, Form, declared, param
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe

KINDS = [*catalogue().values(), DataRecipe, TrainingRecipe, Shapes]


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_declarations_are_values(kind: type[BlockSpec] | type[DataRecipe]) -> None:
    one, same = kind(), dataclasses.replace(kind())
    assert one == same == copy.deepcopy(one)
    assert hash(one) == hash(same)
    assert [f.name for f in dataclasses.fields(kind)] == list(vars(one))
    assert {p.name for p in kind.parameters} <= vars(one).keys()
    assert all(p.has_form(getattr(one, p.name)) for p in kind.parameters)


def test_values_differ_by_class_and_by_field() -> None:
    assert Convolution(filters=8) == Convolution(filters=8)
    assert Convolution(filters=8) != Convolution(filters=9)
    assert len({Convolution(filters=8), Convolution(filters=9), Convolution(filters=8)}) == 2
    assert Shapes() != DataRecipe()
    assert Shapes() != "Shapes()"


def test_order_of_arguments_does_not_matter() -> None:
    assert hash(Shapes(seed=3, count=20)) == hash(Shapes(count=20, seed=3))


def test_values_cannot_be_changed() -> None:
    recipe = TrainingRecipe()
    with pytest.raises(dataclasses.FrozenInstanceError, match="epochs"):
        recipe.__setattr__("epochs", 3)
    with pytest.raises(dataclasses.FrozenInstanceError, match="epochs"):
        recipe.__delattr__("epochs")
    assert recipe == TrainingRecipe()


def test_unknown_names_are_refused() -> None:
    given: dict[str, Any] = {"total": 3}
    with pytest.raises(TypeError, match="Shapes has no parameter total"):
        Shapes(**given)


def test_a_declaration_shows_its_values() -> None:
    assert repr(Shapes(count=20)) == "Shapes(task='segmentation', count=20, size=32, seed=0)"


def test_each_class_reads_its_own_parameters() -> None:
    @declared
    class Base(Declared):
        size: int = param(1, min=1, help="How large")

    @declared
    class Derived(Base):
        share: float = param(0.5, help="How much")

    assert [p.name for p in Base.parameters] == ["size"]
    assert [(p.name, p.form) for p in Derived.parameters] == [("size", Form.INTEGER), ("share", Form.NUMBER)]
    assert Derived().parameters is Derived.parameters
    assert Derived(size=3) == dataclasses.replace(Derived(), size=3)


def test_a_field_without_a_default_is_refused() -> None:
    class Bare(Declared):
        size: int

    with pytest.raises(TypeError, match="Every field of Bare needs a default"):
        declared(Bare)
