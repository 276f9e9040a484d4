"""Places and files that turn against a scan or a run: paths as people type them, files swapped or cut while in use."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnstudio.core.data.facts import MOST_NAME_BYTES
from cnnstudio.core.data.files import ArrayFile, ImageFolder, SignalFolder
from cnnstudio.engine.scan import recognise, scan, unheard
from cnnstudio.engine.scan.gathering import Gathered
from cnnstudio.engine.scan.listing import Raw, ReadError, ScanError
from cnnstudio.engine.scan.npy import MOST_READ, open_npy
from tests.helpers import own_data

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnstudio.core.data.files import FileSource


@pytest.mark.parametrize(
    ("make", "kind"), [(own_data.image_folder, ImageFolder), (own_data.signal_folder, SignalFolder)]
)
def test_a_path_is_kept_whole_however_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path, int], Path], kind: type[FileSource]
) -> None:
    make(tmp_path / "data", 3)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for typed in ("~/data", "data", "./data/", "data/../data", f"{tmp_path}/data//"):
        found = scan(kind(path=typed))
        assert found.source.path == str(tmp_path / "data")
        assert found.facts.samples == 9
        assert recognise(typed, unheard).path == found.source.path


def test_a_home_of_nobody_is_said() -> None:
    with pytest.raises(ScanError, match=r'^"~nobody-at-all/x" cannot be kept in an experiment'):
        scan(ImageFolder(path="~nobody-at-all/x"))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_place_whose_name_is_no_text_is_refused_in_one_sentence(tmp_path: Path) -> None:
    place = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    own_data.image_folder(tmp_path / "data", 3).rename(place)
    with pytest.raises(ScanError) as refused:
        scan(ImageFolder(path=place))
    assert str(refused.value) == (
        f'"{tmp_path}/caf\\xe9" cannot be kept in an experiment, as its name is not text in the system\'s encoding: '
        "rename the folder or file."
    )


def test_names_of_classes_that_no_experiment_file_could_hold_are_refused(tmp_path: Path) -> None:
    names = {f"{n:05}{'日' * 80}": 1 for n in range(10_000)}
    gathered = Gathered(tmp_path)
    with pytest.raises(ScanError) as refused:
        gathered.listing(
            ImageFolder(path=str(tmp_path)),
            names=("a",),
            read=lambda index: Raw(np.zeros((1, 1, 1)), 0),
            classes=names,
            shape=(1, 1, 1),
        )
    assert str(refused.value) == (
        f"The names of the 10,000 classes have 2,450,000 bytes together, more than the {MOST_NAME_BYTES:,} that an "
        "experiment keeps: shorten them."
    )


def test_a_single_array_may_be_called_anything(tmp_path: Path) -> None:
    np.save(tmp_path / "recording 7.npy", np.random.default_rng(0).random((5, 64)))
    found = scan(recognise(str(tmp_path / "recording 7.npy"), unheard))
    assert (found.facts.samples, found.facts.shape, found.facts.parts) == (5, (64, 1), ())


def test_an_array_that_is_cut_while_it_is_mapped_is_named_and_the_process_lives(tmp_path: Path) -> None:
    place = tmp_path / "x.npy"
    np.save(place, np.ones((70, MOST_READ // 4 // 64), "float32"))
    assert open_npy(place).mapped is not None
    found = scan(ArrayFile(path=str(place), task="reconstruction"))
    assert found.read(69).values.max() == 1
    os.truncate(place, 4096)
    with pytest.raises(ReadError) as cut:
        found.read(69)
    assert str(cut.value) == '"x.npy" has changed since it was scanned.'
    place.unlink()
    with pytest.raises(ReadError) as gone:
        found.read(0)
    assert str(gone.value) == '"x.npy" cannot be read any more: no longer there.'


def test_a_small_array_is_read_so_that_nothing_can_be_cut_off_it(tmp_path: Path) -> None:
    found = scan(recognise(str(own_data.arrays(tmp_path, 6)), unheard))
    before = found.read(5).values
    os.truncate(tmp_path / "data.npz", 100)
    np.testing.assert_array_equal(found.read(5).values, before)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
@pytest.mark.parametrize("ending", [".wav", ".csv", ".npy"])
def test_a_signal_that_became_a_pipe_is_not_waited_for(tmp_path: Path, ending: str) -> None:
    place = own_data.wav_folder(tmp_path, 2) if ending == ".wav" else own_data.signal_folder(tmp_path, 2)
    file = place / "slow" / f"00{ending}"
    if ending == ".npy":
        np.save(file, np.zeros((128, 2), "float32"))
    found = scan(SignalFolder(path=str(place)))
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(ReadError) as refused:
        found.read(found.names.index(f"slow/00{ending}"))
    assert str(refused.value) == f'"slow/00{ending}" cannot be read any more: not a file.'
