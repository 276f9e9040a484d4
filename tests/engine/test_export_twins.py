"""What LiteRT, ONNX and OpenVINO have no word for is rewritten exactly, or refused by the block's name."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest

from cnnstudio.core.data.builtin import Digits, Noise
from cnnstudio.core.exporting import FORMATS, Wish
from cnnstudio.core.formats.sidecar import read_sidecar
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.exporting import foreign, litert_file, onnx_file
from cnnstudio.engine.exporting.desk import export
from cnnstudio.engine.exporting.errors import ExportError
from cnnstudio.engine.exporting.material import of_experiment
from cnnstudio.engine.exporting.quiet import quietly
from cnnstudio.engine.exporting.stages import finished
from tests.engine.conftest import chain, small

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.exporting import Quantisation
    from cnnstudio.engine.exporting.material import Material
    from cnnstudio.engine.exporting.stages import Export

NOISE = {2: Noise(shape=(6, 6, 4), count=20), 3: Noise(shape=(4, 6, 5, 4), count=20)}
TRICKY: dict[str, tuple[int, tuple[tuple[str, str, dict[str, Any]], ...], tuple[str, ...]]] = {
    "onnx": (
        2,
        (
            ("grouped", "Convolution", {"filters": 4, "groups": 2, "activation": "gelu"}),
            ("pyramid", "DilatedPyramid", {"normalisation": "layer"}),
            ("bent", "Activation", {"function": "celu"}),
            ("drop", "Dropout", {}),
            ("exact", "Dense", {"units": 4, "activation": "gelu"}),
            ("narrow", "TransposedConvolution", {"filters": 2, "kernel_size": 1, "strides": 2}),
        ),
        ("grouped", "pyramid", "bent", "exact", "narrow"),
    ),
    "openvino": (2, (("grouped", "Convolution", {"filters": 4, "groups": 2, "dilation_rate": 2}),), ("grouped",)),
    "litert": (
        3,
        (
            ("largest", "MaxPooling", {"padding": "same", "pool_size": (2, 3, 2), "strides": (1, 2, 1)}),
            ("mean", "AveragePooling", {"padding": "same", "pool_size": 3, "strides": 1}),
            ("dilated", "Convolution", {"filters": 4, "dilation_rate": 2}),
            ("grouped", "Convolution", {"filters": 4, "groups": 2, "dilation_rate": (1, 2, 1)}),
        ),
        ("largest", "mean", "dilated", "grouped"),
    ),
}
"""Form -> rank, blocks, and those of them that are rewritten."""


def untrained(rank: int, *blocks: tuple[str, str, dict[str, Any]]) -> Material:
    made = of_experiment(chain(NOISE[rank], *blocks, ("flat", "Flatten", {})))
    rng = np.random.default_rng(1)
    made.model.set_weights([w + rng.normal(0, 0.1, w.shape) for w in made.model.get_weights()])
    return made


def written(material: Material, place: Path, form: str, quantise: Quantisation = "none") -> Export:
    wish = Wish(form, place / f"net{FORMATS[form].endings[0]}", quantise, example=False)
    return finished(export(wish, lambda: material))


@pytest.mark.parametrize("form", TRICKY)
def test_blocks_that_a_form_has_no_word_for_are_rewritten_exactly(
    form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rank, blocks, rewritten = TRICKY[form]
    policy = keras.config.dtype_policy().name
    done = written(untrained(rank, *blocks), tmp_path, form)
    assert done.compared is not None
    assert done.compared.max_abs_difference < 1e-5
    told = [note.partition(":")[0] for note in done.notes if ":" in note]
    assert told == list(rewritten)
    assert sum("gelu is written as other operations" in note for note in done.notes) == 2 * (form == "onnx")
    assert capfd.readouterr() == ("", "")
    assert tensorflow.executing_eagerly()
    assert keras.config.dtype_policy().name == policy
    assert "openvino_telemetry" not in sys.modules
    assert set(tmp_path.iterdir()) == {done.path, *done.files}


def test_what_cannot_be_expressed_is_refused_by_the_blocks_name_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(onnx_file, "RULES", {})
    (tmp_path / "net.onnx").write_bytes(b"the one before")
    blocks = (("first", "Convolution", {"filters": 4}), ("second", "Convolution", {"filters": 4, "groups": 2}))
    with pytest.raises(ExportError, match=r'ONNX cannot express the block "second" \(its layer Conv2D\)') as caught:
        written(untrained(2, *blocks), tmp_path, "onnx")
    assert "choose Keras or SavedModel, or put another block in its place." in str(caught.value)
    assert "StatefulPartitionedCall" in caught.value.details
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"net.onnx": b"the one before"}
    assert capfd.readouterr() == ("", "")


def test_a_file_that_answers_otherwise_than_the_network_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one of a converter that means something else by an operation."""
    real = onnx_file._opened

    def opened(path: Path) -> Any:
        ask = real(path)
        return lambda samples: ask(samples) + 0.1

    monkeypatch.setattr(onnx_file, "_opened", opened)
    with pytest.raises(ExportError, match='"flat"') as caught:
        written(untrained(2), tmp_path, "onnx")
    assert "off by 0.1" in caught.value.details
    assert not list(tmp_path.iterdir())


