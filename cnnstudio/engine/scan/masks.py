"""Images with masks under the same names: class numbers, palette entries or one colour a class.

A mask is read as it is stored: entries of a palette, not its colours, are class numbers, unless other masks of the
folder hold colours. Names come from classes.txt, one a line, with a colour behind each name where masks hold colours.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.engine.scan.class_names import TEXTS, YAMLS, read_names
from cnnstudio.engine.scan.gathering import FileReader, Gathered, each
from cnnstudio.engine.scan.image_file import ENDINGS, decoded, read_image
from cnnstudio.engine.scan.listing import ReadError, ScanError
from cnnstudio.engine.scan.part_words import told_folder_part
from cnnstudio.engine.scan.picture_files import Picture, remark, usable_pictures
from cnnstudio.engine.scan.pictures import unlike_an_image, usual_shape
from cnnstudio.engine.scan.walk import Found, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.data.files import ImageMasks
    from cnnstudio.engine.scan.listing import Listing, Progress

MOST_CLASSES = 256
_MOST_SEEN = 4096
"""Different values of one mask that are kept: more of them are no classes in any case."""
_LOSSY = (".jpg", ".jpeg", ".jpe", ".jfif")
_BEHIND = re.compile(r"(.+?)[\s,:;]+(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\d{1,3})", re.ASCII)
_BEFORE = re.compile(r"(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\d{1,3})[\s,:;]+(.+)", re.ASCII)
_HASHED = re.compile(r"#([0-9a-fA-F]{6})[\s,:;]+(.+)|(.+?)[\s,:;]+#([0-9a-fA-F]{6})")


class Mask(NamedTuple):
    """What a mask holds."""

    height: int
    width: int
    numbers: dict[int, int] | None
    """Pixels of each class number; None where it holds colours that are not grey."""
    colours: dict[int, int]
    """Pixels of each colour, 0xRRGGBB."""


class Legend(NamedTuple):
    """Which values mean which class."""

    values: np.ndarray
    """int64, rising: what masks hold."""
    classes: np.ndarray
    """The class of each."""
    names: tuple[str, ...]
    coloured: bool


def scan_masks(source: ImageMasks, progress: Progress) -> Listing:
    """Pair images with masks and look at both. Raises ScanError."""
    root = Path(source.path).expanduser()
    walked = walk(root, progress)
    gathered = Gathered(root, walked.skipped)
    pairs = _pairs(walked.files, source, root, gathered)
    if not pairs:
        raise gathered.nothing(f'"{root.name}" holds no image with a mask of the same name')
    pictures = usable_pictures(root, [image for image, _ in pairs], gathered, progress)
    mask_of = {image.name: mask for image, mask in pairs}
    seen = dict(each(root, [mask_of[p.file.name] for p in pictures], _look, gathered, progress))
    for number in set(range(len(pictures))) - seen.keys():
        gathered.skip(pictures[number].file.name, f"its mask {mask_of[pictures[number].file.name].name} cannot be used")
    fitting = [(p, seen[n]) for n, p in enumerate(pictures) if n in seen and _fits(p, seen[n], mask_of, gathered)]
    legend = _legend(root, [m for _, m in fitting])
    known = [(p, m) for p, m in fitting if _known(p, m, legend, mask_of, gathered)]
    for picture, _ in known:
        picture.put_down(gathered)
    counts = np.asarray([_counts(m, legend) for _, m in known], "int64").reshape(len(known), len(legend.names))
    names = [p.file.name for p, _ in known]
    parts = np.asarray([told_folder_part(p.file.folders) for p, _ in known], "int8")

    hashes = np.asarray([p.head.hash for p, _ in known], "uint64")
    divided = parts if (parts >= 0).any() else None
    if known:
        remark(gathered, [p.head for p, _ in known], names, hashes, divided)

    def target(index: int) -> np.ndarray:
        mask = mask_of[names[index]].name
        try:
            values, _ = mask_values(root / mask, legend.coloured)
        except ReadError as error:
            raise ReadError(f"its mask {mask}: {error}") from error
        at = np.minimum(np.searchsorted(legend.values, values), len(legend.values) - 1)
        if not (legend.values[at] == values).all():
            raise ReadError(f"its mask {mask} has changed and holds values of no class")
        return legend.classes[at].astype("int32")

    return gathered.listing(
        source,
        names=tuple(names),
        read=FileReader(root, names, read_image, target),
        classes=dict(zip(legend.names, map(int, counts.sum(0)), strict=True)),
        counts=counts,
        shape=usual_shape([p.head for p, _ in known]) if known else None,
        parts=divided,
        hashes=hashes,
    )


def _pairs(files: Sequence[Found], source: ImageMasks, root: Path, gathered: Gathered) -> list[tuple[Found, Found]]:
    images, masks = _sorted(files, source, gathered)
    for folder, found in ((source.images, images), (source.masks, masks)):
        if not found:
            there = ", ".join(sorted({f.folders[0] for f in files if f.folders})[:8]) or "no folders"
            raise ScanError(
                f'"{root.name}" has no folder "{folder}" with images in it: set the names of the two folders. '
                f"Found: {there}."
            )
    pairs = []
    for key, image in images.items():
        mask = next((masks.pop(k) for k in (key, f"{key}_mask", f"{key}-mask") if k in masks), None)
        if mask is None:
            gathered.skip(image.name, f"no mask of the same name in {source.masks}")
        else:
            pairs.append((image, mask))
    for mask in masks.values():
        gathered.skip(mask.name, f"no image of the same name in {source.images}")
    return pairs


def _sorted(
    files: Sequence[Found], source: ImageMasks, gathered: Gathered
) -> tuple[dict[str, Found], dict[str, Found]]:
    """Images and masks by their path without the folder's name and the ending."""
    images: dict[str, Found] = {}
    masks: dict[str, Found] = {}
    for file in files:
        kind, key = _key(file, source)
        if kind == "" and file.name in (*TEXTS, *YAMLS):
            gathered.used(file)
        elif file.ending not in ENDINGS:
            gathered.skip(file.name, unlike_an_image(file))
        elif kind == "":
            gathered.skip(file.name, f"in neither of the folders {source.images} and {source.masks}")
        elif key in (images if kind == "image" else masks):
            gathered.skip(file.name, f"another {kind} has the same name but for its ending")
        else:
            (images if kind == "image" else masks)[key] = file
    return images, masks


