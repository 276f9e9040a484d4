"""The catalogue without Keras: every declaration is whole, and every block says plainly what it cannot do."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.tracing import BlockTrace, trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import BlockSpec, catalogue, groups, spec_class
from cnnstudio.core.catalogue.activation import Activation
from cnnstudio.core.catalogue.base import GROUPS
from cnnstudio.core.catalogue.dense import Dense
from cnnstudio.core.catalogue.ends import Input, Output
from cnnstudio.core.catalogue.reshaping import Flatten, Reshape, Upsampling
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.declare import DeclarationError, Form, from_plain, to_plain
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.program import INPUT, Tensor
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe
from tests.helpers.random_nets import CLASSES, draw_spec

KINDS = list(catalogue())
SHAPES = {0: (24,), 1: (16, 8), 2: (12, 10, 8), 3: (6, 7, 8, 8)}


def laid(spec: BlockSpec, *shapes: tuple[int, ...], data: DataInfo | None = None) -> BlockTrace:
    """The trace of one block fed with inputs of these shapes (each brought there by a Reshape)."""
    data = data or DataInfo(Task.CLASSIFICATION, shapes[0], CLASSES)
    blocks = [Block(INPUT, Input(shape=shapes[0]))]
    names = [INPUT]
    for number, shape in enumerate(shapes[1:]):
        grown = 1
        for n in shape:
            grown *= n
        blocks.append(Block(f"flat{number}", Flatten(), (INPUT,)))
        blocks.append(Block(f"wide{number}", Dense(units=grown), (f"flat{number}",)))
        blocks.append(Block(f"side{number}", Reshape(target_shape=shape), (f"wide{number}",)))
        names.append(f"side{number}")
    traced = trace(Architecture.of([*blocks, Block("tried", spec, tuple(names))]), data)
    return traced.blocks["tried"]


def complaint(traced: BlockTrace) -> str:
    """The one error of a block."""
    [diagnostic] = [d for d in traced.diagnostics if d.severity is Severity.ERROR]
    assert traced.output is None
    return diagnostic.message


@pytest.mark.parametrize("kind", KINDS)
def test_declaration_is_whole(kind: str) -> None:
    cls = spec_class(kind)
    assert cls.kind == kind
    assert cls.group in GROUPS
    assert cls.title[0].isupper()
    assert "!" not in cls.help
    assert cls.summary.endswith(".")
    assert len(cls.help) > 80, "two to four sentences, for a learner"
    assert cls.keywords
    names = [p.name for p in cls.parameters]
    assert set(cls.key_parameters) <= set(names)
    assert len(set(names)) == len(names)
    for parameter in cls.parameters:
        assert len(parameter.help) > 10, parameter.name
        assert parameter.label[0].isalnum(), parameter.name
        assert parameter.label[0] == parameter.label[0].upper(), parameter.name
        assert parameter.problem(parameter.default) is None, parameter.name


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_survive_json(kind: str) -> None:
    rng = random.Random(kind)
    x = Tensor("input", (12, 10, 8))
    for _ in range(30):
        spec = draw_spec(rng, kind, x)
        again = from_plain(type(spec), json.loads(json.dumps(to_plain(spec))), kind)
        assert again == spec
        for parameter in spec.parameters:
            value = getattr(spec, parameter.name)
            assert kind == "Reshape" or parameter.problem(value) is None, (parameter.name, value)


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ("Input", "Output")])
@pytest.mark.parametrize("rank", SHAPES)
def test_default_block_is_laid_or_refused_in_a_plain_sentence(kind: str, rank: int) -> None:
    spec = spec_class(kind)()
    traced = laid(spec, *(SHAPES[rank],) * spec.min_inputs)
    if traced.output is None:
        message = complaint(traced)
        assert rank == 0 or kind in ("DepthwiseConvolution", "SeparableConvolution"), message
        assert " needs " in message
        assert message.endswith(".")
    else:
        assert traced.output == traced.steps[-1].output
        assert all(step.block == "tried" for step in traced.steps)
        assert len({step.name for step in traced.steps}) == len(traced.steps)
        assert traced.params == sum(w.count for s in traced.steps for w in s.weights)


def test_blocks_that_a_person_can_place_are_grouped_in_palette_order() -> None:
    found = groups()
    assert list(found) == [g for g in GROUPS if g in found]
    assert "Data" not in found
    assert sum(map(len, found.values())) == len([k for k in KINDS if not spec_class(k).hidden])
    titles = [cls.title for specs in found.values() for cls in specs]
    assert len(set(titles)) == len(titles)
    assert {"Max pooling", "Conv-norm-activation", "Squeeze-and-excite", "Global average pooling"} <= set(titles)


def test_unknown_kind_names_the_closest() -> None:
    with pytest.raises(DeclarationError, match="Convolution"):
        spec_class("Convoluton")


def test_relevance_hides_parameters_without_effect() -> None:
    cls = Activation

    def shown(function: str) -> set[str]:
        spec = from_plain(cls, {"function": function}, "t")
        return {p.name for p in cls.parameters if p.relevant is None or p.relevant(spec)}

    assert shown("relu") == {"function", "max_value", "threshold"}
    assert shown("leaky_relu") == {"function", "negative_slope", "max_value", "threshold"}
    assert shown("elu") == {"function", "alpha"}
    assert shown("prelu") == {"function", "share"}
    assert shown("tanh") == {"function"}


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_types_and_bounds_are_found_by_the_declaration(kind: str) -> None:
    for parameter in spec_class(kind).parameters:
        assert parameter.problem(True) is None or parameter.form is not Form.FLAG
        if parameter.form in (Form.INTEGER, Form.NUMBER, Form.SIZE):
            for wrong in (True, float("nan"), "3", 10**9):
                sentence = parameter.problem(wrong)
                assert sentence is not None, (parameter.name, wrong)
                assert parameter.label in sentence


@pytest.mark.parametrize(
    ("kind", "values", "parameter", "words"),
    [
        ("Convolution", {"filters": True}, "filters", "whole number"),
        ("Convolution", {"filters": 0}, "filters", "from 1"),
        ("Dropout", {"rate": 1.0}, "rate", "below 1"),
        ("SpatialDropout", {"rate": 1.0}, "rate", "below 1"),
        ("MaxPooling", {"strides": 0}, "strides", "from 1"),
        ("GaussianNoise", {"stddev": 1.5}, "stddev", "from 0 to 1"),
        ("Convolution", {"kernel_size": 0}, "kernel_size", "from 1"),
    ],
)
def test_silent_mistakes_are_errors_on_their_parameter(
    kind: str, values: dict[str, Any], parameter: str, words: str
) -> None:
    traced = laid(spec_class(kind)(**values), (12, 12, 4))
    assert words in complaint(traced)
    assert traced.diagnostics[-1].parameter == parameter


FITTED = [
    ("MaxPooling", {"pool_size": 20}, (12, 12, 4), "pool_size", "padding"),
    ("Convolution", {"padding": "valid", "kernel_size": 13}, (12, 12, 4), "kernel_size", "padding"),
    ("Convolution", {"padding": "valid", "kernel_size": 5, "dilation_rate": 4}, (12, 12, 4), "kernel_size", "padding"),
    ("Convolution", {"strides": 2, "dilation_rate": 2}, (12, 12, 4), "dilation_rate", "dilation_rate"),
    ("Convolution", {"groups": 3}, (12, 12, 4), "groups", "groups"),
    ("Convolution", {"groups": 4, "filters": 6}, (12, 12, 4), "filters", "filters"),
    ("Convolution", {"padding": "causal"}, (12, 12, 4), "padding", "padding"),
    ("Convolution", {"kernel_size": (3, 3, 3)}, (12, 12, 4), "kernel_size", "kernel_size"),
    ("Convolution", {"filters": 1, "activation": "softmax"}, (12, 12, 4), "activation", "activation"),
    ("Dense", {"units": 1, "activation": "softmax"}, (12,), "activation", "activation"),
    ("DepthwiseConvolution", {"strides": (1, 2)}, (12, 12, 4), "strides", "strides"),
    ("SeparableConvolution", {"strides": (1, 2)}, (12, 12, 4), "strides", "strides"),
    ("TransposedConvolution", {"output_padding": 2}, (12, 12, 4), "output_padding", "output_padding"),
    ("TransposedConvolution", {"output_padding": 0}, (12, 12, 4), "output_padding", "output_padding"),
    ("GroupNormalisation", {"groups": 8}, (12, 12, 4), "groups", "groups"),
    ("Upsampling", {"interpolation": "bilinear"}, (12, 4), "interpolation", "interpolation"),
    ("Cropping", {"cropping": 6}, (12, 12, 4), "cropping", "cropping"),
    ("Cropping", {"cropping": (1, 1, 1)}, (12, 12, 4), "cropping", "cropping"),
    ("Reshape", {"target_shape": (5, 5, 4)}, (12, 12, 4), "target_shape", "target_shape"),
    ("Reshape", {"target_shape": (-1, -1)}, (12, 12, 4), "target_shape", "target_shape"),
    ("Residual", {"strides": 2, "dilation_rate": 2}, (12, 12, 4), "dilation_rate", "dilation_rate"),
    ("ConvNormActivation", {"padding": "causal"}, (12, 12, 4), "padding", "padding"),
]


@pytest.mark.parametrize(("kind", "values", "shape", "parameter", "mended"), FITTED)
def test_refusals_name_the_parameter_and_their_fixes_work(
    kind: str, values: dict[str, Any], shape: tuple[int, ...], parameter: str, mended: str
) -> None:
    data = DataInfo(Task.CLASSIFICATION, shape, CLASSES)
    blocks = [Block(INPUT, Input(shape=shape)), Block("tried", spec_class(kind)(**values), (INPUT,))]
    architecture = Architecture.of(blocks)
    [diagnostic] = trace(architecture, data).blocks["tried"].diagnostics
    assert diagnostic.parameter == parameter
    assert diagnostic.message.endswith(".")
    assert diagnostic.fixes, diagnostic.message
    experiment = Experiment(name="t", architecture=architecture, data=DataRecipe(), training=TrainingRecipe())
    for fix in diagnostic.fixes:
        after = fix.edit()(experiment).architecture
        assert trace(after, data).blocks["tried"].output is not None, fix.label
    first = diagnostic.fixes[0].edit()(experiment).architecture.blocks["tried"].spec
    assert getattr(first, mended) != values.get(mended)


@pytest.mark.parametrize("kind", ["Add", "Average", "Maximum", "Multiply"])
def test_merges_never_stretch_silently(kind: str) -> None:
    spec = spec_class(kind)()
    assert "1 x 1 convolution" in complaint(laid(spec, (8, 8, 4), (8, 8, 1)))
    assert "4 x 8" in complaint(laid(spec, (8, 8, 4), (4, 8, 4)))
    assert "Flatten" in complaint(laid(spec, (8, 8, 4), (4,)))
    assert laid(spec, (8, 8, 4), (8, 8, 4), (8, 8, 4)).output is not None


def test_multiply_takes_a_gate_of_one_number_per_channel() -> None:
    output = laid(spec_class("Multiply")(), (8, 8, 4), (1, 1, 4)).output
    assert output is not None
    assert output.shape == (8, 8, 4)


def test_concatenate_joins_channels_and_wants_equal_sizes() -> None:
    output = laid(spec_class("Concatenate")(), (8, 8, 4), (8, 8, 3)).output
    assert output is not None
    assert output.shape == (8, 8, 7)
    assert "spatial sizes" in complaint(laid(spec_class("Concatenate")(), (8, 8, 4), (8, 7, 4)))


def test_dense_on_maps_warns_and_offers_flatten() -> None:
    traced = laid(Dense(), (8, 8, 4))
    [warning] = traced.diagnostics
    assert warning.severity is Severity.WARNING
    assert "each position" in warning.message
    assert traced.output is not None
    assert laid(Dense(), (1, 1, 4)).diagnostics == ()


def test_sizes_that_no_machine_holds_are_refused_with_numbers() -> None:
    huge = laid(Upsampling(size=255), (512, 512, 64))
    assert "2,147,483,647" in complaint(huge)
    wide = laid(Dense(units=1_000_000), (4096,))
    assert "GiB" in complaint(wide)


OUTPUTS = [
    (Task.CLASSIFICATION, (8, 8, 1), (20,), (3,)),
    (Task.SEGMENTATION, (8, 8, 1), (8, 8, 5), (8, 8, 3)),
    (Task.SEGMENTATION, (16, 2), (16, 5), (16, 3)),
    (Task.RECONSTRUCTION, (8, 8, 2), (8, 8, 5), (8, 8, 2)),
    (Task.RECONSTRUCTION, (20,), (5,), (20,)),
    (Task.DETECTION, (32, 48, 3), (8, 12, 5), (8, 12, 3 + 4)),
]


@pytest.mark.parametrize(("task", "sample", "comes_in", "goes_out"), OUTPUTS)
def test_output_fits_itself_to_the_task(
    task: Task, sample: tuple[int, ...], comes_in: tuple[int, ...], goes_out: tuple[int, ...]
) -> None:
    data = DataInfo(task, sample, () if task is Task.RECONSTRUCTION else CLASSES)
    output = laid(Output(), comes_in, data=data).output
    assert output is not None
    assert output.shape == goes_out


@pytest.mark.parametrize(
    ("task", "sample", "comes_in", "words"),
    [
        (Task.CLASSIFICATION, (8, 8, 1), (4, 4, 5), "needs a vector, but 4 x 4 x 5 comes in"),
        (Task.SEGMENTATION, (8, 8, 1), (4, 4, 5), "Upsampling or Transposed convolution"),
        (Task.SEGMENTATION, (8, 8, 1), (10, 10, 5), "Cropping"),
        (Task.SEGMENTATION, (8, 8, 1), (20,), "a vector of 20 values"),
        (Task.RECONSTRUCTION, (8, 8, 1), (7, 8, 5), "the input's size 8 x 8"),
        (Task.RECONSTRUCTION, (20,), (4, 5), "Flatten"),
        (Task.DETECTION, (8, 8, 1), (20,), "needs maps, whose cells tell what lies there, but a vector of 20 values"),
        (Task.DETECTION, (8, 8, 1), (20, 3), "but 20 x 3 comes in"),
        (Task.DETECTION, (64, 1), (16, 4), "Boxes are found in images, but a sample here is 64 x 1"),
    ],
)
def test_output_refuses_what_does_not_fit_the_task(
    task: Task, sample: tuple[int, ...], comes_in: tuple[int, ...], words: str
) -> None:
    data = DataInfo(task, sample, () if task is Task.RECONSTRUCTION else CLASSES)
    assert words in complaint(laid(Output(), comes_in, data=data))


def test_output_for_boxes_begins_with_few_of_them_and_has_an_activation_that_fits() -> None:
    data = DataInfo(Task.DETECTION, (32, 32, 3), ("only",))
    [step] = laid(Output(kernel_size=3), (8, 8, 4), data=data).steps
    assert (step.layer, step.config["activation"], step.config["padding"]) == ("Conv2D", "sigmoid", "same")
    assert step.config["bias_initializer"] == {"class_name": "Constant", "config": {"value": -2.0}}
    assert "bias_initializer" not in laid(Output(use_bias=False), (8, 8, 4), data=data).steps[0].config
    assert "set the activation to auto" in complaint(laid(Output(activation="softmax"), (8, 8, 4), data=data))
    none = DataInfo(Task.DETECTION, (32, 32, 3))
    assert "at least one class" in complaint(laid(Output(), (8, 8, 4), data=none))


@pytest.mark.parametrize(
    ("cells", "words"), [((3, 8), "only 3 x 8 cells come in"), ((64, 8), "more cells (64 x 8) than pixels (32 x 32)")]
)
def test_output_warns_of_cells_that_find_boxes_badly(cells: tuple[int, int], words: str) -> None:
    data = DataInfo(Task.DETECTION, (32, 32, 3), CLASSES)
    [warning] = laid(Output(), (*cells, 4), data=data).diagnostics
    assert warning.severity is Severity.WARNING
    assert words in warning.message
    assert laid(Output(), (8, 8, 4), data=data).diagnostics == ()


def test_output_needs_two_classes_and_softmax_two_channels() -> None:
    one = DataInfo(Task.CLASSIFICATION, (20,), ("only",))
    assert "at least 2 classes" in complaint(laid(Output(), (20,), data=one))
    grey = DataInfo(Task.RECONSTRUCTION, (8, 8, 1))
    assert "always 1" in complaint(laid(Output(activation="softmax"), (8, 8, 4), data=grey))


def test_fixes_of_output_put_a_block_before_it() -> None:
    shape = (8, 8, 4)
    data = DataInfo(Task.CLASSIFICATION, shape, CLASSES)
    conv = Block("conv", spec_class("Residual")(), (INPUT,))
    architecture = Architecture.of([Block(INPUT, Input(shape=shape)), conv, Block("output", Output(), ("conv",))])
    experiment = Experiment(name="t", architecture=architecture, data=DataRecipe(), training=TrainingRecipe())
    [diagnostic] = trace(architecture, data).blocks["output"].diagnostics
    kinds = []
    for fix in diagnostic.fixes:
        after = fix.edit()(experiment).architecture
        traced = trace(after, data)
        assert traced.blocks["output"].output is not None
        [added] = [b for b in after.blocks.values() if b.id not in architecture.blocks]
        assert added.inputs == ("conv",)
        kinds.append(added.spec.kind)
    assert kinds == ["GlobalAveragePooling", "Flatten"]
