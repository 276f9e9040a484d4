"""Several experiments side by side: what has a row, what it says, and what has none."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from cnnstudio.core.architecture import Architecture
from cnnstudio.core.changes import changes
from cnnstudio.core.data.facts import Facts
from cnnstudio.core.data.files import ImageFolder
from cnnstudio.core.differences import ABSENT, differences
from cnnstudio.core.edits import SetParameters
from cnnstudio.core.formats.presets import presets
from tests.helpers.drawn_runs import lenet

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment


def trained(experiment: Experiment, **values: Any) -> Experiment:
    return dataclasses.replace(experiment, training=dataclasses.replace(experiment.training, **values))


def told(*experiments: Experiment) -> dict[str, tuple[str, ...]]:
    return {f"{d.section}: {d.what}": d.values for d in differences(experiments)}


def convolution(experiment: Experiment) -> str:
    return next(id for id, b in experiment.architecture.blocks.items() if b.spec.kind == "Convolution")


def without(experiment: Experiment, id: str) -> Experiment:
    kept = []
    for block in experiment.architecture.blocks.values():
        if block.id != id:
            inputs = tuple(i if i != id else experiment.architecture.blocks[id].inputs[0] for i in block.inputs)
            kept.append(dataclasses.replace(block, inputs=inputs))
    return dataclasses.replace(experiment, architecture=Architecture.of(kept))


def test_equal_experiments_differ_in_nothing() -> None:
    for found in presets():
        assert found.experiment is not None
        moved = dataclasses.replace(found.experiment, name="Another", description="Other words", tags=("x",))
        assert differences((found.experiment, moved, found.experiment)) == ()
    assert differences(()) == ()


def test_a_row_has_a_value_of_each_and_what_has_no_effect_has_none() -> None:
    plain = lenet()
    sgd = trained(plain, optimizer="sgd", momentum=0.5, learning_rate=0.1)
    found = told(trained(plain, momentum=0.2), sgd, plain)  # adam has no momentum
    assert found["Training: Optimizer"] == ("adam", "sgd", "adam")
    assert found["Training: Learning rate"] == ("0.001", "0.1", "0.001")
    assert found["Training: Momentum"] == (ABSENT, "0.5", ABSENT)


def test_a_value_of_a_block_stands_beside_its_block() -> None:
    plain = lenet()
    id = convolution(plain)
    wide = SetParameters(id=id, values={"filters": 99})(plain)
    before = dict(vars(plain.architecture.blocks[id].spec))["filters"]
    assert told(plain, wide) == {f"Architecture: {id}: filters": (str(before), "99")}


def test_a_block_that_some_lack_has_one_row_unless_the_others_differ() -> None:
    plain = lenet()
    id = convolution(plain)
    lacking = without(plain, id)
    found = told(plain, lacking)
    assert found[f"Architecture: {id}"] == ("Convolution", ABSENT)
    assert [what for what in found if what.startswith(f"Architecture: {id}:")] == []
    wide = SetParameters(id=id, values={"filters": 99})(plain)
    three = told(plain, lacking, wide)
    assert three[f"Architecture: {id}: filters"][1:] == (ABSENT, "99")
    names = list(three)
    assert names.index(f"Architecture: {id}: filters") == names.index(f"Architecture: {id}") + 1


def test_sections_come_in_order_and_every_row_differs() -> None:
    shipped = [found.experiment for found in presets() if found.experiment is not None]
    found = differences(shipped)
    order = [d.section for d in found]
    assert sorted(order, key=("Training", "Data", "Architecture").index) == order
    assert all(len(d.values) == len(shipped) and len(set(d.values)) > 1 for d in found)
    assert len({(d.section, d.what) for d in found}) == len(found)


def test_files_that_are_others_under_the_same_path_are_told() -> None:
    then, now = (
        dataclasses.replace(ImageFolder(path="/pictures"), facts=Facts(fingerprint=mark * 8))
        for mark in ("1a2b", "3c4d")
    )
    plain = lenet()
    first, second = (dataclasses.replace(plain, data=dataclasses.replace(plain.data, source=s)) for s in (then, now))
    assert told(first, second) == {"Data: Files as scanned": ("1a2b1a2b1a2b", "3c4d3c4d3c4d")}
    assert [str(change) for change in changes(first, second)] == ["files as scanned then \u2192 as scanned anew"]
