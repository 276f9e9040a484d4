"""`cnnstudio check`: shapes, parameters, cost and diagnostics of a design, without Keras."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cnnstudio.cli.experiments import add_experiment, load
from cnnstudio.cli.output import say
from cnnstudio.cli.sound import files_gone
from cnnstudio.cli.table import table
from cnnstudio.cli.verb import AT_FAULT, OK, UsageError, Verb
from cnnstudio.core.analysis.diagnostics import Diagnostic, Severity
from cnnstudio.core.analysis.lint import has_errors, lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.formats.weights_store import WeightsError, find
from cnnstudio.core.initial_weights import start_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from cnnstudio.core.analysis.field import Step
    from cnnstudio.core.analysis.tracing import BlockTrace, Trace
    from cnnstudio.core.declare import Shape
    from cnnstudio.core.experiment import Experiment


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_experiment(parser)
    parser.add_argument(
        "--input-shape",
        metavar="28,28,1",
        help="check the design for samples of this shape instead of its own data's, channels last",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")


def input_shape(text: str) -> Shape:
    """The shape in "28,28,1". Raises UsageError."""
    try:
        shape = tuple(int(part) for part in text.split(","))
    except ValueError:
        shape = ()
    if not 1 <= len(shape) <= 4 or any(not 1 <= size <= 65536 for size in shape):
        raise UsageError(
            "--input-shape must be 1 to 4 whole numbers from 1 to 65,536 with commas between, such as 28,28,1, "
            f'not "{text[:60]}".'
        )
    return shape


def traced(experiment: Experiment, shape: Shape | None = None) -> Trace:
    """The design traced for its data; `shape` replaces both the Input's shape and the samples'."""
    architecture, data = experiment.architecture, experiment.data.info()
    if shape is not None:
        data = dataclasses.replace(data, input_shape=shape)
        if "input" in architecture.blocks:
            block = architecture.input
            architecture = architecture.with_blocks(
                dataclasses.replace(block, spec=dataclasses.replace(block.spec, shape=shape))
            )
    return trace(architecture, data)


def _number(value: Step) -> int | float:
    return float(value) if isinstance(value, Fraction) else value


def _field(block: BlockTrace, found: Trace) -> tuple[list[int | float], list[int | float]]:
    """Receptive field and stride, one number per spatial axis of the input; no stride where the output has none."""
    if block.output is None:
        return [], []
    field = found.fields[block.id]
    sizes: list[int | float] = [axis.cells for axis in field]
    strides = [_number(axis.jump) for axis in field] if block.output.spatial else []
    return sizes, strides


def _block_record(block: BlockTrace, found: Trace) -> dict[str, Any]:
    sizes, strides = _field(block, found)
    return {
        "id": block.id,
        "kind": block.spec.kind,
        "inputs": list(block.sources),
        "output_shape": list(block.output.shape) if block.output else None,
        "params": block.params,
        "macs": block.macs,
        "receptive_field": sizes,
        "stride": strides,
    }


def record(found: Trace, diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """The JSON object of `cnnstudio check --json`."""
    return {
        "input_shape": list(found.data.input_shape),
        "blocks": [_block_record(b, found) for b in found.blocks.values()],
        "diagnostics": [
            {
                "severity": d.severity.value,
                "block": d.block,
                "parameter": d.parameter,
                "message": d.message,
                "fixes": [fix.label for fix in d.fixes],
            }
            for d in diagnostics
        ],
        "total_params": found.params,
        "trainable_params": found.trainable_params,
        "total_macs": found.macs,
    }


def _times(numbers: Sequence[int | float]) -> str:
    return " x ".join(f"{n:g}" for n in numbers)


def _row(block: BlockTrace, found: Trace) -> tuple[str, ...]:
    sizes, strides = _field(block, found)
    shape = " x ".join(f"{n:,}" for n in block.output.shape) if block.output else "?"
    reads = ", ".join(block.sources)
    cost = (f"{block.params:,}", f"{block.macs:,}")
    return (block.id, block.spec.title, reads, shape, *cost, _times(sizes), _times(strides))


HEADINGS = ("block", "kind", "reads", "shape out", "parameters", "multiply-adds", "receptive field", "stride")


def report(found: Trace, diagnostics: Sequence[Diagnostic]) -> str:
    """The layer table, the totals and the diagnostics, as text."""
    lines = [
        table(HEADINGS, [_row(b, found) for b in found.blocks.values()], right=(4, 5)),
        "",
        f"{found.params:,} parameters ({found.trainable_params:,} trainable), "
        f"{found.macs:,} multiply-adds for one sample",
    ]
    for diagnostic in diagnostics:
        lines += ["", str(diagnostic), *(f"  fix: {fix.label}" for fix in diagnostic.fixes)]
    if not diagnostics:
        lines.append("No problems found")
    return "\n".join(lines)


def _start(experiment: Experiment, found: Trace, *, sound: bool) -> tuple[str, str]:
    """What training starts from where these are not fresh weights, and why that cannot be."""
    if not experiment.weights:
        return "", ""
    from cnnstudio.core.formats.weights_file import WeightsFile  # brings numpy

    try:
        shapes = WeightsFile(find(experiment.weights)).shapes
    except WeightsError as error:
        return "", str(error)
    return (str(start_of(experiment, found.program(), shapes)) if sound else ""), ""


def _run(args: argparse.Namespace) -> int:
    shape = input_shape(args.input_shape) if args.input_shape is not None else None
    experiment = load(args.experiment)
    found = traced(experiment, shape)
    diagnostics = lint(found)
    start, missing = _start(experiment, found, sound=not has_errors(diagnostics))
    warnings = (sentence for sentence in (missing, files_gone(experiment)) if sentence)
    diagnostics = (*diagnostics, *(Diagnostic(Severity.WARNING, "", "", sentence) for sentence in warnings))
    if problem := experiment.data.problem():
        diagnostics = (Diagnostic(Severity.ERROR, "", "test", problem), *diagnostics)
    if args.json:
        say(json.dumps(record(found, diagnostics) | ({"start": start} if start else {}), indent=2))
    else:
        say("\n".join([report(found, diagnostics), *([start] if start else [])]))
    return AT_FAULT if has_errors(diagnostics) else OK


VERB = Verb(
    "check",
    "print the layer table and what is wrong with a design",
    "Works out shapes, parameters, multiply-adds and receptive fields without loading Keras, and says what would keep "
    "the design from training. Exit code 1 when it has errors.",
    _arguments,
    _run,
)
