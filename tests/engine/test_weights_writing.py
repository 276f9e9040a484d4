"""Weights files and checkpoints as they are written: what Keras would have written, whole, and without copies."""

from __future__ import annotations

import io
import os
import tracemalloc
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from cnnstudio.core.formats.storage import atomic_file
from cnnstudio.engine.backend import keras
from cnnstudio.engine.learning.states import VariablesState, are_finite
from cnnstudio.engine.running.resuming import Checkpoint, Position, read_checkpoint, write_checkpoint
from cnnstudio.engine.running.weights_writing import _Poured, save_weights
from tests.helpers.effort import times

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WIDTH, LAYERS = 400, 8
LARGEST = 4 * WIDTH * WIDTH
"""Bytes of the largest array."""


@pytest.fixture(scope="module")
def model() -> Any:
    """Dense layers, large enough that copies of their weights show."""
    layers = [keras.layers.Dense(WIDTH) for _ in range(LAYERS)]
    return keras.Sequential([keras.Input((WIDTH,)), *layers, keras.layers.BatchNormalization()])


def arrays_in(file: Any) -> dict[str, tuple[Any, ...]]:
    """All that an HDF5 file holds, by its place."""
    found: dict[str, tuple[Any, ...]] = {}

    def take(name: str, item: Any) -> None:
        values = (item.dtype, item.shape, item[()].tobytes()) if isinstance(item, h5py.Dataset) else ()
        found[name] = (sorted(item.attrs.items()), *values)

    file.visititems(take)
    return found


def stored(path: Path) -> dict[str, tuple[Any, ...]]:
    with h5py.File(path) as file:
        return arrays_in(file)


def test_a_weights_file_is_what_keras_writes(model: Any, tmp_path: Path) -> None:
    model.save_weights(tmp_path / "keras.weights.h5")
    save_weights(model, tmp_path / "ours.weights.h5")
    assert stored(tmp_path / "ours.weights.h5") == stored(tmp_path / "keras.weights.h5")
    own = model.get_weights()
    others = [values + 1 for values in own]
    save_weights(model, tmp_path / "others.weights.h5", others)
    for before, after in zip(own, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    model.load_weights(tmp_path / "others.weights.h5")
    for given, read in zip(others, model.get_weights(), strict=True):
        np.testing.assert_array_equal(given, read)


def most_taken(action: Callable[[], object]) -> int:
    """Bytes that Python and numpy held at once while it ran."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_is_written_is_never_there_twice(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "last.weights.h5"
    save_weights(model, path)  # modules are loaded and names are known now
    assert most_taken(lambda: save_weights(model, path)) < 2.5 * LARGEST
    checkpoint = Checkpoint(Position(), VariablesState(model.variables))
    assert most_taken(lambda: write_checkpoint(tmp_path, checkpoint)) < 0.5 * LARGEST
    assert most_taken(lambda: are_finite(model.weights)) < 0.6 * LARGEST
    kept = read_checkpoint(tmp_path)
    assert most_taken(lambda: [kept.learner[name].shape for name in kept.learner]) < 2.5 * LARGEST
    for name, values in VariablesState(model.variables).items():
        np.testing.assert_array_equal(kept.learner[name], values)


def test_arrays_of_a_checkpoint_stay_those_of_the_file_that_was_read(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, Checkpoint(Position(1), {"a": np.ones(3)}))
    kept = read_checkpoint(tmp_path)
    for number in (2, 3):
        write_checkpoint(tmp_path, Checkpoint(Position(number), {"a": np.zeros(3)}))
    np.testing.assert_array_equal(kept.learner["a"], np.ones(3))


def test_a_broken_number_is_found_wherever_it_is() -> None:
    variable = keras.Variable(np.zeros(600_000, "float32"))
    assert are_finite([variable])
    for place, value in ((0, np.nan), (300_000, np.inf), (599_999, -np.inf)):
        values = np.zeros(600_000, "float32")
        values[place] = value
        variable.assign(values)
        assert not are_finite([variable])


@pytest.mark.parametrize("seed", range(times(3)))
def test_hdf5_writes_through_it_as_into_memory(seed: int, tmp_path: Path) -> None:
    """Groups and arrays of all sizes, some deleted again, so that HDF5 uses their places for others, and read back."""
    told = []
    for in_memory in (False, True):
        drawn = np.random.default_rng(seed)
        held = io.BytesIO()
        with atomic_file(tmp_path / "file.h5") as file:
            poured = _Poured(file)
            with h5py.File(held if in_memory else poured, "w") as made:
                _write_anything(made, drawn)
            poured.finish()
        with h5py.File(held if in_memory else tmp_path / "file.h5") as made:
            told.append(arrays_in(made))
    assert told[0] == told[1]
    assert told[0]


def _write_anything(file: Any, drawn: np.random.Generator) -> None:
    names: list[str] = []
    for number in range(300):
        if names and drawn.random() < 0.3:
            del file[names.pop(int(drawn.integers(len(names))))]
        size = int(10 ** drawn.uniform(0, 5.7))
        name = f"group_{drawn.integers(20)}/array_{number}"
        file[name] = drawn.integers(0, 255, size, "uint8")
        file[name].attrs["name"] = "x" * int(drawn.integers(200))
        names.append(name)
        if drawn.random() < 0.1:
            file.flush()
            other = names[int(drawn.integers(len(names)))]
            file[other][:1] = file[other][-1:]


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX limit on the size of files")
def test_a_disk_that_is_full_anywhere_leaves_the_old_file(model: Any, tmp_path: Path) -> None:
    import resource

    path = tmp_path / "last.weights.h5"
    save_weights(model, path)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for share in (0.0, 0.001, 0.3, 0.99):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(share * len(before)), hard))
        try:
            with pytest.raises(OSError, match="File too large"):
                save_weights(model, path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert list(tmp_path.iterdir()) == [path]
        assert path.read_bytes() == before
