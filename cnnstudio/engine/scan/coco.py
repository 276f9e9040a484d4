"""Boxes in COCO's JSON format (cocodataset.org, "Data format", object detection).

Only what detection needs is kept: masks, key points and captions are passed over while they are read. One wrong
annotation is left out with its reason; a file of the wrong form is refused as a whole.
"""

from __future__ import annotations

import math
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cnnstudio.core.data.facts import MOST_CLASSES
from cnnstudio.core.declare import closest
from cnnstudio.engine.scan import boxes
from cnnstudio.engine.scan.listing import ReadError, ScanError
from cnnstudio.engine.scan.walk import file_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST_BYTES = 1 << 30
"""Of one annotation file; that of COCO's training part has 448 MB."""
_KEYS = ("images", "annotations", "categories")
_LONGEST_NAME = 4096


class _Image(msgspec.Struct):
    id: Any = None
    file_name: Any = None
    width: Any = None
    height: Any = None


class _Annotation(msgspec.Struct):
    id: Any = None
    image_id: Any = None
    category_id: Any = None
    bbox: Any = None
    iscrowd: Any = 0


class _Category(msgspec.Struct):
    id: Any = None
    name: Any = None


class _File(msgspec.Struct):
    images: list[_Image] | None = None
    annotations: list[_Annotation] | None = None
    categories: list[_Category] | None = None


class CocoImage(NamedTuple):
    """An image that an annotation file names."""

    file: str
    """Path as the file writes it, with "/" between folders."""
    width: int
    height: int
    boxes: list[tuple[float, float, float, float, int]]
    """Left, top, right, bottom as shares of width and height; class index."""


class Coco(NamedTuple):
    """An annotation file."""

    classes: tuple[str, ...]
    """In the order of their category ids."""
    images: list[CocoImage]
    crowds: int
    """Boxes round many objects at once (iscrowd), which are left out."""
    cut: int
    """Boxes that reached beyond their image and were cut at its edge."""


def is_coco(path: Path) -> bool:
    """Whether a .json file looks like an annotation file, from its first bytes."""
    try:
        with path.open("rb") as file:
            head = file.read(1 << 16)
    except OSError:
        return False
    # COCO's own files put "images" after "info" and "licenses"; others begin with annotations or categories.
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and any(f'"{key}"'.encode() in head for key in _KEYS)


def read_coco(path: Path, skip: Callable[[str, str], None], leave_out: Callable[[str, str], None]) -> Coco:
    """The annotations of a file. `skip` hears of images, `leave_out` of boxes that cannot be used, with the reason.

    Raises ScanError.
    """
    file = _decoded(path)
    for key in _KEYS[:2]:
        if getattr(file, key) is None:
            raise ScanError(f'"{path.name}" has no "{key}": it is not a COCO annotation file for boxes.')
    names, index = _categories(file.categories or [], path.name)
    images: dict[int, CocoImage] = {}
    for number, image in enumerate(file.images or []):
        _take_image(image, number, images, skip, path.name)
    crowds = cut = 0
    for number, annotation in enumerate(file.annotations or []):
        if annotation.iscrowd in (1, True):
            crowds += 1
            continue
        row, place, was_cut = _box(annotation, number, images, index, len(names))
        if isinstance(row, str):
            leave_out(f"{path.name}, {place}", row)
        else:
            images[annotation.image_id].boxes.append(row)
            cut += was_cut
    return Coco(names, list(images.values()), crowds, cut)


def _decoded(path: Path) -> _File:
    try:
        data = file_bytes(path, MOST_BYTES)
    except ReadError as error:
        raise ScanError(f'"{path.name}" cannot be read: {error}.') from error
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_File)
    except msgspec.ValidationError as error:
        said = str(error).replace("`", "").replace("array", "list").replace("object", "record")
        raise ScanError(f'"{path.name}" is not a COCO annotation file: {said[:200]}.') from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScanError(f'"{path.name}" is not whole JSON: it is damaged or cut off.') from error
    except RecursionError as error:
        raise ScanError(f'"{path.name}" is nested too deeply for an annotation file.') from error


