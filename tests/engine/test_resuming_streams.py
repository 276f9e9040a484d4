"""Runs that stream their samples from files, or that Keras's own trainer learns, go on to the same bits."""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.files import ImageFolder
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.engine import workbench
from cnnstudio.engine.learning.keras_learner import KerasLearner
from cnnstudio.engine.running.resuming import read_checkpoint
from cnnstudio.engine.scan import scan
from cnnstudio.wire.messages import Event, Progress
from tests.engine.conftest import chain
from tests.helpers import own_data
from tests.helpers.effort import LONGER
from tests.helpers.played_runs import Played, changeable, same

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.running.control import Control

EVERYWHERE = "cnnstudio.engine.learning.tensorflow_learner.RESIDENT_BYTES"


@pytest.fixture(autouse=True)
def chatty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is a call of its own, and reported."""
    monkeypatch.setattr("cnnstudio.engine.running.clock._PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr("cnnstudio.engine.learning.pacing._SECONDS", 0.0)


def stop_amid_the_second_epoch(event: Event, control: Control) -> None:
    if isinstance(event, Progress) and event.epoch == 2 and event.step >= 2:
        control.stop()


def stopped(folder: Path, experiment: Experiment) -> None:
    assert Played(stop_amid_the_second_epoch).begun(folder, experiment).ended.outcome == "stopped"
    position = read_checkpoint(folder).position
    assert position.epoch == 1
    assert position.step >= 2


def pictures(place: Path) -> Experiment:
    """Of a folder with pictures, varied, in noise and standardised; all that is drawn for each."""
    source = scan(ImageFolder(path=str(own_data.image_folder(place, 16)))).source
    preparation = Preparation(normalisation="standardise", added_noise=0.1)
    experiment = chain(
        source,
        ("convolution_1", "Convolution", {"filters": 4}),
        ("dropout_1", "Dropout", {"rate": 0.3}),
        ("pool", "GlobalAveragePooling", {}),
        **{"batch_size": 4, "epochs": 2, "schedule": "one-cycle"},
    )
    recipe = DataRecipe(source=source, preparation=preparation, augmentation=Augmentation(rotation=20.0, noise=0.1))
    return dataclasses.replace(experiment, data=recipe)


def test_samples_that_stream_from_files_come_in_their_order_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where they lie in memory by the time that the run goes on."""
    experiment = pictures(tmp_path / "own")
    with monkeypatch.context() as patched:
        patched.setattr(EVERYWHERE, 0)
        Played().begun(tmp_path / "whole", experiment)
        stopped(tmp_path / "streamed", experiment)
        shutil.copytree(tmp_path / "streamed", tmp_path / "resident")
        Played().resumed(tmp_path / "streamed")
    Played().resumed(tmp_path / "resident")
    assert same(tmp_path / "whole", tmp_path / "streamed")
    assert same(tmp_path / "whole", tmp_path / "resident")


@pytest.mark.search
@LONGER
def test_what_keras_itself_learns_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def learner(model: Any, kit: Any, training: Any, augmenter: Any, plan: Any = None) -> KerasLearner:
        return KerasLearner(model, kit, training, augmenter, plan)

    monkeypatch.setattr(workbench, "make_learner", learner)
    experiment = changeable(epochs=2, batch_size=256)
    Played().begun(tmp_path / "whole", experiment)
    stopped(tmp_path / "run", experiment)
    Played().resumed(tmp_path / "run")
    assert same(tmp_path / "whole", tmp_path / "run")
