"""The kinds of files that the studio reads: how a sound one comes about, and all that the studio does to read it."""

from __future__ import annotations

import argparse
import contextlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.app import recovery
from cnnstudio.app.inspect.probes.pin import as_npy, of_npy
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.runs.columns import COLUMNS, Cells
from cnnstudio.app.runs.facts import facts, headline, said
from cnnstudio.cli import presets as presets_verb
from cnnstudio.cli import runs as runs_verb
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.edits import PasteBlocks
from cnnstudio.core.exporting import Wish
from cnnstudio.core.formats.faults import showable
from cnnstudio.core.formats.files import load_experiment, read_experiment, read_whole, write_experiment
from cnnstudio.core.formats.fragment import Fragment, read_fragment, write_fragment
from cnnstudio.core.formats.pinned_samples import (
    Kept,
    list_path,
    probes_folder,
    read_probes,
    samples_folder,
    tidy_samples,
    write_probes,
)
from cnnstudio.core.formats.presets import preset, presets
from cnnstudio.core.formats.run_folder import CHECKPOINT, EXPERIMENT, LAST, METRICS, STATE
from cnnstudio.core.formats.run_index import RunIndex, UnreadableRun, parents
from cnnstudio.core.formats.run_metrics import read_metrics
from cnnstudio.core.formats.run_notes import NOTES, RunNotes, read_notes, write_notes
from cnnstudio.core.formats.run_weights import RunWeights
from cnnstudio.core.formats.sidecar import read_sidecar, sidecar_of, sidecar_text
from cnnstudio.core.formats.storage import read_capped, runs_folder
from cnnstudio.core.formats.timeline import Timeline
from cnnstudio.core.formats.user_blocks import save_user_block, user_blocks
from cnnstudio.core.formats.weights_file import WeightsFile, write_weights
from cnnstudio.core.keras_import import read_model_file
from cnnstudio.engine.running.resuming import Checkpoint, Position, read_checkpoint, write_checkpoint
from cnnstudio.engine.scan import heads
from tests.helpers.keras_files import keras_file, learned, run_weights_bytes, small, text
from tests.helpers.run_folders import leave_run
from tests.helpers.timelines import keep_timeline, moments

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.cli.verb import Verb
    from cnnstudio.core.experiment import Experiment


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file. Every folder that is given is the studio's data folder at that moment."""

    name: str
    lay: Callable[[Path], Path]
    """Puts a sound file, and what belongs to it, into the folder; which file is to be damaged."""
    read: Callable[[Path], object]
    """Reads it as the studio does; raises what the studio would tell the person."""
    is_json: bool = True
    takes_any_thing: bool = True
    """Whether a pipe or a device in its place is left where it is."""


def _experiment(id: str) -> Experiment:
    found = preset(id).experiment
    assert found is not None
    return found


def _looked_at(experiment: Experiment) -> None:
    """As the window does with what it opens, and as saving it again would."""
    lint(trace(experiment.architecture, experiment.data.info()))
    written = write_experiment(experiment)
    assert read_experiment(written.encode(), "the file as it was written") == experiment


def _lay_experiment(id: str) -> Callable[[Path], Path]:
    def lay(folder: Path) -> Path:
        path = folder / "it.json"
        path.write_text(write_experiment(_experiment(id)), encoding="utf-8")
        return path

    return lay


def _read_experiment(folder: Path) -> None:
    _looked_at(load_experiment(folder / "it.json"))


def _lay_preset(folder: Path) -> Path:
    (folder / "presets").mkdir()
    path = folder / "presets" / "mine.json"
    path.write_text(write_experiment(_experiment("resnet-style")), encoding="utf-8")
    return path


def _read_presets(folder: Path) -> None:
    for found in presets():
        assert (found.experiment is None) == bool(found.error)
    _printed(presets_verb.VERB, "--json")
    _printed(presets_verb.VERB)
    load_experiment(folder / "presets" / "mine.json")


def _printed(verb: Verb, *arguments: str) -> None:
    """What a verb of the command line prints can be printed."""
    parser = argparse.ArgumentParser()
    verb.arguments(parser)
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        verb.run(parser.parse_args(arguments))
    shown = out.getvalue()
    assert "\x1b" not in shown
    shown.encode("utf-8", "backslashreplace")


def _fragment() -> Fragment:
    architecture = _experiment("lenet-5").architecture
    return Fragment.of(architecture, architecture.blocks)


def _lay_blocks(folder: Path) -> Path:
    path = folder / "clipboard.json"
    path.write_text(write_fragment(_fragment()), encoding="utf-8")
    return path


def _paste(folder: Path) -> None:
    """From the clipboard; here it is a file. What stood there is untouched."""
    target = _experiment("lenet-5").architecture
    path = folder / "clipboard.json"
    try:
        data = read_capped(path, 1 << 23)
    except OSError:  # nothing that a clipboard could hold
        return
    pasted = PasteBlocks(fragment=read_fragment(data, "The clipboard")).change(target)
    assert {id: pasted.blocks[id] for id in target.blocks} == dict(target.blocks)


