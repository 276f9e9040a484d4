"""Pictures and maps over the wire: of designs, of learned networks, and of the network while it trains."""

from __future__ import annotations

import dataclasses
import queue
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from cnnstudio.core.architecture import Architecture
from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.edits import SetParameters
from cnnstudio.core.explaining import METHODS
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.timeline import Timeline
from cnnstudio.engine.looking import live, recording, vitals
from cnnstudio.engine.looking.pictures import picture, sample_picture
from cnnstudio.engine.looking.pinned import Pins
from cnnstudio.engine.looking.previews import Painter, Replaced, design_maps, previews
from cnnstudio.engine.looking.probes import quantise
from cnnstudio.engine.looking.sketch import Sketches
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.training import train
from cnnstudio.wire.messages import (
    PINNED,
    EffectiveField,
    Exciting,
    Explain,
    Explained,
    Failed,
    FeatureMaps,
    FindExciting,
    GetEffectiveField,
    GetJudgements,
    GetKernels,
    GetMaps,
    GetPreviews,
    GetShiftResponse,
    Judgements,
    Kernels,
    Maps,
    PinSample,
    Previews,
    RunEnded,
    RunStarted,
    Sample,
    ShiftResponse,
    StartRun,
    StopRun,
    Watch,
    WatchPreviews,
)
from tests.engine.conftest import chain, small
from tests.helpers.weights import weights_of_run

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.running.control import Asked
    from cnnstudio.wire.messages import Event, Setting
    from tests.engine.conftest import Peer

SAMPLE = Sample("validation", 3)
TEXT = write_experiment(small())
EDITED = write_experiment(SetParameters(id="convolution_1", values={"filters": 7})(small()))
LONG = write_experiment(small(epochs=500))


def test_the_pictures_are_those_of_the_maps() -> None:
    sketches = Sketches()
    answer = previews(GetPreviews(7, TEXT, SAMPLE, size=44), sketches, lambda: True)
    assert (answer.request, answer.run) == (7, "")
    sketch = sketches.of(TEXT)
    values = dict(sketch.values(sketch.sample(SAMPLE)))
    assert answer.blocks == tuple(values)
    assert answer.pictures.shape == (len(values), 44, 44)
    for id, shown in zip(answer.blocks, answer.pictures, strict=True):
        expected = sample_picture(values[id], 44) if id == "input" else picture(values[id], 44)
        np.testing.assert_array_equal(shown, expected, err_msg=id)
    maps = design_maps(GetMaps(8, TEXT, "convolution_1", SAMPLE), sketches)
    shown, low, high = quantise(values["convolution_1"])
    assert (maps.request, maps.block, maps.sample, maps.trained) == (8, "convolution_1", SAMPLE, False)
    for found, wanted in ((maps.maps, shown), (maps.low, low), (maps.high, high), (maps.input, values["input"])):
        np.testing.assert_array_equal(found, wanted)


def test_a_size_is_held_to_what_a_card_can_use() -> None:
    sketches = Sketches()
    assert previews(GetPreviews(1, TEXT, SAMPLE, size=100_000), sketches, lambda: True).pictures.shape[-1] == 256
    assert previews(GetPreviews(1, TEXT, SAMPLE, size=-3), sketches, lambda: True).pictures.shape[-1] == 16


def test_the_channels_shown_stay_while_the_weights_move() -> None:
    painter, first, second = Painter(), Sketches().of(TEXT), Sketches().of(write_experiment(small(seed=99)))
    _, before = painter.paint(first, SAMPLE, 44)
    _, after = painter.paint(second, SAMPLE, 44)
    values = dict(second.values(second.sample(SAMPLE)))["max_pooling_1"]
    chosen = painter.paint(first, SAMPLE, 44)[1]
    np.testing.assert_array_equal(before, chosen)
    assert not np.array_equal(before, after)
    assert values.shape[-1] == 4  # all four are shown, so the choice is the same by itself
    np.testing.assert_array_equal(after[list(second.blocks).index("max_pooling_1")], picture(values, 44, (0, 1, 2, 3)))


def test_what_is_not_wanted_any_more_is_given_up() -> None:
    calls = iter([True, True, False])
    with pytest.raises(Replaced):
        previews(GetPreviews(1, TEXT, SAMPLE), Sketches(), lambda: next(calls))


def varied() -> Experiment:
    """Small, with dropout, statistics of batches, and samples that are varied."""
    made = chain(
        Digits(),
        ("convolution_1", "Convolution", {"filters": 4}),
        ("batch_normalisation_1", "BatchNormalisation", {}),
        ("max_pooling_1", "MaxPooling", {}),
        ("dropout_1", "Dropout", {"rate": 0.2}),
        ("flatten_1", "Flatten", {}),
    )
    augmentation = dataclasses.replace(made.data.augmentation, brightness=0.2)
    return dataclasses.replace(made, data=dataclasses.replace(made.data, augmentation=augmentation))


