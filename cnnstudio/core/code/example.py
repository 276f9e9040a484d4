"""The program beside an exported model: it reads a file, prepares it as the studio does, and prints what is answered.

One for all forms: what differs is how the runtime is asked. The functions that prepare samples and read answers are
those of the engine, word for word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.code.model_code import model_code
from cnnstudio.core.code.source import READS_WEIGHTS, carried_functions, library_imports
from cnnstudio.core.code.writing import INDENT, Piece, call, docstring, laid_out, literal
from cnnstudio.core.data.info import Task

if TYPE_CHECKING:
    from cnnstudio.core.formats.sidecar import Sidecar
    from cnnstudio.core.program import Program

_LEAST = 0.3
"""Score from which on a box is told of, as in `cnnstudio predict`."""


@dataclass(frozen=True)
class _Runtime:
    """How one runtime is asked."""

    packages: tuple[str, ...]
    """As pip installs them, numpy apart."""
    imports: tuple[str, ...]
    """Sorted as isort does it, numpy apart; plain imports, then those from a package."""
    body: str
    """Statements of a function that returns what samples (n, ...) are given to for answers."""


_RUNTIMES = {
    "keras": _Runtime(
        ("keras", "tensorflow"),
        ("import keras",),
        """\
model = keras.saving.load_model(MODEL, compile=False)
return model.predict_on_batch""",
    ),
    "savedmodel": _Runtime(
        ("tensorflow",),
        ("import tensorflow as tf",),
        """\
loaded = tf.saved_model.load(str(MODEL))
return lambda samples: loaded.serve(samples)""",
    ),
    "litert": _Runtime(
        ("ai-edge-litert",),
        ("from ai_edge_litert.interpreter import Interpreter",),
        """\
interpreter = Interpreter(str(MODEL))
interpreter.allocate_tensors()
source = interpreter.get_input_details()[0]["index"]
result = interpreter.get_output_details()[0]["index"]

def ask(samples):
    interpreter.set_tensor(source, samples)
    interpreter.invoke()
    return interpreter.get_tensor(result)

return ask""",
    ),
    "onnx": _Runtime(
        ("onnxruntime",),
        ("import onnxruntime",),
        """\
session = onnxruntime.InferenceSession(MODEL)
source = session.get_inputs()[0].name
return lambda samples: session.run(None, {source: samples})[0]""",
    ),
    "openvino": _Runtime(
        ("openvino",),
        ("import openvino",),
        """\
# Some processors would compute in fewer bits than the network was trained in.
exact = {"INFERENCE_PRECISION_HINT": "f32"}
model = openvino.compile_model(MODEL, "CPU", exact)
return lambda samples: model(samples)[0]""",
    ),
    "weights": _Runtime(
        ("keras", "tensorflow"),
        ("import keras", "from keras import layers"),
        """\
model = build_model()
model.load_weights(MODEL)
return model.predict_on_batch""",
    ),
    "safetensors": _Runtime(
        ("keras", "safetensors", "tensorflow"),
        ("import keras", "from keras import layers", READS_WEIGHTS),
        """\
model, saved = build_model(), load_file(MODEL)
for layer in model.layers:
    for weight in layer.weights:
        weight.assign(saved[f"{layer.name}/{weight.name}"])
return model.predict_on_batch""",
    ),
}

_PRINTED = {
    Task.CLASSIFICATION: """\
for index in answer.argsort()[::-1][:3]:
    print(f"{ABOUT['classes'][index]}: {answer[index]:.1%}")""",
    Task.MULTILABEL: """\
for name, chance in zip(ABOUT["classes"], answer, strict=True):
    print(f"{name}: {chance:.1%}")""",
    Task.SEGMENTATION: """\
for index, name in enumerate(ABOUT["classes"]):
    print(f"{name}: {(answer[answer >= 0] == index).mean():.1%}")""",
    Task.RECONSTRUCTION: """\
print(f"{answer.shape}: {answer.min():.3f} to {answer.max():.3f}")""",
    Task.DETECTION: """\
for *edges, kind, score in answer.tolist():
    places = ", ".join(f"{edge:.0f}" for edge in edges)
    print(f"{ABOUT['classes'][int(kind)]} {score:.2f}: {places}")
