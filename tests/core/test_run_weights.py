"""Weights of runs, maybe of others: read as Keras wrote them, and every fault one sentence that says what to do."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from cnnstudio.core.formats import run_weights
from cnnstudio.core.formats.faults import FileError
from cnnstudio.core.formats.run_folder import BEST, LAST
from cnnstudio.core.formats.run_weights import RunWeights
from tests.helpers.keras_files import learned, run_weights_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KERNEL = "layers/kind_1/vars/0"
"""The place of an array of "conv_1"."""
ADVICE = "Copy the run's folder once more from where it came, or train the run again."
ELSEWHERE = '"{name}" among its weights is a link to elsewhere, which is not followed.'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a run that has learned."""
    (tmp_path / LAST).parent.mkdir()
    (tmp_path / LAST).write_bytes(run_weights_bytes(learned()))
    return tmp_path


def read(folder: Path) -> dict[str, list[np.ndarray]]:
    """All that a run has learned."""
    with RunWeights(folder) as weights:
        return {layer: weights.read(layer) for layer in weights.shapes}


def refused(folder: Path) -> str:
    """What is said of it, without the file's name, which comes first, and the advice, which comes last."""
    with pytest.raises(FileError) as told:
        read(folder)
    sentence, name = str(told.value), f'"{folder / LAST}"'
    assert sentence.startswith(name)
    assert sentence.endswith(f" {ADVICE}")
    return sentence[len(name) : -len(ADVICE) - 1].lstrip(":").strip()


def test_arrays_come_by_layer_in_order(folder: Path) -> None:
    found, wanted = read(folder), learned()
    assert list(found) == list(wanted)
    for layer, arrays in wanted.items():
        assert [array.tobytes() for array in found[layer]] == [array.tobytes() for array in arrays]
    with RunWeights(folder) as weights:
        assert weights.shapes["conv_1"] == ((3, 3, 2, 4), (4,))
        assert weights.shapes["input"] == ()


def test_the_best_weights_lie_in_a_file_of_their_own(folder: Path) -> None:
    (folder / BEST).write_bytes(run_weights_bytes({"only": [np.array(3, "float32")]}))
    with RunWeights(folder, "best") as weights:
        assert weights.shapes == {"only": ((),)}
        assert weights.read("only") == [np.float32(3)]


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", ">f4", "int32", "bfloat16"])
def test_numbers_of_any_width_become_float32(kind: str, folder: Path) -> None:
    values = np.array([[0.5, -1.25], [3, 40]]) if not kind.startswith("int") else np.array([[1, -2], [3, 40]])
    with h5py.File(folder / LAST, "a") as root:
        del root[KERNEL]
        if kind == "bfloat16":  # the upper half of float32, as Keras keeps it
            halves = (values.astype("<f4").view("<u4") >> 16).astype("<u2")
            root[KERNEL] = halves.view("V2")
            root[KERNEL].attrs["dtype"] = kind
        else:
            root[KERNEL] = values.astype(kind)
    found = read(folder)["conv_1"][0]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values)


def test_what_does_not_fit_a_layer_is_told_before_anything_is_read(folder: Path) -> None:
    name = f'"{folder / LAST}"'
    with RunWeights(folder) as weights:
        assert weights.misfit("conv_1", [(3, 3, 2, 4), (4,)]) == ""
        assert weights.misfit("gone", [(4,)]) == f'{name} has no weights of the layer "gone".'
        for layer, wanted, words in (
            ("conv_1", [(3, 3, 2, 4)], "has 3 x 3 x 2 x 4, 4, but it needs 3 x 3 x 2 x 4."),
            ("conv_1", [(4,), (3, 3, 2, 4)], "has 3 x 3 x 2 x 4, 4, but it needs 4, 3 x 3 x 2 x 4."),
            ("input", [()], "has no weights, but it needs one number."),
        ):
            assert weights.misfit(layer, wanted) == f'In {name} the layer "{layer}" {words}'


# Files that are damaged, or made to do harm


def _soft(root: h5py.File, folder: Path) -> None:
    root[KERNEL] = h5py.SoftLink("/layers/kind_3/vars/0")


def _external(root: h5py.File, folder: Path) -> None:
    root[KERNEL] = h5py.ExternalLink(str(folder / "other.h5"), "/")


def _external_layer(root: h5py.File, folder: Path) -> None:
    root[KERNEL] = np.float32(3)
    root["layers/other"] = h5py.ExternalLink(str(folder / "other.h5"), "/")


def _external_array(root: h5py.File, folder: Path) -> None:
    (folder / "secret.bin").write_bytes(bytes(12))
    root["layers/kind_1/vars"].create_dataset("0", (3,), "f4", external=[(str(folder / "secret.bin"), 0, 12)])


def _virtual(root: h5py.File, folder: Path) -> None:
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "x", (3,))
    root["layers/kind_1/vars"].create_virtual_dataset("0", layout)


def _compressed_zeros(root: h5py.File, folder: Path) -> None:
    root.create_dataset(KERNEL, data=np.zeros((2000, 1000), "f4"), compression="gzip")


def _compressed(root: h5py.File, folder: Path) -> None:
    root.create_dataset(KERNEL, data=np.ones(100, "f4"), compression="gzip")


def _never_written(root: h5py.File, folder: Path) -> None:
    root.create_dataset(KERNEL, (1 << 20, 1 << 20), "f4")


def _again_and_again(root: h5py.File, folder: Path) -> None:
    root[KERNEL] = root["layers/kind_3/vars/0"]
    for number in range(2, 90):
        root[f"layers/kind_1/vars/{number}"] = root[KERNEL]


