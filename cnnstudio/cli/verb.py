"""What a verb of the command line is, and the two ways in which it can fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

OK = 0
AT_FAULT = 1
MISUSE = 2
INTERRUPTED = 130
"""What shells expect of a program that Ctrl+C ended: 128 + SIGINT."""


class CommandError(Exception):
    """One sentence for stderr, and the exit code that goes with it."""

    def __init__(self, sentence: str, code: int = AT_FAULT) -> None:
        super().__init__(sentence)
        self.code = code


class UsageError(CommandError):
    """Wrong usage or environment: exit code 2."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, MISUSE)


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: its name, one line for the list of verbs, the page behind `--help`, its arguments and its work."""

    name: str
    summary: str
    details: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    """Does the work and returns the exit code. Raises CommandError for what the person can mend."""
