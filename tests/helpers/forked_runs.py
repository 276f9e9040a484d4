"""Runs in processes that can be killed: `python -m tests.helpers.forked_runs` loads TensorFlow once and forks for each.

Nothing is computed before the fork, so that TensorFlow has no threads yet that the child would lose.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from cnnstudio.core.formats.run_folder import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.engine.running.training import Run
    from cnnstudio.wire.messages import Event

MOST_SECONDS = 60.0
"""Only a broken run takes that long."""


class Forker:
    """Starts runs, each in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.helpers.forked_runs"]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, folder: Path, *, often: bool = False, stop: bool = False) -> int:
        """Begin the run of the folder, or go on with it where it has begun; its process.

        `often`: a checkpoint whenever there could be one. `stop`: with its first epoch.
        """
        return self._ask({"run": str(folder), "often": often, "stop": stop})

    def start_writing(self, folder: Path) -> int:
        """Write one checkpoint after the other into the folder, for ever; the process that does."""
        return self._ask({"checkpoints": str(folder)})

    def start_exporting(self, target: Path, form: str, *, once: bool = False) -> int:
        """Export one untrained network after the other to that path, for ever or once; the process that does."""
        return self._ask({"exports": str(target), "form": form, "once": once})

    def wait(self, process: int, *, kill_after: float | None = None) -> int:
        """Wait until the process ends, killed after so many seconds; its exit status, or minus the signal."""
        killer = threading.Timer(kill_after or 0.0, os.kill, (process, signal.SIGKILL))
        if kill_after is not None:
            killer.start()  # a process that has ended keeps its number until the server has heard of it
        status = self._ask({"wait": process})
        killer.cancel()
        return os.waitstatus_to_exitcode(status)

    def _ask(self, asked: dict[str, Any]) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def close(self) -> None:
        """End the server."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(MOST_SECONDS)
        self._server.stdout.close()


@contextlib.contextmanager
def forker() -> Iterator[Forker]:
    """A server for as long as the block lasts."""
    made = Forker()
    try:
        yield made
    finally:
        made.close()


def _ignore(event: Event) -> None:
    pass


def _train(folder: Path, *, often: bool, stop: bool) -> None:
    from cnnstudio.engine.running import training
    from cnnstudio.engine.running.control import Control
    from tests.helpers.played_runs import changeable

    control = Control()
    if stop:
        control.stop_with_epoch()
    if (folder / STATE).exists():
        run = training.resumed(folder, 0, _ignore, control)
    else:
        run = training.Run(changeable(), folder, _ignore, control)
    with _keeping_often(run) if often else contextlib.nullcontext():
        run.execute()


def _write_checkpoints(folder: Path) -> None:
    """Each with its number in every place, from behind the newest one on."""
    import numpy as np

    from cnnstudio.engine.running.resuming import Checkpoint, Position, ResumeError, read_checkpoint, write_checkpoint

    try:
        first = read_checkpoint(folder).position.epoch + 1
    except ResumeError:
        first = 1
    for number in itertools.count(first):
        arrays = {f"{n}:kernel": np.full((50, 400), number, "float32") for n in range(5)}
        write_checkpoint(folder, Checkpoint(Position(epoch=number), arrays, list(arrays.values())))


def _export(target: Path, form: str, *, once: bool) -> None:
    """Each with weights of another seed."""
    from cnnstudio.core.exporting import Wish
    from cnnstudio.engine.exporting.desk import export
    from cnnstudio.engine.exporting.material import of_experiment
    from cnnstudio.engine.exporting.stages import finished
    from tests.helpers.played_runs import changeable

    base = changeable()
    for seed in itertools.count():
        experiment = dataclasses.replace(base, training=dataclasses.replace(base.training, seed=seed))
        finished(export(Wish(form, target), partial(of_experiment, experiment)))
        if once:
            return


def _keeping_often(run: Run) -> contextlib.AbstractContextManager[Any]:
    """Let the run write a checkpoint whenever it could."""
    report = run._report

    def reported(*arguments: Any, **named: Any) -> None:
        report(*arguments, **named)
        run._next_checkpoint = 0.0

    return mock.patch.object(run, "_report", reported)


def serve() -> None:
    """Fork for every line that asks for a run, until there are no more lines."""
    importlib.import_module("cnnstudio.engine.running.training")
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            answer = os.waitpid(asked["wait"], 0)[1]
        elif not (answer := os.fork()):
            status = 1
            try:
                if "run" in asked:
                    _train(Path(asked["run"]), often=asked["often"], stop=asked["stop"])
                elif "exports" in asked:
                    _export(Path(asked["exports"]), asked["form"], once=asked["once"])
                else:
                    _write_checkpoints(Path(asked["checkpoints"]))
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
