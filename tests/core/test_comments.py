"""Comments on the canvas: edits, files, and how they keep to the card that they stand beside."""

from __future__ import annotations

import pytest

from cnnstudio.core.architecture import MAX_BLOCKS, Architecture, Block, Comment
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.document import Document
from cnnstudio.core.edits import (
    AddComment,
    EditComment,
    EditError,
    MoveBlocks,
    RemoveBlocks,
    RemoveComments,
    RenameBlock,
    ResizeComment,
    Tidy,
    add_block,
    group_blocks,
)
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.block_records import COMMENT_WIDTHS, MAX_COMMENT, MAX_COMMENTS
from cnnstudio.core.formats.files import read_experiment, write_experiment
from cnnstudio.core.placing.layout import CARD_WIDTH, ROW


def chain(*comments: Comment) -> Document:
    """Input, a convolution and Output below each other, with these comments."""
    rows = (("input", "Input", ()), ("conv", "Convolution", ("input",)), ("output", "Output", ("conv",)))
    blocks = [Block(id, spec_class(k)(), reads, (0.0, float(n * ROW))) for n, (id, k, reads) in enumerate(rows)]
    return Document(Experiment(architecture=Architecture.of(blocks, (), comments)))


def places(document: Document) -> dict[str, tuple[float, float]]:
    """Where the comments lie."""
    return {c.id: c.position for c in document.value.architecture.comments.values()}


def test_a_comment_is_added_edited_resized_moved_and_removed_step_by_step() -> None:
    document = chain()
    start = document.value
    id = start.architecture.new_id("Comment")
    document.do(AddComment(id=id, text="edges first\n", position=(240.0, 8.0)))
    assert document.value.architecture.comments == {"comment_1": Comment("comment_1", "edges first", (240.0, 8.0))}
    document.do(EditComment(id=id, text="Edges first"))
    document.do(ResizeComment(id=id, width=300))
    document.do(MoveBlocks(positions={id: (250.0, 10.0), "conv": (5.0, 120.0)}))
    assert document.value.architecture.comments[id] == Comment(id, "Edges first", (250.0, 10.0), 300.0)
    assert read_experiment(write_experiment(document.value), "again") == document.value
    document.do(RemoveComments(ids=(id,)))
    assert not document.value.architecture.comments
    labels = [s.label for s in document.states[1:]]
    assert labels == ["Add a comment", "Edit a comment", "Resize a comment", "Move 2 cards", "Remove a comment"]
    for _ in labels:
        document.undo()
    assert document.value is start


def test_what_cannot_be_is_refused_in_words() -> None:
    document = chain(Comment("note", "here"))
    for edit, reason in (
        (AddComment(id="more", text="  \n", position=(0, 0)), "says something"),
        (AddComment(id="note", text="again", position=(0, 0)), 'A comment with the id "note" is there already'),
        (AddComment(id="conv", text="again", position=(0, 0)), 'A block with the id "conv" is there already'),
        (AddComment(id="far", text="out", position=(2e7, 0)), "no room"),
        (EditComment(id="note", text="x" * (MAX_COMMENT + 1)), "at most 10,000 characters, not 10,001"),
        (EditComment(id="nobody", text="x"), 'no comment "nobody"'),
        (ResizeComment(id="nobody", width=200), 'no comment "nobody"'),
        (RemoveComments(ids=("note", "nobody")), 'no comment "nobody"'),
    ):
        with pytest.raises(EditError, match=reason):
            document.do(edit)
    assert not document.can_undo


def test_a_canvas_takes_so_many() -> None:
    document = chain(*(Comment(f"c{n}", "x") for n in range(MAX_COMMENTS)))
    with pytest.raises(EditError, match="at most 1,000 comments"):
        document.do(AddComment(id="more", text="one more", position=(0, 0)))


@pytest.mark.parametrize(("asked", "given"), [(1.0, COMMENT_WIDTHS[0]), (9e9, COMMENT_WIDTHS[1]), (333.0, 333.0)])
def test_widths_keep_to_their_bounds(asked: float, given: float) -> None:
    document = chain(Comment("note", "here"))
    document.do(ResizeComment(id="note", width=asked))
    assert document.value.architecture.comments["note"].width == given


def test_edits_without_effect_leave_no_step() -> None:
    document = chain(Comment("note", "here"))
    for edit in (EditComment(id="note", text="here "), ResizeComment(id="note", width=240), RemoveComments(ids=())):
        document.do(edit)
    assert not document.can_undo


def test_tidy_keeps_a_comment_near_the_card_it_stood_beside() -> None:
    document = chain(Comment("note", "looks at edges", (700.0, 910.0)), Comment("title", "A net", (0.0, -60.0)))
    document.do(MoveBlocks(positions={"conv": (480.0, 900.0)}))
    document.do(Tidy())
    conv = document.value.architecture.blocks["conv"].position
    assert conv == (0.0, float(ROW))
    assert places(document) == {"note": (conv[0] + 220.0, conv[1] + 10.0), "title": (0.0, -60.0)}
    document.undo()
    assert places(document)["note"] == (700.0, 910.0)


def test_a_comment_that_would_lie_on_a_card_goes_to_the_right_of_it() -> None:
    document = chain(Comment("note", "left of it", (-260.0, 120.0)))
    document.do(MoveBlocks(positions={"conv": (500.0, float(ROW))}))
    document.do(MoveBlocks(positions={"note": (240.0, 120.0)}))
    document.do(add_block(document.value.architecture, "Convolution", "input"))
    document.do(MoveBlocks(positions={"convolution_1": (-20.0, 3.0 * ROW), "output": (0.0, 9.0 * ROW)}))
    document.do(Tidy())
    note, cards = places(document)["note"], document.value.architecture.blocks.values()
    assert all(
        note[0] >= b.position[0] + CARD_WIDTH or note[0] + 240 <= b.position[0] or abs(note[1] - b.position[1]) >= 72
        for b in cards
    )


def test_comments_go_down_and_up_with_their_cards() -> None:
    document = chain(Comment("late", "the answer", (240.0, 2.0 * ROW)), Comment("early", "samples", (240.0, 0.0)))
    document.do(add_block(document.value.architecture, "MaxPooling", "conv"))
    assert places(document) == {"late": (240.0, 3.0 * ROW), "early": (240.0, 0.0)}
    document.do(RemoveBlocks(ids=("max_pooling_1",)))
    assert places(document) == {"late": (240.0, 2.0 * ROW), "early": (240.0, 0.0)}


def test_a_full_architecture_takes_comments_groups_and_other_ids_but_no_block() -> None:
    """None of these is a block, so the most that there may be of blocks says nothing of them."""
    flat = spec_class("Flatten")()
    blocks = [Block("input", spec_class("Input")()), *(Block(f"f{n}", flat) for n in range(MAX_BLOCKS - 1))]
    document = Document(Experiment(architecture=Architecture.of(blocks)))
    document.do(AddComment(id="note", text="Full", position=(0.0, 0.0)))
    document.do(RenameBlock(id="f1", new_id="first"))
    document.do(group_blocks(document.value.architecture, ["first", "f2"], "Two"))
    assert len(document.value.architecture.groups) == 1
    with pytest.raises(EditError, match="at most 5,000 blocks"):
        document.do(add_block(document.value.architecture, "Flatten", "input"))
