"""`cnnstudio [FILE]`: the window."""

from __future__ import annotations

from pathlib import Path

from cnnstudio.cli.experiments import load_file
from cnnstudio.core.importing import is_model


def open_window(file: str | None) -> int:
    """Open the window and return its exit code. Raises CommandError when `file` cannot be read."""
    path = Path(file) if file is not None else None
    if path is not None and not (path.is_file() and is_model(path)):
        load_file(path)  # a fault in the file is said here, on the terminal it was typed in
    from cnnstudio.app.start import run_window

    return run_window(path)
