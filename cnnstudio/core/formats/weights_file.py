"""Weights files: named arrays in the safetensors format, by its own library, which runs nothing that a file holds.

What the library says of damage is for programmers; here it becomes one sentence that names the file.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.formats.weights_store import WeightsError, keep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_TYPES = {"F16": np.dtype(np.float16), "F32": np.dtype(np.float32), "F64": np.dtype(np.float64)}
_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
"""How the library puts what the system said."""


class WeightsFile:
    """The arrays of a file. Shapes are known at once; values are read when they are asked for.

    The file is mapped into memory for as long as this object lives.
    """

    def __init__(self, path: Path) -> None:
        """Read the header. Raises WeightsError, whose sentence names the file."""
        from safetensors import SafetensorError, safe_open  # not before weights are wanted

        if not path.is_file():  # the library would say of a folder that there is no such device
            raise WeightsError(f"{path} is not a file; choose a weights file.")
        try:
            opened: Any = safe_open(path, framework="numpy")  # whose methods have no types
            names: list[str] = opened.keys()
            entries = {name: opened.get_slice(name) for name in names}
            self._shapes = {name: tuple(entry.get_shape()) for name, entry in entries.items()}
            kinds = {name: str(entry.get_dtype()) for name, entry in entries.items()}
        except MemoryError as error:
            raise WeightsError(f"{path} has more bytes than can be addressed here: it is no weights file.") from error
        except SafetensorError as error:
            raise WeightsError(f"{path.name} is no weights file, or it is damaged: {_reason(error)}.") from error
        except OSError as error:
            raise WeightsError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
        self._file = opened
        for name, kind in kinds.items():
            if kind not in _TYPES:
                known = ", ".join(_TYPES)
                raise WeightsError(f'{path.name}: the array "{name[:80]}" is of type {kind}; the studio reads {known}.')

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each array by its name."""
        return dict(self._shapes)

    def read(self, name: str) -> np.ndarray[Any, Any]:
        """One array: float16, float32 or float64, of its shape."""
        values: np.ndarray[Any, Any] = self._file.get_tensor(name)
        return values


def write_weights(arrays: Mapping[str, np.ndarray[Any, Any]], path: Path) -> None:
    """Write a file with these arrays: the same arrays give the same bytes, in any order.

    Raises WeightsError for arrays of other types than float16, float32 and float64, and OSError.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    for name, array in arrays.items():
        if array.dtype.newbyteorder("=") not in _TYPES.values():
            raise WeightsError(f'The weights "{name[:80]}" are {array.dtype}; a weights file holds float16 to float64.')
    laid = {name: np.asarray(array, order="C") for name, array in arrays.items()}  # it would take others as they lie
    try:
        save_file(laid, path)
    except SafetensorError as error:
        said = _SYSTEM_ERROR.search(str(error))
        number = int(said[1]) if said else 0
        raise OSError(number, os.strerror(number) if said else _reason(error)) from error


def keep_weights(arrays: Mapping[str, np.ndarray[Any, Any]], told: Callable[[int], None] | None = None) -> str:
    """Put arrays into the store as one file and return its SHA-256; `told` hears of the bytes done so far.

    Raises WeightsError as `write_weights` does, and OSError; then the store is as it was.
    """
    return keep(lambda path: write_weights(arrays, path), told)


def _reason(error: Exception) -> str:
    """What the library says, without the place in its code, on one line."""
    said = str(error).rpartition("header: ")[2]
    plain = "".join(letter if letter.isprintable() else "?" for letter in said)
    return plain.replace("`", '"')[:160].rstrip(". ")
