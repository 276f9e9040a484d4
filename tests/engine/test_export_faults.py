"""What goes wrong while a network is taken away: nothing half written is left, and what was there stays."""

from __future__ import annotations

import dataclasses
import os
import resource
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnstudio.core.exporting import FORMATS, Wish
from cnnstudio.core.formats.sidecar import read_sidecar
from cnnstudio.core.formats.storage import write_atomic
from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.exporting import foreign
from cnnstudio.engine.exporting.code_models import built
from cnnstudio.engine.exporting.desk import WRITERS, export
from cnnstudio.engine.exporting.errors import ExportError, ExportPlaceError
from cnnstudio.engine.exporting.material import Material, of_experiment, of_run
from cnnstudio.engine.exporting.placing import put
from cnnstudio.engine.exporting.stages import Stage, Writing, Written, finished
from tests.engine.conftest import small
from tests.engine.test_predicting import CASES as OWN
from tests.engine.test_predicting import experiment_on
from tests.helpers.effort import LATER
from tests.helpers.finished_runs import finished_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = ("keras", "savedmodel", "weights", "safetensors", "script", "notebook")
QUICK = ("safetensors",)


@pytest.fixture(scope="module")
def network() -> Material:
    """A network that was never trained."""
    return of_experiment(small())


def wish_for(form: str, place: Path) -> Wish:
    return Wish(form, place / f"net{FORMATS[form].endings[0]}")


def lying_in(place: Path) -> dict[str, bytes]:
    return {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file()}


@pytest.mark.parametrize("form", [pytest.param(f, marks=LATER if f in ("weights", "script") else ()) for f in OURS])
def test_an_untrained_network_goes_out_and_replaces_another(form: str, network: Material, tmp_path: Path) -> None:
    place = tmp_path / "out"
    first = finished(export(wish_for(form, place), lambda: network))
    names = {p.name for p in place.iterdir()}
    again = finished(export(wish_for(form, place), lambda: network))
    for done in (first, again):
        assert done.compared is not None
        assert done.compared.max_abs_difference <= 1e-6
    assert {p.name for p in place.iterdir()} == names == {done.path.name, *(f.name for f in done.files)}
    (tmp_path / "any").touch()
    assert {p.stat().st_mode for p in place.iterdir() if p.is_file()} <= {(tmp_path / "any").stat().st_mode}
    if FORMATS[form].kind != "code":
        assert read_sidecar((place / f"net_{form}.json").read_bytes(), "it").epoch == 0


@pytest.mark.parametrize("form", [pytest.param(form, marks=() if form in QUICK else LATER) for form in OURS])
def test_an_export_that_is_ended_leaves_all_as_it_was(form: str, network: Material, tmp_path: Path) -> None:
    fresh, used = tmp_path / "new" / "folder", tmp_path / "used"
    stages = [stage.words for stage in export(wish_for(form, used), lambda: network)]
    before = lying_in(used)
    assert len(set(stages)) == 5
    for place, last in (*((fresh, stages.index(words)) for words in dict.fromkeys(stages)), (used, len(stages) - 1)):
        exporting = export(wish_for(form, place), lambda: network)
        for _ in range(last + 1):
            next(exporting)
        exporting.close()
        assert not (tmp_path / "new").exists()
    assert lying_in(used) == before