def _lay_user_block(folder: Path) -> Path:
    return save_user_block(_fragment(), "My stem").path


def _read_user_blocks(folder: Path) -> None:
    for found in user_blocks():
        assert (found.fragment is None) == bool(found.error)
        assert found.name == showable(found.name)
        assert len(found.contents) <= 5000


def _lay_run(damaged: str) -> Callable[[Path], Path]:
    """A run with all its files, of which that one is to be damaged."""

    def lay(folder: Path) -> Path:
        told: dict[str, Any] = {
            "metrics": {"loss": 0.5, "val_loss": 0.6, "val_accuracy": 0.9},
            "best_epoch": 2,
            "params": 1000,
        }
        run = leave_run(_experiment("lenet-5"), "FINISHED", **told, best=told["metrics"], seconds=12.5, parent="other")
        leave_run(_experiment("lenet-5"), "STOPPED", **told)
        write_notes(run, RunNotes("My run", ("a", "b"), "Went well."))
        lines = [f"{n},{n * 1.5},{1 / n},{2 / n},0.001" for n in range(1, 30)]
        (run / METRICS).write_text("epoch,seconds,loss,val_loss,learning_rate\n" + "\n".join(lines) + "\n")
        keep_timeline(run, {"input": (8, 8, 1), "conv": (6, 6, 4)}, moments(3))
        arrays = {f"{n}:kernel": np.full((3, 4), n, "float32") for n in range(3)}
        write_checkpoint(run, Checkpoint(Position(epoch=3), arrays, list(arrays.values())))
        (run / LAST).write_bytes(run_weights_bytes(learned()))
        return max((run / "probes").glob("*.npz")) if damaged == "moment" else run / damaged

    return lay


def _run(folder: Path) -> Path:
    return min(runs_folder().iterdir())


def _list_runs(folder: Path) -> None:
    """As the Runs page and the command line list them."""
    index = RunIndex()
    index.refresh()
    assert len(index.entries) == 2
    no_library: Any = None  # only the column of changes asks it
    cells = Cells(no_library)
    for run in index.runs:
        for column in COLUMNS:
            if column.title != "Changes":
                assert column.text(run, cells) == showable(column.text(run, cells))
                assert column.rank(run, cells) <= column.rank(run, cells)
                assert column.plain is None or isinstance(column.plain(run, cells), str)
        assert headline(run)
        for told in (headline(run), said(run)[0], *(value for _, value, _ in facts(run))):
            assert told == showable(told)
    for entry in index.entries:
        if isinstance(entry, UnreadableRun):
            assert entry.reason == showable(entry.reason)
    parents(index.runs)
    _printed(runs_verb.VERB, "--json")
    _printed(runs_verb.VERB)


def _read_run_experiment(folder: Path) -> None:
    _list_runs(folder)
    _looked_at(load_experiment(_run(folder) / EXPERIMENT))


def _read_metrics(folder: Path) -> None:
    found = read_metrics(_run(folder))
    assert all(len(column) == len(found.epochs) for column in found.columns.values())
    assert found.problem == showable(found.problem)


def _read_notes(folder: Path) -> None:
    _list_runs(folder)
    notes = read_notes(_run(folder))
    assert notes.title + "".join(notes.tags) == showable(notes.title + "".join(notes.tags))


def _read_timeline(folder: Path) -> None:
    timeline = Timeline.open(_run(folder))
    for moment in range(len(timeline)):
        for pin in timeline.pins(moment):
            for block in timeline.blocks(moment, pin):
                timeline.layer(moment, pin, block)
        for name in timeline.names(moment):
            timeline.array(moment, name)


def _read_checkpoint(folder: Path) -> None:
    found = read_checkpoint(_run(folder))
    for values in (*found.learner.values(), *found.best):
        assert values.nbytes < 1 << 20


def _read_run_weights(folder: Path) -> None:
    with RunWeights(_run(folder)) as weights:
        for layer, shapes in weights.shapes.items():
            assert [array.shape for array in weights.read(layer)] == list(shapes)
            assert not weights.misfit(layer, shapes)


def _lay_weights(folder: Path) -> Path:
    path = folder / "it.safetensors"
    write_weights({f"conv_{n}/kernel": np.full((3, 3, n), 0.5, "float32") for n in range(1, 5)}, path)
    return path


def _read_weights(folder: Path) -> None:
    file = WeightsFile(folder / "it.safetensors")
    for name, shape in file.shapes.items():
        assert file.read(name).shape == shape


def _lay_probes(folder: Path) -> Path:
    source = _experiment("lenet-5").data.source
    write_probes(source, (Kept("test", 3), Kept("pinned", 17, "mine", "17.png", 0)))
    samples_folder().mkdir()
    (samples_folder() / "17.png").write_bytes(b"a picture")
    return list_path(source)


def _read_probes(folder: Path) -> None:
    for each in read_probes(_experiment("lenet-5").data.source):
        assert isinstance(each.path, Path)
        assert each.name == showable(each.name)
    assert probes_folder().is_dir()
    tidy_samples()


