"""The document: undo, redo, gestures, the unsaved mark; and edits over random sequences."""

from __future__ import annotations

import dataclasses
import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cnnstudio.core.about import Description, Paper, describes
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import catalogue
from cnnstudio.core.catalogue.convolution import Convolution
from cnnstudio.core.catalogue.ends import Input, Output
from cnnstudio.core.data.builtin import Digits, Waveforms
from cnnstudio.core.document import Document
from cnnstudio.core.edits import (
    AddComment,
    BypassBlocks,
    Connect,
    Describe,
    DescribeAll,
    Disconnect,
    DuplicateBlocks,
    Edit,
    EditComment,
    EditError,
    FollowValues,
    InsertBlock,
    MoveBetweenGroups,
    MoveBlocks,
    PasteBlocks,
    RemoveBlocks,
    RemoveComments,
    RenameBlock,
    RenameExperiment,
    RenameGroup,
    ReorderBlock,
    ResizeComment,
    SetData,
    SetGroupClosed,
    SetParameters,
    SetTraining,
    StartFresh,
    Tidy,
    Ungroup,
    add_block,
    group_blocks,
)
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.following import followable, settled
from cnnstudio.core.formats.files import load_experiment, read_experiment, save_experiment, write_experiment
from cnnstudio.core.formats.fragment import Fragment, read_fragment, write_fragment
from cnnstudio.core.formats.user_blocks import save_user_block, user_blocks
from cnnstudio.core.initial_weights import with_weights
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe
from tests.helpers.effort import EFFORT, times


def small() -> Experiment:
    """Input straight into Output."""
    return Experiment(architecture=Architecture.of([Block("input", Input()), Block("output", Output(), ("input",))]))


def chain(*kinds: str) -> Document:
    """A document whose blocks stand in a row between Input and Output."""
    document = Document(small())
    for kind in kinds:
        document.do(add_block(document.value.architecture, kind, "output"))
    document.mark_saved()
    return document


def flow(document: Document) -> list[str]:
    """Ids in topological order."""
    return list(document.value.architecture.topology.order)


def test_blocks_are_added_in_front_of_the_output_and_undone_one_by_one() -> None:
    document = chain("Convolution", "MaxPooling")
    assert flow(document) == ["input", "convolution_1", "max_pooling_1", "output"]
    assert document.undo_label == "Add max pooling"
    document.undo()
    assert flow(document) == ["input", "convolution_1", "output"]
    document.redo()
    assert flow(document) == ["input", "convolution_1", "max_pooling_1", "output"]
    assert not document.can_redo


def test_a_new_edit_forgets_what_was_undone() -> None:
    document = chain("Convolution")
    document.undo()
    document.do(add_block(document.value.architecture, "Flatten", "input"))
    assert not document.can_redo
    assert flow(document) == ["input", "flatten_1", "output"]


def test_edits_of_one_gesture_are_one_undo_step() -> None:
    document = chain("Convolution")
    for x in range(1, 20):
        document.do(MoveBlocks(positions={"convolution_1": (float(x), 0.0)}, gesture="drag-1"))
    document.do(MoveBlocks(positions={"convolution_1": (99.0, 0.0)}, gesture="drag-2"))
    document.undo()
    assert document.value.architecture.blocks["convolution_1"].position == (19.0, 0.0)
    document.undo()
    assert not document.is_modified


def test_a_gesture_that_ends_where_it_began_leaves_no_step() -> None:
    document = chain("Convolution")
    home = document.value.architecture.blocks["convolution_1"].position
    steps = document.index
    document.do(MoveBlocks(positions={"convolution_1": (500.0, 0.0)}, gesture="drag"))
    document.do(MoveBlocks(positions={"convolution_1": home}, gesture="drag"))
    assert document.index == steps
    assert not document.is_modified


def test_undo_ends_a_gesture() -> None:
    document = chain("Convolution")
    document.do(SetParameters(id="convolution_1", values={"filters": 8}, gesture="typing"))
    document.do(SetParameters(id="convolution_1", values={"groups": 2}))
    document.undo()
    document.do(SetParameters(id="convolution_1", values={"filters": 16}, gesture="typing"))
    document.undo()
    spec = document.value.architecture.blocks["convolution_1"].spec
    assert isinstance(spec, Convolution)
    assert spec.filters == 8


def test_edits_without_effect_leave_no_step_and_no_unsaved_mark() -> None:
    document = chain("Convolution")
    steps = document.index
    document.do(SetParameters(id="convolution_1", values={"kernel_size": 3}))
    document.do(RenameExperiment(name=document.value.name))
    document.do(SetTraining(recipe=TrainingRecipe()))
    document.do(SetData(recipe=DataRecipe()))
    assert document.index == steps
    assert not document.is_modified


