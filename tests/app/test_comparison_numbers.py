"""The numbers of a comparison: smoothing, axes, which lines there are, what they are called, CSV."""

from __future__ import annotations

import csv
import io
import math
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cnnstudio.app.runs.comparison.lines import Against, Choice, Drawing, Line, Part, drawing, labels, result, smoothed
from cnnstudio.app.runs.comparison.numbers import comma_separated
from cnnstudio.app.runs.comparison.readout import readings, words
from cnnstudio.app.runs.comparison.span import NARROWEST, WIDEST, Span
from cnnstudio.core.formats.run_metrics import read_metrics
from cnnstudio.core.metrics import RATE
from tests.helpers.drawn_runs import drawn_run

if TYPE_CHECKING:
    from cnnstudio.core.formats.run_index import RunSummary


def drawing_of(runs: tuple[RunSummary, ...], choice: Choice) -> Drawing:
    measured = {run.folder: read_metrics(run.folder) for run in runs}
    return drawing(runs, measured, {run.folder: slot for slot, run in enumerate(runs)}, choice)


# Smoothing


def test_smoothing_is_the_weighted_mean_that_it_says() -> None:
    numbers = random.Random(1)
    values = [numbers.gauss(0, 1) for _ in range(60)]
    for weight in (0.1, 0.6, 0.99):
        got = smoothed(values, weight)
        for end in (0, 1, 7, 59):
            weights = [weight ** (end - i) for i in range(end + 1)]
            wanted = sum(w * v for w, v in zip(weights, values, strict=False)) / sum(weights)
            assert got[end] == pytest.approx(wanted)


def test_without_smoothing_values_stay_to_the_bit() -> None:
    values = (0.1, 0.2, math.inf, 0.3)
    assert smoothed(values, 0.0) == values


def test_a_gap_stays_a_gap_and_spoils_nothing() -> None:
    got = smoothed([1.0, math.nan, 1.0, math.nan, 1.0], 0.9)
    assert [math.isnan(v) for v in got] == [False, True, False, True, False]
    assert got[4] == pytest.approx(1.0)


# Axes


@pytest.mark.parametrize("log", [False, True])
def test_zooming_keeps_the_value_under_the_mouse(log: bool) -> None:
    span = whole = Span(0.01, 100.0, log)
    for around in (0.0, 0.3, 1.0):
        held = span.at(around)
        nearer = span.zoomed(0.5, around, whole)
        assert nearer.at(around) == pytest.approx(held)
        assert nearer.length == pytest.approx(span.length / 2)
        assert nearer.zoomed(2.0, around, whole).low == pytest.approx(span.low)


@pytest.mark.parametrize("log", [False, True])
def test_shares_and_values_are_each_others_way_back(log: bool) -> None:
    span = Span(0.5, 80.0, log)
    for share in (-0.5, 0.0, 0.25, 1.0, 1.5):
        assert span.share(span.at(share)) == pytest.approx(share)
    assert Span(1.0, 10.0, log=True).at(0.5) == pytest.approx(math.sqrt(10))
    assert math.isnan(Span(1.0, 10.0, log=True).share(0.0))


@pytest.mark.parametrize("log", [False, True])
def test_no_gesture_leads_to_an_axis_that_cannot_be_drawn(log: bool) -> None:
    numbers = random.Random(7)
    whole = Span(1.0, 60.0, log)
    span = whole
    for _ in range(3000):
        gesture = numbers.randrange(4)
        if gesture == 0:
            span = span.zoomed(numbers.choice((1e-3, 0.5, 2.0, 1e3)), numbers.random(), whole)
        elif gesture == 1:
            span = span.moved(numbers.uniform(-3, 3))
        elif gesture == 2:
            span = span.piece(numbers.random(), numbers.random())
        else:
            span = span.zoomed(10.0, 0.5, whole)
        assert math.isfinite(span.low)
        assert math.isfinite(span.high)
        assert span.low < span.high
        assert not log or span.low > 0
    for factor, bound in ((1e-9, NARROWEST), (1e9, WIDEST)):
        assert whole.zoomed(factor, 0.5, whole).length == pytest.approx(bound * whole.length)


def test_all_values_are_in_sight_at_first(tmp_path: Path) -> None:
    runs = (drawn_run(tmp_path / "a", rate=0.002), drawn_run(tmp_path / "b", epochs=9))
    for log_x in (False, True):
        for log_y in (False, True):
            for against in Against:
                choice = Choice("loss", Part.BOTH, against, 0.5, log_x, log_y)
                made = drawing_of(runs, choice)
                x, y = made.whole()
                assert (x.log, y.log) == (log_x, log_y)
                for line in made.lines:
                    assert all(0 <= x.share(v) <= 1 for v in line.x)
                    assert all(0 <= y.share(v) <= 1 for v in (*line.y, *line.measured))


def test_what_is_hidden_makes_room(tmp_path: Path) -> None:
    runs = (drawn_run(tmp_path / "a", epochs=4), drawn_run(tmp_path / "b", epochs=9))
    made = drawing_of(runs, Choice())
    assert made.whole()[0].high == 9
    assert made.whole([runs[1].folder])[0].high == 4
    assert made.whole([run.folder for run in runs])[0].high == 9  # an empty plot keeps its axes


# Lines


