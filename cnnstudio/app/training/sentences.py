"""What the Train page says about a run, as plain functions of its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.format import count, counted, duration
from cnnstudio.core.metrics import is_good, metric_told
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.training.recipe import TrainingRecipe
    from cnnstudio.wire.run_state import RunState


def headline(state: RunState, name: str = "", *, interrupted: bool = False) -> str:
    """What is going on, in one line; `name` is the experiment's where the run has not told it yet. `interrupted`: its
    process has ended."""
    told = state.name or name
    name = f"\u201c{told}\u201d" if told else "the experiment"
    if interrupted:
        return f"The run of {name} was interrupted"
    return {
        "idle": "Not trained yet",
        "starting": f"Building {name}",
        "running": f"Training {name}",
        "pausing": f"Pausing {name} after this batch",
        "paused": f"Paused {name}",
        "stopping": f"Stopping {name} after this batch",
        "finished": f"Trained {name}",
        "stopped": f"Stopped {name}",
        "failed": f"The run of {name} failed" if told else "The run failed",
    }[state.phase]


def facts(state: RunState) -> str:
    """Samples, weights, device and start of the run; "" before the first."""
    told = [f"{count(n)} {part}" for part, n in state.parts.items()]
    words = [f"{', '.join(told)} samples"] if told else []
    if state.params:
        words.append(counted(state.params, "parameter"))
    if state.device and state.device != "auto":
        words.append(f"on {state.device.upper().replace(':', ' ')}")
    if state.phase in ("finished", "stopped"):
        words.append(f"{counted(len(state.history), 'epoch')} in {duration(state.seconds)}")
    if state.start:
        words.append(state.start)
    return " \u00b7 ".join(words)


def waiting_words(state: RunState, recipe: TrainingRecipe) -> str:
    """What to do before the first run, and how it would train; what happens before a run has anything to tell."""
    if state.phase == "starting":
        return "Data are read, and the network is built."
    if state.phase != "idle":
        return ""
    return f"Press Train (F5) to train the design as it stands: {recipe_words(recipe)}."


def standing(state: RunState) -> str:
    """How the run goes: learning rate, speed, what is kept, and how steps are computed; "" while nothing is known, and
    once all is over."""
    words = []
    if state.learning_rate and state.active:
        words.append(f"Learning rate {state.learning_rate:.3g}")
    if state.samples_per_second and state.phase == "running":
        words.append(f"{count(round(state.samples_per_second))} samples/s")
    if state.checkpoint is not None and state.phase not in ("finished", "stopped"):
        epoch, step = state.checkpoint
        words.append(f"Kept up to {kept_words(epoch, step, state.steps_per_epoch)}")
    if state.plan and state.active:
        words.append(state.plan[:1].upper() + state.plan[1:])
    return " \u00b7 ".join(words)


def kept_words(epoch: int, step: int, steps: int) -> str:
    """How far a checkpoint reaches: the end of an epoch, or a step of one."""
    if step == 0:
        return f"the end of epoch {count(epoch - 1)}" if epoch > 1 else "the beginning"
    if steps and step >= steps:
        return f"the end of epoch {count(epoch)}"
    return f"epoch {count(epoch)}, step {count(step)}"


def failure(state: RunState, *, can_resume: bool = False) -> str:
    """Where a run broke off and what to do; the message bar and the details say why."""
    epoch = max(1, state.epoch)
    place = f"in epoch {count(epoch)} of {count(state.epochs)}" if state.epochs else "before the first epoch"
    if not can_resume:
        return f"It broke off {place}. Press Train (F5) to try again."
    return f"It broke off {place}. Resume it as it was (Shift+F6), or change the recipe and press Train (F5)."


def result(test: Mapping[str, float]) -> str:
    """The result on the test part: the metric that stands for the run; "" while there is none."""
    name = _stands_for(test)
    return f"Test {metric_told(name, test[name])}" if name else ""


def result_tone(test: Mapping[str, float]) -> str:
    """The tone of that result: "ok" where it is good, "warning" where it is poor, "" where it is neither."""
    name = _stands_for(test)
    good = is_good(name, test[name]) if name else None
    return "" if good is None else "ok" if good else "warning"


def _stands_for(test: Mapping[str, float]) -> str:
    return next((n for n in test if n != "loss"), "loss" if test else "")


def all_results(test: Mapping[str, float]) -> str:
    """Every metric on the test part, for the tooltip."""
    told = ", ".join(metric_told(n, v) for n, v in test.items())
    return f"On the test part, which was used for nothing else: {told}"


def recipe_words(recipe: TrainingRecipe) -> str:
    """The training recipe in one line."""
    more = [] if recipe.loss == "auto" else [f"{recipe.loss} loss"]
    more += ["class weights"] if recipe.class_weights else []
    told = [
        f"{recipe.optimizer}, learning rate {recipe.learning_rate:g}",
        *more,
        f"batches of {count(recipe.batch_size)}",
        counted(recipe.epochs, "epoch"),
    ]
    return ", ".join(told)


def differences(frozen: Experiment, now: Experiment) -> tuple[str, ...]:
    """In what the design differs from the frozen copy of a run. Names and places on the canvas do not count."""
    found = []
    if _network(frozen) != _network(now):
        found.append("the architecture")
    if frozen.data != now.data:
        found.append("the data")
    if frozen.training != now.training:
        found.append("the training recipe")
    return tuple(found)


def changed_words(frozen: Experiment, now: Experiment, active: bool) -> str:
    """What has changed since the run started, and what that means; "" when nothing has."""
    found = differences(frozen, now)
    if not found:
        return ""
    things = found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
    have = "has" if len(found) == 1 and found != ("the data",) else "have"
    what = (
        "The run goes on with the copy it started from."
        if active
        else "Press Train (F5) to train the design as it stands."
    )
    return f"{things.capitalize()} {have} changed since this run started. {what}"


def foreign_words(trained: str, now: str, active: bool) -> str:
    """That the run is of another experiment than the one that is open, and what that means."""
    if active:
        return f"This run trains “{trained}”, which is no longer open. Stop it (Shift+F5) to train “{now}”."
    return f"This run trained “{trained}”, which is no longer open. Press Train (F5) to train “{now}”."


def _network(experiment: Experiment) -> dict[str, object]:
    # The Input block takes its shape from the data, which are compared on their own.
    blocks = experiment.architecture.blocks.values()
    return {b.id: (b.spec.kind, b.spec, b.inputs) for b in blocks if b.id != INPUT}


def why_no_maps(experiment: Experiment, block: str, shown: str) -> str:
    """Why a run of this experiment has no feature maps of that block, now called `shown`; "" when it has."""
    blocks = experiment.architecture.blocks
    if block not in blocks:
        return f"{shown} is not part of this run: it was added later. Press Train (F5) to train it too."
    result = next((b.id for b in blocks.values() if b.spec.kind == "Output"), "")
    if result and block != result and block not in experiment.architecture.feeding(result):
        return f"{shown} does not lead to the output, so it is not trained. Connect it on the Design page."
    return ""
