"""`cnnstudio code`: the matching Keras script or notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.cli.experiments import add_experiment, load
from cnnstudio.cli.output import say, tell
from cnnstudio.cli.sound import require_files, require_sound
from cnnstudio.cli.verb import OK, CommandError, UsageError, Verb
from cnnstudio.core.code.data_code import archive_name
from cnnstudio.core.code.notebook import notebook
from cnnstudio.core.code.source import script, weights_name
from cnnstudio.core.declare import closest
from cnnstudio.core.formats.weights_store import WeightsError

if TYPE_CHECKING:
    import argparse

    from cnnstudio.core.experiment import Experiment

FORMATS = {"py": script, "ipynb": notebook}


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_experiment(parser)
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        help=f"one of: {', '.join(FORMATS)}; without it as the ending of PATH says, else py",
    )
    parser.add_argument("--out", metavar="PATH", type=Path, help="the file to write; without it the text is printed")


def _run(args: argparse.Namespace) -> int:
    write = FORMATS[_format(args.format, args.out)]
    experiment = load(args.experiment)
    require_sound(experiment)
    text = write(experiment)
    if args.out is None:
        weights, archive = weights_name(experiment), archive_name(experiment)
        say(text.removesuffix("\n"))
        if weights:
            tell(f"It starts from the weights in {weights}, in the folder it is run in; --out puts them there.")
        if archive:
            tell(f"It reads its samples from {archive}, in the folder it is run in; --out writes that, too.")
        return OK
    require_files(experiment)
    *first, last = [str(args.out), *map(str, _written(experiment, args.out, text))]
    tell(f"Wrote {', '.join(first)} and {last}." if first else f"Wrote {last}.")
    return OK


def _written(experiment: Experiment, path: Path, text: str) -> tuple[Path, ...]:
    from cnnstudio.engine.code_files import CodeError, write_code

    try:
        return write_code(experiment, path, text)
    except WeightsError as error:
        raise UsageError(str(error)) from error
    except CodeError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or path} could not be written: {error.strerror or error}.") from error


def _format(given: str | None, out: Path | None) -> str:
    """What was asked for, by name or by the ending of the file."""
    if given is not None:
        if given not in FORMATS:
            raise UsageError(f'There is no format "{given[:60]}". {closest(given, FORMATS)}')
        return given
    if out is None:
        return "py"
    ending = out.suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise UsageError(f"{out} ends in no format that is known: name it .py or .ipynb, or say --format.")
    return ending


VERB = Verb(
    "code",
    "write a Keras script or notebook that trains the same network on its own",
    "Writes a complete Python script or Jupyter notebook: data, model, training and the test at the end. It needs "
    "Keras, TensorFlow and scikit-learn (a notebook Matplotlib, imported weights safetensors, too), and nothing of CNN "
    "Studio. Samples from your own files are written beside it, in one .npz file, in the size that the network takes.",
    _arguments,
    _run,
)
