"""`cnnstudio explain` as other programs call it: answers, pictures, and what it refuses."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from cnnstudio.cli import run
from cnnstudio.core.data.builtin import Digits, Waveforms
from cnnstudio.engine.using.explained_figure import explained_png
from tests.engine.conftest import chain, small
from tests.helpers.finished_runs import finished_run

if TYPE_CHECKING:
    from pathlib import Path


def said(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one call."""
    code = run([str(word) for word in argv])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of digits."""
    place = tmp_path_factory.mktemp("made") / "run"
    finished_run(place, small())
    return place


def test_an_answer_as_json_with_its_picture(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "why.png"
    words = ("explain", made, "--sample", "test:3", "--target", "7", "--out", out, "--json")
    code, told, err = said(capsys, *words)
    assert (code, err) == (0, "")
    found = json.loads(told)
    assert {**found, "numbers": {}} == {
        "run": str(made), "sample": "test:3", "method": "grad-cam", "block": "convolution_1", "class": "7",
        "numbers": {}, "shape": [8, 8], "written": str(out),
    }  # fmt: skip
    assert {"score", "share"} <= found["numbers"].keys()
    with Image.open(out) as image:
        assert (image.format, image.width > 600) == ("PNG", True)


def test_an_answer_in_words(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told, err = said(capsys, "explain", made, "--method", "occlusion", "--set", "patch=2", "--target", "4")
    assert (code, err) == (0, "")
    assert told.startswith("Occlusion, class 4: score ")
    assert told.endswith(", patches 49\n")
    code, told, _ = said(
        capsys, "explain", made, "--method", "activation-maximisation", "--block", "convolution_1", "--channel", "2",
        "--set", "steps=8", "--set", "rate=0.1",
    )  # fmt: skip
    assert code == 0
    assert told.startswith("What it looks for, convolution_1, channel 2: score ")


def test_a_file_is_prepared_as_the_samples_were(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sample of the data, saved and given as a file, is explained alike."""
    from cnnstudio.engine.data import load

    sample = load(small().data).parts["test"].batch(slice(0, 1))[0][0]
    np.save(tmp_path / "digit.npy", sample)
    of_data, of_file = (
        json.loads(said(capsys, "explain", made, *words, "--method", "integrated-gradients", "--json")[1])
        for words in (("--sample", "test:0"), (tmp_path / "digit.npy",))
    )
    assert of_file["sample"] == str(tmp_path / "digit.npy")
    assert of_file["numbers"] == pytest.approx(of_data["numbers"], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--method", "grad"), 2, 'There is no method "grad". Did you mean "grad-cam"?'),
        (("--sample", "tests:1"), 2, 'There is no part "tests" of the data. Did you mean "test"?'),
        (("--sample", "test"), 2, '--sample takes a part and a number, as in validation:0, not "test".'),
        (("--sample", "test:x"), 2, '--sample takes a part and a number, as in validation:0, not "test:x".'),
        (("some.png", "--sample", "test:1"), 2, "A file and --sample were given: name one of them."),
        (("--block", "convolution"), 2, 'There is no block "convolution" in the network. Did you mean "convolution_1"'),
        (("--target", "ten"), 2, 'There is no class "ten". Known: 0, 1, 2,'),
        (("--set", "patch=2"), 2, 'Grad-CAM has no setting "patch=2". It has none.'),
        (("--method", "occlusion", "--set", "patc=2"), 2, 'Occlusion has no setting "patc=2". Did you mean "patch"?'),
        (("--method", "occlusion", "--set", "patch=x"), 2, "Occlusion: Patch must be a whole number from 1 to 512"),
        (("--method", "activation-maximisation"), 2, "What it looks for is about a channel of a block: name it with"),
        (("--out", "why.jpg"), 2, 'The name of the picture ends in .png, but "why.jpg" does not.'),
        (("--sample", "test:99999"), 1, "The test part has samples 0 to"),
        (("--block", "flatten_1"), 1, 'The block "flatten_1" gives a vector, which has no places'),
        (("absent.png",), 1, '"absent.png" is not there'),
    ],
)
def test_what_is_refused(
    made: Path, words: tuple[str, ...], code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, out, err = said(capsys, "explain", made, *words)
    assert (found, out) == (code, "")
    assert err.startswith(f"cnnstudio: {sentence}")
    assert len(err.splitlines()) == 1


def test_nothing_is_written_over(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = tmp_path / "why.png"
    there.write_bytes(b"mine")
    code, _, err = said(capsys, "explain", made, "--out", there)
    assert (code, there.read_bytes()) == (2, b"mine")
    assert "is there already: name another file, so that nothing is lost." in err


def test_an_autoencoder_has_no_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "run"
    finished_run(place, chain(Digits(task="reconstruction"), ("convolution_1", "Convolution", {"filters": 2})))
    code, _, err = said(capsys, "explain", place, "--target", "1")
    assert (code, err) == (2, "cnnstudio: The network gives back samples, not classes: leave --target out.\n")
    code, told, _ = said(capsys, "explain", place, "--json")
    assert (code, json.loads(told)["class"]) == (0, None)


def test_a_signal_has_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    convolution = ("convolution_1", "Convolution", {"filters": 2})
    finished_run(tmp_path / "run", chain(Waveforms(count=40), convolution, ("gap", "GlobalAveragePooling", {})))
    out = tmp_path / "why.png"
    code, _, _ = said(capsys, "explain", tmp_path / "run", "--method", "integrated-gradients", "--out", out)
    assert code == 0
    with Image.open(out) as image:
        colours = np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)
    assert (colours[:, 0].astype(int) > colours[:, 2].astype(int) + 60).any()  # red for what speaks for the class
    assert (colours[:, 2].astype(int) > colours[:, 0].astype(int) + 60).any()  # blue for what speaks against it


@pytest.mark.parametrize(
    ("shape", "sample"),
    [((9,), False), ((9,), True), ((30, 2), True), ((6, 7, 1), False), ((6, 7, 3), True), ((5, 6, 7, 4), False)],
)
def test_samples_of_every_rank_have_a_figure(shape: tuple[int, ...], sample: bool) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=shape).astype("float32")
    picture = values if sample else rng.normal(size=shape[:-1] or shape).astype("float32")
    drawn = explained_png(picture, values, "A title", signed=True, sample=sample)
    with Image.open(io.BytesIO(drawn)) as image:
        colours = np.unique(np.asarray(image.convert("L")))
    assert image.format == "PNG"
    assert len(colours) > 20


def test_a_box_is_framed_and_where_nothing_counts_no_scale_is_invented() -> None:
    values = np.random.default_rng(1).random((8, 8, 3)).astype("float32")

    def drawn(picture: np.ndarray, box: tuple[float, ...] = ()) -> tuple[tuple[int, int], int]:
        png = explained_png(picture, values, "A title", signed=False, sample=False, box=box)
        with Image.open(io.BytesIO(png)) as image:
            pixels = np.asarray(image.convert("RGB")).astype(int)
        return pixels.shape[:2], int((np.ptp(pixels, axis=-1) > 40)[:, pixels.shape[1] // 2 + 40 :].sum())

    nothing, something = np.zeros((8, 8), "float32"), values.mean(axis=-1)
    assert drawn(nothing)[1] == 0  # grey alone: neither veil nor bar
    assert drawn(something)[1] > 0
    frame = (0.2, 0.2, 0.7, 0.6)
    plain, framed = (explained_png(something, values, "", signed=False, sample=False, box=b) for b in ((), frame))
    assert plain != framed
