"""Data of a recipe as the network is given them: found, read, prepared, split and kept."""

from __future__ import annotations

from cnnstudio.core.data.facts import PARTS
from cnnstudio.engine.data.archive import write_archive
from cnnstudio.engine.data.dataset import Dataset, Part
from cnnstudio.engine.data.errors import DataError
from cnnstudio.engine.data.loading import load

__all__ = ["PARTS", "DataError", "Dataset", "Part", "load", "write_archive"]
