"""Experiment files: strict reading, exact round trips, and no mutation that gets past our own error."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import MAX_BLOCKS, Architecture, Block, Group
from cnnstudio.core.catalogue import catalogue
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.files import (
    MAX_BYTES,
    FileError,
    file_name,
    load_experiment,
    read_experiment,
    save_experiment,
    write_experiment,
)
from cnnstudio.core.formats.own_presets import save_preset
from cnnstudio.core.formats.presets import preset, presets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """All shipped presets as text."""
    return [p.path.read_text(encoding="utf-8") for p in presets() if not p.user]


def lenet() -> Experiment:
    """The default preset."""
    experiment = preset("lenet-5").experiment
    assert experiment is not None
    return experiment


def refusal(text: str | bytes) -> str:
    """The sentence with which a text is refused."""
    with pytest.raises(FileError) as caught:
        read_experiment(text, "a.json")
    sentence = str(caught.value)
    assert sentence.startswith("a.json")
    assert sentence.endswith((".", "?"))
    return sentence


def test_every_block_with_every_default_survives_a_round_trip() -> None:
    experiment = lenet()
    for kind, spec in catalogue().items():
        if kind in ("Input", "Output"):
            continue
        from_file = read_experiment(write_experiment(experiment), "a.json")
        assert from_file == experiment
        block = next(b for b in experiment.architecture.blocks.values() if b.id != "input")
        changed = block.__class__("extra", spec(), (), (1.5, -2.0))
        grown = Experiment(architecture=experiment.architecture.with_blocks(changed))
        assert read_experiment(write_experiment(grown), "a.json") == grown


def test_writing_is_canonical(texts: list[str]) -> None:
    """Shipped files are exactly what the studio would write, so a save without an edit changes nothing."""
    for text in texts:
        assert write_experiment(read_experiment(text, "a.json")) == text


def _edit(change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(write_experiment(lenet()))
    change(document)
    return json.dumps(document)


FAULTS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda d: d.update(format="cnnstudio-experiment 2.0"), "newer CNN Studio"),
    (lambda d: d.update(format="cnnstudio-experiment 0.9"), "unknown format version 0.9"),
    (lambda d: d.update(format="something"), "is not an experiment"),
    (lambda d: d.update(nam="x"), 'unknown entry "nam". Did you mean "name"'),
    (lambda d: d.pop("training"), 'lacks the entry "training"'),
    (lambda d: d["training"].update(batch_size=0), "Batch size must be a whole number from 1 to 65,536, not 0"),
    (lambda d: d["training"].update(optimizer="adm"), 'adafactor, ftrl, schedule-free, not "adm"'),
    (lambda d: d["training"].update(epochs=True), "must be a whole number from 1 to 100,000, not True"),
    (lambda d: d["data"]["source"].update(kind="Digit"), 'Did you mean "Digits"'),
    (lambda d: d["data"]["parameters"].update(validation=0.7, test=0.7), "must leave at least 0.1 for training"),
    (lambda d: d["architecture"]["blocks"].pop(0), "lacks its Input block"),
    (lambda d: d["architecture"]["blocks"][1].update(kind="Convolutoin"), 'Did you mean "Convolution"'),
    (lambda d: d["architecture"]["blocks"][1].update(id="Bad id"), "an id has lower-case letters"),
    (lambda d: d["architecture"]["blocks"][1].update(id="output"), "stands twice"),
    (lambda d: d["architecture"]["blocks"][1].update(inputs=["inptu"]), 'Did you mean "input"'),
    (lambda d: d["architecture"]["blocks"][1].update(inputs=["output"]), "Output ends the network"),
    (lambda d: d["architecture"]["blocks"][1].update(inputs=["input", "input"]), "reads one block twice"),
    (lambda d: d["architecture"]["blocks"][1].update(position=[1e300, 0]), "within 10,000,000 of the origin"),
    (lambda d: d["architecture"]["blocks"][1].update(position=["x", 0]), "blocks[1].position"),
    (lambda d: d["architecture"]["blocks"][1].update(parameters={"filtrs": 3}), 'Did you mean "filters"'),
    (lambda d: d["architecture"]["blocks"][1].update(parameters={"filters": 2.5}), "must be a whole number"),
    (lambda d: d["architecture"].update(blocks={}), "expected array"),
]


@pytest.mark.parametrize(("change", "words"), FAULTS)
def test_faults_are_named_with_place_rule_and_value(change: Callable[[dict[str, Any]], object], words: str) -> None:
    assert words in refusal(_edit(change))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe{}", "byte 0 is not UTF-8"),
        ("[1, 2]", "is not an experiment"),
        ("null", "is not an experiment"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": 1e999}', "too large"),
        ('{"a": ' + "9" * 5000 + "}", "too large"),
        ('{"a": [1, ' + "9" * 19 + "]}", "too large"),
        ('{"a": -' + "9" * 18 + "}", "too large"),
        ('{"a": [' + "9" * 18 + "]}", '"format" must read'),
        ('{"a": 1, "a": 2}', "stands twice"),
        ("[" * 100_000, "16 levels"),
        ('{"a":' * 20 + "1" + "}" * 20, "16 levels"),
        (b" " * (MAX_BYTES + 1), "4,194,304 bytes"),
    ],
)
def test_texts_that_are_no_experiments(text: str | bytes, words: str) -> None:
    assert words in refusal(text)


def test_a_value_out_of_bounds_opens_and_is_marked_on_its_block() -> None:
    """The person sees and mends it there; a file is no place to lose a design."""
    experiment = read_experiment(_edit(lambda d: d["architecture"]["blocks"][1]["parameters"].update(filters=0)), "a")
    found = lint(trace(experiment.architecture, experiment.data.info()))
    assert any(d.parameter == "filters" and d.severity == "error" for d in found)


def test_a_cycle_opens_and_is_named() -> None:
    def bite(document: dict[str, Any]) -> None:
        blocks = document["architecture"]["blocks"]
        chain = [b for b in blocks if b["kind"] not in ("Input", "Output")]
        chain[0]["inputs"] = [chain[1]["id"]]

    experiment = read_experiment(_edit(bite), "a.json")
    found = lint(trace(experiment.architecture, experiment.data.info()))
    assert any("depends on its own result" in d.message for d in found)


@given(st.text(max_size=300))
def test_any_name_gives_a_safe_file_name(name: str) -> None:
    stem = file_name(name)
    assert stem
    assert len(stem) <= 82
    assert not set(stem) & set('/\\:*?"<>|. \0')
    assert stem not in {"con", "nul", "aux", "prn", "com1", "lpt9"}


def test_loading_names_what_stands_in_the_way(tmp_path: Path) -> None:
    for path, words in [(tmp_path / "none.json", "cannot be read"), (tmp_path, "is not a file")]:
        with pytest.raises(FileError, match=words):
            load_experiment(path)
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    with pytest.raises(FileError, match="is not a file"):
        load_experiment(pipe)


def test_saving_and_loading(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "exp.json"
    save_experiment(path, lenet())
    assert load_experiment(path) == lenet()


def test_own_presets_stand_beside_the_shipped_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path))
    base = lenet()
    mine = Experiment("My net", "", (), base.architecture, base.data, base.training)
    path = save_preset(mine)
    assert path.name == "my-net.json"
    assert preset("my-net").experiment == mine
    with pytest.raises(FileError, match="already"):
        save_preset(mine)
    save_preset(mine, replace=True)
    shipped = Experiment("Lenet 5", "", (), base.architecture, base.data, base.training)
    with pytest.raises(FileError, match="shipped preset"):
        save_preset(shipped, replace=True)
    with pytest.raises(FileError, match='Did you mean "lenet-5"'):
        preset("lenet5")


def test_a_broken_preset_is_listed_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path))
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "broken.json").write_text("{")
    broken = preset("broken")
    assert broken.experiment is None
    assert "not JSON" in broken.error


def test_a_text_without_an_end_is_refused_at_once() -> None:
    """Each of its quotes might begin another text; looked for from every one of them, this took hours."""
    started = time.perf_counter()
    assert "is not JSON" in refusal('{"a": "' + '\\"' * 500_000)
    assert time.perf_counter() - started < 5


def test_a_design_of_as_many_blocks_as_there_may_be_can_be_saved() -> None:
    """Also of kinds with many parameters, with long ids and with weights from a file."""
    spec = catalogue()["SeparableConvolution"]()
    long = [f"a_long_name_for_a_block_of_a_network_{n}" for n in range(MAX_BLOCKS - 1)]
    blocks = [Block(id, spec, ("input",), (1234.0, 567890.0), weights_from=f"0123456789ab/{id}") for id in long]
    group = Group("all_of_them", "All", frozenset(long))
    architecture = Architecture.of([Block("input", catalogue()["Input"]()), *blocks], [group])
    written = write_experiment(Experiment(architecture=architecture))
    assert len(written.encode()) < MAX_BYTES


def test_only_what_can_follow_is_said_to_follow() -> None:
    chosen = preset("lenet-5").experiment
    assert chosen is not None
    plain = json.loads(write_experiment(chosen))
    block = next(b for b in plain["architecture"]["blocks"] if b["kind"] == "Convolution")
    for name, words in (
        ("kernel_size", "which cannot follow. Known: filters."),
        ("filtres", 'Did you mean "filters"?'),
    ):
        block["follows"] = [name]
        assert f'follows names "{name}", which' in (said := refusal(json.dumps(plain)))
        assert said.endswith(words)
    plain["architecture"]["blocks"][0]["follows"] = ["shape"]
    assert refusal(json.dumps(plain)).endswith('follows names "shape", which cannot follow. Leave it out.')
