"""Images with boxes, however these were written: from what was found to the listing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.engine.scan.gathering import FileReader, Gathered
from cnnstudio.engine.scan.image_file import read_image
from cnnstudio.engine.scan.picture_files import remark
from cnnstudio.engine.scan.pictures import usual_shape

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.data.files import FileSource
    from cnnstudio.engine.scan.listing import Listing
    from cnnstudio.engine.scan.picture_files import Picture


class Boxed(NamedTuple):
    """An image that can be used and its boxes."""

    picture: Picture
    part: int
    """Index into PARTS, -1 for none."""
    boxes: np.ndarray
    """As Raw.target."""


def box_listing(
    source: FileSource, root: Path, boxed: list[Boxed], classes: tuple[str, ...], gathered: Gathered
) -> Listing:
    """Close the scan of images with boxes. Raises ScanError when there is no image or no box."""
    for entry in boxed:
        entry.picture.put_down(gathered)
    if boxed and not any(len(entry.boxes) for entry in boxed):
        raise gathered.nothing(f'"{root.name}" holds images but no box that can be used')
    counts = np.zeros((len(boxed), len(classes)), "int64")
    for number, entry in enumerate(boxed):
        counts[number] = np.bincount(entry.boxes[:, 4].astype("int64"), minlength=len(classes))
    names = [entry.picture.file.name for entry in boxed]
    parts = np.asarray([entry.part for entry in boxed], "int8")
    targets = [entry.boxes for entry in boxed]
    hashes = np.asarray([entry.picture.head.hash for entry in boxed], "uint64")
    divided = parts if (parts >= 0).any() else None
    if boxed:
        remark(gathered, [entry.picture.head for entry in boxed], names, hashes, divided)
    empty = int((counts.sum(1) == 0).sum())
    if empty:
        gathered.find("note", f"Images without a box are taken to show no object ({empty:,}).")
    return gathered.listing(
        source,
        names=tuple(names),
        read=FileReader(root, names, read_image, targets.__getitem__),
        classes=dict(zip(classes, map(int, counts.sum(0)), strict=True)),
        counts=counts,
        shape=usual_shape([entry.picture.head for entry in boxed]) if boxed else None,
        parts=divided,
        hashes=hashes,
    )
