"""The forms in which a network can be taken away, declared once: the worker, the dialog, the command line and the guide
read this.

A new form is one declaration here and one writer in `engine.exporting`.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from cnnstudio.core.declare import closest

if TYPE_CHECKING:
    from pathlib import Path

TO_UNIT, CENTRED, STANDARDISED = "to_unit", "centred", "standardised"
"""Layers before an exported network, of those that it needs: they do what is last done to samples in training."""

Quantisation: TypeAlias = Literal["none", "float16", "dynamic", "int8"]
"""How weights and values are kept smaller: none (float32), weights as float16, weights as int8 (dynamic range), or all
as int8, measured on the training part."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package beyond the base set that a form needs."""

    module: str
    """As Python imports it."""
    distribution: str
    """As pip installs it."""

    @property
    def is_here(self) -> bool:
        """Whether Python finds it, without importing it."""
        try:
            return importlib.util.find_spec(self.module) is not None
        except (ImportError, ValueError):
            return False


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One form."""

    name: str
    """As the command line takes it."""
    title: str
    endings: tuple[str, ...]
    """What a path may end in, the usual ending first; "" stands for a folder."""
    about: str
    """What it is for, in a sentence or two."""
    runtime: str = ""
    """Who opens the file again to compare it; "" where nothing can be predicted with it."""
    packages: tuple[Package, ...] = ()
    quantisations: tuple[Quantisation, ...] = ("none",)
    kind: Literal["model", "weights", "code", "picture"] = "model"
    companions: tuple[str, ...] = ()
    """Endings of what is part of it and lies beside it under the same name."""
    batch: int | None = None
    """Samples that it takes at once; None for as many as are given."""
    needs_data: bool = True
    """Whether samples are read: to compare, to measure, or to go along."""

    @property
    def missing(self) -> tuple[Package, ...]:
        """The packages that are not installed."""
        return tuple(package for package in self.packages if not package.is_here)

    @property
    def problem(self) -> str:
        """Why it cannot be written here, with pip's line; "" when it can."""
        missing = self.missing
        if not missing:
            return ""
        names = " and ".join(package.distribution for package in missing)
        return f"{self.title} needs {names}, which {'is' if len(missing) == 1 else 'are'} not installed: {self.pip}"

    @property
    def pip(self) -> str:
        """The line that installs what is missing; "" where nothing is."""
        line = " ".join(f'"{package.distribution}"' for package in self.missing)
        return f"pip install {line}" if line else ""

    def path_problem(self, path: Path) -> str:
        """Why the name does not fit, in a sentence; "" when it does."""
        if "" in self.endings or path.name.endswith(self.endings):
            return ""
        *others, last = self.endings
        wanted = f"{', '.join(others)} or {last}" if others else last
        return f'A file of format "{self.name}" ends in {wanted}, but "{path.name}" does not: rename it.'


_LITERT = Package("ai_edge_litert", "ai-edge-litert")
_ONNX = (Package("onnx", "onnx"), Package("tf2onnx", "tf2onnx"), Package("onnxruntime", "onnxruntime"))
_OPENVINO = Package("openvino", "openvino")

