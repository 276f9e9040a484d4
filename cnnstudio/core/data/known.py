"""All data sources, in the order in which they are offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.data.builtin import Digits, Noise, Shapes, Waveforms
from cnnstudio.core.data.files import (
    ArrayFile,
    CocoImages,
    FileTable,
    ImageFolder,
    ImageMasks,
    SignalFolder,
    SignalTable,
    YoloImages,
)
from cnnstudio.core.data.packaged import KerasDataset, PackageData
from cnnstudio.core.declare import DeclarationError, closest

if TYPE_CHECKING:
    from cnnstudio.core.data.sources import SourceSpec

_ALL: tuple[type[SourceSpec], ...] = (
    Digits, Shapes, Waveforms, Noise, KerasDataset, PackageData,
    ImageFolder, ImageMasks, CocoImages, YoloImages, FileTable, ArrayFile, SignalFolder, SignalTable,
)  # fmt: skip
SOURCES: dict[str, type[SourceSpec]] = {c.kind: c for c in _ALL}


def source_class(kind: str) -> type[SourceSpec]:
    """The declaration of that source. Raises DeclarationError with the closest known kinds."""
    if kind not in SOURCES:
        raise DeclarationError(f'There is no data source of kind "{kind[:60]}". {closest(kind, SOURCES)}')
    return SOURCES[kind]
