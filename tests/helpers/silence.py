"""Unexpected log records fail a test: a warning nobody reads is a warning nobody mends."""

from __future__ import annotations

import logging


class RecordKeeper(logging.Handler):
    """Keeps every record of WARNING and above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)

    def complaint(self) -> str:
        """What was logged, one record a line; "" when nothing was."""
        lines = [f"{r.levelname} {r.name}: {r.getMessage()}" for r in self.records]
        return "Unexpected log records:\n" + "\n".join(lines) if lines else ""
