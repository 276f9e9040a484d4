"""What a person does with their own presets: keep, describe anew, delete, bring back, take in and give away."""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.about import LONGEST_NAME
from cnnstudio.core.formats.files import FileError, file_name, load_experiment, same_file, save_experiment, write_file
from cnnstudio.core.formats.presets import ENDING, Preset, presets, user_folder
from cnnstudio.core.formats.weights_store import adopt, beside

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.about import Description
    from cnnstudio.core.experiment import Experiment


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A preset that has come from a file."""

    id: str
    name: str
    note: str = ""
    """What is to be said beside that it is there: another name than in the file, weights that are missing."""


def is_own(name: str) -> bool:
    """Whether the person has a preset whose file would be that of this name."""
    return _path(name).exists()


def save_preset(experiment: Experiment, *, replace: bool = False) -> Path:
    """Keep the experiment among the person's presets; its name becomes the id.

    Raises FileError when a preset of that id is there and `replace` is false, or when it is a shipped one; OSError
    when the folder cannot be written.
    """
    path = _free(experiment.name, replace=replace)
    save_experiment(path, experiment)  # weights that do not come to lie beside it are kept in the store all the same
    return path


def describe_preset(preset: Preset, wanted: Description) -> Path:
    """Describe an own preset anew; with another name its file gets another, too. Raises FileError and OSError."""
    path = _path(wanted.name)
    experiment = _sound(preset)
    if same_file(path, preset.path):
        write_file(path, wanted.of(experiment))
        return path
    made = save_preset(wanted.of(experiment))
    delete_preset(preset)
    return made


def delete_preset(preset: Preset) -> None:
    """Take an own one away, with its weights; `restore_preset` brings it back. Raises OSError, FileError."""
    if not preset.user:
        raise FileError(f"“{preset.name}” came with the studio; it cannot be deleted.")
    preset.path.replace(_aside(preset.path))
    weights = beside(preset.path)
    with contextlib.suppress(FileNotFoundError):
        weights.replace(_aside(weights))


def restore_preset(preset: Preset) -> None:
    """Bring one back that was deleted. Raises OSError where it is gone for good, FileError where its name is taken."""
    if preset.path.exists():
        raise FileError(f"You have another preset “{preset.name}” by now; rename that one first.")
    _aside(preset.path).replace(preset.path)
    weights = beside(preset.path)
    with contextlib.suppress(FileNotFoundError):
        _aside(weights).replace(weights)


def take_in(path: Path) -> TakenIn:
    """Copy an experiment file among the person's presets, under a name that is free. Raises FileError and OSError."""
    experiment = load_experiment(path)
    note = adopt(experiment.weights, path) if experiment.weights else ""
    there = next((p for p in presets() if p.name == experiment.name and p.experiment == experiment), None)
    if there is not None:
        raise FileError(f"{path.name} is among your presets already, as “{there.name}”.")
    name = _free_name(experiment.name)
    if name != experiment.name:
        note = f"“{experiment.name}” was taken, so it is called “{name}”.{' ' if note else ''}{note}"
    made = save_preset(dataclasses.replace(experiment, name=name))
    return TakenIn(made.name.removesuffix(ENDING), name, note)


def give_away(preset: Preset, path: Path) -> str:
    """Write a preset, own or shipped, to a file with its weights beside it.

    The sentence why the weights do not lie there, "" when all is well. Raises FileError and OSError.
    """
    if path.exists() and same_file(path, preset.path):
        raise FileError(f"{path} is the preset itself: choose another place.")
    return save_experiment(path, _sound(preset))


def _sound(preset: Preset) -> Experiment:
    if preset.experiment is None:
        raise FileError(preset.error)
    return preset.experiment


def _path(name: str) -> Path:
    return user_folder() / f"{file_name(name)}{ENDING}"


def _free(name: str, *, replace: bool) -> Path:
    id = file_name(name)
    there = next((p for p in presets() if p.path.stem == id), None)
    if there is not None and not there.user:
        raise FileError(f'"{name}" is the name of a shipped preset; choose another name.')
    if there is not None and not replace:
        raise FileError(f'You have a preset "{id}" already; choose another name or replace it.')
    return _path(name)


def _free_name(name: str) -> str:
    """The name, or the first of "name 2", "name 3" ... that no preset's file has."""
    taken = {p.path.stem for p in presets()}
    tried, number = name, 1
    while file_name(tried) in taken:
        number += 1
        tried = f"{name[: LONGEST_NAME - 6]} {number}"
    return tried


def _aside(path: Path) -> Path:
    """Where a deleted file waits: beside the others, where no list finds it. It keeps the latest of its name."""
    return path.with_name(f"{path.name}~")
