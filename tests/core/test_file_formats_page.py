"""The page on file formats says what the files hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.edits import MAX_BLOCKS
from cnnstudio.core.formats import files, fragment, sidecar
from cnnstudio.core.formats.block_records import MAX_CONNECTIONS, MAX_NESTED_GROUPS
from cnnstudio.core.formats.files import FORMAT, MAJOR, MAX_BYTES, MAX_DEPTH, MINOR, read_experiment
from cnnstudio.core.formats.fragment import FORM, MIME, read_fragment
from cnnstudio.core.formats.presets import user_folder
from cnnstudio.core.formats.run_folder import BEST, EXPERIMENT, LAST, METRICS, START, STATE, RunRecord
from cnnstudio.core.formats.storage import runs_folder
from cnnstudio.core.formats.strict_json import MAX_PARTS
from cnnstudio.core.formats.user_blocks import user_blocks_folder
from cnnstudio.core.formats.weights_store import store_folder

if TYPE_CHECKING:
    from cnnstudio.core.formats.strict_json import Format

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


def test_its_description_of_a_model_can_be_read() -> None:
    example = next(e for e in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL) if sidecar.NAME in e)
    found = sidecar.read_sidecar(example, "the example")
    assert (found.file, found.input.white, found.epoch) == ("model.onnx", 1.0, 15)
    assert sidecar.read_sidecar(sidecar.sidecar_text(found), "its text") == found


def test_its_limits_are_those_of_the_program() -> None:
    assert MAX_BYTES == 4 << 20
    told = " ".join(PAGE.split())
    assert f"{MAX_DEPTH} levels deep and {MAX_BLOCKS:,} blocks" in told
    assert f"{MAX_PARTS:,} lists and objects, {MAX_CONNECTIONS:,} connections and {MAX_NESTED_GROUPS} groups" in told


@pytest.mark.parametrize("form", [files.FORM, fragment.FORM, sidecar.FORM], ids=lambda form: form.name)
def test_it_names_every_entry(form: Format[Any]) -> None:
    """A record that blocks share with experiments is told of where experiments are."""
    sections = {s.partition("\n")[0]: s for s in PAGE.split("\n## ")}
    own = next(s for s in sections.values() if f'"{form.name} ' in s)
    both = own + sections["Experiment and preset (`.json`)"]
    for record in (form.record, *form.parts):
        place = own if record is form.record else both
        for entry in msgspec.structs.fields(record):
            assert re.search(rf'[`"]{entry.name}[`"]', place), f"{record.__name__}.{entry.name}"


def test_it_names_every_folder_of_the_users_data() -> None:
    for folder in (user_folder(), user_blocks_folder(), runs_folder(), store_folder()):
        assert f"`{folder.name}/`" in PAGE, folder.name


def test_it_names_every_file_and_every_entry_of_a_run() -> None:
    for file in (EXPERIMENT, START, STATE, METRICS, BEST.as_posix(), LAST.as_posix()):
        assert f"| `{file}` |" in PAGE, file
    for entry in msgspec.structs.fields(RunRecord):
        assert entry.name == "format" or f"`{entry.name}`" in PAGE, entry.name