def test_each_part_has_its_line_and_a_rate_has_one_alone(tmp_path: Path) -> None:
    run = (drawn_run(tmp_path / "a", epochs=3),)
    measured = read_metrics(run[0].folder)
    for part, validation in ((Part.VALIDATION, [True]), (Part.TRAINING, [False]), (Part.BOTH, [False, True])):
        lines = drawing_of(run, Choice("accuracy", part)).lines
        assert [line.validation for line in lines] == validation
        assert [line.y for line in lines] == [measured.column("accuracy", validation=v) for v in validation]
        (rate,) = drawing_of(run, Choice("learning_rate", part, smoothing=0.9)).lines
        assert rate.y == measured.columns["learning_rate"]  # set, not measured: there is no noise to smooth
    assert drawing_of(run, Choice("no such metric")).lines == ()


def test_time_has_the_unit_that_reads_best(tmp_path: Path) -> None:
    def unit(epochs: int, name: str) -> tuple[str, float]:
        made = drawing_of((drawn_run(tmp_path / name, epochs=epochs),), Choice(against=Against.TIME))
        return made.x_title, made.lines[0].x[-1]

    assert unit(100, "a") == ("Time in seconds", 200.0)
    assert unit(600, "b") == ("Time in minutes", 20.0)
    assert unit(5400, "c") == ("Time in hours", 3.0)


def test_titles_that_runs_share_are_told_apart(tmp_path: Path) -> None:
    start = "2026-11-23T11:00:00+00:00"
    one = drawn_run(tmp_path / "one", epochs=0)
    other = drawn_run(tmp_path / "other", epochs=0, started=start)
    third = drawn_run(tmp_path / "third", epochs=0, started=start)
    alone = drawn_run(tmp_path / "alone", epochs=0, name="U-Net")
    assert labels((one, alone)) == ("LeNet on digits", "U-Net")
    assert len(set(labels((one, other, alone)))) == 3
    assert labels((one, other, alone))[2] == "U-Net"
    assert labels((other, third)) == ("LeNet on digits, other", "LeNet on digits, third")


def test_runs_of_one_title_are_told_apart_by_as_little_of_their_start_as_does(tmp_path: Path) -> None:
    def named(name: str, started: str) -> RunSummary:
        return drawn_run(tmp_path / name, epochs=0, started=f"2026-11-{started}+00:00")

    early, soon = named("early", "23T10:00:05"), named("soon", "23T10:00:40")
    later, other_day = named("later", "23T10:02:00"), named("other", "24T10:00:00")
    for run in (early, soon, later, other_day):
        assert run.started is not None
    assert labels((early, later)) == tuple(f"LeNet on digits, {r.started:%H:%M}" for r in (early, later))
    assert labels((early, soon)) == tuple(f"LeNet on digits, {r.started:%H:%M:%S}" for r in (early, soon))
    assert labels((early, other_day)) == tuple(
        f"LeNet on digits, {r.started:%Y-%m-%d %H:%M}" for r in (early, other_day)
    )


def test_the_value_of_a_run_is_that_of_its_best_epoch() -> None:
    values = (0.5, 0.9, 0.8)
    assert result("accuracy", values, (1, 2, 3), 3) == 0.8
    assert result("accuracy", values, (1, 2, 3), 0) == 0.9, "a run that tells no best epoch: the best of the values"
    assert result("loss", values, (1, 2, 3), 9) == 0.5
    assert result("accuracy", (math.nan, 0.4), (1, 2), 1) == 0.4
    assert result(RATE, values, (1, 2, 3), 1) == 0.8
    assert result("loss", (), (), 1) is None


def test_the_point_nearest_to_a_place_is_found_within_half_a_step() -> None:
    line = Line(Path("a"), "", 0, True, (2.0, 4.0, 6.0), (1.0, 2.0, 3.0), (1.0, 2.0, 3.0))
    assert [line.nearest(x) for x in (0.9, 1.1, 2.9, 3.1, 6.9, 7.1)] == [None, 0, 0, 1, 2, None]


def test_values_are_read_best_first_whatever_best_is(tmp_path: Path) -> None:
    runs = (drawn_run(tmp_path / "slow", name="slow", rate=0.001), drawn_run(tmp_path / "fast", name="fast", rate=0.01))
    loss, accuracy = (drawing_of(runs, Choice(metric)) for metric in ("loss", "accuracy"))
    assert [r.line.label for r in readings(loss, 3.0)] == ["fast", "slow"]
    assert [r.line.label for r in readings(accuracy, 3.0)] == ["fast", "slow"]
    assert [r.line.label for r in readings(loss, 3.0, [runs[1].folder])] == ["slow"]
    assert readings(loss, 99.0) == []
    told = words(accuracy, 3.0, readings(accuracy, 3.0))
    assert told.startswith("Epoch 3. fast: ")
    assert told.count("%") == 2


# CSV


def test_the_file_of_numbers_holds_what_was_measured(tmp_path: Path) -> None:
    odd = 'a "name", with = signs'
    runs = (drawn_run(tmp_path / "a", name=odd, epochs=3), drawn_run(tmp_path / "b", epochs=0))
    short = tmp_path / "c"
    third = drawn_run(short, epochs=1)
    (short / "metrics.csv").write_text("epoch,seconds,loss,val_iou\n1,2.5,nan,0.1\n", encoding="utf-8")
    measured = {run.folder: read_metrics(run.folder) for run in (*runs, third)}
    rows = list(csv.DictReader(io.StringIO(comma_separated((*runs, third), measured))))
    assert [(row["run"], row["epoch"]) for row in rows] == [("a", "1"), ("a", "2"), ("a", "3"), ("c", "1")]
    assert rows[0]["title"] == odd
    assert [float(row["val_loss"]) for row in rows[:3]] == list(measured[runs[0].folder].columns["val_loss"])
    assert (rows[3]["loss"], rows[3]["val_iou"], rows[3]["accuracy"]) == ("", "0.1", "")
    assert rows[0]["val_iou"] == ""
