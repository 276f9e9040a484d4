"""Groups: they nest, they stay whole through every edit, and opening and closing them lays nothing on anything."""

from __future__ import annotations

import contextlib
import dataclasses
import graphlib
import itertools
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.core.architecture import Architecture, Block, Group
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.document import Document
from cnnstudio.core.edits import (
    AddBlock,
    ArchitectureEdit,
    Connect,
    DuplicateBlocks,
    EditError,
    GroupBlocks,
    InsertBlock,
    PasteBlocks,
    RemoveBlocks,
    RenameBlock,
    RenameGroup,
    ReorderBlock,
    SetGroupClosed,
    Tidy,
    Ungroup,
    group_blocks,
)
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.files import read_experiment, write_experiment
from cnnstudio.core.formats.fragment import Fragment, read_fragment, write_fragment
from cnnstudio.core.placing.folding import current_group, flow_of, fold, ways
from cnnstudio.core.placing.frames import Box, Plan, card_box, inside, places, plan
from cnnstudio.core.placing.layout import FRAME_HEAD, ROW
from tests.helpers.effort import times
from tests.helpers.random_nets import random_net

if TYPE_CHECKING:
    from collections.abc import Iterable

SEEDS = st.integers(0, 400)


def chain(*kinds: str) -> Architecture:
    """Input, these kinds, Output, in a column: input, b1, b2, ..., output."""
    blocks: list[Block] = []
    for row, kind in enumerate(("Input", *kinds, "Output")):
        id = kind.lower() if kind in ("Input", "Output") else f"b{row}"
        blocks.append(Block(id, spec_class(kind)(), (blocks[-1].id,) if blocks else (), (0.0, row * float(ROW))))
    return Architecture.of(blocks)


FIVE = ("Convolution", "MaxPooling", "Convolution", "MaxPooling", "Flatten")


def grouped(architecture: Architecture, *ids: str, name: str = "Stem") -> Architecture:
    return group_blocks(architecture, ids, name).change(architecture)


def closed(architecture: Architecture, id: str = "group_1", state: bool = True) -> Architecture:
    return SetGroupClosed(id=id, closed=state).change(architecture)


def net(seed: int, *, tidy: bool = True) -> Architecture:
    """A random net with up to four random groups, some of them nested, some closed."""
    chance = random.Random(seed)
    found = random_net(seed, blocks=chance.randint(3, 14)).trace.architecture
    architecture = Architecture.of(
        dataclasses.replace(b, inputs=tuple(dict.fromkeys(b.inputs))) for b in found.blocks.values()
    )
    architecture = Tidy().change(architecture)
    inner = [b.id for b in architecture.blocks.values() if b.spec.kind not in ("Input", "Output")]
    for _ in range(chance.randint(1, 4)):
        some = chance.sample(inner, min(len(inner), chance.randint(1, 4)))
        try:
            architecture = group_blocks(architecture, some).change(architecture)
        except EditError:
            continue
    if tidy:
        architecture = Tidy().change(architecture)
    for id in architecture.groups:
        if chance.random() < 0.3:
            architecture = closed(architecture, id)
    return architecture


def places_of(architecture: Architecture) -> dict[str, tuple[float, float]]:
    return {b.id: b.position for b in architecture.blocks.values()}


def shape_of(architecture: Architecture, ids: Iterable[str]) -> set[tuple[str, float, float]]:
    """Where members lie, seen from one of them."""
    first = min(ids)
    x, y = architecture.blocks[first].position
    return {(id, architecture.blocks[id].position[0] - x, architecture.blocks[id].position[1] - y) for id in ids}


def overlaps(drawn: Plan) -> list[tuple[str, str]]:
    """Cards that lie on each other."""
    boxes = {id: card_box(place) for id, place in drawn.cards.items()}
    return [(a, b) for a, b in itertools.combinations(boxes, 2) if boxes[a].meets(boxes[b])]


def strangers(architecture: Architecture) -> list[tuple[str, str]]:
    """Cards in, or frames across, the frame of a group that they do not belong to."""
    drawn = plan(architecture)
    found = []
    for id, frame in drawn.frames.items():
        held = architecture.groups[id].blocks
        found += [
            (id, node)
            for node, place in drawn.cards.items()
            if not held.issuperset(drawn.folded.nodes[node]) and card_box(place).meets(frame)
        ]
        found += [
            (id, other)
            for other, box in drawn.frames.items()
            if held.isdisjoint(architecture.groups[other].blocks) and box.meets(frame)
        ]
    return found


