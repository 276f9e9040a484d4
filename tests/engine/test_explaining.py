"""Questions to a network: worked on between runs and between the steps of one, cancelled, refused in a sentence."""

from __future__ import annotations

import numpy as np

from cnnstudio.core.formats.files import write_experiment
from cnnstudio.engine.explaining import Cancelled, Explaining
from cnnstudio.engine.looking.sketch import Sketches
from cnnstudio.wire.messages import CancelQuestion, Failed, GetKernels, Kernels
from tests.engine.conftest import small


def desk(said: list[object], cancelled: Cancelled | None = None) -> Explaining:
    return Explaining(Sketches(), said.append, cancelled or Cancelled(), lambda: True)


def test_kernels_of_a_fresh_network_are_those_that_training_starts_from() -> None:
    said: list[object] = []
    desk(said).answer(GetKernels(request=3, experiment=write_experiment(small()), block="convolution_1"))
    (answer,) = said
    assert isinstance(answer, Kernels)
    assert (answer.request, answer.trained, answer.kernels.ndim) == (3, False, 4)
    np.testing.assert_array_equal(answer.kernels, answer.start)
    assert np.ptp(answer.kernels) > 0


def test_what_has_no_kernels_is_refused() -> None:
    said: list[object] = []
    desk(said).answer(GetKernels(request=1, experiment=write_experiment(small()), block="output"))
    assert said == [Failed(1, 'The block "output" has no kernels: choose a convolution.')]


def test_nobody_waits_for_what_was_cancelled() -> None:
    said: list[object] = []
    cancelled = Cancelled()
    cancelled.add(CancelQuestion(5))
    desk(said, cancelled).answer(GetKernels(request=5, experiment=write_experiment(small()), block="convolution_1"))
    assert said == [Failed(5, "The work was cancelled.")]
