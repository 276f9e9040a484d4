"""`python -m cnnstudio.engine`: the worker. Commands come on stdin, events go to stdout; the window starts it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import NoReturn

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_BEHIND = 5
"""How far behind the window the worker stands where both want the same core: training takes all of them."""


def main() -> NoReturn:
    """Serve until stdin ends. What TensorFlow or any library prints to stdout comes out on stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is meant for the window, which closes the pipe
    commands, events = os.dup(_STDIN), os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, _STDIN)
    os.close(nothing)
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):  # some sandboxes leave no choice
            os.nice(_BEHIND)  # before there are threads, as each has a place of its own
    from cnnstudio.engine.worker import Worker  # TensorFlow loads here, when stdout is no longer the frames' pipe

    Worker(commands, events).serve()
    sys.stderr.flush()
    os._exit(0)  # all is written; taking TensorFlow down in good order would cost a second


if __name__ == "__main__":
    main()
