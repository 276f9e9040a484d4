"""What is said of a file that was opened again: equal predictions are those that a person would call so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.engine.data.dataset import Finish
from cnnstudio.engine.exporting.comparing import Compared, compare, gap
from cnnstudio.engine.exporting.errors import ExportError
from cnnstudio.engine.exporting.material import Asked, Material

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.engine.exporting.stages import Stage

SEVERAL = (0.9, 0.1), (0.2, 0.8)


def compared(
    task: Task, ours: Any, theirs: Any, *, scores: bool = False, exact: bool = False, scale: float | None = None
) -> Compared:
    """A network that answers `ours`, held against a file that answers `theirs`; nobody judges noise."""
    mine, other = np.array(ours, "float32"), np.array(theirs, "float32")
    inputs = np.zeros((len(mine), 1), "float32")

    def samples() -> Iterator[Asked]:
        yield Asked(inputs, inputs, inputs)

    material = SimpleNamespace(
        data=SimpleNamespace(test=inputs, info=DataInfo(task, (1, 1), ("a", "b"))),
        kit=SimpleNamespace(scores=scores),
        finish=Finish() if scale is None else Finish(np.zeros(1, "float32"), np.array([scale], "float32")),
        stand_in=True,
        samples=samples,
        model=SimpleNamespace(predict_on_batch=lambda given: mine),
    )
    comparing = compare(cast("Material", material), lambda given: other, exact=exact)
    made: list[Compared] = []

    def through() -> Iterator[Stage]:
        made.append((yield from comparing))

    assert [stage.words for stage in through()] == ["Comparing"]
    return made[0]


@pytest.mark.parametrize(
    ("task", "theirs", "scores", "share"),
    [
        (Task.CLASSIFICATION, [[0.6, 0.4], [0.6, 0.4]], False, 0.5),
        (Task.MULTILABEL, [[0.6, 0.4], [0.6, 0.4]], False, 0.5),
        (Task.MULTILABEL, [[0.6, 0.4], [0.1, 0.6]], True, 1.0),
        (Task.MULTILABEL, [[0.6, -0.4], [0.1, 0.6]], True, 0.75),
        (Task.RECONSTRUCTION, [[0.901, 0.1], [0.2, 0.7]], False, 0.75),
    ],
)
def test_equal_predictions_are_those_that_come_to_the_same(task: Task, theirs: Any, scores: bool, share: float) -> None:
    assert compared(task, SEVERAL, theirs, scores=scores).agreement == pytest.approx(share)


def test_samples_that_were_standardised_are_compared_in_their_own_units() -> None:
    near, far = [[0.91, 0.1], [0.2, 0.8]], [[0.93, 0.1], [0.2, 0.8]]
    assert compared(Task.RECONSTRUCTION, SEVERAL, near, scale=10.0).agreement == 1
    assert compared(Task.RECONSTRUCTION, SEVERAL, far, scale=10.0).agreement == 0.75


def test_cells_without_an_object_count_for_nothing() -> None:
    ours, theirs = np.zeros((2, 1, 8, 8, 6), "float32")
    ours[0, 0, 0, 0], ours[0, 1, 1, 1], theirs[0, 0, 0, 0] = 0.8, 0.4, 0.7
    done = compared(Task.DETECTION, ours, theirs)
    assert (done.agreement, done.notes) == (0.5, ())
    (note,) = compared(Task.DETECTION, np.zeros((1, 8, 8, 6)), np.zeros((1, 8, 8, 6))).notes
    assert "finds no object in any of the samples" in note


@pytest.mark.parametrize("task", [Task.CLASSIFICATION, Task.SEGMENTATION, Task.MULTILABEL])
def test_a_network_that_answers_always_alike_says_little(task: Task) -> None:
    (note,) = compared(task, [[0.9, 0.1], [0.8, 0.2]], [[0.7, 0.3], [0.8, 0.2]]).notes
    assert note == "The network answers alike whatever it is asked, so that equal predictions say little."
    assert not compared(task, SEVERAL, SEVERAL).notes


def test_a_network_that_went_astray_is_told_of() -> None:
    ours = [[0.9, 0.1], [np.nan, np.inf]]
    done = compared(Task.CLASSIFICATION, ours, ours, exact=True)
    assert done.max_abs_difference == 0
    assert done.notes[0].startswith("For 1 of 2 samples the network itself answers with values that are not finite")
    np.testing.assert_array_equal(
        gap(np.array([1.0, np.nan, 1, np.inf]), np.array([2.0, 1, np.nan, -np.inf])), [1, 0, np.inf, 0]
    )


def test_an_exact_form_that_is_off_is_refused_and_a_quantised_one_is_judged() -> None:
    off = [[0.9, 0.1], [0.23, 0.77]]
    with pytest.raises(ExportError, match=r"The file's answers are off by up to 0\.03, where the network's largest is"):
        compared(Task.CLASSIFICATION, SEVERAL, off, exact=True)
    assert compared(Task.CLASSIFICATION, SEVERAL, off).max_abs_difference == pytest.approx(0.03, rel=1e-3)
