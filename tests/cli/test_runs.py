"""Runs on the command line: listed, compared, taken up again, measured and asked, as other programs call the verbs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from cnnstudio.cli import run
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.run_folder import CHECKPOINT, EXPERIMENT, METRICS, RunRecord, read_record, write_record
from cnnstudio.core.formats.run_notes import RunNotes, write_notes
from cnnstudio.core.formats.storage import runs_folder
from tests.engine.conftest import chain, small
from tests.helpers import own_data
from tests.helpers.event_files import scalars
from tests.helpers.finished_runs import finished_run

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment


CONVOLUTION = ("convolution_1", "Convolution", {"filters": 3})


def said(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one call."""
    code = run([str(word) for word in argv])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of digits, made once; tests take copies."""
    place = tmp_path_factory.mktemp("made") / "run"
    finished_run(place, small())
    return place


@pytest.fixture
def two(made: Path, home: Path) -> tuple[str, str]:
    """Names of two runs among the person's: the later one learned faster, did better and has notes."""
    names = "2026-03-01-090000-small", "2026-03-02-090000-small"
    for name, rate, accuracy in zip(names, (0.01, 0.03), (0.75, 0.875), strict=True):
        folder = runs_folder() / name
        shutil.copytree(made, folder)
        text = (folder / EXPERIMENT).read_text(encoding="utf-8")
        (folder / EXPERIMENT).write_text(text.replace('"learning_rate": 0.01', f'"learning_rate": {rate}'), "utf-8")
        changed(folder, started=f"{name[:10]}T09:00:00+00:00", test={"loss": 0.25, "accuracy": accuracy})
    write_notes(runs_folder() / names[1], RunNotes("Faster", ("good", "digits"), "Three times the rate."))
    return names


def changed(folder: Path, **values: Any) -> RunRecord:
    """Change the record of a run."""
    record = msgspec.structs.replace(read_record(folder), **values)
    write_record(folder, record)
    return record


# Listed


def test_runs_are_listed_the_newest_first(two: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "runs")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 4
    assert lines[2].split()[:4] == [two[1], "Faster", "finished", "1/1"]
    assert "accuracy 87.5 %" in lines[2]
    assert lines[2].endswith("cpu     digits, good  learning rate 0.01 → 0.03")
    assert lines[3].startswith(two[0])
    assert "accuracy 75.0 %" in lines[3]


