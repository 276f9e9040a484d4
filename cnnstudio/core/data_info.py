"""What a network has to fit: the task, the shape of a sample and what it is to answer."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnstudio.core.declare import Shape


class Task(enum.StrEnum):
    """What is learned; Output, loss, metrics and viewers follow from it."""

    CLASSIFICATION = "classification"
    SEGMENTATION = "segmentation"
    RECONSTRUCTION = "reconstruction"


@dataclass(frozen=True, slots=True)
class DataInfo:
    """Facts of a data source that a design depends on, known without loading the data."""

    task: Task
    input_shape: Shape
    class_names: tuple[str, ...] = ()
    """Empty for reconstruction."""

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)