def _key(file: Found, source: ImageMasks) -> tuple[str, str]:
    """("image", "mask" or "", key): images/train/a.png and train/images/a.png both are train/a."""
    for kind, folder in (("mask", source.masks), ("image", source.images)):
        wanted = tuple(folder.strip("/").split("/"))
        for at in range(len(file.folders) - len(wanted) + 1):
            if file.folders[at : at + len(wanted)] == wanted:
                rest = (*file.folders[:at], *file.folders[at + len(wanted) :], file.name.rpartition("/")[2])
                return kind, "/".join(rest).removesuffix(file.name[len(file.name) - len(file.ending) :])
    return "", ""


def mask_values(path: Path, coloured: bool | None = None) -> tuple[np.ndarray, bool]:
    """(int64 (height, width), whether they are colours 0xRRGGBB and not numbers).

    `coloured`: what is wanted; None: as the mask is. Raises ReadError with the reason as a clause.
    """
    with decoded(path) as image:
        if image.mode == "P" and not coloured:
            return np.asarray(image).astype("int64"), False
        if image.mode in ("1", "L", "I", "F") or image.mode.startswith("I;16"):
            pixels = np.asarray(image)
            if pixels.dtype.kind == "f" and not (np.floor(pixels) == pixels).all():
                raise ReadError("a mask must hold whole numbers")
            numbers = pixels.astype("int64")
            if image.mode == "1":
                numbers = (numbers != 0).astype("int64")
            return (numbers * 0x10101, True) if coloured else (numbers, False)
        colours = np.asarray(image.convert("RGB")).astype("int64")
    red, green, blue = colours[..., 0], colours[..., 1], colours[..., 2]
    if not coloured and (red == green).all() and (green == blue).all():
        return red, False
    if coloured is False:
        raise ReadError("a mask holds colours now, and class numbers when it was scanned")
    return (red << 16) + (green << 8) + blue, True


def _look(path: Path) -> Mask:
    if path.suffix.lower() in _LOSSY:
        raise ReadError("a mask as JPEG, which changes its values: save it as PNG")
    values, coloured = mask_values(path)
    height, width = values.shape
    seen = _counted(values)
    if coloured:
        return Mask(height, width, None, seen)
    colours = {v * 0x10101: n for v, n in seen.items()}
    with decoded(path) as image:
        if image.mode == "P":
            colours = _counted(mask_values(path, coloured=True)[0])
    return Mask(height, width, seen, colours)


