"""What an explanation is about: one number that follows from what a network answers for a sample.

Classes: the raw score of a class. Segmentation: its mean over the places that the network gives this class, after
Vinogradova, Dibrov and Myers, "Towards interpretable semantic segmentation via gradient-weighted class activation
mapping" (AAAI 2020). Detection: the raw score of the class in the cell of its best box. Reconstruction, where there are
no classes: how much of the output of this very sample is in what comes out, 1 for the sample itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code.answers import as_chances, as_shares
from cnnstudio.core.code.boxes import cell_boxes
from cnnstudio.core.data.info import Task
from cnnstudio.engine.backend import keras
from cnnstudio.engine.explaining.passing import passed, plain
from cnnstudio.engine.looking.sketch import SketchError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.engine.explaining.network import Network
    from cnnstudio.engine.explaining.passing import Passed

_EMPTY = "background"
"""Class name of what is no thing: it is explained only when it is asked for."""


@dataclass(frozen=True)
class Aim:
    """The number that is explained, for one sample and what is made of it."""

    target: int
    """Class, -1 where there are none."""
    weights: np.ndarray
    """(...) with the shape of what the network answers: the number is the sum of it, weighted so."""
    of_scores: bool = True
    """Whether it is taken from raw scores."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """The number as "score", and what else there is to say of it."""

    def __call__(self, found: Passed) -> Any:
        """Of each sample that passed, a tensor (n,)."""
        values = found.scores if self.of_scores else found.output
        weighted = values * keras.ops.convert_to_tensor(self.weights)
        return keras.ops.sum(weighted, axis=tuple(range(1, self.weights.ndim + 1)))


def aim_at(target: int, network: Network, inputs: np.ndarray) -> Aim:
    """What to explain of a sample (1, ...); `target` is a class, or -1 for the one that the network gives.

    Raises SketchError where there is no such class.
    """
    found = passed(network, inputs)
    scores, output = plain(found.scores)[0], plain(found.output)[0]
    info = network.kit.info
    _check(target, info)
    match info.task:
        case Task.SEGMENTATION:
            return _of_places(target, scores, output, info, raw=network.kit.scores)
        case Task.DETECTION:
            return _of_box(target, scores, as_chances(output) if network.kit.scores else output)
        case Task.RECONSTRUCTION:
            return _of_output(output)
    known = network.kit.shown(output)
    return _of_class(int(known.argmax()) if target < 0 else target, scores, known)


def _check(target: int, info: DataInfo) -> None:
    if target < 0 or target < info.classes:
        return
    if not info.classes:
        raise SketchError(f"There is no class {target} to explain: the network gives back samples, not classes.")
    raise SketchError(f"There is no class {target}: the network knows classes 0 to {info.classes - 1}.")


def _of_class(target: int, scores: np.ndarray, known: np.ndarray) -> Aim:
    numbers = {"score": float(scores[target]), "share": float(known[target])}
    return Aim(target, _at(scores.shape, target), numbers=numbers)


def _at(shape: tuple[int, ...], *place: int) -> np.ndarray:
    weights = np.zeros(shape, "float32")
    weights[place] = 1.0
    return weights


def _of_places(target: int, scores: np.ndarray, output: np.ndarray, info: DataInfo, *, raw: bool) -> Aim:
    """Where the network gives the class to no place, all count: what there is of it is explained all the same."""
    given = output.argmax(axis=-1)
    if target < 0:
        counts = np.bincount(given.ravel(), minlength=info.classes)
        things = np.array([name.lower() != _EMPTY for name in info.class_names])
        target = int((counts * things).argmax() if (counts * things).any() else counts.argmax())
    there = given == target
    counted = there if there.any() else np.ones_like(there)
    weights = np.zeros(scores.shape, "float32")
    weights[..., target] = counted / counted.sum()
    known = as_shares(output) if raw else output
    numbers = {
        "score": float((scores * weights).sum()),
        "share": float(known[..., target][counted].mean()),
        "cells": float(there.sum()),
    }
    return Aim(target, weights, numbers=numbers)


def _of_box(target: int, scores: np.ndarray, known: np.ndarray) -> Aim:
    """The best box of a class lies where its share is the largest."""
    classes = known[..., :-4]
    chosen = classes if target < 0 else classes[..., target : target + 1]
    row, column, kind = (int(n) for n in np.unravel_index(chosen.argmax(), chosen.shape))
    target = kind if target < 0 else target
    edges = cell_boxes(known[np.newaxis, ..., -4:], np)[0, row, column].clip(0, 1)
    numbers = {"score": float(scores[row, column, target]), "share": float(classes[row, column, target])}
    numbers |= dict(zip(("left", "top", "right", "bottom"), map(float, edges), strict=True))
    return Aim(target, _at(scores.shape, row, column, target), numbers=numbers)


def _of_output(output: np.ndarray) -> Aim:
    power = float((output.astype("float64") ** 2).sum())
    if power == 0:
        raise SketchError("The network gives only zeros for this sample, so there is nothing to explain.")
    return Aim(-1, (output / power).astype("float32"), of_scores=False, numbers={"score": 1.0})
