"""`cnnstudio compare`: in what runs differ, and how good each of them became."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnnstudio.cli.output import say
from cnnstudio.cli.progress import clock
from cnnstudio.cli.runs import HELP, STATES, frozen, record, run_folder, summary
from cnnstudio.cli.table import table
from cnnstudio.cli.verb import OK, UsageError, Verb
from cnnstudio.core.differences import ABSENT, differences
from cnnstudio.core.formats.run_index import better
from cnnstudio.core.metrics import VALIDATION, metric_title, metric_value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping, Sequence

    from cnnstudio.core.differences import Difference
    from cnnstudio.core.formats.run_index import RunSummary

_NONE = "–"


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", metavar="RUN", nargs="+", help=f"two or more runs; {HELP}")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _json(runs: Sequence[RunSummary], found: Sequence[Difference]) -> dict[str, Any]:
    return {
        "runs": [record(run) for run in runs],
        "differences": [
            {"section": d.section, "what": d.what, "values": [None if v == ABSENT else v for v in d.values]}
            for d in found
        ],
    }


def _text(runs: Sequence[RunSummary], found: Sequence[Difference]) -> str:
    names = tuple(run.id for run in runs)
    changed = [(f"{d.section}: {d.what}", *(value or _NONE for value in d.values)) for d in found]
    told = table(("differs", *names), changed) if changed else "The runs have the same design, data and training."
    numbers = tuple(range(1, len(runs) + 1))
    return f"{told}\n\n{table(('result', *names), [*_facts(runs), *_results(runs)], right=numbers)}"


def _facts(runs: Sequence[RunSummary]) -> list[tuple[str, ...]]:
    kept = [run.record for run in runs]
    return [
        ("State", *(STATES[run.status] for run in runs)),
        ("Epochs", *(f"{r.epochs_done:,}/{r.epochs:,}" for r in kept)),
        ("Best epoch", *(f"{r.best_epoch:,}" if r.best_epoch else _NONE for r in kept)),
        ("Parameters", *(f"{r.params:,}" for r in kept)),
        ("Time", *(clock(r.seconds) for r in kept)),
        ("Device", *(r.device for r in kept)),
    ]


def _results(runs: Sequence[RunSummary]) -> list[tuple[str, ...]]:
    """A row for each metric on test, and on validation at the best epoch; the best of each row has a star."""
    rows = [_row("test", name, [run.record.test for run in runs]) for name in _names(r.record.test for r in runs)]
    validated = [{n: v for n, v in run.best.items() if n.startswith(VALIDATION)} for run in runs]
    rows += [_row("validation", name, validated) for name in _names(validated)]
    return rows


def _names(metrics: Iterable[Mapping[str, float | None]]) -> list[str]:
    return list(dict.fromkeys(name for each in metrics for name in each))


def _row(part: str, name: str, metrics: Sequence[Mapping[str, float | None]]) -> tuple[str, ...]:
    values = [each.get(name) for each in metrics]
    known = [value for value in values if value is not None]
    best = next((v for v in known if not any(better(name, other, v) for other in known)), None)
    star = len(set(known)) > 1
    cells = [_NONE if v is None else ("* " if star and v == best else "") + metric_value(name, v) for v in values]
    return (f"{metric_title(name.removeprefix(VALIDATION))}, {part}", *cells)


def _run(args: argparse.Namespace) -> int:
    if len(args.runs) < 2:
        raise UsageError("One run alone cannot be compared: name two or more; `cnnstudio runs` lists them.")
    runs = [summary(run_folder(text)) for text in args.runs]
    found = differences([frozen(run.folder) for run in runs])
    say(json.dumps(_json(runs, found), indent=2) if args.json else _text(runs, found))
    return OK


VERB = Verb(
    "compare",
    "say in what runs differ, and which did better",
    "Prints what two or more runs do not have in common, in training, data and architecture, and their results side "
    "by side: on the test part, and on validation at the best epoch. The best of each row has a star.",
    _arguments,
    _run,
)
