"""ONNX: the common form between frameworks, by way of tf2onnx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.formats.sidecar import sidecar_text
from cnnstudio.core.program import INPUT
from cnnstudio.engine.exporting.describing import told_of
from cnnstudio.engine.exporting.equivalents import celu, curved, gelu, grouped, narrow_transposed, normed_cell
from cnnstudio.engine.exporting.foreign import Foreign, convert
from cnnstudio.engine.exporting.stages import Writing, Written
from cnnstudio.engine.exporting.twin import OUTPUT

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.exporting import Wish
    from cnnstudio.engine.exporting.material import Material
    from cnnstudio.engine.exporting.stages import Predict
    from cnnstudio.engine.exporting.twin import Rules, Twin

ABOUT = "cnnstudio-model"
"""Key among the file's metadata under which the sidecar lies."""
_OPSET = 18
"""Version of ONNX's operations: the newest that tf2onnx writes."""
_CURVES = {"gelu": gelu, "celu": celu}
_CONVOLUTION = (grouped(_CURVES), curved(_CURVES))
_BENT = (curved(_CURVES),)
RULES: Rules = {
    "Activation": _BENT,
    "Dense": _BENT,
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), _CONVOLUTION),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), (narrow_transposed(_CURVES), *_BENT)),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"), _BENT),
    "LayerNormalization": (normed_cell,),
}
"""tf2onnx has no word for these, or takes a wrong turn, and writes a file all the same that no runtime reads."""


def write_onnx(material: Material, wish: Wish, path: Path) -> Writing:
    """`.onnx`: float32, any number of samples at a time, in and out called `input` and `output`; class names and the
    rest of the sidecar are among its metadata.
    """
    about = sidecar_text(told_of(material, wish))

    def written(twin: Twin, target: Path) -> None:
        target.write_bytes(_with_metadata(_model(twin), about))

    form = Foreign(wish.form.title, RULES, None, written, _opened)
    predict, twin = yield from convert(material, form, path)
    return Written(predict, twin.notes)


def _model(twin: Twin) -> Any:
    """ONNX's ModelProto. An operation that tf2onnx does not know stays as it is: it is the checker that objects."""
    import tf2onnx

    model, _ = tf2onnx.convert.from_graph_def(
        twin.graph,
        name="cnnstudio",
        input_names=[twin.input_name],
        output_names=[twin.output_name],
        opset=_OPSET,
        tensors_to_rename={twin.input_name: INPUT, twin.output_name: OUTPUT},
    )
    return model


def _with_metadata(model: Any, about: str) -> bytes:
    import onnx

    onnx.helper.set_model_props(model, {ABOUT: about})
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _opened(path: Path) -> Predict:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what is wrong is raised, too
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0].name

    def predict(samples: np.ndarray) -> np.ndarray:
        return np.asarray(session.run(None, {source: samples})[0])

    return predict
