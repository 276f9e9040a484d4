"""Generated code: what it says, what it leaves out, and that no text in an experiment can get out of its quotes."""

from __future__ import annotations

import ast
import dataclasses
import keyword
from typing import Any

import black
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.code.keras_signatures import SIGNATURES, spoken
from cnnstudio.core.code.source import blocks_of_lines, script, script_with_lines, to_python
from cnnstudio.core.code.writing import COLUMNS, LONGEST_NAME, docstring, free_name, literal
from cnnstudio.core.data.builtin import Digits, Noise, Shapes, Waveforms
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.layers.registry import known_layers
from cnnstudio.core.program import Program, Step, Tensor
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import LOSSES, TrainingRecipe

TEN = DataInfo(Task.CLASSIFICATION, (8, 8, 1), tuple("0123456789"))


def placed(id: str, kind: str, *inputs: str, **parameters: Any) -> Block:
    return Block(id, spec_class(kind)(**parameters), inputs)


def chain(*blocks: tuple[str, str, dict[str, Any]]) -> Architecture:
    before, placed_blocks = "input", [placed("input", "Input")]
    for id, kind, parameters in blocks:
        placed_blocks.append(placed(id, kind, before, **parameters))
        before = id
    return Architecture.of([*placed_blocks, placed("output", "Output", before)])


def program_of(architecture: Architecture, data: DataInfo = TEN) -> Program:
    return trace(architecture, data).program()


SMALL = chain(
    ("first", "Convolution", {"filters": 6, "kernel_size": 5, "padding": "valid"}),
    ("second", "MaxPooling", {}),
    ("third", "Flatten", {}),
)
FORKED = Architecture.of(
    [
        placed("input", "Input"),
        placed("left", "Convolution", "input", filters=4),
        placed("right", "Convolution", "input", filters=4, kernel_size=1),
        placed("both", "Concatenate", "left", "right"),
        placed("flat", "Flatten", "both"),
        placed("output", "Output", "flat"),
    ]
)


def test_a_chain_is_sequential() -> None:
    code = to_python(program_of(SMALL))
    assert code == (
        "import keras\n"
        "from keras import layers\n"
        "\n"
        "\n"
        "def build_model():\n"
        "    return keras.Sequential(\n"
        "        [\n"
        '            keras.Input((8, 8, 1), name="input"),\n'
        '            layers.Conv2D(6, 5, activation="relu", name="first"),\n'
        '            layers.MaxPooling2D(name="second"),\n'
        '            layers.Flatten(name="third"),\n'
        '            layers.Dense(10, activation="softmax", name="output"),\n'
        "        ]\n"
        "    )\n"
    )


def test_a_fork_is_functional() -> None:
    lines = to_python(program_of(FORKED), name="model").splitlines()
    assert lines[4:] == [
        "def model():",
        '    inputs = keras.Input((8, 8, 1), name="input")',
        '    left = layers.Conv2D(4, 3, padding="same", activation="relu", name="left")(inputs)',
        '    right = layers.Conv2D(4, 1, padding="same", activation="relu", name="right")(inputs)',
        '    both = layers.Concatenate(name="both")([left, right])',
        '    flat = layers.Flatten(name="flat")(both)',
        '    output = layers.Dense(10, activation="softmax", name="output")(flat)',
        "    return keras.Model(inputs, output)",
    ]


@pytest.mark.parametrize("architecture", [SMALL, FORKED])
def test_blocks_find_their_lines(architecture: Architecture) -> None:
    program = program_of(architecture)
    lines = to_python(program).splitlines()
    ranges = blocks_of_lines(program)
    assert set(ranges) == set(architecture.blocks)
    for id, (first, last) in ranges.items():
        assert f'name="{id}"' in "\n".join(lines[first - 1 : last])


def test_lines_of_blocks_in_the_script_are_those_of_the_model() -> None:
    text, ranges = script_with_lines(Experiment(architecture=FORKED))
    lines = text.splitlines()
    assert lines[ranges["both"][0] - 1].strip().startswith("both = layers.Concatenate")
    assert all(first <= last for first, last in ranges.values())


