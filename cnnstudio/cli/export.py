"""`cnnstudio export`: the trained model of a run, or an imported one, as a file to take away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.cli.experiments import load_file
from cnnstudio.cli.output import quiet, say
from cnnstudio.cli.runs import HELP, run_folder
from cnnstudio.cli.sound import require_sound, require_weights
from cnnstudio.cli.verb import OK, CommandError, UsageError, Verb
from cnnstudio.core.declare import closest

if TYPE_CHECKING:
    import argparse

FORMATS = ("keras",)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run",
        metavar="RUN|FILE",
        help=f"{HELP}; or an experiment file that has weights",
    )
    parser.add_argument("--format", metavar="FORMAT", required=True, help=f"one of: {', '.join(FORMATS)}")
    parser.add_argument(
        "--out", metavar="PATH", type=Path, required=True, help="the file to write, such as model.keras"
    )


def _run(args: argparse.Namespace) -> int:
    if args.format not in FORMATS:
        raise UsageError(f'There is no format "{args.format[:60]}". {closest(args.format, FORMATS)}')
    experiment = None
    folder = Path(args.run)
    if folder.is_file():
        experiment = load_file(folder)
        require_sound(experiment)
        require_weights(experiment)
    else:
        folder = run_folder(args.run)
    with quiet():
        from cnnstudio.engine.using import export

        try:
            if experiment is None:
                done = export.export_run(folder, args.format, args.out)
            else:
                done = export.export_experiment(experiment, args.format, args.out)
        except export.ExportPlaceError as error:
            raise UsageError(str(error)) from error
        except export.ExportError as error:
            raise CommandError(str(error)) from error
    say(
        f"Wrote {done.path} ({done.bytes:,} bytes); opened again by plain Keras, it predicts the same: "
        f"largest difference {done.max_abs_difference:.2g}, agreement {done.agreement:.2%}"
    )
    return OK


VERB = Verb(
    "export",
    "write the trained model of a run to a file",
    "Writes the model a run has learned, or that of an experiment whose weights were imported. The file is opened "
    "again and compared with the model before this verb says that it is done; a .keras file needs nothing of CNN "
    "Studio.",
    _arguments,
    _run,
)
