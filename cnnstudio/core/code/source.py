"""Keras code for what the studio trains: the model alone, or a script that loads, splits, trains and tests.

The script stands alone: the functions that make and split the data are copied into it from `core.code.samples`, and
seed, order of samples, optimizer, loss and metrics are those of the engine, so that it comes to the same result.
"""

from __future__ import annotations

import ast
import functools
import re
from importlib import resources
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.code import data_code, judging, training_code
from cnnstudio.core.code.model_code import ModelCode, layer_names, model_code
from cnnstudio.core.code.writing import INDENT, call, docstring, laid_out, listed, literal
from cnnstudio.core.declare import to_plain
from cnnstudio.core.formats.files import file_name
from cnnstudio.core.formats.weights_store import ENDING
from cnnstudio.core.initial_weights import renamed_layers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.program import Program
    from cnnstudio.core.recipe import DataRecipe

IMPORTS = ("import keras", "from keras import layers")
_STANDARD = {
    "import functools": ("functools",),
    "import math": ("math",),
    "from collections.abc import": ("Callable", "Iterable", "Iterator", "Sequence"),
    "from dataclasses import": ("dataclass",),
    "from typing import": ("Any",),
}
"""How Python's own library is imported, sorted as isort sorts, and the names that functions carried along use of it."""
_WORD = re.compile(r"\b[A-Za-z_]\w*\b")
READS_WEIGHTS = "from safetensors.numpy import load_file"
"""Import for a script that starts from a weights file."""


def to_python(program: Program, name: str = "build_model") -> str:
    """A module whose function `name` builds the program's model: `import keras`, then the function."""
    return "\n".join((*IMPORTS, "", "", *model_code(program, name).lines)) + "\n"


def blocks_of_lines(program: Program, name: str = "build_model") -> dict[str, tuple[int, int]]:
    """Block id -> first and last line, counted from 1, of that block in `to_python(program, name)`."""
    return _shifted(model_code(program, name).blocks, len(IMPORTS) + 2)


def script(experiment: Experiment) -> str:
    """The whole script. Raises ValueError unless the design is free of errors (see `lint`)."""
    return script_with_lines(experiment)[0]


def script_with_lines(experiment: Experiment, traced: Trace | None = None) -> tuple[str, dict[str, tuple[int, int]]]:
    """The whole script, and for each block of the model its first and last line, counted from 1.

    `traced` is the experiment's trace where it is known.
    Raises ValueError unless the design is free of errors (see `lint`).
    """
    model = model_of(experiment, traced)
    lines = docstring(experiment.name, [p for p in (experiment.description, runs_with(experiment)) if p])
    lines += ["", *standard_imports(experiment), "import keras", "import numpy as np"]
    lines += [*judging.imports(experiment), "from keras import layers"]
    lines += [*([READS_WEIGHTS] if experiment.weights else []), "", *constants(experiment)]
    for source in functions(experiment):
        lines += ["", "", *source]
    lines += ["", ""]
    before = len(lines)
    lines += [*model.lines, "", "", *_main(experiment), "", "", 'if __name__ == "__main__":', f"{INDENT}main()"]
    return "\n".join(lines) + "\n", _shifted(model.blocks, before)


def standard_imports(experiment: Experiment) -> list[str]:
    """Lines that import what the carried functions use of Python's own library, and a blank one behind them."""
    lines = [line for source in functions(experiment) for line in source]
    found = library_imports([*lines, judging.loss_piece(experiment).text])
    return [*found, ""] if found else []


def library_imports(lines: Iterable[str]) -> list[str]:
    """Lines that import what these use of Python's own library."""
    used = set(_WORD.findall("\n".join(lines)))
    found = {line: ", ".join(name for name in names if name in used) for line, names in _STANDARD.items()}
    return [line if line.startswith("import") else f"{line} {names}" for line, names in found.items() if names]


def runs_with(experiment: Experiment, *more: str) -> str:
    """The sentence with the packages that the code needs; `more` are those of a notebook."""
    weights = ["safetensors"] if experiment.weights else []
    carried = [line for source in functions(experiment) for line in source]
    sizing = ["pillow"] if any("from PIL" in line for line in carried) else []
    *needed, last = "keras", "tensorflow", "scikit-learn", *sizing, *weights, *more
    return f"Written by CNN Studio. It runs on its own; it needs {', '.join(needed)} and {last}."


def model_of(experiment: Experiment, traced: Trace | None = None) -> ModelCode:
    """The function `build_model`. Raises ValueError unless the design is free of errors (see `lint`)."""
    architecture = experiment.architecture
    traced = traced or trace(architecture, experiment.data.info())
    precision = experiment.training.precision
    return model_code(traced.program(), groups=architecture.groups.values(), mixed=precision != "float32")


def constants(experiment: Experiment) -> list[str]:
    """What the training recipe says in one number each."""
    training = experiment.training
    numbers = [f"SEED = {training.seed!r}", f"EPOCHS = {training.epochs!r}", f"BATCH_SIZE = {training.batch_size!r}"]
    numbers += [*data_code.constants(experiment), *_augmentation_constants(experiment.data)]
    numbers += training_code.constants(training)
    return [*numbers, *_weights_constants(experiment)] if experiment.weights else numbers


