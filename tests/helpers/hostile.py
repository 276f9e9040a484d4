"""Reads thousands of damaged files as the studio would: `python -m tests.helpers.hostile COUNT FOLDER`.

A process of its own, so that what is loaded, written, opened and held in memory is what reading did, and nothing else.
It prints one JSON document: what was tried, and each case in which reading did what it must not.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.core.catalogue import catalogue
from cnnstudio.core.edits.base import EditError
from cnnstudio.core.formats.faults import FileError, showable
from cnnstudio.engine.running.control import RunError
from tests.helpers.hostile_kinds import KINDS
from tests.helpers.mutations import damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from tests.helpers.hostile_kinds import Kind

OWN = (FileError, RunError, EditError)
"""What may be raised: a file that cannot be read, a run that cannot go on, blocks that cannot be pasted."""
MOST_SECONDS = 1.0
MOST_MEMORY = 192 << 20
LONGEST_SENTENCE = 1200
_HANGS_AFTER = 10.0
_ROOM = 1 << 30
"""Bytes of addresses beyond what the process has once all is loaded."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FORBIDDEN = {
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
    "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.startfile", "subprocess.Popen", "shutil.rmtree", "exec",
    "pickle.find_class", "marshal.load", "code.__new__", "ctypes.dlopen", "socket.connect", "socket.bind",
    "urllib.Request", "webbrowser.open",
}  # fmt: skip
_HEAVY = ("tensorflow", "keras", "torch", "jax", "pickle5", "dill", "joblib", "cloudpickle")


class Hung(BaseException):
    """Reading did not come back."""


def _is_importing() -> bool:
    """Whether code of an installed module runs for the first time, rather than of a file."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


@dataclass
class Watch:
    """What Python says it does while a file is read."""

    armed: bool = False
    seen: list[str] = field(default_factory=list)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook."""
        if not self.armed:
            return
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if opens or (event in _FORBIDDEN and not (event == "exec" and _is_importing())):
            called = " < ".join(f"{Path(at.filename).name}:{at.lineno}" for at in traceback.extract_stack()[-8:-1])
            self.seen.append(f"{event} {str(arguments)[:160]} from {called}")

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Listen for as long as the block lasts."""
        self.armed = True
        signal.setitimer(signal.ITIMER_REAL, _HANGS_AFTER)
        faulthandler.dump_traceback_later(2 * _HANGS_AFTER, exit=True)  # where the system itself does not come back
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            faulthandler.cancel_dump_traceback_later()
            self.armed = False


def _bound_memory() -> None:
    """Let what grows without end fail, and not the computer."""
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + _ROOM
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise Hung


@dataclass
class Told:
    """What came of all cases."""

    tried: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    most_memory: int = 0
    loaded: list[str] = field(default_factory=list)


def _snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    return {
        str(path): (status.st_mtime_ns, status.st_size, status.st_ino)
        for path in folder.rglob("*")
        for status in [path.lstat()]
    }


def _peak() -> int:
    """The most memory held since the last `_reset_peak`, in bytes; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) << 10
    return 0


def _reset_peak() -> int:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak()


def _try(kind: Kind, name: str, folder: Path, told: Told, watch: Watch) -> None:
    """Read what lies in the folder, and note what is wrong with how it went."""
    before, held = _snapshot(folder), _reset_peak()
    started, faults = time.thread_time(), []
    watch.seen.clear()
    sentence = None
    try:
        with watch.watching():
            kind.read(folder)
    except OWN as error:
        sentence = str(error)
    except Hung:
        faults.append("hangs")
    except BaseException:
        faults.append(traceback.format_exc())
    spent, memory = time.thread_time() - started, _peak() - held
    told.tried[kind.name] += 1
    told.slowest, told.most_memory = max(told.slowest, spent), max(told.most_memory, memory)
    if sentence is not None:
        told.refused[kind.name] += 1
        faults += _faults_of(sentence)
    if spent > MOST_SECONDS:
        faults.append(f"takes {spent:.2f} s")
    if memory > MOST_MEMORY:
        faults.append(f"takes {memory:,} bytes")
    faults += [f"does {each}" for each in watch.seen]
    if _snapshot(folder) != before:
        faults.append("changes files")
    told.faults += [f"{kind.name}, {name}: {fault}" for fault in faults]


def _faults_of(sentence: str) -> Iterator[str]:
    if not sentence.endswith((".", "?")) or not 10 < len(sentence) < LONGEST_SENTENCE:
        yield f"says no sentence of sensible length: {sentence[:300]!r}"
    if sentence != showable(sentence):
        yield f"says what would move the cursor or the reader's eye: {sentence[:300]!r}"


def _set_aside(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _link_loop(path: Path) -> None:
    path.symlink_to(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _nothing(path: Path) -> None:
    path.symlink_to("/dev/null")


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def _dangling(path: Path) -> None:
    path.symlink_to(path.with_name("gone"))


def _memory_of_another(path: Path) -> None:
    path.symlink_to("/proc/self/mem")


THINGS: dict[str, Callable[[Path], None]] = {
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a link to itself": _link_loop,
    "a link to nowhere": _dangling,
    "a link to a device without an end": _endless,
    "a link to an empty device": _nothing,
    "a link to the memory of the process": _memory_of_another,
    "a file of a terabyte": _sparse,
}
"""What may stand where a file should be, and how it gets there."""


@dataclass(frozen=True, slots=True)
class _Laid:
    """A sound file of a kind, and the data folder that it lies in."""

    kind: Kind
    home: Path
    path: Path
    sound: bytes

    def enter(self) -> None:
        """Make its data folder the studio's."""
        os.environ["CNNSTUDIO_HOME"] = str(self.home)


def _lay(kind: Kind, place: Path, told: Told) -> _Laid:
    home = place / kind.name.replace(" ", "-")
    home.mkdir()
    os.environ["CNNSTUDIO_HOME"] = str(home)
    path = kind.lay(home)
    try:
        kind.read(home)  # brings what it imports
    except Exception:
        told.faults.append(f"{kind.name}, sound: {traceback.format_exc()}")
    return _Laid(kind, home, path, path.read_bytes())


def search(count: int, place: Path, kinds: tuple[Kind, ...] = KINDS, first: int = 0) -> Told:
    """Try so many damaged files, the kinds in turn, and each thing in place of a file of each kind."""
    told, watch = Told(), Watch()
    for spec in catalogue().values():
        assert spec().parameters is not None  # what Python finds out of a declaration by evaluating it, is found out
    signal.signal(signal.SIGALRM, _ring)
    sys.addaudithook(watch.hear)
    laid = [_lay(kind, place, told) for kind in kinds]
    _bound_memory()
    for number in range(first, first + count):
        one = laid[number % len(laid)]
        one.enter()
        one.path.write_bytes(damaged(one.sound, random.Random(number), is_json=one.kind.is_json))
        _try(one.kind, f"case {number}", one.home, told, watch)
    for one in (each for each in laid if each.kind.takes_any_thing):
        one.enter()
        for name, put in THINGS.items():
            _set_aside(one.path)
            put(one.path)
            _try(one.kind, name, one.home, told, watch)
    told.loaded = sorted(set(_HEAVY) & sys.modules.keys())
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(vars(search(int(sys.argv[1]), Path(sys.argv[2])))) + "\n")
