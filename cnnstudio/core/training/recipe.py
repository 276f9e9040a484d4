"""The training recipe of an experiment: everything that decides how its network learns."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

from cnnstudio.core.code.rates import scheduled_rate
from cnnstudio.core.data.info import Task
from cnnstudio.core.declare import Declared, declared, param
from cnnstudio.core.training.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Callable

LOSSES: dict[Task, tuple[str, ...]] = {
    Task.CLASSIFICATION: ("cross-entropy", "focal"),
    Task.MULTILABEL: ("cross-entropy", "focal"),
    Task.SEGMENTATION: ("cross-entropy", "dice", "cross-entropy + dice", "focal"),
    Task.RECONSTRUCTION: ("mse", "mae", "ssim"),
    Task.DETECTION: ("focal + giou",),
}
"""The losses that fit a task, the first of them its usual one."""

KERAS_DEFAULT = "Keras's"


def _takes(name: str) -> Callable[[TrainingRecipe], bool]:
    """Whether the recipe's optimizer has that parameter."""

    def takes(recipe: TrainingRecipe) -> bool:
        return name in OPTIMIZERS[recipe.optimizer].parameters

    return takes


def _scheduled(*names: str) -> Callable[[TrainingRecipe], bool]:
    """Whether the recipe's schedule is one of these."""

    def scheduled(recipe: TrainingRecipe) -> bool:
        return recipe.schedule in names

    return scheduled


