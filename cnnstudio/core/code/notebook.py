"""The experiment as a Jupyter notebook: the script of `source` in cells, with the network as a table above them.

The format is nbformat 4.5, written here: it is JSON with a handful of fields, and its package would bring a dozen more.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.code import judging
from cnnstudio.core.code.source import (
    READS_WEIGHTS,
    build_and_compile,
    constants,
    functions,
    load_and_split,
    model_of,
    runs_with,
    standard_imports,
)
from cnnstudio.core.code.training_code import policy_lines, training_loop
from cnnstudio.core.code.writing import one_line
from cnnstudio.core.data.info import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.analysis.tracing import BlockTrace, Trace
    from cnnstudio.core.experiment import Experiment

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$])")
_TASKS = {
    Task.CLASSIFICATION: "Classification: one class for each sample.",
    Task.MULTILABEL: "Classification: any number of classes for each sample.",
    Task.SEGMENTATION: "Segmentation: one class for each position.",
    Task.RECONSTRUCTION: "Reconstruction: the sample itself.",
    Task.DETECTION: "Detection: boxes, each with a class.",
}
_START = ["keras.utils.set_random_seed(SEED)"]
_IMPORTS = ["import keras", "import matplotlib.pyplot as plt", "import numpy as np"]

_KEEPING = """\
for name, values in result.history.items():
    history.setdefault(name, []).extend(values)""".splitlines()

_CURVES = """\
figure, axes = plt.subplots()
epochs = range(1, len(history["loss"]) + 1)
axes.plot(epochs, history["loss"], label="training")
axes.plot(epochs, history["val_loss"], label="validation")
axes.set(xlabel="epoch", ylabel="loss")
axes.legend()
plt.show()""".splitlines()


def notebook(experiment: Experiment) -> str:
    """The notebook's text. Raises ValueError unless the design is free of errors (see `lint`)."""
    model = model_of(experiment)
    rows = _rows(trace(experiment.architecture, experiment.data.info()))
    parts = [line for source in functions(experiment) for line in (*source, "", "")]
    imports = [*standard_imports(experiment), *_IMPORTS, *judging.imports(experiment), "from keras import layers"]
    imports += [READS_WEIGHTS] if experiment.weights else []
    cells = [
        _prose("title", _title(experiment, rows)),
        _code("settings", [*imports, "", *constants(experiment), "", *_START, *policy_lines(experiment.training)]),
        _prose("about-data", ["## Data", "", *_sentence(experiment.data.source.note)]),
        _code("data", [*parts, *load_and_split(experiment)]),
        _prose("about-model", ["## Model", "", *_table(rows)]),
        _code("model", [*model.lines, "", "", *build_and_compile(experiment), "model.summary()"]),
        _prose("about-training", ["## Training"]),
        _code("training", ["history = {}", *training_loop(experiment, keep=_KEEPING)]),
        _code("curves", _CURVES),
        _prose("about-test", ["## Test", "", "On samples that training has not seen."]),
        _code("test", judging.measuring(experiment)),
    ]
    return json.dumps({"cells": cells, **_HEAD}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


_HEAD: dict[str, Any] = {
    "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}


def _prose(id: str, lines: Sequence[str]) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": _source(lines)}


def _code(id: str, lines: Sequence[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"cell_type": "code", "execution_count": None, "id": id, "metadata": {}, "outputs": []}
    return {**fields, "source": _source(lines)}


def _source(lines: Sequence[str]) -> list[str]:
    """Lines with their ends, as notebooks keep them; the last one has none."""
    return [*(f"{line}\n" for line in lines[:-1]), *lines[-1:]]


def _sentence(text: str) -> list[str]:
    return [_marked(text)] if text else []


def _marked(text: str) -> str:
    """`text` as words, whatever it holds of Markdown."""
    return _MARKUP.sub(r"\\\1", one_line(text))


def _rows(traced: Trace) -> list[BlockTrace]:
    """The blocks of the network in the order of the flow: dead ends and bypassed blocks are no part of it."""
    result = next(id for id, t in traced.blocks.items() if t.spec.kind == "Output")
    used = traced.architecture.feeding(result) | {result}
    return [t for id, t in traced.blocks.items() if id in used and not t.bypassed]


def _title(experiment: Experiment, rows: Sequence[BlockTrace]) -> list[str]:
    lines = [f"# {_marked(experiment.name)}", ""]
    if experiment.description.strip():
        lines += [_marked(experiment.description), ""]
    info = experiment.data.info()
    facts = f"Samples of {_shape(info.input_shape)}, {_counted(sum(t.params for t in rows), 'parameter')}."
    return [*lines, f"{_TASKS[info.task]} {facts}", "", runs_with(experiment, "matplotlib")]


def _shape(sizes: Sequence[int]) -> str:
    return " × ".join(f"{n:,}" for n in sizes)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _table(rows: Sequence[BlockTrace]) -> list[str]:
    lines = ["| Block | Kind | Output shape | Parameters |", "| --- | --- | ---: | ---: |"]
    for row in rows:
        shape = _shape(row.output.shape) if row.output is not None else ""
        lines.append(f"| `{row.id}` | {row.spec.title} | {shape} | {row.params:,} |")
    return [*lines, f"| | | | **{sum(t.params for t in rows):,}** |"]
