"""The person's own blocks: what is saved is what is put in, and a broken file is one sentence."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

import pytest

from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.edits import PasteBlocks, group_blocks
from cnnstudio.core.formats.fragment import Fragment, write_fragment
from cnnstudio.core.formats.strict_json import FileError
from cnnstudio.core.formats.user_blocks import (
    delete_user_block,
    rename_user_block,
    restore_user_block,
    save_user_block,
    user_block,
    user_blocks,
    user_blocks_folder,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own."""
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path))
    return tmp_path


def stem() -> Fragment:
    """Convolution and pooling in an open group, in which the pooling is a group, too."""
    blocks = (
        Block("input", spec_class("Input")()),
        Block("conv", spec_class("Convolution")(filters=7), ("input",), weights_from="0123456789ab/conv"),
        Block("pool", spec_class("MaxPooling")(), ("conv",), (0.0, 112.0), bypassed=True),
    )
    inner = group_blocks(Architecture.of(blocks), ["pool"], "Inner").change(Architecture.of(blocks))
    return Fragment.of(group_blocks(inner, ["conv", "pool"], "Stem").change(inner), ["conv", "pool"])


def test_a_saved_block_is_read_again_with_all_but_its_weights() -> None:
    saved = save_user_block(stem(), "  My   stem ")
    assert saved.path == user_blocks_folder() / "my-stem.json"
    (found,) = user_blocks()
    assert (found.id, found.name, found.error) == ("my-stem", "My stem", "")
    assert found.contents == ("Convolution", "Max pooling")
    assert found.fragment is not None
    kept = {b.id: b for b in found.fragment.blocks}
    assert kept["pool"].bypassed
    assert kept["conv"].spec == spec_class("Convolution")(filters=7)
    assert kept["conv"].weights_from == ""
    assert [(g.name, g.blocks, g.closed) for g in found.fragment.groups] == [
        ("Inner", frozenset({"pool"}), False),
        ("My stem", frozenset({"conv", "pool"}), True),
    ]
    target = Architecture.of([Block("input", spec_class("Input")())])
    put = PasteBlocks(fragment=found.fragment, after="input", name=found.name).change(target)
    assert [g.name for g in put.groups.values()] == ["Inner", "My stem"]


def test_a_name_is_taken_once_unless_it_is_to_be_replaced() -> None:
    save_user_block(stem(), "Stem")
    with pytest.raises(FileError, match='block "Stem" already'):
        save_user_block(stem(), "stem")
    assert save_user_block(stem(), "STEM", replace=True).name == "STEM"
    for name in ("", "  ", "x" * 81):
        with pytest.raises(FileError, match="1 to 80 characters"):
            save_user_block(stem(), name)
    assert [b.name for b in user_blocks()] == ["STEM"]


def test_renaming_moves_the_file_and_deleting_can_be_taken_back() -> None:
    block = rename_user_block(save_user_block(stem(), "Stem"), "Head")
    assert [(b.id, b.name) for b in user_blocks()] == [("head", "Head")]
    assert rename_user_block(block, "HEAD").id == "head"
    save_user_block(stem(), "Other")
    with pytest.raises(FileError, match="already"):
        rename_user_block(block, "other")
    delete_user_block(block)
    assert [b.id for b in user_blocks()] == ["other"]
    with pytest.raises(FileError, match='no own block "head"'):
        user_block("head")
    restore_user_block(block)
    assert user_block("head").name == "HEAD"
    with pytest.raises(FileError, match="another block"):
        restore_user_block(block)


def test_broken_and_foreign_files_are_one_sentence_each_and_stop_nothing() -> None:
    folder = user_blocks_folder()
    assert user_blocks() == []
    save_user_block(stem(), "Stem")
    (folder / "broken.json").write_text("{")
    (folder / "pipe.json").mkdir()
    os.mkfifo(folder / "fifo.json")
    ends = Fragment((Block("output", spec_class("Output")()),))
    (folder / "ends.json").write_text(write_fragment(ends))
    loose = dataclasses.replace(stem(), groups=())
    (folder / "loose.json").write_text(write_fragment(loose))
    found = {b.id: b for b in user_blocks()}
    assert {id: b.error for id, b in found.items() if not b.error} == {"stem": "", "loose": ""}
    assert found["loose"].name == "loose"
    for id, words in (
        ("broken", "is not JSON"),
        ("pipe", "is not a file"),
        ("fifo", "is not a file"),
        ("ends", "no block but"),
    ):
        assert words in found[id].error
        assert found[id].error.endswith(".")
        assert found[id].fragment is None
        assert found[id].contents == ()
    with pytest.raises(FileError, match="is not JSON"):
        rename_user_block(found["broken"], "mended")
