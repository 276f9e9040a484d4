"""Generated code against Keras itself: the defaults it leaves out, the model it builds, the result it comes to."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.cli.experiments import load
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.code.keras_signatures import SIGNATURES
from cnnstudio.core.code.notebook import notebook
from cnnstudio.core.code.source import script, to_python
from cnnstudio.core.data.builtin import Digits, Noise, Shapes
from cnnstudio.core.edits import SetParameters
from cnnstudio.core.formats.presets import presets
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.training import train
from tests.engine.conftest import chain, segmenter
from tests.helpers.effort import LATER

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment

SHIPPED = [p.id for p in presets()]


def _one_number(value: Any) -> Any:
    """Keras's (2, 2) and ((1, 1), (1, 1)) as the table's 2 and 1."""
    parts = {_one_number(part) for part in value} if isinstance(value, tuple) else {value}
    return parts.pop() if len(parts) == 1 else value


@pytest.mark.parametrize("layer", SIGNATURES)
def test_the_table_of_defaults_is_that_of_keras(layer: str) -> None:
    parameters = inspect.signature(getattr(keras.layers, layer).__init__).parameters
    signature = SIGNATURES[layer]
    by_position = [name for name in parameters if name not in ("self", "kwargs")][: len(signature.positional)]
    assert tuple(by_position) == signature.positional
    in_keras = {name: parameters[name].default for name in signature.defaults}
    whole = layer.startswith("Cropping")
    assert {n: v if whole else _one_number(v) for n, v in in_keras.items()} == dict(signature.defaults)


def _weights(model: Any) -> list[tuple[str, tuple[int, ...]]]:
    """Layer, name and shape of every weight; a Sequential puts its own name before them."""
    return [("/".join(v.path.split("/")[-2:]), tuple(v.shape)) for v in model.weights]


@pytest.mark.parametrize("id", SHIPPED)
def test_the_code_builds_the_model_that_trains(id: str) -> None:
    experiment = load(id)
    program = trace(experiment.architecture, experiment.data.info()).program()
    namespace: dict[str, Any] = {}
    exec(to_python(program), namespace)
    keras.utils.set_random_seed(7)
    written = namespace["build_model"]()
    keras.utils.set_random_seed(7)
    built = build_keras(program)
    assert _weights(written) == _weights(built)
    inputs = np.random.default_rng(0).random((2, *program.input_shape), dtype="float32")
    ours, theirs = (keras.ops.convert_to_numpy(model(inputs)) for model in (written, built))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_the_notebook_comes_to_a_result(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its code cells run one after the other, as in Jupyter; no progress is enough, so it ends after two epochs."""
    shown: list[str] = []
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: shown.append("curves"))
    experiment = _small("lenet-5", 5)
    wanted: dict[str, Any] = {"schedule": "cosine", "early_stopping": True, "patience": 1, "min_delta": 100.0}
    experiment = dataclasses.replace(experiment, training=dataclasses.replace(experiment.training, **wanted))
    cells = json.loads(notebook(experiment))["cells"]
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec", dont_inherit=True), namespace)
    plt = namespace["plt"]
    try:
        assert shown == ["curves"]
        assert len(plt.gcf().axes[0].lines) == 2
    finally:
        plt.close("all")
    assert {len(values) for values in namespace["history"].values()} == {2}
    assert {"loss", "val_loss", "accuracy"} <= set(namespace["history"])
    assert f"test accuracy: {namespace['results']['accuracy']:.4f}" in capsys.readouterr().out


def _small(id: str, epochs: int) -> Experiment:
    """The preset with few epochs and, where data is drawn, few samples."""
    experiment = load(id)
    training = dataclasses.replace(experiment.training, epochs=epochs, seed=3)
    data = experiment.data
    if isinstance(data.source, Shapes):
        data = dataclasses.replace(data, source=dataclasses.replace(data.source, count=100))
    return dataclasses.replace(experiment, training=training, data=data)


def _tiny(task: str) -> Experiment:
    """A preset where the data matters, else a network that is built in no time."""
    if task == "classification":
        return _small("lenet-5", 1)
    if task == "segmentation":
        return segmenter()
    if task == "reconstruction":
        return chain(Digits(task="reconstruction"), ("convolution_1", "Convolution", {"filters": 4}), epochs=1)
    noise = Noise(task="multi-label", shape=(8, 8, 1), classes=4, count=80)
    return chain(noise, ("flatten_1", "Flatten", {}), epochs=1, batch_size=16)


SCHEDULED = {
    "epochs": 4, "optimizer": "adamw", "weight_decay": 0.01, "schedule": "cosine", "warmup_epochs": 0.5,
    "label_smoothing": 0.1, "clipping": "by norm", "clip_at": 0.5, "restore_best": True,
    "early_stopping": True, "patience": 1, "min_delta": 0.5,
}  # fmt: skip
"""Its third epoch does not bring so much progress, so it ends early."""
PRECISE = {
    "epochs": 3, "optimizer": "sgd", "learning_rate": 0.1, "nesterov": True, "schedule": "one-cycle",
    "precision": "bfloat16", "label_smoothing": 0.2,
}  # fmt: skip
LOWERED = {
    "epochs": 4, "schedule": "plateau", "decay": 0.1, "plateau_patience": 1, "monitor": "metric",
    "learning_rate": 0.3, "restore_best": True, "label_smoothing": 0.1,
}  # fmt: skip
WATCHED = {
    "epochs": 3, "schedule": "step", "decay_epochs": 1.0, "monitor": "metric", "early_stopping": True, "patience": 1,
    "min_delta": 100.0, "clipping": "by global norm",
}  # fmt: skip


@pytest.mark.parametrize(
    ("task", "end", "training"),
    [
        ("classification", "auto", {"epochs": 2}),
        pytest.param("classification", "linear", {"loss": "focal", "class_weights": True}, marks=LATER),
        ("reconstruction", "auto", {"loss": "ssim"}),
        ("segmentation", "auto", {"loss": "cross-entropy + dice", "class_weights": True}),
        pytest.param("multi-label", "auto", {}, marks=LATER),
        pytest.param("multi-label", "linear", {"loss": "focal", "class_weights": True}, marks=LATER),
        pytest.param("multi-label", "auto", SCHEDULED, marks=LATER),
        pytest.param("segmentation", "auto", PRECISE, marks=LATER),
        pytest.param("segmentation", "auto", LOWERED, marks=LATER),
        pytest.param("reconstruction", "auto", WATCHED, marks=LATER),
    ],
)
def test_the_script_comes_to_the_same_result(
    task: str, end: str, training: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = SetParameters(id="output", values={"activation": end})(_tiny(task))
    experiment = dataclasses.replace(experiment, training=dataclasses.replace(experiment.training, **training))
    namespace: dict[str, Any] = {"__name__": "script"}
    exec(compile(script(experiment), "script.py", "exec", dont_inherit=True), namespace)
    try:
        namespace["main"]()
    finally:
        keras.config.set_dtype_policy("float32")  # a script that computes in fewer bits says so to Keras as a whole
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("test ")]
    told = {words[1].rstrip(":"): float(words[2]) for words in lines}
    ended = train(experiment, tmp_path / "run", lambda event: None, Control())
    assert set(told) == set(ended.test)
    assert told == pytest.approx(ended.test, abs=0.02, rel=0.02)