def check_whole(architecture: Architecture) -> None:
    """Groups are disjoint or nested, no two the same, none with an end of the network or a block that is gone."""
    for a, b in itertools.combinations(architecture.groups.values(), 2):
        assert a.blocks.isdisjoint(b.blocks) or a.blocks < b.blocks or b.blocks < a.blocks
    for group in architecture.groups.values():
        assert group.blocks
        assert group.blocks <= architecture.blocks.keys()
        assert not {architecture.blocks[id].spec.kind for id in group.blocks} & {"Input", "Output"}
    experiment = Experiment(architecture=architecture)
    assert read_experiment(write_experiment(experiment), "again") == experiment


def test_grouping_a_chain_frames_it_and_ungrouping_takes_every_step_back() -> None:
    before = chain(*FIVE)
    edit = group_blocks(before, ["b1", "b2"], "Stem")
    after = edit.change(before)
    assert edit.label == "Group 2 blocks"
    assert after.groups["group_1"] == Group("group_1", "Stem", frozenset({"b1", "b2"}))
    frame = plan(after).frames["group_1"]
    assert frame.top == before.blocks["b1"].position[1]
    assert inside(frame) == Box(0, after.blocks["b1"].position[1], *card_box(after.blocks["b2"].position)[2:])
    assert (
        after.blocks["b3"].position[1] - frame.bottom
        == before.blocks["b3"].position[1] - card_box(before.blocks["b2"].position).bottom
    )
    assert strangers(after) == []
    assert Ungroup(id="group_1").change(after) == before


def test_closing_frees_the_room_of_all_but_one_card_and_opening_takes_it_again() -> None:
    before = grouped(chain(*FIVE), "b2", "b3", "b4")
    shut = closed(before)
    assert plan(shut).cards == {
        id: (0.0, row * float(ROW)) for row, id in enumerate(("input", "b1", "group_1", "b5", "output"))
    }
    assert shape_of(shut, ["b2", "b3", "b4"]) == shape_of(before, ["b2", "b3", "b4"])
    assert closed(shut, state=False) == before
    assert closed(shut) is shut


def test_what_stands_beside_a_group_keeps_its_place_when_it_closes() -> None:
    blocks = [
        Block("input", spec_class("Input")()),
        *(Block(f"l{n}", spec_class("Convolution")(), (f"l{n - 1}" if n else "input",)) for n in range(4)),
        *(Block(f"r{n}", spec_class("Convolution")(), (f"r{n - 1}" if n else "input",)) for n in range(2)),
        Block("sum", spec_class("Add")(), ("l3", "r1")),
        Block("output", spec_class("Output")(), ("sum",)),
    ]
    opened = Tidy().change(grouped(Tidy().change(Architecture.of(blocks)), "l0", "l1", "l2", "l3"))
    shut = closed(opened)
    assert {id: shut.blocks[id].position for id in ("r0", "r1")} == {
        id: opened.blocks[id].position for id in ("r0", "r1")
    }
    assert shut.blocks["sum"].position[1] > card_box(shut.blocks["r1"].position).bottom
    assert opened.blocks["sum"].position[1] > shut.blocks["sum"].position[1]
    assert overlaps(plan(shut)) == strangers(shut) == []
    assert closed(shut, state=False) == opened


@pytest.mark.search
@settings(max_examples=times(60), deadline=None)
@given(SEEDS)
def test_a_tidy_canvas_has_no_card_on_another_no_stranger_in_a_frame_and_flows_down(seed: int) -> None:
    architecture = Tidy().change(net(seed))
    drawn = plan(architecture)
    assert overlaps(drawn) == strangers(architecture) == []
    check_whole(architecture)
    if not has_turns(architecture):
        for source, target in drawn.folded.edges:
            assert card_box(drawn.cards[source]).bottom < drawn.cards[target][1], (source, target)


def has_turns(architecture: Architecture) -> bool:
    """Whether the flow leaves some group and comes back to it: then no layout has it run down everywhere."""
    for size in {len(g.blocks) for g in architecture.groups.values()}:
        shut = (dataclasses.replace(g, closed=len(g.blocks) <= size) for g in architecture.groups.values())
        sorter = graphlib.TopologicalSorter[str]()
        for source, target in fold(architecture.with_groups(shut)).edges:
            sorter.add(target, source)
        try:
            sorter.prepare()
        except graphlib.CycleError:
            return True
    return False


