"""The network of a design that does not train, held against an independently built Keras model and against a run."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.builtin import Shapes
from cnnstudio.core.declare import from_plain
from cnnstudio.core.edits import BypassBlocks, SetParameters
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.formats.run_folder import LAST
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.build import build_keras, layer_names
from cnnstudio.engine.looking.pictures import picture, sample_picture, telling_channels
from cnnstudio.engine.looking.sketch import SketchError, Sketches
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.training import train
from cnnstudio.wire.messages import Sample
from tests.engine.conftest import chain, small
from tests.helpers.effort import LATER

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment

SAMPLE = Sample("validation", 3)


def edited(experiment: Experiment, edit: SetParameters | BypassBlocks) -> Experiment:
    return edit(experiment)


def dead_end(experiment: Experiment) -> Experiment:
    """With a convolution that leads nowhere, placed before those that lead to Output."""
    blocks = list(experiment.architecture.blocks.values())
    side = Block("side", from_plain(spec_class("Convolution"), {"filters": 3}, "side"), ("input",))
    return dataclasses.replace(experiment, architecture=Architecture.of([blocks[0], side, *blocks[1:]]))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a short run of `small`."""
    folder = tmp_path_factory.mktemp("runs") / "one"
    train(small(), folder, lambda event: None, Control())
    return folder


@pytest.mark.parametrize("name", ["lenet-5", pytest.param("u-net", marks=LATER), "signal-tcn"])
def test_an_untrained_sketch_is_the_network_that_a_run_starts_from(name: str) -> None:
    experiment = preset(name).experiment
    assert experiment is not None
    sketch = Sketches().of(write_experiment(experiment))
    inputs = sketch.sample(SAMPLE)
    program = sketch.trace.program()
    keras.utils.set_random_seed(experiment.training.seed)
    model = build_keras(program)
    names = layer_names(program)
    ends = {id: model.get_layer(names[step]).output for id, step in program.outputs.items() if step != "input"}
    expected = keras.Model(model.inputs, list(ends.values())).predict_on_batch(inputs)
    found = dict(sketch.values(inputs))
    np.testing.assert_array_equal(found.pop("input"), inputs[0])
    assert found.keys() == ends.keys()
    for id, values in zip(ends, expected, strict=True):
        np.testing.assert_allclose(found[id], values[0], rtol=1e-5, atol=1e-5, err_msg=id)
    assert not sketch.trained


def test_a_model_to_a_block_gives_what_the_sketch_gives() -> None:
    sketch = Sketches().of(write_experiment(small()))
    inputs = sketch.sample(SAMPLE)
    model = sketch.model_to("max_pooling_1")
    found = dict(sketch.values(inputs, ["max_pooling_1"]))
    assert list(found) == ["max_pooling_1"]
    np.testing.assert_allclose(np.asarray(model(inputs))[0], found["max_pooling_1"], rtol=1e-6)
    assert sketch.model_to("max_pooling_1") is model
    with pytest.raises(SketchError, match='"nothing" has no output'):
        sketch.model_to("nothing")


def test_the_same_design_is_the_same_object_and_an_edit_another() -> None:
    sketches, experiment = Sketches(), small()
    first = sketches.of(write_experiment(experiment))
    moved = dataclasses.replace(
        experiment, architecture=experiment.architecture.with_blocks(experiment.architecture.input.at(50.0, 60.0))
    )
    assert sketches.of(write_experiment(moved)) is first
    other = sketches.of(write_experiment(edited(experiment, SetParameters(id="convolution_1", values={"filters": 5}))))
    assert other is not first
    assert sketches.of(write_experiment(experiment)) is first
    sketches.clear()
    assert sketches.of(write_experiment(experiment)) is not first


def test_what_lies_before_an_error_and_beside_the_output_is_computed() -> None:
    broken = edited(dead_end(small()), SetParameters(id="max_pooling_1", values={"pool_size": 40}))
    sketch = Sketches().of(write_experiment(broken))
    found = dict(sketch.values(sketch.sample(SAMPLE)))
    assert set(found) == {"input", "convolution_1", "side"}
    whole = Sketches().of(write_experiment(small()))
    beside = Sketches().of(write_experiment(dead_end(small())))
    for sketch in (whole, beside):  # a dead end takes no random number from the blocks that lead to Output
        np.testing.assert_array_equal(
            dict(sketch.values(sketch.sample(SAMPLE)))["convolution_1"], found["convolution_1"]
        )
    assert set(beside.blocks) == {*whole.blocks, "side"}