if not len(answer):
    print("nothing found")""",
}
_ANSWERS = {
    Task.CLASSIFICATION: "shares of the classes, (classes,)",
    Task.MULTILABEL: "chances of the classes, (classes,)",
    Task.SEGMENTATION: "class indices, -1 where the network saw nothing",
    Task.RECONSTRUCTION: "the sample that comes out",
    Task.DETECTION: "left, top, right, bottom, class and score",
}
_KINDS = {1: "a signal (.wav, .csv or .npy)", 2: "an image or a .npy file"}


def example(sidecar: Sidecar, sidecar_name: str, program: Program) -> str:
    """The program, for what `sidecar` describes and the file of that name holds.

    `program` is what the model computes: for numbers alone the code that builds it is part of the text.
    """
    runtime, rank = _RUNTIMES[sidecar.form], len(sidecar.input.shape) - 1
    builds = sidecar.form in ("weights", "safetensors")
    functions = carried_functions(*_carried(sidecar, rank))
    lines = docstring(
        f"Asks {sidecar.file} about {_KINDS.get(rank, 'a .npy file')}.", [_usage(sidecar_name), _needs(runtime, rank)]
    )
    lines += ["", *_imports(runtime, [line for source in functions for line in source]), ""]
    lines += laid_out(call("SIDECAR = Path(__file__).with_name", [Piece(literal(sidecar_name))]), "")
    lines += ['ABOUT = json.loads(SIDECAR.read_text(encoding="utf-8"))', 'MODEL = SIDECAR.with_name(ABOUT["file"])']
    for source in functions:
        lines += ["", "", *source]
    if builds:
        lines += ["", "", *model_code(program).lines]
    lines += ["", "", *_network(runtime), "", "", *_answering(sidecar, rank), "", "", *_main(Task(sidecar.task))]
    return "\n".join(lines) + "\n"


def _usage(sidecar_name: str) -> str:
    program = f"{sidecar_name.removesuffix('.json')}_example.py"
    program = f'"{program}"' if " " in program else program
    return (
        f"python {program} FILE prints what it says; a second name, ANSWER.npy, keeps the answer (ANSWER_1.npy and so "
        "on those to further samples of the file)."
    )


def _needs(runtime: _Runtime, rank: int) -> str:
    *names, last = sorted(("numpy", *runtime.packages, *(("pillow",) if rank in (1, 2) else ())))
    return f"Written by CNN Studio. It needs {', '.join(names)} and {last}."


def _imports(runtime: _Runtime, carried: list[str]) -> list[str]:
    """Imports as isort sorts them."""
    library = sorted(
        ("import json", "import sys", "from pathlib import Path", *library_imports(carried)),
        key=lambda line: (line.startswith("from"), line),
    )
    others = sorted(("import numpy as np", *runtime.imports), key=lambda line: (line.startswith("from"), line))
    return [*library, "", *others]


def _carried(sidecar: Sidecar, rank: int) -> tuple[str, ...]:
    """Names of the functions that prepare a sample and read an answer."""
    task = Task(sidecar.task)
    names = [{1: "read_signal", 2: "read_image"}.get(rank, "read_arrays"), "as_numbers", "in_range"]
    names += ["prepared"] if rank in (1, 2) else []
    if task is Task.SEGMENTATION and rank in (1, 2):
        names.append("mask_as_found")
    elif task is Task.DETECTION:
        names += ["found_boxes", "suppressed", "boxes_as_found"]
    elif sidecar.output.scores:
        names += {Task.CLASSIFICATION: ["as_shares"], Task.MULTILABEL: ["as_chances"]}.get(task, [])
    return tuple(names)


def _network(runtime: _Runtime) -> list[str]:
    body = [f"{INDENT}{line}" if line else "" for line in runtime.body.splitlines()]
    return ["def network():", f'{INDENT}"""The network: samples (n, ...) to answers (n, ...)."""', *body]


def _answering(sidecar: Sidecar, rank: int) -> list[str]:
    """The function that gives the answers for a file."""
    read = {1: "read_signal", 2: "read_image"}.get(rank, "read_arrays")
    made = "prepared(as_numbers(found), shape, mode)" if rank in (1, 2) else "as_numbers(found)"
    within = [
        f"sample = {made}",
        'sample = in_range(sample, ABOUT["input"]["white"])',
        "output = np.asarray(ask(sample[np.newaxis]))[0]",
        *_read(sidecar, rank),
    ]
    return [
        "def answers(path):",
        f'{INDENT}"""For each sample of a file: {_ANSWERS[Task(sidecar.task)]}."""',
        f'{INDENT}shape, mode = ABOUT["input"]["shape"], ABOUT["input"]["resize"]'
        if rank in (1, 2)
        else f'{INDENT}shape = ABOUT["input"]["shape"]',
        f"{INDENT}ask = network()",
        f"{INDENT}for found in {read}(path, shape):",
        *(f"{INDENT}{INDENT}{line}" for line in within),
    ]


def _read(sidecar: Sidecar, rank: int) -> list[str]:
    """Statements that yield the answer that `output` holds."""
    scores = sidecar.output.scores
    match Task(sidecar.task):
        case Task.CLASSIFICATION:
            return ["yield as_shares(output)" if scores else "yield output"]
        case Task.MULTILABEL:
            return ["yield as_chances(output)" if scores else "yield output"]
        case Task.SEGMENTATION if rank in (1, 2):
            return ["mask = output.argmax(axis=-1)", "yield mask_as_found(mask, found.shape[:-1], mode)"]
        case Task.SEGMENTATION:
            return ["yield output.argmax(axis=-1)"]
        case Task.DETECTION:
            told = ", scores=True" if scores else ""
            return [
                f"boxes = found_boxes(output[np.newaxis], suppressed, {_LEAST}{told})[0]",
                "yield boxes_as_found(boxes, found.shape[:-1], shape[:-1], mode)",
            ]
    if not sidecar.output.mean:
        return ["yield output"]
    return [
        'mean, scale = (np.float32(ABOUT["output"][name]) for name in ("mean", "scale"))',
        "yield output / scale + mean",
    ]


def _main(task: Task) -> list[str]:
    return [
        "def main():",
        f"{INDENT}if len(sys.argv) < 2:",
        f'{INDENT}{INDENT}sys.exit("Name a file that the network is to be asked about.")',
        f"{INDENT}for number, answer in enumerate(answers(sys.argv[1])):",
        *(f"{INDENT}{INDENT}{line}" for line in _PRINTED[task].splitlines()),
        f"{INDENT}{INDENT}if len(sys.argv) > 2:",
        f"{INDENT}{INDENT}{INDENT}place = Path(sys.argv[2])",
        f'{INDENT}{INDENT}{INDENT}further = place.with_stem(f"{{place.stem}}_{{number}}")',
        f"{INDENT}{INDENT}{INDENT}np.save(further if number else place, answer)",
        "",
        "",
        'if __name__ == "__main__":',
        f"{INDENT}main()",
    ]
