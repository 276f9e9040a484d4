"""Runs that were stopped, paused, left alone or spoilt go on as if nothing had been, to the last bit."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from cnnstudio.core.formats.run_folder import BEST, CHECKPOINT, LAST, read_record, write_record
from cnnstudio.engine.data import DataError
from cnnstudio.engine.learning.tensorflow_learner import TensorFlowLearner
from cnnstudio.engine.running import training
from cnnstudio.engine.running.control import Control, RunError
from cnnstudio.engine.running.resuming import Checkpoint, Position, ResumeError, read_checkpoint, write_checkpoint
from cnnstudio.engine.tasks import Verdict
from cnnstudio.wire.messages import EpochEnd, Event, Progress, RunContinued, RunPaused, RunStarted
from tests.engine.conftest import small
from tests.helpers.effort import LONGER
from tests.helpers.played_runs import Played, same

if TYPE_CHECKING:
    from collections.abc import Callable


STEPS = 20
"""Of an epoch."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Played]:
    """The run that nothing has disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    return folder, Played().begun(folder)


def stopping_at(steps: int) -> Callable[[Event, Control], None]:
    def at(event: Event, control: Control) -> None:
        if isinstance(event, Progress) and control.steps_done >= steps:
            control.stop()

    return at


@pytest.fixture
def chatty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call of the compiled function is reported, and takes few steps."""
    monkeypatch.setattr("cnnstudio.engine.running.clock._PROGRESS_SECONDS", 0.0)


@pytest.mark.usefixtures("chatty")
def test_stopped_amid_epochs_and_resumed_is_never_stopped(whole: tuple[Path, Played], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    first = Played(stopping_at(7)).begun(folder)
    assert first.ended.outcome == "stopped"
    assert read_record(folder).status == "STOPPED"
    second = Played(stopping_at(first.control.steps_done + 25)).resumed(folder)
    started = second.all(RunStarted)[0]
    assert started.steps_before == first.control.steps_done
    assert [e.epoch for e in started.history] == list(range(1, first.ended.epochs + 1))
    last = Played().resumed(folder)
    assert same(whole[0], folder)
    assert last.ended.test == whole[1].ended.test
    assert read_record(folder).status == "FINISHED"
    seconds = [e.seconds for e in (*last.all(RunStarted)[0].history, *last.all(EpochEnd))]
    assert seconds == sorted(seconds)


@pytest.mark.usefixtures("chatty")
def test_a_pause_changes_nothing_and_is_on_the_record(whole: tuple[Path, Played], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    states: list[str] = []

    def at(event: Event, control: Control) -> None:
        if isinstance(event, Progress) and not states:
            control.pause()
        elif isinstance(event, RunPaused):
            states.append(read_record(folder).status)
            assert event.message == ""
            position = read_checkpoint(folder).position
            assert (position.epoch * STEPS + position.step) == control.steps_done
            control.go_on()
        elif isinstance(event, RunContinued):
            states.append(read_record(folder).status)

    Played(at).begun(folder)
    assert states == ["PAUSED", "RUNNING"]
    assert same(whole[0], folder)


@pytest.mark.search
@LONGER
def test_stopped_with_the_epoch_and_resumed_from_the_checkpoint_before(
    whole: tuple[Path, Played], tmp_path: Path
) -> None:
    """The newest one is damaged: that costs the steps since the one before, and nothing else."""
    folder = tmp_path / "run"

    def at(event: Event, control: Control) -> None:
        if isinstance(event, Progress):
            control.stop_with_epoch()

    ended = Played(at).begun(folder).ended
    assert (ended.outcome, ended.epochs) == ("stopped", 1)
    assert (read_checkpoint(folder).position.epoch, read_checkpoint(folder).position.step) == (1, 0)
    newest = folder / CHECKPOINT
    newest.write_bytes(newest.read_bytes()[:1000])
    assert (read_checkpoint(folder).position.epoch, read_checkpoint(folder).learner) == (0, {})
    Played().resumed(folder)
    assert same(whole[0], folder)


def test_a_run_that_cannot_go_on_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*arguments: object) -> None:
        raise DataError("The folder of the samples is gone.")

    folder = tmp_path / "run"
    Played(stopping_at(1)).begun(folder, small())
    record, kept = read_record(folder), read_checkpoint(folder)

    def refused(says: str) -> None:
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with pytest.raises(RunError, match=says):
            Played().resumed(folder)
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before

    with monkeypatch.context() as patched:
        patched.setattr(training, "set_up", gone)
        refused("The folder of the samples is gone")
    other = {name: array for name, array in kept.learner.items() if not name.startswith("0:")}
    write_checkpoint(folder, dataclasses.replace(kept, learner=other))
    refused(r'run" cannot go on\. The checkpoint is another network')
    strange = dataclasses.replace(kept.position, plan={"steps_of_tomorrow": 3})
    write_checkpoint(folder, dataclasses.replace(kept, position=strange))
    refused("was computed by another version of CNN Studio")
    elsewhere = {"status": "RUNNING", "pid": os.getppid(), "process_started": started(os.getppid())}
    write_record(folder, msgspec.structs.replace(record, **elsewhere))
    refused("is under way in another process")
    write_record(folder, record)
    for path in (folder / "checkpoints").glob("resume*"):
        path.write_bytes(b"\0" * 100)
    refused(r'run" has no checkpoint that can be read, so it cannot go on: train it anew')


def test_a_run_that_another_process_takes_in_hand_meanwhile_is_left_to_it(tmp_path: Path) -> None:
    """Between reading the checkpoint and going on from it, data are loaded and the network is built."""
    folder = tmp_path / "run"
    Played(stopping_at(1)).begun(folder, small())
    record = read_record(folder)
    elsewhere = {"pid": os.getppid(), "process_started": started(os.getppid())}
    for status, says in {"RUNNING": "is under way in another", "FINISHED": "has gone on in another"}.items():
        made = training.resumed(folder, 0, lambda event: None, Control())
        write_record(folder, msgspec.structs.replace(record, status=status, **elsewhere))
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with pytest.raises(ResumeError, match=says):
            made.execute()
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
        write_record(folder, record)


def started(process: int) -> int:
    """When the process began, as records tell it."""
    return int(Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])


