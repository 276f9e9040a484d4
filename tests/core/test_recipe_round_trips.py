"""Every training recipe there can be: it survives its file, the script says the same, and differences are told."""

from __future__ import annotations

import ast
import dataclasses
import math
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnstudio.core.changes import changes
from cnnstudio.core.code.rates import scheduled_rate
from cnnstudio.core.code.source import script
from cnnstudio.core.differences import ABSENT, differences
from cnnstudio.core.formats.files import read_experiment, write_experiment
from cnnstudio.core.training.optimizers import OPTIMIZERS
from cnnstudio.core.training.recipe import SECTIONS, TrainingRecipe
from tests.helpers.effort import times
from tests.helpers.recipes import recipes
from tests.helpers.runs import digits

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment


def with_recipe(training: TrainingRecipe) -> Experiment:
    return dataclasses.replace(digits(), training=training)


def test_forms_show_every_parameter_once() -> None:
    shown = [name for _, names in SECTIONS for name in names]
    assert sorted(shown) == sorted(p.name for p in TrainingRecipe.parameters)
    labels = [p.label for p in TrainingRecipe.parameters]
    assert len(set(labels)) == len(labels), "two rows of a comparison would be one"


@settings(max_examples=times(25))
@given(training=recipes())
def test_a_recipe_survives_its_file(training: TrainingRecipe) -> None:
    assert not any(p.problem(getattr(training, p.name)) for p in training.parameters)
    assert read_experiment(write_experiment(with_recipe(training)), "The test").training == training


def told_by(tree: ast.Module, name: str) -> Any:
    """The value that the script gives to this name."""
    values = [
        node.value for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
    ]  # fmt: skip
    return ast.literal_eval(values[0]) if values else None


def calls_of(tree: ast.Module, wanted: str) -> list[ast.Call]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == wanted]


@settings(max_examples=times(15))
@given(training=recipes())
def test_the_script_trains_by_the_same_recipe(training: TrainingRecipe) -> None:
    tree = ast.parse(script(with_recipe(training)))
    assert (told_by(tree, "EPOCHS"), told_by(tree, "BATCH_SIZE")) == (training.epochs, training.batch_size)
    assert told_by(tree, "SEED") == training.seed
    (made,) = calls_of(tree, f"keras.optimizers.{OPTIMIZERS[training.optimizer].keras_class}")
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in made.keywords}
    assert given == {"learning_rate": training.learning_rate, **training.optimizer_arguments()}
    schedule = told_by(tree, "SCHEDULE")
    assert (schedule is not None) == training.changes_rate
    if schedule is not None:
        for step in (0, 1, 7, 10 * training.epochs // 2, 10 * training.epochs - 1):
            rate = scheduled_rate(step, 10, training.epochs, **schedule)
            assert rate == training.rate_at(step, 10)
            assert math.isfinite(rate)
    policies = [ast.literal_eval(call.args[0]) for call in calls_of(tree, "keras.config.set_dtype_policy")]
    assert policies == ([] if training.precision == "float32" else [f"mixed_{training.precision}"])
    waits = sorted(ast.literal_eval(call.args[0]) for call in calls_of(tree, "Patience"))
    assert waits == sorted(
        wait
        for wait, wanted in (
            (training.plateau_patience, training.schedule == "plateau"),
            (1, training.restore_best),
            (training.patience, training.early_stopping),
        )
        if wanted
    )


@settings(max_examples=times(30))
@given(before=recipes(), data=st.data())
def test_a_difference_that_matters_is_told_with_two_values_that_differ(
    before: TrainingRecipe, data: st.DataObject
) -> None:
    after = data.draw(recipes(like=before))
    assume(before != after)
    other = [p for p in before.parameters if getattr(before, p.name) != getattr(after, p.name)]
    matters = {p.label for p in other if p.relevant is None or p.relevant(before) or p.relevant(after)}
    found = changes(with_recipe(before), with_recipe(after))
    assert len(found) == len(matters)
    assert all(change.before != change.after for change in found)
    rows = differences((with_recipe(before), with_recipe(after)))
    assert matters <= {row.what for row in rows}
    assert all(len(set(row.values)) == 2 for row in rows)
    assert all(row.what in matters or ABSENT in row.values for row in rows)


def test_values_that_are_nearly_the_same_are_told_apart() -> None:
    one, two = (with_recipe(dataclasses.replace(TrainingRecipe(), learning_rate=r)) for r in (0.1234567, 0.1234568))
    assert str(changes(one, two)[0]) == "learning rate 0.1234567 \u2192 0.1234568"
    assert differences((one, two))[0].values == ("0.1234567", "0.1234568")