def questions(text: str) -> Asked:
    """One of each kind, and an explanation by each method."""
    asked: Asked = queue.SimpleQueue()
    asked.put(GetMaps(70, text, "dropout_1", SAMPLE))
    asked.put(GetEffectiveField(71, text, "convolution_1", (2, 2), SAMPLE))
    for request, method in enumerate(METHODS, 72):
        settings: dict[str, Setting] = {"steps": 8} if method == "activation-maximisation" else {}
        told = Explain(request=request, experiment=text, method=method, sample=SAMPLE, settings=settings)
        asked.put(msgspec.structs.replace(told, block="convolution_1", channel=1))
    asked.put(GetKernels(request=80, experiment=text, block="convolution_1"))
    asked.put(FindExciting(request=81, experiment=text, block="convolution_1", channel=1))
    asked.put(GetShiftResponse(request=82, experiment=text, sample=SAMPLE, most=2))
    asked.put(GetJudgements(request=83, experiment=text))
    return asked


def silent(*given: object, **named: object) -> None:
    """As a recorder that keeps nothing."""


def test_a_run_that_is_watched_learns_the_same_to_the_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at, recorded and asked all that can be asked, with everything in it that is drawn by chance or counts."""
    monkeypatch.setattr(recording, "CREDIT_SECONDS", 60.0)
    monkeypatch.setattr(vitals, "_CREDIT_SECONDS", 60.0)
    monkeypatch.setattr(live, "_SHARE_OF_QUESTIONS", 1e9)
    monkeypatch.setattr(live, "_COMPILE_AFTER_SECONDS", 0.0)
    experiment = varied()
    text = write_experiment(experiment)
    events: list[Event] = []
    pins, asked = Pins(), questions(text)
    pins.hold(PinSample(request=0, pin=1, experiment=text, values=np.ones((8, 8, 1), "float32")))
    watches = (Watch("convolution_1", SAMPLE, 1e9), Watch("output", Sample(PINNED, 1), 1e9, 1))
    kept = (SAMPLE, Sample(PINNED, 1))
    control = Control(watches, WatchPreviews(SAMPLE, 1e9, 44), asked, pins=pins, kept=kept)
    train(experiment, tmp_path / "watched", events.append, control)
    quiet: list[Event] = []
    monkeypatch.setattr(recording.Recorder, "look", silent)
    train(experiment, tmp_path / "alone", quiet.append, Control())
    assert not Timeline.open(tmp_path / "alone").moments
    assert not [e.message for e in events if isinstance(e, Failed)]
    assert asked.empty()
    assert {type(e) for e in events} >= {Explained, Judgements, Kernels, Exciting, ShiftResponse, FeatureMaps, Maps}
    over = next(i for i, e in enumerate(events) if isinstance(e, RunEnded))
    assert any(isinstance(e, Explained) for e in events[:over]), "they are asked in the midst of training"
    moments = Timeline.open(tmp_path / "watched")
    assert any(name.startswith("norm/") for name in moments.names(1))
    assert not any(isinstance(e, Previews | Failed) for e in quiet)
    watched, alone = weights_of_run(tmp_path / "watched"), weights_of_run(tmp_path / "alone")
    assert watched.keys() == alone.keys() >= {"convolution_1", "output"}
    assert all(a.tobytes() == b.tobytes() for name in alone for a, b in zip(watched[name], alone[name], strict=True))
    seen = [e for e in events if isinstance(e, Previews)]
    assert len(seen) >= 2  # before the first step and after the last, if nothing else
    assert all((e.request, e.run) == (0, "watched") for e in seen)
    started = next(i for i, e in enumerate(events) if isinstance(e, RunStarted))
    untrained = previews(GetPreviews(1, text, SAMPLE, size=44), Sketches(), lambda: True)
    assert events.index(seen[0]) > started
    for found, wanted in (
        (seen[0], untrained),
        (seen[-1], previews(GetPreviews(1, text, SAMPLE, str(tmp_path / "watched"), 44), Sketches(), lambda: True)),
    ):
        assert found.blocks == wanted.blocks
        gap = np.abs(found.pictures.astype(int) - wanted.pictures.astype(int))
        assert gap.max() <= 1  # rounding to a level
    assert not np.array_equal(seen[0].pictures, seen[-1].pictures)


def test_pictures_keep_within_their_share(tmp_path: Path) -> None:
    events: list[Event] = []
    train(small(), tmp_path / "run", events.append, Control((), WatchPreviews(SAMPLE, 0.001, 44)))
    assert sum(isinstance(e, Previews) for e in events) == 2  # the forced ones


def test_a_sample_that_is_not_there_is_said_once(tmp_path: Path) -> None:
    events: list[Event] = []
    control = Control((), WatchPreviews(Sample("validation", 9999), 1e9))
    train(small(), tmp_path / "run", events.append, control)
    (said,) = [e.message for e in events if isinstance(e, Failed)]
    assert said.startswith("The validation part has samples 0 to")
    assert isinstance(events[-1], RunEnded)


def test_the_worker_answers_between_runs(worker: Peer, tmp_path: Path) -> None:
    worker.send(GetPreviews(1, TEXT, SAMPLE, size=44))
    untrained = worker.until(Previews, lambda e: e.request == 1)
    worker.send(StartRun("r1", str(tmp_path / "r1"), TEXT))
    worker.until(RunEnded)
    worker.send(GetPreviews(2, TEXT, SAMPLE, str(tmp_path / "r1"), 44), GetMaps(3, TEXT, "output", SAMPLE))
    learned, maps = worker.until(Previews, lambda e: e.request == 2), worker.until(Maps)
    assert (untrained.run, learned.run) == ("", "r1")
    assert not np.array_equal(untrained.pictures, learned.pictures)
    assert (maps.request, maps.trained) == (3, False)
    worker.send(GetMaps(4, TEXT, "output", SAMPLE, str(tmp_path / "r1")), GetMaps(5, TEXT, "nothing", SAMPLE))
    assert worker.until(Maps).trained
    assert '"nothing" has no maps' in worker.until(Failed).message
    worker.send(GetPreviews(6, "{", SAMPLE))
    assert worker.until(Failed).request == 6


def test_of_many_designs_in_a_row_only_the_last_is_drawn(worker: Peer) -> None:
    worker.send(*[GetPreviews(n, EDITED, SAMPLE, size=44) for n in range(10, 30)])
    answers: dict[int, Event] = {}
    while 29 not in answers:
        event = worker.next()
        if isinstance(event, Previews | Failed):
            answers[event.request] = event
    assert isinstance(answers[29], Previews)
    assert set(answers) == set(range(10, 30))  # each gets its answer
    assert sum(isinstance(answer, Previews) for answer in answers.values()) <= 2  # the first may have begun


def test_while_a_run_goes_on_its_own_design_is_answered_and_no_other(worker: Peer, tmp_path: Path) -> None:
    same = dataclasses.replace(small(epochs=500), name="Moved")
    blocks = [b.at(b.position[0] + 40, b.position[1]) for b in same.architecture.blocks.values()]
    moved = write_experiment(dataclasses.replace(same, architecture=Architecture.of(blocks)))
    worker.send(
        StartRun("r2", str(tmp_path / "r2"), LONG),
        GetPreviews(40, moved, SAMPLE, size=44),
        GetMaps(41, moved, "convolution_1", SAMPLE),
        GetMaps(42, EDITED, "convolution_1", SAMPLE),
        WatchPreviews(SAMPLE, 50.0, 44),
        Watch("convolution_1", SAMPLE, 50.0),
    )
    shown, maps = worker.until(Previews, lambda e: e.request == 40), worker.until(Maps)
    assert shown.run == "r2"
    assert (maps.request, maps.trained, maps.maps.shape[0]) == (41, True, 4)
    refused = worker.until(Failed)
    assert refused.request == 42
    assert "its network is another one" in refused.message
    assert worker.until(Previews).request == 0
    worker.until(FeatureMaps)
    worker.send(WatchPreviews(SAMPLE, 0.0), Watch("", SAMPLE), StopRun("r2"))
    assert worker.until(RunEnded).outcome == "stopped"


def test_a_question_that_comes_before_a_run_does_not_hold_it_up(worker: Peer, tmp_path: Path) -> None:
    worker.send(GetPreviews(50, EDITED, SAMPLE), StartRun("r3", str(tmp_path / "r3"), TEXT))
    answers: list[Event] = []
    while not any(isinstance(e, RunEnded) for e in answers):
        event = worker.next()
        assert event is not None
        answers.append(event)
    first = next(e for e in answers if isinstance(e, Previews | Failed))
    assert first.request == 50
    assert answers.index(first) < next(i for i, e in enumerate(answers) if isinstance(e, RunEnded))


def test_a_run_does_not_wait_for_questions_about_a_large_design(worker: Peer, tmp_path: Path) -> None:
    """Building a network of hundreds of layers takes seconds; Train stops that at the next layer."""
    curves = [(f"curve_{n}", "Convolution", {"filters": 4, "padding": "same"}) for n in range(400)]
    design = chain(Digits(), *curves, ("pool", "GlobalAveragePooling", {}))
    large = write_experiment(design)
    worker.send(GetMaps(60, large, "curve_399", SAMPLE), GetEffectiveField(61, large, "curve_399", (0, 0), SAMPLE))
    worker.send(GetPreviews(62, large, SAMPLE, size=44), StartRun("r6", str(tmp_path / "r6"), LONG))
    before: list[Event | None] = []
    while not isinstance(event := worker.next(), RunStarted):
        before.append(event)
    assert not any(isinstance(e, Maps | EffectiveField | Previews) for e in before)
    answers: dict[int, str] = {}
    while len(answers) < 2:
        event = worker.next()
        assert not isinstance(event, Maps | EffectiveField), "a run answers for its own network"
        if isinstance(event, Failed) and event.request in (60, 61):
            answers[event.request] = event.message
    assert all("its network is another one" in said for said in answers.values())
    worker.send(StopRun("r6"))
    assert worker.until(RunEnded).outcome == "stopped"
