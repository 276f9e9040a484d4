"""`cnnstudio preflight`: what a run would need and take, before it is started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnnstudio.cli.experiments import add_experiment, load
from cnnstudio.cli.output import quiet, say
from cnnstudio.cli.own_data import with_data
from cnnstudio.cli.sound import require_files, require_sound, require_weights
from cnnstudio.cli.train import prepared
from cnnstudio.cli.verb import OK, CommandError, UsageError, Verb

if TYPE_CHECKING:
    import argparse

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Preflight


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_experiment(parser)
    parser.add_argument(
        "--data", metavar="SOURCE", help="a folder or file of your own samples, in place of the experiment's data"
    )
    parser.add_argument("--device", metavar="auto|cpu|gpu:0", help="where it would train (default: as in the file)")
    parser.add_argument("--estimate", action="store_true", help="only estimate the memory: build and time nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument("--verbose", action="store_true", help="let TensorFlow's own messages through to stderr")


def _looked_ahead(experiment: Experiment, *, measure: bool) -> Preflight:
    """TensorFlow is loaded here, not before. Raises CommandError where the experiment cannot be trained at all."""
    from cnnstudio.engine.devices import DeviceError, resolve
    from cnnstudio.engine.running.control import RunError
    from cnnstudio.engine.trials import TrialError, preflight

    try:
        resolve(experiment.training.device)
        return preflight(experiment, measure=measure)
    except DeviceError as error:
        raise UsageError(str(error)) from error
    except (RunError, TrialError) as error:
        raise CommandError(error.message) from error


def record(found: Preflight, batch_size: int) -> dict[str, Any]:
    """The JSON object of `cnnstudio preflight --json`; memory in bytes. null: not known, or not measured."""
    return {
        "device": found.device,
        "needed": sum(found.needed.values()),
        "needed_by": found.needed,
        "free": found.free or None,
        "fits": not found.problem,
        "problem": found.problem,
        "batch_size": batch_size,
        "largest_batch": found.largest_batch,
        "seconds_per_epoch": found.seconds_per_epoch or None,
        "plan": found.plan,
        "warning": found.warning,
    }


def told(found: Preflight, batch_size: int, epochs: int) -> str:
    """The same as a person reads it."""
    from cnnstudio.engine.memory import readable

    free = f", {readable(found.free)} are free" if found.free else ""
    parts = ", ".join(f"{readable(size)} for {name}" for name, size in found.needed.items())
    rows = {
        "Device": found.device,
        "Memory": f"{readable(sum(found.needed.values()))} needed{free}",
        "": parts,
        "Largest batch": f"{found.largest_batch:,} (now {batch_size:,})",
    }
    if found.seconds_per_epoch:
        whole = f"; {epochs:,} epochs {_duration(found.seconds_per_epoch * epochs)}" if epochs > 1 else ""
        rows["An epoch"] = f"{_duration(found.seconds_per_epoch)}{whole}"
        rows["Computed with"] = found.plan
    if found.warning:
        rows["Mind"] = found.warning
    width = max(map(len, rows))
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows.items())


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.2g} s"
    minutes = seconds / 60
    return f"{minutes:.1f} min" if minutes < 60 else f"{minutes / 60:.1f} h"


def _run(args: argparse.Namespace) -> int:
    experiment = prepared(load(args.experiment), device=args.device)
    if args.data is not None:
        experiment = with_data(experiment, args.data)
    require_sound(experiment)
    require_weights(experiment)
    require_files(experiment)
    with quiet(verbose=args.verbose):
        found = _looked_ahead(experiment, measure=not args.estimate)
    batch = experiment.training.batch_size
    say(json.dumps(record(found, batch), indent=2) if args.json else told(found, batch, experiment.training.epochs))
    if found.problem:
        raise CommandError(found.problem)
    return OK


VERB = Verb(
    "preflight",
    "say what memory and time a run would take",
    "Estimates the memory that training takes and holds it against what is free, says the largest batch that fits, and "
    "times a few steps for the seconds of an epoch. Nothing is kept. Exit code 1 when the run does not fit.",
    _arguments,
    _run,
)
