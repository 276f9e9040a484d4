"""Samples of a person's own: prepared as `cnnstudio predict` prepares them, for every network that is asked."""

from __future__ import annotations

import functools
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.code import preparing
from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.engine.build import build_keras
from cnnstudio.engine.data import DataError, load
from cnnstudio.engine.looking import pinned
from cnnstudio.engine.looking.pinned import Pins, SampleBook
from cnnstudio.engine.looking.previews import design_maps
from cnnstudio.engine.looking.sketch import Sketches
from cnnstudio.engine.using.predicting import Predictor
from cnnstudio.engine.using.trained import open_run
from cnnstudio.wire.messages import (
    PINNED,
    Failed,
    FeatureMaps,
    GetMaps,
    Maps,
    Pinned,
    PinSample,
    RunEnded,
    RunStarted,
    Sample,
    StartRun,
    StopRun,
    UnpinSample,
    Watch,
    WatchFailed,
)
from tests.engine.conftest import chain, small
from tests.engine.test_predicting import experiment_on
from tests.helpers import own_data
from tests.helpers.finished_runs import finished_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.conftest import Peer

TEXT = write_experiment(small())
FLAT: tuple[str, str, dict[str, Any]] = ("flatten_1", "Flatten", {})
RNG = np.random.default_rng(6)


def pin(name: int, experiment: str = TEXT, **given: Any) -> PinSample:
    return PinSample(request=name, pin=name, experiment=experiment, **given)


def seen(recipe: DataRecipe, command: PinSample, directory: str = "") -> np.ndarray:
    """What a network of that recipe sees of the sample."""
    pins = Pins()
    pins.hold(command)
    book = SampleBook(recipe, lambda: load(recipe), pins, directory)
    return book.inputs(Sample(PINNED, command.pin))


CASES: dict[str, tuple[Callable[[Path], Path], str, dict[str, Any]]] = {
    "images, padded and standardised": (
        own_data.image_folder, "*.png",
        {"height": 10, "width": 16, "resize": "pad", "channels": "grey", "normalisation": "standardise"},
    ),
    "signals, cut": (own_data.signal_folder, "*.csv", {"length": 50, "resize": "crop"}),
    "sounds, standardised": (own_data.wav_folder, "*.wav", {"normalisation": "standardise"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_file_is_answered_as_predict_answers_it_and_when_the_data_are_gone(case: str, tmp_path: Path) -> None:
    make, files, preparation = CASES[case]
    place = make(tmp_path / "data")
    experiment, folder = experiment_on(place, FLAT, **preparation), tmp_path / "run"
    finished_run(folder, experiment)
    file = shutil.copy(next(place.rglob(files)), tmp_path)
    (wanted,) = Predictor(open_run(folder)).answers(tmp_path / file)
    part = load(experiment.data).training
    shutil.rmtree(place)
    pins, text = Pins(), write_experiment(experiment)
    pins.hold(pin(4, text, path=str(file), directory=str(folder)))
    answer = design_maps(GetMaps(1, text, "input", Sample(PINNED, 4), str(folder)), Sketches(pins))
    assert answer.prediction is not None
    np.testing.assert_allclose(answer.prediction, wanted.values, atol=1e-6)
    told = pins.answer(pin(4, text, path=str(file), directory=str(folder)))
    assert (told.pin, told.total, told.inputs.shape) == (4, 1, part.shape)
    np.testing.assert_array_equal(told.inputs, answer.input)


def test_values_may_come_without_channels_and_bytes_stand_for_shares() -> None:
    drawn = RNG.integers(0, 256, (8, 8)).astype("uint8")
    found = seen(small().data, pin(1, values=drawn))
    np.testing.assert_allclose(found[0, :, :, 0], drawn / 255, atol=1e-6)
    np.testing.assert_array_equal(found, seen(small().data, pin(1, values=drawn[..., np.newaxis])))
    assert found.dtype == np.float32


def test_one_sample_is_prepared_for_each_network_in_its_own_way() -> None:
    """Two runs side by side may have learned from samples of other sizes and ranges."""
    drawn = RNG.random((16, 16, 1)).astype("float32")
    plain = DataRecipe(source=Digits(), preparation=Preparation(normalisation="standardise"))
    pins = Pins()
    pins.hold(pin(7, values=drawn))
    books = [SampleBook(each, functools.partial(load, each), pins) for each in (small().data, plain)]
    first, second = (book.inputs(Sample(PINNED, 7)) for book in books)
    assert first.shape == second.shape == (1, 8, 8, 1)
    np.testing.assert_array_equal(first[0], preparing.prepared(drawn, (8, 8, 1), "crop"))
    finish = load(plain).training.finish
    np.testing.assert_allclose(finish.undone(second), first, atol=1e-6)
    assert books[0].inputs(Sample(PINNED, 7)) is first, "prepared once"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"values": RNG.random((8, 8, 4))}, "The pinned sample cannot be used: it has 4 channels, but 1 are wanted."),
        ({"values": np.full((8, 8), np.nan)}, "The pinned sample cannot be used: it has values that are no finite"),
        ({"values": np.zeros((0, 8))}, "The pinned sample cannot be used: it is empty."),
        ({"values": RNG.random(8)}, "The pinned sample cannot be used: it is 8, but 8 × 8 × 1 is wanted."),
        ({"path": "/nowhere/at all.png"}, '"/nowhere/at all.png" is not there'),
        ({"path": __file__}, "the network takes images, in files that end in"),
    ],
)
def test_what_cannot_be_used_is_said_and_is_not_held(given: dict[str, Any], says: str) -> None:
    pins, command = Pins(), pin(3, **given)
    pins.hold(command)
    with pytest.raises(DataError) as refused:
        pins.answer(command)
    assert says in str(refused.value)
    with pytest.raises(DataError, match="not pinned any more"):
        SampleBook(small().data, lambda: load(small().data), pins).inputs(Sample(PINNED, 3))


