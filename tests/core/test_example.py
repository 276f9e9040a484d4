"""The program beside an exported model, as text: laid out as Black does, clean, and whole for every task and form."""

from __future__ import annotations

import ast
import builtins
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import black
import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.code.example import example
from cnnstudio.core.data.info import Task
from cnnstudio.core.exporting import FORMATS, Wish
from cnnstudio.core.formats.presets import presets
from cnnstudio.core.formats.sidecar import FORM, Sidecar, SidecarInput, SidecarOutput, read_sidecar, sidecar_text
from cnnstudio.core.formats.strict_json import FileError
from tests.helpers.effort import EFFORT

if TYPE_CHECKING:
    from cnnstudio.core.program import Program

MODELS = [name for name, form in FORMATS.items() if form.kind in ("model", "weights")]
SHAPES = {0: (5,), 1: (32, 2), 2: (8, 8, 3), 3: (4, 4, 4, 1)}
NAMES = ("net", "my net", 'a "quoted" name', "größe", "x" * 180, "it's")


@pytest.fixture(scope="module")
def program() -> Program:
    experiment = next(p.experiment for p in presets() if p.id == "lenet-5" and p.experiment is not None)
    return trace(experiment.architecture, experiment.data.info()).program()


def sidecar_for(form: str, task: Task, rank: int = 2, *, scores: bool = False, name: str = "net") -> Sidecar:
    wish = Wish(form, Path(f"{name}{FORMATS[form].endings[0]}"))
    standardised = {"mean": (0.5,), "scale": (2.0,)} if task is Task.RECONSTRUCTION else {}
    output = SidecarOutput((3,), scores, **standardised, meaning="Some.")
    classes = () if task is Task.RECONSTRUCTION else ("a", "b", "c")
    return Sidecar(
        FORM.head,
        "Net",
        wish.path.name,
        form,
        "none",
        task.value,
        SidecarInput(SHAPES[rank], "pad", 255.0),
        output,
        classes,
    )


CASES = [
    *((form, Task.CLASSIFICATION, 2, False, "net") for form in MODELS),
    *(("onnx", Task.CLASSIFICATION, 2, False, name) for name in NAMES),
    *(
        ("onnx", task, rank, scores, "net")
        for task in Task
        for rank in ((2,) if task is Task.DETECTION else SHAPES)
        for scores in (False, True)
    ),
]


def text_of(case: tuple[str, Task, int, bool, str], program: Program) -> str:
    form, task, rank, scores, name = case
    sidecar = sidecar_for(form, task, rank, scores=scores, name=name)
    return example(sidecar, Wish(form, Path(sidecar.file)).sidecar.name, program)


def test_examples_are_clean_and_laid_out_as_black_does(program: Program, tmp_path: Path) -> None:
    for number, case in enumerate(CASES[:: 7 if EFFORT == 1 else 1]):
        text = text_of(case, program)
        assert black.format_str(text, mode=black.Mode()) == text, case
        (tmp_path / f"example_{number}.py").write_text(text, encoding="utf-8")
    rules = (
        "--isolated",
        "--select=E,F,I,B,UP,SIM,RUF",
        "--ignore=E501,RUF001",
        "--target-version=py311",
        "--no-cache",
    )
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *rules, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_examples_name_nothing_that_they_do_not_have(program: Program) -> None:
    for case in CASES[:: 3 if EFFORT == 1 else 1]:
        tree = ast.parse(text_of(case, program))
        words = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        known = {word.id for word in words if isinstance(word.ctx, ast.Store)} | set(dir(builtins)) | {"__file__"}
        known |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        known |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                known |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        assert {word.id for word in words} <= known, case


def test_a_description_reads_back_as_it_was_written() -> None:
    for case in CASES:
        form, task, rank, scores, name = case
        sidecar = sidecar_for(form, task, rank, scores=scores, name=name)
        assert read_sidecar(sidecar_text(sidecar), "it") == sidecar


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('"cnnstudio-model 1.0"', '"cnnstudio-model 2.0"'), "was written by a newer CNN Studio"),
        (('"cnnstudio-model 1.0"', '"other 1.0"'), 'is not the description of an exported model: "format" must read'),
        (('"white"', '"whit"'), 'has the unknown entry "whit". Did you mean "white"'),
        (('"pad"', '"squeeze"'), "squeeze"),
        (("255.0", "1e999"), "too large"),
        (('"name": "Net",\n', ""), 'lacks the entry "name"'),
    ],
)
def test_a_description_is_read_strictly(change: tuple[str, str], says: str) -> None:
    text = sidecar_text(sidecar_for("onnx", Task.CLASSIFICATION))
    assert change[0] in text
    with pytest.raises(FileError, match=says.replace(".", r"\.")):
        read_sidecar(text.replace(*change), "it")
