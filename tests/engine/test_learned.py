"""What a run has learned, given to a network: to the bit what Keras itself would load, all of it or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.run_folder import LAST
from cnnstudio.core.formats.run_weights import RunWeights
from cnnstudio.engine.backend import keras
from cnnstudio.engine.learned import take_over
from cnnstudio.engine.looking.sketch import SketchError, Sketches
from cnnstudio.engine.running.control import RunError
from cnnstudio.engine.running.weights_writing import save_weights
from cnnstudio.engine.using.trained import open_run
from tests.engine.conftest import small
from tests.helpers.finished_runs import finished_run
from tests.helpers.keras_files import run_weights_bytes
from tests.helpers.weights import weights_of_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnstudio.engine.workbench import Workbench


def network(policy: str, chance: np.random.Generator) -> Any:
    """Layers whose weights Keras keeps in different ways, and some that draw at random, all with weights of chance."""
    layers = keras.layers
    made = (
        layers.Conv2D(3, 3, name="conv_1"),
        layers.BatchNormalization(name="norm_1"),
        layers.PReLU(name="prelu"),
        layers.GaussianNoise(0.1, name="noise"),
        layers.SeparableConv2D(4, 3, name="separable"),
        layers.BatchNormalization(name="norm_2", scale=False),
        layers.Dropout(0.5, name="dropout"),
        layers.Conv2DTranspose(2, 3, use_bias=False, name="transposed"),
        layers.Flatten(name="flat"),
        layers.Dense(5, name="dense"),
        layers.Dense(3, name="output"),
    )
    for layer in made[:-1]:
        layer.dtype_policy = policy
    start = end = keras.Input((8, 8, 2), name="input")
    for layer in made:
        end = layer(end)
    model = keras.Model(start, end)
    model.set_weights([chance.normal(size=w.shape).astype("float32") for w in model.weights])
    return model


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_weights_are_those_that_keras_would_load(policy: str, tmp_path: Path) -> None:
    (tmp_path / LAST).parent.mkdir()
    chance = np.random.default_rng(0)
    trained, own, keras_own = (network(policy, chance) for _ in range(3))
    trained.compile("adam", "mse")  # its numbers lie in the same file
    trained.optimizer.build(trained.trainable_variables)
    save_weights(trained, tmp_path / LAST)
    keras_own.load_weights(tmp_path / LAST)
    with RunWeights(tmp_path) as learned:
        assert take_over(own.layers, learned, whole=True) == []
    for mine, loaded, wanted in zip(own.weights, keras_own.weights, trained.weights, strict=True):
        values = [np.asarray(keras.ops.convert_to_numpy(w)) for w in (mine, loaded, wanted)]
        assert len({(v.dtype, v.shape, v.tobytes()) for v in values}) == 1, mine.path


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """What a run that has ended in `tmp_path` was trained with."""
    return finished_run(tmp_path, small())


def _without_output(arrays: dict[str, list[np.ndarray]]) -> str:
    del arrays["output"]
    return '{file} has no weights of the layer "output".'


def _of_another_shape(arrays: dict[str, list[np.ndarray]]) -> str:
    before = [" x ".join(map(str, array.shape)) for array in arrays["output"]]
    arrays["output"] = [array[..., :-1] for array in arrays["output"]]
    after = [" x ".join(map(str, array.shape)) for array in arrays["output"]]
    return f'In {{file}} the layer "output" has {", ".join(after)}, but it needs {", ".join(before)}.'


@pytest.mark.parametrize("change", [_without_output, _of_another_shape])
def test_weights_of_another_network_are_taken_whole_or_not_at_all(
    change: Callable[[dict[str, list[np.ndarray]]], str], bench: Workbench, tmp_path: Path
) -> None:
    arrays = {layer: [array + 1 for array in each] for layer, each in weights_of_run(tmp_path).items()}
    details = change(arrays).format(file=f'"{tmp_path / LAST}"')
    (tmp_path / LAST).write_bytes(run_weights_bytes(arrays))
    before = [weights.tobytes() for weights in bench.model.get_weights()]
    with pytest.raises(RunError) as told:
        open_run(tmp_path).give_weights(bench.model)
    assert told.value.message == f'The weights "{tmp_path / LAST}" do not fit the experiment beside them.'
    assert told.value.details == details
    assert [weights.tobytes() for weights in bench.model.get_weights()] == before
    sketch = Sketches().of(write_experiment(small()), str(tmp_path))  # shows what is there
    assert not sketch.trained
    np.testing.assert_array_equal(sketch.weights("convolution_1")[0], arrays["convolution_1"][0])
    np.testing.assert_array_equal(sketch.weights("output")[0], bench.model.get_layer("output").get_weights()[0])


def test_damage_is_told_alike_by_whoever_asks(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / LAST).write_bytes((tmp_path / LAST).read_bytes()[:3000])
    wanted = (
        f'"{tmp_path / LAST}" is damaged: its weights are no HDF5 file. Copy the run\'s folder once more from where it '
        "came, or train the run again."
    )
    with pytest.raises(RunError) as told:
        open_run(tmp_path).give_weights(bench.model)
    assert told.value.message == wanted
    assert "Traceback" in told.value.details
    with pytest.raises(SketchError) as asked:
        Sketches().of(write_experiment(small()), str(tmp_path))
    assert str(asked.value) == wanted