def test_a_bypassed_block_shows_what_it_passes_on() -> None:
    bypassed = edited(small(), BypassBlocks(ids=("max_pooling_1",), bypassed=True))
    sketch = Sketches().of(write_experiment(bypassed))
    found = dict(sketch.values(sketch.sample(SAMPLE)))
    np.testing.assert_array_equal(found["max_pooling_1"], found["convolution_1"])


def test_learned_weights_come_by_name_where_they_fit(trained: Path) -> None:
    sketch = Sketches().of(write_experiment(small()), str(trained))
    model = build_keras(sketch.trace.program())
    model.load_weights(trained / LAST)
    inputs = sketch.sample(SAMPLE)
    expected = np.asarray(model.predict_on_batch(inputs))[0]
    np.testing.assert_allclose(dict(sketch.values(inputs))["output"], expected, rtol=1e-5, atol=1e-6)
    assert sketch.trained
    wider = edited(
        small(), BypassBlocks(ids=("max_pooling_1",), bypassed=True)
    )  # Output reads more values: its weights do not fit
    partly = Sketches().of(write_experiment(wider), str(trained))
    assert not partly.trained
    found = dict(partly.values(inputs, ["convolution_1"]))["convolution_1"]
    np.testing.assert_array_equal(found, dict(sketch.values(inputs))["convolution_1"])


def test_a_folder_without_weights_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(SketchError, match=f'run in "{tmp_path}" has no weights yet'):
        Sketches().of(write_experiment(small()), str(tmp_path))


@pytest.mark.skipif(tensorflow is None, reason="other backends go step by step")
def test_what_is_asked_often_is_compiled_and_says_the_same() -> None:
    """Somebody draws: the same blocks again and again. Nothing random is drawn, and dropout stays out of it."""
    sketches = Sketches()
    sketch = sketches.of(write_experiment(small()))
    wanted, state = {"input", "dropout_1", "output"}, random.getstate()
    inputs = [sketch.sample(Sample("validation", index)) for index in range(3)]
    assert not sketches.could_be_faster
    slow = [dict(sketch.values(each, wanted)) for each in inputs]
    assert sketches.could_be_faster
    sketches.get_faster()
    assert not sketches.could_be_faster
    sketch._layers = {}  # what would be gone through step by step
    for each, before in zip(inputs, slow, strict=True):
        found = dict(sketch.values(each, wanted))
        assert list(found) == list(before) == ["input", "dropout_1", "output"]
        for block, values in found.items():
            np.testing.assert_allclose(values, before[block], atol=1e-6)
    assert random.getstate() == state


def test_what_cannot_be_compiled_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnstudio.engine.looking.flow._MOST_AT_ONCE", 1)
    sketch = Sketches().of(write_experiment(small()))
    inputs = sketch.sample(SAMPLE)
    for _ in range(4):
        before = dict(sketch.values(inputs, {"convolution_1"}))
    sketch.get_faster()
    for _ in range(4):
        np.testing.assert_array_equal(
            dict(sketch.values(inputs, {"convolution_1"}))["convolution_1"], before["convolution_1"]
        )
    assert not sketch.could_be_faster


@pytest.mark.parametrize("wanted", [set(), {"input"}], ids=["nothing", "the sample"])
def test_what_takes_no_computing_is_not_compiled(wanted: set[str]) -> None:
    sketch = Sketches().of(write_experiment(small()))
    inputs = sketch.sample(SAMPLE)
    for _ in range(4):
        assert set(dict(sketch.values(inputs, wanted))) == wanted
    sketch.get_faster()
    assert not sketch.could_be_faster
    assert set(dict(sketch.values(inputs, wanted))) == wanted


def test_no_random_state_notices() -> None:
    keras.utils.set_random_seed(11)
    before = (random.getstate(), repr(np.random.get_state()))
    sketch = Sketches().of(write_experiment(small()))
    list(sketch.values(sketch.sample(SAMPLE)))
    assert (random.getstate(), repr(np.random.get_state())) == before
    following = float(tensorflow.random.uniform(()))
    keras.utils.set_random_seed(11)
    assert float(tensorflow.random.uniform(())) == following


