"""The experiment as a notebook: a valid one, laid out as Black does, with the words of the experiment and its table."""

from __future__ import annotations

import ast
import dataclasses
import json
from typing import Any

import black
import nbformat
import pytest

from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.code.notebook import notebook
from cnnstudio.core.edits import BypassBlocks
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.presets import presets

SHIPPED = {p.id: p.experiment for p in presets() if p.experiment is not None and not p.user}


def cells(text: str) -> dict[str, Any]:
    """Cell id -> its source as one text."""
    return {cell["id"]: "".join(cell["source"]) for cell in json.loads(text)["cells"]}


@pytest.mark.parametrize("id", SHIPPED)
def test_notebooks_are_valid_and_black_leaves_their_code_alone(id: str) -> None:
    experiment = SHIPPED[id]
    assert experiment is not None
    text = notebook(experiment)
    read = json.loads(text)
    nbformat.validate(read)
    assert (read["nbformat"], read["nbformat_minor"]) == (4, 5)
    code = ["".join(cell["source"]) + "\n" for cell in read["cells"] if cell["cell_type"] == "code"]
    for source in code:
        assert black.format_str(source, mode=black.Mode()) == source
    ast.parse("".join(code))
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n", "as Jupyter saves"


def test_the_table_lists_the_network_with_shapes_and_parameters() -> None:
    experiment = SHIPPED["lenet-5"]
    assert experiment is not None
    found = cells(notebook(experiment))
    assert "# LeNet on digits" in found["title"]
    assert "Samples of 8 × 8 × 1, 42,890 parameters." in found["title"]
    rows = found["about-model"].splitlines()[4:]
    assert rows[0] == "| `input` | Input | 8 × 8 × 1 | 0 |"
    assert rows[1] == "| `convolution_1` | Convolution | 8 × 8 × 6 | 156 |"
    assert rows[-1] == "| | | | **42,890** |"
    assert len(rows) == len(experiment.architecture.blocks) + 1


def test_bypassed_blocks_and_dead_ends_are_no_part_of_it() -> None:
    experiment = SHIPPED["lenet-5"]
    assert experiment is not None
    dead = Block("dead", spec_class("Convolution")(), ("convolution_1",))
    made = BypassBlocks(ids=("convolution_2",)).apply(experiment.architecture.with_blocks(dead))
    text = notebook(dataclasses.replace(experiment, architecture=made))
    assert "dead" not in text
    assert "convolution_2" not in text


@pytest.mark.parametrize(
    "name", ["a | b", "# not $a$ *heading*", "<script>x</script>", "`tick`\n\n# two", "\ud800[x](y)"]
)
def test_words_of_the_experiment_stay_words(name: str) -> None:
    blocks = [Block("input", spec_class("Input")()), Block("f", spec_class("Flatten")(), ("input",))]
    blocks.append(Block("output", spec_class("Output")(), ("f",)))
    text = notebook(Experiment(name=name, description=name, architecture=Architecture.of(blocks)))
    title = cells(text)["title"].encode("utf-8").decode().splitlines()
    assert title[0].startswith("# ")
    for line in (title[0][2:], title[2]):
        plain = line
        for mark in "\\`*_{}[]<>#|~$":
            plain = plain.replace("\\" + mark, "")
        assert not set(plain) & set("`*_[]<>#|$"), line


def test_a_broken_design_has_no_notebook() -> None:
    with pytest.raises(ValueError, match="lint says which"):
        notebook(Experiment(architecture=Architecture.of([Block("input", spec_class("Input")())])))
