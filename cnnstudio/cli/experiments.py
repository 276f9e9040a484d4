"""From what a person typed, FILE or PRESET, to an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.cli.output import tell
from cnnstudio.cli.verb import CommandError, UsageError
from cnnstudio.core.declare import closest
from cnnstudio.core.formats.files import FileError, load_experiment
from cnnstudio.core.formats.presets import presets
from cnnstudio.core.formats.weights_store import adopt

if TYPE_CHECKING:
    import argparse

    from cnnstudio.core.experiment import Experiment


def add_experiment(parser: argparse.ArgumentParser) -> None:
    """The positional argument FILE|PRESET."""
    parser.add_argument(
        "experiment",
        metavar="FILE|PRESET",
        help='an experiment file, or the id of a preset such as lenet-5 ("cnnstudio presets" lists them)',
    )


def looks_like_path(text: str) -> bool:
    """Whether `text` can only be meant as a file: it exists, has a folder in it or ends in .json."""
    return "/" in text or "\\" in text or text.lower().endswith(".json") or Path(text).is_file()


def load(text: str) -> Experiment:
    """The experiment of a file or preset. Raises CommandError: 2 when there is none, 1 when it cannot be read."""
    if looks_like_path(text):
        return load_file(Path(text))
    known = {p.id: p for p in presets()}
    if text not in known:
        raise UsageError(f'There is no file and no preset "{text[:60]}". {closest(text, known)}')
    found = known[text]
    if found.experiment is None:
        raise CommandError(found.error)
    return found.experiment


def load_file(path: Path) -> Experiment:
    """The experiment of a file. Raises CommandError: 2 when there is no file, 1 when it cannot be read."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise UsageError(f"{path} {what}: name an experiment file, or a preset from `cnnstudio presets`.")
    try:
        experiment = load_experiment(path)
    except FileError as error:
        raise CommandError(str(error)) from error
    if experiment.weights and (problem := adopt(experiment.weights, path)):
        tell(f"cnnstudio: {problem}")  # what needs the weights will refuse; the others go on
    return experiment