def _augmentation_constants(data: DataRecipe) -> list[str]:
    """What training samples are varied by; [] when they are not."""
    info, augmentation = data.info(), data.augmentation
    if not augmentation.acts_on(info):
        return []
    names, plain = augmentation.names_for(info), to_plain(augmentation)
    settings = {p.name: plain[p.name] for p in augmentation.parameters if p.name in names}
    defaults = {p.name: p.default for p in augmentation.parameters}
    entries = [f"{INDENT}{literal(n)}: {literal(v)}," for n, v in settings.items() if v != defaults[n]]
    return ["# How far training samples are varied.", "AUGMENTATION = {", *entries, "}"]


def weights_name(experiment: Experiment) -> str:
    """Name of the weights file that the script reads, from the folder it is run in; "" where it starts fresh."""
    return f"{file_name(experiment.name)}{ENDING}" if experiment.weights else ""


def _weights_constants(experiment: Experiment) -> list[str]:
    program = trace(experiment.architecture, experiment.data.info()).program()
    renamed = renamed_layers(experiment, program, layer_names(program))
    entries = [f"{INDENT}{literal(layer)}: {literal(name)}," for layer, name in renamed.items()]
    return [
        "# The weights to start from. Their SHA-256 is",
        f"# {experiment.weights}.",
        f"WEIGHTS = {literal(weights_name(experiment))}",
        *(["RENAMED = {", *entries, "}"] if entries else ["RENAMED = {}"]),
    ]


def functions(experiment: Experiment) -> list[list[str]]:
    """Source lines of each function that makes, splits, orders and varies the data, paces training, or judges."""
    names = (*data_code.carried(experiment), *training_code.carried(experiment), *judging.carried(experiment))
    return carried_functions(*names)


def _shifted(blocks: dict[str, tuple[int, int]], before: int) -> dict[str, tuple[int, int]]:
    return {id: (first + before + 1, last + before + 1) for id, (first, last) in blocks.items()}


def load_and_split(experiment: Experiment, indent: str = "") -> list[str]:
    """Statements that give `inputs`, `targets` and the indices `training`, `validation` and `test`."""
    return data_code.load_and_split(experiment, _parameters, indent)


def _parameters(name: str) -> set[str]:
    """Names of the parameters of a carried function."""
    node = _known()[name][0]
    return {argument.arg for argument in node.args.args} if isinstance(node, ast.FunctionDef) else set()


def build_and_compile(experiment: Experiment, indent: str = "") -> list[str]:
    """Statements that give `model`, ready to train."""
    metrics = judging.metric_pieces(experiment)
    parts = [training_code.optimizer(experiment.training), judging.loss_piece(experiment)]
    parts += [listed("metrics=", metrics)] if metrics else []
    start = [indent + line for line in STARTING] if experiment.weights else []
    weights = judging.weights_lines(experiment, indent)
    return [f"{indent}model = build_model()", *start, *weights, *laid_out(call("model.compile", parts), indent)]


def _main(experiment: Experiment) -> list[str]:
    return [
        "def main():",
        f"{INDENT}keras.utils.set_random_seed(SEED)",
        *training_code.policy_lines(experiment.training, INDENT),
        *load_and_split(experiment, INDENT),
        *build_and_compile(experiment, INDENT),
        f"{INDENT}model.summary()",
        *training_code.training_loop(experiment, INDENT),
        *judging.measuring(experiment, INDENT),
    ]


STARTING = """\
saved = load_file(WEIGHTS)
for layer in model.layers:
    for weight in layer.weights:
        values = saved.get(f"{RENAMED.get(layer.name, layer.name)}/{weight.name}")
        if values is not None and values.shape == tuple(weight.shape):
            weight.assign(values)""".splitlines()
"""Statements that give `model` the weights of a file where they fit."""

_MODULES = (
    "core/code/samples.py",
    "core/code/reading.py",
    "core/code/preparing.py",
    "core/code/augmenting.py",
    "core/code/scores.py",
    "core/code/boxes.py",
    "core/code/answers.py",
    "core/code/rates.py",
    "core/training/patience.py",
    "engine/tasks/losses.py",
)
"""With the functions that a script can carry along; the losses are those that the engine trains with."""


@functools.cache
def _known() -> dict[str, tuple[ast.FunctionDef | ast.ClassDef, list[str]]]:
    """What these modules define, with its lines, read and not imported: the window's start needs no numpy."""
    known: dict[str, tuple[ast.FunctionDef | ast.ClassDef, list[str]]] = {}
    for module in _MODULES:
        text = resources.files("cnnstudio").joinpath(module).read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                first = min((d.lineno for d in node.decorator_list), default=node.lineno)
                known[node.name] = (node, lines[first - 1 : node.end_lineno])
    return known


@functools.lru_cache(maxsize=64)
def carried_functions(*names: str) -> list[list[str]]:
    """Source lines of these functions and of those they call, in the order of the modules."""
    known = _known()
    wanted: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted.add(name)
            words = [node for node in ast.walk(known[name][0]) if isinstance(node, ast.Name)]
            own = {word.id for word in words if isinstance(word.ctx, ast.Store)}
            todo.extend(({word.id for word in words} - own) & known.keys())
    return [lines for name, (_, lines) in known.items() if name in wanted]
