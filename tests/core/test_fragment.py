"""Copied blocks: what is copied is what is pasted, in any network, and a broken copy is named in one sentence."""

from __future__ import annotations

import dataclasses
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from cnnstudio.core.architecture import MAX_BLOCKS, Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.document import Document
from cnnstudio.core.edits import DuplicateBlocks, EditError, PasteBlocks, RemoveBlocks
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.block_records import FARTHEST
from cnnstudio.core.formats.fragment import Fragment, read_fragment, write_fragment
from cnnstudio.core.formats.strict_json import MAX_BYTES, FileError
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH, ROW, arrange
from tests.helpers.effort import times
from tests.helpers.random_nets import random_net

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

SEEDS = range(times(40))


def laid_out(architecture: Architecture) -> Architecture:
    places = arrange(architecture)
    return Architecture.of(b.at(*places[b.id]) for b in architecture.blocks.values())


def net(seed: int) -> Architecture:
    """A random architecture, laid out, in which no block reads another twice, as in a document."""
    blocks = random_net(seed).trace.architecture.blocks.values()
    return laid_out(Architecture.of(dataclasses.replace(b, inputs=tuple(dict.fromkeys(b.inputs))) for b in blocks))


def some(architecture: Architecture, chance: random.Random) -> list[str]:
    """Some of its ids, in any order, among them one that can be pasted."""
    ids = list(architecture.blocks)
    middle = [i for i in ids if architecture.blocks[i].spec.kind not in ("Input", "Output")]
    drawn = {chance.choice(middle), *chance.sample(ids, chance.randint(1, len(ids)))}
    return sorted(drawn, key=lambda _: chance.random())


def through_text(fragment: Fragment) -> Fragment:
    read = read_fragment(write_fragment(fragment), "The clipboard")
    assert read == fragment
    return read


def overlapping(architecture: Architecture, new: Collection[str]) -> list[tuple[str, str]]:
    """Pairs of a new card and any other that lie on each other."""
    blocks = architecture.blocks
    return [
        (a, b)
        for a in new
        for b in blocks
        if a != b
        and abs(blocks[a].position[0] - blocks[b].position[0]) < CARD_WIDTH
        and abs(blocks[a].position[1] - blocks[b].position[1]) < CARD_HEIGHT
    ]


def chain(*kinds: str) -> Architecture:
    """Input, these kinds, Output, in a column."""
    blocks: list[Block] = []
    for row, kind in enumerate(("Input", *kinds, "Output")):
        id = kind.lower() if kind in ("Input", "Output") else f"b{row}"
        blocks.append(Block(id, spec_class(kind)(), (blocks[-1].id,) if blocks else (), (0.0, row * float(ROW))))
    return Architecture.of(blocks)


@pytest.mark.search
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_copied_is_pasted_beside_with_its_connections_and_undone_exactly(seed: int) -> None:
    chance = random.Random(seed)
    source, target = net(seed), net(chance.randrange(1000))
    ids = some(source, chance)
    fragment = through_text(Fragment.of(source, ids))
    document = Document(Experiment(architecture=target))
    before = document.value
    edit = PasteBlocks(fragment=fragment, position=(chance.uniform(-500, 500), chance.uniform(-500, 900)))
    names = edit.copies(target)
    document.do(edit)
    after = document.value.architecture
    assert set(after.blocks) == {*target.blocks, *names.values()}
    assert len(set(names.values())) == len(names)
    assert not set(names.values()) & set(target.blocks)
    assert {i: after.blocks[i] for i in target.blocks} == dict(target.blocks)
    assert names.keys() == {i for i in ids if source.blocks[i].spec.kind not in ("Input", "Output")}
    first = next(iter(names))
    (x, y), (left, top) = after.blocks[names[first]].position, source.blocks[first].position
    for id, copy in names.items():
        assert after.blocks[copy].spec == source.blocks[id].spec
        assert after.blocks[copy].inputs == tuple(names[i] for i in source.blocks[id].inputs if i in names)
        was = source.blocks[id].position
        assert after.blocks[copy].position == pytest.approx((was[0] + x - left, was[1] + y - top))
    assert overlapping(after, names.values()) == []
    document.undo()
    assert document.value == before
    document.redo()
    assert document.value.architecture == after