def test_going_back_to_the_saved_state_clears_the_unsaved_mark() -> None:
    document = chain("Convolution")
    document.do(SetParameters(id="convolution_1", values={"kernel_size": 5}))
    assert document.is_modified
    document.do(SetParameters(id="convolution_1", values={"kernel_size": 3}))
    assert not document.is_modified


def test_removing_heals_the_chain_and_the_input_stays() -> None:
    document = chain("Convolution", "MaxPooling", "Flatten")
    document.do(RemoveBlocks(ids=("max_pooling_1", "convolution_1", "input")))
    assert flow(document) == ["input", "flatten_1", "output"]
    with pytest.raises(EditError, match="every architecture starts from it"):
        document.do(RemoveBlocks(ids=("input",)))


def test_removing_closes_the_row_it_empties_and_only_that() -> None:
    document = chain("Convolution", "MaxPooling", "Flatten")
    tops = {id: b.position[1] for id, b in document.value.architecture.blocks.items()}
    document.do(RemoveBlocks(ids=("max_pooling_1",)))
    after = document.value.architecture.blocks
    assert after["convolution_1"].position[1] == tops["convolution_1"]
    assert after["flatten_1"].position[1] == tops["max_pooling_1"]
    assert after["output"].position[1] == tops["flatten_1"]
    document.undo()
    document.do(DuplicateBlocks(ids=("max_pooling_1",)))
    document.do(RemoveBlocks(ids=("max_pooling_1",)))
    assert document.value.architecture.blocks["flatten_1"].position[1] == tops["flatten_1"]


def test_removing_a_merge_leaves_its_reader_with_as_many_inputs_as_it_takes() -> None:
    document = chain("Convolution", "Add", "Flatten")
    document.do(Connect(source="input", target="add_1"))
    assert document.value.architecture.blocks["add_1"].inputs == ("convolution_1", "input")
    document.do(RemoveBlocks(ids=("add_1",)))
    assert document.value.architecture.blocks["flatten_1"].inputs == ("convolution_1",)


def test_inserting_on_an_edge_leaves_other_readers_alone() -> None:
    document = chain("Convolution", "Add")
    document.do(Connect(source="input", target="add_1"))
    spec = catalogue()["BatchNormalisation"]()
    document.do(InsertBlock(spec=spec, id="norm", source="input", target="add_1"))
    blocks = document.value.architecture.blocks
    assert blocks["add_1"].inputs == ("convolution_1", "norm")
    assert blocks["convolution_1"].inputs == ("input",)


def test_reordering_swaps_neighbours_of_a_chain_and_their_places() -> None:
    document = chain("Convolution", "MaxPooling")
    before = document.value.architecture.blocks
    document.do(ReorderBlock(id="max_pooling_1", by=-1))
    assert flow(document) == ["input", "max_pooling_1", "convolution_1", "output"]
    after = document.value.architecture.blocks
    assert after["max_pooling_1"].position == before["convolution_1"].position
    document.do(ReorderBlock(id="max_pooling_1", by=1))
    assert flow(document) == ["input", "convolution_1", "max_pooling_1", "output"]
    with pytest.raises(EditError, match="Output keeps its place"):
        document.do(ReorderBlock(id="max_pooling_1", by=1))
    with pytest.raises(EditError, match="Input keeps its place"):
        document.do(ReorderBlock(id="convolution_1", by=-1))


def test_connections_that_cannot_be_are_refused_in_words() -> None:
    document = chain("Convolution", "Convolution", "Add")
    for source, target, reason in [
        ("convolution_2", "convolution_1", "would make a cycle"),
        ("convolution_1", "convolution_1", "cannot read its own result"),
        ("output", "add_1", "Output ends the network"),
        ("convolution_1", "input", "Input starts the network"),
        ("convolution_1", "convolution_2", "already"),
        ("nobody", "add_1", 'no block "nobody"'),
    ]:
        with pytest.raises(EditError, match=reason):
            document.do(Connect(source=source, target=target))


def test_renaming_takes_the_readers_along() -> None:
    document = chain("Convolution", "Flatten")
    document.do(RenameBlock(id="convolution_1", new_id="edges"))
    assert flow(document) == ["input", "edges", "flatten_1", "output"]
    for bad in ("flatten_1", "Edges", "1st", "a b", ""):
        with pytest.raises(EditError):
            document.do(RenameBlock(id="edges", new_id=bad))