@declared
class TrainingRecipe(Declared):
    """How the network is trained; metrics follow from the task."""

    optimizer: Literal[
        "adam",
        "adamw",
        "adamax",
        "nadam",
        "lamb",
        "lion",
        "sgd",
        "rmsprop",
        "adagrad",
        "adadelta",
        "adafactor",
        "ftrl",
        "schedule-free",
    ] = param("adam", help="Rule that turns gradients into steps; adam suits most networks")
    learning_rate: float = param(
        0.001, above=0.0, max=100.0, help="Length of a step; too high diverges, too low crawls"
    )
    momentum: float = param(
        0.9, min=0.0, below=1.0, help="How much of the last step is kept",
        relevant=lambda r: r.optimizer == "sgd",
    )  # fmt: skip
    nesterov: bool = param(
        False, help="Look where momentum leads before the step is taken", relevant=_takes("nesterov")
    )
    beta_1: float | None = param(
        None, min=0.0, below=1.0, label="Beta 1", blank=KERAS_DEFAULT, relevant=_takes("beta_1"),
        help="How much of the running mean of gradients is kept",
    )  # fmt: skip
    beta_2: float | None = param(
        None, min=0.0, below=1.0, label="Beta 2", blank=KERAS_DEFAULT, relevant=_takes("beta_2"),
        help="How much of the running mean of squared gradients is kept",
    )  # fmt: skip
    rho: float | None = param(
        None, min=0.0, below=1.0, blank=KERAS_DEFAULT, relevant=_takes("rho"),
        help="How much of the running mean of squared gradients is kept",
    )  # fmt: skip
    epsilon: float | None = param(
        None, above=0.0, max=1.0, blank=KERAS_DEFAULT, relevant=_takes("epsilon"),
        help="Keeps steps short where gradients are tiny",
    )  # fmt: skip
    amsgrad: bool = param(
        False, label="AMSGrad", relevant=_takes("amsgrad"), help="Never let steps grow again (Reddi et al., 2018)"
    )
    centered: bool = param(False, relevant=_takes("centered"), help="Scale by the variance of gradients")
    initial_accumulator_value: float | None = param(
        None, min=0.0, max=1000.0, label="Sums begin at", blank=KERAS_DEFAULT,
        relevant=_takes("initial_accumulator_value"), help="What the sum of squared gradients starts from",
    )  # fmt: skip
    beta_2_decay: float | None = param(
        None, min=-1.0, below=0.0, label="Beta 2 decay", blank=KERAS_DEFAULT, relevant=_takes("beta_2_decay"),
        help="Power of the step by which older squared gradients are forgotten ever more slowly",
    )  # fmt: skip
    clip_threshold: float | None = param(
        None, above=0.0, max=1e6, label="Largest update", blank=KERAS_DEFAULT, relevant=_takes("clip_threshold"),
        help="Root mean square from which on an update is shortened",
    )  # fmt: skip
    relative_step: bool = param(
        True, relevant=_takes("relative_step"), help="Let steps grow no longer than one over the root of their number"
    )
    learning_rate_power: float | None = param(
        None, min=-10.0, max=0.0, label="Power of the rate", blank=KERAS_DEFAULT,
        relevant=_takes("learning_rate_power"), help="How steps shorten as squared gradients add up; 0 keeps them",
    )  # fmt: skip
    l1_regularization_strength: float | None = param(
        None, min=0.0, max=1000.0, label="L1", blank=KERAS_DEFAULT, relevant=_takes("l1_regularization_strength"),
        help="Pulls weights to zero, small ones all the way",
    )  # fmt: skip
    l2_regularization_strength: float | None = param(
        None, min=0.0, max=1000.0, label="L2", blank=KERAS_DEFAULT, relevant=_takes("l2_regularization_strength"),
        help="Pulls weights towards zero, large ones most",
    )  # fmt: skip
    l2_shrinkage_regularization_strength: float | None = param(
        None, min=0.0, max=1000.0, label="L2 on gradients", blank=KERAS_DEFAULT,
        relevant=_takes("l2_shrinkage_regularization_strength"), help="Adds so much of each weight to its gradient",
    )  # fmt: skip
    beta: float | None = param(
        None, min=0.0, max=1000.0, blank=KERAS_DEFAULT, relevant=_takes("beta"),
        help="Shortens the first steps, as long as gradients have not added up",
    )  # fmt: skip
    weight_decay: float | None = param(
        None, min=0.0, max=1.0, blank=KERAS_DEFAULT,
        help="Share of each weight, times the learning rate, that every step takes away; Keras's is 0, for adamw 0.004",
    )  # fmt: skip
    clipping: Literal["none", "by value", "by norm", "by global norm"] = param(
        "none", label="Clip gradients", help="Keep single gradients, those of a weight, or all together from growing"
    )
    clip_at: float = param(
        1.0, above=0.0, max=1e6, label="Clip at", relevant=lambda r: r.clipping != "none",
        help="The largest value, or norm, that stays as it is",
    )  # fmt: skip

    schedule: Literal["constant", "step", "exponential", "cosine", "one-cycle", "plateau"] = param(
        "constant", label="Rate over time", help="How the learning rate changes while the network learns"
    )
    warmup_epochs: float = param(
        0.0, min=0.0, max=1000.0, label="Warm-up", unit="epochs", relevant=lambda r: r.schedule != "one-cycle",
        help="The rate rises from zero over so many epochs",
    )  # fmt: skip
    decay: float = param(
        0.5, above=0.0, below=1.0, label="Factor", relevant=_scheduled("step", "exponential", "plateau"),
        help="What the rate is multiplied by",
    )  # fmt: skip
    decay_epochs: float = param(
        5.0, above=0.0, max=100000.0, label="Every", unit="epochs", relevant=_scheduled("step", "exponential"),
        help="After so many epochs the rate has been multiplied once",
    )  # fmt: skip
    final_share: float = param(
        0.01, above=0.0, max=1.0, label="Ends at", unit="of the rate", relevant=_scheduled("cosine", "one-cycle"),
        help="Share of the learning rate that is left at the end",
    )  # fmt: skip
    peak_at: float = param(
        0.3, above=0.0, below=1.0, label="Peak at", unit="of the run", relevant=_scheduled("one-cycle"),
        help="Share of the run after which the rate is highest",
    )  # fmt: skip
    plateau_patience: int = param(
        3, min=1, max=1000, label="Wait", unit="epochs", relevant=_scheduled("plateau"),
        help="Epochs without progress on validation before the rate is lowered",
    )  # fmt: skip

    batch_size: int = param(32, min=1, max=65536, help="Samples whose gradients make one step")
    epochs: int = param(15, min=1, max=100000, help="How often every training sample is seen")
    monitor: Literal["loss", "metric"] = param(
        "loss", label="Watched on validation",
        help="What tells the best epoch, progress and a plateau: the loss, or the task's first metric",
    )  # fmt: skip
    early_stopping: bool = param(False, help="End the run when validation brings no more progress")
    patience: int = param(
        5, min=1, max=100000, unit="epochs", relevant=lambda r: r.early_stopping,
        help="Epochs in a row that may bring no progress",
    )  # fmt: skip
    min_delta: float = param(
        0.0, min=0.0, max=1000.0, label="Least progress", relevant=lambda r: r.early_stopping,
        help="A smaller change on validation counts as none",
    )  # fmt: skip
    restore_best: bool = param(
        False, label="Take the best epoch", help="End with the weights of the best epoch and not of the last"
    )

    loss: Literal[
        "auto", "cross-entropy", "focal", "dice", "cross-entropy + dice", "mse", "mae", "ssim", "focal + giou"
    ] = param("auto", help="What training makes small; auto: the usual one of the task")
    class_weights: bool = param(
        False, help="Count a sample of a rare class for more, so that all classes count the same"
    )
    label_smoothing: float = param(
        0.0, min=0.0, below=1.0, help="Share of each target that is spread over all classes, against overconfidence"
    )

    precision: Literal["float32", "bfloat16", "float16"] = param(
        "float32", label="Number format",
        help="What layers compute in; weights stay float32. bfloat16 suits new processors and GPUs, float16 GPUs",
    )  # fmt: skip
    device: Literal[
        "auto", "cpu", "gpu", "gpu:0", "gpu:1", "gpu:2", "gpu:3", "gpu:4", "gpu:5", "gpu:6", "gpu:7", "all gpus"
    ] = param("auto", help="Where to train; auto: the first GPU, else the CPU; all gpus: a share of each batch on each")
    seed: int = param(0, min=0, max=2**31 - 1, help="Fixes initial weights, order and dropout: same seed, same result")
    checkpoint_seconds: int = param(
        60, min=5, max=86400, label="Checkpoint every", unit="seconds",
        help="How often the state is kept within an epoch; it is kept at the end of each epoch, too",
    )  # fmt: skip

    def loss_for(self, task: Task) -> str:
        """The loss that is used: one of LOSSES[task]."""
        fitting = LOSSES[task]
        return self.loss if self.loss in fitting else fitting[0]

    def loss_problem(self, task: Task) -> str:
        """Why the loss does not fit the task; "" when it does."""
        if self.loss == "auto" or self.loss in LOSSES[task]:
            return ""
        return f'The loss "{self.loss}" is not one for {task}: choose {" or ".join(("auto", *LOSSES[task]))}.'

    @staticmethod
    def weighs_classes(task: Task) -> bool:
        """Whether class weights mean anything for the task."""
        return task in (Task.CLASSIFICATION, Task.MULTILABEL, Task.SEGMENTATION)

    def smooths_labels(self, task: Task) -> bool:
        """Whether label smoothing means anything for the task and its loss."""
        return self.weighs_classes(task) and "cross-entropy" in self.loss_for(task)

    def without_misfits(self, task: Task) -> TrainingRecipe:
        """The recipe with what does not fit the task back at its default; the same object when all fits."""
        return dataclasses.replace(self, loss="auto") if self.loss_problem(task) else self

    def optimizer_arguments(self) -> dict[str, Any]:
        """What Keras's class is told beside the learning rate, by Keras's names; what is left open is left out."""
        defaults = {p.name: p.default for p in self.parameters}
        names = [name for name in OPTIMIZERS[self.optimizer].parameters if name != "momentum"]
        told = {name: getattr(self, name) for name in names if getattr(self, name) != defaults[name]}
        if self.optimizer == "sgd" and self.momentum:
            told["momentum"] = self.momentum
        if self.weight_decay is not None and self.weight_decay != OPTIMIZERS[self.optimizer].weight_decay:
            told["weight_decay"] = self.weight_decay
        clips = {"by value": "clipvalue", "by norm": "clipnorm", "by global norm": "global_clipnorm"}
        if self.clipping != "none":
            told[clips[self.clipping]] = self.clip_at
        return told

    @property
    def changes_rate(self) -> bool:
        """Whether the learning rate is not the same from the first step to the last."""
        return self.schedule != "constant" or self.warmup_epochs > 0

    def schedule_arguments(self) -> dict[str, Any]:
        """What `scheduled_rate` is told of the schedule."""
        names = ("schedule", "learning_rate", "warmup_epochs", "decay", "decay_epochs", "final_share", "peak_at")
        return {name: getattr(self, name) for name in names}

    def rate_at(self, step: int, steps_per_epoch: int) -> float:
        """The learning rate of a step, counted from 0 over the run; a plateau lowers it further."""
        return scheduled_rate(step, steps_per_epoch, self.epochs, **self.schedule_arguments())


SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Length", ("batch_size", "epochs", "early_stopping", "patience", "min_delta", "monitor", "restore_best")),
    (
        "Optimizer",
        ("optimizer", "momentum", "nesterov", "beta_1", "beta_2", "rho", "epsilon", "amsgrad",
         "centered", "initial_accumulator_value", "beta_2_decay", "clip_threshold", "relative_step",
         "learning_rate_power", "l1_regularization_strength", "l2_regularization_strength",
         "l2_shrinkage_regularization_strength", "beta", "weight_decay", "clipping", "clip_at"),
    ),
    (
        "Learning rate",
        ("learning_rate", "schedule", "warmup_epochs", "decay", "decay_epochs", "final_share", "peak_at",
         "plateau_patience"),
    ),
    ("Loss", ("loss", "class_weights", "label_smoothing")),
    ("Computing", ("device", "precision", "seed", "checkpoint_seconds")),
)  # fmt: skip
"""The parameters in the order in which forms show them, under headings."""
