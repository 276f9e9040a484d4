"""Looking through a person's files: which can be used as samples, which not and why, and reading them. No Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.core.data.files import ImageFolder
from cnnstudio.engine.scan.image_folder import scan_image_folder
from cnnstudio.engine.scan.listing import Listing, ScanError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.data.files import FileSource
    from cnnstudio.engine.scan.listing import Progress

_SCANNERS: dict[type[FileSource], Callable[[Any, Progress], Listing]] = {
    ImageFolder: scan_image_folder,
}
"""How each source is looked through."""


def untold(done: int, total: int) -> None:
    """Progress that nobody follows."""


def scan(source: FileSource, progress: Progress = untold) -> Listing:
    """Look through the files of a source. Raises ScanError when it cannot be used, ScanCancelled when `progress` does.

    Samples, names and numbers come out the same for the same files, on every system.
    """
    if not source.path:
        raise ScanError(source.problem())
    return _SCANNERS[type(source)](source, progress)