@pytest.mark.search
@settings(max_examples=times(60), deadline=None)
@given(SEEDS, st.randoms(use_true_random=False))
def test_opening_and_closing_never_lays_anything_on_anything(seed: int, chance: random.Random) -> None:
    architecture = Tidy().change(net(seed))
    if not architecture.groups:
        return
    inner = {
        id: shape_of(architecture, g.blocks)
        for id, g in architecture.groups.items()
        if not any(o.blocks < g.blocks for o in architecture.groups.values())
    }
    for _ in range(6):
        id = chance.choice(list(architecture.groups))
        architecture = closed(architecture, id, not architecture.groups[id].closed)
        assert overlaps(plan(architecture)) == []
        assert strangers(architecture) == []
    assert {id: shape_of(architecture, architecture.groups[id].blocks) for id in inner} == inner


@pytest.mark.search
@settings(max_examples=times(40), deadline=None)
@given(SEEDS)
def test_undo_of_opening_and_closing_restores_every_place(seed: int) -> None:
    document = Document(Experiment(architecture=net(seed, tidy=False)))
    states = [document.value]
    for id, group in list(document.value.architecture.groups.items()):
        document.do(SetGroupClosed(id=id, closed=not group.closed))
        states.append(document.value)
    for state in reversed(states[:-1]):
        document.undo()
        assert document.value == state


def test_what_lies_between_comes_along_and_the_label_says_so() -> None:
    architecture = chain(*FIVE)
    edit = group_blocks(architecture, ["input", "b1", "b4", "output"])
    assert edit.ids == {"b1", "b2", "b3", "b4"}
    assert edit.label == "Group 4 blocks, 2 of them in between"
    assert edit.name == "Group 1"
    with pytest.raises(EditError, match="b3 lies between"):
        GroupBlocks(ids=frozenset({"b2", "b4"}), name="x", id="g").change(architecture)
    inner = grouped(architecture, "b2", "b3")
    assert group_blocks(inner, ["b1", "b4"]).ids == {"b1", "b2", "b3", "b4"}


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (("input", "output"), "nothing to group"),
        (("b2", "b3"), "already: rename it"),
        (("b1", "b2"), 'group "Stem" would be cut in two: select all 2'),
        (("nobody",), 'no block "nobody"'),
    ],
)
def test_what_cannot_be_a_group_is_refused_in_one_sentence(ids: tuple[str, ...], words: str) -> None:
    architecture = grouped(chain(*FIVE), "b2", "b3")
    with pytest.raises(EditError, match=words) as caught:
        group_blocks(architecture, ids).change(architecture)
    assert str(caught.value).endswith(".")


def test_names_of_groups_are_held_to_their_length() -> None:
    architecture = grouped(chain(*FIVE), "b2", "b3")
    renamed = RenameGroup(id="group_1", name="  Feature   pyramid ").change(architecture)
    assert renamed.groups["group_1"].name == "Feature pyramid"
    for name in ("", "   ", "x" * 81):
        with pytest.raises(EditError, match="1 to 80 characters"):
            RenameGroup(id="group_1", name=name).change(architecture)
    for edit in (RenameGroup(id="b1", name="x"), Ungroup(id="b1"), SetGroupClosed(id="b1", closed=True)):
        with pytest.raises(EditError, match='no group "b1"'):
            edit.change(architecture)
    with pytest.raises(EditError, match="Input and Output stay outside"):
        GroupBlocks(ids=frozenset({"input", "b1"}), name="x", id="g").change(architecture)


def _joins(architecture: Architecture, edit: ArchitectureEdit) -> set[str]:
    """Groups that hold the block "new" after the edit."""
    after = edit.change(architecture)
    check_whole(after)
    assert overlaps(plan(after)) == strangers(after) == []
    return {g.name for g in after.groups.values() if "new" in g.blocks}


