"""Processes that save everything for ever and can be killed: `python -m tests.helpers.saving` forks one for each.

Everything that is saved carries a number, and what a save had told to be done is known after the kill.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.recovery import Recovery, find_remains
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.declare import to_plain
from cnnstudio.core.document import Document
from cnnstudio.core.edits import RenameExperiment
from cnnstudio.core.formats.files import load_experiment, save_experiment
from cnnstudio.core.formats.fragment import Fragment
from cnnstudio.core.formats.own_presets import save_preset
from cnnstudio.core.formats.parts import part_folder
from cnnstudio.core.formats.pinned_samples import Kept, read_probes, write_probes
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.formats.run_folder import RunRecord, read_record, write_record
from cnnstudio.core.formats.run_notes import RunNotes, read_notes, write_notes
from cnnstudio.core.formats.storage import data_folder, link_atomic, write_atomic
from cnnstudio.core.formats.timeline import Moment, Timeline
from cnnstudio.core.formats.timeline_writing import TimelineWriter
from cnnstudio.core.formats.user_blocks import save_user_block, user_block
from cnnstudio.core.formats.weights_file import WeightsFile, keep_weights
from cnnstudio.core.formats.weights_store import beside, find
from cnnstudio.engine.exporting.placing import put
from cnnstudio.engine.running.resuming import Checkpoint, Position, read_checkpoint, write_checkpoint
from cnnstudio.engine.scan import heads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment

MOST_SECONDS = 30.0
_SIZE = 20_000
"""Numbers in an array: enough that a write is no single moment."""


@dataclass(frozen=True, slots=True)
class Saver:
    """One thing that is saved: under a number, and read again with all that must agree with it."""

    name: str
    save: Callable[[int], object]
    read: Callable[[], int]


def _lenet(number: int) -> Experiment:
    base = preset("lenet-5").experiment
    assert base is not None
    return dataclasses.replace(base, name="Mine", description=str(number))


def _filled(number: int) -> dict[str, Any]:
    return {f"{layer}/kernel": np.full(_SIZE, number, "float32") for layer in ("a", "b")}


def _number_in(arrays: Any) -> int:
    """The number that all the arrays are full of."""
    found = {float(n) for array in arrays for n in np.unique(array)}
    assert len(found) == 1, found
    return int(found.pop())


def _experiment() -> Path:
    return data_folder() / "it.json"


def _save_experiment(number: int) -> None:
    experiment = dataclasses.replace(_lenet(number), weights=keep_weights(_filled(number)))
    assert save_experiment(_experiment(), experiment) == ""


def _read_experiment() -> int:
    """The weights that it names are in the store; those beside it may be the ones before, which is said at opening."""
    found = load_experiment(_experiment())
    kept, near = WeightsFile(find(found.weights)), WeightsFile(beside(_experiment()))
    number = _number_in(kept.read(name) for name in kept.shapes)
    assert number == int(found.description)
    assert _number_in(near.read(name) for name in near.shapes) <= number
    return number


def _read_preset() -> int:
    found = preset("mine")
    assert found.experiment is not None, found.error
    return int(found.experiment.description)


def _save_block(number: int) -> None:
    base = _lenet(0).architecture
    block = next(b for b in base.blocks.values() if b.spec.kind == "Convolution")
    changed = dataclasses.replace(block, spec=spec_class("Convolution")(filters=number))
    save_user_block(Fragment.of(base.made_of([changed]), [block.id]), "Mine", replace=True)


def _read_block() -> int:
    found = user_block("mine")
    assert found.fragment is not None, found.error
    return int(to_plain(found.fragment.blocks[0].spec)["filters"])


def _run() -> Path:
    return data_folder() / "runs" / "run"


def _save_record(number: int) -> None:
    write_record(_run(), RunRecord("RUNNING", "Mine", 1, 1, "cpu", 0, 99, "2026-11-22T10:00:00", epochs_done=number))


def _save_checkpoint(number: int) -> None:
    arrays = _filled(number)
    write_checkpoint(_run(), Checkpoint(Position(epoch=number), arrays, list(arrays.values())))


def _read_checkpoint() -> int:
    found = read_checkpoint(_run())
    assert _number_in([*found.learner.values(), *found.best]) == found.position.epoch
    return found.position.epoch


def _save_moment(number: int) -> None:
    TimelineWriter(_run()).add(
        Moment(number, 1, float(number)), {"maps/p/b": np.full((2, 50, 50), number % 256, "uint8")}
    )


def _read_timeline() -> int:
    timeline = Timeline.open(_run())
    for at, moment in enumerate(timeline.moments):
        assert _number_in([timeline.array(at, "maps/p/b")]) == moment.step % 256
    return timeline.moments[-1].step


def _save_link(number: int) -> None:
    write_atomic(_run() / "last", str(number).encode() * 500)
    link_atomic(_run() / "last", _run() / "best")


def _read_link() -> int:
    last, best = ((_run() / name).read_text() for name in ("last", "best"))
    number = len(last) // 500
    assert last == last[:number] * 500
    assert best == best[: len(best) // 500] * 500
    return int(best[: len(best) // 500])


def _save_probes(number: int) -> None:
    write_probes(_lenet(0).data.source, (Kept("test", number), Kept("training", number)))


def _read_probes() -> int:
    one, other = read_probes(_lenet(0).data.source)
    assert one.index == other.index
    return one.index


def _save_work(number: int) -> None:
    """As a window does whose snapshot has a name of its own; here it keeps one."""
    bridge = DocumentBridge(Document(_lenet(0)))
    bridge.do(RenameExperiment(name=str(number)))
    kept = Recovery(bridge)
    kept._snapshot = data_folder() / "recovery" / "window.json"
    kept.write()


def _read_work() -> int:
    found = find_remains()
    assert found is not None
    return int(found.experiment.name)


def _save_preferences(number: int) -> None:
    preferences = Preferences()
    for name in ("one", "other"):
        preferences.keep_choice(name, str(number))
    preferences.save()


def _read_preferences() -> int:
    one, other = (Preferences().choice(name) for name in ("one", "other"))
    assert one == other
    return int(one)


def _save_scan(number: int) -> None:
    heads._remember(data_folder(), heads._Memory(heads.VERSION, {"a": (number, number, "a reason")}))


def _read_scan() -> int:
    size, changed, _ = heads._recall(data_folder()).heads["a"]
    assert size == changed
    return size


def _save_export(number: int) -> None:
    """As `engine.exporting.desk` does with what a writer has written, a file and a folder."""
    place = data_folder() / "exports"
    place.mkdir(exist_ok=True)
    with part_folder(place, ".export-", ".part") as room:
        (room / "model.keras").write_bytes(number.to_bytes(4, "little") * _SIZE)
        put((room / "model.keras",), place)


def _read_export() -> int:
    data = (data_folder() / "exports" / "model.keras").read_bytes()
    assert data == data[:4] * _SIZE
    return int.from_bytes(data[:4], "little")


SAVERS: tuple[Saver, ...] = (
    Saver("experiment", _save_experiment, _read_experiment),
    Saver("preset", lambda n: save_preset(_lenet(n), replace=True), _read_preset),
    Saver("own block", _save_block, _read_block),
    Saver("record of a run", _save_record, lambda: read_record(_run()).epochs_done),
    Saver("notes of a run", lambda n: write_notes(_run(), RunNotes(note=str(n))), lambda: int(read_notes(_run()).note)),
    Saver("checkpoint", _save_checkpoint, _read_checkpoint),
    Saver("timeline", _save_moment, _read_timeline),
    Saver("weights of the best epoch", _save_link, _read_link),
    Saver("probes", _save_probes, _read_probes),
    Saver("unsaved work", _save_work, _read_work),
    Saver("preferences", _save_preferences, _read_preferences),
    Saver("memory of a scan", _save_scan, _read_scan),
    Saver("export", _save_export, _read_export),
)


class Server:
    """Starts processes that save, each from a warm one."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-m", "tests.helpers.saving"]
        environment = {**os.environ, "CNNSTUDIO_HOME": str(home)}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self._ask("0")  # until it has imported everything

    def killed(self, first: int, after: float) -> dict[str, int]:
        """Save everything from that number on, and be killed so many seconds later: the last number saved of each."""
        process = int(self._ask(f"{first}"))
        killer = threading.Timer(after, os.kill, (process, signal.SIGKILL))
        killer.start()
        done: dict[str, int] = json.loads(self._ask(f"wait {process}"))
        killer.cancel()
        return done

    def once(self, number: int) -> dict[str, int]:
        """Save everything once, unharmed."""
        return self.killed(-number, MOST_SECONDS)

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(MOST_SECONDS)
        self._process.stdout.close()

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextlib.contextmanager
def server(home: Path) -> Iterator[Server]:
    """One for as long as the block lasts."""
    made = Server(home)
    try:
        yield made
    finally:
        made.close()


def _save_for_ever(first: int, told: int) -> None:
    """Another one of them comes first each time; each that is done is told. From a number below 0: once."""
    number = abs(first)
    start = number % len(SAVERS)
    for count in itertools.count(number) if first > 0 else (number,):
        for saver in (*SAVERS[start:], *SAVERS[:start]):
            saver.save(count)
            os.write(told, f"{saver.name}\n".encode())


def _serve() -> None:
    answers, pipes = sys.stdout, dict[int, int]()
    for line in sys.stdin:
        if line.startswith("wait"):
            process = int(line.split()[1])
            with os.fdopen(pipes.pop(process), encoding="utf-8") as said:
                done = Counter(said.read().splitlines())
            os.waitpid(process, 0)
            answer = json.dumps(done)
        elif line.strip() == "0":
            answer = "ready"
        else:
            answer = str(_forked(int(line), pipes))
        answers.write(f"{answer}\n")
        answers.flush()


def _forked(first: int, pipes: dict[int, int]) -> int:
    end, told = os.pipe()
    if process := os.fork():
        os.close(told)
        pipes[process] = end
        return process
    try:
        _save_for_ever(first, told)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(0)


if __name__ == "__main__":
    _serve()
