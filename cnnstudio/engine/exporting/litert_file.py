"""LiteRT: networks for phones and small computers, as floats or quantised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.exporting.equivalents import dilated_volumes, grouped, pooled_volumes
from cnnstudio.engine.exporting.foreign import Foreign, convert
from cnnstudio.engine.exporting.stages import Stage, Writing, Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.exporting import Quantisation, Wish
    from cnnstudio.engine.exporting.material import Material
    from cnnstudio.engine.exporting.stages import Predict
    from cnnstudio.engine.exporting.twin import Rules, Twin

REPRESENTATIVE = 256
"""Samples of the training part that ranges of values are measured on, for int8."""
RULES: Rules = {
    "Conv3D": (grouped({}, stuffed=True), dilated_volumes({})),
    "MaxPooling3D": (pooled_volumes,),
    "AveragePooling3D": (pooled_volumes,),
}
"""For these LiteRT would need parts of TensorFlow that no usual interpreter has."""
_BITS = {"float16": "float16", "dynamic": "int8 weights", "int8": "int8"}
_NOTES = {
    "float16": "Weights are kept as float16; values are computed as float32 where the device has nothing smaller.",
    "dynamic": "Weights are kept as int8; values are quantised as they come, where an operation can.",
    "int8": "Weights and values are int8, by ranges measured on {count} samples of {source}; what goes in and comes "
    "out stays float32.",
}
_NOTHING_SMALLER = "No layer has enough weights (some 1,000) to be quantised, so that the file is as large as without."


def write_litert(material: Material, wish: Wish, path: Path) -> Writing:
    """`.tflite`: one sample at a time. A quantised form is made after the plain one, so that sizes can be compared."""
    plain = Foreign(wish.form.title, RULES, 1, _plain, _opened)
    predict, twin = yield from convert(material, plain, path)
    if wish.quantise == "none":
        return Written(predict, twin.notes)
    before = path.stat().st_size
    yield Stage("Measuring the ranges of values" if wish.quantise == "int8" else "Quantising")
    asked = material.samples("training", most=REPRESENTATIVE) if wish.quantise == "int8" else ()
    samples = [sample for batch in asked for sample in batch.raw]
    quantised = Foreign(
        f"{wish.form.title} in {_BITS[wish.quantise]}",
        RULES,
        1,
        _quantised(wish.quantise, samples),
        _opened,
        exact=False,
        instead="choose another quantisation or none",
    )
    predict, twin = yield from convert(material, quantised, path)
    source = "noise, as the files of the data are gone" if material.stand_in else "the training part"
    note = _NOTES[wish.quantise].format(count=len(samples), source=source)
    if wish.quantise == "dynamic" and path.stat().st_size >= before:
        note = _NOTHING_SMALLER
    return Written(predict, (*twin.notes, note), bytes_before=before)


def _converter(twin: Twin) -> Any:
    return tensorflow.lite.TFLiteConverter.from_concrete_functions([twin.function])


def _plain(twin: Twin, path: Path) -> None:
    path.write_bytes(_converter(twin).convert())


def _quantised(kind: Quantisation, samples: list[np.ndarray]) -> Callable[[Twin, Path], None]:
    lite = tensorflow.lite

    def convert_quantised(twin: Twin, path: Path) -> None:
        converter = _converter(twin)
        converter.optimizations = [lite.Optimize.DEFAULT]
        if kind == "float16":
            converter.target_spec.supported_types = [tensorflow.float16]
        elif kind == "int8":
            converter.representative_dataset = lambda: _fed(samples, twin.shape)
            converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS_INT8]
        path.write_bytes(converter.convert())

    return convert_quantised


def _fed(samples: list[np.ndarray], shape: Shape) -> Iterator[list[np.ndarray]]:
    """One sample at a time, as the converter asks for them; for a step somewhere in the network, any values."""
    if samples[0].shape != shape:
        samples = list(np.random.default_rng(0).normal(size=(8, *shape)).astype("float32"))
    for sample in samples:
        yield [sample[np.newaxis]]


def _opened(path: Path) -> Predict:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=path.read_bytes())
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    result = interpreter.get_output_details()[0]["index"]

    def predict(samples: np.ndarray) -> np.ndarray:
        answers = []
        for sample in samples:
            interpreter.set_tensor(source, sample[np.newaxis])
            interpreter.invoke()
            answers.append(interpreter.get_tensor(result)[0])
        return np.stack(answers)

    return predict