@pytest.mark.search
@LONGER
def test_more_epochs_are_those_of_a_longer_run(tmp_path: Path) -> None:
    # Keras numbers variables of nadam that it has not named, over the whole life of a process.
    Played().begun(tmp_path / "long", small(epochs=3, optimizer="nadam"))
    Played().begun(tmp_path / "run", small(epochs=1, optimizer="nadam"))
    with pytest.raises(ResumeError, match=r"has ended after 1 epoch: say how many more"):
        Played().resumed(tmp_path / "run")
    more = Played().resumed(tmp_path / "run", more=2)
    assert more.all(RunStarted)[0].epochs == read_record(tmp_path / "run").epochs == 3
    assert same(tmp_path / "long", tmp_path / "run")
    assert (more.ended.outcome, more.ended.epochs) == ("finished", 3)


def judging(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> None:
    """Let validation and test come to these losses, one after the other."""
    left = iter(losses)

    def judge(self: Any, part: Any, size: int) -> Verdict:
        return Verdict({"loss": next(left), "accuracy": 0.5})

    monkeypatch.setattr(TensorFlowLearner, "judge", judge)


@pytest.mark.search
@LONGER
def test_early_stopping_is_remembered_and_waits_anew_for_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    patient = small(epochs=9, early_stopping=True, patience=3, schedule="plateau", plateau_patience=2, decay=0.5)
    judging(monkeypatch, [0.5, 0.6, 0.6, 0.0])

    def at(event: Event, control: Control) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 3:
            control.stop()

    first = Played(at).begun(folder, patient)
    assert [e.learning_rate for e in first.all(EpochEnd)] == pytest.approx([0.01, 0.01, 0.01])
    judging(monkeypatch, [0.7, 0.0])
    second = Played().resumed(folder)
    assert [(e.epoch, e.learning_rate) for e in second.all(EpochEnd)] == [(4, pytest.approx(0.005))]
    assert second.ended.outcome == "finished"
    assert second.ended.reason == "Validation brought no progress for 3 epochs, so early stopping ended the run."
    assert read_record(folder).message == second.ended.reason
    judging(monkeypatch, [0.7, 0.7, 0.0])
    third = Played().resumed(folder, more=2)
    assert [e.epoch for e in third.all(EpochEnd)] == [5, 6]
    assert third.ended.reason == ""
    assert read_record(folder).epochs == 6


@pytest.mark.search
@LONGER
def test_the_best_epoch_is_taken_and_the_run_goes_on_from_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, losses in {"run": [0.2, 0.9, 0.0], "plain": [0.2, 0.9, 0.0]}.items():
        judging(monkeypatch, losses)
        played = Played().begun(tmp_path / name, small(epochs=2, restore_best=name == "run"))
        if name == "run":
            assert played.ended.reason == "Taken are the weights of epoch 1, the best on validation."
    assert same(tmp_path / "run", tmp_path / "plain"), "the checkpoint has the last epoch"
    last, best = (_h5(tmp_path / "run" / path) for path in (LAST, BEST))
    assert last == best
    assert last != _h5(tmp_path / "plain" / LAST)
    assert best == _h5(tmp_path / "plain" / BEST)
    for name in ("run", "plain"):
        judging(monkeypatch, [0.1, 0.0])
        Played().resumed(tmp_path / name, more=1)
    assert same(tmp_path / "run", tmp_path / "plain")
    assert read_record(tmp_path / "run").best_epoch == 3


def _h5(path: Path) -> dict[str, bytes]:
    import h5py

    found: dict[str, bytes] = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()].tobytes()}) if hasattr(item, "dtype") else None)
    return {name: values for name, values in found.items() if name.startswith("layers") and "seed" not in name}