@pytest.mark.search
@pytest.mark.parametrize("seed", SEEDS)
def test_duplicates_are_pasted_copies_beside_their_originals(seed: int) -> None:
    architecture = net(seed)
    ids = tuple(some(architecture, random.Random(seed)))
    once = DuplicateBlocks(ids=ids)
    names = once.copies(architecture)
    after = once.change(architecture)
    again = DuplicateBlocks(ids=ids).change(after)
    assert overlapping(again, set(again.blocks) - set(architecture.blocks)) == []
    copies = Fragment.of(after, tuple(names.values())).blocks
    for block, copy in zip(Fragment.of(architecture, ids).fitting(architecture).blocks, copies, strict=True):
        assert (copy.id, copy.spec) == (names[block.id], block.spec)
        assert copy.inputs == tuple(names[i] for i in block.inputs)
        assert copy.position == pytest.approx(block.position)


@pytest.mark.parametrize("after", ["input", "b1", "b3", "output"])
def test_a_chain_goes_behind_the_selected_block_as_if_appended(after: str) -> None:
    architecture = chain("Convolution", "MaxPooling", "Flatten")
    edit = PasteBlocks(fragment=Fragment.of(architecture, ["b2", "input", "b1"]), after=after)
    pasted = edit.change(architecture)
    order = list(architecture.blocks)
    at = order.index(after) + (after != "output")
    assert list(pasted.topology.order) == [*order[:at], "convolution_1", "max_pooling_1", *order[at:]]
    assert [pasted.blocks[i].position for i in pasted.topology.order] == [(0.0, row * float(ROW)) for row in range(7)]
    assert edit.label == "Paste 3 blocks"


def test_what_is_no_chain_goes_beside_the_selected_block() -> None:
    architecture = chain("Convolution", "MaxPooling", "Flatten")
    pasted = PasteBlocks(fragment=Fragment.of(architecture, ["b1", "b3"]), after="b2").change(architecture)
    assert pasted.blocks["convolution_1"].inputs == pasted.blocks["flatten_1"].inputs == ()
    assert overlapping(pasted, ["convolution_1", "flatten_1"]) == []
    assert {i: pasted.blocks[i] for i in architecture.blocks} == dict(architecture.blocks)


def test_an_output_that_was_cut_comes_back_and_never_twice() -> None:
    whole = chain("Flatten")
    fragment = Fragment.of(whole, ["output"])
    cut = RemoveBlocks(ids=("output",), verb="Cut")
    assert cut.label == "Cut output"
    assert PasteBlocks(fragment=fragment, after="b1").change(cut.change(whole)) == whole
    everything = Fragment.of(whole, list(whole.blocks))
    assert set(PasteBlocks(fragment=everything).copies(whole).values()) == {"flatten_1"}
    for ids in (["output"], ["input"], ["input", "output"]):
        with pytest.raises(EditError, match="one of each"):
            PasteBlocks(fragment=Fragment.of(whole, ids)).change(whole)


def test_an_output_is_a_dead_end_behind_a_block_with_readers() -> None:
    fragment = Fragment.of(chain("Flatten"), ["b1", "output"])
    target = RemoveBlocks(ids=("output",)).change(chain("Convolution", "MaxPooling"))
    pasted = PasteBlocks(fragment=fragment, after="b1").change(target)
    assert pasted.blocks["flatten_1"].inputs == ("b1",)
    assert pasted.blocks["output"].inputs == pasted.blocks["b2"].inputs == ("flatten_1",)
    assert overlapping(pasted, pasted.blocks) == []


