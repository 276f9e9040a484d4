"""What an experiment changes against another, in words."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from cnnstudio.core.architecture import Architecture
from cnnstudio.core.changes import changes, summary
from cnnstudio.core.data.builtin import Waveforms
from cnnstudio.core.edits import BypassBlocks, Connect, RemoveBlocks, RenameBlock, SetParameters, SetTraining
from cnnstudio.core.formats.presets import presets
from cnnstudio.core.recipe import DataRecipe
from tests.helpers.runs import digits

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment


def trained(**values: Any) -> Experiment:
    return dataclasses.replace(digits(), training=dataclasses.replace(digits().training, **values))


def told(after: Experiment, before: Experiment | None = None) -> list[str]:
    return [str(change) for change in changes(before or digits(), after)]


def test_nothing_is_told_where_nothing_is_another() -> None:
    now = digits()
    blocks = [block.at(block.position[0] + 7, 3) for block in now.architecture.blocks.values()]
    moved = dataclasses.replace(
        now, architecture=Architecture.of(blocks), name="Other", description="Said", tags=("x",)
    )
    assert told(moved) == []
    assert summary(changes(now, moved)) == ""


def test_values_of_the_recipe_are_told_with_both_values() -> None:
    before = trained(learning_rate=0.001, batch_size=32, early_stopping=False)
    after = trained(learning_rate=0.0003, batch_size=1024, early_stopping=True, clipping="by norm")
    assert told(after, before) == [
        "learning rate 0.001 → 0.0003", "clip gradients none → by norm", "batch size 32 → 1,024",
        "early stopping off → on",
    ]  # fmt: skip


def test_what_has_no_effect_is_not_told() -> None:
    assert told(trained(optimizer="adam", momentum=0.1), trained(optimizer="adam", momentum=0.9)) == []
    assert "momentum 0.9 → 0.1" in told(trained(optimizer="sgd", momentum=0.1), trained(optimizer="sgd", momentum=0.9))


def test_an_empty_field_is_told_by_what_it_stands_for() -> None:
    assert told(trained(weight_decay=0.01), trained(weight_decay=None)) == ["weight decay Keras's → 0.01"]


def test_blocks_that_are_another_are_named() -> None:
    wider = SetParameters(id="convolution_2", values={"filters": 24})(digits())
    assert "convolution_2: filters 16 → 24" in told(wider)
    bypassed = BypassBlocks(ids=("max_pooling_1",), bypassed=True)(digits())
    assert told(bypassed) == ["max_pooling_1 used → bypassed"]


def test_blocks_that_came_and_went_are_named() -> None:
    fewer = RemoveBlocks(ids=("dense_2",))(digits())
    assert told(fewer) == ["dense_2 (Dense) removed", "output: reads dense_2 → dense_1"]
    assert told(digits(), fewer) == ["dense_2 (Dense) added", "output: reads dense_1 → dense_2"]


def test_a_block_of_another_name_is_renamed_not_replaced() -> None:
    renamed = RenameBlock(id="convolution_2", new_id="second")(digits())
    assert told(renamed) == ["block convolution_2 → second"]


def test_other_connections_are_told() -> None:
    assert told(Connect(source="dense_1", target="output")(digits())) == ["output: reads dense_2 → dense_1"]


def test_another_source_is_told_by_name() -> None:
    other = dataclasses.replace(digits(), data=DataRecipe(source=Waveforms()))
    assert told(other)[0] == f"source {digits().data.source.title} → {Waveforms.title}"


def test_other_weights_to_start_from_are_told_in_short() -> None:
    assert told(dataclasses.replace(digits(), weights="ab" * 32)) == ["weights it starts from fresh → abababababab"]


def test_a_summary_names_the_first_and_counts_the_rest() -> None:
    after = trained(learning_rate=0.5, batch_size=7, epochs=99, seed=5, patience=9)
    assert summary(changes(digits(), after)).endswith(", epochs 15 → 99 and 1 more")


@pytest.mark.parametrize("one", [p.id for p in presets()])
def test_any_two_presets_can_be_told_apart_and_each_is_itself(one: str) -> None:
    known = {p.id: p.experiment for p in presets()}
    before = known[one]
    assert before is not None
    for other, after in known.items():
        assert after is not None
        assert bool(changes(before, after)) == (one != other)
        assert (
            len(changes(before, after)) >= len({str(c) for c in changes(before, after)}) > (0 if one != other else -1)
        )


def test_edits_that_take_one_another_back_leave_no_change() -> None:
    there = SetTraining(recipe=trained(epochs=3).training)(digits())
    assert told(there)
    assert told(SetTraining(recipe=digits().training)(there)) == []
