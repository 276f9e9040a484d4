"""The data sets that Keras downloads once and keeps."""

from __future__ import annotations

import importlib
import zlib
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.code.samples import joined
from cnnstudio.engine.data.errors import DataError

if TYPE_CHECKING:
    from cnnstudio.core.data.packaged import KerasDataset

_BROKEN = (ValueError, EOFError, KeyError, zlib.error)
"""What a file that was not downloaded whole may raise when it is read."""


def keras_set(source: KerasDataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images uint8 (n, height, width, channels), labels int32 (n,) and parts int8 (n,), an index into PARTS.

    Raises DataError where it was not downloaded before and there is no network now.
    """
    module = importlib.import_module(f"keras.datasets.{source.name}")
    try:
        images, labels, training = joined(module.load_data())
    except _BROKEN as error:
        raise DataError(_told(source, f"the file that was downloaded is broken ({error})")) from error
    except Exception as error:  # Keras turns what the network refuses into a bare Exception
        raise DataError(_told(source, "there is no network, or its server does not answer")) from error
    parts = np.where(np.arange(len(images)) < training, 0, 2).astype("int8")
    return images, labels, parts


def _told(source: KerasDataset, why: str) -> str:
    return f'"{source.name}" cannot be downloaded: {why}. Try again later, or choose other data on the Data page.'
