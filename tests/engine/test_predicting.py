"""Answers for files: prepared as in training, laid back over the file, written where other programs find them."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnnstudio.core.code.answers import NO_ANSWER, boxes_as_found, mask_as_found
from cnnstudio.core.code.preparing import placement, prepared_boxes, prepared_mask
from cnnstudio.core.data.info import Task
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.edits.values import SetData
from cnnstudio.core.formats.run_folder import BEST, EXPERIMENT, LAST
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.engine.data import load
from cnnstudio.engine.running.control import Control, PlaceError, RunError
from cnnstudio.engine.running.training import train
from cnnstudio.engine.scan import recognise, scan, unheard
from cnnstudio.engine.scan.listing import ReadError
from cnnstudio.engine.using.answer_files import write_answer
from cnnstudio.engine.using.evaluating import evaluate
from cnnstudio.engine.using.new_samples import NewSample, read_samples
from cnnstudio.engine.using.predicting import Answer, Predictor
from cnnstudio.engine.using.trained import open_run
from tests.engine.conftest import chain, small
from tests.helpers import own_data
from tests.helpers.finished_runs import finished_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.experiment import Experiment

CONVOLUTION = ("convolution_1", "Convolution", {"filters": 3})
FLAT: tuple[str, str, dict[str, Any]] = ("flatten_1", "Flatten", {})


def experiment_on(place: Path, *blocks: tuple[str, str, dict[str, Any]], **preparation: Any) -> Experiment:
    """A small network for the data that lie there."""
    source = scan(recognise(str(place), unheard)).source
    plain = chain(source, *blocks, batch_size=16)
    recipe = DataRecipe(source=source, preparation=dataclasses.replace(Preparation(), **preparation))
    return SetData(recipe=recipe)(plain)


CASES: dict[str, tuple[Callable[[Path], Path], tuple[Any, ...], dict[str, Any]]] = {
    "images, smaller": (own_data.image_folder, (FLAT,), {"height": 8, "width": 10}),
    "images, padded and standardised": (
        own_data.image_folder, (FLAT,),
        {"height": 10, "width": 16, "resize": "pad", "channels": "grey", "normalisation": "standardise"},
    ),
    "masks": (own_data.image_masks, (CONVOLUTION,), {}),
    "boxes": (own_data.yolo, (CONVOLUTION,), {}),
    "signals, cut": (own_data.signal_folder, (FLAT,), {"length": 50, "resize": "crop"}),
    "sounds, standardised": (own_data.wav_folder, (FLAT,), {"normalisation": "standardise"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_file_is_prepared_as_the_sample_that_it_was_in_training(case: str, tmp_path: Path) -> None:
    make, blocks, preparation = CASES[case]
    place = make(tmp_path / "data")
    experiment = experiment_on(place, *blocks, **preparation)
    bench = finished_run(tmp_path / "run", experiment)
    test = bench.data.test
    chosen = slice(0, min(6, len(test)))
    outputs = np.asarray(bench.model.predict_on_batch(test.batch(chosen)[0]))
    shown = [bench.kit.shown(output) for output in outputs]
    predictor = Predictor(open_run(tmp_path / "run"))
    for name, wanted in zip(test.names(chosen), shown, strict=True):
        (answer,) = predictor.answers(place / name)
        values = answer.values
        if predictor.info.task is Task.DETECTION:
            height, width = answer.found
            values = values / np.array([width, height, width, height, 1, 1], "float32")
        assert wanted.size
        np.testing.assert_allclose(values, wanted, atol=1e-5)


def test_a_standardised_run_answers_when_its_data_are_gone(tmp_path: Path) -> None:
    place = own_data.wav_folder(tmp_path / "data")
    finished_run(tmp_path / "run", experiment_on(place, FLAT, normalisation="standardise"))
    kept = tmp_path / "kept.wav"
    shutil.copy(next(place.rglob("*.wav")), kept)
    (before,) = Predictor(open_run(tmp_path / "run")).answers(kept)
    shutil.rmtree(place)
    (after,) = Predictor(open_run(tmp_path / "run")).answers(kept)
    np.testing.assert_array_equal(after.values, before.values)
    with pytest.raises(RunError, match=r"data\" is not there: relink it"):
        evaluate(open_run(tmp_path / "run"))


def test_training_keeps_what_its_samples_were_standardised_by(tmp_path: Path) -> None:
    experiment = experiment_on(own_data.wav_folder(tmp_path / "data"), FLAT, normalisation="standardise")
    train(experiment, tmp_path / "run", lambda event: None, Control())
    wanted = load(experiment.data).training.finish
    shutil.rmtree(tmp_path / "data")
    kept = open_run(tmp_path / "run").finish()
    np.testing.assert_array_equal([kept.mean, kept.scale], [wanted.mean, wanted.scale])


def test_evaluation_judges_as_the_learner_does(tmp_path: Path) -> None:
    bench = finished_run(tmp_path / "run", small())
    for part in ("validation", "test"):
        found = evaluate(open_run(tmp_path / "run"), part)
        assert (found.part, found.epoch, found.samples) == (part, 1, len(bench.data.parts[part]))
        wanted = bench.learner.judge(bench.data.parts[part], 64)
        assert found.verdict.metrics == pytest.approx(wanted.metrics, rel=1e-6)
        np.testing.assert_array_equal(found.verdict.confusion, wanted.confusion)


def test_weights_are_those_that_were_asked_for(tmp_path: Path) -> None:
    bench = finished_run(tmp_path / "run", small())
    bench.model.set_weights([np.zeros_like(w) for w in bench.model.get_weights()])
    bench.model.save_weights(tmp_path / "zeros.weights.h5")
    shutil.move(tmp_path / "zeros.weights.h5", tmp_path / "run" / BEST)
    np.save(tmp_path / "one.npy", bench.data.test.batch(slice(0, 1))[0])
    opened = open_run(tmp_path / "run")
    (last,), (best,) = (list(Predictor(opened, which).answers(tmp_path / "one.npy")) for which in ("last", "best"))
    np.testing.assert_allclose(best.values, 0.1, atol=1e-6)
    assert np.ptp(last.values) > 0.01


def test_what_a_network_cannot_count_is_no_answer(tmp_path: Path) -> None:
    finished_run(tmp_path / "run", small())
    samples = np.zeros((3, 8, 8, 1), "float32")
    samples[1] = np.finfo("float32").max * np.random.default_rng(0).choice([-1, 1], (8, 8, 1))
    np.save(tmp_path / "three.npy", samples)
    answers = Predictor(open_run(tmp_path / "run")).answers(tmp_path / "three.npy")
    assert np.isfinite(next(answers).values).all()
    with pytest.raises(ReadError, match=r"three\.npy\[1\]\" cannot be used: what the network says of it is not finite"):
        next(answers)


def test_a_run_that_took_its_best_epoch_says_so(tmp_path: Path) -> None:
    for number, (status, wanted) in enumerate((("FINISHED", 2), ("STOPPED", 2), ("INTERRUPTED", 3))):
        place = tmp_path / str(number)
        bench = finished_run(place, small(restore_best=True), status=status, best_epoch=2, epochs_done=3)
        assert open_run(place).give_weights(bench.model) == wanted
        assert open_run(place).give_weights(bench.model, "best") == 2


def test_runs_that_cannot_be_opened_say_why(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="is not the folder of a run"):
        open_run(tmp_path)
    finished_run(tmp_path / "run", small())
    (tmp_path / "run" / LAST).write_bytes(b"no weights")
    with pytest.raises(RunError, match="is damaged: its weights are no HDF5 file"):
        Predictor(open_run(tmp_path / "run"))
    (tmp_path / "run" / LAST).unlink()
    with pytest.raises(RunError, match="has no weights yet"):
        Predictor(open_run(tmp_path / "run"))
    (tmp_path / "run" / EXPERIMENT).write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="is not JSON"):
        open_run(tmp_path / "run")


def test_sizes_that_training_never_resized_are_noticed(tmp_path: Path) -> None:
    finished_run(tmp_path / "run", small())
    predictor = Predictor(open_run(tmp_path / "run"))
    for side in (8, 9):
        Image.new("L", (side, side)).save(tmp_path / f"{side}.png")
    found = [answer for side in (8, 9) for answer in predictor.answers(tmp_path / f"{side}.png")]
    assert [predictor.is_unusual(answer) for answer in found] == [False, True]


# Files


def read(path: Path, shape: tuple[int, ...]) -> list[tuple[int | None, tuple[int, ...]]]:
    return [(s.number, s.values.shape) for s in read_samples(path, shape)]


@pytest.mark.parametrize(
    ("found", "wanted", "samples"),
    [
        ((9, 7), (8, 8, 1), [(None, (9, 7, 1))]),
        ((9, 7, 3), (8, 8, 1), [(None, (9, 7, 3))]),
        ((2, 9, 7), (8, 8, 1), [(0, (9, 7, 1)), (1, (9, 7, 1))]),
        ((2, 9, 7, 3), (8, 8, 3), [(0, (9, 7, 3)), (1, (9, 7, 3))]),
        ((9, 7), (8, 8, 3), [(None, (9, 7, 1))]),
        ((50,), (64, 1), [(None, (50, 1))]),
        ((50, 1), (64, 1), [(None, (50, 1))]),
        ((2, 50), (64, 1), [(0, (50, 1)), (1, (50, 1))]),
        ((50, 3), (64, 3), [(None, (50, 3))]),
        ((2, 50, 3), (64, 3), [(0, (50, 3)), (1, (50, 3))]),
        ((4,), (4,), [(None, (4,))]),
        ((2, 4), (4,), [(0, (4,)), (1, (4,))]),
        ((3, 4, 5), (3, 4, 5, 1), [(None, (3, 4, 5, 1))]),
        ((1, 3, 4, 5, 2), (3, 4, 5, 2), [(0, (3, 4, 5, 2))]),
    ],
)
def test_an_array_is_one_sample_or_several(
    found: tuple[int, ...], wanted: tuple[int, ...], samples: list[Any], tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", np.zeros(found, "float32"))
    assert read(tmp_path / "a.npy", wanted) == samples


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG, or so it begins")
    np.save(tmp_path / "b.npy", np.zeros((3, 3, 3, 3, 3)))
    np.save(tmp_path / "c.npy", np.array([{}], object))
    (tmp_path / "d.txt").write_text("1", encoding="utf-8")
    sentences = {
        "a.png": "truncated or damaged",
        "b.npy": "its shape is 3 × 3 × 3 × 3 × 3, but a sample is 8 × 8 × 1; several have one more axis in front",
        "c.npy": r"Python objects \(a pickle\)",
        "d.txt": "the network takes images, in files that end in .bmp",
        "e.png": "is not there",
        "": "is not a file",
    }
    for name, sentence in sentences.items():
        with pytest.raises(ReadError, match=sentence) as caught:
            read(tmp_path / name, (8, 8, 1))
        assert str(tmp_path / name) in str(caught.value)


# Back to the file


sizes = st.tuples(st.integers(2, 40), st.integers(2, 40))
modes = st.sampled_from(("stretch", "crop", "pad"))


@given(found=sizes, wanted=sizes, mode=modes, seed=st.integers(0, 99))
def test_a_mask_lies_over_the_file_as_the_sample_was_taken_from_it(
    found: tuple[int, int], wanted: tuple[int, int], mode: str, seed: int
) -> None:
    mask = np.random.default_rng(seed).integers(0, 3, wanted)
    made = mask_as_found(mask, found, mode)
    assert made.shape == found
    seen = np.zeros(found, bool)
    taken = placement(found, wanted, mode)[0]
    seen[tuple(slice(start, start + size) for start, size in taken)] = True
    np.testing.assert_array_equal(made != NO_ANSWER, seen)
    if all(f >= w for f, w in zip(found, wanted, strict=True)) and mode != "pad":
        # Made smaller again, each answer is found where it came from.
        np.testing.assert_array_equal(prepared_mask(made, wanted, mode), mask)


@given(found=sizes, wanted=sizes, mode=modes)
def test_boxes_come_back_to_where_they_were(found: tuple[int, int], wanted: tuple[int, int], mode: str) -> None:
    (top, height), (left, width) = placement(found, wanted, mode)[0]
    edges = np.array([left + width / 4, top + height / 4, left + width, top + height / 2])
    truth = np.append(edges / (found[1], found[0], found[1], found[0]), 1).astype("float32")[np.newaxis]
    there = prepared_boxes(truth, found, wanted, mode)
    if not len(there):
        return  # less than a pixel was left of it
    scored = np.append(there, [[0.5]], axis=1)
    back = boxes_as_found(scored, found, wanted, mode)
    np.testing.assert_allclose(back[0, :4], edges, atol=0.02)
    assert back[0, 4:].tolist() == [1, 0.5]


# Written answers


def answer(values: Any, found: tuple[int, ...] = (4, 6), number: int | None = None) -> Answer:
    sample = NewSample(Path("pictures/cat.jpg"), number, np.zeros((*found, 1), "uint8"))
    return Answer(sample, np.asarray(values))


def test_a_mask_is_a_picture_whose_pixels_are_classes(tmp_path: Path) -> None:
    mask = np.array([[0, 1, 2], [NO_ANSWER, 2, 1]], "int32")
    path = write_answer(answer(mask), Task.SEGMENTATION, tmp_path)
    assert path == tmp_path / "cat.png"
    with Image.open(path) as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), [[0, 1, 2], [255, 2, 1]])
        assert (image.getpalette() or [])[:9] == [0, 0, 0, 128, 0, 0, 0, 128, 0]  # PASCAL VOC's
    with pytest.raises(FileExistsError, match="is there already: name another folder"):
        write_answer(answer(mask), Task.SEGMENTATION, tmp_path)


def test_boxes_are_lines_as_yolo_has_them(tmp_path: Path) -> None:
    boxes = np.array([[1.5, 1, 4.5, 3, 2, 0.75], [0, 0, 6, 4, 0, 0.5]], "float32")
    path = write_answer(answer(boxes, number=7), Task.DETECTION, tmp_path)
    assert path == tmp_path / "cat-7.txt"
    assert path.read_text(encoding="utf-8") == (
        "2 0.500000 0.500000 0.500000 0.500000 0.7500\n0 0.500000 0.500000 1.000000 1.000000 0.5000\n"
    )


def test_samples_that_come_out_are_pictures_or_arrays(tmp_path: Path) -> None:
    values = np.array([[[0.0], [0.5], [1.25]]], "float32")
    path = write_answer(answer(values), Task.RECONSTRUCTION, tmp_path)
    assert path is not None
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), [[0, 128, 255]])
    signal = np.array([[-1.5], [2.0]], "float32")
    path = write_answer(answer(signal, (2,)), Task.RECONSTRUCTION, tmp_path)
    assert path == tmp_path / "cat.npy"
    np.testing.assert_array_equal(np.load(path, allow_pickle=False), signal)
    assert write_answer(answer([0.5, 0.5]), Task.CLASSIFICATION, tmp_path) is None