def test_pasting_stops_at_the_most_blocks_and_at_the_edge_of_the_canvas() -> None:
    architecture = chain("Flatten")
    flat = architecture.blocks["b1"]
    many = Architecture.of(Block(f"f{n}", flat.spec, (), (n * 300.0, 0.0)) for n in range(MAX_BLOCKS - 3))
    full = PasteBlocks(fragment=Fragment.of(many, many.blocks)).change(architecture)
    assert len(full.blocks) == MAX_BLOCKS
    with pytest.raises(EditError, match="at most 5,000"):
        PasteBlocks(fragment=Fragment.of(architecture, ["b1"])).change(full)
    with pytest.raises(EditError, match="no room"):
        PasteBlocks(fragment=Fragment.of(architecture, ["b1"]), position=(FARTHEST + 1, 0.0)).change(architecture)
    unknown = spec_class("Opaque")(layer="Odd", config="x" * 10_000)
    wide = Fragment(tuple(Block(f"c{n}", unknown) for n in range(500)))
    with pytest.raises(FileError, match="at most 4,194,304"):
        write_fragment(wide)


def _edited(change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(write_fragment(Fragment.of(chain("Convolution", "MaxPooling"), ["b1", "b2", "output"])))
    change(document)
    return json.dumps(document)


FAULTS: list[tuple[str | bytes, str]] = [
    (b"", "is not JSON"),
    (b"\xff{}", "byte 0 is not UTF-8"),
    ("\ud800", "is not UTF-8"),
    ("[1]", 'is not a set of blocks: "format" must read "cnnstudio-blocks 1.1"'),
    ("[" * 100_000, "16 levels deep, the most a set of blocks may"),
    (b" " * (MAX_BYTES + 1), "the most a set of blocks may have"),
    (_edited(lambda d: d.update(format="cnnstudio-blocks 2.0")), "newer CNN Studio"),
    (_edited(lambda d: d.update(format="cnnstudio-experiment 1.0")), "is not a set of blocks"),
    (_edited(lambda d: d.update(block=[])), 'unknown entry "block". Did you mean "blocks"'),
    (_edited(lambda d: d.update(blocks=[])), "holds no blocks"),
    (_edited(lambda d: d["blocks"][0].update(id="B 1")), "an id has lower-case letters"),
    (_edited(lambda d: d["blocks"][0].update(id="b2")), "stands twice in the set of blocks"),
    (_edited(lambda d: d["blocks"][0].update(kind="Convolutoin")), 'Did you mean "Convolution"'),
    (_edited(lambda d: d["blocks"][0].update(kind="Input", parameters={})), "the Input block, and only it"),
    (_edited(lambda d: d["blocks"][1].update(inputs=["b9"])), 'reads "b9", which is not there'),
    (_edited(lambda d: d["blocks"][1].update(inputs=["output"])), "Output ends the network"),
    (_edited(lambda d: d["blocks"][1].update(inputs=["b1", "output"])), "Output ends the network"),
    (_edited(lambda d: d["blocks"][0].update(position=[0, 1e300])), "within 10,000,000 of the origin"),
    (_edited(lambda d: d["blocks"][0]["parameters"].update(filters="6")), "must be a whole number"),
    (_edited(lambda d: d.update(blocks=d["blocks"][:1] * (MAX_BLOCKS + 1))), "the most"),
]


@pytest.mark.parametrize(("text", "words"), FAULTS)
def test_faults_are_named_in_one_sentence(text: str | bytes, words: str) -> None:
    with pytest.raises(FileError) as caught:
        read_fragment(text, "The clipboard")
    sentence = str(caught.value)
    assert words in sentence
    assert sentence.startswith("The clipboard")
    assert sentence.endswith((".", "?"))


def test_blocks_without_positions_are_laid_out() -> None:
    text = _edited(lambda d: [b.pop("position") for b in d["blocks"]])
    fragment = read_fragment(text, "The clipboard")
    assert [b.position for b in fragment.blocks] == [(0.0, 0.0), (0.0, float(ROW)), (0.0, 2.0 * ROW)]
