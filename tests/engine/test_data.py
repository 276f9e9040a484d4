"""Data of files on their way into training: parts, kept and streamed samples, what is said when files are not right."""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from cnnstudio.core.code.samples import epoch_order
from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.data.files import ArrayFile, CocoImages, ImageFolder, ImageMasks, SignalFolder
from cnnstudio.core.data.packaged import KerasDataset
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.run_folder import read_record
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.engine import memory
from cnnstudio.engine.data import DataError, load
from cnnstudio.engine.data.ahead import Ahead
from cnnstudio.engine.data.loading import _Cache
from cnnstudio.engine.data.splitting import split_rows
from cnnstudio.engine.looking.showing import show_samples
from cnnstudio.engine.running.control import Control, RunError
from cnnstudio.engine.running.training import train
from cnnstudio.engine.scan import scan
from cnnstudio.wire.messages import GetSamples
from tests.engine.conftest import chain
from tests.helpers import own_data

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.data import Dataset
    from cnnstudio.wire.messages import RunEnded


def fresh(recipe: DataRecipe) -> Dataset:
    """Loaded with nothing kept from before."""
    return _Cache().get(recipe)


def folder_recipe(place: Path, each: int = 12, **preparation: Any) -> DataRecipe:
    source = scan(ImageFolder(path=str(own_data.image_folder(place, each)))).source
    return DataRecipe(source=source, preparation=Preparation(**preparation))


def all_of(data: Dataset) -> list[np.ndarray]:
    return [values for part in data.parts.values() for values in part.batch(slice(None))]


def test_a_folder_comes_in_parts_of_equal_shares_prepared_and_named(tmp_path: Path) -> None:
    recipe = folder_recipe(tmp_path / "own", height=10, width=8, channels="grey")
    data = fresh(recipe)
    assert {name: len(part) for name, part in data.parts.items()} == {"training": 26, "validation": 5, "test": 5}
    assert sorted(data.class_counts("training")) == [8, 9, 9]
    inputs, labels = data.training.batch(slice(0, 4))
    assert (inputs.shape, inputs.dtype, labels.dtype) == ((4, 10, 8, 1), np.dtype("f4"), np.dtype("i4"))
    for values, label, name in zip(inputs, labels, data.training.names(slice(0, 4)), strict=True):
        assert name.startswith(own_data.CLASSES[label])
        image = Image.open(tmp_path / "own" / name).convert("L").resize((8, 10), Image.Resampling.BILINEAR)
        np.testing.assert_allclose(values[..., 0], np.asarray(image) / 255, atol=1e-6)
    rows = np.concatenate([part.rows for part in data.parts.values()])
    assert sorted(rows.tolist()) == list(range(36))


def test_what_is_kept_what_is_read_again_and_what_is_read_ahead_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = folder_recipe(tmp_path / "own")
    plenty = fresh(recipe)
    first, again = all_of(plenty), all_of(plenty)
    assert plenty.training.kept(1 << 30) is not None
    each = 24 * 24 * 3 + 300
    monkeypatch.setattr(memory, "room_for_samples", lambda free: 10 * each)
    tight = fresh(recipe)
    for one, two, three in zip(first, again, all_of(tight), strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)
    assert tight.training.kept(1 << 30) is None
    order = np.random.default_rng(0).permutation(26)
    batches = [order[at : at + 5] for at in range(0, 26, 5)]
    ahead = Ahead(tight.training.batch, batches, 1)
    for batch in batches:
        inputs, labels = ahead.take(batch)
        np.testing.assert_array_equal(inputs, first[0][batch])
        np.testing.assert_array_equal(labels, first[1][batch])


