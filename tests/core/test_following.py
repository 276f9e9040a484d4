"""Values that follow the design: what the rules give, who takes over, and that settling is sound whatever is edited."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING, Any

import pytest

from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import catalogue, spec_class
from cnnstudio.core.catalogue.ends import Input, Output
from cnnstudio.core.data.builtin import Shapes
from cnnstudio.core.document import Document
from cnnstudio.core.edits import (
    AddBlock,
    BypassBlocks,
    Connect,
    DuplicateBlocks,
    EditError,
    FollowValues,
    InsertBlock,
    MoveBlocks,
    PasteBlocks,
    RemoveBlocks,
    ReorderBlock,
    SetData,
    SetParameters,
    add_block,
)
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.following import explain, followable, settled
from cnnstudio.core.formats.files import read_experiment, write_experiment
from cnnstudio.core.formats.fragment import Fragment
from cnnstudio.core.recipe import DataRecipe
from tests.helpers.disturbances import disturbed
from tests.helpers.random_nets import random_net

if TYPE_CHECKING:
    from cnnstudio.core.edits import Edit

CONV, POOL = "convolution", "max_pooling"


def stack(*kinds: str, shape: tuple[int, ...] = (64, 64, 3)) -> Document:
    """Blocks added one behind the other, as from the palette; each with its default values."""
    blocks = [Block("input", Input(shape=shape)), Block("output", Output(), ("input",))]
    document = Document(Experiment(architecture=Architecture.of(blocks)))
    for kind in kinds:
        document.do(add_block(document.value.architecture, kind, "output"))
    return document


def value(document: Document, id: str, name: str = "filters") -> Any:
    return getattr(document.value.architecture.blocks[id].spec, name)


def filters(document: Document) -> list[int]:
    """Filters of all blocks that have them, in the order of the flow."""
    architecture = document.value.architecture
    specs = (architecture.blocks[id].spec for id in architecture.topology.order)
    return [s.filters for s in specs if hasattr(s, "filters")]


def reason(document: Document, id: str, name: str = "filters") -> str:
    found = explain(document.value.architecture, id, name)
    assert found is not None
    return found.reason


def from_scratch(architecture: Architecture) -> Architecture:
    """Every value that follows settled anew: as if no block had been there before."""
    return settled(Architecture.of(()), architecture)


# What the rules give


def test_filters_double_after_pooling_and_stay_elsewhere() -> None:
    document = stack("Convolution", "Convolution", "MaxPooling", "Convolution", "BatchNormalisation", "Convolution")
    assert filters(document) == [32, 32, 64, 64]
    assert reason(document, "convolution_1") == "the default, as no block before it decides"
    assert reason(document, "convolution_2") == "as many as convolution_1"
    assert reason(document, "convolution_3") == "doubled after max_pooling_1 (convolution_2 has 32)"
    assert reason(document, "convolution_4") == "as many as convolution_3"
    document.do(SetParameters(id="convolution_1", values={"filters": 12}))
    assert filters(document) == [12, 12, 24, 24]


def test_a_pooling_that_does_not_shrink_the_map_doubles_nothing() -> None:
    document = stack("Convolution", "MaxPooling", "Convolution")
    document.do(SetParameters(id="max_pooling_1", values={"pool_size": 3, "strides": 1}))
    assert filters(document) == [32, 32]
    document.do(SetParameters(id="max_pooling_1", values={"strides": (4, 2)}))
    assert filters(document) == [32, 128]
    assert reason(document, "convolution_2") == "4 times as many after max_pooling_1 (convolution_1 has 32)"


def test_own_strides_count_and_those_of_depthwise_convolutions_between() -> None:
    document = stack("Convolution", "DepthwiseConvolution", "SeparableConvolution", "Residual")
    document.do(SetParameters(id="residual_1", values={"strides": 2}))
    assert filters(document) == [32, 32, 64]
    assert reason(document, "residual_1") == "doubled by its strides (separable_convolution_1 has 32)"
    document.do(SetParameters(id="depthwise_convolution_1", values={"strides": 2}))
    assert filters(document) == [32, 64, 128]
    document.do(SetParameters(id="convolution_1", values={"strides": 2}))
    assert filters(document) == [32, 64, 128], "the first one has nothing to double"


def test_a_u_net_halves_on_the_way_up_and_agrees_at_each_size() -> None:
    kinds = ("Convolution", "MaxPooling", "Convolution", "MaxPooling", "Convolution", "TransposedConvolution")
    document = stack(*kinds, "Concatenate", "Convolution", "Upsampling", "Convolution", "Concatenate", "Convolution")
    document.do(Connect(source="convolution_2", target="concatenate_1"))
    document.do(Connect(source="convolution_1", target="concatenate_2"))
    assert filters(document) == [32, 64, 128, 64, 64, 32, 32]
    assert reason(document, "transposed_convolution_1") == "halved by its strides (convolution_3 has 128)"
    assert reason(document, "convolution_5") == "halved after upsampling_1 (convolution_4 has 64)"
    assert reason(document, "convolution_6") == "as many as convolution_5"


def test_a_bottleneck_that_the_person_sets_is_taken_over() -> None:
    document = stack("Convolution", "Convolution", "Convolution")
    document.do(SetParameters(id="convolution_2", values={"kernel_size": 1, "filters": 8}))
    assert filters(document) == [32, 8, 8]


def test_the_bounds_hold_doubling_and_halving_but_not_what_the_person_set() -> None:
    document = stack("Convolution", *("MaxPooling", "Convolution") * 5)
    assert filters(document) == [32, 64, 128, 256, 512, 512]
    assert reason(document, "convolution_6") == "no more than 512 by itself (convolution_5 has 512)"
    document.do(SetParameters(id="convolution_1", values={"filters": 1024}))
    assert filters(document) == [1024] * 6
    up = stack("Convolution", *("TransposedConvolution",) * 4)
    assert filters(up) == [32, 16, 8, 8, 8]
    up.do(SetParameters(id="convolution_1", values={"filters": 25}))
    assert filters(up)[:3] == [25, 12, 8]
    up.do(SetParameters(id="convolution_1", values={"filters": 6}))
    assert filters(up) == [6] * 5


def test_other_sources_of_channels() -> None:
    document = stack("Dense", "Reshape", "TransposedConvolution", "Inception", "Convolution", shape=(10,))
    document.do(SetParameters(id="reshape_1", values={"target_shape": (4, 4, 64)}))
    assert filters(document) == [32, 64]
    assert reason(document, "convolution_1") == "as many as inception_1"
    document.do(SetParameters(id="reshape_1", values={"target_shape": (4, 4, -1)}))
    assert filters(document)[0] == 32, "as many as dense_1 has units, 64, halved"


def test_groups_divide_the_channels_that_come_in() -> None:
    document = stack("GroupNormalisation", "Convolution", "DepthwiseConvolution", "GroupNormalisation")
    assert value(document, "group_normalisation_1", "groups") == 1, "three channels come from the samples"
    assert value(document, "group_normalisation_2", "groups") == 8
    document.do(SetParameters(id="convolution_1", values={"filters": 6}))
    assert value(document, "group_normalisation_2", "groups") == 2
    document.do(SetParameters(id="depthwise_convolution_1", values={"depth_multiplier": 2}))
    assert value(document, "group_normalisation_2", "groups") == 4
    document.do(SetData(recipe=DataRecipe(source=Shapes())))
    assert value(document, "group_normalisation_1", "groups") == 1


def test_the_patch_of_a_transposed_convolution_is_as_wide_as_its_strides() -> None:
    document = stack("Convolution", "TransposedConvolution")
    document.do(SetParameters(id="transposed_convolution_1", values={"strides": 4}))
    assert value(document, "transposed_convolution_1", "kernel_size") == 4
    document.do(SetParameters(id="transposed_convolution_1", values={"strides": (2, 1)}))
    assert value(document, "transposed_convolution_1", "kernel_size") == (2, 3)
    assert filters(document) == [32, 16]
    assert document.undo_label == "Set strides of transposed_convolution_1", "nothing elsewhere has followed"


# Who follows, and who does not


def test_a_value_that_the_person_sets_follows_no_more_until_told_to() -> None:
    document = stack("Convolution", "MaxPooling", "Convolution", "Convolution")
    document.do(SetParameters(id="convolution_2", values={"filters": 64}))
    assert "filters" not in document.value.architecture.blocks["convolution_2"].follows, "set, if to the same value"
    document.do(SetParameters(id="convolution_1", values={"filters": 8}))
    assert filters(document) == [8, 64, 64]
    document.do(FollowValues(ids=("convolution_2",), names=("filters",)))
    assert filters(document) == [8, 16, 16]
    assert document.undo_label == "Let filters of convolution_2 follow; convolution_3 follows"
    document.undo()
    assert filters(document) == [8, 64, 64]


def test_following_again_is_refused_in_words_where_nothing_can_follow() -> None:
    document = stack("Convolution", "Flatten")
    for id, name, words in (
        ("convolution_1", "kernel_size", "only filters can"),
        ("flatten_1", "filters", "none of its values can"),
        ("nobody", "filters", 'no block "nobody"'),
    ):
        with pytest.raises(EditError, match=words):
            document.do(FollowValues(ids=(id,), names=(name,)))


@pytest.mark.parametrize("kind", [k for k, spec in catalogue().items() if followable(spec()) and k != "Input"])
def test_new_blocks_follow_and_copies_keep_what_they_say(kind: str) -> None:
    document = stack("Convolution", "MaxPooling", kind)
    id = document.value.architecture.new_ids([kind])[0].rsplit("_", 1)[0]
    id = sorted(i for i in document.value.architecture.blocks if i.startswith(id))[-1]
    placed = document.value.architecture.blocks[id]
    assert placed.follows == set(followable(placed.spec))
    fragment = Fragment.of(document.value.architecture, [id])
    for edit in (PasteBlocks(fragment=fragment), DuplicateBlocks(ids=(id,)), PasteBlocks(fragment=fragment, after=id)):
        before = set(document.value.architecture.blocks)
        document.do(edit)
        (copy,) = set(document.value.architecture.blocks) - before
        made = document.value.architecture.blocks[copy]
        assert (made.spec, made.follows) == (placed.spec, frozenset())


def test_what_an_edit_sets_on_the_way_in_does_not_follow() -> None:
    document = stack("Convolution", "MaxPooling")
    edit = AddBlock(spec=spec_class("Convolution")(filters=10), id="own", after="max_pooling_1")
    document.do(edit)
    assert filters(document) == [32, 10]
    kept = InsertBlock(spec=spec_class("Convolution")(), id="kept", source="max_pooling_1", target="own", follows=False)
    document.do(kept)
    assert filters(document) == [32, 32, 10]


def test_labels_tell_of_blocks_that_followed_elsewhere() -> None:
    document = stack("Convolution", "Convolution", "MaxPooling", "Convolution", "Convolution")
    assert document.undo_label == "Add convolution"
    document.do(SetParameters(id="convolution_3", values={"filters": 50}, gesture="typing"))
    assert document.undo_label == "Set filters of convolution_3; convolution_4 follows"
    document.do(SetParameters(id="convolution_3", values={"filters": 64}, gesture="typing"))
    assert document.undo_label == "Set filters of convolution_3", "in the end nothing else has changed"
    document.do(SetParameters(id="convolution_2", values={"filters": 16}))
    assert document.undo_label == "Set filters of convolution_2"
    document.do(FollowValues(ids=("convolution_3",), names=("filters",)))
    document.do(SetParameters(id="convolution_1", values={"filters": 8}))
    assert document.undo_label == "Set filters of convolution_1"
    document.do(FollowValues(ids=("convolution_2",), names=("filters",)))
    document.do(SetParameters(id="convolution_1", values={"filters": 20}))
    assert document.undo_label == "Set filters of convolution_1; 3 blocks follow"
    document.do(BypassBlocks(ids=("max_pooling_1",)))
    assert document.undo_label == "Bypass max_pooling_1; convolution_3 and convolution_4 follow"
    assert filters(document) == [20] * 4
    document.do(ReorderBlock(id="max_pooling_1", by=-1))
    document.do(RemoveBlocks(ids=("convolution_1",)))
    assert filters(document) == [32] * 3


def test_a_file_keeps_the_values_it_was_saved_with_until_an_edit_reaches_them() -> None:
    blocks = [
        Block("input", Input(shape=(32, 32, 3))),
        Block("a", spec_class("Convolution")(filters=7), ("input",)),
        Block("b", spec_class("Convolution")(filters=99), ("a",), follows=frozenset({"filters"})),
        Block("c", spec_class("Convolution")(filters=5), ("b",)),
        Block("d", spec_class("Convolution")(filters=98), ("c",), follows=frozenset({"filters"})),
    ]
    document = Document(Experiment(architecture=Architecture.of(blocks)))
    again = read_experiment(write_experiment(document.value), "again")
    assert again == document.value
    document.do(MoveBlocks(positions={"b": (5.0, 5.0), "d": (7.0, 7.0)}))
    document.do(SetParameters(id="c", values={"kernel_size": 5}))
    assert filters(document) == [7, 99, 5, 5], "c sets the channels, so what lies before it is out of reach"
    document.do(SetParameters(id="a", values={"kernel_size": 5}))
    assert filters(document) == [7, 7, 5, 5]


# Whatever is edited

KINDS = ("Convolution", "MaxPooling", "TransposedConvolution", "Residual", "GroupNormalisation", "Upsampling", "Add")


def some_edit(rng: random.Random, architecture: Architecture) -> Edit:
    """Any edit that may concern values that follow."""
    ids = [i for i in architecture.blocks if i not in ("input", "output")] or ["input"]
    id, other = rng.choice(ids), rng.choice(ids)
    names = followable(architecture.blocks[id].spec) or ("filters",)
    number = rng.choice((1, 2, 3, 6, 40, 700))
    numbers = [p.name for p in architecture.blocks[id].spec.parameters if p.has_form(number)] or ["filters"]
    edits: list[Edit] = [
        add_block(architecture, rng.choice(KINDS), rng.choice([None, id, "output"])),
        add_block(architecture, rng.choice(KINDS), id),
        SetParameters(id=id, values={rng.choice(numbers): number}),
        SetParameters(id=id, values={names[0]: number}),
        FollowValues(ids=(id,), names=(rng.choice(names),)),
        BypassBlocks(ids=(id,), bypassed=rng.random() < 0.5),
        Connect(source=other, target=id),
        ReorderBlock(id=id, by=rng.choice((-1, 1))),
        RemoveBlocks(ids=(id,)),
        DuplicateBlocks(ids=(id, other)),
        MoveBlocks(positions={id: (rng.random(), 0.0)}),
    ]
    return rng.choice(edits)


def check(before: Architecture, after: Architecture, edit: Edit) -> None:
    """After an edit all is settled, and nothing that the person has set was touched."""
    assert settled(before, after) is after, edit
    assert from_scratch(after) == after, edit
    shuffled = list(after.blocks.values())
    random.Random(len(shuffled)).shuffle(shuffled)
    assert from_scratch(Architecture.of(shuffled)).blocks == after.blocks, edit
    changed = set(edit.values) if isinstance(edit, SetParameters) else set()
    for id, block in after.blocks.items():
        old = before.blocks.get(id)
        if old is not None and type(old.spec) is type(block.spec):
            for p in block.spec.parameters:
                if p.name not in block.follows and not (isinstance(edit, SetParameters) and p.name in changed):
                    assert getattr(block.spec, p.name) == getattr(old.spec, p.name), (edit, id, p.name)


@pytest.mark.parametrize("seed", range(12))
def test_settling_is_sound_over_random_edits(seed: int) -> None:
    """Idempotent, the same in any order and from scratch, exact in undo, kept by files; what is set is left alone."""
    rng = random.Random(seed)
    document = stack("Convolution", "MaxPooling", "Convolution", "TransposedConvolution", "Convolution")
    values = [document.value]
    for _ in range(60):
        edit = some_edit(rng, document.value.architecture)
        before = document.value
        try:
            document.do(edit)
        except EditError:
            assert document.value is before
            continue
        check(before.architecture, document.value.architecture, edit)
        if document.value is not before:
            values.append(document.value)
    assert read_experiment(write_experiment(document.value), "again") == document.value
    assert len(values) > 20
    for past in reversed(values):
        assert document.value == past
        document.undo()


@pytest.mark.parametrize("seed", range(20))
def test_fixes_of_designs_that_follow_keep_their_word(seed: int) -> None:
    """Trials settle as edits do, so what a fix promises is what comes."""
    net = random_net(seed, blocks=7)
    architecture, data, names = disturbed(random.Random(seed), net.trace.architecture, net.data)
    follows = (dataclasses.replace(b, follows=frozenset(followable(b.spec))) for b in architecture.blocks.values())
    document = Document(Experiment(architecture=from_scratch(architecture.made_of(follows))))
    for diagnostic in lint(trace(document.value.architecture, data)):
        for fix in diagnostic.fixes:
            document.do(fix.edit())
            after = trace(document.value.architecture, data)
            assert diagnostic.finding not in {d.finding for d in lint(after)}, (names, fix.label)
            assert fix.after is not None
            assert fix.after.architecture == document.value.architecture, "previewed as something else"
            document.undo()


@pytest.mark.parametrize("kind", list(catalogue()))
def test_every_rule_gives_a_value_that_its_parameter_allows(kind: str) -> None:
    spec = catalogue()[kind]()
    for name in followable(spec):
        parameter = spec.parameter(name)
        assert parameter is not None
        assert parameter.follow is not None
        for count in (1, 3, 31, 700, 65536):
            for before in ([], [Block("p", spec_class("MaxPooling")(pool_size=8))]):
                source = Block("source", spec_class("Convolution")(filters=count))
                found = parameter.follow(spec, [*before, source])
                assert found is not None
                assert parameter.problem(found.value) is None
                assert found.reason
                assert not found.reason.endswith(".")
