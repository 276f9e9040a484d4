"""What the card of a closed group says, and the title of an open one. No Qt here, as in `face`."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.app.canvas.face import Face, count_words
from cnnstudio.app.format import counted, shape, short
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.placing.folding import ways

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.analysis.diagnostics import Diagnostic
    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.architecture import Architecture, Group

NEUTRAL = ""
"""The family of what has none: a group."""
_WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.HINT)
_TOLD = 5
"""Problems named in a tooltip; more are counted."""


@dataclass(frozen=True, slots=True)
class GroupFace(Face):
    """The words and marks of a closed group's card."""

    @property
    def tool_tip(self) -> str:
        """Name, what is in it, its problems, and how it is opened, as rich text that wraps."""
        facts = " · ".join(part for part in (self.parameters, self.output_words, self.count) if part)
        lines = [f"<b>{html.escape(self.title)}</b>", html.escape(facts)]
        lines += [html.escape(sentence) for sentence in self.sentences]
        lines.append("Double-click opens the group.")
        return "".join(f"<p style='margin:2px'>{line}</p>" for line in lines)

    @property
    def spoken(self) -> str:
        """The card for a screen reader."""
        parts = (f"Group {self.title}, closed", self.parameters, self.output_words, self.count, *self.sentences)
        return ", ".join(part.rstrip(".") for part in parts if part)


def face_of_group(
    group: Group, architecture: Architecture, trace: Trace, diagnostics: Mapping[str, tuple[Diagnostic, ...]]
) -> GroupFace:
    """The card of a closed group: what comes out of it, all its parameters, the worst of its members' problems."""
    flow = ways(architecture, group.blocks)
    traced = [trace.blocks[id] for id in architecture.blocks if id in group.blocks and id in trace.blocks]
    outputs = [trace.blocks[id].output for id in flow.exits if id in trace.blocks]
    shapes = dict.fromkeys(shape(o.shape) for o in outputs if o is not None)
    params = sum(block.params for block in traced)
    found = [d for id in architecture.blocks if id in group.blocks for d in diagnostics.get(id, ())]
    found.sort(key=_rank)
    entries = [architecture.blocks[id] for id in flow.entries]
    return GroupFace(
        id=group.id,
        title=group.name,
        group=NEUTRAL,
        parameters=counted(len(group.blocks), "block"),
        shape="".join(shapes) if len(shapes) < 2 else counted(len(shapes), "shape"),
        count=count_words(params),
        short_counts=(f"{params:,} params", short(params)) if params else (),
        severity=found[0].severity if found else None,
        sentences=_sentences(found),
        takes_input=bool(entries),
        takes_many=any(b.spec.max_inputs != 1 for b in entries),
        gives_output=bool(flow.exits),
        bypassed=all(architecture.blocks[id].bypassed for id in group.blocks),
    )


def _sentences(found: list[Diagnostic]) -> tuple[str, ...]:
    told = tuple(f"{d.block}: {d.message}" for d in found[:_TOLD])
    return told if len(found) <= _TOLD else (*told, f"And {counted(len(found) - _TOLD, 'more problem')}.")


def _rank(diagnostic: Diagnostic) -> int:
    return _WORST_FIRST.index(diagnostic.severity)


@dataclass(frozen=True, slots=True)
class Title:
    """What stands at the head of an open group."""

    id: str
    name: str
    count: str
    """"5 blocks"."""

    @property
    def tool_tip(self) -> str:
        """What it is and what can be done with it."""
        name = f"<b>{html.escape(self.name)}</b>, {self.count}"
        return (
            f"<p style='margin:2px'>{name}</p><p style='margin:2px'>Drag it to move them. Double-click closes it.</p>"
        )


def title_of(group: Group) -> Title:
    """The title of an open group."""
    return Title(group.id, group.name, counted(len(group.blocks), "block"))
