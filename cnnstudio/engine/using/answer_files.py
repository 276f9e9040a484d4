"""A network's answers as files that other programs open: masks and pictures as PNG, boxes as YOLO's text, else .npy."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from cnnstudio.core.code.answers import NO_ANSWER
from cnnstudio.core.data.info import Task
from cnnstudio.core.formats.storage import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.engine.using.predicting import Answer

_VOID = 255
"""Stands in a PNG mask where there is no answer, as in the masks of PASCAL VOC."""


def write_answer(answer: Answer, task: Task, folder: Path) -> Path | None:
    """Write what is too large to print into the folder, under the name of the sample; None for classes.

    Raises FileExistsError where a file of that name is there: it may be the sample itself. Raises OSError.
    """
    if task in (Task.CLASSIFICATION, Task.MULTILABEL):
        return None
    data, ending = _encoded(answer, task)
    number = "" if answer.sample.number is None else f"-{answer.sample.number}"
    path = folder / f"{answer.sample.path.stem}{number}{ending}"
    if path.exists():
        raise FileExistsError(f'"{path}" is there already: name another folder for --out, so that nothing is lost.')
    write_atomic(path, data)
    return path


def _encoded(answer: Answer, task: Task) -> tuple[bytes, str]:
    """The bytes of the file, and its ending."""
    values = answer.values
    if task is Task.DETECTION:
        return _lines(values, answer.found).encode(), ".txt"
    if task is Task.SEGMENTATION and values.ndim == 2 and values.max(initial=0) < _VOID:
        image = Image.fromarray(np.where(values == NO_ANSWER, _VOID, values).astype("uint8"))
        image.putpalette(_palette())
        return _png(image), ".png"
    if task is Task.RECONSTRUCTION and values.ndim == 3 and values.shape[-1] in (1, 3):
        bytes_of = np.rint(values.clip(0, 1) * 255).astype("uint8")
        return _png(Image.fromarray(bytes_of[..., 0] if values.shape[-1] == 1 else bytes_of)), ".png"
    file = io.BytesIO()
    np.save(file, values, allow_pickle=False)
    return file.getvalue(), ".npy"


def _lines(boxes: np.ndarray, found: tuple[int, ...]) -> str:
    """A line for each box: class, middle and size as shares of width and height, score."""
    height, width = found
    lines = []
    for left, top, right, bottom, kind, score in boxes.tolist():
        across, down = (left + right) / 2 / width, (top + bottom) / 2 / height
        shares = (across, down, (right - left) / width, (bottom - top) / height)
        lines.append(" ".join((str(int(kind)), *(f"{share:.6f}" for share in shares), f"{score:.4f}")))
    return "".join(f"{line}\n" for line in lines)


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _palette() -> list[int]:
    """The colours of PASCAL VOC's masks (Everingham et al., 2010): class 0 is black, neighbours differ clearly."""
    colours = np.zeros((256, 3), "int64")
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= ((np.arange(256) >> (3 * bit + channel)) & 1) << (7 - bit)
    return [int(value) for value in colours.ravel()]