@contextmanager
def small_disk(most: int) -> Iterator[None]:
    """No file may grow beyond that many bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("form", OURS)
def test_a_full_disk_is_told_of_and_leaves_all_as_it_was(form: str, network: Material, tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir()
    old = wish_for(form, place).path
    if form == "savedmodel":
        old.mkdir()
        (old / "saved_model.pb").write_bytes(b"the one before")
    else:
        old.write_bytes(b"the one before")
    before = lying_in(place)
    with small_disk(1000), pytest.raises(ExportPlaceError, match=r"cannot be written .*: choose another place"):
        finished(export(wish_for(form, place), lambda: network))
    assert lying_in(place) == before


@pytest.mark.parametrize(
    ("form", "name", "made", "says"),
    [
        ("keras", "net.keras", "folder", "is a folder: name a file in it"),
        ("savedmodel", "net", "file", "is a file, but a TensorFlow SavedModel is a folder"),
        ("savedmodel", "net", "full", "is a folder with other files in it"),
        ("keras", "net.keras", "pipe", "is a device or a pipe"),
        ("keras", "under/net.keras", "file above", "cannot be written, as .* is no folder"),
        ("keras", "net.keras", "sidecar", "would be written beside the file, but something else is there"),
        ("keras", "net.keras", "example", "would be written beside the file, but something else is there"),
        ("openvino", "net.xml", "numbers", "would be written beside the file, but something else is there"),
        ("keras", "n\udcffet.keras", "nothing", "name that is no text"),
    ],
)  # fmt: skip
def test_a_place_that_will_not_do_is_told_at_once(form: str, name: str, made: str, says: str, tmp_path: Path) -> None:
    target = tmp_path / name
    match made:
        case "folder":
            target.mkdir()
        case "file":
            target.write_text("mine", encoding="utf-8")
        case "full":
            target.mkdir()
            (target / "notes.txt").write_text("mine", encoding="utf-8")
        case "pipe":
            os.mkfifo(target)
        case "file above":
            target.parent.write_text("mine", encoding="utf-8")
        case "numbers":
            (tmp_path / "net.bin").write_bytes(b"mine")
        case "sidecar":
            (tmp_path / "net_keras.json").write_text('{"format": "cnnstudio-experiment 1.3"}', encoding="utf-8")
        case "example":
            (tmp_path / "net_keras_example.py").write_text("print('mine')", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))

    def gathered() -> Material:
        raise AssertionError("nothing is loaded for a place that will not do")

    with pytest.raises(ExportPlaceError, match=says):
        finished(export(Wish(form, target), gathered))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_stays_a_link(network: Material, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "net.safetensors").symlink_to(tmp_path / "far" / "real.safetensors")
    finished(export(wish_for("safetensors", tmp_path), lambda: network))
    assert (tmp_path / "net.safetensors").is_symlink()
    assert (tmp_path / "far" / "real.safetensors").stat().st_size > 1000


def test_files_come_into_place_together_or_not_at_all(tmp_path: Path) -> None:
    room, place = tmp_path / "room", tmp_path / "place"
    (place / "last").mkdir(parents=True)
    (place / "last" / "notes").write_text("mine", encoding="utf-8")
    for name in ("first", "second", "last"):
        write_atomic(room / name, b"new")
    write_atomic(place / "second", b"old")
    with pytest.raises(OSError, match="directory"):
        put([room / name for name in ("first", "second", "last")], place)
    assert {p.name for p in place.iterdir()} == {"second", "last"}
    shutil.rmtree(place / "last")
    write_atomic(room / "first", b"new")
    assert put([room / "first", room / "last"], place) == (place / "first", place / "last")


def test_a_computer_that_is_too_small_says_so(
    network: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(material: Material, wish: Wish, path: Path) -> Writing:
        yield Stage("Writing")
        path.write_bytes(b"half")
        raise tensorflow.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setitem(WRITERS, "keras", written)
    with pytest.raises(ExportError, match=r"cannot be computed here \(OOM when allocating tensor\): close what takes"):
        finished(export(wish_for("keras", tmp_path / "out"), lambda: network))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_file_that_answers_with_no_numbers_is_refused(
    value: float, network: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(material: Material, wish: Wish, path: Path) -> Writing:
        yield Stage("Writing")
        path.write_bytes(b"whole")
        return Written(lambda samples: np.full((len(samples), 10), value, "float32"))

    monkeypatch.setitem(WRITERS, "keras", written)
    with pytest.raises(ExportError, match="What the file answers is not finite where the network's answers are"):
        finished(export(wish_for("keras", tmp_path / "out"), lambda: network))
    assert not (tmp_path / "out").exists()


def test_another_backend_makes_no_saved_model(
    network: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "tensorflow", None)
    with pytest.raises(ExportError, match="SavedModel is written by way of TensorFlow, but Keras computes"):
        finished(export(wish_for("savedmodel", tmp_path / "out"), lambda: network))
    assert not (tmp_path / "out").exists()


def test_a_network_goes_out_when_its_samples_are_gone(tmp_path: Path) -> None:
    make, blocks, preparation = OWN["images, padded and standardised"]
    finished_run(tmp_path / "run", experiment_on(make(tmp_path / "data"), *blocks, **preparation))
    kept = of_run(tmp_path / "run")
    assert kept.front.white == 255
    shutil.rmtree(tmp_path / "data")
    gone = of_run(tmp_path / "run")
    assert (kept.stand_in, gone.stand_in) == (False, True)
    assert gone.front.white == 255
    np.testing.assert_array_equal(kept.front.finish.mean, gone.front.finish.mean)
    done = finished(export(wish_for("safetensors", tmp_path / "out"), lambda: gone))
    assert done.stand_in
    assert done.compared is not None
    assert done.compared.max_abs_difference <= 1e-5
    small = finished(export(Wish("litert", tmp_path / "out" / "net.tflite", "int8"), lambda: gone))
    assert any("samples of noise, as the files of the data are gone" in note for note in small.notes)
    assert (small.metric, small.quality_after) == ("", None), "nobody judges noise"
    with pytest.raises(ExportError, match="is not there: relink it"):
        finished(export(wish_for("script", tmp_path / "code"), lambda: gone))
    assert not (tmp_path / "code").exists()


def test_code_of_own_samples_takes_them_along(tmp_path: Path) -> None:
    make, blocks, preparation = OWN["images, smaller"]
    experiment = dataclasses.replace(experiment_on(make(tmp_path / "data"), *blocks, **preparation), name="My images")
    done = finished(export(wish_for("notebook", tmp_path / "out"), lambda: of_experiment(experiment)))
    (archive,) = done.files
    assert archive == tmp_path / "out" / "my-images.npz"
    finished(export(wish_for("script", tmp_path / "out"), lambda: of_experiment(experiment)))  # from the same samples
    (tmp_path / "mine").mkdir()
    np.savez(tmp_path / "mine" / "my-images.npz", results=np.ones(3))
    before = lying_in(tmp_path / "mine")
    with pytest.raises(ExportPlaceError, match="would be written beside the file, but something else is there"):
        finished(export(wish_for("script", tmp_path / "mine"), lambda: of_experiment(experiment)))
    assert lying_in(tmp_path / "mine") == before
    with np.load(archive) as data:
        assert data["inputs"].shape[1:] == (8, 10, 3)


def test_of_generated_code_only_the_model_is_run() -> None:
    text = (
        "import keras\nfrom keras import layers\nraise SystemExit\ndef build_model():\n    return 7\nbuild_model = None"
    )
    assert built(text) == 7


def test_every_form_has_a_writer_that_is_known_by_name() -> None:
    assert set(WRITERS) <= set(FORMATS)
    assert set(OURS) <= set(WRITERS)