def test_of_a_network_that_went_astray_no_block_is_blamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(twin: Any, path: Path) -> None:
        raise ValueError("not a number")

    material = untrained(2)
    material.model.set_weights([np.full(w.shape, np.nan) for w in material.model.get_weights()])
    done = written(material, tmp_path, "litert")
    assert done.notes[-1].startswith("For 3 of 3 samples the network itself answers with values that are not finite")
    monkeypatch.setattr(litert_file, "_plain", refused)
    with pytest.raises(ExportError, match=r"cannot express this network, as the network itself answers"):
        written(material, tmp_path / "new", "litert")


def test_onnx_takes_any_number_of_samples_and_tells_of_itself(tmp_path: Path) -> None:
    material = untrained(2)
    session = onnxruntime.InferenceSession(written(material, tmp_path, "onnx").path)
    (source,), (result,) = session.get_inputs(), session.get_outputs()
    assert (source.name, source.shape, result.name) == ("input", ["batch", 6, 6, 4], "output")
    samples = next(iter(material.samples())).raw[:3]
    together = session.run(None, {"input": samples})[0]
    alone = np.concatenate([session.run(None, {"input": sample[None]})[0] for sample in samples])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    about = session.get_modelmeta().custom_metadata_map[onnx_file.ABOUT]
    assert read_sidecar(about.encode(), "the metadata").classes == material.data.info.class_names


@pytest.fixture(scope="module")
def wide() -> Material:
    """Enough weights for LiteRT to quantise them."""
    blocks: tuple[tuple[str, str, dict[str, Any]], ...]
    blocks = (("convolution", "Convolution", {"filters": 64}), ("pool", "MaxPooling", {}), ("flat", "Flatten", {}))
    return of_experiment(chain(Digits(), *blocks))


@pytest.mark.parametrize(
    ("quantise", "share", "off"), [("float16", 0.6, 1e-3), ("dynamic", 0.4, 2e-2), ("int8", 0.4, 5e-2)]
)
def test_quantised_forms_are_smaller_and_measured(
    wide: Material, tmp_path: Path, quantise: Quantisation, share: float, off: float
) -> None:
    done = written(wide, tmp_path, "litert", quantise)
    assert done.bytes < share * done.bytes_before
    assert done.compared is not None
    assert 0 < done.compared.max_abs_difference < off
    assert done.metric == "accuracy"
    assert done.quality_before is not None
    assert done.quality_after is not None
    assert abs(done.quality_after - done.quality_before) < 0.05
    assert ("256 samples of the training part" in done.notes[-1]) == (quantise == "int8")


def test_where_nothing_can_be_quantised_it_is_said(tmp_path: Path) -> None:
    done = written(of_experiment(small()), tmp_path, "litert", "dynamic")
    assert done.bytes == done.bytes_before
    assert "as large as without" in done.notes[-1]


def test_other_libraries_below_keras_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "tensorflow", None)
    monkeypatch.setattr(foreign, "backend", "jax")
    with pytest.raises(ExportError, match="Keras computes with jax here: start the program without KERAS_BACKEND"):
        foreign.check_backend("ONNX")


def test_what_is_printed_within_is_kept_and_what_comes_after_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    with quietly() as heard:
        sys.stdout.write("by Python\n")
        os.write(2, b"by a library\n")
    os.write(2, b"after\n")
    assert "by Python" in heard.text
    assert "by a library" in heard.text
    assert capfd.readouterr() == ("", "after\n")