def test_names_are_never_keywords_builtins_or_taken() -> None:
    ids = ["lambda", "class", "print", "keras", "layers", "inputs", "len", "x" * 64, "x" * 63 + "y"]
    blocks = [placed("input", "Input"), *(placed(id, "Convolution", "input", filters=2) for id in ids)]
    blocks += [
        placed("join", "Concatenate", *ids),
        placed("flat", "Flatten", "join"),
        placed("output", "Output", "flat"),
    ]
    tree = ast.parse(to_python(program_of(Architecture.of(blocks))))
    assigned = [
        n.targets[0].id for n in ast.walk(tree) if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)
    ]
    assert len(set(assigned)) == len(ids) + 4
    assert not {"lambda", "class", "print", "keras", "layers", "len"} & set(assigned)
    assert all(len(name) <= LONGEST_NAME for name in assigned)


@given(st.text(), st.sets(st.text(max_size=4)))
def test_free_names_are_free_and_valid(wanted: str, taken: set[str]) -> None:
    name = free_name(wanted, taken)
    assert name.isidentifier()
    assert not keyword.iskeyword(name)
    assert name not in taken


def test_dead_ends_are_left_out() -> None:
    blocks = [*SMALL.blocks.values(), placed("dead", "Convolution", "first")]
    assert "dead" not in to_python(program_of(Architecture.of(blocks)))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.tuples(inner, inner),
    max_leaves=6,
)


