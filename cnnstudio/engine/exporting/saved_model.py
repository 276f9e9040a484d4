"""The network as a TensorFlow SavedModel: a folder that needs no Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.exporting.foreign import check_backend
from cnnstudio.engine.exporting.stages import Stage, Writing, Written

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.exporting import Wish
    from cnnstudio.engine.exporting.material import Material

SERVED = "serving_default"
"""The signature that TensorFlow Serving asks."""
_CLASSES = "classes.txt"


def write_saved_model(material: Material, wish: Wish, path: Path) -> Writing:
    """The folder, with the names of the classes in `assets.extra`, a line each, where TensorFlow leaves them alone."""
    check_backend(wish.form.title)
    yield Stage("Writing")
    archive = keras.export.ExportArchive()
    model = material.served
    signature = [keras.InputSpec(shape=(None, *material.program.input_shape), dtype="float32", name="samples")]
    archive.track(model)
    archive.add_endpoint("serve", model.call, signature)
    try:
        archive.write_out(str(path), verbose=False)
    except tensorflow.errors.OpError as error:  # a full disk, for one
        raise OSError(error.message.rpartition("; ")[2].partition(" [")[0].lower()) from error
    if names := material.data.info.class_names:
        extra = path / "assets.extra"
        extra.mkdir()
        (extra / _CLASSES).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    yield Stage("Opening again")
    loaded = tensorflow.saved_model.load(str(path))

    def predict(samples: np.ndarray) -> np.ndarray:
        # `loaded` has to be held: its functions do not keep its variables.
        answers = loaded.signatures[SERVED](tensorflow.constant(samples))
        return np.asarray(next(iter(answers.values())))

    return Written(predict)
