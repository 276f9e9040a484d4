"""What was found out about networks on this computer, kept so that the same experiment is computed in the same way."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from cnnstudio.core.formats.storage import data_folder, read_capped, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

_MOST = 2000
"""Networks; the oldest are forgotten."""
_MOST_BYTES = 1 << 20
_known: dict[tuple[Path, str], bool] = {}
"""Of this process, where the disk does not take it."""


def recall(key: str) -> bool | None:
    """Whether the batches of that network are halved here; None where nobody has found out."""
    return _read().get(key, _known.get((_file(), key)))


def remember(key: str, halves: bool) -> None:
    """Keep it. A disk that is full costs no more than finding out again."""
    if not key:
        return
    _known[_file(), key] = halves
    kept = [*{name: value for name, value in _read().items() if name != key}.items(), (key, halves)][-_MOST:]
    with contextlib.suppress(OSError):
        write_atomic(_file(), json.dumps(dict(kept), indent=0).encode() + b"\n")


def _file() -> Path:
    return data_folder() / "plans.json"


def _read() -> dict[str, bool]:
    try:
        found = json.loads(read_capped(_file(), _MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, bool)}
