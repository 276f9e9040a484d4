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
    """One class for each sample."""
    MULTILABEL = "multi-label"
    """Any number of classes for each sample."""
    SEGMENTATION = "segmentation"
    """One class for each position."""
    RECONSTRUCTION = "reconstruction"
    """The sample itself, or without the noise that was added to it."""
    DETECTION = "detection"
    """Boxes, each with a class."""


@dataclass(frozen=True, slots=True)
class DataInfo:
    """Facts of a data source that a design depends on, known without loading the data."""

    task: Task
    input_shape: Shape
    class_names: tuple[str, ...] = ()
    """Empty for reconstruction."""
    in_unit_range: bool = True
    """Whether all values of a sample lie in 0..1, as those of images do unless they are standardised."""

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def rank(self) -> int:
        """Number of spatial axes of a sample: 1 for signals, 2 for images, 3 for volumes, 0 for vectors."""
        return len(self.input_shape) - 1
