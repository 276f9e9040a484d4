"""One experiment file of each version that the studio has written: all of them still open and mean what they meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.declare import to_plain
from cnnstudio.core.formats.files import FORMAT, MAJOR, MINOR, load_experiment, read_experiment, write_experiment

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = [f"{MAJOR}.{minor}" for minor in range(MINOR + 1)]
PARAMETERS = {"1.0": 42_890, "1.1": 106_340, "1.2": 106_340, "1.3": 145_079, "1.4": 118_052}
"""Of the network that each file describes: what a migration must not change."""

each_version = pytest.mark.parametrize("version", VERSIONS)


def text_of(version: str) -> str:
    return (GOLDEN / f"experiment-{version}.json").read_text(encoding="utf-8")


def kept(given: Any, now: Any) -> bool:
    """Whether everything that a file says still stands, with whatever has been added since."""
    if isinstance(given, dict):
        return isinstance(now, dict) and all(key in now and kept(value, now[key]) for key, value in given.items())
    if isinstance(given, list):
        return isinstance(now, list) and len(given) == len(now) and all(map(kept, given, now))
    return bool(given == now)


def test_there_is_one_of_each_version_and_of_no_other() -> None:
    assert sorted(path.stem.removeprefix("experiment-") for path in GOLDEN.glob("*.json")) == VERSIONS
    assert all(f'"format": "{FORMAT} {version}"' in text_of(version) for version in VERSIONS)


@each_version
def test_it_opens_as_the_network_that_it_was(version: str) -> None:
    experiment = load_experiment(GOLDEN / f"experiment-{version}.json")
    traced = trace(experiment.architecture, experiment.data.info())
    assert traced.params == PARAMETERS[version]
    assert not [d for d in lint(traced) if d.severity is Severity.ERROR]


@each_version
def test_every_block_and_its_values_are_as_they_were(version: str) -> None:
    plain, experiment = json.loads(text_of(version)), read_experiment(text_of(version), version)
    given = plain["architecture"]["blocks"]
    assert [(b["id"], b["kind"], tuple(b["inputs"]), tuple(b["position"])) for b in given] == [
        (b.id, b.spec.kind, b.inputs, b.position) for b in experiment.architecture.blocks.values()
    ]
    for before, after in zip(given, experiment.architecture.blocks.values(), strict=True):
        assert kept(before["parameters"], json.loads(json.dumps(to_plain(after.spec)))), before["id"]


@each_version
def test_saving_it_writes_the_version_of_today_and_loses_nothing(version: str) -> None:
    experiment = read_experiment(text_of(version), version)
    saved = write_experiment(experiment)
    assert read_experiment(saved, "saved") == experiment
    assert f'"{FORMAT} {MAJOR}.{MINOR}"' in saved
    before, after = json.loads(text_of(version)), json.loads(saved)
    for section in ("name", "description", "tags", "architecture"):
        assert kept(before[section], after[section]), section


def test_what_a_version_did_not_know_has_its_default() -> None:
    before = read_experiment(text_of("1.3"), "1.3")
    assert (before.papers, before.expected, before.notes) == ((), (), "")
    now: Experiment = read_experiment(text_of("1.4"), "1.4")
    assert now.papers[0].link == "https://arxiv.org/abs/1505.04597"
    assert dict(now.expected)["mean_iou"] == 0.925
    assert "mirrored" in now.notes
    assert write_experiment(now) == text_of("1.4")
