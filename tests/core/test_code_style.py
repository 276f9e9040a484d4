"""The code that the studio writes is laid out as Black lays code out: Black leaves it as it is."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import black
import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Group
from cnnstudio.core.catalogue.normalisation import Standardisation
from cnnstudio.core.code.model_code import model_code
from cnnstudio.core.code.notebook import notebook
from cnnstudio.core.code.source import IMPORTS, script, to_python
from cnnstudio.core.code.writing import COLUMNS, Piece, call, laid_out, listed, value_piece
from cnnstudio.core.edits import RenameBlock, SetParameters
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.presets import presets
from cnnstudio.core.training.recipe import LOSSES, TrainingRecipe
from tests.helpers.effort import times
from tests.helpers.random_nets import random_net

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.program import Program

STYLE = black.Mode()
SHIPPED = {p.id: p.experiment for p in presets() if p.experiment is not None and not p.user}


def laid_out_by_black(text: str) -> str:
    return black.format_str(text, mode=STYLE)


def test_the_lines_are_as_long_as_black_lets_them_be() -> None:
    assert STYLE.line_length == COLUMNS


@pytest.mark.parametrize("id", SHIPPED)
def test_black_leaves_the_scripts_of_presets_alone(id: str) -> None:
    experiment = SHIPPED[id]
    assert experiment is not None
    text = script(experiment)
    assert laid_out_by_black(text) == text


def renamed(rng: random.Random, architecture: Architecture) -> Architecture:
    """Ids of all lengths, so that calls end anywhere near the end of the line."""
    for id in list(architecture.blocks):
        new = id + "x" * rng.randint(0, 45)
        if id != "input" and new not in architecture.blocks:
            architecture = RenameBlock(id=id, new_id=new).change(architecture)
    return architecture


def grouped(rng: random.Random, architecture: Architecture) -> Architecture:
    """Groups, one within the other, with names of all lengths."""
    ids = [i for i in architecture.topology.order if architecture.blocks[i].spec.kind not in ("Input", "Output")]
    groups = [Group("outer", "Encoder" + " of long names" * rng.randint(0, 5), frozenset(ids[:3]))]
    if len(ids) > 4:
        groups += [Group("inner", "Stem", frozenset(ids[1:2])), Group("other", "Decoder", frozenset(ids[4:]))]
    return architecture.with_groups(groups)


def model_text(program: Program, architecture: Architecture) -> str:
    lines = model_code(program, groups=architecture.groups.values()).lines
    return "\n".join([*IMPORTS, "", "", *lines]) + "\n"


@pytest.mark.parametrize("start", range(0, 120, 20))
def test_black_leaves_random_networks_alone(start: int) -> None:
    for seed in range(start, start + 20):
        rng = random.Random(seed)
        net = random_net(seed, blocks=rng.randint(2, 8))
        text = to_python(net.trace.program())
        assert laid_out_by_black(text) == text, f"seed {seed}"
        if seed % 3:
            continue
        architecture = grouped(rng, renamed(rng, net.trace.architecture))
        text = model_text(trace(architecture, net.data).program(), architecture)
        assert laid_out_by_black(text) == text, f"seed {seed}, long names"


@pytest.mark.parametrize("head", ["y = f", "convolution_1 = layers.Conv2DTranspose"])
def test_calls_of_every_length_are_laid_out_as_black_does(head: str) -> None:
    texts = []
    for length in range(20, 100, 2):
        parts = [Piece("1"), value_piece("n" * length, "name="), value_piece((0.25, 1, -3), "mean=")]
        nested = listed("metrics=", [Piece('"accuracy"'), call("MeanIoU", parts)])
        texts += laid_out(call(head, parts), "") + laid_out(call(head, [*parts, nested]), "")
    text = "\n".join(texts) + "\n"
    assert laid_out_by_black(text) == text


def test_a_value_for_each_of_many_channels_is_broken_up() -> None:
    experiment = SHIPPED["lenet-5"]
    assert experiment is not None
    spec = Standardisation(mean=tuple(n / 7 for n in range(40)))
    architecture = experiment.architecture
    pool = architecture.blocks["max_pooling_1"]
    wide = SetParameters(id="convolution_1", values={"filters": 40}).apply(architecture.with_blocks(pool.of(spec)))
    text = script(Experiment(architecture=wide))
    assert laid_out_by_black(text) == text
    assert max(map(len, text.splitlines())) <= COLUMNS


def test_groups_head_their_layers_and_an_empty_line_ends_them() -> None:
    net = SHIPPED["resnet-style"]
    assert net is not None
    ids = [i for i in net.architecture.topology.order if i not in ("input", "output")]
    groups = [
        Group("stem", "Stem # of it", frozenset(ids[:2])),
        Group("body", "Body", frozenset(ids[2:5])),
        Group("inner", "First stage", frozenset(ids[2:3])),
    ]
    architecture = net.architecture.with_groups(groups)
    lines = model_text(trace(architecture, net.data.info()).program(), architecture).splitlines()
    at = [n for n, line in enumerate(lines) if line.startswith("    #")]
    assert [lines[n].strip() for n in at] == ["# Stem # of it", "# Body", "# First stage"]
    assert lines[at[0] - 1] == ""
    assert f'name="{ids[0]}' in "".join(lines[at[0] + 1 : at[0] + 4])
    assert lines[at[1] - 1] == ""
    assert at[2] == at[1] + 1
    assert f'name="{ids[2]}' in "".join(lines[at[2] + 1 : at[2] + 9])
    first_behind = next(n for n, line in enumerate(lines) if f" {ids[5]}" in line or f'name="{ids[5]}' in line)
    assert "" in lines[first_behind - 3 : first_behind]


def with_random_recipe(rng: random.Random, experiment: Experiment) -> Experiment:
    """The experiment with choices drawn anew, and most of its numbers at the ends of their ranges."""
    changed: dict[str, Any] = {}
    for parameter in TrainingRecipe.parameters:
        if parameter.choices:
            changed[parameter.name] = rng.choice(parameter.choices)
        elif isinstance(parameter.default, bool):
            changed[parameter.name] = rng.random() < 0.5
        elif isinstance(parameter.default, int):
            changed[parameter.name] = rng.choice([parameter.default, int(parameter.maximum or 1)])
        elif rng.random() < 0.7:
            changed[parameter.name] = rng.choice([0.123456789, 1e-7, 0.5])
    changed["label_smoothing"] = rng.choice([0.0, 0.1])
    changed["loss"] = rng.choice(["auto", *LOSSES[experiment.data.info().task]])
    return dataclasses.replace(experiment, training=dataclasses.replace(experiment.training, **changed))


@pytest.mark.search
@pytest.mark.parametrize("seed", range(times(3)))
def test_black_leaves_scripts_of_all_recipes_alone_and_nothing_in_them_is_unused(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    experiments = [with_random_recipe(rng, SHIPPED[id]) for id in rng.sample(sorted(SHIPPED), 2)]
    for number, experiment in enumerate(experiments):
        text = script(experiment)
        assert laid_out_by_black(text) == text
        (tmp_path / f"script_{number}.py").write_text(text, encoding="utf-8")
        for cell in json.loads(notebook(experiment))["cells"]:
            if cell["cell_type"] == "code":
                source = "".join(cell["source"]) + "\n"
                assert laid_out_by_black(source) == source
    find_nothing_to_mend(tmp_path)


def test_imports_are_in_order_and_nothing_is_unused(tmp_path: Path) -> None:
    for id, experiment in SHIPPED.items():
        (tmp_path / f"{id.replace('-', '_')}.py").write_text(script(experiment), encoding="utf-8")
    find_nothing_to_mend(tmp_path)


def find_nothing_to_mend(folder: Path) -> None:
    """Ruff agrees with all the files in the folder."""
    ruff = shutil.which("ruff", path=str(sys.prefix) + "/bin") or shutil.which("ruff")
    assert ruff, "ruff is part of the test extra"
    command = [ruff, "check", "--isolated", "--no-cache", "--select", "E,F,W,I", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
