"""How an export goes on: a generator that tells of its stages, so that it can be shown and ended between them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from cnnstudio.core.exporting import Wish
    from cnnstudio.engine.exporting.comparing import Compared
    from cnnstudio.engine.exporting.material import Material

Predict: TypeAlias = "Callable[[np.ndarray], np.ndarray]"
"""Samples float32 (n, ...) as they are in the person's files (`Asked.raw`) to the outputs of the file (n, ...)."""


class Stage(NamedTuple):
    """What is being done."""

    words: str
    done: int = 0
    total: int = 0
    """0 where nobody knows how long it takes."""


@dataclass(frozen=True)
class Written:
    """What a writer has made in the room that it was given."""

    predict: Predict | None = None
    """Answers of the file, opened again by its own runtime; None where nothing can be predicted with it."""
    notes: tuple[str, ...] = ()
    """What is different in the file, and why: a sentence each."""
    bytes_before: int = 0
    """Of the same form without quantisation."""
    bytes: int = 0
    """Of all files that the model consists of, where these are several."""
    files: tuple[Path, ...] = field(default=())
    """What else was written into the same room, to lie beside the file."""
    takes_raw: bool = True
    """Whether the file takes samples as they are in the person's files; else prepared ones, as in training."""


Writing: TypeAlias = Generator[Stage, None, Written]
Writer: TypeAlias = "Callable[[Material, Wish, Path], Writing]"
"""Writes the form at that path, which lies in a room of its own with the name that it will have, and opens it again.

Raises ExportError with a sentence that names the block, where the form cannot express it.
"""


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was written, opened again and compared with the network on the test part.

    Where the person's files are not there any more it is compared on noise: what was learned can still be taken away.
    """

    path: Path
    bytes: int
    compared: Compared | None
    """None where nothing can be predicted with the file."""
    stand_in: bool = False
    files: tuple[Path, ...] = ()
    """What lies beside it."""
    notes: tuple[str, ...] = ()
    bytes_before: int = 0
    metric: str = ""
    """For a quantised form: what quality was measured by, of the network and of the file."""
    quality_before: float | None = None
    quality_after: float | None = None


Exporting: TypeAlias = Generator[Stage, None, Export]
"""Tells of its stages and returns what was made; closing it before its end leaves nothing behind."""


def finished(exporting: Exporting, told: Callable[[Stage], None] | None = None) -> Export:
    """Go through with it. `told` hears of each stage and may raise to end it."""
    try:
        while True:
            stage = next(exporting)
            if told is not None:
                told(stage)
    except StopIteration as end:
        made: Export = end.value
        return made
    finally:
        exporting.close()
