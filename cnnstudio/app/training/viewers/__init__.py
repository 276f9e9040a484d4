"""What the network says of one sample, shown as its task wants it: one module for each task, chosen by the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.training.viewers.base import Viewer
from cnnstudio.app.training.viewers.boxes import BoxViewer
from cnnstudio.app.training.viewers.classes import ClassViewer
from cnnstudio.app.training.viewers.labels import LabelViewer
from cnnstudio.app.training.viewers.masks import MaskViewer
from cnnstudio.app.training.viewers.rebuilt import RebuiltViewer
from cnnstudio.core.data.info import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["VIEWERS", "Viewer"]

VIEWERS: Mapping[Task, type[Viewer]] = {
    Task.CLASSIFICATION: ClassViewer,
    Task.MULTILABEL: LabelViewer,
    Task.SEGMENTATION: MaskViewer,
    Task.RECONSTRUCTION: RebuiltViewer,
    Task.DETECTION: BoxViewer,
}
"""The viewer of each task."""
