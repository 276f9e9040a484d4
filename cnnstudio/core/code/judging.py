"""What a script says of loss, class weights, metrics and the test, by the task: as the engine's kits do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.code.writing import Piece, arguments, call, laid_out, literal
from cnnstudio.core.data.info import Task
from cnnstudio.core.metrics import best_k

if TYPE_CHECKING:
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.experiment import Experiment

_PLAIN = {
    (Task.CLASSIFICATION, "cross-entropy"): "sparse_categorical_crossentropy",
    (Task.SEGMENTATION, "cross-entropy"): "sparse_categorical_crossentropy",
    (Task.MULTILABEL, "cross-entropy"): "binary_crossentropy",
    (Task.RECONSTRUCTION, "mse"): "mean_squared_error",
    (Task.RECONSTRUCTION, "mae"): "mean_absolute_error",
}
"""Losses that Keras knows by name."""
_OF_SCORES = {
    "sparse_categorical_crossentropy": "keras.losses.SparseCategoricalCrossentropy",
    "binary_crossentropy": "keras.losses.BinaryCrossentropy",
}
"""The same for raw scores."""
_OWN = {
    (Task.CLASSIFICATION, "cross-entropy"): "cross_entropy",
    (Task.CLASSIFICATION, "focal"): "focal",
    (Task.SEGMENTATION, "cross-entropy"): "cross_entropy",
    (Task.SEGMENTATION, "dice"): "dice",
    (Task.SEGMENTATION, "cross-entropy + dice"): "cross_entropy_and_dice",
    (Task.SEGMENTATION, "focal"): "focal",
    (Task.MULTILABEL, "cross-entropy"): "label_entropy",
    (Task.MULTILABEL, "focal"): "label_focal",
    (Task.RECONSTRUCTION, "ssim"): "unlikeness",
    (Task.DETECTION, "focal + giou"): "centre_point_loss",
}
"""Losses that a script carries along: functions of `engine.tasks.losses` and, for boxes, of `core.code.boxes`."""

_EVALUATED = "results = model.evaluate(inputs[test], targets[test], return_dict=True, verbose=0)"
_PRINTED = """\
for name, value in results.items():
    print(f"test {name}: {value:.4f}")""".splitlines()

_MASKS = """\
answers = model.predict(inputs[test], verbose=0).argmax(axis=-1)
results |= mask_scores(count_pairs(targets[test], answers, {classes}))""".splitlines()

_BOXES = """\
outputs = model.predict(inputs[test], verbose=0)
found = found_boxes(outputs, tf.image.combined_non_max_suppression)
precision, _ = precision_at_recalls(targets[test], found, {classes})
results |= detection_scores(precision)""".splitlines()

_LIKENESS = """\
outputs = model.predict(inputs[test], verbose=0)
errors, span = squared_errors(targets[test], outputs), span_of(targets[test])
results["mse"] = errors.mean()
results["psnr"] = noise_ratio(errors, span)
likeness = structural_likeness(targets[test], outputs)
results["ssim"] = float(keras.ops.mean(likeness))""".splitlines()
_GAIN = """\
before = noise_ratio(squared_errors(targets[test], inputs[test]), span)
results["psnr_gain"] = results["psnr"] - before""".splitlines()


def gives_scores(experiment: Experiment) -> bool:
    """Whether Output gives raw scores, as `Program.gives_scores` says of the model."""
    outputs = (b.spec for b in experiment.architecture.blocks.values() if b.spec.kind == "Output")
    return any(getattr(spec, "activation", "") == "linear" for spec in outputs)


def imports(experiment: Experiment) -> list[str]:
    """Lines that import what only this task needs."""
    return ["import tensorflow as tf"] if experiment.data.info().task is Task.DETECTION else []


def carried(experiment: Experiment) -> tuple[str, ...]:
    """Names of the functions that loss, weights and test need."""
    task = experiment.data.info().task
    judging = {
        Task.CLASSIFICATION: ("classification_scores",),
        Task.MULTILABEL: ("label_scores",),
        Task.SEGMENTATION: ("count_pairs", "mask_scores"),
        Task.RECONSTRUCTION: ("squared_errors", "span_of", "noise_ratio", "structural_likeness"),
        Task.DETECTION: ("found_boxes", "precision_at_recalls", "detection_scores"),
    }
    names = [*judging.get(task, ()), _own_loss(experiment)]
    if _weighs(experiment):
        names.append("label_weights" if task is Task.MULTILABEL else "class_weights")
    return tuple(name for name in names if name)


def _weighs(experiment: Experiment) -> bool:
    training = experiment.training
    return training.class_weights and training.weighs_classes(experiment.data.info().task)


def _smooths(experiment: Experiment) -> bool:
    training = experiment.training
    return training.label_smoothing > 0 and training.smooths_labels(experiment.data.info().task)


def _own_loss(experiment: Experiment) -> str:
    """The carried function that is the loss; "" where Keras has it."""
    task = experiment.data.info().task
    chosen = task, experiment.training.loss_for(task)
    plain = chosen in _PLAIN and not _weighs(experiment) and not _smooths(experiment)
    return "" if plain else _OWN.get(chosen, "")


def weights_lines(experiment: Experiment, indent: str = "") -> list[str]:
    """Statements that give `weights` from the training part; none where all samples count the same."""
    if not _weighs(experiment):
        return []
    info = experiment.data.info()
    if info.task is Task.MULTILABEL:
        made = call("weights = label_weights", [Piece("targets[training].sum(axis=0)"), Piece("len(training)")])
        return laid_out(made, indent)
    given = [Piece("targets[training].ravel()"), Piece(f"minlength={info.classes}")]
    return [*laid_out(call("counts = np.bincount", given), indent), f"{indent}weights = class_weights(counts)"]


def loss_piece(experiment: Experiment) -> Piece:
    """The argument `loss` of `compile`: Keras's name, an object of Keras, or a carried function."""
    task, scores = experiment.data.info().task, gives_scores(experiment)
    if own := _own_loss(experiment):
        given = [Piece("ops=keras.ops")] if task is Task.DETECTION else []
        given += [Piece("scores=True")] if scores and task is not Task.RECONSTRUCTION else []
        if _weighs(experiment):
            given.append(Piece("weights=weights"))
        if _smooths(experiment):
            given.append(Piece(f"smoothing={experiment.training.label_smoothing!r}"))
        return call("loss=functools.partial", [Piece(own), *given]) if given else Piece(f"loss={own}")
    name = _PLAIN[task, experiment.training.loss_for(task)]
    if scores and name in _OF_SCORES:
        return call(f"loss={_OF_SCORES[name]}", [Piece("from_logits=True")])
    return Piece(f"loss={literal(name)}")


