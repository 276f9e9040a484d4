"""Runs in processes that can be killed: `python -m tests.helpers.forked_runs` loads TensorFlow once and forks for each.

Nothing is computed before the fork, so that TensorFlow has no threads yet that the child would lose.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.formats.run_folder import STATE
from tests.engine.conftest import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.training import Run
    from cnnstudio.wire.messages import Event

MOST_SECONDS = 60.0
"""Only a broken run takes that long."""


def changeable(**training: Any) -> Experiment:
    """A small network with everything in it that an exact resume could forget; with batch statistics and drawn noise.

    Dropout, noise in the network, batch normalisation, augmentation, a rate that changes with each step.
    """
    experiment = chain(
        Digits(),
        ("convolution_1", "Convolution", {"filters": 4}),
        ("normalisation_1", "BatchNormalisation", {}),
        ("noise_1", "GaussianNoise", {}),
        ("max_pooling_1", "MaxPooling", {}),
        ("dropout_1", "Dropout", {"rate": 0.3}),
        ("flatten_1", "Flatten", {}),
        **{"epochs": 4, "schedule": "one-cycle", "early_stopping": True, "patience": 50, **training},
    )
    varied = Augmentation(rotation=20.0, noise=0.1, contrast=0.2)
    return dataclasses.replace(experiment, data=dataclasses.replace(experiment.data, augmentation=varied))


class Forker:
    """Starts runs, each in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.helpers.forked_runs"]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, folder: Path, *, most_bytes: int = 0, often: bool = False, **training: Any) -> int:
        """Begin the run of the folder, or go on with it where it has begun; its process.

        `most_bytes`: the largest file that it may write; 0 for any. `often`: a checkpoint after every step.
        """
        asked = {"folder": str(folder), "training": training, "most_bytes": most_bytes, "often": often}
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return int(self._line())

    def wait(self, run: int, *, kill: bool = False) -> int:
        """Wait for the run's process, killed first if so wished; its exit status as os.waitpid gives it."""
        if kill:
            with contextlib.suppress(ProcessLookupError):
                os.kill(run, signal.SIGKILL)
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps({"wait": run}) + "\n")
        self._server.stdin.flush()
        return int(self._line())

    def close(self) -> None:
        """End the server."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(MOST_SECONDS)
        self._server.stdout.close()

    def _line(self) -> str:
        assert self._server.stdout is not None
        return self._server.stdout.readline()


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


def _work(asked: dict[str, Any]) -> None:
    from cnnstudio.engine import training
    from cnnstudio.engine.control import Control

    if asked["most_bytes"]:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["most_bytes"], hard))
    folder = Path(asked["folder"])
    if (folder / STATE).exists():
        run = training.resumed(folder, 0, _ignore, Control())
    else:
        run = training.Run(changeable(**asked["training"]), folder, _ignore, Control())
    with _keeping_often(run) if asked["often"] else contextlib.nullcontext():
        run.execute()


def _keeping_often(run: Run) -> contextlib.AbstractContextManager[Any]:
    """Let the run write a checkpoint whenever it could."""
    report = run._report

    def reported(*arguments: Any, **named: Any) -> None:
        report(*arguments, **named)
        run._next_checkpoint = 0.0

    return mock.patch.object(run, "_report", reported)


def serve() -> None:
    """Fork for every line that asks for a run, until there are no more lines."""
    importlib.import_module("cnnstudio.engine.training")
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            answer = os.waitpid(asked["wait"], 0)[1]
        elif not (answer := os.fork()):
            status = 1
            try:
                _work(asked)
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
