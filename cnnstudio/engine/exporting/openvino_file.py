"""OpenVINO: its own reader of TensorFlow's graphs does the work."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.formats.sidecar import sidecar_text
from cnnstudio.core.program import INPUT
from cnnstudio.engine.exporting.describing import told_of
from cnnstudio.engine.exporting.equivalents import grouped
from cnnstudio.engine.exporting.foreign import Foreign, convert
from cnnstudio.engine.exporting.onnx_file import ABOUT
from cnnstudio.engine.exporting.stages import Writing, Written
from cnnstudio.engine.exporting.twin import OUTPUT

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.exporting import Wish
    from cnnstudio.engine.exporting.material import Material
    from cnnstudio.engine.exporting.stages import Predict
    from cnnstudio.engine.exporting.twin import Rules, Twin

RULES: Rules = dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), (grouped({}, dilated_only=True),))
"""Groups that are dilated, too: it reads their kernels as those of a plain convolution."""
_TELLER = "openvino_telemetry"
_EXACT = {"INFERENCE_PRECISION_HINT": "f32"}
"""On some processors it would compute in bfloat16."""


def write_openvino(material: Material, wish: Wish, path: Path) -> Writing:
    """`.xml` and `.bin`: float32, any number of samples at a time, in and out called `input` and `output`."""
    about = sidecar_text(told_of(material, wish))

    def written(twin: Twin, target: Path) -> None:
        _write(twin, target, about)

    form = Foreign(wish.form.title, RULES, None, written, _opened)
    predict, twin = yield from convert(material, form, path)
    weights = path.with_suffix(".bin")
    return Written(predict, twin.notes, bytes=path.stat().st_size + weights.stat().st_size, files=(weights,))


def _write(twin: Twin, path: Path, about: str) -> None:
    library = _library()
    graph = path.with_suffix(".pb")
    graph.write_bytes(twin.graph.SerializeToString())
    try:
        model = library.Core().read_model(graph)
        model.inputs[0].get_tensor().set_names({INPUT})
        model.outputs[0].get_tensor().set_names({OUTPUT})
        model.set_rt_info(about, [ABOUT])
        library.save_model(model, path, compress_to_fp16=False)
    finally:
        graph.unlink()


def _opened(path: Path) -> Predict:
    library = _library()
    compiled = library.Core().compile_model(path, "CPU", _EXACT)

    def predict(samples: np.ndarray) -> np.ndarray:
        return np.array(compiled(samples)[0])  # a copy: the array is the runtime's own, which it writes into again

    return predict


def _library() -> Any:
    """The package, without the part that tells its makers over the network that it was imported, in a process of its
    own. It does without where that part is not installed, and so it is made to believe.
    """
    if "openvino" not in sys.modules and _TELLER not in sys.modules:
        absent: dict[str, Any] = {_TELLER: None}
        sys.modules.update(absent)
        try:
            return importlib.import_module("openvino")
        finally:
            del sys.modules[_TELLER]
    return importlib.import_module("openvino")
