"""The page on file formats says what the files hold."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from cnnstudio.core.edits import MAX_BLOCKS
from cnnstudio.core.files import FORMAT, MAJOR, MAX_BYTES, MAX_DEPTH, MINOR, read_experiment
from cnnstudio.core.fragment import FORM, MIME, read_fragment
from cnnstudio.core.recipe import Digits
from cnnstudio.core.run_folder import BEST, EXPERIMENT, LAST, METRICS, START, STATE, RunRecord

PAGE = (Path(__file__).parents[2] / "docs" / "file-formats.md").read_text(encoding="utf-8")


def test_its_example_opens() -> None:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    experiment = read_experiment(found[1], "the example")
    assert (experiment.name, experiment.training.epochs) == ("LeNet on digits", 15)
    assert experiment.data.source == Digits()
    assert f'"{FORMAT} {MAJOR}.{MINOR}"' in found[1]


def test_its_copied_blocks_can_be_pasted() -> None:
    examples = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    fragment = read_fragment(examples[1], "the example")
    assert [b.spec.kind for b in fragment.blocks] == ["Convolution", "MaxPooling"]
    assert fragment.is_chain
    assert f'"{FORM.head}"' in examples[1]
    assert f"`{MIME}`" in PAGE


def test_its_limits_are_those_of_the_program() -> None:
    assert MAX_BYTES == 1 << 20
    assert f"{MAX_DEPTH} levels deep and {MAX_BLOCKS:,} blocks" in " ".join(PAGE.split())


def test_it_names_every_file_and_every_entry_of_a_run() -> None:
    for file in (EXPERIMENT, START, STATE, METRICS, BEST.as_posix(), LAST.as_posix()):
        assert f"| `{file}` |" in PAGE, file
    for entry in msgspec.structs.fields(RunRecord):
        assert entry.name == "format" or f"`{entry.name}`" in PAGE, entry.name
