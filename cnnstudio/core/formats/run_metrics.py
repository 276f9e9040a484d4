"""The metrics of a run, epoch by epoch, as its folder keeps them in metrics.csv.

The file may be under way, cut short by a crash or written by somebody else: what can be read is read, the first line
that cannot is named, and nothing is ever waited for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from cnnstudio.core.formats.faults import showable
from cnnstudio.core.formats.run_folder import METRICS, RunFolderError
from cnnstudio.core.formats.storage import open_regular
from cnnstudio.core.metrics import RATE, VALIDATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

EPOCH, SECONDS = "epoch", "seconds"
"""The columns that say when; all others are metrics, and the learning rate."""
MAX_BYTES = 64 << 20
"""Of 20 columns about 300,000 epochs."""
MAX_COLUMNS = 1000
_LAST_EPOCH = 2**53
"""Beyond it numbers with a point skip whole ones."""


@dataclass(frozen=True, slots=True)
class RunMetrics:
    """Columns of equal length, a place for each epoch that is over. NaN and infinity are values like any other."""

    epochs: tuple[int, ...] = ()
    seconds: tuple[float, ...] = ()
    """Since the run started, at the end of each epoch."""
    columns: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By name, in the order of the file: of training, of validation ("val_..."), the learning rate."""
    problem: str = ""
    """Why the rest of the file was left out, in one sentence; "" when all of it was read."""

    @property
    def names(self) -> tuple[str, ...]:
        """What was measured, on either part: plain names, the loss first, the learning rate last."""
        return in_order(name.removeprefix(VALIDATION) for name in self.columns)

    def column(self, metric: str, *, validation: bool) -> tuple[float, ...]:
        """The metric on that part; () where it was not measured there."""
        return self.columns.get(f"{VALIDATION}{metric}" if validation else metric, ())


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once: the loss first, the learning rate last."""
    return tuple(sorted(dict.fromkeys(names), key=lambda name: {"loss": 0, RATE: 2}.get(name, 1)))


def metrics_stamp(folder: Path) -> tuple[int, int, int]:
    """Changes whenever the run's metrics do; zeros while there are none."""
    try:
        status = (folder / METRICS).stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_mtime_ns, status.st_ino, status.st_size)


def read_metrics(folder: Path) -> RunMetrics:
    """The metrics of the run in that folder; none at all before its first epoch is over.

    Raises RunFolderError, which names the file, where it cannot be read or is no run's.
    """
    path = folder / METRICS
    try:
        text = _text(path)
    except FileNotFoundError:
        return RunMetrics()
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    whole, _, _ = text.rpartition("\n")  # without a line end the last line is still being written
    if not whole:
        return RunMetrics()
    head, *lines = whole.split("\n")
    return _parsed(path, tuple(head.rstrip("\r").split(",")), lines)


def _text(path: Path) -> str:
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise RunFolderError(f"{path} has {size:,} bytes; at most {MAX_BYTES:,} are read.")
        return file.read(MAX_BYTES).decode("utf-8-sig", errors="replace")  # a table editor puts a mark in front


def _parsed(path: Path, names: tuple[str, ...], lines: list[str]) -> RunMetrics:
    if names[:2] != (EPOCH, SECONDS) or len(set(names)) != len(names) or len(names) > MAX_COLUMNS or "" in names:
        raise RunFolderError(
            f'{path} must begin with a line of different names, the first two "{EPOCH}" and "{SECONDS}", '
            f'not with "{",".join(names)[:80]}".'
        )
    rows: list[tuple[float, ...]] = []
    problem = ""
    for number, line in enumerate(lines, 2):
        row = _row(line.rstrip("\r"), len(names))
        if row is None or not 1 <= row[0] <= _LAST_EPOCH or row[0] != int(row[0]):
            problem = f"{path}, line {number:,}: an epoch and {len(names) - 1:,} numbers were expected"
        elif rows and row[0] <= rows[-1][0]:
            problem = f"{path}, line {number:,}: an epoch after {rows[-1][0]:,.0f} was expected"
        else:
            rows.append(row)
            continue
        problem = showable(f'{problem}, not "{line[:60]}"; the lines from there on are left out.')
        break
    columns = tuple(zip(*rows, strict=True)) or ((),) * len(names)
    return RunMetrics(
        tuple(int(epoch) for epoch in columns[0]),
        columns[1],
        MappingProxyType(dict(zip(names[2:], columns[2:], strict=True))),
        problem,
    )


def _row(line: str, count: int) -> tuple[float, ...] | None:
    cells = line.split(",")
    if len(cells) != count:
        return None
    try:
        return tuple(float(cell) for cell in cells)
    except ValueError:
        return None
