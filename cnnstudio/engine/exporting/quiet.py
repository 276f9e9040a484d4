"""Converters print and log as they please, also from C++: here it is held back, to be read where they refuse."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STREAMS = (1, 2)
_LOGGERS = ("tensorflow", "tf2onnx", "absl")
_TAIL = 8000
"""Characters of what was printed that are kept: the reason stands at the end."""


class Heard(logging.Handler):
    """What a converter had to say."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._lines: list[str] = []
        self.printed = ""
        """The end of what went to standard output and standard error; complete once the block is left."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self._lines.append(record.getMessage())

    @property
    def text(self) -> str:
        """All of it, for a report."""
        return "\n".join([*self._lines, self.printed]).strip()


@contextlib.contextmanager
def quietly() -> Iterator[Heard]:
    """Hold back what is printed, logged and warned of within the block.

    The file descriptors are those of the whole process: leave the block before anything is told to the person.
    """
    heard = Heard()
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    passed_on = [logger.propagate for logger in loggers]
    with tempfile.TemporaryFile() as held, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.addHandler(heard)
            logger.propagate = False
        try:
            with _redirected(held.fileno()):
                yield heard
        finally:
            for logger, before in zip(loggers, passed_on, strict=True):
                logger.removeHandler(heard)
                logger.propagate = before
            held.seek(max(0, held.seek(0, os.SEEK_END) - _TAIL))
            heard.printed = held.read().decode("utf-8", "replace")


@contextlib.contextmanager
def _redirected(target: int) -> Iterator[None]:
    """Both streams of the process to `target`, Python's own and those of libraries in C++."""
    real: dict[int, int] = {}
    for stream in _STREAMS:
        with contextlib.suppress(OSError):  # closed, as under pythonw
            real[stream] = os.dup(stream)
    copy = os.dup(target)
    try:
        with open(copy, "w", encoding="utf-8", errors="replace") as python:
            for stream in real:
                os.dup2(target, stream)
            with contextlib.redirect_stdout(python), contextlib.redirect_stderr(python):
                yield
    finally:
        for stream, before in real.items():
            os.dup2(before, stream)
            os.close(before)
