"""Calls, imports and arguments that nobody may make, and the proof that each of them would be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.bans import BANNED, BANNED_MODULES, complaints

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(path for room in ("cnnstudio", "tests", "benchmarks") for path in (ROOT / room).rglob("*.py"))
SOMEWHERE = "cnnstudio/core/formats/somewhere.py"


def test_nobody_says_what_is_banned() -> None:
    assert len(SOURCES) > 500
    found = [(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in SOURCES]
    assert [complaint for place, text in found for complaint in complaints(place, text)] == []


PLANTED = [
    "import pickle",
    "import pickle as quick",
    "import _pickle",
    "from pickle import loads",
    "import cloudpickle",
    "import dill",
    "from joblib import load",
    "import joblib.numpy_pickle",
    "import marshal",
    "import shelve",
    "from sklearn.externals import joblib\nimport numpy.joblib",
    'import importlib\nimportlib.import_module("pickle")',
    'from importlib import import_module\nimport_module("dill")',
    '__import__("shelve")',
    "import numpy\nnumpy.load(path, allow_pickle=True)",
    "import numpy as np\nnp.load(path, allow_pickle=chosen)",
    "import numpy as np\nnp.load(path, None, True)",
    "from numpy import load\nload(path, None, 1)",
    "import numpy as np\nnp.lib.format.read_array(file, True)",
    'options = {"allow_pickle": True}',
    "import keras\nkeras.models.load_model(path)",
    "import keras\nkeras.saving.load_model(path, safe_mode=False)",
    "from keras.models import load_model",
    "from keras.models import load_model as opened",
    "import functools, keras\nread = functools.partial(keras.models.load_model, compile=False)",
    'import keras\nread = getattr(keras.models, "load_model")',
    'import operator, keras\nread = operator.attrgetter("load_model")(keras.models)',
    "import keras\nkeras.models.model_from_json(text)",
    "import keras\nkeras.Model.from_config(config)",
    "import keras\nkeras.layers.deserialize(config)",
    "from keras.saving import deserialize_keras_object",
    "import keras\nkeras.config.enable_unsafe_deserialization()",
    "options = dict(safe_mode=False)",
    "options = dict(safe_mode=trusted)",
    "import tensorflow as tf\ntf.saved_model.load(folder)",
    "from tensorflow import saved_model\nsaved_model.load(folder)",
    "import torch\ntorch.load(path)",
    "import torch as t\nt.load(path, weights_only=True)",
    "import yaml\nyaml.load(text)",
    "import yaml\nyaml.unsafe_load(text)",
    "from yaml import load",
    "import pandas\npandas.read_pickle(path)",
    "eval(text)",
    "run = eval",
    "exec(text)",
    'compile(text, "a", "exec")',
    "import builtins\nbuiltins.eval(text)",
    'import builtins\ngetattr(builtins, "exec")(text)',
    "import runpy\nrunpy.run_path(path)",
    "import zipfile\nzipfile.ZipFile(path).extractall(folder)",
    "import os\nos.system(text)",
    "import subprocess\nsubprocess.run(text, shell=True)",
    "QApplication.processEvents()",
    "widget.blockSignals(True)",
    "import time\ntime.sleep(1)",
    "from time import sleep",
    "button.clicked.connect(lambda: self.go())",
    "x = 1  # " + "no" + "qa",
    "try:\n    go()\nexcept Exception:\n    pass",
    "try:\n    go()\nexcept:\n    pass",
]


@pytest.mark.parametrize("text", PLANTED)
def test_what_is_banned_is_found(text: str) -> None:
    assert complaints(SOMEWHERE, text)


def test_every_entry_of_the_ban_is_planted() -> None:
    planted = "\n".join(PLANTED)
    ends = {name.rpartition(".")[2] for name in BANNED} - {"model_from_config", "model_from_yaml", "clone_model"}
    ends -= {"load_all", "full_load", "popen", "run_module"}  # siblings of one that is planted
    assert {end for end in ends if end not in planted} == set()
    assert {module for module in BANNED_MODULES if module not in planted} <= {"cPickle", "jsonpickle", "pickletools"}


@pytest.mark.parametrize(
    "text",
    [
        "import re\nre.compile(text)",
        "model.compile(optimizer)",
        "dialog.exec()",
        "import numpy as np\nnp.load(path, allow_pickle=False)",
        "import numpy as np\nnp.load(path)",
        "import keras\nkeras.saving.load_weights(model, path)",
        'text = "pickle.loads(data); eval(x)"',
        "import json\njson.load(file)",
        "window.evaluate(1)",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert complaints(SOMEWHERE, text) == []


def test_an_exception_holds_for_its_place_alone() -> None:
    text = "import keras\nkeras.models.load_model(path)"
    assert complaints("cnnstudio/engine/exporting/keras_file.py", text) == []
    assert complaints("cnnstudio/engine/using/trained.py", text)
    assert complaints("cnnstudio/engine/exporting.py", text)
