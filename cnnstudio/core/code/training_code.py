"""What a script says of training: optimizer, learning rates, the loop over epochs, what ends it and what it ends with.

Rates and patience are those of the engine: the script carries the same lines of Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.code import data_code, judging
from cnnstudio.core.code.writing import INDENT, Piece, arguments, call, laid_out, literal
from cnnstudio.core.training.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.recipe import DataRecipe
    from cnnstudio.core.training.recipe import TrainingRecipe

_ORDER = """\
# fit(shuffle=True) would repeat one order in every epoch after set_random_seed.
order = training[epoch_order(len(training), SEED, epoch)]""".splitlines()
_VARIED_ORDER = """\
order = epoch_order(len(training), SEED, epoch)
batches = varied_batches(
    keras.ops,
    inputs,
    targets,
    training,
    order,
    batch_size=BATCH_SIZE,
    seed=SEED,
    epoch=epoch,
    task=TASK,
    augmentation=AUGMENTATION,
)""".splitlines()
_STEPS = "steps = int(np.ceil(len(training) / BATCH_SIZE))"
_RATES = """\
numbers = range((epoch - 1) * steps, epoch * steps)
rates = [scheduled_rate(n, steps, EPOCHS, **SCHEDULE) for n in numbers]
set_rate = rate_setter(model.optimizer, rates)""".splitlines()
_RATES_OF_A_PLATEAU = [line.replace("= [", "= [factor * ") for line in _RATES]
_CALLBACKS = "callbacks=[keras.callbacks.LambdaCallback(on_train_batch_begin=set_rate)],"


def policy_lines(training: TrainingRecipe, indent: str = "") -> list[str]:
    """Statements, ahead of the model, that say what layers compute in."""
    if training.precision == "float32":
        return []
    return [f'{indent}keras.config.set_dtype_policy("mixed_{training.precision}")']


def constants(training: TrainingRecipe) -> list[str]:
    """How the learning rate changes; [] where it does not."""
    if not training.changes_rate:
        return []
    relevant = {p.name for p in training.parameters if p.relevant is None or p.relevant(training)}
    if training.schedule == "plateau":
        relevant.discard("decay")  # the loop sees to it: it hangs on what validation says
    if not training.warmup_epochs:
        relevant.discard("warmup_epochs")
    told = {name: value for name, value in training.schedule_arguments().items() if name in relevant}
    entries = [f"{INDENT}{literal(name)}: {literal(value)}," for name, value in told.items()]
    return ["# How the learning rate changes.", "SCHEDULE = {", *entries, "}"]


def carried(experiment: Experiment) -> tuple[str, ...]:
    """Names of the functions and classes that training needs."""
    names = ["epoch_order"]
    if _varies(experiment.data):
        names.append("varied_batches")
    if experiment.training.changes_rate:
        names += ["scheduled_rate", "rate_setter"]
    if _is_watched(experiment.training):
        names.append("Patience")
    return tuple(names)


def optimizer(training: TrainingRecipe) -> Piece:
    """The argument `optimizer` of `compile`."""
    given = {"learning_rate": training.learning_rate, **training.optimizer_arguments()}
    return call(f"optimizer=keras.optimizers.{OPTIMIZERS[training.optimizer].keras_class}", arguments((), given))


def training_loop(experiment: Experiment, indent: str = "", keep: Sequence[str] = ()) -> list[str]:
    """Statements that train `model`; `keep` are those that do something with the `result` of each `fit`."""
    training = experiment.training
    after = [*keep, *_judged(experiment)]
    named = any("result" in line for line in after)
    body = [*_order(experiment), *_rates(training), *_fit(experiment, named=named), *after]
    lines = [*_before(experiment), "for epoch in range(1, EPOCHS + 1):", *(INDENT + line for line in body)]
    if training.restore_best:
        lines.append("model.set_weights(best_weights)")
    return [indent + line for line in lines]


def _varies(data: DataRecipe) -> bool:
    return data.augmentation.acts_on(data.info())


def _is_watched(training: TrainingRecipe) -> bool:
    """Whether anything hangs on what validation says."""
    return training.early_stopping or training.restore_best or training.schedule == "plateau"


def _before(experiment: Experiment) -> list[str]:
    """What the loop keeps from epoch to epoch."""
    training, higher = experiment.training, judging.watches_higher(experiment)
    lines = [_STEPS] if training.changes_rate else []
    wanted = {
        "plateau": training.plateau_patience if training.schedule == "plateau" else 0,
        "best": 1 if training.restore_best else 0,
        "stopping": training.patience if training.early_stopping else 0,
    }
    for name, epochs in wanted.items():
        if not epochs:
            continue
        given = {"higher_is_better": True} if higher else {}
        least = {"min_delta": training.min_delta} if name == "stopping" and training.min_delta else {}
        lines += laid_out(call(f"{name} = Patience", arguments((epochs,), given | least)), "")
    return [*lines, "factor = 1.0"] if wanted["plateau"] else lines


def _order(experiment: Experiment) -> list[str]:
    if not _varies(experiment.data):
        return _ORDER
    task = literal(str(experiment.data.info().task))
    lines = [line.replace("=TASK", f"={task}") for line in _VARIED_ORDER]
    return [*lines, *data_code.noisy_batches(experiment.data)]


def _rates(training: TrainingRecipe) -> list[str]:
    if not training.changes_rate:
        return []
    return _RATES_OF_A_PLATEAU if training.schedule == "plateau" else _RATES


def _fit(experiment: Experiment, *, named: bool) -> list[str]:
    """The call of `fit` over one epoch; `named`: what it returns is called `result`."""
    given = [f"{data_code.noisy_inputs(experiment.data)},", "targets[order],", "batch_size=BATCH_SIZE,"]
    if _varies(experiment.data):
        given = ["batches,", "steps_per_epoch=int(np.ceil(len(order) / BATCH_SIZE)),"]
    given += ["shuffle=False,", "initial_epoch=epoch - 1,", "epochs=epoch,"]
    given += [_CALLBACKS] if experiment.training.changes_rate else []
    given += ["validation_data=(inputs[validation], targets[validation]),", "verbose=2,"]
    return [f"{'result = ' if named else ''}model.fit(", *(INDENT + line for line in given), ")"]


def _judged(experiment: Experiment) -> list[str]:
    """What follows from how the epoch did on validation."""
    training = experiment.training
    if not _is_watched(training):
        return []
    lines = judging.watched_lines(experiment)
    if training.schedule == "plateau":
        lines += ["if plateau.is_over(value):", f"{INDENT}factor *= {training.decay!r}", f"{INDENT}plateau.waited = 0"]
    if training.restore_best:
        lines += ["if not best.is_over(value):", f"{INDENT}best_weights = model.get_weights()"]
    if training.early_stopping:
        lines += ["if stopping.is_over(value):", f"{INDENT}break"]
    return lines