def _lay_drawing(folder: Path) -> Path:
    path = folder / "drawn.npy"
    path.write_bytes(as_npy(np.arange(64, dtype="float32").reshape(8, 8, 1)))
    return path


def _read_drawing(folder: Path) -> None:
    values = of_npy(folder / "drawn.npy")
    assert values is None or values.nbytes < 64 << 20


def _lay_work(folder: Path) -> Path:
    recovery.folder().mkdir()
    path = recovery.folder() / "0123.json"
    header = '{"path": "/home/me/it.json", "time": "2026-11-22T10:00:00+00:00"}\n'
    path.write_text(header + write_experiment(_experiment("lenet-5")), encoding="utf-8")
    return path


def _read_work(folder: Path) -> None:
    remains = recovery.find_remains()
    if remains is not None:
        assert remains.experiment.name in str(remains)
        _looked_at(remains.experiment)


def _lay_preferences(folder: Path) -> Path:
    preferences = Preferences()
    preferences.keep_split("design", [200, 700, 300])
    preferences.add_recent_command("open")
    preferences.decline_run("run")
    preferences.page = "data"
    preferences.keep_choice("field", "value")
    preferences.save()
    return folder / "preferences.ini"


def _read_preferences(folder: Path) -> None:
    """Nonsense counts as nothing remembered."""
    preferences = Preferences()
    assert preferences.mode
    assert preferences.split("design", 3) in ([], [200, 700, 300]) or min(preferences.split("design", 3)) >= 0
    for words in (preferences.recent_commands, preferences.declined_runs, preferences.recent_files):
        assert len(words) <= 200
    assert len(preferences.recent_sources) <= 8
    assert isinstance(preferences.page + preferences.choice("field"), str)
    assert preferences.geometry.size() >= 0


def _lay_scan(folder: Path) -> Path:
    (folder / "pictures").mkdir()
    heads._remember(folder / "pictures", heads._Memory(heads.VERSION, {}))
    (path,) = heads.memory_folder().iterdir()
    return path


def _read_scan(folder: Path) -> None:
    assert heads._recall(folder / "pictures").version == heads.VERSION


def _lay_model(data: Callable[[], bytes], name: str) -> Callable[[Path], Path]:
    def lay(folder: Path) -> Path:
        (folder / name).write_bytes(data())
        return folder / name

    return lay


def _read_model(name: str) -> Callable[[Path], object]:
    def read(folder: Path) -> None:
        _looked_at(read_model_file(folder / name).experiment)

    return read


def _lay_sidecar(folder: Path) -> Path:
    experiment = _experiment("lenet-5")
    traced = trace(experiment.architecture, experiment.data.info())
    wish = Wish("keras", folder / "it.keras")
    told = sidecar_of(wish, experiment, traced.program(), experiment.data.info(), white=255.0)
    (folder / "it.json").write_text(sidecar_text(told), encoding="utf-8")
    return folder / "it.json"


def _read_sidecar(folder: Path) -> None:
    told = read_sidecar(read_whole(folder / "it.json", "the description of a model (.json)"), "it.json")
    assert read_sidecar(sidecar_text(told).encode(), "the description as it was written") == told


KINDS: tuple[Kind, ...] = (
    Kind("experiment", _lay_experiment("u-net"), _read_experiment),
    Kind("preset", _lay_preset, _read_presets),
    Kind("experiment with groups", _lay_experiment("inception-style"), _read_experiment),
    Kind("blocks on the clipboard", _lay_blocks, _paste),
    Kind("own block", _lay_user_block, _read_user_blocks),
    Kind("state of a run", _lay_run(STATE), _list_runs),
    Kind("experiment of a run", _lay_run(EXPERIMENT), _read_run_experiment),
    Kind("metrics of a run", _lay_run(METRICS), _read_metrics, is_json=False),
    Kind("notes of a run", _lay_run(NOTES), _read_notes),
    Kind("moment of a run", _lay_run("moment"), _read_timeline, is_json=False),
    Kind("checkpoint of a run", _lay_run(str(CHECKPOINT)), _read_checkpoint, is_json=False),
    Kind("weights of a run", _lay_run(str(LAST)), _read_run_weights, is_json=False),
    Kind("description beside a model", _lay_sidecar, _read_sidecar),
    Kind("weights", _lay_weights, _read_weights, is_json=False),
    Kind("list of probes", _lay_probes, _read_probes),
    Kind("drawn sample", _lay_drawing, _read_drawing, is_json=False),
    Kind("unsaved work", _lay_work, _read_work),
    Kind("preferences", _lay_preferences, _read_preferences, is_json=False, takes_any_thing=False),
    Kind("memory of a scan", _lay_scan, _read_scan, is_json=False),
    Kind("Keras model", _lay_model(keras_file, "it.keras"), _read_model("it.keras"), is_json=False),
    Kind("text of a Keras model", _lay_model(lambda: text(small()), "it.json"), _read_model("it.json")),
)
"""In turn, so that few cases try all of them."""
