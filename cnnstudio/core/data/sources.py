"""What every data source has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from cnnstudio.core.declare import Declared

if TYPE_CHECKING:
    from cnnstudio.core.data.info import DataInfo

Origin: TypeAlias = Literal["real", "synthetic", "own"]
"""Collected from people or nature; computed by the studio; the person's own files."""


class SourceSpec(Declared):
    """Base of all data sources: what they are called, whether they are real, and what a network has to fit."""

    kind: ClassVar[str]
    title: ClassVar[str]
    origin: ClassVar[Origin]
    note: ClassVar[str]
    """One sentence: where the data come from and under which licence."""

    def info(self) -> DataInfo:
        """Task, shape of the samples as they are and classes, without loading anything."""
        raise NotImplementedError

    @property
    def sample_count(self) -> int:
        """How many samples there are, without loading any."""
        raise NotImplementedError

    @property
    def maker(self) -> str:
        """Name of the function in `core.code.samples` that gives the samples; "" where files do."""
        return ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that the source itself names: some of `facts.PARTS`; () when it names none."""
        return ()

    def problem(self) -> str:
        """Why there is nothing to load, in one sentence; "" when all is well."""
        return ""
