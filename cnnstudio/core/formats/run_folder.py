"""The folder of a run: which files it holds, and the record that says how the run stands.

experiment.json        the frozen copy of the experiment
experiment.safetensors the weights that it starts from, if any
state.json             the RunRecord, written before training starts
metrics.csv            a line an epoch: epoch, seconds, training metrics, validation metrics
checkpoints/last.weights.h5    weights after the last whole epoch, or where the run was stopped: these are tested
checkpoints/best.weights.h5    weights of the best epoch, as the recipe tells it
checkpoints/resume.safetensors all that the run needs to go on from where it was; the one before it ends in "~"
evaluation/validation.json     how the weights of both did on the validation part: {"last": ..., "best": ...}
evaluation/test.json           how the weights that are tested did on the test part
tensorboard/PART/events...     the metrics of training, validation and test once more, for TensorBoard
probes/                moments of the timeline (`timeline`)
notes.json             what the person wrote about the run (`run_notes`)

Each evaluation has the epoch, the class names, the metrics, the confusion matrix (rows are the truth, columns the
answers) or null, for each metric of classes a value for each of them, and for detection the precision of each class at
recall 0, 0.01, ... 1. A value that is not defined is null.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypeVar, get_args

import msgspec

from cnnstudio.core.formats.faults import FileError, showable
from cnnstudio.core.formats.files import file_name
from cnnstudio.core.formats.storage import read_capped, runs_folder, write_atomic
from cnnstudio.core.formats.weights_store import ENDING

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPERIMENT = "experiment.json"
START = f"experiment{ENDING}"
STATE = "state.json"
METRICS = "metrics.csv"
LAST = Path("checkpoints") / "last.weights.h5"
BEST = Path("checkpoints") / "best.weights.h5"
CHECKPOINT = Path("checkpoints") / "resume.safetensors"
EVENTS = Path("tensorboard")
VALIDATED = Path("evaluation") / "validation.json"
TESTED = Path("evaluation") / "test.json"
FORMAT = "1.1"
_MAX_BYTES = 1 << 20
_LARGEST = 2**63
_LOCK = ".lock"
"""Where no folder can be locked."""

Status: TypeAlias = Literal["RUNNING", "PAUSED", "FINISHED", "STOPPED", "FAILED", "INTERRUPTED"]
Which: TypeAlias = Literal["last", "best"]
WHICH: tuple[Which, ...] = get_args(Which)
"""The weights that a run keeps: those that it ended with, which were tested, and those of its best epoch."""
UNDER_WAY: tuple[Status, ...] = ("RUNNING", "PAUSED")
"""A run of these whose process is gone was interrupted."""


class RunFolderError(FileError):
    """A folder is no run's; one sentence says what is missing."""


class _Versioned(Protocol):
    """What a JSON file of the folder holds."""

    @property
    def format(self) -> str:
        """Major and minor version."""


V = TypeVar("V", bound=_Versioned)


class RunRecord(msgspec.Struct, frozen=True, omit_defaults=False):
    """What state.json holds. A metric that is not a number is null."""

    status: Status
    name: str
    pid: int
    """Process that trains, or trained."""
    process_started: int
    """Start of that process in clock ticks since boot: tells a later process of the same id apart; 0: unknown."""
    device: str
    seed: int
    epochs: int
    """Epochs asked for."""
    started: str
    """Local time with offset, ISO 8601."""
    format: str = FORMAT
    epochs_done: int = 0
    seconds: float = 0.0
    params: int = 0
    parts: dict[str, int] = {}
    versions: dict[str, str] = {}
    metrics: dict[str, float | None] = {}
    """Of the last whole epoch."""
    best_epoch: int = 0
    """Epoch that was best on validation, as the recipe tells it; 0 before the first."""
    best: dict[str, float | None] = {}
    """Of the best epoch, since 1.1."""
    test: dict[str, float | None] = {}
    start: str = ""
    """What it starts from, in one sentence; "" for fresh weights."""
    message: str = ""
    """Why the run failed, or ended before its last epoch."""
    parent: str = ""
    """Name of the folder of the run of which this one is a changed copy, since 1.1."""
    plan: str = ""
    """How steps were computed, in a few words, since 1.1."""
    channel_mean: list[float] = []
    """Of the training part, where samples were standardised by it; else empty. Since 1.1."""
    channel_scale: list[float] = []
    """One over the standard deviation of each channel, as above."""


