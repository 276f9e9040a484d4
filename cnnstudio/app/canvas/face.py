"""What a card says: a block and its analysis turned into words. No Qt here, so the wording is tested as values."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.app.format import counted, shape, short
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.key_parameters import parameter_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.analysis.diagnostics import Diagnostic
    from cnnstudio.core.analysis.tracing import BlockTrace
    from cnnstudio.core.architecture import Block

_WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.HINT)


@dataclass(frozen=True, slots=True)
class Face:
    """The words and marks of one card."""

    id: str
    title: str
    group: str
    parameters: str
    """The parameters that matter: "32 filters · 3 x 3"; the block's summary where it has none."""
    shape: str
    """Output shape: "8 x 8 x 6" with multiplication signs; "" while it is unknown."""
    count: str
    """"156 parameters"; "" for none."""
    short_counts: tuple[str, ...]
    """The same for narrower and narrower places: "1,234,567 params", "1.23 M"."""
    severity: Severity | None
    sentences: tuple[str, ...]
    """What lint says of the block, worst first."""
    takes_input: bool
    takes_many: bool
    gives_output: bool
    bypassed: bool = False
    """Whether the block is left out of the network."""
    is_summary: bool = False
    """Whether the block has no parameters that matter, so that `parameters` says what it does."""

    @property
    def short_id(self) -> str:
        """What tells the block from others of its kind, for narrow places: "…_1" of "max_pooling_1" on Max pooling."""
        stem = re.sub(r"[^a-z0-9]+", "_", self.title.lower())
        rest = self.id.removeprefix(stem)
        return f"…{rest}" if rest != self.id and re.fullmatch(r"_\d+", rest) else self.id

    @property
    def tool_tip(self) -> str:
        """What the block is and all that lint says of it, as rich text that wraps."""
        facts = " · ".join(part for part in (self.parameters, self.output_words, self.count) if part)
        lines = [f"<b>{html.escape(self.title)}</b> {html.escape(self.id)}", html.escape(facts)]
        if self.bypassed:
            lines.append("Bypassed: what it reads first passes unchanged.")
        lines += [html.escape(sentence) for sentence in self.sentences]
        return "".join(f"<p style='margin:2px'>{line}</p>" for line in lines)

    @property
    def output_words(self) -> str:
        """The output shape in a sentence's words."""
        return f"output {self.shape}" if self.shape else "no output shape yet"

    @property
    def spoken(self) -> str:
        """The card for a screen reader."""
        name = f"{self.title} {self.id}" + (", bypassed" if self.bypassed else "")
        parts = (name, self.parameters, self.output_words, self.count, *self.sentences)
        return ", ".join(part.rstrip(".") for part in parts if part)


def worst(diagnostics: Sequence[Diagnostic]) -> Severity | None:
    """The worst severity among them, None where there are none."""
    return min(diagnostics, key=_rank).severity if diagnostics else None


def face_of(block: Block, traced: BlockTrace | None, diagnostics: Sequence[Diagnostic], rank: int = 2) -> Face:
    """The card of `block`; `traced` is None while the block is not in the trace.

    `rank` is the number of spatial axes of the network's input: how sizes are spelled out while none reaches the block.
    """
    spec = block.spec
    ordered = sorted(diagnostics, key=_rank)
    inputs = traced.inputs if traced is not None else ()
    output = traced.output if traced is not None else None
    params = traced.params if traced is not None else 0
    flows = shape(output.shape) if output is not None else ""
    words = parameter_words(spec, inputs[0].rank if inputs else rank)
    tells = bool(words) and words != flows  # Input's parameter is its output shape
    return Face(
        id=block.id,
        title=spec.title,
        group=spec.group,
        parameters=words if tells else spec.summary,
        shape=flows,
        count=count_words(params),
        short_counts=(f"{params:,} params", short(params)) if params else (),
        severity=ordered[0].severity if ordered else None,
        sentences=tuple(d.message for d in ordered),
        takes_input=spec.max_inputs != 0,
        takes_many=spec.max_inputs is None or spec.max_inputs > 1,
        gives_output=spec.kind != "Output",
        bypassed=block.bypassed,
        is_summary=not tells,
    )


def _rank(diagnostic: Diagnostic) -> int:
    return _WORST_FIRST.index(diagnostic.severity)


def count_words(params: int) -> str:
    """A number of weights: "156 parameters", "" for none."""
    return counted(params, "parameter") if params else ""