def test_runs_as_json_say_all_that_is_kept(two: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    changed(runs_folder() / two[0], status="RUNNING", pid=2**22 + 1, test={"loss": None})
    newest, oldest = json.loads(said(capsys, "runs", "--json")[1])
    assert (newest["id"], newest["title"], newest["experiment"]) == (two[1], "Faster", "Small")
    assert (newest["tags"], newest["note"]) == (["digits", "good"], "Three times the rate.")
    assert newest["run"] == str(runs_folder() / two[1])
    assert newest["best"] == {"loss": 0.5, "val_loss": 0.75, "val_accuracy": 0.875}
    assert (newest["epochs"], newest["epochs_asked"], newest["best_epoch"]) == (1, 1, 1)
    assert (newest["parent"], newest["changes"]) == (two[0], ["learning rate 0.01 → 0.03"])
    assert (oldest["parent"], oldest["changes"]) == ("", None)
    assert (oldest["state"], oldest["test"]) == ("interrupted", {"loss": None})


def test_no_run_is_no_fault(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "runs")
    assert (code, out) == (0, "")
    assert "There is no run in" in err
    assert said(capsys, "runs", "--json") == (0, "[]\n", "")


def test_a_folder_that_cannot_be_read_does_not_hide_the_others(
    two: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (runs_folder() / two[0] / "state.json").write_text("{", encoding="utf-8")
    code, out, err = said(capsys, "runs")
    assert code == 0
    assert two[1] in out
    assert two[0] not in out
    assert err.startswith("cnnstudio: ")
    assert two[0] in err


@pytest.mark.parametrize("name", ["last", "Faster", "2026-03-02-090000-small", "folder"])
def test_a_run_is_named_in_several_ways(name: str, two: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    text = runs_folder() / two[1] if name == "folder" else name
    found = json.loads(said(capsys, "compare", text, two[0], "--json")[1])
    assert [r["id"] for r in found["runs"]] == [two[1], two[0]]


def test_a_name_that_is_wrong_or_fits_several_is_said(two: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "evaluate", two[0][:-1])
    assert code == 2
    assert f'Did you mean "{two[0]}"' in err
    code, _, err = said(capsys, "evaluate", "Small")
    assert code == 2
    assert '2 runs are called "Small"' in err


# Compared


def test_a_comparison_names_what_differs_and_stars_the_better(
    two: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, "compare", *two)
    assert (code, err) == (0, "")
    rows = {line.partition("  ")[0]: line.split()[-3:] for line in out.splitlines()}
    assert rows["Training: Learning rate"][-2:] == ["0.01", "0.03"]
    (accuracy,) = (line for line in out.splitlines() if line.startswith("Accuracy, test"))
    assert accuracy.split()[-5:] == ["75.0", "%", "*", "87.5", "%"]
    (loss,) = (line for line in out.splitlines() if line.startswith("Loss, test"))
    assert "*" not in loss


def test_a_comparison_as_json(two: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "compare", *two, "--json")[1])
    assert found["differences"] == [{"section": "Training", "what": "Learning rate", "values": ["0.01", "0.03"]}]
    assert [r["test"]["accuracy"] for r in found["runs"]] == [0.75, 0.875]
    same = said(capsys, "compare", two[0], two[0])[1]
    assert same.startswith("The runs have the same design, data and training.\n")
    assert "*" not in same


# Taken up again


@pytest.mark.parametrize(
    ("record", "argv", "code", "sentence"),
    [
        ({}, [], 2, "The run has finished (1 of 1 epochs): say with --more N how many more to train."),
        ({}, ["--more", "1"], 1, "has no checkpoint, so it cannot go on: train it anew."),
        ({"status": "FAILED"}, [], 1, "has no checkpoint, so it cannot go on: train it anew."),
    ],
)
def test_a_run_that_cannot_go_on_says_why(
    record: dict[str, Any], argv: list[str], code: int, sentence: str, two: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    changed(runs_folder() / two[0], **record)
    found, out, err = said(capsys, "resume", two[0], *argv)
    assert (found, out) == (code, "")
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_a_run_goes_on_as_if_it_had_never_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, parts, file = tmp_path / "whole", tmp_path / "parts", tmp_path / "small.json"
    file.write_text(write_experiment(small()), encoding="utf-8")
    train = ("train", file, "--seed", "5", "--json")
    assert said(capsys, *train, "--epochs", "2", "--out", whole)[0] == 0
    assert said(capsys, *train, "--epochs", "1", "--out", parts)[0] == 0
    assert (parts / CHECKPOINT).is_file()
    code, out, err = said(capsys, "resume", parts, "--more", "1", "--json")
    assert (code, err) == (0, "")
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[0] == {"resumed_after": {"epochs": 1, "steps": 20}}
    assert {line["epoch"] for line in lines[1:-1]} == {2}
    assert lines[-1]["run"] == str(parts)
    before, after = (read_record(place) for place in (whole, parts))
    assert (after.status, after.epochs, after.epochs_done) == ("FINISHED", 2, 2)
    assert after.metrics == before.metrics
    assert after.test == before.test
    text = [[line.split(",")[2:] for line in (p / METRICS).read_text().splitlines()] for p in (whole, parts)]
    assert text[0] == text[1]
    for part in ("training", "validation", "test"):
        assert scalars(parts, part) == scalars(whole, part)


# Measured and asked


def test_an_evaluation_is_that_of_the_run(two: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "evaluate", "last", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["part"], found["samples"], found["epoch"]) == ("test", 270, 1)
    assert set(found["metrics"]) == {"loss", "accuracy", "top_3_accuracy", "f1", "auc"}
    confusion = np.array(found["confusion"])
    assert confusion.shape == (10, 10)
    assert np.trace(confusion) / 270 == pytest.approx(found["metrics"]["accuracy"])
    code, out, _ = said(capsys, "evaluate", "last", "--part", "validation", "--weights", "best")
    assert code == 0
    assert out.startswith("270 samples of the validation part, weights of epoch 1\nLoss: ")
    assert "\nOn the validation part\nClass  " in out


def test_digits_are_named_with_their_shares(
    two: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "three.npy", np.random.default_rng(0).random((3, 8, 8), "float32"))
    Image.new("L", (8, 8), 99).save(tmp_path / "grey.png")
    code, out, err = said(capsys, "predict", "last", tmp_path / "three.npy", tmp_path / "grey.png", "--json")
    assert (code, err) == (0, "")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [(Path(a["file"]).name, a["index"]) for a in answers] == [
        ("three.npy", 0), ("three.npy", 1), ("three.npy", 2), ("grey.png", None)
    ]  # fmt: skip
    for answer in answers:
        assert sum(answer["classes"].values()) == pytest.approx(1, abs=1e-4)
        assert answer["answer"] == max(answer["classes"], key=answer["classes"].__getitem__)
    code, out, _ = said(capsys, "predict", "last", tmp_path)
    assert code == 0
    assert out.splitlines()[0].startswith(f"{tmp_path / 'grey.png'}: {answers[3]['answer']} (")


def test_a_file_that_cannot_be_used_does_not_keep_the_others(
    two: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("L", (9, 9)).save(tmp_path / "larger.png")
    (tmp_path / "torn.png").write_bytes(b"\x89PNG")
    code, out, err = said(capsys, "predict", "last", tmp_path / "torn.png", "nowhere.png", tmp_path / "larger.png")
    assert code == 1
    assert len(out.splitlines()) == 1
    first, second, warning = err.splitlines()
    assert first.startswith(f'cnnstudio: "{tmp_path / "torn.png"}" cannot be read: truncated or damaged')
    assert second.startswith('cnnstudio: "nowhere.png" is not there')
    assert warning.startswith("Warning: 1 sample has another size than 8 × 8, which all had in training")
    empty = tmp_path / "empty"
    empty.mkdir()
    code, out, err = said(capsys, "predict", "last", empty)
    assert (code, out) == (2, "")
    assert "holds no file that the network can take: their names end in .bmp, " in err


def on(place: Path, name: str, *blocks: tuple[str, str, dict[str, Any]]) -> Experiment:
    """Keep a finished run on the data that lie there."""
    from cnnstudio.engine.scan import recognise, scan, unheard

    experiment = chain(scan(recognise(str(place), unheard)).source, *blocks, batch_size=16)
    finished_run(runs_folder() / name, experiment)
    return experiment


def test_boxes_are_told_in_pixels_and_written(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = own_data.yolo(tmp_path / "data", 12)
    on(place, "boxes", CONVOLUTION)
    picture = sorted(place.rglob("*.png"))[0]
    out = tmp_path / "out"
    code, said_out, _ = said(capsys, "predict", "last", picture, "--least", "0", "--out", out, "--json")
    assert code == 0
    (found,) = map(json.loads, said_out.splitlines())
    assert found["boxes"]
    assert all(0 <= b["left"] <= b["right"] <= own_data.SIDE and b["class"] in own_data.CLASSES for b in found["boxes"])
    lines = (out / f"{picture.stem}.txt").read_text(encoding="utf-8").splitlines()
    assert (found["written"], len(lines)) == (str(out / f"{picture.stem}.txt"), len(found["boxes"]))
    code, said_out, _ = said(capsys, "predict", "last", picture, "--least", "1")
    assert (code, said_out) == (0, f"{picture}: nothing found\n")


def test_masks_are_told_by_their_areas_and_written(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = own_data.image_masks(tmp_path / "data", 12)
    experiment = on(place, "masks", CONVOLUTION)
    picture = sorted((place / "images").rglob("*.png"))[0]
    code, out, _ = said(capsys, "predict", "last", picture, "--out", tmp_path / "out", "--json")
    assert code == 0
    found = json.loads(out)
    assert set(found["classes"]) <= set(experiment.data.info().class_names)
    assert sum(found["classes"].values()) == pytest.approx(1)
    with Image.open(found["written"]) as mask, Image.open(picture) as image:
        assert mask.size == image.size
    code, out, err = said(capsys, "predict", "last", picture, "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert "is there already: name another folder for --out" in err


def test_a_run_whose_data_are_gone_is_not_measured(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = own_data.image_folder(tmp_path / "data", 6)
    on(place, "gone", ("flatten_1", "Flatten", {}))
    picture = tmp_path / "kept.png"
    shutil.copy(next(place.rglob("*.png")), picture)
    shutil.rmtree(place)
    code, out, err = said(capsys, "evaluate", "last")
    assert (code, out) == (1, "")
    assert "The data are not there any more" in err
    code, out, _ = said(capsys, "predict", "last", picture)
    assert code == 0
    assert out.startswith(f"{picture}: ")


def test_a_run_is_exported_by_name(two: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "export", "Faster", "--format", "keras", "--out", tmp_path / "m.keras")
    assert code == 0
    assert "agree on 100.00%" in out
