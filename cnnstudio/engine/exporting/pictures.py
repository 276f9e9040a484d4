"""Drawings and tables of an architecture. They need neither model nor samples, and Keras is not loaded for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.summary import summary_text
from cnnstudio.engine.exporting.errors import ExportError
from cnnstudio.engine.exporting.placing import in_room, put, size_of
from cnnstudio.engine.exporting.stages import Export, Exporting, Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.exporting import Wish


@dataclass(frozen=True)
class Outline:
    """What is drawn."""

    experiment: Experiment
    design: Trace


def outline_of(experiment: Experiment) -> Outline:
    """Raises ExportError for a design that has errors."""
    design = trace(experiment.architecture, experiment.data.info())
    errors = [d for d in lint(design) if d.severity is Severity.ERROR]
    if errors:
        raise ExportError(f"The design has errors, so there is no model. {errors[0].block}: {errors[0].message}")
    return Outline(experiment, design)


def export_picture(wish: Wish, gather: Callable[[], Outline]) -> Exporting:
    """Draw what `gather` brings as `wish` says. Raises ExportError."""
    return in_room(wish, gather, _drawn)


def _drawn(outline: Outline, wish: Wish, room: Path) -> Exporting:
    part = room / wish.path.name
    yield Stage("Drawing")
    notes = PICTURES[wish.format](outline, part)
    size = size_of(part)
    yield Stage("Putting it in place")
    (path,) = put((part,), wish.path.parent)
    return Export(path, size, None, notes=notes)


def _write_diagram(outline: Outline, path: Path) -> tuple[str, ...]:
    from cnnstudio.engine.exporting.diagram import draw  # brings matplotlib, which no other form needs

    drawing = draw(outline.design, outline.experiment.name, path.suffix.removeprefix("."))
    path.write_bytes(drawing.data)
    return drawing.notes


def _write_summary(outline: Outline, path: Path) -> tuple[str, ...]:
    about = outline.experiment
    text = summary_text(about.name, about.description, outline.design, path.suffix)
    path.write_text(text, encoding="utf-8", newline="\n")
    return ()


PICTURES: dict[str, Callable[[Outline, Path], tuple[str, ...]]] = {"diagram": _write_diagram, "summary": _write_summary}
"""Name of a form -> who writes it in the form that the path's ending names; what there is to tell of it."""
