"""A folder of images: one subfolder a class, perhaps below train, validation and test; or images to be given back.

The class of an image is the topmost folder that it lies in (below that of its part), however deep it lies. Parts are
taken from the folders where one of them is called train or training. A folder that holds nothing but one other folder
is gone through, as archives are often unpacked into one of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.core.data.facts import MOST_CLASSES, PARTS
from cnnstudio.core.data.info import Task
from cnnstudio.engine.scan.gathering import Gathered
from cnnstudio.engine.scan.heads import image_heads
from cnnstudio.engine.scan.image_file import ENDINGS, ImageHead
from cnnstudio.engine.scan.listing import ScanError
from cnnstudio.engine.scan.part_words import WORDS
from cnnstudio.engine.scan.pictures import PictureReader, remark_on_pictures, unlike_an_image, usual_shape
from cnnstudio.engine.scan.remarks import in_order, remark_on_classes, remark_on_copies, remark_on_parts
from cnnstudio.engine.scan.walk import Found, Walked, walk, writable

if TYPE_CHECKING:
    from cnnstudio.core.data.files import ImageFolder
    from cnnstudio.engine.scan.listing import Listing, Progress


class Placed(NamedTuple):
    """An image and what its folders say."""

    file: Found
    part: int
    """Index into PARTS; -1 where no folder says."""
    name: str
    """Its class; "" where none is asked for."""


class Layout(NamedTuple):
    """How the folders are to be read."""

    start: str
    """Folder that all lies in, relative and with a "/" at its end; "" for the chosen one itself."""
    parts: dict[str, int]
    """Folder within `start` -> index into PARTS; {} where no parts are told."""

    @property
    def depth(self) -> int:
        """How many folders lie above those of the classes."""
        return self.start.count("/") + bool(self.parts)


class Used(NamedTuple):
    """An image that can be read."""

    placed: Placed
    head: ImageHead


def scan_image_folder(source: ImageFolder, progress: Progress) -> Listing:
    """See the module. Raises ScanError, ScanCancelled."""
    root = Path(source.path)
    walked = walk(root, progress)
    gathered = Gathered(root, walked.skipped)
    layout = found_layout(walked)
    is_classified = source.task_found is Task.CLASSIFICATION
    placed = _images(walked, layout, gathered, is_classified=is_classified)
    looked = image_heads(root, [p.file for p in placed], progress)
    gathered.cached = not looked.opened
    used = []
    for one, head in zip(placed, looked.heads, strict=True):
        if isinstance(head, ImageHead):
            used.append(Used(one, head))
        else:
            gathered.skip(one.file.name, head)
    names = _class_names(used) if is_classified else ()
    if is_classified:
        _remark_on_empty(walked, layout, names, gathered)
    return _listing(source, root, used, names, gathered)


def found_layout(walked: Walked) -> Layout:
    """Where the classes or parts begin, and which folders are parts."""
    start = ""
    with_files = {"".join(f"{name}/" for name in file.folders) for file in walked.files}
    while len(inner := _within(walked.folders, start)) == 1 and start not in with_files:
        if inner[0].lower() in WORDS or not _within(walked.folders, f"{start}{inner[0]}/"):
            break
        start += f"{inner[0]}/"
    parts = {name: PARTS.index(WORDS[name.lower()]) for name in _within(walked.folders, start) if name.lower() in WORDS}
    return Layout(start, parts if 0 in parts.values() else {})


def _within(folders: tuple[str, ...], start: str) -> list[str]:
    """Names of the folders directly in `start`."""
    return [f[len(start) :] for f in folders if f.startswith(start) and "/" not in f[len(start) :]]


def _images(walked: Walked, layout: Layout, gathered: Gathered, *, is_classified: bool) -> list[Placed]:
    """The files that are images by their name and place; all others are put down with the reason."""
    placed = []
    images = [f for f in walked.files if f.ending in ENDINGS]
    for file in walked.files:
        if file.ending not in ENDINGS:
            gathered.skip(file.name, unlike_an_image(file))
        elif isinstance(place := placed_in(file, layout, is_classified=is_classified), Placed):
            placed.append(place)
        else:
            gathered.skip(file.name, place)
    if images and not placed:
        raise ScanError(
            f'"{walked.root.name}" has images but no folders of classes: put the images of each class into a folder '
            "of its own, or choose the task reconstruction."
        )
    return placed


def placed_in(file: Found, layout: Layout, *, is_classified: bool) -> Placed | str:
    """Part and class by the folders, or why the image has none, as a clause."""
    folders = list(file.folders)[layout.start.count("/") :]
    part = -1
    if layout.parts:
        part = layout.parts.get(folders.pop(0), -1) if folders else -1
        if part < 0:
            return "beside the folders of the parts, so in none of them"
    if not is_classified:
        return Placed(file, part, "")
    return Placed(file, part, writable(folders[0])) if folders else "in no folder of a class"


def _class_names(used: list[Used]) -> tuple[str, ...]:
    names = tuple(sorted({u.placed.name for u in used}, key=in_order))
    if len(names) > MOST_CLASSES:
        raise ScanError(
            f"There are {len(names):,} folders of classes; there may be {MOST_CLASSES:,}: put some together."
        )
    return names


def _remark_on_empty(walked: Walked, layout: Layout, names: tuple[str, ...], gathered: Gathered) -> None:
    starts = [f"{layout.start}{part}/" for part in layout.parts] or [layout.start]
    folders = {writable(name) for start in starts for name in _within(walked.folders, start)}
    for name in sorted(folders - set(names), key=in_order)[:20]:
        gathered.find(
            "warning",
            f'The folder "{name}" holds no image that can be used, so it is no class: fill it or remove it.',
        )


def _listing(source: ImageFolder, root: Path, used: list[Used], names: tuple[str, ...], gathered: Gathered) -> Listing:
    index = {name: number for number, name in enumerate(names)}
    labels = np.asarray([index[u.placed.name] for u in used], "int32") if names else None
    parts = np.asarray([u.placed.part for u in used], "int8")
    is_divided = bool((parts >= 0).any())
    hashes = np.asarray([u.head.hash for u in used], "uint64")
    files = tuple(u.placed.file.name for u in used)
    for one in used:
        gathered.used(one.placed.file)
        gathered.kind(one.head.kind)
        gathered.size(one.head.shape)
    heads = [u.head for u in used]
    remark_on_pictures(heads, gathered)
    if labels is not None:
        remark_on_classes(names, labels, parts if is_divided else None, gathered)
    if is_divided:
        remark_on_parts(parts, gathered)
    remark_on_copies(hashes, files, gathered, labels=labels, parts=parts if is_divided else None)
    counts = [] if labels is None else np.bincount(labels, minlength=len(names)).tolist()
    return gathered.listing(
        source,
        names=files,
        read=PictureReader(root, files, labels),
        classes=dict(zip(names, counts, strict=True)),
        shape=usual_shape(heads) if heads else None,
        labels=labels,
        parts=parts if is_divided else None,
        hashes=hashes,
    )
