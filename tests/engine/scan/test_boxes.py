"""Images with boxes, in COCO's and YOLO's formats: boxes as shares, and the reason for each that is left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.core.data.facts import Skipped
from cnnstudio.core.data.files import CocoImages, YoloImages
from cnnstudio.engine.scan.coco import read_coco
from cnnstudio.engine.scan.coco_folder import scan_coco
from cnnstudio.engine.scan.gathering import unheard
from cnnstudio.engine.scan.listing import ReadError, ScanError
from cnnstudio.engine.scan.yolo import read_labels
from cnnstudio.engine.scan.yolo_folder import scan_yolo
from tests.engine.scan.pictures import picture
from tests.helpers.effort import times

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.engine.scan.listing import Listing

CATEGORIES = [{"id": 3, "name": "dog", "supercategory": "animal"}, {"id": 1, "name": "cat"}]


def image(id: Any = 1, name: Any = "a.png", width: Any = 8, height: Any = 6) -> dict[str, Any]:
    """An entry under images."""
    return {"id": id, "file_name": name, "width": width, "height": height, "license": 2}


def box(bbox: Any = (2, 3, 4, 3), image_id: Any = 1, category: Any = 1, id: Any = 7, **more: Any) -> dict[str, Any]:
    """An entry under annotations."""
    return {"id": id, "image_id": image_id, "category_id": category, "bbox": bbox, "segmentation": [[1, 2, 3]], **more}


def coco(path: Path, images: Any, annotations: Any, categories: Any = CATEGORIES) -> None:
    """Write an annotation file."""
    data = {"info": {}, "images": images, "annotations": annotations, "categories": categories}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({k: v for k, v in data.items() if v is not None}), encoding="utf-8")


def scan(path: Path, **options: Any) -> Listing:
    """Of a folder with COCO files."""
    return scan_coco(CocoImages(path=str(path), **options), unheard)


def assert_boxes(found: Listing, index: int, wanted: list[list[float]]) -> None:
    """The target of a sample: left, top, right, bottom and class of each box."""
    np.testing.assert_allclose(np.asarray(found.read(index).target), np.asarray(wanted), rtol=1e-6)


def test_coco_boxes_become_shares_and_ids_become_indices(tmp_path: Path) -> None:
    pixels = picture(tmp_path / "pictures/a.png")
    picture(tmp_path / "pictures/b.png")
    picture(tmp_path / "pictures/c.png")
    boxes = [box(), box([0, 0, 8, 6], category=3), box(image_id=2), box(image_id=2, iscrowd=1)]
    coco(tmp_path / "boxes.json", [image(), image(2, "b.png")], boxes)
    found = scan(tmp_path)
    assert found.names == ("pictures/a.png", "pictures/b.png")
    assert found.facts.classes == ("cat", "dog")
    assert found.report.classes == {"cat": 2, "dog": 1}
    raw = found.read(0)
    np.testing.assert_array_equal(raw.values, pixels)
    assert_boxes(found, 0, [[0.25, 0.5, 0.75, 1, 0], [0, 0, 1, 1, 1]])
    assert found.report.skipped == (Skipped("pictures/c.png", "no annotation file names it"),)
    assert "boxes.json: boxes round whole crowds (iscrowd) are left out (1)." in [
        f.message for f in found.report.diagnostics
    ]
    assert found.counts is not None
    assert found.counts.tolist() == [[1, 1], [1, 0]]


def test_coco_parts_by_file_with_equal_names_in_each(tmp_path: Path) -> None:
    for part in ("train", "val"):
        picture(tmp_path / f"{part}2017/a.png")
        coco(tmp_path / f"annotations/instances_{part}2017.json", [image()], [box()])
        coco(tmp_path / f"annotations/captions_{part}2017.json", [image()], [])
    found = scan(tmp_path)
    assert found.names == ("train2017/a.png", "val2017/a.png")
    assert found.report.splits == {"training": 1, "validation": 1}
    assert [s.reason for s in found.report.skipped] == ["the boxes are in the files called instances"] * 2


def test_coco_beside_the_images_of_each_part(tmp_path: Path) -> None:
    for part in ("train", "valid", "test"):
        picture(tmp_path / f"{part}/a.png")
        coco(tmp_path / f"{part}/_annotations.coco.json", [image()], [box()])
    assert scan(tmp_path).report.splits == {"training": 1, "validation": 1, "test": 1}


COCO_BOXES = {
    "outside": (box([20, 0, 4, 3]), "a box outside the image: [20, 0, 4, 3], image 8 × 6"),
    "no width": (box([2, 3, 0, 3]), "a box without area: [2, 3, 0, 3], image 8 × 6"),
    "negative": (box([2, 3, -4, 3]), "a box without area: [2, 3, -4, 3], image 8 × 6"),
    "three numbers": (box([2, 3, 4]), "its bbox is [2, 3, 4]: four numbers are wanted"),
    "texts": (box(["2", 3, 4, 5]), "its bbox is ['2', 3, 4, 5]: four numbers are wanted"),
    "missing": (box(None), "its bbox is missing: four numbers are wanted"),
    "true": (box([True, 3, 4, 5]), "its bbox is [True, 3, 4, 5]: four numbers are wanted"),
    "category": (box(category=9), "its category 9 is none of the 2"),
    "category of text": (box(category="cat"), 'its category "cat" is none of the 2'),
}


@pytest.mark.parametrize(("wrong", "reason"), COCO_BOXES.values(), ids=COCO_BOXES.keys())
def test_a_wrong_coco_box_is_left_out_alone(tmp_path: Path, wrong: dict[str, Any], reason: str) -> None:
    picture(tmp_path / "a.png")
    coco(tmp_path / "boxes.json", [image()], [wrong, box([4, 3, 40, 30])])
    found = scan(tmp_path)
    assert found.report.skipped == (Skipped("boxes.json, annotation 7 (a.png)", reason),)
    assert_boxes(found, 0, [[0.5, 0.5, 1, 1, 0]])
    assert {f.message for f in found.report.diagnostics} == {
        "boxes.json: boxes that reach beyond their image are cut at its edge (1).",
        "Boxes that cannot be used are left out, their images are kept (1).",
    }


COCO_IMAGES = {
    "not there": (image(2, "c.png"), "c.png", 'not in the folder of the images. Did you mean "b.png" or "a.png"?'),
    "another size": (image(2, "b.png", 80, 60), "b.png", "it has 8 × 6 pixels, but boxes.json says 80 × 60"),
    "size of text": (image(2, "b.png", "8"), "b.png", 'boxes.json gives its size as "8" × 6'),
    "outside": (image(2, "../b.png"), "../b.png", "boxes.json names a file outside the folder"),
    "absolute": (image(2, "/etc/passwd"), "/etc/passwd", "boxes.json names a file outside the folder"),
    "id of text": (image("x", "b.png"), "boxes.json, image 1", 'its id is "x": a whole number is wanted'),
    "same id": (image(1, "b.png"), "boxes.json, image 1", "another image has the same id"),
    "name of numbers": (image(2, 5), "boxes.json, image 2", "its file_name is 5"),
}


@pytest.mark.parametrize(("wrong", "file", "reason"), COCO_IMAGES.values(), ids=COCO_IMAGES.keys())
def test_a_wrong_coco_image_is_skipped_alone(tmp_path: Path, wrong: dict[str, Any], file: str, reason: str) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    coco(tmp_path / "boxes.json", [image(), wrong], [box()])
    found = scan(tmp_path)
    assert Skipped(file, reason) in found.report.skipped
    assert found.names == ("a.png",)


def test_a_box_of_an_image_that_is_not_listed_says_so(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    coco(tmp_path / "boxes.json", [image()], [box(), box(image_id=5, id=8)])
    assert scan(tmp_path).report.skipped == (
        Skipped("boxes.json, annotation 8", "it belongs to the image 5, which is not listed"),
    )


COCO_FILES = {
    "no list": (
        '{"images": {}, "annotations": []}',
        '"boxes.json" is not a COCO annotation file: Expected list | null, got record - at $.images.',
    ),
    "no annotations": (
        '{"images": []}',
        '"boxes.json" has no "annotations": it is not a COCO annotation file for boxes.',
    ),
    "no classes": (
        '{"images": [], "annotations": []}',
        '"boxes.json" has no categories: it must name the classes under "categories".',
    ),
    "cut off": ('{"images": [', '"boxes.json" is not whole JSON: it is damaged or cut off.'),
    "two ids": (
        '{"images": [], "annotations": [], "categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}',
        '"boxes.json": two categories have the id 1: number them anew.',
    ),
    "two names": (
        '{"images": [], "annotations": [], "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]}',
        '"boxes.json": two categories are called "a": rename one.',
    ),
    "no name": (
        '{"images": [], "annotations": [], "categories": [{"id": 1}]}',
        '"boxes.json": category 1 has the name missing: 1 to 200 characters are wanted.',
    ),
    "deep": (
        '{"images": [], "other": ' + "[" * 100_000,
        '"boxes.json" is nested too deeply for an annotation file.',
    ),
    "nothing": (
        "[]",
        '"data" holds no COCO annotation file (.json): choose the folder with the images and their annotations.',
    ),
}


@pytest.mark.parametrize(("text", "sentence"), COCO_FILES.values(), ids=COCO_FILES.keys())
def test_a_bad_coco_file_is_refused_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/boxes.json").write_text(text, encoding="utf-8")
    with pytest.raises(ScanError) as refused:
        scan(tmp_path / "data")
    assert str(refused.value) == sentence


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "bbox", "name"]), inner),
    max_leaves=8,
)


@settings(max_examples=times(25))
@given(_JSON, _JSON, _JSON, _JSON, st.binary(max_size=3))
def test_any_json_is_boxes_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, bbox: Any, id: Any, size: Any, entry: Any, end: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    images = [image(id), image(2, "b.png", size), image(3)]
    data = {"images": images, "annotations": [box(bbox, 3), box(bbox, id), box(id=id), entry], "categories": CATEGORIES}
    path.write_bytes(json.dumps(data).encode() + end)
    reasons: list[str] = []

    def noted(place: str, reason: str) -> None:
        reasons.append(reason)

    try:
        found = read_coco(path, noted, noted)
    except ScanError:
        return
    assert all(reasons)
    assert all(0 <= v <= 1 for i in found.images for row in i.boxes for v in row[:4])


def yolo(path: Path, text: str | None, name: str = "images/train/a.png") -> None:
    """An image and its label file."""
    picture(path / name)
    if text is not None:
        label = path / name.replace("images", "labels").replace(".png", ".txt")
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text(text, encoding="utf-8")


def test_yolo_boxes_are_corners_and_parts_are_folders(tmp_path: Path) -> None:
    yolo(tmp_path, "0 0.5 0.5 0.5 0.25\n1 0.25 0.25 0.5 0.5\n")
    yolo(tmp_path, "1 0.1 0.2 0.3 0.2 0.3 0.6 0.1 0.6\n", "images/val/b.png")
    yolo(tmp_path, "", "images/val/c.png")
    yolo(tmp_path, None, "images/val/d.png")
    (tmp_path / "data.yaml").write_text("train: images/train\nnames: [cat, dog]\n", encoding="utf-8")
    found = scan_yolo(YoloImages(path=str(tmp_path)), unheard)
    assert found.report.skipped == ()
    assert found.report.splits == {"training": 1, "validation": 3}
    assert found.report.classes == {"cat": 1, "dog": 2}
    assert_boxes(found, 0, [[0.25, 0.375, 0.75, 0.625, 0], [0, 0, 0.5, 0.5, 1]])
    assert_boxes(found, 1, [[0.1, 0.2, 0.3, 0.6, 1]])
    assert np.shape(np.asarray(found.read(2).target)) == (0, 5)
    assert "Images without a box are taken to show no object (2)." in [f.message for f in found.report.diagnostics]


def test_yolo_labels_lie_in_each_part_or_beside_the_images(tmp_path: Path) -> None:
    yolo(tmp_path / "parts", "0 0.5 0.5 1 1", "train/images/a.png")
    yolo(tmp_path / "parts", "3 0.5 0.5 1 1", "test/images/a.png")
    found = scan_yolo(YoloImages(path=str(tmp_path / "parts")), unheard)
    assert found.facts.parts == ("training", "test")
    assert found.facts.classes == ("0", "1", "2", "3")
    picture(tmp_path / "beside/a.png")
    (tmp_path / "beside/a.txt").write_text("0 0.5 0.5 1 1", encoding="utf-8")
    (tmp_path / "beside/b.txt").write_text("0 0.5 0.5 1 1", encoding="utf-8")
    (tmp_path / "beside/classes.txt").write_text("cat\n", encoding="utf-8")
    found = scan_yolo(YoloImages(path=str(tmp_path / "beside")), unheard)
    assert found.facts.classes == ("cat",)
    assert found.report.skipped == (Skipped("b.txt", "no image belongs to it"),)


YOLO_LINES = {
    "count": ("0 0.5 0.5 0.5", "4 values; a line holds a class and 4 numbers"),
    "six": ("0 0.5 0.5 0.5 0.5 0.9", "6 values; a line holds a class and 4 numbers"),
    "text": ("0 0.5 x 0.5 0.5", '"x" is not a number'),
    "NaN": ("0 0.5 nan 0.5 0.5", '"nan" is not a number'),
    "name": ("cat 0.5 0.5 0.5 0.5", '"cat" is not a number'),
    "class": ("2 0.5 0.5 0.5 0.5", "class 2, but the classes are 0 to 1"),
    "half a class": ("0.5 0.5 0.5 0.5 0.5", "class 0.5: a whole number from 0 is wanted"),
    "negative class": ("-1 0.5 0.5 0.5 0.5", "class -1: a whole number from 0 is wanted"),
    "huge class": ("1e300 0.5 0.5 0.5 0.5", "class 1e300: a whole number from 0 is wanted"),
    "pixels": ("0 320 240 20 20", "320 is not a share of the image: numbers from 0 to 1 are wanted, not pixels"),
    "outside": ("0 1.8 0.5 0.2 0.2", "a box outside the image"),
    "no area": ("0 0.5 0.5 0 0.2", "a box without area"),
    "negative width": ("0 0.5 0.5 -0.5 0.2", "a box without area"),
    "twice": ("1 0.9 0.5 0.4 0.5", "the same box a second time"),
}


@pytest.mark.parametrize(("line", "reason"), YOLO_LINES.values(), ids=YOLO_LINES.keys())
def test_a_wrong_yolo_line_is_left_out_alone(tmp_path: Path, line: str, reason: str) -> None:
    yolo(tmp_path, f"1 0.9 0.5 0.4 0.5\n\n{line}\n")
    (tmp_path / "classes.txt").write_text("cat\ndog\n", encoding="utf-8")
    found = scan_yolo(YoloImages(path=str(tmp_path)), unheard)
    assert found.report.skipped == (Skipped("labels/train/a.txt, line 3", reason),)
    assert_boxes(found, 0, [[0.7, 0.25, 1, 0.75, 1]])


def test_yolo_without_labels_and_with_labels_that_are_no_text(tmp_path: Path) -> None:
    yolo(tmp_path / "data", None)
    with pytest.raises(ScanError) as refused:
        scan_yolo(YoloImages(path=str(tmp_path / "data")), unheard)
    assert str(refused.value) == (
        '"data" has images but no label file for any of them: YOLO wants labels/a.txt for images/a.png.'
    )
    yolo(tmp_path / "data", "")
    (tmp_path / "data/labels/train/a.txt").write_bytes(b"0 \xff")
    with pytest.raises(ScanError) as refused:
        scan_yolo(YoloImages(path=str(tmp_path / "data")), unheard)
    assert str(refused.value) == (
        '"data" holds no sample that can be used: images/train/a.png: its label file is not a text.'
    )


@settings(max_examples=times(40))
@given(st.binary(max_size=60) | st.lists(st.floats(), max_size=9).map(lambda v: " ".join(map(str, v)).encode()))
def test_any_label_file_is_boxes_or_reasons(data: bytes) -> None:
    reasons: list[str] = []
    try:
        found = read_labels(data, 3, lambda line, reason: reasons.append(reason))
    except ReadError:
        return
    assert all(reasons)
    assert all(0 <= v <= 1 for row in found.boxes for v in row[:4])
    assert all(0 <= row[4] < 3 for row in found.boxes)
