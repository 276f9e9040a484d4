"""What verbs share that take what a run has learned: which weights, and what is said when there are none."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from cnnstudio.cli.verb import CommandError, UsageError
from cnnstudio.core.declare import closest
from cnnstudio.core.formats.run_folder import WHICH

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from cnnstudio.core.formats.run_folder import Which


def add_weights(parser: argparse.ArgumentParser) -> None:
    """The option --weights."""
    parser.add_argument(
        "--weights",
        metavar="last|best",
        default="last",
        help="those that the run ended with, which it was tested with, or those of its best epoch (default: last)",
    )


def checked_weights(text: str) -> Which:
    """What was given as --weights. Raises UsageError."""
    for which in WHICH:
        if text == which:
            return which
    raise UsageError(f'There are no weights "{text[:60]}". {closest(text, WHICH)}')


@contextmanager
def learned() -> Iterator[None]:
    """Turn what the engine says of a run into what the command line says: a place that is wrong is wrong usage."""
    from cnnstudio.engine.running.control import PlaceError, RunError

    try:
        yield
    except PlaceError as error:
        raise UsageError(error.message) from error
    except RunError as error:
        raise CommandError(error.message) from error