FORMATS: dict[str, ExportFormat] = {
    form.name: form
    for form in (
        ExportFormat(
            "keras", "Keras", (".keras",),
            "The whole model in one file, for Python with Keras 3: predict with it, or train it further.",
            runtime="Keras",
        ),
        ExportFormat(
            "savedmodel", "TensorFlow SavedModel", ("",),
            "A folder that TensorFlow runs without Keras: TensorFlow Serving, C++, Java, Go.",
            runtime="TensorFlow",
        ),
        ExportFormat(
            "litert", "LiteRT (TensorFlow Lite)", (".tflite",),
            "For phones, microcontrollers and small computers. It takes one sample at a time; quantised it is down to "
            "a quarter of the size.",
            runtime="LiteRT", packages=(_LITERT,), quantisations=("none", "float16", "dynamic", "int8"),
            batch=1,
        ),
        ExportFormat(
            "onnx", "ONNX", (".onnx",),
            "The common form between frameworks: ONNX Runtime on servers, in browsers, in C#, C++ and Java.",
            runtime="ONNX Runtime", packages=_ONNX,
        ),
        ExportFormat(
            "openvino", "OpenVINO", (".xml",),
            "For fast inference on Intel processors; the weights lie beside it in a .bin file.",
            runtime="OpenVINO", packages=(_OPENVINO,), companions=(".bin",),
        ),
        ExportFormat(
            "weights", "Keras weights", (".weights.h5",),
            "The numbers alone, for the model that the script builds.",
            runtime="Keras", kind="weights",
        ),
        ExportFormat(
            "safetensors", "Safetensors", (".safetensors",),
            "The numbers alone, by layer, in an open form that every framework reads and that cannot hold code.",
            runtime="safetensors", kind="weights",
        ),
        ExportFormat(
            "script", "Python script", (".py",),
            "Keras code that builds, trains and tests the network by itself; it comes to the same result.",
            runtime="Keras", kind="code",
        ),
        ExportFormat(
            "notebook", "Jupyter notebook", (".ipynb",),
            "The same in cells, with the network as a table and its curves.",
            runtime="Keras", kind="code",
        ),
        ExportFormat(
            "diagram", "Diagram", (".svg", ".pdf", ".png"),
            "A drawing of the architecture for a paper or a slide.",
            kind="picture", needs_data=False,
        ),
        ExportFormat(
            "summary", "Summary", (".txt", ".md", ".tex"),
            "The layers with shapes, parameters and costs as a table: text, Markdown or LaTeX.",
            kind="picture", needs_data=False,
        ),
    )
}  # fmt: skip
"""All forms by name, in the order in which they are offered."""


def format_named(name: str) -> ExportFormat:
    """The form of that name. Raises ValueError with the closest known ones."""
    if name not in FORMATS:
        raise ValueError(f'There is no export format "{name[:40]}". {closest(name, FORMATS)}')
    return FORMATS[name]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written, and where. The same for the command line, the dialog and the worker."""

    format: str
    path: Path
    quantise: Quantisation = "none"
    example: bool = True
    """Whether an example program that uses the file is written beside it, where there can be one."""

    @property
    def form(self) -> ExportFormat:
        """Raises ValueError."""
        return format_named(self.format)

    @property
    def sidecar(self) -> Path:
        """Where it says how to prepare samples and read answers: model_onnx.json for model.onnx, so that the same
        network in several forms, and its experiment, can lie in one folder.
        """
        return self.path.with_name(f"{self._stem}.json")

    @property
    def example_program(self) -> Path:
        """Where the program lies that uses the file: model_onnx_example.py for model.onnx."""
        return self.path.with_name(f"{self._stem}_example.py")

    @property
    def beside(self) -> tuple[Path, ...]:
        """What is written beside the file, as far as its name is known by now."""
        if self.form.kind not in ("model", "weights"):
            return ()
        described = (self.sidecar, self.example_program) if self.example else (self.sidecar,)
        return (*(self.path.with_suffix(ending) for ending in self.form.companions), *described)

    @property
    def _stem(self) -> str:
        name = self.path.name
        ending = max((e for e in self.form.endings if name.endswith(e)), key=len, default="")
        return f"{name.removesuffix(ending)}_{self.format}"

    def problem(self) -> str:
        """Why it cannot be met, whatever the network: unknown, misnamed, not installed; "" when it may be."""
        try:
            form = self.form
        except ValueError as error:
            return str(error)
        if self.quantise not in form.quantisations:
            known = ", ".join(form.quantisations)
            return f'{form.title} has no quantisation "{str(self.quantise)[:40]}": choose one of {known}.'
        return form.path_problem(self.path) or form.problem
