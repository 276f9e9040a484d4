"""Explanations by the worker: between runs, between the steps of one, cancelled on the way; and of trained presets."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.cli.experiments import load
from cnnstudio.core.data.builtin import Shapes, Waveforms
from cnnstudio.core.data.info import Task
from cnnstudio.core.explaining import METHODS
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.engine.explaining import Cancelled, Opened
from cnnstudio.engine.explaining.grad_cam import last_maps
from cnnstudio.engine.explaining.methods import WORK
from cnnstudio.engine.running.control import Control, RunError
from cnnstudio.engine.running.training import train
from cnnstudio.engine.using.explaining import Wish, explain_run
from cnnstudio.engine.using.trained import open_run
from cnnstudio.wire.messages import (
    CancelQuestion,
    EpochEnd,
    Exciting,
    Explain,
    Explained,
    ExplanationProgress,
    Failed,
    FindExciting,
    GetShiftResponse,
    RunEnded,
    Sample,
    ShiftResponse,
    StartRun,
    StopRun,
)
from tests.engine.conftest import small
from tests.helpers.effort import LONGER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from tests.engine.conftest import Peer


ONE_OF_EACH = ("lenet-5", "u-net", "signal-cnn", "shape-detector", "signal-denoiser", "shape-tags")
"""Presets of every task."""
SETTINGS = {"integrated-gradients": {"steps": 512}, "activation-maximisation": {"steps": 8}}
LONG = {"steps": 2048}
"""Settings of a search that takes far longer than a test waits."""


def ask(experiment: Experiment, request: int, method: str = "grad-cam", **other: Any) -> Explain:
    text = write_experiment(experiment)
    return Explain(request=request, experiment=text, method=method, sample=Sample("validation", 3), **other)


def test_each_method_has_its_work() -> None:
    assert list(WORK) == list(METHODS)


def test_between_the_steps_of_a_run_and_after_it(worker: Peer, tmp_path: Path) -> None:
    experiment = small(epochs=500)
    text = write_experiment(experiment)
    worker.send(ask(experiment, 81))
    fresh = worker.until(Explained, lambda e: e.request == 81)
    assert (fresh.trained, fresh.block, fresh.picture.shape) == (False, "convolution_1", (8, 8))
    worker.send(StartRun("seen", str(tmp_path / "seen"), text))
    worker.until(EpochEnd)
    for number, method in enumerate(("grad-cam", "integrated-gradients", "occlusion"), 82):
        worker.send(ask(experiment, number, method))
        during = worker.until(Explained)
        assert (during.request, during.method, during.trained) == (number, method, True)
        assert during.numbers.get("gap", 0.0) <= 0.01
        assert np.ptp(during.picture) > 0 or method == "grad-cam"  # where no map speaks for the class, it is all 0
    worker.send(FindExciting(request=85, experiment=text, block="convolution_1", channel=1, part="validation"))
    assert worker.until(Exciting, lambda e: e.request == 85).inputs.shape == (16, 8, 8, 1)
    worker.send(GetShiftResponse(request=86, experiment=text, sample=Sample(), most=2))
    assert worker.until(ShiftResponse, lambda e: e.request == 86).changes.shape[1] == 5
    given = {"block": "convolution_1", "channel": 0, "settings": LONG}
    worker.send(ask(experiment, 87, "activation-maximisation", **given))
    progress = worker.until(ExplanationProgress, lambda e: e.request == 87)
    assert progress.total == 2048
    worker.send(CancelQuestion(87))
    while not isinstance(refused := worker.next(), Failed):
        assert not isinstance(refused, Explained)
    assert (refused.request, refused.message) == (87, "The work was cancelled.")
    worker.send(StopRun("seen"))
    worker.until(RunEnded)
    worker.send(ask(experiment, 88, directory=str(tmp_path / "seen")))
    after = worker.until(Explained, lambda e: e.request == 88)
    assert after.trained
    assert not np.array_equal(after.picture, fresh.picture)


def test_a_run_that_ends_does_not_wait_for_what_was_asked_of_it(worker: Peer, tmp_path: Path) -> None:
    """What is open goes on when the run is over, a short question beside a long one, and makes way for another run."""
    experiment = small(epochs=500)
    text = write_experiment(experiment)
    worker.send(StartRun("ends", str(tmp_path / "ends"), text))
    worker.until(EpochEnd)
    about: dict[str, Any] = {"block": "convolution_1", "channel": 0, "settings": LONG}
    worker.send(ask(experiment, 91, "activation-maximisation", **about))
    worker.until(ExplanationProgress, lambda e: e.request == 91)
    worker.send(ask(experiment, 92))
    assert worker.until(Explained).request == 92, "it does not wait for the one before"
    worker.send(StopRun("ends"))
    while not isinstance(event := worker.next(), RunEnded):
        assert not isinstance(event, Explained | Failed)
    progress = worker.until(ExplanationProgress, lambda e: e.request == 91)
    assert progress.done < progress.total
    worker.send(StartRun("next", str(tmp_path / "next"), text))
    while not isinstance(refused := worker.next(), Failed):
        assert not isinstance(refused, Explained)
    assert refused.request == 91
    assert refused.message.startswith("Another run has begun")
    worker.send(StopRun("next"))
    worker.until(RunEnded)


def test_a_fault_in_an_explanation_ends_neither_the_run_nor_the_worker() -> None:
    def broken() -> Iterator[None]:
        yield None
        raise IndexError("beyond")

    said: list[Any] = []
    work: Any = broken()
    opened = Opened(ask(small(), 9), work, said.append, Cancelled())
    assert opened.go_on(1.0)
    (answer,) = said
    assert (answer.request, answer.message) == (9, "Explain failed unexpectedly: beyond.")
    assert "IndexError: beyond" in answer.details


def shrunk(experiment: Experiment) -> Experiment:
    """The preset on few samples."""
    source = experiment.data.source
    if isinstance(source, Shapes | Waveforms):
        source = dataclasses.replace(source, count=240)
    training = dataclasses.replace(experiment.training, epochs=2)
    return dataclasses.replace(experiment, data=dataclasses.replace(experiment.data, source=source), training=training)


@pytest.mark.search
@LONGER
@pytest.mark.parametrize("id", ONE_OF_EACH)
def test_trained_presets_are_explained(id: str, tmp_path: Path) -> None:
    """By each method; what integrated gradients leave unexplained is at most a hundredth."""
    experiment = shrunk(load(id))
    train(experiment, tmp_path / "run", lambda event: None, Control())
    opened = open_run(tmp_path / "run")
    info = experiment.data.info()
    for method, kind in METHODS.items():
        given: dict[str, Any] = {"settings": SETTINGS.get(method, {})}
        if kind.about == "channel":
            given |= {"block": last_maps(opened.design.program()), "channel": 0}
        try:
            answer, inputs = explain_run(opened, Wish(method, Sample("validation", 1), **given), lambda event: None)
        except RunError as refused:
            if kind.about == "channel" and "it is dead" in refused.message:
                continue
            raise
        assert inputs.shape == info.input_shape
        assert np.isfinite(answer.picture).all()
        assert answer.picture.shape == (info.input_shape if kind.makes_sample else info.input_shape[:-1])
        assert (answer.target >= 0) == (info.task is not Task.RECONSTRUCTION and kind.about == "class")
        assert answer.numbers.get("gap", 0.0) <= 0.01
