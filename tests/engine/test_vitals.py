"""What a timeline keeps of a network's weights, gradients and activations, against the same written out plainly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.formats.run_folder import LAST
from cnnstudio.core.formats.timeline import Timeline
from cnnstudio.core.formats.vitals import BINS, HISTOGRAMS, histogram_name, norm_name
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.build import build_keras, layer_names
from cnnstudio.engine.data import load
from cnnstudio.engine.looking.vitals import SAMPLES, histogram, told_weights
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.training import train
from cnnstudio.engine.tasks import kit_for
from tests.engine.conftest import small

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Experiment, Path]:
    folder = tmp_path_factory.mktemp("vitals") / "run"
    experiment = small(epochs=2)
    train(experiment, folder, lambda event: None, Control())
    return experiment, folder


def test_gradients_of_the_last_moment_are_those_of_a_plain_tape(ran: tuple[Experiment, Path]) -> None:
    experiment, folder = ran
    program = trace(experiment.architecture, experiment.data.info()).program()
    model = build_keras(program)
    model.load_weights(folder / LAST)
    inputs, targets = load(experiment.data).training.batch(slice(0, SAMPLES))
    loss = kit_for(experiment.data.info(), experiment.training).loss()
    with tensorflow.GradientTape() as tape:
        value = loss(targets, model(inputs, training=False))
    names = layer_names(program)
    step = next(s for s in program.steps if s.block == "convolution_1" and s.weights)
    weights = model.get_layer(names[step.name]).trainable_weights
    gradients = np.concatenate([np.ravel(g) for g in tape.gradient(value, [w.value for w in weights])])
    timeline = Timeline.open(folder)
    last = max(i for i in range(len(timeline.moments)) if norm_name("convolution_1") in timeline.names(i))
    assert timeline.moments[last].epoch == 2
    kept = timeline.array(last, norm_name("convolution_1"))
    assert kept[0] == pytest.approx(np.linalg.norm(gradients), rel=1e-3)
    kernel, bias = (np.ravel(keras.ops.convert_to_numpy(w)) for w in weights)
    assert kept[1] == pytest.approx(np.linalg.norm(np.concatenate([kernel, bias])), rel=1e-5)
    np.testing.assert_array_equal(timeline.array(last, histogram_name("weights", "convolution_1")), histogram(kernel))


def test_every_block_with_weights_has_its_histograms_from_the_start(ran: tuple[Experiment, Path]) -> None:
    _experiment, folder = ran
    timeline = Timeline.open(folder)
    assert timeline.moments[0].step == 0
    for what in HISTOGRAMS:
        counts = timeline.array(0, histogram_name(what, "convolution_1"))
        assert counts.shape == (2 + BINS,)
        assert counts[2:].sum() > 0


@pytest.mark.parametrize(
    ("layers", "names"),
    [
        (("Conv1D", "BatchNormalization"), ["kernel"]),
        (("SeparableConv1D", "GroupNormalization"), ["depthwise_kernel", "pointwise_kernel"]),
        (("Dense", "PReLU"), ["kernel"]),
        (("LayerNormalization",), ["gamma", "beta"]),
    ],
)
def test_histograms_are_of_kernels_alone_where_a_block_has_any(layers: tuple[str, ...], names: list[str]) -> None:
    """Scales about 1 would else be all that is seen of a block of convolution and normalisation."""
    given = {"Conv1D": (4, 3), "SeparableConv1D": (4, 3), "Dense": (4,), "GroupNormalization": (2,)}
    made = [getattr(keras.layers, name)(*given.get(name, ())) for name in layers]
    for layer in made:
        layer.build((None, 8, 4))
    weights = [weight for layer in made for weight in layer.trainable_weights]
    assert [weights[n].name for n in told_weights(weights)] == names


def test_a_histogram_leaves_out_what_is_no_number() -> None:
    found = histogram(np.array([np.nan, -1.0, 1.0, np.inf, 1.0], "float32"))
    assert (found[0], found[1], found[2], found[-1]) == (-1.0, 1.0, 1.0, 2.0)
    assert not histogram(np.array([np.nan], "float32")).any()
    assert histogram(np.full(5, 3.0, "float32"))[2:].sum() == 5


@pytest.mark.parametrize(
    "values",
    [(1.0, 1.0 + 1e-7), (0.0, 1e-44), (-3e38, 3e38), (5.0, 5.0), (1e30, 1.0000001e30), (3e38, 3e38), (0.0, 0.0)],
)
def test_a_range_that_a_float32_cannot_divide_is_counted_all_the_same(values: tuple[float, float]) -> None:
    found = histogram(np.array(values, "float32"))
    np.testing.assert_allclose(found[:2], np.array(values, "float32"))
    assert found[2:].sum() == 2