def test_of_a_file_with_several_samples_one_is_taken(tmp_path: Path) -> None:
    several = RNG.random((3, 8, 8)).astype("float32")
    np.save(tmp_path / "three.npy", several)
    pins, command = Pins(), pin(1, path=str(tmp_path / "three.npy"), number=2)
    pins.hold(command)
    told = pins.answer(command)
    assert (told.name, told.total) == ("three.npy", 3)
    np.testing.assert_array_equal(told.inputs[..., 0], several[2])
    beyond = pin(1, path=str(tmp_path / "three.npy"), number=3)
    pins.hold(beyond)
    with pytest.raises(DataError, match="holds samples 0 to 2, not 3"):
        pins.answer(beyond)


def test_a_picture_with_transparency_lies_on_white(tmp_path: Path) -> None:
    """As the scan of a person's own pictures has it: a sticker pasted from the clipboard has no black ground."""
    Image.new("LA", (8, 8), (0, 0)).save(tmp_path / "clear.png")
    np.testing.assert_array_equal(seen(small().data, pin(1, path=str(tmp_path / "clear.png"))), 1.0)


def test_no_more_are_held_than_have_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "_MOST", 3)
    pins = Pins()
    for number in range(5):
        pins.hold(pin(number, values=np.full((8, 8), number / 8, "float32")))
    pins.release(UnpinSample(3))
    pins.release(UnpinSample(99))
    book = SampleBook(small().data, lambda: load(small().data), pins)
    assert [book.inputs(Sample(PINNED, n)).max() for n in (2, 4)] == [0.25, 0.5]
    for gone in (0, 1, 3):
        with pytest.raises(DataError, match="not pinned any more"):
            book.inputs(Sample(PINNED, gone))


def test_maps_bring_what_a_plain_keras_model_predicts_and_none_where_the_output_is_broken() -> None:
    sketches, sample = Sketches(), Sample("validation", 2)
    answer = design_maps(GetMaps(1, TEXT, "convolution_1", sample), sketches)
    sketch = sketches.of(TEXT)
    model = build_keras(trace(small().architecture, small().data.info()).program())
    for layer in model.layers:
        if layer.weights and layer.name in ("convolution_1", "output"):
            layer.set_weights(sketch.weights(layer.name))
    inputs = load(small().data).validation.batch(slice(2, 3))[0]
    assert answer.prediction is not None
    np.testing.assert_allclose(answer.prediction, np.asarray(model.predict_on_batch(inputs))[0], atol=1e-6)
    assert design_maps(GetMaps(2, TEXT, "convolution_1", sample, predict=False), sketches).prediction is None
    broken = chain(Digits(), ("convolution_1", "Convolution", {"filters": 4}),
                   ("wide", "Convolution", {"kernel_size": 0}), FLAT)  # fmt: skip
    early = design_maps(GetMaps(3, write_experiment(broken), "convolution_1", sample), sketches)
    assert (early.prediction, early.maps.shape) == (None, (4, 8, 8))


def test_a_worker_shows_pinned_samples_before_during_and_after_a_run(worker: Peer, tmp_path: Path) -> None:
    first, second = (RNG.random((8, 8)).astype("float32") for _ in range(2))
    own, other = Sample(PINNED, 41), Sample(PINNED, 42)
    worker.send(pin(41, values=first), GetMaps(1, TEXT, "input", own))
    awaited = {Pinned, Maps}  # the one who reads the file and the one who shows it do not wait for each other
    while awaited:
        event = worker.next()
        assert not isinstance(event, Failed), event
        awaited.discard(type(event))
    long = write_experiment(small(epochs=100_000))
    worker.send(
        Watch("input", own, 1000.0, view=1), Watch("output", other, 1000.0, view=2), pin(42, long, values=second),
        StartRun("pins", str(tmp_path / "pins"), long),
    )  # fmt: skip
    worker.until(RunStarted)
    live = worker.until(FeatureMaps, lambda m: m.sample == own and m.step > 0)
    span = live.high[:, None, None] - live.low[:, None, None]
    np.testing.assert_allclose(live.low[:, None, None] + live.maps / 255 * span, first[None], atol=1 / 255)
    assert worker.until(FeatureMaps, lambda m: m.sample == other).block == "output"
    worker.send(Watch("", own, view=1), Watch("", other, view=2), GetMaps(2, long, "input", other))
    np.testing.assert_array_equal(worker.until(Maps, lambda m: m.request == 2).input[..., 0], second)
    worker.send(StopRun("pins"))
    worker.until(RunEnded)
    worker.send(UnpinSample(41), Watch("input", other, view=1), Watch("input", own, view=1))
    assert "not pinned any more" in worker.until(WatchFailed).message
    worker.send(Watch("input", other, view=1))
    assert worker.until(FeatureMaps, lambda m: m.sample == other).block == "input"
    worker.send(pin(43, values=np.zeros((8, 8, 7))), Watch("", own, view=1))
    while not isinstance(refused := worker.next(), Failed):
        assert refused is not None
    assert (refused.request, "7 channels" in refused.message) == (43, True)