def _categories(found: list[_Category], file: str) -> tuple[tuple[str, ...], dict[int, int]]:
    """Names in the order of their ids, and the index of each id: ids of COCO begin at 1 and have gaps."""
    by_id: dict[int, str] = {}
    names: set[str] = set()
    for number, category in enumerate(found):
        if not _is_id(category.id):
            raise ScanError(f'"{file}": category {number} has the id {_shown(category.id)}: it must be a whole number.')
        name = category.name
        if not isinstance(name, str) or not 1 <= len(name) <= 200 or not name.isprintable():
            raise ScanError(
                f'"{file}": category {category.id} has the name {_shown(name)}: 1 to 200 characters are wanted.'
            )
        if category.id in by_id:
            raise ScanError(f'"{file}": two categories have the id {category.id}: number them anew.')
        if name in names:
            raise ScanError(f'"{file}": two categories are called "{name}": rename one.')
        by_id[category.id] = name
        names.add(name)
        if len(by_id) > MOST_CLASSES:
            raise ScanError(f'"{file}" has {len(found):,} categories; there may be {MOST_CLASSES:,}.')
    if not by_id:
        raise ScanError(f'"{file}" has no categories: it must name the classes under "categories".')
    order = sorted(by_id)
    return tuple(by_id[i] for i in order), {i: n for n, i in enumerate(order)}


def _take_image(
    image: _Image, number: int, images: dict[int, CocoImage], skip: Callable[[str, str], None], file: str
) -> None:
    name = image.file_name
    place = f"{file}, image {_shown(image.id) if _is_id(image.id) else number}"
    if not _is_id(image.id):
        skip(place, f"its id is {_shown(image.id)}: a whole number is wanted")
    elif image.id in images:
        skip(place, "another image has the same id")
    elif not isinstance(name, str) or not 1 <= len(name) <= _LONGEST_NAME or "\0" in name:
        skip(place, f"its file_name is {_shown(name)}")
    elif not (_is_size(image.width) and _is_size(image.height)):
        skip(name, f"{file} gives its size as {_shown(image.width)} × {_shown(image.height)}")
    else:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            skip(name, f"{file} names a file outside the folder")
        else:
            images[image.id] = CocoImage(path.as_posix(), int(image.width), int(image.height), [])


def _box(
    annotation: _Annotation, number: int, images: dict[int, CocoImage], index: dict[int, int], classes: int
) -> tuple[tuple[float, float, float, float, int] | str, str, bool]:
    """(row or why there is none, its place for people, whether it was cut)."""
    place = f"annotation {annotation.id if _is_id(annotation.id) else number}"
    image = images.get(annotation.image_id) if _is_id(annotation.image_id) else None
    if image is None:
        return f"it belongs to the image {_shown(annotation.image_id)}, which is not listed", place, False
    place += f" ({image.file})"
    if not _is_id(annotation.category_id) or annotation.category_id not in index:
        return f"its category {_shown(annotation.category_id)} is none of the {classes}", place, False
    box = annotation.bbox
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(v) for v in box):
        return f"its bbox is {_shown(box)}: four numbers are wanted", place, False
    if len(image.boxes) >= boxes.MOST_OF_IMAGE:
        return f"more than {boxes.MOST_OF_IMAGE:,} boxes in one image", place, False
    left, top, width, height = map(float, box)
    shares = left / image.width, top / image.height, (left + width) / image.width, (top + height) / image.height
    inside = boxes.cut(*shares)
    if isinstance(inside, str):
        return f"{inside}: {_shown(box)}, image {image.width} × {image.height}", place, False
    return (*inside, index[annotation.category_id]), place, boxes.is_cut(*shares)


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9 and math.isfinite(value)


def _is_size(value: object) -> bool:
    return _is_number(value) and isinstance(value, int | float) and 1 <= value <= 1_000_000 and value == int(value)


def _shown(value: object) -> str:
    """A value out of the file, short enough for a sentence."""
    if value is None:
        return "missing"
    text = f'"{value}"' if isinstance(value, str) else str(value)[:61]
    return text if len(text) <= 60 else text[:57] + "..."


def missing_file(name: str, known: list[str]) -> str:
    """The reason for an image that the annotations name and the folder does not hold."""
    return f"not in the folder of the images. {closest(name, known)}" if known else "not in the folder of the images"
