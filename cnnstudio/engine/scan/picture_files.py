"""The pictures that a source with annotations names: which of them can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.engine.scan.heads import image_heads
from cnnstudio.engine.scan.pictures import remark_on_pictures
from cnnstudio.engine.scan.remarks import remark_on_copies, remark_on_parts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from cnnstudio.engine.scan.gathering import Gathered
    from cnnstudio.engine.scan.image_file import ImageHead
    from cnnstudio.engine.scan.listing import Progress
    from cnnstudio.engine.scan.walk import Found


class Picture(NamedTuple):
    """A picture that can be used, as far as its head tells."""

    file: Found
    head: ImageHead

    def put_down(self, gathered: Gathered) -> None:
        """It is used: for the report and the fingerprint."""
        gathered.used(self.file)
        gathered.kind(self.head.kind)
        gathered.size(self.head.shape)


def usable_pictures(root: Path, files: Sequence[Found], gathered: Gathered, progress: Progress) -> list[Picture]:
    """Those whose heads can be read, in their order; the reasons are put down for the others."""
    pictures = []
    looked = image_heads(root, files, progress)
    gathered.cached = not looked.opened
    for file, head in zip(files, looked.heads, strict=True):
        if isinstance(head, str):
            gathered.skip(file.name, head)
        else:
            pictures.append(Picture(file, head))
    return pictures


def remark(
    gathered: Gathered, heads: Sequence[ImageHead], names: Sequence[str], hashes: np.ndarray, parts: np.ndarray | None
) -> None:
    """What a person should know of pictures that have masks or boxes; arrays as in Listing."""
    remark_on_pictures(heads, gathered)
    if parts is not None:
        remark_on_parts(parts, gathered)
    remark_on_copies(hashes, names, gathered, parts=parts)