def test_duplicates_keep_the_connections_among_themselves_only() -> None:
    document = chain("Convolution", "MaxPooling")
    document.do(DuplicateBlocks(ids=("convolution_1", "max_pooling_1", "output")))
    blocks = document.value.architecture.blocks
    assert blocks["convolution_2"].inputs == ()
    assert blocks["max_pooling_2"].inputs == ("convolution_2",)
    assert len(blocks) == 6


def test_setting_the_data_sets_the_input_in_the_same_step() -> None:
    document = chain("Convolution")
    before = document.value
    steps = document.index
    document.do(SetData(recipe=DataRecipe(source=Waveforms(length=64))))
    assert document.value.architecture.input_shape == (64, 1)
    assert document.index == steps + 1
    document.undo()
    assert document.value == before
    assert document.value.data.source == Digits()


@dataclass(frozen=True, kw_only=True)
class _StartFrom(Edit):
    """What an import leaves behind, as an edit."""

    @property
    def label(self) -> str:
        return "Start from weights"

    def __call__(self, experiment: Experiment) -> Experiment:
        return with_weights(
            experiment, "0123456789abcdef" * 4, [f"{id}/kernel" for id in experiment.architecture.blocks]
        )


@settings(max_examples=times(40), stateful_step_count=40 + 10 * EFFORT, deadline=None)
class Editing(RuleBasedStateMachine):
    """Random edits, undo, redo and reload: the document always equals a list of values kept beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.before = os.environ.get("CNNSTUDIO_HOME")
        os.environ["CNNSTUDIO_HOME"] = self.folder.name
        begun = chain("Convolution", "MaxPooling", "Convolution", "BatchNormalisation", "Flatten")
        inner = group_blocks(begun.value.architecture, ["convolution_2", "batch_normalisation_1"], "Inner")
        self.document = Document(inner(begun.value))  # so that groups are there from the first edit on
        self.past = [self.document.value]
        self.future: list[Experiment] = []
        self.sentences: list[str] = []
        self.trace = trace(self.document.value.architecture, self.document.value.data.info())

    def teardown(self) -> None:
        self.folder.cleanup()
        if self.before is None:
            del os.environ["CNNSTUDIO_HOME"]
        else:
            os.environ["CNNSTUDIO_HOME"] = self.before

    @property
    def ids(self) -> list[str]:
        return list(self.document.value.architecture.blocks)

    def attempt(self, edit: Edit) -> None:
        before = self.document.value
        try:
            after = self.document.do(edit)
        except EditError as error:
            self.sentences.append(str(error))
            return
        if after is not before:
            self.past.append(after)
            self.future.clear()

    @rule(kind=st.sampled_from(sorted(catalogue())), data=st.data())
    def add(self, kind: str, data: st.DataObject) -> None:
        after = data.draw(st.sampled_from([None, *self.ids]))
        self.attempt(add_block(self.document.value.architecture, kind, after))

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        some = data.draw(st.lists(st.sampled_from(self.ids), min_size=1, max_size=3, unique=True))
        self.attempt(RemoveBlocks(ids=tuple(some)))

    @rule(data=st.data(), way=st.sampled_from([Connect, Disconnect]))
    def wire(self, data: st.DataObject, way: Any) -> None:
        source, target = (data.draw(st.sampled_from(self.ids)) for _ in range(2))
        self.attempt(way(source=source, target=target))

    @rule(data=st.data(), by=st.sampled_from([-1, 1]))
    def reorder(self, data: st.DataObject, by: int) -> None:
        self.attempt(ReorderBlock(id=data.draw(st.sampled_from(self.ids)), by=by))

    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        if len(self.ids) < 60:
            some = data.draw(st.lists(st.sampled_from(self.ids), min_size=1, max_size=4, unique=True))
            self.attempt(DuplicateBlocks(ids=tuple(some)))

    @rule(data=st.data())
    def paste(self, data: st.DataObject) -> None:
        if len(self.ids) < 60:
            some = data.draw(st.lists(st.sampled_from(self.ids), min_size=1, max_size=4, unique=True))
            after = data.draw(st.none() | st.sampled_from(self.ids))
            self.attempt(PasteBlocks(fragment=self.copied(some), after=after))

    def copied(self, some: list[str]) -> Fragment:
        """These blocks, the groups round them wholly and all comments, as they come back from the clipboard."""
        architecture = self.document.value.architecture
        groups = [g.blocks for g in architecture.groups.values() if not g.blocks.isdisjoint(some)]
        comments = list(architecture.comments)[:3]
        fragment = Fragment.of(architecture, {*some, *comments}.union(*groups))
        again = read_fragment(write_fragment(fragment), "copied")
        assert again == fragment
        return again

    @precondition(lambda self: self.document.value.architecture.groups)
    @rule(data=st.data(), name=st.sampled_from(["Stem", "Ärmel", "con"]))
    def own_block(self, data: st.DataObject, name: str) -> None:
        """A group is saved as an own block, read from its file and put in."""
        if len(self.ids) < 60:
            groups = self.document.value.architecture.groups
            group = groups[data.draw(st.sampled_from(list(groups)))]
            saved = save_user_block(Fragment.of(self.document.value.architecture, group.blocks), name, replace=True)
            [made] = [b for b in user_blocks() if b.id == saved.id]
            assert made.fragment is not None, made.error
            after = data.draw(st.none() | st.sampled_from(self.ids))
            self.attempt(PasteBlocks(fragment=made.fragment, after=after))

    @rule()
    def start_from_weights(self) -> None:
        """As an import leaves it: the blocks say where their weights lie."""
        self.attempt(_StartFrom())

    @rule()
    def start_fresh(self) -> None:
        self.attempt(StartFresh())

    @rule(data=st.data(), value=st.integers(0, 9))
    def set(self, data: st.DataObject, value: int) -> None:
        id = data.draw(st.sampled_from(self.ids))
        numbers = [p for p in self.document.value.architecture.blocks[id].spec.parameters if p.has_form(value)]
        if numbers:
            self.attempt(SetParameters(id=id, values={data.draw(st.sampled_from(numbers)).name: value}))

    @rule(data=st.data())
    def follow(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(self.ids))
        names = followable(self.document.value.architecture.blocks[id].spec)
        if names:
            self.attempt(FollowValues(ids=(id,), names=(data.draw(st.sampled_from(names)),)))

    @rule(data=st.data(), new_id=st.sampled_from(["stem", "head", "input", "x", "Bad id"]))
    def rename(self, data: st.DataObject, new_id: str) -> None:
        self.attempt(RenameBlock(id=data.draw(st.sampled_from(self.ids)), new_id=new_id))

    @rule(data=st.data(), bypassed=st.booleans())
    def bypass(self, data: st.DataObject, bypassed: bool) -> None:
        some = data.draw(st.lists(st.sampled_from(self.ids), min_size=1, max_size=3, unique=True))
        self.attempt(BypassBlocks(ids=tuple(some), bypassed=bypassed))

    @rule(text=st.text(max_size=30), x=st.integers(-500, 500), y=st.integers(-500, 2000))
    def comment(self, text: str, x: int, y: int) -> None:
        id = self.document.value.architecture.new_id("Comment")
        self.attempt(AddComment(id=id, text=text, position=(float(x), float(y))))

    @precondition(lambda self: bool(self.document.value.architecture.comments))
    @rule(data=st.data(), text=st.text(max_size=9), width=st.integers(0, 3000))
    def change_comment(self, data: st.DataObject, text: str, width: int) -> None:
        id = data.draw(st.sampled_from(list(self.document.value.architecture.comments)))
        place = (float(width), 40.0)
        edits = (EditComment(id=id, text=text), ResizeComment(id=id, width=width), MoveBlocks(positions={id: place}))
        self.attempt(data.draw(st.sampled_from([*edits, RemoveComments(ids=(id,))])))

    @rule(data=st.data(), name=st.sampled_from(["", "Stem", "x" * 81]))
    def group(self, data: st.DataObject, name: str) -> None:
        """Mostly neighbours in the flow, which can be one; now and then any blocks, which often cannot."""
        flow = [id for id in self.document.value.architecture.topology.order if id not in ("input", "output")]
        at = data.draw(st.integers(0, max(0, len(flow) - 1)))
        near = st.just(flow[at : at + data.draw(st.integers(1, 5))] or self.ids[:1])
        some = data.draw(near | st.lists(st.sampled_from(self.ids), min_size=1, max_size=5, unique=True))
        try:
            self.attempt(group_blocks(self.document.value.architecture, some, name))
        except EditError as error:
            self.sentences.append(str(error))

    @precondition(lambda self: self.document.value.architecture.groups)
    @rule(data=st.data(), way=st.sampled_from(["open", "close", "rename", "ungroup", "remove", "reorder"]))
    def change_group(self, data: st.DataObject, way: str) -> None:
        groups = self.document.value.architecture.groups
        group = groups[data.draw(st.sampled_from(list(groups)))]
        edits: dict[str, Edit] = {
            "open": SetGroupClosed(id=group.id, closed=False),
            "close": SetGroupClosed(id=group.id, closed=True),
            "rename": RenameGroup(id=group.id, name=f"Again {group.name}"[:80]),
            "ungroup": Ungroup(id=group.id),
            "remove": RemoveBlocks(ids=tuple(group.blocks)),
            "reorder": ReorderBlock(id=group.id, by=1),
        }
        self.attempt(edits[way])

    @precondition(lambda self: self.document.value.architecture.groups)
    @rule(data=st.data())
    def change_members(self, data: st.DataObject) -> None:
        groups = self.document.value.architecture.groups
        some = data.draw(st.frozensets(st.sampled_from(self.ids), min_size=1, max_size=3))
        group = data.draw(st.sampled_from(["", *groups]))
        places = {id: (40.0, 60.0) for id in some}
        self.attempt(MoveBetweenGroups(positions=places, ids=some, group=group))

    @rule()
    def tidy(self) -> None:
        self.attempt(Tidy())

    @rule(text=st.text(max_size=5))
    def describe(self, text: str) -> None:
        self.attempt(Describe(description=text))

    @precondition(lambda self: len(self.past) > 1)
    @rule()
    def undo(self) -> None:
        self.document.undo()
        self.future.append(self.past.pop())

    @precondition(lambda self: bool(self.future))
    @rule()
    def redo(self) -> None:
        self.document.redo()
        self.past.append(self.future.pop())

    @rule()
    def reload(self) -> None:
        """Through its text, through a file, and through the clipboard."""
        experiment = self.document.value
        assert read_experiment(write_experiment(experiment), "again") == experiment
        file = Path(self.folder.name) / "net.json"
        save_experiment(file, experiment)
        again = load_experiment(file)
        assert again == experiment
        self.copied(self.ids)
        self.document.mark_saved()
        assert not self.document.is_modified

    @rule()
    def open_again(self) -> None:
        """Another window opens the file: what it does then, it does to what was read."""
        file = Path(self.folder.name) / "net.json"
        save_experiment(file, self.document.value)
        self.document = Document(load_experiment(file))
        self.past, self.future = [self.past[-1]], []

    @invariant()
    def refusals_are_sentences(self) -> None:
        assert all((s[0].isalnum() or s[0] == '"') and s.endswith(".") for s in self.sentences)

    @invariant()
    def groups_nest(self) -> None:
        groups = self.document.value.architecture.groups.values()
        for a, b in itertools.combinations(groups, 2):
            assert a.blocks.isdisjoint(b.blocks) or a.blocks < b.blocks or b.blocks < a.blocks

    @invariant()
    def equals_the_model(self) -> None:
        assert self.document.value == self.past[-1]
        assert self.document.can_undo == (len(self.past) > 1)
        assert self.document.can_redo == bool(self.future)

    @invariant()
    def values_that_follow_are_settled(self) -> None:
        architecture = self.document.value.architecture
        assert settled(Architecture.of(()), architecture) == architecture

    @invariant()
    def tracing_on_equals_tracing_anew(self) -> None:
        """The trace carried from edit to edit says the same as one from scratch; and lint never fails."""
        value = self.document.value
        self.trace = trace(value.architecture, value.data.info(), self.trace)
        fresh = trace(value.architecture, value.data.info())
        assert self.trace.architecture.topology.cyclic == ()
        assert list(self.trace.blocks) == list(fresh.blocks)
        for id, block in fresh.blocks.items():
            carried = self.trace.blocks[id]
            assert (carried.output, carried.params, carried.macs) == (block.output, block.params, block.macs)
        assert [str(d) for d in lint(self.trace)] == [str(d) for d in lint(fresh)]


TestEditing = pytest.mark.search(Editing.TestCase)


def test_an_expected_result_goes_with_the_first_edit_that_matters_and_comes_back_with_undo() -> None:
    document = Document(dataclasses.replace(small(), expected=(("accuracy", 0.98),)))
    document.do(RenameExperiment(name="Another name"))
    document.do(Tidy())
    assert document.value.expected == (("accuracy", 0.98),)
    document.do(SetTraining(recipe=dataclasses.replace(document.value.training, epochs=3)))
    assert not document.value.expected
    assert document.undo().expected == (("accuracy", 0.98),)


def test_all_that_is_said_of_an_experiment_changes_in_one_step() -> None:
    document = Document(small())
    told = Description("A name", "What", ("tag",), "Why", (Paper("P"),), (("accuracy", 0.5),))
    document.do(DescribeAll(told=told))
    assert describes(document.value, document.value.expected) == told
    assert document.undo_label == "Describe the experiment"
    assert document.undo() == small()
    assert document.do(DescribeAll(told=describes(small(), ()))) == small()
    assert document.can_redo  # an edit without effect leaves no trace
