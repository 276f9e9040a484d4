"""`cnnstudio export`: a network to take away, as a model, as numbers, as code, as a drawing or as a table."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cnnstudio.cli.experiments import load, load_file
from cnnstudio.cli.output import on_terminal, quiet, redraw, say
from cnnstudio.cli.progress import CLEAR, fitted
from cnnstudio.cli.runs import HELP, run_folder
from cnnstudio.cli.sound import require_sound, require_weights
from cnnstudio.cli.table import table
from cnnstudio.cli.trained import add_weights, checked_weights
from cnnstudio.cli.verb import OK, CommandError, UsageError, Verb
from cnnstudio.core.exporting import FORMATS, Wish
from cnnstudio.core.formats.presets import presets
from cnnstudio.core.formats.run_folder import RunFolderError
from cnnstudio.core.formats.run_index import find_run
from cnnstudio.core.metrics import metric_told

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.exporting import Quantisation
    from cnnstudio.core.formats.run_folder import Which
    from cnnstudio.engine.exporting.stages import Export, Stage


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run",
        metavar="RUN|FILE|PRESET",
        nargs="?",
        help=f"{HELP}; or an experiment file or the id of a preset, whose network is written with the weights that "
        "training would start from",
    )
    parser.add_argument("--format", metavar="FORMAT", help=f"one of: {', '.join(FORMATS)}")
    parser.add_argument("--out", metavar="PATH", type=Path, help="the file to write, such as model.keras")
    quantisations = dict.fromkeys(option for form in FORMATS.values() for option in form.quantisations)
    parser.add_argument(
        "--quantise", metavar="Q", default="none", help=f"for LiteRT, one of: {', '.join(quantisations)}"
    )
    add_weights(parser)
    parser.add_argument("--no-example", action="store_true", help="write no example program beside the file")
    parser.add_argument("--list", action="store_true", help="list the formats and what they need, and write nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _run(args: argparse.Namespace) -> int:
    if args.list:
        _list(as_json=args.json)
        return OK
    if args.run is None or args.format is None or args.out is None:
        raise UsageError("An export needs RUN, --format and --out; `cnnstudio export --list` lists the formats.")
    wish = Wish(args.format, args.out, cast("Quantisation", args.quantise), not args.no_example)
    if problem := wish.problem():
        raise UsageError(problem)
    weights, source = checked_weights(args.weights), _source(args.run)
    if not isinstance(source, Path):
        require_sound(source)
        require_weights(source)
    with quiet():
        done = _written(wish, source, weights)
    _tell(wish, done, as_json=args.json)
    return OK


def _source(text: str) -> Path | Experiment:
    """The folder of a run, or else an experiment. A run is meant where a run and a preset have the same name."""
    if Path(text).is_file():
        return load_file(Path(text))
    try:
        return find_run(text)
    except RunFolderError:
        if any(preset.id == text for preset in presets()):
            return load(text)
        return run_folder(text)


def _written(wish: Wish, source: Path | Experiment, weights: Which) -> Export:
    """Raises CommandError. Ctrl+C leaves nothing behind."""
    from cnnstudio.engine.exporting.errors import ExportError, ExportPlaceError
    from cnnstudio.engine.exporting.ordering import ordered
    from cnnstudio.engine.exporting.stages import finished

    shown = _shown() if on_terminal() else None
    try:
        return finished(ordered(wish, source, weights), shown)
    except ExportPlaceError as error:
        raise UsageError(str(error)) from error
    except ExportError as error:
        raise CommandError(str(error)) from error
    finally:
        if shown is not None:
            redraw(CLEAR)


def _shown() -> Callable[[Stage], None]:
    width = shutil.get_terminal_size().columns - 1

    def told(stage: Stage) -> None:
        counted = f" {stage.done:,}/{stage.total:,}" if stage.total else ""
        redraw(CLEAR + fitted(f"{stage.words}{counted}", width))

    return told


def _tell(wish: Wish, done: Export, *, as_json: bool) -> None:
    say(json.dumps(_record(wish, done)) if as_json else _words(wish, done))


def _record(wish: Wish, done: Export) -> dict[str, Any]:
    compared = done.compared
    return {
        "path": str(done.path),
        "max_abs_difference": compared and _defined(compared.max_abs_difference),
        "agreement": compared and compared.agreement,
        "bytes": done.bytes,
        "format": wish.format,
        "quantise": wish.quantise,
        "runtime": wish.form.runtime,
        "samples": compared.samples if compared else 0,
        "stand_in": done.stand_in,
        "metric": done.metric,
        "quality_before": _defined(done.quality_before),
        "quality_after": _defined(done.quality_after),
        "bytes_before": done.bytes_before,
        "files": [str(file) for file in done.files],
        "notes": list(done.notes),
    }


def _defined(value: float | None) -> float | None:
    """JSON has no NaN."""
    return value if value is not None and math.isfinite(value) else None


def _words(wish: Wish, done: Export) -> str:
    compared = done.compared
    words = f"Wrote {done.path} ({done.bytes:,} bytes)"
    if compared is not None:
        noise = " of noise, as the files of the data are gone" if done.stand_in else ""
        words += (
            f"; opened again by {wish.form.runtime}, its predictions agree on {compared.agreement:.2%} of "
            f"{compared.samples:,} samples{noise}: largest difference {compared.max_abs_difference:.2g}"
        )
    lines = [words]
    if done.bytes_before:
        lines.append(f"Without quantisation it would have {done.bytes_before:,} bytes")
    if done.metric and done.quality_before is not None and done.quality_after is not None:
        before = metric_told(done.metric, done.quality_before)
        lines.append(f"Before quantisation {before}, after it {metric_told(done.metric, done.quality_after)}")
    lines += [f"Beside it: {file}" for file in done.files]
    return "\n".join([*lines, *done.notes])


def _list(*, as_json: bool) -> None:
    if as_json:
        records = [
            {
                "format": form.name,
                "title": form.title,
                "kind": form.kind,
                "endings": [ending for ending in form.endings if ending],
                "folder": "" in form.endings,
                "quantisations": list(form.quantisations),
                "runtime": form.runtime,
                "about": form.about,
                "problem": form.problem,
            }
            for form in FORMATS.values()
        ]
        say(json.dumps(records, indent=2))
        return
    rows = [
        (form.name, " ".join(ending or "folder" for ending in form.endings), form.pip or "ready", form.about)
        for form in FORMATS.values()
    ]
    say(table(("format", "file", "needs", "for"), rows))


VERB = Verb(
    "export",
    "write the network of a run to a file",
    "Writes the network that a run has learned, or that of an experiment file or preset as it is before training: as a "
    "model, as numbers, as code, as a drawing or as a table. A model is opened again by its own runtime and compared "
    "with the network on the test part before this verb says that it is done; it needs nothing of CNN Studio. What is "
    "there already is replaced once the new file is whole; Ctrl+C leaves nothing behind.",
    _arguments,
    _run,
)
