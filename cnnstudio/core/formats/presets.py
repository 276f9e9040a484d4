"""Presets: experiments shipped with the studio and those the person keeps in their own folder."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.core.declare import closest
from cnnstudio.core.formats.files import FileError, file_name, load_experiment, save_experiment
from cnnstudio.core.formats.storage import data_folder

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment

DEFAULT_PRESET = "lenet-5"
"""The preset the window opens on."""


@dataclass(frozen=True)
class Preset:
    """One preset file. It is read when first asked for; a broken one has no experiment but an `error`."""

    id: str
    path: Path
    user: bool
    """Whether it lies in the person's own folder."""

    @functools.cached_property
    def _loaded(self) -> tuple[Experiment | None, str]:
        try:
            return load_experiment(self.path), ""
        except FileError as error:
            return None, str(error)

    @property
    def experiment(self) -> Experiment | None:
        """What it holds; None when it cannot be read."""
        return self._loaded[0]

    @property
    def error(self) -> str:
        """Why it cannot be read, "" when it can."""
        return self._loaded[1]


def shipped_folder() -> Path:
    """The presets that came with the studio: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent.parent
    inside = package / "presets"
    return inside if inside.is_dir() else package.parent / "presets"


def user_folder() -> Path:
    """The person's own presets."""
    return data_folder() / "presets"


def presets() -> list[Preset]:
    """All presets, shipped ones first, each group by id. A person's preset may not hide a shipped one."""
    found = [Preset(path.stem, path, False) for path in sorted(shipped_folder().glob("*.json"))]
    shipped = {p.id for p in found}
    own = sorted(user_folder().glob("*.json")) if user_folder().is_dir() else []
    found.extend(Preset(path.stem, path, True) for path in own if path.stem not in shipped)
    return found


def preset(id: str) -> Preset:
    """The preset of that id. Raises FileError with the closest known ids."""
    known = {p.id: p for p in presets()}
    if id not in known:
        raise FileError(f'There is no preset "{id[:60]}". {closest(id, known)}')
    return known[id]


def save_preset(experiment: Experiment, *, replace: bool = False) -> Path:
    """Keep the experiment among the person's presets; its name becomes the id.

    Raises FileError when a preset of that id is there and `replace` is false, or when it is a shipped one; OSError
    when the folder cannot be written.
    """
    id = file_name(experiment.name)
    there = next((p for p in presets() if p.id == id), None)
    if there is not None and not there.user:
        raise FileError(f'"{experiment.name}" is the name of a shipped preset; choose another name.')
    if there is not None and not replace:
        raise FileError(f'You have a preset "{id}" already; choose another name or replace it.')
    path = user_folder() / f"{id}.json"
    save_experiment(path, experiment)  # weights that do not come to lie beside it are kept in the store all the same
    return path