def _counted(values: np.ndarray) -> dict[int, int]:
    found, counts = np.unique(values, return_counts=True)
    if len(found) > _MOST_SEEN:
        raise ReadError(f"{len(found):,} different values: a mask names a class for each pixel")
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _fits(picture: Picture, mask: Mask, mask_of: dict[str, Found], gathered: Gathered) -> bool:
    height, width, _ = picture.head.shape
    if (mask.height, mask.width) == (height, width):
        return True
    gathered.skip(
        picture.file.name,
        f"its mask {mask_of[picture.file.name].name} has {mask.width:,} × {mask.height:,} pixels, the image "
        f"{width:,} × {height:,}",
    )
    return False


def _legend(root: Path, masks: list[Mask]) -> Legend:
    """Which values are classes: those that classes.txt names, or else all that there are."""
    coloured = any(m.numbers is None for m in masks)
    names, file = read_names(root)
    if names:
        return _named(names, file, coloured, masks)
    seen = sorted({v for m in masks for v in _held(m, coloured)})
    if len(seen) > MOST_CLASSES:
        raise ScanError(
            f"The masks hold {len(seen):,} different {'colours' if coloured else 'values'}; {MOST_CLASSES} classes are "
            "the most: were they saved with smoothed edges or as photographs?"
        )
    shown = tuple(f"#{v:06x}" if coloured else str(v) for v in seen)
    return Legend(np.asarray(seen, "int64"), np.arange(len(seen)), shown, coloured)


def _named(names: tuple[str, ...], file: str, coloured: bool, masks: list[Mask]) -> Legend:
    entries = [_colour(line) for line in names]
    plain = tuple(name for name, _ in entries)
    if len(set(plain)) < len(plain):
        raise ScanError(f'"{file}" names a class twice: rename one.')
    if all(value is not None for _, value in entries):
        values = np.asarray([value for _, value in entries], "int64")
        if len(set(values.tolist())) < len(values):
            raise ScanError(f'"{file}" gives two classes the same colour: change one.')
        coloured = coloured or any(
            m.numbers != {} and not _held(m, False).keys() <= set(range(len(names))) for m in masks
        )
        if coloured:
            order = np.argsort(values)
            return Legend(values[order], order, plain, True)
    elif coloured:
        raise ScanError(
            f'The masks hold colours, but "{file}" gives names alone: write its colour behind each name, as in '
            '"road 128 64 128".'
        )
    if len(names) == 2 and {v for m in masks for v in _held(m, False)} <= {0, 255}:
        return Legend(np.asarray([0, 255]), np.arange(2), plain, False)
    return Legend(np.arange(len(names)), np.arange(len(names)), plain, False)


def _colour(line: str) -> tuple[str, int | None]:
    """A line of classes.txt: its name, and its colour if it gives one before or behind it."""
    if match := _HASHED.fullmatch(line):
        return (match[2] or match[3]).strip(), int(match[1] or match[4], 16)
    if match := _BEHIND.fullmatch(line):
        name, parts = match[1], match.groups()[1:]
    elif match := _BEFORE.fullmatch(line):
        name, parts = match[4], match.groups()[:3]
    else:
        return line, None
    red, green, blue = map(int, parts)
    return (name.strip(), (red << 16) + (green << 8) + blue) if max(red, green, blue) < 256 else (line, None)


def _held(mask: Mask, coloured: bool) -> dict[int, int]:
    return mask.colours if coloured or mask.numbers is None else mask.numbers


def _known(picture: Picture, mask: Mask, legend: Legend, mask_of: dict[str, Found], gathered: Gathered) -> bool:
    wrong = sorted(_held(mask, legend.coloured).keys() - set(legend.values.tolist()))
    if not wrong:
        return True
    value = f"the colour #{wrong[0]:06x}" if legend.coloured else str(wrong[0])
    classes = "the colours that classes.txt names" if legend.coloured else f"0 to {len(legend.names) - 1}"
    gathered.skip(picture.file.name, f"its mask {mask_of[picture.file.name].name} holds {value}, none of {classes}")
    return False


def _counts(mask: Mask, legend: Legend) -> np.ndarray:
    counts = np.zeros(len(legend.names), "int64")
    for value, number in _held(mask, legend.coloured).items():
        counts[legend.classes[int(np.searchsorted(legend.values, value))]] += number
    return counts