def fresh_folder(name: str) -> Path:
    """A run folder that does not exist yet: time to the second, and the experiment's name."""
    stamp = datetime.datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    folder = runs_folder() / f"{stamp}-{file_name(name)}"
    number = 2
    while folder.exists():
        folder = folder.with_name(f"{stamp}-{file_name(name)}-{number}")
        number += 1
    return folder


def write_record(folder: Path, record: RunRecord) -> None:
    """Put `record` in the folder, whole or not at all. Raises OSError."""
    write_atomic(folder / STATE, msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def read_record(folder: Path) -> RunRecord:
    """The folder's record. Raises RunFolderError when it has none that can be read."""
    try:
        found = read_versioned(folder / STATE, RunRecord, "run's state", most=_MAX_BYTES)
    except OSError as error:
        why = error.strerror or str(error)
        raise RunFolderError(f'"{folder}" is not the folder of a run: {STATE} cannot be read ({why}).') from error
    counts = (found.seed, found.epochs, found.epochs_done, found.best_epoch, found.params, *found.parts.values())
    if max(map(abs, counts)) > _LARGEST:  # JSON has numbers of any length, with which nobody can calculate
        raise RunFolderError(f"{folder / STATE} holds no run's state: a number of it has more than 18 digits.")
    if showable(found.name) != found.name:
        return msgspec.structs.replace(found, name=showable(found.name))
    return found


def read_versioned(path: Path, kind: type[V], what: str, *, most: int) -> V:
    """The record in a JSON file of a run's folder, which has at most that many bytes.

    Raises OSError where the file cannot be read, RunFolderError where it holds no such thing or a newer format.
    """
    data = read_capped(path, most)
    try:
        found = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{path} holds no {what}: {error}.") from error
    except RecursionError as error:
        raise RunFolderError(f"{path} holds no {what}: it nests too deep.") from error
    major = FORMAT.partition(".")[0]
    if found.format.partition(".")[0] != major:
        raise RunFolderError(
            f'{path} has the format "{found.format[:20]}", and this CNN Studio reads {major}.x: update the studio to '
            "open the run."
        )
    return found


def own_process() -> tuple[int, int]:
    """This process: (pid, start in clock ticks)."""
    return os.getpid(), _started(os.getpid())


def is_alive(record: RunRecord) -> bool:
    """Whether the process that wrote the record still runs; on Windows, where asking would end it, always yes."""
    if sys.platform == "win32":
        return True
    if record.pid <= 0:  # to the system, these are groups of processes
        return False
    try:
        os.kill(record.pid, 0)
    except (ProcessLookupError, OverflowError):  # no process has a number that large
        return False
    except OSError:  # it is there, but someone else's
        return record.process_started == 0
    return record.process_started == _started(record.pid) and not _has_ended(record.pid)


@contextlib.contextmanager
def claiming(folder: Path) -> Iterator[None]:
    """Let no other process take the run of the folder in hand meanwhile; wait for one that does just now.

    The system itself lets go of it where a process dies. A file system without locks does without.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            held.enter_context(_locked(folder))
        yield


if sys.platform == "win32":

    @contextlib.contextmanager
    def _locked(folder: Path) -> Iterator[None]:
        with (folder / _LOCK).open("ab") as file:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            try:
                yield
            finally:
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:

    @contextlib.contextmanager
    def _locked(folder: Path) -> Iterator[None]:
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def settle(runs: Path) -> list[Path]:
    """Mark every run below `runs` that says it is under way but has lost its process INTERRUPTED; which these were."""
    settled = []
    for state in sorted(runs.glob(f"*/{STATE}")):
        with contextlib.suppress(RunFolderError, OSError):  # an unreadable folder must not keep the others
            record = read_record(state.parent)
            if record.status in UNDER_WAY and not is_alive(record):
                write_record(state.parent, msgspec.structs.replace(record, status="INTERRUPTED"))
                settled.append(state.parent)
    return settled


def _started(pid: int) -> int:
    """Field 22 of /proc/PID/stat; 0 where there is no such file system."""
    fields = _fields(pid)
    return int(fields[19]) if fields else 0


def _has_ended(pid: int) -> bool:
    """Whether it was killed and only waits for its parent to take note, which in a container may take for ever."""
    return _fields(pid)[:1] in (["Z"], ["X"])


def _fields(pid: int) -> list[str]:
    """Those of /proc/PID/stat from the third on, the state; [] where there is no such file system."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
