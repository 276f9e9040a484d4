"""Where the command line's words go: results to stdout, everything else to stderr, TensorFlow's chatter nowhere."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from cnnstudio.cli.verb import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)], "\N{REPLACEMENT CHARACTER}")
"""What a terminal would obey and not show, but for tab and line end: names may have been written by anybody."""
_streams: list[tuple[TextIO, TextIO]] = []
"""The real stdout and stderr while `quiet` holds the others."""


def _stdout() -> TextIO:
    return _streams[-1][0] if _streams else sys.stdout


def _stderr() -> TextIO:
    return _streams[-1][1] if _streams else sys.stderr


def say(text: str) -> None:
    """One result on stdout, there at once even when a program reads it.

    Raises BrokenPipeError when the reader went away (`| head`), UsageError when stdout takes no more otherwise.
    """
    try:
        _stdout().write(text.translate(_CONTROLS) + "\n")
        _stdout().flush()
    except OSError as error:
        _abandon(_stdout())
        if isinstance(error, BrokenPipeError):
            raise
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"The output cannot be written ({why}): free some space or send it elsewhere.") from error


def tell(text: str) -> None:
    """One line for the person on stderr."""
    redraw(" ".join(text.splitlines()).translate(_CONTROLS) + "\n")


def redraw(text: str) -> None:
    """Put `text` on stderr as it is: for a line that is written over. Where nobody can read it, it is lost."""
    try:
        _stderr().write(text)
        _stderr().flush()
    except OSError:
        _abandon(_stderr())
    except RuntimeError:  # called for a signal that came while stderr was being written to: go below Python's buffer
        with contextlib.suppress(OSError):
            os.write(_stderr().fileno(), text.encode(_stderr().encoding, "backslashreplace"))


def on_terminal() -> bool:
    """Whether a person watches stderr."""
    return _stderr().isatty()


def prepare_streams() -> None:
    """Streams that the caller closed (`>&-`) lead nowhere; a letter that a terminal cannot show becomes its number.

    Left closed, the descriptors 1 and 2 would go to the next files opened, and TensorFlow prints into these.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _lead_nowhere(number)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _lead_nowhere(number: int) -> None:
    sink = os.open(os.devnull, os.O_RDWR)
    if sink != number:
        os.dup2(sink, number)
        os.close(sink)


def _abandon(stream: TextIO) -> None:
    """Nothing more can be said there, and Python must not try to on its way out: what waits goes nowhere."""
    with contextlib.suppress(OSError, ValueError):
        _lead_nowhere(stream.fileno())


@contextmanager
def quiet(*, verbose: bool = False) -> Iterator[None]:
    """Keep what TensorFlow and Keras print, in Python or in C++, off stdout and stderr; `say` and `tell` get through.

    C++ writes to the descriptors 1 and 2, so these are turned away. `verbose` lets all of it through to stderr: stdout
    stays for results.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0" if verbose else "3")
    with contextlib.ExitStack() as stack:
        sink = os.dup(2) if verbose else os.open(os.devnull, os.O_WRONLY)
        chatter = stack.enter_context(os.fdopen(sink, "w", encoding="utf-8", errors="replace"))
        out, err = (_kept(stack, stream, number) for number, stream in ((1, sys.stdout), (2, sys.stderr)))
        for number in (1, 2):
            os.dup2(chatter.fileno(), number)
        _streams.append((out, err))
        stack.callback(_streams.pop)
        stack.enter_context(contextlib.redirect_stdout(chatter))
        stack.enter_context(contextlib.redirect_stderr(chatter))
        yield


def _kept(stack: contextlib.ExitStack, stream: TextIO, number: int) -> TextIO:
    """A stream to where descriptor `number` leads now; the descriptor itself is put back when the stack unwinds."""
    stream.flush()
    saved = os.dup(number)
    stack.callback(os.close, saved)
    stack.callback(os.dup2, saved, number)
    try:
        direct = stream.fileno() == number
    except (OSError, ValueError):
        direct = False
    if not direct:  # already led elsewhere, by a test or a caller: that place is not touched
        return stream
    kept = os.fdopen(os.dup(saved), "w", encoding=stream.encoding, errors="backslashreplace")
    return stack.enter_context(kept)