def metric_pieces(experiment: Experiment) -> list[Piece]:
    """The metrics of training, each as source."""
    info = experiment.data.info()
    if info.task is Task.DETECTION:
        return []
    if info.task is Task.RECONSTRUCTION:
        return [Piece('"mae"')]
    if info.task is Task.MULTILABEL:
        given: dict[str, object] = {"name": "accuracy"}
        if gives_scores(experiment):
            given["threshold"] = 0.0
        return [call("keras.metrics.BinaryAccuracy", arguments((), given))]
    accuracy = Piece('"accuracy"')
    if info.task is Task.CLASSIFICATION:
        return [accuracy]
    given = {"sparse_y_true": True, "sparse_y_pred": False, "name": "mean_iou"}
    return [accuracy, call("keras.metrics.MeanIoU", arguments((info.classes,), given))]


_WATCHED_ERROR = """\
answers = model.predict(inputs[validation], verbose=0)
errors = squared_errors(targets[validation], answers)
value = noise_ratio(errors, span_of(targets[validation]))""".splitlines()
_WATCHED_BOXES = """\
answers = model.predict(inputs[validation], verbose=0)
found = found_boxes(answers, tf.image.combined_non_max_suppression)
precision, _ = precision_at_recalls(targets[validation], found, {classes})
value = detection_scores(precision)["map_50"]""".splitlines()


def watches_higher(experiment: Experiment) -> bool:
    """Whether the larger value of what is watched on validation is the better one."""
    return experiment.training.monitor == "metric"


def watched_lines(experiment: Experiment) -> list[str]:
    """Statements that give `value`: of an epoch on validation, what tells progress, from the `result` of its `fit`."""
    info = experiment.data.info()
    if experiment.training.monitor == "loss":
        return ['value = result.history["val_loss"][-1]']
    if info.task is Task.RECONSTRUCTION:
        return _WATCHED_ERROR
    if info.task is Task.DETECTION:
        lines = _filled(_WATCHED_BOXES, info)
        return _scored(lines) if gives_scores(experiment) else lines
    watched = "mean_iou" if info.task is Task.SEGMENTATION else "accuracy"
    return [f'value = result.history["val_{watched}"][-1]']


def measuring(experiment: Experiment, indent: str = "") -> list[str]:
    """Statements that say how good the model is on samples it has not seen: those that the engine judges by."""
    lines = [_EVALUATED, *_judging(experiment), *_PRINTED]
    return [indent + line for line in lines]


def _judging(experiment: Experiment) -> list[str]:
    info = experiment.data.info()
    if info.task is Task.RECONSTRUCTION:
        return [*_LIKENESS, *(_GAIN if experiment.data.preparation.added_noise > 0 else [])]
    if info.task is Task.SEGMENTATION:
        return _filled(_MASKS, info)
    if info.task is Task.DETECTION:
        lines = _filled(_BOXES, info)
        return _scored(lines) if gives_scores(experiment) else lines
    lines = ["outputs = model.predict(inputs[test], verbose=0)"]
    labels = info.task is Task.MULTILABEL
    if gives_scores(experiment):
        curve = "sigmoid" if labels else "softmax"
        lines.append(f"outputs = keras.ops.convert_to_numpy(keras.ops.{curve}(outputs))")
    judged = "label_scores(targets[test], outputs)"
    return [*lines, f"results |= {judged if labels else _class_scores(info)}"]


def _class_scores(info: DataInfo) -> str:
    return f"classification_scores(targets[test], outputs, k={best_k(info.classes)})"


def _scored(lines: list[str]) -> list[str]:
    """The lines for a network that answers raw scores."""
    return [line.replace("suppression)", "suppression, scores=True)") for line in lines]


def _filled(lines: list[str], info: DataInfo) -> list[str]:
    return [line.replace("{classes}", str(info.classes)) for line in lines]
