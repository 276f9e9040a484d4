"""What cards and details say of a preset, as plain functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.format import cells, count, counted, receptive_field, shape, short
from cnnstudio.core.metrics import metric_title, metric_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.about import Expected
    from cnnstudio.core.formats.presets import Preset

DOT = " \u00b7 "
NO_BREAK = "\u00a0"
"""A space at which no line ends."""
YOURS = "Yours"
SHIPPED = "Shipped with the studio"
NOTHING = "Choose a preset to read about it."


def spoken(preset: Preset) -> str:
    """A preset in one line, for tooltips and screen readers."""
    if preset.known_error:
        return f"{preset.name}: cannot be read. {preset.known_error}"
    return DOT.join(part for part in (preset.name, caption(preset), numbers(preset)) if part)


def caption(preset: Preset) -> str:
    """Task and kind of data: "Classification, images"."""
    known = preset.outline
    if known is None:
        return "Cannot be read"
    kind = {1: "signals", 2: "images", 3: "volumes"}.get(known.info.rank, "vectors")
    return f"{known.info.task.value.capitalize()}, {kind}"


def numbers(preset: Preset) -> str:
    """Blocks and parameters, "" until they are known."""
    found = preset.known_summary
    if found is None:
        return ""
    return f"{counted(found.blocks, 'block')}{DOT}{short(found.params)} parameters"


def rows(preset: Preset) -> Iterator[tuple[str, str, str]]:
    """Name, value and tooltip of each number of the details."""
    known, found = preset.outline, preset.summary
    if known is None or found is None:
        return
    info = known.info
    yield "Task", info.task.value.capitalize(), "What the network learns to do"
    yield (
        "Data",
        f"{known.source.title} ({shape(info.input_shape).replace(' ', NO_BREAK)})",
        "What it is trained on, and the shape of a sample",
    )
    yield "Blocks", count(found.blocks), "Input and Output among them"
    yield "Parameters", count(found.params), "Weights and biases of all blocks"
    yield "Multiply-adds", f"{short(found.macs)} a sample", "Work of one pass over one sample"
    yield (
        "Receptive field",
        f"{receptive_field(found.field)} {cells(info.rank)}" if found.field else "whole sample",
        "How much of a sample one cell can depend on at the widest",
    )


def results(expected: Expected) -> str:
    """The expected result, a metric a line."""
    return "\n".join(f"{metric_title(name)}: {metric_value(name, value)}" for name, value in expected)
