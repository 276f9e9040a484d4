"""Code that was written is run again: the model that it builds, with what was learned, has to answer alike."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code.notebook import notebook
from cnnstudio.core.code.source import script
from cnnstudio.core.formats.weights_store import WeightsError
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import room_for
from cnnstudio.engine.code_files import CodeError, write_code
from cnnstudio.engine.exporting.errors import ExportError
from cnnstudio.engine.exporting.placing import check_beside
from cnnstudio.engine.exporting.stages import Stage, Writing, Written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.exporting import Wish
    from cnnstudio.engine.exporting.material import Material
    from cnnstudio.engine.exporting.stages import Predict

_BUILDER = "build_model"


def write_script(material: Material, wish: Wish, path: Path) -> Writing:
    """The Python script, with the samples and weights that it reads beside it."""
    return (yield from _written(material, wish, path, script, _plain))


def write_notebook(material: Material, wish: Wish, path: Path) -> Writing:
    """The same as a Jupyter notebook."""
    return (yield from _written(material, wish, path, notebook, _cells))


def _written(
    material: Material, wish: Wish, path: Path, write: Callable[[Experiment], str], source: Callable[[str], str]
) -> Writing:
    yield Stage("Writing")
    try:
        beside = write_code(material.started, path, write(material.started))
    except (CodeError, WeightsError) as error:
        raise ExportError(str(error)) from error
    check_beside(wish, beside)
    yield Stage("Opening again")
    model = built(source(path.read_text(encoding="utf-8")))
    material.give_weights(model)
    return Written(answers_of(model), files=beside, takes_raw=False)


def _plain(text: str) -> str:
    return text


def _cells(text: str) -> str:
    """The code of a notebook, as Jupyter would run it from top to bottom."""
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code")


def answers_of(model: Any) -> Predict:
    """How a Keras model is asked."""

    def predict(samples: np.ndarray) -> np.ndarray:
        return np.asarray(keras.ops.convert_to_numpy(model.predict_on_batch(samples)))

    return predict


def built(source: str) -> Any:
    """The model that the function `build_model` of generated code builds; nothing else of the code is run.

    `source` is text that the studio has just written, never that of a stranger.
    """
    tree = ast.parse(source)
    chosen = [node for node in tree.body if _is_wanted(node)]
    names: dict[str, Any] = {}
    exec(compile(ast.Module(chosen, []), "<generated code>", "exec"), names)
    with room_for(len(tree.body)):
        return names[_BUILDER]()


def _is_wanted(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names] == ["keras"]
    if isinstance(node, ast.ImportFrom):
        return node.module == "keras"
    return isinstance(node, ast.FunctionDef) and node.name == _BUILDER
