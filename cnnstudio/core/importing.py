"""Importing a Keras model as the person meets it: the file becomes an experiment, its weights go into the store.

The window runs this module as a program (`python -m cnnstudio.core.importing`): a large file cannot hold the window up
there, it can be given up at any moment, and a file made to do harm meets a process that has nothing to lose.
"""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.strict_json import FileError
from cnnstudio.core.formats.weights_store import WeightsError, adopt, lay_beside, place_of, store_folder
from cnnstudio.core.initial_weights import with_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.keras_import import WeightArray

ENDINGS = (".keras", ".json")
"""Of files that can be imported: a saved model, and the text of `model.to_json()`."""
UNKNOWN = "Opaque"
"""Kind of the blocks that stand for layers which no block can express."""
_MODEL_TEXT = re.compile(rb'\s*\{\s*"(module|class_name|registered_name|build_config|config|keras_version|backend)"')
_HEAD_BYTES = 512
_SECONDS_BETWEEN_REPORTS = 0.05


@dataclass(frozen=True, slots=True)
class UnknownLayer:
    """A layer for which there is no block: the id of the block that stands for it, and its class."""

    block: str
    layer: str


@dataclass(frozen=True, slots=True)
class Import:
    """What came of a file. Its text says so in one line."""

    experiment: Experiment
    blocks: int
    params: int
    arrays: int
    """Weights that were kept; 0 for a file without any."""
    notes: tuple[str, ...]
    """A sentence for all that was not carried over one to one."""
    unknown: tuple[UnknownLayer, ...]

    def __str__(self) -> str:
        blocks = "1 block" if self.blocks == 1 else f"{self.blocks:,} blocks"
        weights = "with weights" if self.arrays else "without weights"
        return f"Imported {self.experiment.name}: {blocks}, {self.params:,} parameters {weights}"


def is_model(path: Path) -> bool:
    """Whether a file is a Keras model to import rather than an experiment to open, by its ending and first words."""
    if path.suffix.lower() != ".json":
        return path.suffix.lower() in ENDINGS
    try:
        with path.open("rb") as file:
            return _MODEL_TEXT.match(file.read(_HEAD_BYTES)) is not None
    except OSError:
        return False


def import_model(path: Path, told: Callable[[str, float], None] | None = None) -> Import:
    """Read the model in a file and keep its weights. `told` hears what is being done, and its share where known.

    A share below 0 means that it is not known. Raises FileError.
    """
    from cnnstudio.core.keras_import import read_model_file  # brings numpy

    if told is not None:
        told(f"Reading {path.name}", -1.0)
    read = read_model_file(path)
    experiment = _kept(read.experiment, read.weights, told) if read.weights else read.experiment
    found = trace(experiment.architecture, experiment.data.info())
    unknown = [
        UnknownLayer(b.id, str(getattr(b.spec, "layer", "")))
        for b in experiment.architecture.blocks.values()
        if b.spec.kind == UNKNOWN
    ]
    return Import(experiment, len(found.blocks), found.params, len(read.weights), read.notes, tuple(unknown))


def _kept(
    experiment: Experiment, weights: Mapping[str, WeightArray], told: Callable[[str, float], None] | None
) -> Experiment:
    from cnnstudio.core.formats.weights_file import keep_weights  # brings numpy

    total = max(1, sum(array.nbytes for array in weights.values()))
    if told is not None:
        told("Keeping its weights", -1.0)

    def progressed(done: int) -> None:
        if told is not None:
            told("Keeping its weights", min(1.0, done / total))

    try:
        fingerprint = keep_weights(weights, progressed)
    except WeightsError as error:
        raise FileError(str(error)) from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FileError(f"The weights cannot be kept in {store_folder()}: {why}.") from error
    return with_weights(experiment, fingerprint, weights)


class Told(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One line of what the program says: what it is doing, or at the end what came of it."""

    doing: str = ""
    share: float = -1.0
    """Of what it is doing, 0 to 1; below 0 where that is not known."""
    failed: str = ""
    """Why there is no experiment: one sentence."""
    adopted: str | None = None
    """Why weights could not be taken over or put beside a file, "" when they were."""
    experiment: str = ""
    """The experiment's JSON text."""
    said: str = ""
    notes: tuple[str, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    """Block and layer of each UnknownLayer."""


def main(arguments: Sequence[str]) -> int:
    """Import the file named, `--adopt FINGERPRINT EXPERIMENT` or `--lay-beside FINGERPRINT FILE NAME`.

    A `Told` a line goes to stdout.
    """
    if arguments[0] == "--adopt":
        _say(Told(doing="Reading the weights"))
        _say(Told(adopted=adopt(arguments[1], Path(arguments[2]))))
        return 0
    if arguments[0] == "--lay-beside":
        _lay_beside(arguments[1], Path(arguments[2]), arguments[3])
        return 0
    last = [0.0]

    def told(doing: str, share: float) -> None:
        now = time.monotonic()
        if share < 0 or now - last[0] >= _SECONDS_BETWEEN_REPORTS:
            last[0] = now
            _say(Told(doing=doing, share=share))

    try:
        done = import_model(Path(arguments[0]), told)
    except FileError as error:
        _say(Told(failed=str(error)))
        return 1
    unknown = tuple((u.block, u.layer) for u in done.unknown)
    _say(Told(experiment=write_experiment(done.experiment), said=str(done), notes=done.notes, unknown=unknown))
    return 0


def _lay_beside(fingerprint: str, file: Path, name: str) -> None:
    doing = f"Copying the weights to {name}"
    _say(Told(doing=doing))
    total = place_of(fingerprint).stat().st_size

    def told(done: int) -> None:
        _say(Told(doing=doing, share=min(1.0, done / max(total, 1))))

    _say(Told(adopted=lay_beside(fingerprint, file, name, told)))


def _say(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
