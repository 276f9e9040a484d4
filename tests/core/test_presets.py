"""The presets: found, sound, tidy, and each says what it teaches."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.info import Task
from cnnstudio.core.formats.files import FileError, file_name, read_experiment, write_experiment
from cnnstudio.core.formats.own_presets import save_preset
from cnnstudio.core.formats.presets import DEFAULT_PRESET, preset, presets
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment

IDS = (
    "all-conv-gap", "autoencoder", "deep-cnn", "dilated-context", "inception-style", "lenet-5", "mobile-style",
    "resnet-style", "shape-detector", "shape-tags", "signal-cnn", "signal-denoiser", "signal-tcn", "u-net",
    "vgg-style",
)  # fmt: skip
FOLDER = Path(__file__).resolve().parent.parent.parent / "presets"

METRICS = {
    Task.CLASSIFICATION: "accuracy", Task.MULTILABEL: "f1", Task.SEGMENTATION: "mean_iou",
    Task.RECONSTRUCTION: "psnr", Task.DETECTION: "map_50",
}  # fmt: skip
"""What a network of each task is judged by."""

each_preset = pytest.mark.parametrize("id", IDS)


def shipped(id: str) -> Experiment:
    found = preset(id)
    assert found.experiment is not None, found.error
    return found.experiment


def test_all_are_found_by_one_function() -> None:
    assert tuple(p.id for p in presets()) == IDS
    assert not any(p.user for p in presets())


def test_the_window_opens_on_lenet() -> None:
    assert DEFAULT_PRESET == "lenet-5"
    assert shipped(DEFAULT_PRESET).name == "LeNet on digits"


def test_names_tell_them_apart() -> None:
    assert len({shipped(id).name for id in IDS}) == len(IDS)


@each_preset
def test_lint_has_nothing_to_say(id: str) -> None:
    experiment = shipped(id)
    found = lint(trace(experiment.architecture, experiment.data.info()))
    assert [str(d) for d in found] == []


@each_preset
def test_the_file_is_as_the_studio_would_write_it(id: str) -> None:
    text = (FOLDER / f"{id}.json").read_text(encoding="utf-8")
    assert write_experiment(read_experiment(text, id)) == text


@each_preset
def test_no_cards_overlap(id: str) -> None:
    places = [b.position for b in shipped(id).architecture.blocks.values()]
    for (ax, ay), (bx, by) in itertools.combinations(places, 2):
        assert abs(ax - bx) >= CARD_WIDTH or abs(ay - by) >= CARD_HEIGHT


@each_preset
def test_the_description_teaches_and_names_its_source(id: str) -> None:
    experiment = shipped(id)
    sentences = re.findall(r"[.](?:\s|$)", experiment.description)
    assert 2 <= len(sentences) <= 4
    assert "!" not in experiment.description + experiment.notes
    assert experiment.tags
    assert experiment.papers
    assert all(paper.authors and paper.year in range(1980, 2027) for paper in experiment.papers)
    assert all(paper.link.startswith(("https://arxiv.org/abs/", "https://doi.org/")) for paper in experiment.papers)


@each_preset
def test_it_says_what_it_comes_to_in_metrics_of_its_task(id: str) -> None:
    experiment = shipped(id)
    wanted = METRICS[experiment.data.info().task]
    assert wanted in dict(experiment.expected)
    assert all(0 < value <= 1 or name.startswith("psnr") for name, value in experiment.expected)


def test_every_kind_of_task_and_data_is_there() -> None:
    infos = [shipped(id).data.info() for id in IDS]
    assert {info.task for info in infos} == set(Task)
    assert {len(info.input_shape) for info in infos} == {2, 3}


@pytest.mark.parametrize(
    ("id", "kinds"),
    [
        ("resnet-style", {"Residual"}),
        ("inception-style", {"Inception"}),
        ("dilated-context", {"DilatedPyramid"}),
        ("mobile-style", {"DepthwiseConvolution", "SqueezeExcite"}),
        ("u-net", {"TransposedConvolution", "Concatenate"}),
        ("signal-tcn", {"Residual"}),
        ("all-conv-gap", {"Convolution", "GlobalAveragePooling"}),
    ],
)
def test_each_shows_what_it_is_named_after(id: str, kinds: set[str]) -> None:
    assert kinds <= {b.spec.kind for b in shipped(id).architecture.blocks.values()}


def test_the_temporal_network_never_looks_ahead() -> None:
    experiment = shipped("signal-tcn")
    traced = trace(experiment.architecture, experiment.data.info())
    for step in (s for b in traced.blocks.values() for s in b.steps if s.layer == "Conv1D"):
        kernel, padding = step.config["kernel_size"], step.config["padding"]
        assert kernel == 1 or padding == "causal"


def test_own_presets_follow_the_shipped_ones(home: Path) -> None:
    experiment = shipped("lenet-5")
    mine = read_experiment(write_experiment(experiment).replace("LeNet on digits", "My net"), "mine")
    path = save_preset(mine)
    assert path == home / "presets" / f"{file_name('My net')}.json"
    assert [p.id for p in presets()][-1] == "my-net"
    assert preset("my-net").experiment == mine


def test_an_unknown_preset_answers_with_the_closest() -> None:
    with pytest.raises(FileError, match='Did you mean "lenet-5"'):
        preset("lenet-6")
