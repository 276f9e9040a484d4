"""What can go wrong when a network is taken away."""

from __future__ import annotations


class ExportError(Exception):
    """The network cannot be exported: one sentence for the person, and details for a report."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class ExportPlaceError(ExportError):
    """What was asked for is at fault, or the run's folder, or where the file is to go; not what was trained."""


class ExportCancelled(ExportError):
    """Nobody wants the file any more; nothing of it is left behind."""