def test_a_new_block_joins_the_innermost_group_that_holds_its_neighbours() -> None:
    spec = spec_class("Dropout")()
    nested = grouped(grouped(chain(*FIVE), "b2", "b3"), "b1", "b2", "b3", "b4", name="Body")
    for source, target, expected in (
        ("input", "b1", set()), ("b1", "b2", {"Body"}), ("b2", "b3", {"Body", "Stem"}), ("b3", "b4", {"Body"}),
        ("b4", "b5", set()),
    ):  # fmt: skip
        assert _joins(nested, InsertBlock(spec=spec, id="new", source=source, target=target)) == expected
    for after, expected in (
        ("input", set()), ("b1", {"Body"}), ("b2", {"Body", "Stem"}), ("b3", {"Body", "Stem"}), ("b4", {"Body"}),
        ("b5", set()), ("output", set()),
    ):  # fmt: skip
        assert _joins(nested, AddBlock(spec=spec, id="new", after=after)) == expected
    shut = closed(nested)
    assert _joins(shut, AddBlock(spec=spec, id="new", after="b3")) == {"Body"}
    assert _joins(shut, AddBlock(spec=spec, id="new", after="b2")) == {"Body", "Stem"}
    assert _joins(closed(shut, "group_2"), AddBlock(spec=spec, id="new", after="b4")) == set()
    frame = plan(nested).frames["group_1"]
    assert _joins(nested, AddBlock(spec=spec, id="new", position=(900.0, frame.top))) == set()
    wide = Architecture.of(
        (b.at(b.position[0] + 600 * (b.id == "b3"), b.position[1]) for b in nested.blocks.values()),
        nested.groups.values(),
    )
    place = (300.0, wide.blocks["b2"].position[1])
    assert _joins(wide, AddBlock(spec=spec, id="new", position=place)) == {"Body", "Stem"}


def test_removing_members_prunes_and_never_leaves_two_groups_the_same() -> None:
    nested = grouped(grouped(chain(*FIVE), "b2", "b3"), "b1", "b2", "b3", name="Body")
    left = RemoveBlocks(ids=("b1",)).change(nested)
    assert [(g.name, g.blocks) for g in left.groups.values()] == [("Body", frozenset({"b2", "b3"}))]
    assert RemoveBlocks(ids=("b1", "b2", "b3")).change(nested).groups == {}
    shut = closed(grouped(chain(*FIVE), "b2", "b3", "b4"))
    gone = RemoveBlocks(ids=("b2", "b3", "b4")).change(shut)
    assert places_of(gone) == {"input": (0, 0), "b1": (0, ROW), "b5": (0, 2 * ROW), "output": (0, 3 * ROW)}


def test_blocks_change_places_with_closed_groups_and_leave_or_join_open_ones() -> None:
    opened = grouped(chain(*FIVE), "b2", "b3")
    shut = closed(opened)
    below = ReorderBlock(id="group_1", by=1).change(shut)
    assert list(below.topology.order) == ["input", "b1", "b4", "b2", "b3", "b5", "output"]
    assert plan(below).cards["group_1"] == plan(shut).cards["b4"]
    assert plan(below).cards["b4"] == plan(shut).cards["group_1"]
    assert ReorderBlock(id="b4", by=1).change(below) == shut
    assert ReorderBlock(id="b1", by=1).change(shut).topology.order[1:4] == ("b2", "b3", "b1")
    moved = ReorderBlock(id="b1", by=1).change(opened)
    assert moved.groups["group_1"].blocks == {"b1", "b3"}
    assert moved.topology.order[1:4] == ("b2", "b1", "b3")
    assert moved.blocks["b2"].position == opened.blocks["b1"].position
    with pytest.raises(EditError, match="moved one by one"):
        ReorderBlock(id="group_1", by=1).change(opened)
    with pytest.raises(EditError, match="Input keeps its place"):
        ReorderBlock(id="group_1", by=-1).change(closed(grouped(chain(*FIVE), "b1", "b2")))


@pytest.mark.search
@settings(max_examples=times(60), deadline=None)
@given(SEEDS, st.randoms(use_true_random=False))
def test_groups_stay_whole_through_any_edit(seed: int, chance: random.Random) -> None:
    architecture = net(seed)
    for _ in range(6):
        ids = list(architecture.blocks)
        some = tuple(chance.sample(ids, min(len(ids), chance.randint(1, 4))))
        edits: list[ArchitectureEdit] = [
            AddBlock(spec=spec_class("Dropout")(), id=architecture.new_id("Dropout"), after=some[0]),
            RemoveBlocks(ids=some),
            DuplicateBlocks(ids=some),
            PasteBlocks(fragment=Fragment.of(architecture, some), after=chance.choice([None, some[0]])),
            ReorderBlock(id=some[0], by=chance.choice((-1, 1))),
            Connect(source=some[0], target=some[-1]),
            RenameBlock(id=some[0], new_id=architecture.new_id("renamed")),
            Tidy(),
        ]
        for id, group in architecture.groups.items():
            edits += [SetGroupClosed(id=id, closed=not group.closed), Ungroup(id=id)]
        with contextlib.suppress(EditError):
            edits.append(group_blocks(architecture, some))
            architecture = chance.choice(edits).change(architecture)
        check_whole(architecture)


