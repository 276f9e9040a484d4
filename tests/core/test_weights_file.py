"""Weights files and the store: the format byte for byte, every kind of damage, and files that travel."""

from __future__ import annotations

import dataclasses
import json
import os
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.edits import DuplicateBlocks, RenameBlock, SetParameters, StartFresh
from cnnstudio.core.formats import storage, weights_store
from cnnstudio.core.formats.files import load_experiment, read_experiment, save_experiment, write_experiment
from cnnstudio.core.formats.parts import part_folder
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.formats.storage import link_atomic
from cnnstudio.core.formats.strict_json import FileError
from cnnstudio.core.formats.weights_file import WeightsFile, keep_weights, write_weights
from cnnstudio.core.formats.weights_store import WeightsError, adopt, beside, find, keep, place_of
from cnnstudio.core.initial_weights import start_of, with_weights

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.program import Program

GOLDEN = (
    b'{"a/bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
    b'"a/kernel":{"dtype":"F16","shape":[1,2],"data_offsets":[8,12]}}'
)
ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "a/kernel": np.array([[1.5, np.nan]], np.float16),
    "a/bias": np.array([1.0, -np.inf], np.float32),
}


def raw(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(start: int, end: int, dtype: str = "F32", shape: object = (1,)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_a_file_is_byte_for_byte_what_the_format_says(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    write_weights(dict(reversed(ARRAYS.items())), path)
    header = GOLDEN + b" " * (-len(GOLDEN) % 8)
    values = struct.pack("<ff", 1.0, -np.inf) + struct.pack("<ee", 1.5, np.nan)
    assert path.read_bytes() == struct.pack("<Q", len(header)) + header + values
    file = WeightsFile(path)
    assert file.shapes == {"a/bias": (2,), "a/kernel": (1, 2)}
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(file.read(name), array)
        assert file.read(name).dtype == array.dtype


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8),
        st.tuples(
            st.sampled_from(["<f2", "<f4", "<f8", ">f4"]), st.lists(st.integers(0, 4), max_size=4), st.booleans()
        ),
        max_size=5,
    )
)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, kinds: dict[str, Any]) -> None:
    """However the array lies in memory: transposed ones have their values in another order than they say."""
    arrays = {
        name: (array.T if turned else array)
        for name, (dtype, shape, turned) in kinds.items()
        if name != "__metadata__"
        for array in [np.asarray(np.arange(np.prod(shape, dtype=int)).reshape(shape) / 7, dtype)]
    }
    path = tmp_path_factory.mktemp("w") / "w.safetensors"
    write_weights(arrays, path)
    file = WeightsFile(path)
    assert file.shapes == {name: array.shape for name, array in arrays.items()}
    for name, array in arrays.items():
        np.testing.assert_array_equal(file.read(name), array)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "header too small"),
        (b"{}", "header too small"),
        (struct.pack("<Q", 1 << 40), "header too large"),
        (struct.pack("<Q", 100) + b"{}", "invalid header length"),
        (raw(b"{not json"), "key must be a string"),
        (raw(b'{"a":NaN}'), "expected value"),
        (raw(b"[" * 100_000), "invalid type"),
        (raw([]), "invalid type: sequence"),
        (raw({"a": {"dtype": "F32"}}), "missing field \"shape\""),
        (raw({"a": entry(0, 2, "BF16")}, bytes(2)), "of type BF16; the studio reads F16, F32, F64"),
        (raw({"a": entry(0, 4, "I32")}, bytes(4)), "of type I32"),
        (raw({"a": entry(0, 4, "code")}, bytes(4)), "unknown variant"),
        (raw({"a": entry(0, 4, shape=[-1])}, bytes(4)), "invalid value: integer \"-1\""),
        (raw({"a": entry(0, 4, shape=[True])}, bytes(4)), "invalid type: boolean"),
        (raw({"a": {**entry(0, 4), "data_offsets": [0]}}, bytes(4)), "invalid length 1"),
        (raw({"a": {**entry(0, 4), "data_offsets": [-4, 0]}}, bytes(4)), "invalid value: integer \"-4\""),
        (raw({"a": entry(0, 4, shape=[1 << 40, 1 << 40])}, bytes(4)), "overflow"),
        (raw({"a": entry(0, 4, shape=[2])}, bytes(4)), "invalid"),
        (raw({"a": entry(0, 4), "b": entry(2, 6)}, bytes(6)), "invalid offset for tensor \"b\""),
        (raw({"a": entry(0, 4), "b": entry(0, 4)}, bytes(4)), "invalid offset"),
        (raw({"a": entry(0, 4), "b": entry(8, 12)}, bytes(12)), "invalid offset"),
        (raw({"a": entry(0, 4)}, bytes(3)), "not fully covered"),
        (raw({"a": entry(0, 4)}, bytes(5)), "not fully covered"),
        (raw({"a\n\u202e\x1b[31m": entry(2, 6)}, bytes(6)), "invalid offset"),
    ],
)  # fmt: skip
def test_damage_is_one_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=words) as caught:
        WeightsFile(path)
    assert "w.safetensors" in str(caught.value)
    assert str(caught.value).endswith(".")
    assert str(caught.value).isprintable()


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    write_weights(ARRAYS, path)
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(WeightsError):
            WeightsFile(path)


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere.safetensors"):
        with pytest.raises(WeightsError, match=rf"{place} is not a file"):
            WeightsFile(place)