@given(plain)
def test_literals_read_back_as_they_were(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value


def test_what_has_no_literal_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no literal"):
        literal(object())


@given(st.text(), st.text())
def test_no_text_leaves_its_docstring(title: str, paragraph: str) -> None:
    text = "\n".join([*docstring(title, [paragraph]), "x = 1", ""])
    tree = ast.parse(text.encode("utf-8"))
    assert [type(n) for n in tree.body] == [ast.Expr, ast.Assign]
    read = ast.get_docstring(tree, clean=False) or ""
    assert "".join(read.split()) == "".join(c for c in title + paragraph if c.isprintable() and not c.isspace())


HOSTILE = [
    '"""\nimport os\nos.abort()\n"""',
    "\\",
    'ends with "',
    "# -*- coding: utf-7 -*-",
    "\0\r\n\x0c\u2028x",
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_words(text: str) -> None:
    honest = ast.parse(script(Experiment(name="a", description="b", architecture=SMALL)))
    hostile = ast.parse(script(Experiment(name=text, description=text, architecture=SMALL)).encode("utf-8"))
    assert [ast.dump(n) for n in hostile.body[1:]] == [ast.dump(n) for n in honest.body[1:]]


SOURCES = [
    (DataRecipe(source=Digits()), "digits()", "sparse_categorical_crossentropy"),
    (DataRecipe(source=Digits(task="reconstruction")), "digits()", "mean_squared_error"),
    (
        DataRecipe(source=Shapes(count=50, size=24, seed=3)),
        'shapes(task="segmentation", count=50, size=24, seed=3)',
        "sparse_cat",
    ),
    (DataRecipe(source=Noise(shape=(8, 8, 2), classes=5)), "seeded_noise(", "sparse_cat"),
    (DataRecipe(source=Waveforms(length=64)), "waveforms(count=1600, length=64, noise=0.3, seed=0)", "sparse_cat"),
]


@pytest.mark.parametrize(("data", "load", "loss"), SOURCES)
def test_the_script_stands_alone(data: DataRecipe, load: str, loss: str) -> None:
    info = data.info()
    body = [placed("flat", "Flatten", "input")] if info.task is Task.CLASSIFICATION else []
    blocks = [
        placed("input", "Input", shape=info.input_shape),
        *body,
        placed("output", "Output", "flat" if body else "input"),
    ]
    text = script(Experiment("Net", architecture=Architecture.of(blocks), data=data))
    assert load in text
    assert loss in text
    assert "cnnstudio" not in text.lower()
    tree = ast.parse(text)
    defined = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
    assert {"split", "epoch_order", "build_model", "main"} <= defined
    assert max(map(len, text.splitlines())) <= COLUMNS


@pytest.mark.parametrize("end", ["auto", "linear"])
@pytest.mark.parametrize(("task", "loss"), [(t, name) for t in LOSSES for name in LOSSES[t] if t is not Task.DETECTION])
def test_every_loss_stands_alone_too_and_black_leaves_it_alone(task: Task, loss: str, end: str) -> None:
    data = DataRecipe(source=Noise(task=task.value, shape=(8, 8, 1), classes=4))
    flat = task in (Task.CLASSIFICATION, Task.MULTILABEL)
    between = [placed("flat", "Flatten", "input")] if flat else []
    output = placed("output", "Output", "flat" if flat else "input", activation=end)
    training = TrainingRecipe(class_weights=True).having("loss", loss)
    design = Architecture.of([placed("input", "Input", shape=(8, 8, 1)), *between, output])
    text = script(Experiment("Net", architecture=design, data=data, training=training))
    assert black.format_str(text, mode=black.Mode()) == text
    assert max(map(len, text.splitlines())) <= COLUMNS
    weighed = task is not Task.RECONSTRUCTION
    assert ("weights = " in text) == weighed
    assert ("scores=True" in text.partition("def main")[2]) == (weighed and end == "linear")


def test_the_script_trains_as_the_recipe_says() -> None:
    training = TrainingRecipe(optimizer="sgd", learning_rate=0.05, momentum=0.8, batch_size=17, epochs=3, seed=9)
    text = script(dataclasses.replace(Experiment(architecture=SMALL), training=training))
    assert "SEED = 9\nEPOCHS = 3\nBATCH_SIZE = 17\n" in text
    assert "keras.optimizers.SGD(learning_rate=0.05, momentum=0.8)" in text


def test_a_broken_design_has_no_script() -> None:
    with pytest.raises(ValueError, match="lint says which"):
        script(Experiment(architecture=Architecture.of([placed("input", "Input")])))


def test_every_layer_has_a_signature() -> None:
    assert set(known_layers()) <= set(SIGNATURES)


@pytest.mark.parametrize(
    ("layer", "config", "spoken_arguments"),
    [
        ("MaxPooling2D", {"pool_size": 2, "strides": 2, "padding": "valid"}, ([], {})),
        ("MaxPooling2D", {"pool_size": (2, 2), "strides": None}, ([], {})),
        ("MaxPooling2D", {"pool_size": 3, "strides": 2}, ([3], {"strides": 2})),
        ("MaxPooling2D", {"pool_size": 2, "strides": (2, 1)}, ([], {"strides": (2, 1)})),
        ("AveragePooling1D", {"pool_size": 2, "strides": 2}, ([2], {})),
        ("Conv2D", {"filters": 1, "kernel_size": 1, "strides": (1, 1), "use_bias": True}, ([1, 1], {})),
        ("Conv2D", {"filters": 1, "kernel_size": 1, "use_bias": False}, ([1, 1], {"use_bias": False})),
        ("Dense", {"units": 3, "activation": None}, ([3], {})),
        ("NoSuchLayer", {"size": 2}, ([], {"size": 2})),
    ],
)
def test_only_what_differs_is_said(layer: str, config: dict[str, Any], spoken_arguments: object) -> None:
    assert spoken(layer, config) == spoken_arguments


def test_long_calls_are_broken_within_the_columns() -> None:
    field = Tensor("x", (8, 8, 4))
    names = [f"a_rather_long_branch_name_{n}" for n in range(6)]
    steps = [
        Step(n, "Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same"}, ("input",), n, field) for n in names
    ]
    steps.append(Step("z" * 90, "Concatenate", {"axis": -1}, tuple(names), "z", field))
    code = to_python(Program((8, 8, 1), tuple(steps), {}, "z" * 90))
    ast.parse(code)
    assert max(map(len, code.splitlines())) <= COLUMNS + len("z" * 90) - LONGEST_NAME
