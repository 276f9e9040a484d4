"""`cnnstudio data`: what is in a folder or file of samples, and which files are not used and why, without Keras."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnnstudio.cli.output import say
from cnnstudio.cli.own_data import prepared_in_words, scanned
from cnnstudio.cli.table import table
from cnnstudio.cli.verb import AT_FAULT, OK, Verb
from cnnstudio.core.data.info import Task

if TYPE_CHECKING:
    import argparse

    from cnnstudio.core.data.facts import ScanReport
    from cnnstudio.core.data.preparation import Preparation
    from cnnstudio.engine.scan.listing import Listing

MOST_ROWS = 40
"""Classes and skipped files in the text form; --json has more."""
_COUNTED = {Task.SEGMENTATION: "pixels", Task.DETECTION: "boxes"}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="a folder or file of images, signals or arrays")
    parser.add_argument("--fresh", action="store_true", help="open every file, whatever an earlier scan has found")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def record(report: ScanReport) -> dict[str, Any]:
    """The JSON object of `cnnstudio data --json`."""
    return {
        "samples": report.samples,
        "classes": report.classes,
        "splits": report.splits,
        "shape": list(report.shape),
        "skipped": [{"file": s.file, "reason": s.reason} for s in report.skipped],
        "diagnostics": [{"severity": d.severity, "message": d.message} for d in report.diagnostics],
    }


def text(listing: Listing, preparation: Preparation) -> str:
    """The report for a person to read."""
    report, source = listing.report, listing.source
    sizes = " × ".join(f"{n:,}" for n in report.shape)
    how = "as an earlier scan found them" if report.cached else f"scanned in {report.seconds:.1f} s"
    lines = [
        f"{source.title}: {source.path}",
        f"{report.samples:,} samples for {source.task_found}, {'mostly ' * source.facts.mixed}{sizes}, {how}",
        *_classes(report, _COUNTED.get(source.task_found, "samples")),
        *_counted("Parts", report.splits),
        *_counted("Kinds", report.kinds),
        *_counted("Sizes", report.sizes),
    ]
    if told := prepared_in_words(preparation):
        lines += ["", f"Suggested preparation: {told[:1].lower()}{told[1:]}"]
    for finding in report.diagnostics:
        lines += ["", f"{finding.severity.capitalize()}: {finding.message}"]
    return "\n".join([*lines, *_skipped(report)])


def _classes(report: ScanReport, counted: str) -> list[str]:
    if not report.classes:
        return []
    rows = [(name, f"{count:,}") for name, count in report.classes.items()]
    more = [f"and {len(rows) - MOST_ROWS:,} more classes"] if len(rows) > MOST_ROWS else []
    return ["", table(("class", counted), rows[:MOST_ROWS], right=(1,)), *more]


def _counted(heading: str, numbers: dict[str, int]) -> list[str]:
    listed = "; ".join(f"{name}: {count:,}" for name, count in numbers.items())
    return ["", f"{heading}: {listed}"] if listed else []


def _skipped(report: ScanReport) -> list[str]:
    if not report.skipped_total:
        return []
    shown = report.skipped[:MOST_ROWS]
    more = report.skipped_total - len(shown)
    lines = [f"  {s.file}: {s.reason}" for s in shown]
    return ["", f"Not used: {report.skipped_total:,}", *lines, *([f"  and {more:,} more"] if more else [])]


def _run(args: argparse.Namespace) -> int:
    listing = scanned(args.source, fresh=args.fresh)
    if args.json:
        say(json.dumps(record(listing.report), indent=2))
    else:
        from cnnstudio.engine.scan import suggested

        say(text(listing, suggested(listing)))
    return AT_FAULT if any(d.severity == "error" for d in listing.report.diagnostics) else OK


VERB = Verb(
    "data",
    "look through a folder or file of samples",
    "Tells what kind of data lies there, looks at every file and prints samples, classes, parts and sizes, what is not "
    "used and why, and what should be known before training. Exit code 1 when nothing can be trained on as it is.",
    _arguments,
    _run,
)
