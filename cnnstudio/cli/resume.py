"""`cnnstudio resume`: a run goes on from its last checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.cli.experiments import load_file
from cnnstudio.cli.output import quiet
from cnnstudio.cli.runs import add_run, run_folder, summary
from cnnstudio.cli.sound import require_files
from cnnstudio.cli.train import add_output, reported, reporter, whole_number
from cnnstudio.cli.verb import CommandError, UsageError, Verb
from cnnstudio.core.formats.run_folder import EXPERIMENT

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from cnnstudio.core.formats.run_index import RunSummary
    from cnnstudio.engine.running.control import Control
    from cnnstudio.wire.messages import Event, RunEnded


_MOST = 100_000


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument(
        "--more", metavar="N", type=whole_number, help="train so many epochs more than the run was meant to have"
    )
    add_output(parser)


def _more(asked: int | None) -> int:
    if asked is not None and not 1 <= asked <= _MOST:
        raise UsageError(f"--more must be a whole number from 1 to {_MOST:,}, not {str(asked)[:20]}.")
    return asked or 0


def require_resumable(run: RunSummary, more: int) -> None:
    """Raise CommandError, before anything heavy is loaded, where the run cannot go on."""
    if run.under_way:
        raise UsageError(f'The run in "{run.folder}" is under way in another process.')
    if run.status == "FINISHED" and not more:
        raise UsageError(
            f"The run has finished ({run.record.epochs_done:,} of {run.record.epochs:,} epochs): say with --more N how "
            "many more to train."
        )
    if not run.has_checkpoint:
        raise CommandError(f'The run in "{run.folder}" has no checkpoint, so it cannot go on: train it anew.')


def _run(args: argparse.Namespace) -> int:
    more = _more(args.more)
    folder = run_folder(args.run)
    require_resumable(summary(folder), more)
    experiment = load_file(folder / EXPERIMENT)
    require_files(experiment)

    def go_on(shown: Callable[[Event], None], control: Control) -> RunEnded:
        from cnnstudio.engine.running.training import resumed

        return resumed(folder, more, shown, control).execute()

    with quiet(verbose=args.verbose):
        return reported(go_on, reporter(experiment, json=args.json))


VERB = Verb(
    "resume",
    "let a run go on that was stopped or broke off",
    "Goes on from the run's last checkpoint, in the same folder: on the same machine it ends with the very weights of "
    "a run that was never interrupted. With --more it trains longer than was asked for, also after it has finished. "
    "Ctrl+C ends it again and keeps what has been learned (exit code 130).",
    _arguments,
    _run,
)