def test_standardising_measures_the_training_part_alone(tmp_path: Path) -> None:
    data = fresh(folder_recipe(tmp_path / "own", normalisation="standardise"))
    inputs, _ = data.training.batch(slice(None))
    np.testing.assert_allclose(inputs.mean((0, 1, 2)), 0, atol=1e-3)
    np.testing.assert_allclose(inputs.std((0, 1, 2)), 1, atol=1e-3)
    assert abs(float(data.test.batch(slice(None))[0].std()) - 1) > 1e-4


def test_added_noise_leaves_targets_clean_and_is_fixed_where_it_is_judged() -> None:
    recipe = DataRecipe(source=Digits(task="reconstruction"), preparation=Preparation(added_noise=0.3))
    data = load(recipe)
    noisy, clean = data.validation.batch(slice(0, 50))
    np.testing.assert_array_equal(noisy, data.validation.batch(slice(0, 50))[0])
    assert (noisy - clean).std() == pytest.approx(0.3, abs=0.02)
    assert 0 <= clean.min() <= clean.max() <= 1
    first, second = (data.training.batch(slice(0, 50), epoch) for epoch in (1, 2))
    np.testing.assert_array_equal(first[1], second[1])
    assert not np.array_equal(first[0], second[0])


def test_masks_and_boxes_come_with_their_images(tmp_path: Path) -> None:
    masks = scan(ImageMasks(path=str(own_data.image_masks(tmp_path / "masks")))).source
    data = fresh(DataRecipe(source=masks, preparation=Preparation(height=12, width=12)))
    inputs, targets = data.training.batch(slice(None))
    assert (inputs.shape[1:], targets.shape[1:], targets.dtype) == ((12, 12, 3), (12, 12), np.dtype("i4"))
    assert (inputs[targets > 0].mean() - inputs[targets == 0].mean()) > 0.3
    boxes = scan(CocoImages(path=str(own_data.coco(tmp_path / "coco")))).source
    data = fresh(DataRecipe(source=boxes))
    inputs, targets = data.training.batch(slice(None))
    assert targets.shape[1:] == (1, 5)
    assert sum(data.class_counts("training")) == len(inputs)


def test_parts_that_the_source_names_stay_and_others_are_drawn_from_training(tmp_path: Path) -> None:
    place = own_data.image_folder(tmp_path / "own", 10, parts=("train", "test"))
    recipe = DataRecipe(source=scan(ImageFolder(path=str(place))).source, validation=0.2)
    data = fresh(recipe)
    assert {name: len(part) for name, part in data.parts.items()} == {"training": 24, "validation": 6, "test": 30}
    assert all(name.startswith("test") for name in data.test.names(slice(None)))
    assert all(name.startswith("train") for name in data.validation.names(slice(None)))
    assert data.class_counts("validation") == (2, 2, 2)
    drawn = fresh(dataclasses.replace(recipe, split="random"))
    assert any(name.startswith("train") for name in drawn.test.names(slice(None)))


def test_a_source_without_training_samples_is_said() -> None:
    given = np.array([2, 2, 0], "int8")
    with pytest.raises(DataError, match="none is left to train on"):
        split_rows(DataRecipe(source=KerasDataset()), 3, None, given)


def test_files_that_are_gone_changed_or_spoilt_are_named(tmp_path: Path) -> None:
    recipe = folder_recipe(tmp_path / "own")
    data = fresh(recipe)
    victim = data.training.names(slice(0, 1))[0]
    (tmp_path / "own" / victim).write_bytes(b"no picture")
    with pytest.raises(DataError, match=victim):
        data.training.batch(slice(0, 1))
    with pytest.raises(DataError, match="have changed since they were scanned"):
        fresh(recipe)
    (tmp_path / "own" / "disc").rename(tmp_path / "own" / "ring")
    with pytest.raises(DataError, match=r"others than when it was scanned \(ring, square, stripe; then disc, square"):
        fresh(recipe)
    shutil.rmtree(tmp_path / "own")
    with pytest.raises(DataError, match=r'own" is not there: relink it on the Data page\.'):
        fresh(recipe)