def test_other_types_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match='"a/kernel" are int32; a weights file holds float16 to float64'):
        write_weights({"a/kernel": np.zeros(2, np.int32)}, tmp_path / "w.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_what_the_system_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        write_weights(ARRAYS, tmp_path / "nowhere" / "w.safetensors")
    assert caught.value.strerror == "No such file or directory"


def kept() -> str:
    return keep_weights(ARRAYS)


def test_the_store_names_files_by_their_bytes(home: Path) -> None:
    heard: list[int] = []
    fingerprint = keep_weights(ARRAYS, heard.append)
    assert fingerprint == kept()
    assert find(fingerprint) == home / "weights" / f"{fingerprint}.safetensors"
    assert heard[-1] == find(fingerprint).stat().st_size
    assert weights_store.kept() == (1, heard[-1])
    assert [p.name for p in (home / "weights").iterdir()] == [f"{fingerprint}.safetensors"]


def test_a_full_disk_leaves_the_store_as_it_was(home: Path) -> None:
    def filling(path: Path) -> None:
        path.with_name(".half").write_bytes(b"some")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        keep(filling)
    assert list((home / "weights").iterdir()) == []


def test_what_broke_off_is_swept_away_and_what_another_writes_stays(home: Path) -> None:
    (home / "weights").mkdir(parents=True)
    left, foreign = home / "weights" / ".fresh.a1b2c3d4.part", home / "weights" / ".fresh.notes.part"
    for part in (left, foreign):
        part.mkdir()
        (part / "half").write_bytes(b"half")
    with part_folder(home / "weights", ".fresh.", ".part") as held:
        (held / "half").write_bytes(b"half")
        kept()
        assert (left.exists(), foreign.exists(), (held / "half").exists()) == (False, True, True)
    assert not held.exists()


def test_a_damaged_kept_file_is_named_and_makes_room_for_a_good_one(tmp_path: Path) -> None:
    fingerprint = kept()
    place, file = place_of(fingerprint), tmp_path / "net.json"
    beside(file).write_bytes(place.read_bytes())
    damaged = bytearray(place.read_bytes())
    damaged[-1] ^= 1
    place.write_bytes(damaged)
    with pytest.raises(WeightsError, match="are damaged: open the experiment from a folder"):
        find(fingerprint)
    with pytest.raises(WeightsError, match="are not on this computer"):
        find(fingerprint)
    assert adopt(fingerprint, file) == ""
    assert find(fingerprint).read_bytes() == beside(file).read_bytes()


def start() -> tuple[Experiment, Program]:
    """LeNet starting from a file with weights for all its blocks."""
    chosen = preset("lenet-5").experiment
    assert chosen is not None
    program = trace(chosen.architecture, chosen.data.info()).program()
    arrays = {f"{s.name}/{w.name}": np.full(w.shape, 0.5, np.float32) for s in program.steps for w in s.weights}
    return with_weights(chosen, keep_weights(arrays), arrays), program


def shapes(experiment: Experiment) -> dict[str, tuple[int, ...]]:
    return WeightsFile(find(experiment.weights)).shapes


def said(experiment: Experiment) -> str:
    program = trace(experiment.architecture, experiment.data.info()).program()
    held = shapes(experiment) if experiment.weights else {}
    return str(start_of(experiment, program, held))


def test_an_experiment_travels_with_its_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment, _ = start()
    file = tmp_path / "mine" / "net.json"
    assert save_experiment(file, experiment) == ""
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "elsewhere"))
    again = load_experiment(file)
    assert again == experiment
    assert adopt(again.weights, file) == ""
    assert find(again.weights).read_bytes() == beside(file).read_bytes()
    assert said(again) == "Starts from imported weights: all 10 fit"


def test_missing_and_wrong_weights_beside_a_file_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment, _ = start()
    file = tmp_path / "net.json"
    save_experiment(file, experiment)
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "elsewhere"))
    beside(file).write_bytes(b"others")
    assert "net.safetensors is not the weights file that net.json starts from" in adopt(experiment.weights, file)
    beside(file).unlink()
    assert "neither beside it (net.safetensors) nor kept on this computer" in adopt(experiment.weights, file)
    assert "is saved, but not its weights" in save_experiment(file, experiment)
    assert load_experiment(file) == experiment


def test_a_file_that_lies_there_is_kept_as_a_backup(tmp_path: Path) -> None:
    experiment, _ = start()
    file = tmp_path / "net.json"
    beside(file).write_bytes(b"someone else's")
    assert save_experiment(file, experiment) == ""
    assert (tmp_path / "net.safetensors~").read_bytes() == b"someone else's"
    assert save_experiment(file, experiment) == ""
    assert (tmp_path / "net.safetensors~").read_bytes() == b"someone else's"
    names = {"net.json", "net.json~", "net.safetensors", "net.safetensors~"}
    assert {p.name for p in tmp_path.iterdir() if p.is_file()} == names


