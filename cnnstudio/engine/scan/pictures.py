"""What all sources of pictures share: reading one by its number, the usual shape, remarks on unusual ones."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from cnnstudio.engine.scan.image_file import RULES, ImageHead, read_image
from cnnstudio.engine.scan.listing import Raw, ReadError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from cnnstudio.engine.scan.gathering import Gathered
    from cnnstudio.engine.scan.walk import Found


class PictureReader:
    """Reads the picture of a sample; its target is its class or, without labels, itself."""

    def __init__(self, root: Path, files: Sequence[str], labels: np.ndarray | None) -> None:
        self._root, self._files, self._labels = root, files, labels

    def __call__(self, index: int) -> Raw:
        """Raises ReadError."""
        target = None if self._labels is None else int(self._labels[index])
        return Raw(read_picture(self._root, self._files[index]), target)


def read_picture(root: Path, name: str) -> np.ndarray:
    """As `read_image`; what is wrong is a sentence with the file's name. Raises ReadError."""
    try:
        return read_image(os.path.join(root, name))
    except ReadError as error:
        raise ReadError(f'"{name}" cannot be read: {error}.') from error


def unlike_an_image(file: Found) -> str:
    """Why a file is not taken for an image, by its name, as a clause."""
    return f"not an image: unknown ending {file.ending}" if file.ending else "not an image: a name without an ending"


def usual_shape(heads: Sequence[ImageHead]) -> tuple[int, int, int]:
    """The most frequent size, and the channels of most; of equally frequent ones the largest."""
    height, width = _most(Counter((h.height, h.width) for h in heads))
    (channels,) = _most(Counter((h.channels,) for h in heads))
    return height, width, channels


def _most(counted: Counter[tuple[int, ...]]) -> tuple[int, ...]:
    return max(counted, key=lambda value: (counted[value], value))


def remark_on_pictures(heads: Sequence[ImageHead], gathered: Gathered) -> None:
    """Say what is done about pictures that are not plain grey or RGB of one size."""
    total = len(heads)
    sizes = Counter((h.height, h.width) for h in heads)
    if len(sizes) > 1:
        gathered.find(
            "note",
            f"The images come in {len(sizes):,} sizes: Preparation brings all to one height and width.",
        )
    grey = sum(h.channels == 1 for h in heads)
    if 0 < grey < total:
        as_found = "grey, by the brightness of their colours" if grey * 2 > total else "RGB, with three equal channels"
        gathered.find(
            "note",
            f"Grey: {grey:,} of {total:,} images, the others in colour. All are made {as_found}, unless Preparation "
            "says otherwise.",
        )
    kinds = Counter(h.kind for h in heads)
    for words, rule in RULES.items():
        if count := sum(n for kind, n in kinds.items() if words in kind):
            gathered.find("note", f"{rule} ({count:,} of {total:,} images).")
