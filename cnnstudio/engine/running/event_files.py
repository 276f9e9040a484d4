"""Event files of a run, so that `tensorboard --logdir` draws its metrics, for one run or for a folder of them.

`tensorboard/training`, `tensorboard/validation` and `tensorboard/test` of a run's folder hold the metrics under the
same names, so that they share a chart. A step is an epoch. Times are those of training, counted from the start of the
run: pauses are left out, and a run that was resumed looks like one that never stopped.

The format is that of TensorFlow's records (length, checksum, bytes, checksum) of its Event messages. tensorboardX has
the messages and the checksum; its own writer is not used, as it writes from another thread, where a full disk would be
noticed by nobody.
"""

from __future__ import annotations

import contextlib
import datetime
import math
import os
import struct
import time
from typing import TYPE_CHECKING, Any

from cnnstudio.core.formats.run_folder import EVENTS
from cnnstudio.core.metrics import VALIDATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_OURS = "cnnstudio"
_VERSION = "brain.Event:2"
_NO_METRICS = frozenset(("epoch", "seconds"))


class EventFiles:
    """Writes the event files of one run. Every method raises OSError, and what was written before is then intact."""

    def __init__(self, folder: Path, started: str) -> None:
        """`folder` is the run's; `started` as RunRecord has it."""
        self._place = folder / EVENTS
        try:
            self._started = datetime.datetime.fromisoformat(started).timestamp()
        except (ValueError, OverflowError, OSError):  # a record that somebody has edited
            self._started = time.time()
        self._number = int(self._started)
        self._begins_anew = False
        self._done: dict[str, int] = {}
        """Part -> the latest epoch that it has: what is told a second time, after a full disk, is there already."""

    def epoch_end(self, epoch: int, seconds: float, metrics: Mapping[str, float]) -> None:
        """The metrics of an epoch as metrics.csv has them: those of validation begin with "val_"."""
        judged = {name: value for name, value in metrics.items() if name.startswith(VALIDATION)}
        learned = {name: value for name, value in metrics.items() if name not in judged}
        self._add("training", epoch, seconds, learned)
        self._add("validation", epoch, seconds, {name.removeprefix(VALIDATION): v for name, v in judged.items()})

    def tested(self, epoch: int, seconds: float, metrics: Mapping[str, float]) -> None:
        """The metrics of the test part, with the weights of that epoch."""
        self._add("test", epoch, seconds, metrics)

    def start_again(self, lines: Iterable[Mapping[str, float]]) -> None:
        """Begin new files with these lines of metrics.csv and take the old ones away: a run goes on after them."""
        old = sorted(self._place.glob(f"*/*tfevents.*.{_OURS}"))
        self._number = max([self._number, *(_number(path) + 1 for path in old)])
        self._begins_anew = True
        self._done.clear()
        for line in lines:
            metrics = {name: value for name, value in line.items() if name not in _NO_METRICS}
            self.epoch_end(int(line["epoch"]), line["seconds"], metrics)
        for path in old:  # last: until then nothing is lost
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # TensorBoard would list a part without a value
                path.parent.rmdir()

    def _add(self, part: str, epoch: int, seconds: float, metrics: Mapping[str, float]) -> None:
        from tensorboardX.proto.event_pb2 import Event

        known = {name: value for name, value in metrics.items() if math.isfinite(value)}
        if not known or epoch <= self._done.get(part, -1):
            return
        event = Event(wall_time=self._started + seconds, step=epoch)
        for name, value in known.items():
            event.summary.value.add(tag=name, simple_value=value)
        self._append(self._place / part / f"events.out.tfevents.{self._number:010d}.{_OURS}", _record(event))
        self._done[part] = epoch

    def _append(self, path: Path, data: bytes) -> None:
        """Put whole records at the end of the file; where the disk does not take all of it, none of it stays."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as file:
            before = os.fstat(file.fileno()).st_size
            left = memoryview(data if before else self._head() + data)
            try:
                while left:
                    left = left[file.write(left) :]
            except OSError:
                file.truncate(before)
                raise

    def _head(self) -> bytes:
        from tensorboardX.proto.event_pb2 import Event, SessionLog

        head = _record(Event(wall_time=self._started, file_version=_VERSION))
        if self._begins_anew:  # a TensorBoard that is open forgets what it has read of the files before
            head += _record(Event(wall_time=self._started, step=0, session_log=SessionLog(status=SessionLog.START)))
        return head


def _number(path: Path) -> int:
    """That in the name of one of our files, by whose order TensorBoard reads them; 0 for another name."""
    digits = path.name.removesuffix(f".{_OURS}").rpartition(".")[2]
    return int(digits) if digits.isdecimal() else 0


def _record(event: Any) -> bytes:
    """One record of TensorFlow's format (tensorflow/core/lib/io/record_writer.h): integers are little-endian."""
    from tensorboardX.record_writer import masked_crc32c

    data: bytes = event.SerializeToString()
    length = struct.pack("<Q", len(data))
    return b"".join((length, struct.pack("<I", masked_crc32c(length)), data, struct.pack("<I", masked_crc32c(data))))
