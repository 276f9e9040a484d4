"""Which viewer shows what the network says of a sample of each task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.training.viewers.boxes import BoxViewer
from cnnstudio.app.training.viewers.classes import ClassViewer
from cnnstudio.app.training.viewers.labels import LabelViewer
from cnnstudio.app.training.viewers.masks import MaskViewer
from cnnstudio.app.training.viewers.rebuilt import RebuiltViewer
from cnnstudio.core.data.info import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.app.training.viewers.base import Viewer

VIEWERS: Mapping[Task, type[Viewer]] = {
    Task.CLASSIFICATION: ClassViewer,
    Task.MULTILABEL: LabelViewer,
    Task.SEGMENTATION: MaskViewer,
    Task.RECONSTRUCTION: RebuiltViewer,
    Task.DETECTION: BoxViewer,
}
"""The viewer of each task."""
