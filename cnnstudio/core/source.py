"""Keras code for what the studio trains: the model alone, or a script that loads, splits, trains and tests.

The script stands alone: the functions that make and split the data are copied into it from `core.samples`, and seed,
order of samples, optimizer, loss and metrics are those of the engine, so that it comes to the same result.
"""

from __future__ import annotations

import ast
import functools
from importlib import resources
from typing import TYPE_CHECKING

from cnnstudio.core.data_info import Task
from cnnstudio.core.declare import to_plain
from cnnstudio.core.model_code import model_code
from cnnstudio.core.tracing import trace
from cnnstudio.core.writing import COLUMNS, INDENT, arguments, call, docstring, literal

if TYPE_CHECKING:
    from cnnstudio.core.data_info import DataInfo
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.program import Program
    from cnnstudio.core.recipe import DataRecipe, TrainingRecipe

IMPORTS = ("import keras", "from keras import layers")
RUNS_WITH = "Written by CNN Studio. It runs on its own; it needs keras, tensorflow and scikit-learn."

LOSSES = {
    Task.CLASSIFICATION: "sparse_categorical_crossentropy",
    Task.SEGMENTATION: "sparse_categorical_crossentropy",
    Task.RECONSTRUCTION: "mean_squared_error",
}
"""Loss of each task, by Keras's name."""

METRICS = {
    Task.CLASSIFICATION: ('"accuracy"',),
    Task.SEGMENTATION: (
        '"accuracy"',
        'keras.metrics.MeanIoU({classes}, sparse_y_true=True, sparse_y_pred=False, name="mean_iou")',
    ),
    Task.RECONSTRUCTION: ('"mae"',),
}
"""Metrics of each task, as source."""

OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "nadam": "Nadam", "rmsprop": "RMSprop", "sgd": "SGD"}
"""Keras's class for each optimizer of the training recipe."""


def to_python(program: Program, name: str = "build_model") -> str:
    """A module whose function `name` builds the program's model: `import keras`, then the function."""
    return "\n".join((*IMPORTS, "", "", *model_code(program, name).lines)) + "\n"


def blocks_of_lines(program: Program, name: str = "build_model") -> dict[str, tuple[int, int]]:
    """Block id -> first and last line, counted from 1, of that block in `to_python(program, name)`."""
    return _shifted(model_code(program, name).blocks, len(IMPORTS) + 2)


def script(experiment: Experiment) -> str:
    """The whole script. Raises ValueError unless the design is free of errors (see `lint`)."""
    return script_with_lines(experiment)[0]


def script_with_lines(experiment: Experiment) -> tuple[str, dict[str, tuple[int, int]]]:
    """The whole script, and for each block of the model its first and last line, counted from 1.

    Raises ValueError unless the design is free of errors (see `lint`).
    """
    data, training = experiment.data, experiment.training
    model = model_code(trace(experiment.architecture, data.source.info()).program())
    lines = docstring(experiment.name, [p for p in (experiment.description, RUNS_WITH) if p])
    lines += ["", "import keras", "import numpy as np", "from keras import layers", ""]
    lines += [f"SEED = {training.seed!r}", f"EPOCHS = {training.epochs!r}", f"BATCH_SIZE = {training.batch_size!r}"]
    for source in _functions(data.source.maker, "split", "epoch_order"):
        lines += ["", "", *source]
    lines += ["", ""]
    before = len(lines)
    lines += [*model.lines, "", "", *_main(data, training), "", "", 'if __name__ == "__main__":', f"{INDENT}main()"]
    return "\n".join(lines) + "\n", _shifted(model.blocks, before)


def _shifted(blocks: dict[str, tuple[int, int]], before: int) -> dict[str, tuple[int, int]]:
    return {id: (first + before + 1, last + before + 1) for id, (first, last) in blocks.items()}


def _load_call(result: str, data: DataRecipe) -> list[str]:
    """The call of the function that makes the data: its parameters are those of the source that it takes."""
    taken = {argument.arg for argument in _samples()[1][data.source.maker].args.args}
    given = {name: value for name, value in to_plain(data.source).items() if name in taken}
    return call(f"{result} = {data.source.maker}", arguments((), given), "", INDENT)


def _main(data: DataRecipe, training: TrainingRecipe) -> list[str]:
    task = data.source.info().task
    shares = {"validation": data.validation, "test": data.test, "seed": data.seed}
    if task is Task.RECONSTRUCTION:
        load = [*_load_call("inputs, labels", data), f"{INDENT}targets = inputs"]
        labels = ["labels=labels"]
    else:
        load = _load_call("inputs, targets", data)
        labels = ["labels=targets"] if task is Task.CLASSIFICATION else []
    return [
        "def main():",
        f"{INDENT}keras.utils.set_random_seed(SEED)",
        *load,
        *call("training, validation, test = split", ["len(inputs)", *arguments((), shares), *labels], "", INDENT),
        f"{INDENT}model = build_model()",
        *_compile(data.source.info(), training),
        f"{INDENT}model.summary()",
        *_TRAIN_AND_TEST.splitlines(),
    ]


_TRAIN_AND_TEST = """\
    for epoch in range(1, EPOCHS + 1):
        # fit(shuffle=True) would repeat one order in every epoch after set_random_seed.
        order = training[epoch_order(len(training), SEED, epoch)]
        model.fit(
            inputs[order],
            targets[order],
            batch_size=BATCH_SIZE,
            shuffle=False,
            initial_epoch=epoch - 1,
            epochs=epoch,
            validation_data=(inputs[validation], targets[validation]),
            verbose=2,
        )
    results = model.evaluate(inputs[test], targets[test], return_dict=True, verbose=0)
    for name, value in results.items():
        print(f"test {name}: {value:.4f}")"""


def _compile(info: DataInfo, training: TrainingRecipe) -> list[str]:
    metrics = [metric.format(classes=info.classes) for metric in METRICS[info.task]]
    listed = f"[{', '.join(metrics)}]"
    if len(listed) + len(INDENT) * 3 > COLUMNS:
        each = "".join(f"{INDENT * 3}{metric},\n" for metric in metrics)
        listed = f"[\n{each}{INDENT * 2}]"
    parts = [f"optimizer={_optimizer(training)}", f"loss={literal(LOSSES[info.task])}", f"metrics={listed}"]
    return "\n".join(call("model.compile", parts, "", INDENT)).split("\n")


def _optimizer(training: TrainingRecipe) -> str:
    given: dict[str, object] = {"learning_rate": training.learning_rate}
    if training.optimizer == "sgd" and training.momentum:
        given["momentum"] = training.momentum
    return f"keras.optimizers.{OPTIMIZERS[training.optimizer]}({', '.join(arguments((), given))})"


@functools.cache
def _samples() -> tuple[str, dict[str, ast.FunctionDef]]:
    """Text and functions of `core.samples`, read and not imported: it needs numpy, a window at its start does not."""
    text = resources.files("cnnstudio.core").joinpath("samples.py").read_text(encoding="utf-8")
    return text, {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}


def _functions(*names: str) -> list[list[str]]:
    """Source lines of these functions of `core.samples` and of those they call, in the order of the module."""
    text, known = _samples()
    wanted: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted.add(name)
            used = {node.id for node in ast.walk(known[name]) if isinstance(node, ast.Name)}
            todo.extend(used & known.keys())
    lines = text.splitlines()
    return [lines[node.lineno - 1 : node.end_lineno] for name, node in known.items() if name in wanted]
