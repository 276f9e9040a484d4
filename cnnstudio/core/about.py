"""What an experiment says about itself beside its name: the papers it follows and what may be expected of it."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from cnnstudio.core.declare import DeclarationError, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cnnstudio.core.experiment import Experiment

LONGEST_NAME = 200
LONGEST_NOTES = 10_000
"""Characters of notes, and of a description."""
MOST_PAPERS = 8
MOST_SCORES = 16
_LONGEST = 400
"""Characters of a title, of the authors' names, of a link."""
_METRIC = re.compile(r"[a-z][a-z0-9_]{0,39}")
_YEARS = range(1700, 2201)

Expected: TypeAlias = tuple[tuple[str, float], ...]
"""Metrics, by the names they have in runs, and what they come to on the test part."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A publication that a design follows."""

    title: str
    authors: str = ""
    year: int = 0
    """0 where it is not known."""
    link: str = ""
    """An http or https address, or nothing."""

    def __str__(self) -> str:
        said = f"{self.authors}: {self.title}" if self.authors else self.title
        return f"{said} ({self.year})" if self.year else said

    @property
    def problem(self) -> str:
        """Why it cannot be kept, in one sentence; "" when it can."""
        if not self.title.strip():
            return "a paper must have a title."
        for name in ("title", "authors", "link"):
            text = getattr(self, name)
            if len(text) > _LONGEST or not text.isprintable():
                return f"{name} of a paper is one line of at most {_LONGEST} characters, not {show(text)}."
        if self.year and self.year not in _YEARS:
            return f"year of a paper must be from {_YEARS[0]} to {_YEARS[-1]}, not {self.year}."
        if self.link and not is_address(self.link):
            return f'link of a paper must begin with "https://" or "http://" and name a site, not {show(self.link)}.'
        return ""


@dataclass(frozen=True, slots=True)
class Description:
    """What a person says of an experiment."""

    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""
    papers: tuple[Paper, ...] = ()
    expected: Expected = ()

    def of(self, experiment: Experiment) -> Experiment:
        """The experiment, described so."""
        return dataclasses.replace(
            experiment,
            name=" ".join(self.name.split())[:LONGEST_NAME] or experiment.name,
            description=self.description.strip(),
            tags=self.tags,
            notes=self.notes.strip(),
            papers=self.papers,
            expected=self.expected,
        )


def describes(experiment: Experiment, expected: Expected) -> Description:
    """How an experiment is described, with what it is known to come to."""
    found = experiment
    return Description(found.name, found.description, found.tags, found.notes, found.papers, expected)


def is_address(text: str) -> bool:
    """Whether a text is the address of a page on the web, and nothing that would open a file or a program."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)


def checked_papers(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """The papers. Raises DeclarationError where one cannot be kept."""
    found = tuple(papers)
    if len(found) > MOST_PAPERS:
        raise DeclarationError(f"papers has {len(found):,} entries; at most {MOST_PAPERS} are kept.")
    for number, paper in enumerate(found):
        if problem := paper.problem:
            raise DeclarationError(f"papers[{number}]: {problem}")
    return found


def checked_expected(scores: Mapping[str, float]) -> Expected:
    """The expected result, in its order. Raises DeclarationError where it names no metric or a value is no number."""
    if len(scores) > MOST_SCORES:
        raise DeclarationError(f"expected has {len(scores):,} metrics; at most {MOST_SCORES} are kept.")
    for name, value in scores.items():
        if not _METRIC.fullmatch(name):
            raise DeclarationError(
                f'expected names the metric {show(name)}; a metric has lower-case letters, digits and "_", as '
                '"accuracy" or "mean_iou".'
            )
        if not math.isfinite(value):
            raise DeclarationError(f"expected: {name} must be a number, not {value}.")
    return tuple((name, float(value)) for name, value in scores.items())
