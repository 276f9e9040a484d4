"""Other data in an experiment: what is kept, what is told, and which designs are offered where one breaks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.builtin import Digits, Noise, Shapes, Waveforms
from cnnstudio.core.data.facts import Facts
from cnnstudio.core.data.files import ImageFolder, ImageMasks
from cnnstudio.core.data.info import Task
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.document import Document
from cnnstudio.core.edits import SetData, SetTraining
from cnnstudio.core.edits.adopting import UseDesign, adopted, changes, in_sentence, is_same_place
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.fixes.designs import designs_for
from cnnstudio.core.formats.presets import preset, presets
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from cnnstudio.core.data.sources import SourceSpec

FLOWERS = ImageFolder(path="/data/flowers").found(
    Facts(samples=40, shape=(64, 64, 3), classes=("daisy", "rose"), fingerprint="a" * 64)
)
MIXED = FLOWERS.found(Facts(samples=40, shape=(9, 7, 3), mixed=True, fingerprint="b" * 64))


def of_preset(id: str = "lenet-5") -> Experiment:
    found = preset(id).experiment
    assert found is not None
    return found


def after(before: Experiment, recipe: DataRecipe) -> Experiment:
    return SetData(recipe=recipe)(before)


def errors(experiment: Experiment) -> int:
    traced = trace(experiment.architecture, experiment.data.info())
    return sum(d.severity is Severity.ERROR for d in lint(traced))


def test_new_files_take_the_preparation_that_was_suggested_and_leave_the_split() -> None:
    recipe = DataRecipe(preparation=Preparation(height=99), augmentation=Augmentation(flip="both"), validation=0.3)
    new = adopted(recipe, FLOWERS, Preparation(height=32, width=32))
    assert new == dataclasses.replace(recipe, source=FLOWERS, preparation=Preparation(height=32, width=32))


def test_the_same_place_scanned_again_keeps_its_preparation() -> None:
    recipe = DataRecipe(source=FLOWERS, preparation=Preparation(channels="grey"))
    more = FLOWERS.found(Facts(samples=41, shape=(64, 64, 3), classes=("daisy", "rose"), fingerprint="c" * 64))
    assert adopted(recipe, more, Preparation(height=8, width=8)).preparation == Preparation(channels="grey")


def test_a_preparation_that_no_longer_leads_to_one_size_gives_way() -> None:
    recipe = DataRecipe(source=FLOWERS)
    new = adopted(recipe, MIXED, Preparation(height=9, width=9))
    assert new.size_problem() == ""
    assert (new.preparation.height, new.preparation.width) == (9, 9)


def test_signals_do_not_take_over_what_is_done_to_images() -> None:
    recipe = DataRecipe(augmentation=Augmentation(rotation=10.0), preparation=Preparation(channels="RGB"))
    new = adopted(recipe, Waveforms())
    assert (new.augmentation, new.preparation) == (Augmentation(), Preparation())


def test_parts_are_drawn_where_a_new_source_does_not_give_them() -> None:
    recipe = DataRecipe(
        source=FLOWERS.found(Facts(samples=9, parts=("training",), fingerprint="d" * 64)), split="given"
    )
    assert adopted(recipe, FLOWERS).split == "auto"
    assert adopted(recipe, recipe.source).split == "given"


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (Digits(), Digits(task="reconstruction"), True),
        (Digits(), Shapes(), False),
        (FLOWERS, FLOWERS.moved("/elsewhere"), True),
        (FLOWERS, MIXED.moved("/elsewhere"), False),
        (ImageFolder(path="/a"), ImageFolder(path="/b"), False),
        (Digits(), FLOWERS, False),
    ],
)
def test_the_same_place_is_known_by_path_or_fingerprint(a: SourceSpec, b: SourceSpec, same: bool) -> None:
    assert is_same_place(a, b) is same


def test_what_has_changed_is_told_with_what_it_was() -> None:
    before = of_preset()
    now = after(before, adopted(before.data, FLOWERS))
    was = " × ".join(map(str, before.data.info().input_shape))
    assert changes(before, now) == (f"Input is now 64 × 64 × 3 (was {was})", "Output names 2 classes (was 10)")
    assert changes(now, now) == ()


def test_another_task_and_a_loss_that_goes_with_it_are_told() -> None:
    before = SetTraining(recipe=TrainingRecipe(loss="focal"))(of_preset())
    now = after(before, adopted(before.data, Digits(task="reconstruction")))
    assert in_sentence(changes(before, now)) == (
        "The task is now reconstruction (was classification), Output gives the sample back, "
        "the loss is auto again (was focal)."
    )


def test_other_names_for_as_many_classes_are_told_shortened() -> None:
    before = Experiment(data=DataRecipe(source=FLOWERS))
    other = FLOWERS.found(facts_of(FLOWERS.facts, classes=("daisy", "x" * 90)))
    now = after(before, adopted(before.data, other))
    assert changes(before, now) == (f"Output names other classes: “{'x' * 39}…”",)
    assert in_sentence(()) == ""


def facts_of(facts: Facts, classes: tuple[str, ...]) -> Facts:
    return Facts(facts.samples, facts.shape, facts.mixed, classes, facts.parts, facts.fingerprint)


@pytest.mark.parametrize(
    "source", [Waveforms(length=64), Shapes(count=10), FLOWERS, Noise(task="segmentation", shape=(48, 48, 1))]
)
def test_designs_that_are_offered_leave_no_error_and_keep_the_data(source: SourceSpec) -> None:
    before = of_preset("u-net" if not isinstance(source, Shapes) else "lenet-5")
    now = after(before, adopted(before.data, source))
    offered = designs_for(now, presets())
    assert 1 <= len(offered) <= 2
    for edit in offered:
        made = edit(now)
        assert errors(made) == 0
        assert made.data == now.data
        assert made.architecture.input.spec == Input(shape=now.data.info().input_shape)


def test_using_a_design_is_one_step_of_undo() -> None:
    document = Document(after(of_preset(), adopted(DataRecipe(), Shapes(count=10))))
    broken = document.value
    assert errors(broken) > 0
    edit = designs_for(broken, presets())[0]
    document.do(edit)
    assert errors(document.value) == 0
    assert document.undo_label.startswith("Use the design of “")
    assert document.undo() == broken


def test_nothing_is_offered_where_no_preset_is_for_such_samples() -> None:
    before = of_preset()
    assert designs_for(after(before, adopted(before.data, Noise(shape=(4, 4, 4, 1)))), presets()) == []


def test_a_design_brought_in_gives_up_a_loss_that_does_not_fit_and_the_weights() -> None:
    u_net = of_preset("u-net")
    edit = UseDesign(architecture=u_net.architecture, training=TrainingRecipe(loss="dice"), of="“U-Net”")
    made = edit(dataclasses.replace(of_preset(), weights="f" * 64))
    assert (made.training.loss, made.weights) == ("auto", "")


NAMES = {
    "LeNet on digits": "LeNet on flowers",
    "Deep CNN on digits": "Deep CNN on flowers",
    "All-convolutional network": "All-convolutional network",
    "My thesis": "My thesis",
    "on digits": "on digits",
}


@pytest.mark.parametrize(("before", "now"), NAMES.items())
def test_a_name_that_says_on_which_data_follows_them_and_comes_back_with_undo(before: str, now: str) -> None:
    document = Document(dataclasses.replace(of_preset(), name=before))
    document.do(SetData(recipe=adopted(document.value.data, FLOWERS)))
    assert document.value.name == now
    document.do(SetData(recipe=adopted(document.value.data, FLOWERS.moved("/data/birds.v2/\tdusk"))))
    assert document.value.name == now.replace("flowers", "dusk")
    document.undo()
    document.undo()
    assert document.value.name == before


def test_data_of_a_very_long_name_leave_room_for_the_design() -> None:
    long = FLOWERS.moved(f"/data/{'x' * 255}")
    assert after(of_preset(), DataRecipe(source=long)).name == f"LeNet on {'x' * 60}"
    whole = dataclasses.replace(of_preset(), name=f"{'y' * 190} on digits")
    assert len(after(whole, DataRecipe(source=long)).name) == 200


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("LeNet on flowers", "U-Net on flowers"),
        ("Untitled", "U-Net on flowers"),
        ("ResNet-style network", "U-Net on flowers"),
        ("My thesis on flowers", "My thesis on flowers"),
        ("My thesis", "My thesis"),
    ],
)
def test_a_design_brought_in_gives_its_name_in_place_of_a_presets_alone(before: str, now: str) -> None:
    masks = ImageMasks(path="/data/flowers").found(
        Facts(samples=40, shape=(32, 32, 3), classes=("sky", "daisy"), fingerprint="a" * 64)
    )
    broken = dataclasses.replace(after(of_preset(), DataRecipe(source=masks)), name=before)
    offered = {edit.of: edit for edit in designs_for(broken, presets(), 9)}
    assert offered["“U-Net on shapes”"](broken).name == now


def test_designs_for_one_class_serve_for_several_and_the_other_way_round() -> None:
    """Output takes a vector for both; what is made for the task itself comes first."""
    tagged = Noise(task="multi-label", shape=(64, 64, 3), classes=5)
    broken = after(of_preset("u-net"), DataRecipe(source=tagged))
    offered = designs_for(broken, presets(), 9)
    own = {p.experiment.name for p in presets() if p.experiment and p.experiment.data.info().task is Task.MULTILABEL}
    assert {e.of.strip("“”") for e in offered} > own
    assert [e.of.strip("“”") in own for e in offered] == sorted(
        (e.of.strip("“”") in own for e in offered), reverse=True
    )
    assert all(errors(edit(broken)) == 0 for edit in offered)
    assert all(edit(broken).training.loss_problem(Task.MULTILABEL) == "" for edit in offered)