def test_who_writes_into_the_file_beside_does_not_spoil_the_kept_one(tmp_path: Path) -> None:
    experiment, _ = start()
    file = tmp_path / "net.json"
    save_experiment(file, experiment)
    with beside(file).open("r+b") as other:
        other.write(b"mine now")
    assert said(experiment) == "Starts from imported weights: all 10 fit"
    assert save_experiment(file, experiment) == ""
    assert beside(file).read_bytes() == find(experiment.weights).read_bytes()
    place_of(experiment.weights).unlink()
    assert adopt(experiment.weights, file) == ""
    beside(file).write_bytes(b"and again")
    assert said(experiment) == "Starts from imported weights: all 10 fit"


def test_a_full_disk_beside_a_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment, _ = start()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "pour", full)
    file = tmp_path / "other.json"
    assert save_experiment(file, experiment) == (
        "other.json is saved, but its weights could not be put beside it (no space left on device): without "
        "other.safetensors it cannot be used on another computer."
    )
    assert load_experiment(file) == experiment
    assert not beside(file).exists()


@pytest.mark.parametrize("system", [True, False])
def test_a_copy_is_whole_whoever_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: bool) -> None:
    def refuse(*_: object) -> int:
        raise OSError(18, "Invalid cross-device link")

    if not system:
        monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    source = tmp_path / "a"
    told: list[int] = []
    source.write_bytes(bytes(range(256)) * 40_000)
    storage.copy_atomic(source, tmp_path / "b", told=told.append)
    assert (tmp_path / "b").read_bytes() == source.read_bytes()
    assert told == sorted(told)
    assert told[-1] == source.stat().st_size


def test_within_the_studio_a_file_is_linked_or_where_that_fails_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"weights")
    link_atomic(source, tmp_path / "run" / "b")
    link_atomic(source, tmp_path / "run" / "b")
    assert (tmp_path / "run" / "b").samefile(source)

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    link_atomic(source, tmp_path / "run" / "c")
    assert not (tmp_path / "run" / "c").samefile(source)
    assert {p.name: p.read_bytes() for p in (tmp_path / "run").iterdir()} == {"b": b"weights", "c": b"weights"}


def test_renamed_and_copied_blocks_keep_their_weights() -> None:
    experiment, _ = start()
    first = next(id for id, b in experiment.architecture.blocks.items() if b.spec.kind == "Convolution")
    renamed = RenameBlock(id=first, new_id="other")(experiment)
    assert said(renamed) == "Starts from imported weights: all 10 fit"
    copied = DuplicateBlocks(ids=(first,))(experiment).architecture
    copies = [b for b in copied.blocks.values() if b.weights_from == copied.blocks[first].weights_from]
    assert len(copies) == 2
    again = read_experiment(write_experiment(renamed), "it")
    assert again == renamed


def test_a_new_block_with_an_old_id_starts_fresh() -> None:
    experiment, _ = start()
    first = next(id for id, b in experiment.architecture.blocks.items() if b.spec.kind == "Convolution")
    freed = RenameBlock(id=first, new_id="other")(experiment)
    fresh = dataclasses.replace(freed.architecture.blocks["other"], weights_from="")
    taken = dataclasses.replace(freed, architecture=freed.architecture.with_blocks(fresh))
    named = RenameBlock(id="other", new_id=first)(taken)
    assert said(named) == f"Starts from imported weights: 8 of 10 fit; fresh: {first}"


def test_what_no_longer_fits_is_fresh() -> None:
    experiment, _ = start()
    convolutions = [id for id, b in experiment.architecture.blocks.items() if b.spec.kind == "Convolution"]
    changed = SetParameters(id=convolutions[0], values={"filters": 3})(experiment)
    first, second = convolutions[:2]
    assert said(changed) == f"Starts from imported weights: 7 of 10 fit; fresh: {first}, {second}"
    other = dataclasses.replace(changed, weights="f" * 64)
    program = trace(other.architecture, other.data.info()).program()
    assert start_of(other, program, shapes(experiment)).taken == {}


def test_starting_fresh_can_be_chosen() -> None:
    experiment, _ = start()
    fresh = StartFresh()(experiment)
    assert fresh.weights == ""
    assert '"weights' not in write_experiment(fresh)
    assert StartFresh()(fresh) is fresh
    assert fresh == preset("lenet-5").experiment


@pytest.mark.parametrize("value", ["abc", "0123456789ab", "0123456789ab/", "0123456789ab/Conv", "0123456789AB/conv", 7])
def test_a_wrong_origin_is_refused(value: object) -> None:
    experiment, _ = start()
    document = json.loads(write_experiment(experiment))
    document["architecture"]["blocks"][1]["weights_from"] = value
    with pytest.raises(FileError, match="weights_from"):
        read_experiment(json.dumps(document), "it")