@pytest.mark.usefixtures("chatty")
def test_a_run_that_diverged_goes_on_from_its_last_finite_checkpoint(
    whole: tuple[Path, Played], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    learn = TensorFlowLearner.learn
    calls = []

    def spoil(self: Any, first: int, rates: np.ndarray) -> None:
        learn(self, first, rates)
        calls.append(first)
        if len(calls) == 3:
            self._model.set_weights([np.full_like(w, np.nan) for w in self._model.get_weights()])

    def at(event: Event, control: Control) -> None:
        control.pause() if isinstance(event, Progress) else None
        control.go_on() if isinstance(event, RunPaused) else None

    with monkeypatch.context() as patched:
        patched.setattr(TensorFlowLearner, "learn", spoil)
        with pytest.raises(RunError, match=r"finite"):
            Played(at).begun(folder)
    assert read_record(folder).status == "FAILED"
    checkpoint = read_checkpoint(folder)
    assert all(np.isfinite(a).all() for a in checkpoint.learner.values())
    assert checkpoint.position.epoch * STEPS + checkpoint.position.step > 0
    Played().resumed(folder)
    assert same(whole[0], folder)


def test_arrays_of_any_kind_come_back_from_a_checkpoint(tmp_path: Path) -> None:
    drawn = np.random.default_rng(3)
    arrays = {
        f"{number}:{dtype}{shape}": (drawn.random(shape) * 100).astype(dtype)
        for number, (dtype, shape) in enumerate(
            (dtype, shape)
            for dtype in ("bool", "uint8", "int8", "float16", "uint32", "int32", "float32", "int64", "float64")
            for shape in ((), (0,), (3,), (2, 0, 5), (2, 3, 5))
        )
    }
    arrays["turned"] = np.arange(12.0).reshape(3, 4).T
    written = Checkpoint(
        Position(3, 5, 1.5, 2, {"factor": 0.5}, {"steps_per_call": 4}), arrays, [arrays["turned"]] * 11
    )
    write_checkpoint(tmp_path, written)
    read = read_checkpoint(tmp_path)
    assert read.position == written.position
    assert read.learner.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(read.learner[name], array, strict=True)
    assert len(read.best) == 11
    np.testing.assert_array_equal(read.best[10], arrays["turned"], strict=True)
