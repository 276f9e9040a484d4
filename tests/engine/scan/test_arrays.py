"""NumPy arrays as data: what becomes of samples and targets, and the sentence for each that does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.data.facts import Skipped
from cnnstudio.core.data.files import ArrayFile
from cnnstudio.engine.scan.array_parts import told_rank, told_task
from cnnstudio.engine.scan.arrays import scan_arrays
from cnnstudio.engine.scan.gathering import unheard
from cnnstudio.engine.scan.listing import ScanError

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.engine.scan.listing import Listing

RANDOM = np.random.default_rng(0)
X = RANDOM.random((6, 8, 7)).astype("float32")
Y = np.asarray([0, 1, 2, 0, 1, 2])


def scan(path: Path, task: str = "classification", rank: str = "auto", **arrays: Any) -> Listing:
    """Of an archive with these arrays."""
    np.savez(path / "a.npz", **arrays)
    source = ArrayFile(path=str(path / "a.npz")).having("task", task).having("rank", rank)
    return scan_arrays(source, unheard)


def test_samples_labels_and_facts(tmp_path: Path) -> None:
    found = scan(tmp_path, x=X, y=Y)
    assert found.names == tuple(f"x[{n}]" for n in range(6))
    assert found.report.classes == {"0": 2, "1": 2, "2": 2}
    assert (found.facts.samples, found.facts.shape, found.facts.mixed) == (6, (8, 7, 1), False)
    assert found.facts.classes == ("0", "1", "2")
    assert found.report.kinds == {"NumPy, float32": 6}
    assert found.report.sizes == {"7 × 8": 6}
    for number in range(6):
        raw = found.read(number)
        np.testing.assert_array_equal(raw.values[..., 0], X[number])
        assert raw.target == Y[number]


@pytest.mark.parametrize("compressed", [True, False])
def test_parts_by_name_and_labels_in_a_column(tmp_path: Path, compressed: bool) -> None:
    images = RANDOM.integers(0, 256, (5, 4, 4, 3), "uint8")
    save = np.savez_compressed if compressed else np.savez
    save(tmp_path / "m.npz", train_images=images, train_labels=[[5], [7], [5], [9], [7]], test_images=images[:2],
         test_labels=[[9], [5]])  # fmt: skip
    found = scan_arrays(ArrayFile(path=str(tmp_path / "m.npz")), unheard)
    assert found.facts.parts == ("training", "test")
    assert found.report.splits == {"training": 5, "test": 2}
    assert found.report.classes == {"5": 3, "7": 2, "9": 2}
    assert found.labels is not None
    assert found.labels.tolist() == [0, 1, 0, 2, 1, 2, 0]
    assert found.parts is not None
    assert found.parts.tolist() == [0, 0, 0, 0, 0, 2, 2]
    assert found.read(5).values.dtype == np.uint8
    np.testing.assert_array_equal(found.read(5).values, images[0])
    assert found.hashes is not None
    assert found.hashes[0] == found.hashes[5]


def test_a_folder_of_npy_files(tmp_path: Path) -> None:
    np.save(tmp_path / "x_train.npy", np.asfortranarray(X))
    np.save(tmp_path / "y_train.npy", Y)
    np.save(tmp_path / "broken.npy", np.asarray([{}]))
    found = scan_arrays(ArrayFile(path=str(tmp_path)), unheard)
    np.testing.assert_array_equal(found.read(3).values[..., 0], X[3])
    assert [s.file for s in found.report.skipped] == ["broken.npy"]


def test_texts_one_hot_rows_and_given_names_are_labels(tmp_path: Path) -> None:
    texts = scan(tmp_path, x=X, y=np.asarray(["dog", "cat", "cat", "dog", "ant", ""]))
    assert texts.report.classes == {"ant": 1, "cat": 2, "dog": 2}
    assert texts.report.skipped == (Skipped("x[5]", "no label"),)
    hot = scan(tmp_path, x=X, y=np.eye(3)[Y])
    assert hot.report.classes == {"0": 2, "1": 2, "2": 2}
    named = scan(tmp_path, x=X, y=Y, class_names=np.asarray(["z", "b", "a"]))
    assert named.facts.classes == ("z", "b", "a")
    assert named.read(2).target == 2


def test_labels_in_a_row_of_their_own_order(tmp_path: Path) -> None:
    names = np.asarray(["z", "b", "a"])
    found = scan(tmp_path, x=X, y=names[Y], class_names=names)
    assert [found.read(n).target for n in range(6)] == Y.tolist()


def test_masks_are_class_indices_and_counted(tmp_path: Path) -> None:
    masks = (X > 0.5).astype("uint8") * 255
    found = scan(tmp_path, "segmentation", x=X, y=masks[..., None])
    assert found.report.classes == {"0": int((masks == 0).sum()), "255": int((masks == 255).sum())}
    np.testing.assert_array_equal(found.read(2).target, masks[2] // 255)
    assert found.counts is not None
    assert found.counts.sum() == masks.size


def test_several_labels(tmp_path: Path) -> None:
    flags = RANDOM.integers(0, 2, (6, 4))
    found = scan(tmp_path, "multi-label", x=X, y=flags)
    assert list(found.report.classes.values()) == flags.sum(0).tolist()
    np.testing.assert_array_equal(found.read(1).target, flags[1])


def test_boxes_are_cut_at_the_edge_and_left_out_without_area(tmp_path: Path) -> None:
    boxes = np.full((6, 3, 5), -1.0)
    boxes[:, 0] = [0.25, 0.25, 0.5, 0.5, 1]
    boxes[0, 1] = [0.5, 0.5, 1.5, 2.0, 0]
    boxes[1, 1] = [0.5, 0.5, 0.5, 0.75, 0]
    boxes[2, 1] = [1.5, 1.5, 1.75, 1.75, 0]
    found = scan(tmp_path, "detection", x=X, y=boxes)
    np.testing.assert_array_equal(found.read(0).target, [[0.25, 0.25, 0.5, 0.5, 1], [0.5, 0.5, 1, 1, 0]])
    assert np.asarray(found.read(3).target).shape == (1, 5)
    assert found.report.skipped == (
        Skipped("y[1, 1]", "a box without area"),
        Skipped("y[2, 1]", "a box outside the image"),
    )
    assert found.report.classes == {"0": 1, "1": 6}


def test_samples_with_nan_or_infinity_are_named_with_their_place(tmp_path: Path) -> None:
    wrong = X.astype("float64")
    wrong[1, 3, 2], wrong[4, 0, 0], wrong[5, 7, 6] = np.nan, np.inf, 1e300
    found = scan(tmp_path, x=wrong, y=Y)
    assert found.report.skipped == (
        Skipped("x[1]", "holds NaN at (3, 2)"),
        Skipped("x[4]", "holds an infinite or too large number at (0, 0)"),
        Skipped("x[5]", "holds an infinite or too large number at (7, 6)"),
    )
    assert found.names == ("x[0]", "x[2]", "x[3]")
    assert found.facts.classes == ("0", "2")  # nothing is left of 1
    assert [found.read(n).target for n in range(3)] == [0, 1, 0]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.asarray([0, 255], "int64"), "uint8"),
        (np.asarray([0, 256], "int32"), "uint16"),
        (np.asarray([0, 1], "uint8"), "float32"),
        (np.asarray([-1, 5], "int16"), "float32"),
        (np.asarray([0, 70000], "int32"), "float32"),
        (np.asarray([0, 1], bool), "float32"),
    ],
)
def test_whole_numbers_keep_the_width_that_their_range_needs(tmp_path: Path, values: np.ndarray, dtype: str) -> None:
    images = np.resize(values, (6, 8, 8))
    raw = scan(tmp_path, x=images, y=Y).read(1)
    assert raw.values.dtype == dtype
    np.testing.assert_array_equal(raw.values[..., 0], images[1])


RANKS = [
    ((9, 100), "float32", "signals"),
    ((9, 128, 9), "float32", "signals"),
    ((9, 8, 8), "float64", "images"),
    ((9, 100, 4), "uint8", "images"),
    ((9, 32, 32, 3), "float32", "images"),
    ((9, 32, 32, 32), "float32", "volumes"),
    ((9, 8, 8, 8, 1), "float32", "volumes"),
]


@pytest.mark.parametrize(("shape", "dtype", "rank"), RANKS)
def test_the_rule_for_what_a_sample_is(shape: tuple[int, ...], dtype: str, rank: str) -> None:
    assert told_rank(shape, np.dtype(dtype)) == rank


@pytest.mark.parametrize(
    ("rank", "shape", "wanted"),
    [
        ("vectors", (6, 9), (9,)),
        ("signals", (6, 9), (9, 1)),
        ("signals", (6, 9, 9), (9, 9)),
        ("images", (6, 9, 4), (9, 4, 1)),
        ("images", (6, 9, 9, 9), (9, 9, 9)),
        ("volumes", (6, 9, 9, 9), (9, 9, 9, 1)),
    ],
)
def test_what_a_sample_is_can_be_said(
    tmp_path: Path, rank: str, shape: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    found = scan(tmp_path, "reconstruction", rank, x=RANDOM.random(shape))
    assert found.facts.shape == wanted
    assert found.read(0).values.shape == wanted
    assert found.read(0).target is None


MASK = np.zeros((6, 8, 7), "int32")
BAD: dict[str, tuple[str, dict[str, Any], str]] = {
    "pickled samples": (
        "classification",
        {"x": np.asarray([{}] * 6, object), "y": Y},
        '"x" in "a.npz" cannot be used: holds Python objects (a pickle), which can run programs when they are loaded: '
        "save plain numbers.",
    ),
    "no targets": (
        "classification",
        {"x": X},
        '"a.npz" holds "x" but no targets for it: put y beside it in one .npz, or choose reconstruction.',
    ),
    "no samples": (
        "classification",
        {"a": X, "b": Y},
        '"a.npz" names no samples: call them x, or x_train and x_test. Found: a, b.',
    ),
    "two of one meaning": (
        "classification",
        {"x": X, "images": X, "y": Y},
        '"a.npz" names both "x" and "images", which mean the same.',
    ),
    "whole and parts": (
        "classification",
        {"x": X, "x_test": X, "y": Y, "y_test": Y},
        '"a.npz" holds x as well as arrays of single parts: leave one of the two out.',
    ),
    "count": (
        "classification",
        {"x": X, "y": Y[:4]},
        '"y" has 4 targets for the 6 samples of "x": there must be one for each.',
    ),
    "two shapes": (
        "classification",
        {"x_train": X, "y_train": Y, "x_test": X[:, :4], "y_test": Y},
        'The samples of "x_test" are 4 × 7, those of "x_train" 8 × 7: they must have one shape.',
    ),
    "axes": (
        "classification",
        {"x": np.zeros((6, 1, 1, 1, 1, 1)), "y": Y},
        '"x" in "a.npz" has 6 axes: 2 to 5 can be used, the first counts the samples.',
    ),
    "texts": ("classification", {"x": np.asarray([["a"]] * 6), "y": Y}, '"x" holds text: samples must be numbers.'),
    "label shape": (
        "classification",
        {"x": X, "y": np.arange(12).reshape(6, 2)},
        '"y" has the shape 6 × 2: for classification it must hold one label for each sample.',
    ),
    "flag shape": (
        "multi-label",
        {"x": X, "y": Y},
        '"y" has the shape 6 and type int64: it must hold a 0 or 1 for each sample and class.',
    ),
    "mask of another size": (
        "segmentation",
        {"x": X, "y": MASK[:, :5]},
        '"y" has the shape 6 × 5 × 7 and type int32: it must hold masks of 8 × 7, as large as the samples.',
    ),
    "mask of measurements": (
        "segmentation",
        {"x": X, "y": np.arange(MASK.size).reshape(MASK.shape)},
        '"y" holds more than 256 different values: masks must hold class numbers.',
    ),
    "box shape": (
        "detection",
        {"x": X, "y": np.zeros((6, 4))},
        '"y" has the shape 6 × 4 and type float64: it must hold boxes: left, top, right, bottom as shares of the size, '
        "and the class or -1 for none.",
    ),
    "names": (
        "multi-label",
        {"x": X, "y": np.zeros((6, 3)), "classes": np.asarray(["a", "b"])},
        '"y" has 3 classes, but 2 are named: they must agree.',
    ),
    "one name twice": (
        "classification",
        {"x": X, "y": Y, "classes": np.asarray(["a", "b", "a"])},
        '"classes" in "a.npz" must name each class once, in letters that can be shown.',
    ),
    "all wrong": (
        "classification",
        {"x": X * np.nan, "y": Y},
        '"a.npz" holds no sample that can be used: x[0]: holds NaN at (0, 0) (and 5 more).',
    ),
}


@pytest.mark.parametrize(("task", "arrays", "sentence"), BAD.values(), ids=BAD.keys())
def test_arrays_that_do_not_fit_are_refused_with_a_sentence(
    tmp_path: Path, task: str, arrays: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ScanError) as refused:
        scan(tmp_path, task, **arrays)
    assert str(refused.value) == sentence


WRONG_ROWS: dict[str, tuple[str, dict[str, Any], tuple[Skipped, ...]]] = {
    "label range": (
        "classification",
        {"y": np.asarray([0, 1, 7, 0, -1, 1]), "classes": np.asarray(["a", "b"])},
        (
            Skipped("x[2]", "y[2] is 7, which is none of the 2 classes, 0 to 1"),
            Skipped("x[4]", "y[4] is -1, which is none of the 2 classes, 0 to 1"),
        ),
    ),
    "label type": (
        "classification",
        {"y": np.asarray([0, 1, 0.5, 0, np.nan, 1])},
        (
            Skipped("x[2]", "y[2] is 0.5, which is no whole number"),
            Skipped("x[4]", "y[4] is nan, which is no whole number"),
        ),
    ),
    "unknown text": (
        "classification",
        {"y": np.asarray(list("aabbcb")), "classes": np.asarray(["a", "b"])},
        (Skipped("x[4]", 'y[4] is "c", which is none of the 2 classes'),),
    ),
    "flags": (
        "multi-label",
        {"y": np.asarray([[0, 1], [1, 1], [2, 0], [0, 0], [1, 0], [0, 1]])},
        (Skipped("x[2]", "y[2] is 2, which is neither 0 nor 1"),),
    ),
    "mask": (
        "segmentation",
        {"y": np.where(np.arange(6)[:, None, None] == 3, 9, MASK), "classes": np.asarray(["a", "b"])},
        (Skipped("x[3]", "its mask y[3] holds 9, none of the classes"),),
    ),
    "mask of fractions": (
        "segmentation",
        {"y": np.where(np.arange(6)[:, None, None] == 3, 0.5, MASK)},
        (Skipped("x[3]", "its mask y[3] holds 0.5, no class number"),),
    ),
    "class of a box": (
        "detection",
        {"y": np.asarray([[[0, 0, 1, 1, n if n != 2 else 1.5]] for n in range(6)])},
        (Skipped("x[2]", "a class in y[2] is no whole number from 0 or is unknown"),),
    ),
}


@pytest.mark.parametrize(("task", "arrays", "skipped"), WRONG_ROWS.values(), ids=WRONG_ROWS.keys())
def test_a_sample_with_a_wrong_target_is_left_out_alone(
    tmp_path: Path, task: str, arrays: dict[str, Any], skipped: tuple[Skipped, ...]
) -> None:
    found = scan(tmp_path, task, x=X, **arrays)
    assert found.report.skipped == skipped
    assert len(found) == 6 - len(skipped)
    for number, name in enumerate(found.names):
        np.testing.assert_array_equal(found.read(number).values[..., 0], X[int(name[2:-1])])


TASKS: list[tuple[dict[str, Any], str | None]] = [
    ({"x": X, "y": Y}, "classification"),
    ({"x": X, "y": np.zeros((6, 3))}, "multi-label"),
    ({"x": X, "y": MASK}, "segmentation"),
    ({"x": X[..., None], "y": MASK}, "segmentation"),
    ({"x": X, "y": np.zeros((6, 3, 5))}, "detection"),
    ({"x": X}, "reconstruction"),
    ({"x": X, "y": X}, "reconstruction"),
    ({"a": X, "b": Y}, None),
]


@pytest.mark.parametrize(("arrays", "task"), TASKS)
def test_the_task_is_told_from_the_targets(tmp_path: Path, arrays: dict[str, Any], task: str | None) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    assert told_task(tmp_path / "a.npz") == task


def test_a_single_npy_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    np.save(tmp_path / "signals.npy", RANDOM.random((5, 64)))
    found = scan_arrays(ArrayFile(path=str(tmp_path / "signals.npy"), task="reconstruction"), unheard)
    assert found.facts.shape == (64, 1)
    with pytest.raises(ScanError) as refused:
        scan_arrays(ArrayFile(path=str(tmp_path / "gone.npz")), unheard)
    assert str(refused.value) == f'"{tmp_path}/gone.npz" is not there: choose where the files lie now.'
