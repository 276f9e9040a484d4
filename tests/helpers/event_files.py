"""TensorBoard's event files, read back by TensorFlow, which holds every record against its sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def files(folder: Path, part: str) -> list[Path]:
    """Those of a part of the run in that folder, in the order in which TensorBoard reads them."""
    return sorted((folder / "tensorboard" / part).iterdir())


def events(path: Path) -> Iterator[Any]:
    """Those of a file."""
    for record in tf.data.TFRecordDataset(str(path)):
        yield tf.compat.v1.Event.FromString(record.numpy())


def scalars(folder: Path, part: str) -> dict[str, dict[int, float]]:
    """Tag -> step -> value of all files of a part. Where a session starts, what was read of later steps is dropped, as
    TensorBoard does.
    """
    found: dict[str, dict[int, float]] = {}
    for path in files(folder, part):
        for event in events(path):
            if event.HasField("session_log"):
                found = {tag: {n: v for n, v in s.items() if n < event.step} for tag, s in found.items()}
            for value in event.summary.value:
                found.setdefault(value.tag, {})[event.step] = value.simple_value
    return {tag: steps for tag, steps in found.items() if steps}
