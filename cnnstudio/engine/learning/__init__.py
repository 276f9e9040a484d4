"""How batches are learned and parts are judged.

Three learners do the same work. On TensorFlow the loop is our own compiled function over data that stay on the device,
or, on several GPUs, one that gives each a share of the batch; every other backend goes through Keras's public
`train_on_batch`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.learning.keras_learner import KerasLearner
from cnnstudio.engine.learning.mirrored_learner import MirroredLearner
from cnnstudio.engine.learning.plan import Plan
from cnnstudio.engine.learning.protocol import Learner, is_finite, metric_names
from cnnstudio.engine.learning.tensorflow_learner import TensorFlowLearner

if TYPE_CHECKING:
    from cnnstudio.engine.augmenting import Augmenter
    from cnnstudio.engine.data import Part
    from cnnstudio.engine.tasks import TaskKit

__all__ = ["Learner", "Plan", "is_finite", "make_learner", "metric_names"]


def make_learner(model: Any, kit: TaskKit, training: Part, augmenter: Augmenter, plan: Plan | None = None) -> Learner:
    """The learner for the backend that is loaded; `model` is compiled. `augmenter` varies what is learned from.

    `plan`: how the run that is resumed has computed its steps, so that it goes on to the same bits; None chooses.
    """
    if tensorflow is None:
        return KerasLearner(model, kit, training, augmenter, plan)
    if model.distribute_strategy.num_replicas_in_sync > 1:
        return MirroredLearner(model, kit, training, augmenter, plan)
    return TensorFlowLearner(model, kit, training, augmenter, plan)
