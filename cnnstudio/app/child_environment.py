"""Where processes that the window starts find the studio."""

from __future__ import annotations

import os
import site
from pathlib import Path

from PySide6.QtCore import QProcessEnvironment


def child_environment() -> QProcessEnvironment:
    """The window's environment; a child finds the package where this process found it, installed or in a checkout."""
    environment = QProcessEnvironment.systemEnvironment()
    root = str(Path(__file__).resolve().parents[2])
    if root not in site.getsitepackages():
        known = environment.value("PYTHONPATH", "")
        environment.insert("PYTHONPATH", os.pathsep.join(p for p in (root, known) if p))
    return environment