def folder_experiment(recipe: DataRecipe, **training: Any) -> Experiment:
    blocks: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("convolution_1", "Convolution", {"filters": 4}),
        ("pool", "GlobalAveragePooling", {}),
    )
    made = chain(recipe.source, *blocks, **{"batch_size": 8, "epochs": 2, **training})
    return dataclasses.replace(made, data=recipe)


def run(experiment: Experiment, place: Path) -> RunEnded:
    return train(experiment, place, lambda event: None, Control())


def test_streamed_and_resident_samples_train_to_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = folder_recipe(tmp_path / "own", normalisation="standardise")
    experiment = folder_experiment(recipe)
    all_of(load(recipe))  # from now on every sample is in memory
    assert load(recipe).training.kept(1 << 30) is not None
    resident = run(experiment, tmp_path / "resident")
    monkeypatch.setattr("cnnstudio.engine.learning.tensorflow_learner.RESIDENT_BYTES", 0)
    streamed = run(experiment, tmp_path / "streamed")
    assert streamed.test == resident.test


def test_a_file_that_is_spoilt_while_training_ends_the_run_with_its_name(tmp_path: Path) -> None:
    recipe = folder_recipe(tmp_path / "own")
    experiment = folder_experiment(recipe)
    latest = int(epoch_order(26, experiment.training.seed, 1)[-1])
    victim = load(recipe).training.names(slice(latest, latest + 1))[0]
    (tmp_path / "own" / victim).write_bytes(b"no picture")
    with pytest.raises(RunError, match=victim):
        run(experiment, tmp_path / "run")
    assert read_record(tmp_path / "run").status == "FAILED"


def test_the_gallery_gets_small_pictures_names_and_only_reads_what_it_shows(tmp_path: Path) -> None:
    recipe = folder_recipe(tmp_path / "own", each=30)
    experiment = write_experiment(folder_experiment(recipe))
    told = show_samples(GetSamples(1, experiment, "training", 2, 3, edge=12))
    assert told.inputs.shape == (3, 12, 12, 3)
    assert told.names == load(recipe).training.names(slice(2, 5))
    assert (told.total, sum(told.class_counts["training"])) == (62, 62)
    kept = load(recipe).training.store
    assert sum(kept.kept(np.array([row]), 1 << 30) is not None for row in range(90)) == 3
    whole = show_samples(GetSamples(1, experiment, "training", 2, 3))
    assert whole.inputs.shape == (3, 24, 24, 3)
    assert abs(float(whole.inputs.mean() - told.inputs.mean())) < 0.02
    listed = show_samples(GetSamples(1, experiment, "training", indices=(4, 900, 2, -1)))
    assert (listed.indices, listed.names) == ((4, 2), (whole.names[2], whole.names[0]))
    np.testing.assert_array_equal(listed.inputs, whole.inputs[[2, 0]])


def test_sixteen_bits_among_eight_keep_their_precision(tmp_path: Path) -> None:
    place = own_data.image_folder(tmp_path / "own", 6)
    deep = np.linspace(0, 65535, 24 * 24).reshape(24, 24).astype("uint16")
    Image.fromarray(deep).save(place / "disc" / "disc-000.png")
    source = scan(ImageFolder(path=str(place))).source
    data = fresh(DataRecipe(source=source))
    part = next(p for p in data.parts.values() if "disc/disc-000.png" in p.names(slice(None)))
    values = part.batch(slice(None))[0][part.names(slice(None)).index("disc/disc-000.png")]
    np.testing.assert_allclose(values[..., 0], deep / 65535, atol=1e-6)


def test_arrays_on_disk_load_as_they_are(tmp_path: Path) -> None:
    source = scan(ArrayFile(path=str(own_data.arrays(tmp_path / "own")))).source
    data = fresh(DataRecipe(source=source))
    with np.load(tmp_path / "own" / "data.npz") as file:
        for part in data.parts.values():
            inputs, labels = part.batch(slice(None))
            np.testing.assert_array_equal(labels, file["y"][part.rows])
            np.testing.assert_allclose(inputs, file["x"][part.rows] / 255, atol=1e-6)