def test_copies_carry_the_groups_that_are_whole_with_free_ids() -> None:
    nested = grouped(grouped(chain(*FIVE), "b2", "b3"), "b1", "b2", "b3", "b4", name="Body")
    copied = Fragment.of(nested, ["b2", "b3", "b4"])
    assert [g.name for g in copied.groups] == ["Stem"]
    assert read_fragment(write_fragment(copied), "The clipboard") == copied
    pasted = PasteBlocks(fragment=copied, after="b5").change(nested)
    new = {g.name: g.blocks for id, g in pasted.groups.items() if id not in nested.groups}
    assert new == {"Stem": {"max_pooling_1", "convolution_1"}}
    assert list(pasted.topology.order)[-4:] == ["max_pooling_1", "convolution_1", "max_pooling_2", "output"]
    assert overlaps(plan(pasted)) == strangers(pasted) == []
    within = PasteBlocks(fragment=copied, after="b1").change(nested)
    assert within.groups["group_2"].blocks == {
        "b1",
        "b2",
        "b3",
        "b4",
        "max_pooling_1",
        "convolution_1",
        "max_pooling_2",
    }
    assert [g.name for g in within.groups.values()] == ["Stem", "Body", "Stem"]
    twice = DuplicateBlocks(ids=("b2", "b3")).change(nested)
    assert twice.groups["group_2"].blocks == {"b1", "b2", "b3", "b4", "max_pooling_1", "convolution_1"}
    for after in (pasted, within, twice):
        check_whole(after)
        assert overlaps(plan(after)) == []


def test_what_has_one_way_in_and_one_out_is_wired_wherever_it_is_put() -> None:
    blocks = [
        Block("stem", spec_class("Convolution")()),
        Block("side", spec_class("Convolution")(), ("stem",)),
        Block("sum", spec_class("Add")(), ("side", "stem")),
    ]
    own = Fragment.of(Tidy().change(Architecture.of(blocks)), ["stem", "side", "sum"]).as_group("Residual")
    before = chain(*FIVE)
    behind = PasteBlocks(fragment=own, after="b2", name="Residual")
    after = behind.change(before)
    assert behind.label == 'Add "Residual"'
    assert after.blocks["convolution_1"].inputs == ("b2",)
    assert after.blocks["b3"].inputs == ("add_1",)
    assert plan(after).cards["group_1"] == (0.0, 3.0 * ROW)
    assert PasteBlocks(fragment=own, edge=("b2", "b3")).change(before) == after
    assert PasteBlocks(fragment=own, after="output").change(before).blocks["output"].inputs == ("add_1",)
    loose = Fragment.of(before, ["b1", "b5"])
    with pytest.raises(EditError, match="one way in and one way out"):
        PasteBlocks(fragment=loose, edge=("b2", "b3")).change(before)
    with pytest.raises(EditError, match="no connection"):
        PasteBlocks(fragment=own, edge=("b3", "b2")).change(before)


def test_a_closed_group_is_drawn_as_one_card_with_the_edges_that_cross_its_border() -> None:
    nested = grouped(grouped(chain(*FIVE), "b2", "b3"), "b1", "b2", "b3", "b4", name="Body")
    shut = closed(closed(nested), "group_2")
    assert fold(shut).nodes == {
        "input": ("input",),
        "group_2": ("b1", "b2", "b3", "b4"),
        "b5": ("b5",),
        "output": ("output",),
    }
    assert fold(shut).edges["group_2", "b5"] == (("b4", "b5"),)
    assert plan(shut).frames == {}
    assert [*plan(nested).frames] == ["group_2", "group_1"]
    assert plan(nested).frames["group_1"].top - plan(nested).frames["group_2"].top == ROW + FRAME_HEAD
    assert places(shut)["group_2"].card == plan(shut).cards["group_2"]
    assert current_group(shut, ["b2"]) == shut.groups["group_2"]
    assert current_group(closed(shut, "group_2", state=False), ["b2", "b3"]) == shut.groups["group_1"]
    assert current_group(nested, ["b2", "b4"]) == nested.groups["group_2"]
    assert current_group(nested, ["b5"]) is None
    assert flow_of(nested, ["b4", "b2", "b3"]) == ("b2", "b3", "b4")
    assert ways(nested, ["b2", "b3"]) == ways(nested, ["b3", "b2"])
    assert (ways(nested, ["b2", "b3"]).entries, ways(nested, ["b2", "b3"]).exits) == (("b2",), ("b3",))
