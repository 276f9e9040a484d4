"""Where a file goes: a folder, a name, and the ending that goes with the form. The name stays when the form changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.core.exporting import FORMATS

if TYPE_CHECKING:
    from cnnstudio.core.exporting import ExportFormat


class Place:
    """Reads what stands in the field of the path, and writes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._endings: tuple[str, ...] = ("",)
        self.stem = ""
        """The name without folder and ending."""
        self.ending = ""

    @property
    def text(self) -> str:
        """What stands in the field."""
        return str(self._folder / f"{self.stem}{self.ending}") if self.stem else ""

    def turn(self, form: ExportFormat, remembered: str) -> None:
        """The file shall be of that form; `remembered` is the ending it had the last time."""
        self._endings = form.endings
        self.ending = remembered if remembered in form.endings else form.endings[0]

    def read(self, text: str) -> None:
        """The person has written this."""
        path = self.path_of(text)
        self._folder = path.parent if text.strip() else self._folder
        found = [ending for ending in self._endings if ending and path.name.endswith(ending)]
        self.ending = max(found, key=len, default=self.ending)
        self.stem = _bare(path.name) if text.strip() else ""

    def path_of(self, text: str) -> Path:
        """The whole path that a text means: one without a folder lies in the folder of before, and a name without an
        ending gets that of the form.
        """
        try:
            path = Path(text.strip()).expanduser()
        except RuntimeError:  # the home of somebody who is not known here
            path = Path(text.strip())
        path = path if path.is_absolute() else self._folder / path
        return path.with_name(path.name + self.ending) if path.name and not path.suffix else path


def _bare(name: str) -> str:
    """The name without the ending of any form."""
    endings = {ending for form in FORMATS.values() for ending in form.endings if ending}
    found = next((e for e in sorted(endings, key=len, reverse=True) if name.endswith(e) and name != e), "")
    return name.removesuffix(found)
