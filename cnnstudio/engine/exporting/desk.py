"""Where exports come in: each is written in a room of its own, opened again, compared, and only then put in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.engine.backend import DEVICE_ERRORS
from cnnstudio.engine.data import DataError
from cnnstudio.engine.explaining.passing import device_reason
from cnnstudio.engine.exporting.code_models import write_notebook, write_script
from cnnstudio.engine.exporting.comparing import compare
from cnnstudio.engine.exporting.describing import describe
from cnnstudio.engine.exporting.errors import ExportError
from cnnstudio.engine.exporting.keras_file import write_keras
from cnnstudio.engine.exporting.litert_file import write_litert
from cnnstudio.engine.exporting.onnx_file import write_onnx
from cnnstudio.engine.exporting.openvino_file import write_openvino
from cnnstudio.engine.exporting.placing import in_room, put, size_of
from cnnstudio.engine.exporting.saved_model import write_saved_model
from cnnstudio.engine.exporting.stages import Export, Exporting, Stage, Writer
from cnnstudio.engine.exporting.weights_files import write_keras_weights, write_safetensors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnstudio.core.exporting import Wish
    from cnnstudio.engine.exporting.material import Material

WRITERS: dict[str, Writer] = {
    "keras": write_keras,
    "savedmodel": write_saved_model,
    "litert": write_litert,
    "onnx": write_onnx,
    "openvino": write_openvino,
    "weights": write_keras_weights,
    "safetensors": write_safetensors,
    "script": write_script,
    "notebook": write_notebook,
}
"""Name of a form -> who writes it. `pictures` has those that need no model."""


def export(wish: Wish, gather: Callable[[], Material]) -> Exporting:
    """Write what `gather` brings as `wish` says. Nothing lies at its path unless the file was opened and compared.

    Raises ExportError.
    """
    try:
        return (yield from in_room(wish, gather, _exported))
    except DataError as error:
        raise ExportError(str(error)) from error
    except DEVICE_ERRORS as error:
        raise ExportError(
            f"The network cannot be computed here ({device_reason(error)}): close what takes memory, and export again.",
            repr(error),
        ) from error


def _exported(material: Material, wish: Wish, room: Path) -> Exporting:
    part = room / wish.path.name
    written = yield from WRITERS[wish.format](material, wish, part)
    compared = None
    if written.predict is not None:
        exact = wish.quantise == "none"
        compared = yield from compare(material, written.predict, takes_raw=written.takes_raw, exact=exact)
    size = written.bytes or size_of(part)
    yield Stage("Putting it in place")
    *beside, path = put((*written.files, *describe(material, wish, room), part), wish.path.parent)
    return Export(
        path,
        size,
        compared,
        material.stand_in,
        tuple(beside),
        written.notes if compared is None else (*written.notes, *compared.notes),
        written.bytes_before,
        *(() if compared is None else (compared.metric, compared.quality_before, compared.quality_after)),
    )
