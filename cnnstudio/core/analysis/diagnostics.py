"""Diagnostics: what lint has to say about a design, and the edits that would mend it."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.declare import Shape
    from cnnstudio.core.edits import Edit


class Severity(enum.StrEnum):
    """ERROR: cannot be built. WARNING: builds, but surely not what was meant. HINT: worth a thought."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Fix:
    """One way out of a diagnostic. `edit` is made only when asked for, so that lint stays cheap."""

    label: str
    edit: Callable[[], Edit]
    gives: str = ""
    """What comes of it: "add_1 gives 8 × 8 × 32 · + 1,056 parameters"; "" before it was tried."""
    after: Trace | None = field(default=None, compare=False, repr=False)
    """The design with it, traced; None before it was tried."""


Wanted: TypeAlias = "Shape | str"
"""The shape that would do, or words for what would where many do: "a vector"."""


@dataclass(frozen=True, slots=True)
class EdgeFault:
    """A connection on which the wrong shape arrives."""

    source: str
    target: str
    given: Shape
    wanted: Wanted


@dataclass(frozen=True)
class Diagnostic:
    """One finding: how bad, at which block and parameter ("" for none), the sentence, what might mend it."""

    severity: Severity
    block: str
    parameter: str
    message: str
    candidates: tuple[Fix, ...] = ()
    """What whoever found it suggests, not yet tried on the whole design."""
    offer: Callable[[Diagnostic], tuple[Fix, ...]] | None = field(default=None, compare=False, repr=False)
    """Finds the fixes that hold for the whole design; lint puts it in."""
    edges: tuple[EdgeFault, ...] = ()
    """Connections that it is about: those on which a shape arrives that the block cannot take."""

    @cached_property
    def fixes(self) -> tuple[Fix, ...]:
        """The fixes to show. From lint: each was tried, ends this finding and brings no other error; see `offers`.

        Worked out when first asked for, as a trial costs as much as an edit.
        """
        return self.candidates if self.offer is None else self.offer(self)

    @property
    def finding(self) -> tuple[Severity, str, str, str]:
        """Severity, block, parameter and rule: the same finding before and after an edit, whatever value it names."""
        rule = re.split(r", but |: ", self.message, maxsplit=1)[0]
        return self.severity, self.block, self.parameter, re.sub(r"\d[\d,. x×]*", "#", rule)

    def __str__(self) -> str:
        place = f"{self.block}: " if self.block else ""
        return f"{self.severity}: {place}{self.message}"


Suggestion: TypeAlias = "tuple[str, Mapping[str, Any]]"
"""Words for a button, and the parameters to set when it is pressed."""


class Refused(Exception):
    """Raised while a block is laid out: Keras would reject, crash on or silently misread this call.

    `parameter` is the Keras argument (blocks use the same names); the text is rule, value received, what to do.
    `suggest` names values that would do; tracing keeps those that do mend the block and makes fixes of them.
    `wanted` says of tensors, by the step that yields them, what should have come in their place.
    """

    def __init__(
        self,
        message: str,
        parameter: str = "",
        fixes: tuple[Fix, ...] = (),
        suggest: tuple[Suggestion, ...] = (),
        wanted: Mapping[str, Wanted] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.parameter = parameter
        self.fixes = fixes
        self.suggest = suggest
        self.wanted = wanted or {}
