"""`cnnstudio train`: the same training as in the window, in this process."""

from __future__ import annotations

import argparse
import dataclasses
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.cli.experiments import add_experiment, load
from cnnstudio.cli.output import quiet, redraw, tell
from cnnstudio.cli.own_data import with_data
from cnnstudio.cli.progress import JsonLines, TextLines
from cnnstudio.cli.sound import require_files, require_sound, require_weights
from cnnstudio.cli.verb import INTERRUPTED, OK, CommandError, UsageError, Verb
from cnnstudio.core.initial_weights import without_weights
from cnnstudio.core.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from cnnstudio.cli.progress import Reporter
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.running.control import Control
    from cnnstudio.wire.messages import Event, RunEnded


def whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'must be a whole number, not "{text[:60]}"') from None


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_experiment(parser)
    parser.add_argument(
        "--data", metavar="SOURCE", help="a folder or file of your own samples, in place of the experiment's data"
    )
    parser.add_argument(
        "--epochs", metavar="N", type=whole_number, help="how often every sample is seen (default: as in the file)"
    )
    parser.add_argument(
        "--seed", metavar="S", type=whole_number, help="for weights, order and dropout (default: as in the file)"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="start from fresh weights, whatever weights the file names"
    )
    parser.add_argument(
        "--device",
        metavar="DEVICE",
        help='where to train: auto, cpu, gpu, gpu:0, gpu:1 ... or "all gpus" (default: as in the file)',
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="the run's folder (default: a new one among your runs)")
    add_output(parser)


def add_output(parser: argparse.ArgumentParser) -> None:
    """How a run in progress is told: --json and --verbose."""
    parser.add_argument("--json", action="store_true", help="print one JSON object a line instead of text")
    parser.add_argument("--verbose", action="store_true", help="let TensorFlow's own messages through to stderr")


def prepared(
    experiment: Experiment, epochs: int | None = None, seed: int | None = None, device: str | None = None
) -> Experiment:
    """The experiment with what the options replace. Raises UsageError when a value is out of bounds."""
    training = experiment.training
    for name, value in (("epochs", epochs), ("seed", seed), ("device", device)):
        if value is None:
            continue
        parameter = TrainingRecipe.parameter(name)
        problem = parameter.problem(value) if parameter else None
        if problem:
            raise UsageError(f"--{name}: {problem}")
        training = training.having(name, value)
    return dataclasses.replace(experiment, training=training)


def _folder(out: Path | None) -> Path | None:
    if out is not None and (out.is_file() or (out.is_dir() and any(out.iterdir()))):
        raise UsageError(f"{out} is there already: name a new or empty folder for the run, so that nothing is lost.")
    return out


@contextmanager
def stopping_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl+C, or a termination signal, calls `stop`; a second Ctrl+C ends the program at once."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def asked(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        redraw("\n")  # below the bar
        tell("Stopping after this batch; what has been learned is kept. Ctrl+C again ends at once.")
        stop()

    for number in before:
        signal.signal(number, asked)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def reporter(experiment: Experiment, *, json: bool) -> Reporter:
    """What tells the run of this experiment."""
    return JsonLines() if json else TextLines(experiment.data.info().class_names)


def reported(trained: Callable[[Callable[[Event], None], Control], RunEnded], report: Reporter) -> int:
    """Let `trained` (emit, control) train, tell its events, let Ctrl+C end it; the exit code.

    TensorFlow is loaded here, not before. Raises CommandError.
    """
    from cnnstudio.engine import devices
    from cnnstudio.engine.running.control import Control, PlaceError, RunError

    control = Control()
    mute: list[CommandError] = []

    def shown(event: Event) -> None:
        try:
            report(event)
        except BrokenPipeError:  # the reader went away: nobody waits for the rest of the run
            control.stop()
        except CommandError as error:  # stdout takes no more: keep what was learned, then say so
            mute.append(error)
            control.stop()

    try:
        with stopping_on_signals(control.stop):
            outcome = trained(shown, control).outcome
    except (devices.DeviceError, PlaceError) as error:
        raise UsageError(str(error)) from error
    except RunError as error:
        raise CommandError(error.message) from error
    finally:
        report.close()
    if mute:
        raise mute[0]
    return OK if outcome == "finished" else INTERRUPTED


def _run(args: argparse.Namespace) -> int:
    experiment = prepared(load(args.experiment), args.epochs, args.seed, args.device)
    if args.fresh:
        experiment = without_weights(experiment)
    folder = _folder(args.out)
    if args.data is not None:
        experiment = with_data(experiment, args.data)
    require_sound(experiment)
    require_weights(experiment)
    require_files(experiment)
    with quiet(verbose=args.verbose):
        return _train(experiment, folder, reporter(experiment, json=args.json))


def _train(experiment: Experiment, folder: Path | None, report: Reporter) -> int:
    def trained(shown: Callable[[Event], None], control: Control) -> RunEnded:
        from cnnstudio.engine.running.training import train

        return train(experiment, folder, shown, control)

    return reported(trained, report)


VERB = Verb(
    "train",
    "train a design on its data and keep the run",
    "Trains the network as the window would: same data, same split, same seed, same result. The run's folder keeps "
    "the experiment, its metrics and the trained model. Ctrl+C ends the run after the current batch and keeps what has "
    "been learned (exit code 130).",
    _arguments,
    _run,
)
