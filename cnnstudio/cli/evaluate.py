"""`cnnstudio evaluate`: the network of a run measured again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnnstudio.cli.output import quiet, say
from cnnstudio.cli.progress import class_table
from cnnstudio.cli.runs import add_run, frozen, run_folder
from cnnstudio.cli.sound import require_files
from cnnstudio.cli.trained import add_weights, checked_weights, learned
from cnnstudio.cli.verb import OK, UsageError, Verb
from cnnstudio.core.data.facts import PARTS
from cnnstudio.core.declare import closest
from cnnstudio.core.metrics import all_defined, defined, metric_title, metric_value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from cnnstudio.engine.using.evaluating import Evaluated


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--part", metavar="PART", default="test", help=f"one of: {', '.join(PARTS)} (default: test)")
    add_weights(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _json(found: Evaluated, names: Sequence[str]) -> dict[str, Any]:
    judged = found.verdict
    return {
        "part": found.part,
        "samples": found.samples,
        "epoch": found.epoch,
        "metrics": all_defined(judged.metrics),
        "classes": list(names),
        "per_class": {m: [defined(v) for v in values] for m, values in judged.per_class.items()},
        "confusion": None if judged.confusion is None else judged.confusion.tolist(),
    }


def _text(found: Evaluated, names: Sequence[str]) -> str:
    judged = found.verdict
    lines = [f"{found.samples:,} samples of the {found.part} part, weights of epoch {found.epoch:,}"]
    lines += [f"{metric_title(name)}: {metric_value(name, value)}" for name, value in judged.metrics.items()]
    return "\n".join([*lines, *class_table(names, judged.per_class, found.part)])


def _run(args: argparse.Namespace) -> int:
    if args.part not in PARTS:
        raise UsageError(f'There is no part "{args.part[:60]}" of the data. {closest(args.part, PARTS)}')
    which, folder = checked_weights(args.weights), run_folder(args.run)
    experiment = frozen(folder)
    require_files(experiment)
    with quiet(), learned():
        from cnnstudio.engine.using.evaluating import evaluate
        from cnnstudio.engine.using.trained import open_run

        found = evaluate(open_run(folder), args.part, which)
    names = experiment.data.info().class_names
    say(json.dumps(_json(found, names), indent=2) if args.json else _text(found, names))
    return OK


VERB = Verb(
    "evaluate",
    "measure the network of a run again",
    "Judges what the run has learned on its test part, or on another one, as the run itself did at its end: the same "
    "samples, preparation and metrics, with the values of each class. Nothing in the run's folder changes.",
    _arguments,
    _run,
)
