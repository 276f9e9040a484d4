"""Names of experiments that say on which data: "LeNet on digits" becomes "LeNet on flowers" with other data."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.packaged import KerasDataset, PackageData

if TYPE_CHECKING:
    from collections.abc import Collection

    from cnnstudio.core.data.sources import SourceSpec

LONGEST = 60
"""Letters of what data are called in a name."""
MOST = 200
"""Letters of a name."""
_ON = " on "


def called(source: SourceSpec) -> str:
    """Data in a name: their folder or file, or the set; "" where there is none yet."""
    if isinstance(source, FileSource):
        place = PurePath(source.path)
        plain = "".join(c if c.isprintable() else " " for c in place.stem if not "\ud800" <= c <= "\udfff")
        return " ".join(plain.split())[:LONGEST].strip()
    return source.name if isinstance(source, KerasDataset | PackageData) else source.kind.lower()


def design_of(name: str, source: SourceSpec) -> str:
    """A name without the data in it."""
    data = called(source)
    return name.removesuffix(f"{_ON}{data}") if data else name


def on_other_data(name: str, before: SourceSpec, after: SourceSpec) -> str:
    """A name that ends with what the data are called, with the new ones; any other stays as it is."""
    design, data = design_of(name, before), called(after)
    return f"{design}{_ON}{data}"[:MOST] if design and design != name and data else name


def of_other_design(name: str, source: SourceSpec, design: str, known: Collection[str]) -> str:
    """The name with another design in it where that in it is one of the `known`; a person's own stays as it is."""
    data = called(source)
    if design_of(name, source) not in known:
        return name
    return f"{design}{_ON}{data}"[:MOST] if data else design