def _words(root: h5py.File, folder: Path) -> None:
    root[KERNEL] = "one, two, three"


def _letters(root: h5py.File, folder: Path) -> None:
    root[KERNEL] = np.array([b"one", b"two"])


def _nothing(root: h5py.File, folder: Path) -> None:
    root[KERNEL] = h5py.Empty("f4")


def _falsely_bfloat16(root: h5py.File, folder: Path) -> None:
    root[KERNEL] = np.zeros(4, "V4")
    root[KERNEL].attrs["dtype"] = "bfloat16"


def _a_group(root: h5py.File, folder: Path) -> None:
    root.create_group(KERNEL)


def _gone(root: h5py.File, folder: Path) -> None:
    """The kernel has been taken away already; what is left is number 1 of one."""


def _many_arrays(root: h5py.File, folder: Path) -> None:
    for number in range(2, 103):
        root[f"layers/kind_1/vars/{number}"] = np.float32(number)


def _namesake(root: h5py.File, folder: Path) -> None:
    root["layers/kind_2/vars"].attrs["name"] = "conv_1"
    root[KERNEL] = np.float32(3)


def _no_layers(root: h5py.File, folder: Path) -> None:
    del root["layers"]


IN_ANOTHER_FILE = 'the weights of "conv_1" lie in another file, which is not read.'
NO_NUMBERS = 'the weights of "conv_1" are no numbers.'
FAR_LARGER = 'the weights of "conv_1" are said to be far larger than what is stored.'
TOO_LARGE = "is said to have weights of more bytes than it has itself."
FAULTS: dict[Callable[[h5py.File, Path], None], str] = {
    _soft: ELSEWHERE.format(name="0"),
    _external: ELSEWHERE.format(name="0"),
    _external_layer: ELSEWHERE.format(name="other"),
    _external_array: IN_ANOTHER_FILE,
    _virtual: IN_ANOTHER_FILE,
    _compressed_zeros: FAR_LARGER,
    _never_written: FAR_LARGER,
    _again_and_again: TOO_LARGE,
    _compressed: 'the weights of "conv_1" are compressed or in pieces, as Keras leaves none.',
    _a_group: NO_NUMBERS,
    _words: NO_NUMBERS,
    _letters: NO_NUMBERS,
    _nothing: NO_NUMBERS,
    _falsely_bfloat16: NO_NUMBERS,
    _gone: 'lacks weights: there is no array 0 of "conv_1".',
    _many_arrays: 'has 102 arrays of "conv_1"; a layer has 100 at most.',
    _namesake: 'has two layers called "conv_1", so nobody can say which counts.',
    _no_layers: "has no weights of layers: Keras writes these otherwise.",
}


@pytest.mark.parametrize("make", FAULTS, ids=lambda make: make.__name__.strip("_"))
def test_each_fault_is_one_sentence(make: Callable[[h5py.File, Path], None], folder: Path) -> None:
    with h5py.File(folder / LAST, "a") as root:
        del root[KERNEL]
        make(root, folder)
    with h5py.File(folder / "other.h5", "w") as root:
        root["x"] = np.zeros(3, "f4")
    assert refused(folder) == FAULTS[make]


@pytest.mark.parametrize("data", [b"", b"no weights", run_weights_bytes(learned())[:9000]])
def test_what_is_no_whole_hdf5_file_is_told(data: bytes, folder: Path) -> None:
    (folder / LAST).write_bytes(data)
    assert refused(folder) == "is damaged: its weights are no HDF5 file."


def patch(folder: Path, old: bytes, new: bytes) -> None:
    """Put other bytes in the place of some that are there."""
    data = (folder / LAST).read_bytes()
    assert old in data
    (folder / LAST).write_bytes(data.replace(old, new))


UNNAMED = "is damaged: it does not say which layers it has weights of."


@pytest.mark.parametrize(
    ("number", "length"),
    [(0, 0), (0, 8), (1, 2**64 - 16), (1, 2**63), (2, 5000), (2, 4096)],
    ids=["no size at all", "less than its head", "back to where it began", "beyond all", "beyond the file", "too long"],
)
def test_a_heap_of_names_without_an_end_is_left_alone(number: int, length: int, folder: Path) -> None:
    """The library would never come back, or write past its memory."""
    patch(folder, struct.pack("<HH4xQ", 1, 0, 5) + b"input", struct.pack("<HH4xQ", number, 0, length) + b"input")
    assert refused(folder) == UNNAMED


def test_no_more_layers_are_looked_for_than_a_network_has(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_weights, "_MOST_LAYERS", 3)
    assert refused(folder) == "has 4 layers; the largest network has 3."


def test_a_layer_whose_name_is_no_text_is_none(folder: Path) -> None:
    with h5py.File(folder / LAST, "a") as root:
        for place, name in (("kind_1", 7), ("kind_2", np.zeros((500, 10)))):
            del root[f"layers/{place}/vars"].attrs["name"]
            root[f"layers/{place}/vars"].attrs["name"] = name
    assert list(read(folder)) == ["input", "output"]


def test_a_file_that_is_not_there_or_none_is_told(folder: Path) -> None:
    (folder / LAST).unlink()
    with pytest.raises(FileError) as told:
        read(folder)
    assert str(told.value) == f'The run in "{folder}" has no weights yet: let it train for an epoch at least.'
    (folder / LAST).mkdir()
    assert refused(folder) == "cannot be read: it is not a file."


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX pipes")
def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    (folder / LAST).unlink()
    os.mkfifo(folder / LAST)
    assert refused(folder) == "cannot be read: it is not a file."
