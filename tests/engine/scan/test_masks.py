"""Images with masks: which value is which class, and the reason for each pair that cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from cnnstudio.core.data.facts import Skipped
from cnnstudio.core.data.files import ImageMasks
from cnnstudio.engine.scan.gathering import unheard
from cnnstudio.engine.scan.listing import ReadError, ScanError
from cnnstudio.engine.scan.masks import scan_masks
from tests.engine.scan.pictures import picture

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.engine.scan.listing import Listing

INDICES = np.random.default_rng(3).integers(0, 3, (6, 8))
"""The classes of a mask for pictures of 8 x 6."""
COLOURS = np.asarray([[0, 0, 0], [128, 64, 128], [255, 0, 9]], "uint8")


def pair(root: Path, mask: np.ndarray | Image.Image, name: str = "a.png", at: str = "") -> None:
    """A picture and its mask."""
    picture(root / at / "images" / name)
    path = root / at / "masks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (mask if isinstance(mask, Image.Image) else Image.fromarray(mask)).save(path)


def scan(root: Path, images: str = "images", masks: str = "masks") -> Listing:
    """Of two folders."""
    return scan_masks(ImageMasks(path=str(root), images=images, masks=masks), unheard)


def palette(indices: np.ndarray) -> Image.Image:
    """A mask whose pixels are entries of a palette."""
    image = Image.fromarray(indices.astype("uint8"))
    image.putpalette(COLOURS.ravel().tolist())
    return image


FORMS: dict[str, tuple[np.ndarray | Image.Image, tuple[str, ...]]] = {
    "class numbers": (INDICES.astype("uint8"), ("0", "1", "2")),
    "a palette": (palette(INDICES), ("0", "1", "2")),
    "16 bits": (INDICES.astype("uint16") * 1000, ("0", "1000", "2000")),
    "grey as RGB": (np.repeat(INDICES.astype("uint8")[..., None], 3, 2), ("0", "1", "2")),
    "colours": (COLOURS[INDICES], ("#000000", "#804080", "#ff0009")),
    "colours with alpha": (
        np.concatenate([COLOURS[INDICES], np.full((6, 8, 1), 255, "uint8")], 2),
        ("#000000", "#804080", "#ff0009"),
    ),
}


@pytest.mark.parametrize(("mask", "classes"), FORMS.values(), ids=FORMS.keys())
def test_each_form_of_mask_becomes_class_indices(
    tmp_path: Path, mask: np.ndarray | Image.Image, classes: tuple[str, ...]
) -> None:
    pair(tmp_path, mask)
    found = scan(tmp_path)
    assert found.facts.classes == classes
    np.testing.assert_array_equal(np.asarray(found.read(0).target), INDICES)
    assert list(found.report.classes.values()) == np.bincount(INDICES.ravel()).tolist()
    assert found.counts is not None
    assert found.counts.tolist() == [np.bincount(INDICES.ravel()).tolist()]
    assert found.report.kinds == {"PNG, RGB": 1}


def test_black_and_white_are_two_classes_and_may_have_names(tmp_path: Path) -> None:
    pair(tmp_path, INDICES > 0)
    pair(tmp_path, (INDICES > 0).astype("uint8"), "b.png")
    assert scan(tmp_path).facts.classes == ("0", "1")
    pair(tmp_path / "two", (INDICES > 0).astype("uint8") * 255)
    (tmp_path / "two/classes.txt").write_text("background\nroad\n", encoding="utf-8")
    found = scan(tmp_path / "two")
    assert found.facts.classes == ("background", "road")
    np.testing.assert_array_equal(np.asarray(found.read(0).target), INDICES > 0)


@pytest.mark.parametrize(
    "text",
    [
        "nothing 0 0 0\nroad 128 64 128\nred tree 255 0 9\n",
        "0 0 0 nothing\n128,64,128 road\n255 0 9 red tree\n",
        "#000000 nothing\nroad: #804080\n#FF0009, red tree\n",
        "red tree 255 0 9\nroad 128 64 128\nnothing 0 0 0\n",
    ],
)
def test_colours_get_names_from_classes_txt(tmp_path: Path, text: str) -> None:
    pair(tmp_path, COLOURS[INDICES])
    pair(tmp_path, palette(INDICES), "b.png")
    (tmp_path / "classes.txt").write_text(text, encoding="utf-8")
    found = scan(tmp_path)
    order = [found.facts.classes.index(name) for name in ("nothing", "road", "red tree")]
    for number in range(2):
        np.testing.assert_array_equal(np.asarray(found.read(number).target), np.asarray(order)[INDICES])


def test_pairs_by_name_within_parts_and_by_a_usual_suffix(tmp_path: Path) -> None:
    mask = INDICES.astype("uint8")
    pair(tmp_path, mask, "train/a.png")
    pair(tmp_path, mask, "b.png", at="val")
    picture(tmp_path / "images/train/c.jpg")
    Image.fromarray(mask).save(tmp_path / "masks/train/c_mask.png")
    picture(tmp_path / "images/train/alone.png")
    Image.fromarray(mask).save(tmp_path / "masks/train/other.png")
    picture(tmp_path / "else/d.png")
    found = scan(tmp_path)
    assert found.names == ("images/train/a.png", "images/train/c.jpg", "val/images/b.png")
    assert found.report.splits == {"training": 2, "validation": 1}
    assert found.report.skipped == (
        Skipped("else/d.png", "in neither of the folders images and masks"),
        Skipped("images/train/alone.png", "no mask of the same name in masks"),
        Skipped("masks/train/other.png", "no image of the same name in images"),
    )


def test_other_folders_can_be_named(tmp_path: Path) -> None:
    root = tmp_path / "data"
    picture(root / "photos/a.png")
    (root / "truth/fine").mkdir(parents=True)
    Image.fromarray(INDICES.astype("uint8")).save(root / "truth/fine/a.png")
    assert scan(root, images="photos", masks="truth/fine").names == ("photos/a.png",)
    with pytest.raises(ScanError) as refused:
        scan(root, images="fotos", masks="truth/fine")
    assert str(refused.value) == (
        '"data" has no folder "fotos" with images in it: set the names of the two folders. Found: photos, truth.'
    )


def test_a_mask_of_another_size_names_both_sizes(tmp_path: Path) -> None:
    pair(tmp_path, INDICES.astype("uint8"))
    pair(tmp_path, INDICES.T.astype("uint8"), "b.png")
    found = scan(tmp_path)
    assert found.report.skipped == (Skipped("images/b.png", "its mask masks/b.png has 6 × 8 pixels, the image 8 × 6"),)


@pytest.mark.parametrize(
    ("names", "mask", "reason"),
    [
        ("a\nb\n", INDICES.astype("uint8"), "its mask masks/b.png holds 2, none of 0 to 1"),
        (
            "a 0 0 0\nb 128 64 128\n",
            COLOURS[INDICES],
            "its mask masks/b.png holds the colour #ff0009, none of the colours that classes.txt names",
        ),
    ],
)
def test_a_mask_with_a_value_of_no_class_is_skipped(tmp_path: Path, names: str, mask: np.ndarray, reason: str) -> None:
    pair(tmp_path, np.where(mask == (2 if mask.ndim == 2 else COLOURS[2]), 0, mask).astype("uint8"))
    pair(tmp_path, mask, "b.png")
    (tmp_path / "classes.txt").write_text(names, encoding="utf-8")
    assert scan(tmp_path).report.skipped == (Skipped("images/b.png", reason),)


def test_masks_that_cannot_be_read_are_skipped_with_their_images(tmp_path: Path) -> None:
    mask = INDICES.astype("uint8")
    for name in ("a.png", "b.jpg", "c.png", "d.png"):
        pair(tmp_path, mask, name)
    cut = (tmp_path / "masks/c.png").read_bytes()[:-30]
    (tmp_path / "masks/c.png").write_bytes(cut)
    Image.fromarray(np.full((6, 8), 0.5, "float32")).save(tmp_path / "masks/d.tif")
    (tmp_path / "masks/d.png").unlink()
    found = scan(tmp_path)
    assert found.names == ("images/a.png",)
    reasons = {s.file: s.reason for s in found.report.skipped}
    assert reasons["masks/b.jpg"] == "a mask as JPEG, which changes its values: save it as PNG"
    assert reasons["images/b.jpg"] == "its mask masks/b.jpg cannot be used"
    assert reasons["masks/d.tif"] == "a mask must hold whole numbers"
    assert set(reasons) == {f"{folder}/{name}" for folder in ("images", "masks") for name in ("b.jpg", "c.png")} | {
        "images/d.png",
        "masks/d.tif",
    }


def test_masks_with_too_many_values_or_colours_without_names_are_refused(tmp_path: Path) -> None:
    many = np.arange(300, dtype="uint16").reshape(15, 20)
    picture(tmp_path / "many/images/a.png", (20, 15))
    (tmp_path / "many/masks").mkdir()
    Image.fromarray(many).save(tmp_path / "many/masks/a.png")
    with pytest.raises(ScanError) as refused:
        scan(tmp_path / "many")
    assert str(refused.value) == (
        "The masks hold 300 different values; 256 classes are the most: were they saved with smoothed edges or as "
        "photographs?"
    )
    pair(tmp_path / "named", COLOURS[INDICES])
    (tmp_path / "named/classes.txt").write_text("a\nb\nc\n", encoding="utf-8")
    with pytest.raises(ScanError) as refused:
        scan(tmp_path / "named")
    assert str(refused.value) == (
        'The masks hold colours, but "classes.txt" gives names alone: write its colour behind each name, as in '
        '"road 128 64 128".'
    )


def test_a_mask_that_changed_since_is_named_when_it_is_read(tmp_path: Path) -> None:
    pair(tmp_path, INDICES.astype("uint8"))
    found = scan(tmp_path)
    pair(tmp_path, (INDICES + 5).astype("uint8"))
    with pytest.raises(ReadError) as refused:
        found.read(0)
    assert str(refused.value) == (
        '"images/a.png" cannot be read any more: its mask masks/a.png has changed and holds values of no class.'
    )
