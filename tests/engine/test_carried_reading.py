"""What programs beside exports carry along, against the engine and TensorFlow: files read alike, boxes chosen alike."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnnstudio.core.code import reading
from cnnstudio.core.code.boxes import suppressed
from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.using.new_samples import read_samples
from tests.helpers.effort import times

if TYPE_CHECKING:
    from pathlib import Path


@given(seed=st.integers(0, 2**32 - 1), cells=st.integers(1, 40), classes=st.integers(1, 4), most=st.integers(1, 12))
@settings(max_examples=times(40))
def test_boxes_are_chosen_as_tensorflow_chooses_them(seed: int, cells: int, classes: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0.0, 0.7, (2, cells, 1, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(0.05, 0.3, corners.shape)], axis=-1).astype("float32")
    order = rng.permutation(2 * cells * classes).reshape(2, cells, classes)
    shares = ((order + 1) / (order.size + 1)).astype("float32")  # none are equal: libraries order those as they like
    given: dict[str, Any] = {"max_output_size_per_class": most, "max_total_size": 2 * most, "iou_threshold": 0.6}
    ours = suppressed(boxes, shares, **given, score_threshold=0.3)
    theirs = tensorflow.image.combined_non_max_suppression(boxes, shares, **given, score_threshold=0.3)
    for mine, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, np.asarray(wanted), atol=1e-6)
    assert (ours[3] > 0).any() or shares.max() <= 0.3


PICTURES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16", "F", "I")


@pytest.mark.parametrize("mode", PICTURES)
def test_pictures_are_read_as_the_engine_reads_them(mode: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    picture = Image.fromarray(rng.integers(0, 256, (12, 9, 4), dtype="uint8"), "RGBA")
    if mode in ("I;16", "I"):
        picture = Image.fromarray(rng.integers(0, 65536, (12, 9)).astype("uint16" if mode == "I;16" else "int32"))
    else:
        picture = picture.convert("RGB" if mode in ("CMYK", "F") else "RGBA").convert(mode)
    path = tmp_path / ("picture.tif" if mode in ("CMYK", "F", "I", "I;16", "PA") else "picture.png")
    if mode == "PA":
        picture, path = picture.convert("RGBA").quantize(16), path.with_suffix(".gif")
    exif = picture.getexif()
    exif[0x0112] = 6
    turned: dict[str, Any] = {"exif": exif} if path.suffix == ".png" else {}
    picture.save(path, **turned)
    (ours,) = reading.read_image(str(path), (8, 8, 3))
    (theirs,) = read_samples(path, (8, 8, 3))
    assert ours.dtype == theirs.values.dtype
    np.testing.assert_array_equal(ours, theirs.values)


def test_deep_grey_keeps_its_bits_whatever_the_file(tmp_path: Path) -> None:
    values = np.arange(0, 65536, 1024, dtype="uint16").reshape(8, 8)
    (tmp_path / "deep.pgm").write_bytes(b"P5 8 8 65535\n" + values.astype(">u2").tobytes())
    (ours,) = reading.read_image(str(tmp_path / "deep.pgm"), (8, 8, 1))
    (theirs,) = read_samples(tmp_path / "deep.pgm", (8, 8, 1))
    for read in (ours, theirs.values):
        assert read.dtype == np.uint16
        np.testing.assert_array_equal(read[..., 0], values)


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("channels", [1, 2])
def test_sounds_are_read_as_the_engine_reads_them(bits: int, channels: int, tmp_path: Path) -> None:
    data = np.random.default_rng(bits).integers(0, 256, 50 * channels * bits // 8, dtype="uint8").tobytes()
    with wave.open(str(tmp_path / "sound.wav"), "wb") as sound:
        sound.setparams((channels, bits // 8, 8000, 50, "NONE", ""))
        sound.writeframes(data)
    for shape in ((50, 1), (50, channels)):
        (ours,) = reading.read_signal(str(tmp_path / "sound.wav"), shape)
        (theirs,) = read_samples(tmp_path / "sound.wav", shape)
        assert ours.dtype == theirs.values.dtype == np.float32
        np.testing.assert_array_equal(ours, theirs.values)


@pytest.mark.parametrize(
    "text",
    [
        "0.5,1\n-2e3,4\n",
        "time,volts\n0.5,1\n-2e3,4\n",
        "1\n2\n3\n",
        "a;b\r\n1;2\r\n3;4\r\n",
        "1\t2\n3\t4",
        "\ufeffa,b\n1,2\n",
    ],
    ids=["plain", "named", "one channel", "semicolons", "tabs", "byte order mark"],
)
def test_tables_are_read_as_the_engine_reads_them(text: str, tmp_path: Path) -> None:
    path = tmp_path / "signal.csv"
    path.write_bytes(text.encode())
    (ours,) = reading.read_signal(str(path), (8, 2))
    (theirs,) = read_samples(path, (8, 2))
    np.testing.assert_array_equal(ours, theirs.values)


@pytest.mark.parametrize("shape", [(5, 8, 8, 3), (8, 8, 3), (8, 8), (8, 8, 1), (4, 8, 8)])
@pytest.mark.parametrize("wanted", [(8, 8, 1), (8, 8, 3), (8, 3), (4, 4, 4, 1), (3,)])
def test_arrays_are_read_as_the_engine_reads_them(
    shape: tuple[int, ...], wanted: tuple[int, ...], tmp_path: Path
) -> None:
    np.save(tmp_path / "some.npy", np.random.default_rng(1).random(shape))
    try:
        theirs = [sample.values for sample in read_samples(tmp_path / "some.npy", wanted)]
    except ValueError:
        with pytest.raises(ValueError, match="its shape is"):
            reading.read_arrays(str(tmp_path / "some.npy"), wanted)
        return
    ours = reading.read_arrays(str(tmp_path / "some.npy"), wanted)
    assert len(ours) == len(theirs)
    for mine, read in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, read)