def keras_says(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    def load_data() -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("keras.datasets.mnist.load_data", load_data)


def test_keras_sets_keep_their_test_part_and_say_when_there_is_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (50, 28, 28)).astype("uint8")
    labels = (np.arange(50) % 10).astype("uint8")
    keras_says(monkeypatch, ((images[:40], labels[:40]), (images[40:], labels[40:])))
    recipe = DataRecipe(source=KerasDataset(), validation=0.25)
    data = fresh(recipe)
    assert {name: len(part) for name, part in data.parts.items()} == {"training": 30, "validation": 10, "test": 10}
    np.testing.assert_allclose(data.test.batch(slice(None))[0][..., 0], images[40:] / 255, atol=1e-6)
    keras_says(monkeypatch, Exception("URL fetch failure on https://somewhere: None -- [Errno -2]"))
    with pytest.raises(DataError, match=r'^"mnist" cannot be downloaded: there is no network, or its server'):
        fresh(recipe)
    keras_says(monkeypatch, EOFError("Compressed file ended"))
    with pytest.raises(DataError, match="the file that was downloaded is broken"):
        fresh(recipe)


def test_large_folders_are_counted_by_what_is_kept(tmp_path: Path) -> None:
    recipe = folder_recipe(tmp_path / "own")
    facts = recipe.source.facts if isinstance(recipe.source, ImageFolder) else None
    assert facts is not None
    large = ImageFolder(path="x").found(type(facts)(100_000, (224, 224, 3), classes=("a", "b"), fingerprint="f"))
    huge = DataRecipe(source=large)
    assert memory.data_bytes(huge, 10**9) == 4 * 10**8
    assert memory.data_problem(huge, 10**9) is None


def test_class_weights_of_masks_count_what_the_network_sees(tmp_path: Path) -> None:
    """What is put round an image is ground, too: a script, which has nothing else, counts the same."""
    source = scan(ImageMasks(path=str(own_data.image_masks(tmp_path / "masks")))).source
    data = fresh(DataRecipe(source=source, preparation=Preparation(height=24, width=48, resize="pad")))
    _, masks = data.training.batch(slice(None))
    assert data.class_counts("training") == tuple(np.bincount(masks.ravel(), minlength=4))
    as_found = fresh(DataRecipe(source=source))
    assert sum(as_found.class_counts("training")) == 24 * 24 * len(as_found.training)
    assert data.class_counts("training", exact=False) == as_found.class_counts("training")


def test_samples_that_take_too_much_are_not_made_one_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second copy of all that is in memory, made only to see that it is too large, would double what is taken."""
    part = fresh(folder_recipe(tmp_path / "own")).training
    part.batch(slice(None))
    size = len(part) * (300 + 24 * 24 * 3 + 4)
    assert part.kept(size) is not None
    monkeypatch.setattr(type(part.store), "fetch", lambda store, rows: pytest.fail("fetched"))
    assert part.kept(size - 1) is None
    arrays = load(DataRecipe()).training
    assert arrays.kept(len(arrays) * (8 * 8 * 4 + 4)) is not None
    assert arrays.kept(len(arrays) * (8 * 8 * 4 + 4) - 1) is None


def test_a_signal_that_was_cut_short_is_named_and_not_stretched(tmp_path: Path) -> None:
    place = own_data.signal_folder(tmp_path / "own", 4)
    data = fresh(DataRecipe(source=scan(SignalFolder(path=str(place))).source))
    for file in place.rglob("*.csv"):
        file.write_text("0.5,0.5\n" * 64, encoding="ascii")
    with pytest.raises(DataError, match=r"cannot be used: it is 64 × 2 now, a size that no sample had when it was"):
        data.training.batch(slice(None))
