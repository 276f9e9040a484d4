"""Presets: experiments shipped with the studio and those the person keeps in their own folder.

A preset is read in three steps, each when it is first asked for: its outline (what lists show), the experiment, and
its summary (what tracing it comes to). A file that has not changed is not read again.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.declare import closest
from cnnstudio.core.formats.files import FileError, read_experiment, read_whole
from cnnstudio.core.formats.outline import Outline, read_outline
from cnnstudio.core.formats.storage import data_folder
from cnnstudio.core.placing.miniature import Miniature, miniature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.analysis.field import Field
    from cnnstudio.core.experiment import Experiment

DEFAULT_PRESET = "lenet-5"
"""The preset the window opens on."""
ENDING = ".json"


@dataclass(frozen=True, slots=True)
class PresetSummary:
    """What a preset's network comes to."""

    blocks: int
    params: int
    macs: int
    """Multiply-adds for one sample."""
    field: Field
    """The widest receptive field of its blocks, on the input."""
    problem: str
    """The first error of the design, "" for a sound one: it opens, and its block says so."""
    miniature: Miniature


@dataclass(frozen=True)
class Preset:
    """One preset file. It is read when first asked for; a broken one has no experiment but an `error`."""

    id: str
    path: Path
    user: bool
    """Whether it lies in the person's own folder."""
    stamp: tuple[int, int] = (0, 0)
    """Time of the last change in nanoseconds, and bytes: a file with other ones is another preset."""
    conflict: str = ""
    """Why it is not offered although it may be sound; it counts as broken then."""

    @functools.cached_property
    def _loaded(self) -> tuple[Experiment | None, str]:
        if self.conflict:
            return None, self.conflict
        try:
            return read_experiment(self._text(), self.path.name), ""
        except FileError as error:
            return None, str(error)

    @functools.cached_property
    def outline(self) -> Outline | None:
        """What lists show of it; None for a broken one, of which `error` says why. Cheap, also for thousands."""
        if self.conflict:
            return None
        try:
            return read_outline(self._text(), self.path.name)
        except FileError:
            return None

    @functools.cached_property
    def summary(self) -> PresetSummary | None:
        """What its network comes to; None for a broken one. The experiment is let go again: lists have thousands."""
        kept = self.__dict__.get("_loaded")
        experiment, error = kept or self._loaded
        if kept is None:
            del self.__dict__["_loaded"]
            if error:
                self.__dict__["_loaded"] = None, error
        return None if experiment is None else summarised(experiment)

    @property
    def known_summary(self) -> PresetSummary | None:
        """The summary if it has been worked out, without doing it now."""
        found = self.__dict__.get("summary")
        return found if isinstance(found, PresetSummary) else None

    @property
    def experiment(self) -> Experiment | None:
        """What it holds; None when it cannot be read."""
        return self._loaded[0]

    @property
    def error(self) -> str:
        """Why it cannot be read, "" when it can. Reads the whole file."""
        return self._loaded[1]

    @property
    def known_error(self) -> str:
        """Why it cannot be read, as far as that is known without reading more than its outline."""
        found = self.__dict__.get("_loaded")
        return found[1] if found is not None else "" if self.outline is not None else self.error

    @property
    def name(self) -> str:
        """What it is called on screen; the file's name for a broken one."""
        return self.outline.name if self.outline is not None else self.id

    def _text(self) -> bytes:
        return read_whole(self.path, "an experiment file (.json)")


def summarised(experiment: Experiment) -> PresetSummary:
    """What the network of an experiment comes to."""
    traced = trace(experiment.architecture, experiment.data.info())
    errors = (d for d in lint(traced) if d.severity is Severity.ERROR)
    return PresetSummary(
        blocks=len(experiment.architecture.blocks),
        params=traced.params,
        macs=traced.macs,
        field=max(traced.fields.values(), key=_cells, default=()),
        problem=next((str(d) for d in errors), ""),
        miniature=miniature(traced),
    )


def _cells(field: Field) -> int:
    return sum(int(axis.cells) for axis in field)


def shipped_folder() -> Path:
    """The presets that came with the studio: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent.parent
    inside = package / "presets"
    return inside if inside.is_dir() else package.parent / "presets"


def user_folder() -> Path:
    """The person's own presets."""
    return data_folder() / "presets"


_known: dict[Path, Preset] = {}
"""Presets of the last look at the folders: one whose file has not changed keeps what was read."""


def presets() -> list[Preset]:
    """All presets, shipped ones first, each group by id. A folder that cannot be read counts as empty.

    A person's preset may not hide a shipped one: it is listed as broken, with what to do.
    """
    found = list(_in_folder(shipped_folder(), user=False, taken=frozenset()))
    found += _in_folder(user_folder(), user=True, taken=frozenset(p.id for p in found))
    known = [_known.get(p.path, p) for p in found]
    kept = [old if old == new else new for old, new in zip(known, found, strict=True)]
    _known.clear()
    _known.update((p.path, p) for p in kept)
    return kept


def _in_folder(folder: Path, *, user: bool, taken: frozenset[str]) -> Iterator[Preset]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(e.name for e in entries if e.name.endswith(ENDING) and not e.name.startswith("."))
    except OSError:
        return
    for name in names:
        path, stem = folder / name, name.removesuffix(ENDING)
        if stem in taken:
            conflict = f"{name} has the name of a shipped preset: give the file {path} another one."
            yield Preset(f"{stem} (yours)", path, user, _stamp(path), conflict)
        else:
            yield Preset(stem, path, user, _stamp(path))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:  # a link to nowhere, or gone meanwhile: reading it gives the reason
        return 0, -1
    return status.st_mtime_ns, status.st_size


def preset(id: str) -> Preset:
    """The preset of that id. Raises FileError with the closest known ids."""
    known = {p.id: p for p in presets()}
    if id not in known:
        raise FileError(f'There is no preset "{id[:60]}". {closest(id, known)}')
    return known[id]
