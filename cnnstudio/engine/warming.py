"""Something small, built and trained once, so that the first Train does not pay for what every first time costs."""

from __future__ import annotations

import gc

import numpy as np

from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.engine import devices, held
from cnnstudio.engine.augmenting import Augmenter
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.data import Part, load
from cnnstudio.engine.learning import make_learner
from cnnstudio.engine.optimizers import compile_model
from cnnstudio.engine.tasks import kit_for


def warm_up() -> None:
    """Load the data of a new experiment; trace, compile and run one step of a tiny network where "auto" means."""
    try:
        _first_network()
    finally:
        # What TensorFlow and Keras consist of stays as long as the process. Looking through it for garbage, which
        # building and tracing a network make often, would take a tenth of a second each time.
        gc.collect()
        gc.freeze()
        held.begin()


def _first_network() -> None:
    load(DataRecipe())
    device = devices.resolve(devices.AUTO)
    devices.settle_determinism(device)
    keras.utils.set_random_seed(0)
    info = DataInfo(Task.CLASSIFICATION, (8, 8, 1), ("0", "1"))
    part = Part.of(np.zeros((4, 8, 8, 1), "float32"), np.zeros(4, "int32"))
    with devices.scope(device):
        layers = keras.layers
        flow = (layers.Conv2D(2, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(2))
        model = keras.Sequential([keras.Input(info.input_shape), *flow, layers.Softmax()])
        kit = kit_for(info, TrainingRecipe())
        compile_model(model, kit)
        learner = make_learner(model, kit, part, Augmenter(Augmentation(), info, 0))
        learner.begin_epoch(1, [np.arange(4)])
        learner.learn(0, np.full(1, 0.001, "float32"))
        learner.judge(part, 4)
        learner.metrics()
        if tensorflow is None:  # elsewhere nothing goes through Keras's own functions
            model.predict_on_batch(part.batch(slice(0, 1))[0])
