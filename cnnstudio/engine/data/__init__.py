"""Data of a recipe as the network is given them: found, read, prepared, split and kept."""

from __future__ import annotations

from cnnstudio.core.data.facts import PARTS
from cnnstudio.engine.data.dataset import DataError, Dataset, Part
from cnnstudio.engine.data.loading import data_bytes, load

__all__ = ["PARTS", "DataError", "Dataset", "Part", "data_bytes", "load"]
