"""From words on the command line to a verb, and from whatever happens there to one sentence and an exit code."""

from __future__ import annotations

import argparse
import os
import traceback
from typing import TYPE_CHECKING, NoReturn

from cnnstudio import __version__
from cnnstudio.cli import (
    check,
    code,
    compare,
    data,
    doctor,
    evaluate,
    explain,
    export,
    import_,
    predict,
    preflight,
    presets,
    resume,
    runs,
    train,
    window,
)
from cnnstudio.cli.experiments import looks_like_path
from cnnstudio.cli.output import prepare_streams, say, tell
from cnnstudio.cli.verb import AT_FAULT, INTERRUPTED, MISUSE, OK, CommandError, UsageError, Verb
from cnnstudio.core.declare import closest
from cnnstudio.core.formats.presets import presets as shipped_and_own
from cnnstudio.core.formats.storage import data_folder, write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import SupportsWrite

PROGRAM = "cnnstudio"
VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        presets.VERB,
        import_.VERB,
        check.VERB,
        data.VERB,
        code.VERB,
        preflight.VERB,
        train.VERB,
        resume.VERB,
        runs.VERB,
        compare.VERB,
        evaluate.VERB,
        predict.VERB,
        explain.VERB,
        export.VERB,
        doctor.VERB,
    )
}
"""All verbs, in the order in which help lists them."""
_LONGEST_PATH = 200

CODES = """\
exit codes:
  0    fine
  1    the experiment or its data is at fault
  2    wrong usage or environment
  130  stopped by Ctrl+C
"""


class _Parser(argparse.ArgumentParser):
    """argparse, with wrong usage as one sentence and not two paragraphs."""

    def error(self, message: str) -> NoReturn:
        hint = f"`{self.prog} --help` shows what there is."
        raise UsageError(f"{message[:1].upper()}{message[1:].rstrip('.')}; {hint}")

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Through `say`, which does not leave the words waiting for the end of the program."""
        say(self.format_help().removesuffix("\n"))


def run(argv: Sequence[str]) -> int:
    """Do what `argv` (without the program's name) asks and return the exit code; never raises."""
    prepare_streams()
    try:
        return _dispatch(list(argv))
    except CommandError as error:
        tell(f"{PROGRAM}: {error}")
        return error.code
    except KeyboardInterrupt:
        tell(f"{PROGRAM}: Stopped.")
        return INTERRUPTED
    except BrokenPipeError:
        return OK
    except OSError as error:
        place = f"{_short(str(error.filename))}: " if error.filename else ""
        tell(f"{PROGRAM}: {place}{(error.strerror or str(error)).lower()}.")
        return MISUSE
    except ImportError as error:
        tell(f"{PROGRAM}: {_missing(error)}")
        return MISUSE
    except MemoryError:
        tell(f"{PROGRAM}: There is not enough memory for this; make the network, the batch or the samples smaller.")
        return AT_FAULT
    except Exception as error:
        tell(f"{PROGRAM}: {_unforeseen(error)}")
        return MISUSE


def _dispatch(argv: list[str]) -> int:
    if not argv:
        return window.open_window(None)
    first = argv[0]
    if first in VERBS:
        return _run_verb(VERBS[first], argv[1:])
    if first.startswith("-") and first != "-":
        return _options(argv)
    if not looks_like_path(first) or (len(argv) > 1 and not argv[1].startswith("-")):
        raise UsageError(_unknown(first))
    if len(argv) > 1:
        raise UsageError(f"Only one FILE is opened at a time; `{PROGRAM} --help` shows what there is.")
    return window.open_window(first)


def _unknown(word: str) -> str:
    known = {*VERBS, *(p.id for p in shipped_and_own())}
    if word in known:
        return f'"{word}" is a preset: `{PROGRAM} check {word}`, `code {word}` and `train {word}` take it.'
    return f'There is no verb and no file "{word[:60]}". {closest(word, known)}'


def _run_verb(verb: Verb, argv: list[str]) -> int:
    parser = _Parser(
        prog=f"{PROGRAM} {verb.name}",
        description=verb.details,
        epilog=CODES,
        formatter_class=_HelpFormatter,
        allow_abbrev=False,
    )
    verb.arguments(parser)
    try:
        args = parser.parse_args(argv)
    except SystemExit:  # --help has said all; wrong usage raises UsageError
        return OK
    return verb.run(args)


def _short(path: str) -> str:
    """The end of a path, which is what tells it apart; the system refuses some for their length."""
    return path if len(path) <= _LONGEST_PATH else f"…{path[-_LONGEST_PATH:]}"


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Wraps the description, and leaves the table of exit codes as it stands."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text == CODES:
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)


def _options(argv: list[str]) -> int:
    if argv[0] in ("-h", "--help"):
        say(overview())
        return OK
    if argv[0] in ("-V", "--version"):
        say(f"CNN Studio {__version__}")
        return OK
    raise UsageError(f'There is no option "{argv[0][:60]}". {closest(argv[0], ("--help", "--version"))}')


def overview() -> str:
    """The page behind `cnnstudio --help`."""
    width = max(len(name) for name in VERBS)
    verbs = "\n".join(f"  {name.ljust(width)}  {verb.summary}" for name, verb in VERBS.items())
    return (
        "CNN Studio: design, train and understand convolutional networks.\n\n"
        f"  {PROGRAM} [FILE]       open the window, on an experiment file if one is given\n"
        f"  {PROGRAM} VERB ...     do the same work without a window\n"
        f"  {PROGRAM} VERB --help  say what a verb takes\n"
        f"  {PROGRAM} --version    say which version this is\n\n"
        f"verbs:\n{verbs}\n\n{CODES.rstrip()}"
    )


def _missing(error: ImportError) -> str:
    """A library that Python does not find is the environment's fault, and the person can mend it."""
    wanted = os.environ.get("KERAS_BACKEND", "")
    if not isinstance(error, ModuleNotFoundError) or not error.name or error.name.startswith("cnnstudio"):
        return _unforeseen(error)
    if error.name == wanted:
        return (
            f"KERAS_BACKEND asks Keras to compute with {wanted}, which is not installed: install it, or take "
            "KERAS_BACKEND away."
        )
    return f"The library {error.name} is not installed: install CNN Studio again in this environment."


def _unforeseen(error: Exception) -> str:
    """A fault of the program itself: the sentence for the person; the details go to a file, for a report."""
    what = f"Something went wrong inside CNN Studio ({type(error).__name__})"
    place = data_folder() / "last-error.txt"
    try:
        write_atomic(place, "".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace"))
    except OSError:
        return f"{what}: {error}."
    return f"{what}; {place} holds the details, please report it with them."