@pytest.mark.parametrize(
    ("experiment", "why"),
    [
        (chain(Shapes(size=128), ("c1", "Convolution", {"filters": 4096, "kernel_size": 31})), "multiply-adds"),
        (chain(Shapes(size=128), ("u1", "Upsampling", {"size": 64}), ("u2", "Upsampling", {"size": 2})),
         "Shrink the maps earlier"),
    ],
)  # fmt: skip
def test_what_is_too_large_is_declined_with_the_numbers(experiment: Experiment, why: str) -> None:
    with pytest.raises(SketchError, match=f"No previews: .*{why}"):
        Sketches().of(write_experiment(experiment))


def test_samples_that_do_not_exist_or_do_not_fit_are_named() -> None:
    sketch = Sketches().of(write_experiment(small()))
    with pytest.raises(SketchError, match="has samples 0 to"):
        sketch.sample(Sample("validation", 100_000))
    with pytest.raises(SketchError, match='no part "vali"'):
        sketch.sample(Sample("vali", 0))
    other = edited(small(), SetParameters(id="input", values={"shape": (9, 9, 1)}))
    with pytest.raises(SketchError, match="The samples are 8 x 8 x 1, but Input is 9 x 9 x 1"):
        Sketches().of(write_experiment(other)).sample(SAMPLE)


def test_pictures_of_maps_are_the_maps_that_vary_most_each_on_its_own_scale() -> None:
    values = np.zeros((4, 4, 6), "float32")
    for channel, spread in enumerate([0.0, 5.0, 1.0, 4.0, 3.0, 0.5]):
        values[0, 0, channel] = spread
    assert telling_channels(values) == (1, 2, 3, 4)
    shown = picture(values, 44)
    assert shown.shape == (44, 44)
    for top in (0, 22):
        for left in (0, 22):
            tile = shown[top : top + 21, left : left + 21]
            assert (tile[:5, :5] == 255).all()
            assert (tile[6:, 6:] == 1).all()
    assert (shown[21] == 0).all()
    assert (shown[:, 21] == 0).all()
    assert telling_channels(values[..., :3]) == (1,)


def test_a_sample_is_itself_and_keeps_its_shape() -> None:
    wide = np.zeros((2, 4, 3), "float32")
    wide[0, 0] = (1.0, 1.0, 1.0)
    wide[1, 3] = (0.0, 1.0, 0.0)
    shown = sample_picture(wide, 16)
    assert (shown[:4] == 0).all()
    assert (shown[12:] == 0).all()
    assert (shown[4:8, :4] == 255).all()
    assert (shown[8:12, 12:] == round(0.587 * 254 + 1)).all()
    assert (shown[4:8, 4:] == 1).all()


def test_values_are_bars_from_a_zero_line() -> None:
    shown = picture(np.array([1.0, -1.0, 0.0, 0.5], "float32"), 41)
    up, down, none, half = shown[:, 3], shown[:, 14], shown[:, 24], shown[:, 34]
    assert set(np.flatnonzero(up)) == set(range(21))
    assert set(np.flatnonzero(down)) == set(range(20, 41))
    assert list(np.flatnonzero(none)) == [20]
    assert set(np.flatnonzero(half)) == set(range(10, 21))
    assert up.max() == 255
    assert down.max() == 128
    many = np.zeros(1000, "float32")
    many[777] = -3.0
    assert (picture(many, 40) == 128).any()  # the one that matters is not averaged away


def test_signals_are_lines_from_low_to_high() -> None:
    rising = np.linspace(0, 1, 500, dtype="float32")[:, np.newaxis]
    shown = picture(rising, 40).astype(int)
    weight = shown.sum(axis=0)
    assert (weight > 0).all()
    middle = (shown * np.arange(40)[:, np.newaxis]).sum(axis=0) / weight
    assert (np.diff(middle) < 0.2).all()
    assert middle[0] > 35
    assert middle[-1] < 5


@pytest.mark.parametrize("shape", [(1,), (700,), (3, 1), (1, 5), (1, 1, 9), (7, 1, 2), (60, 90, 5), (3, 4, 5, 6)])
@pytest.mark.parametrize("fill", [0.0, np.nan, np.inf])
def test_any_shape_and_any_number_has_a_picture(shape: tuple[int, ...], fill: float) -> None:
    shown = picture(np.full(shape, fill, "float32"), 44)
    assert shown.shape == (44, 44)
    assert shown.dtype == np.uint8
