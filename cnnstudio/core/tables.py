"""A table as text for other programs. The first line holds the headings."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Table:
    """Headings, rows, and the sums under them; which columns hold numbers, so that they stand at the right."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[bool]
    sums: Sequence[str] = ()

    @property
    def lines(self) -> list[Sequence[str]]:
        """Headings, rows and sums."""
        return [self.headings, *self.rows, *([self.sums] if self.sums else [])]


@dataclass(frozen=True)
class Form:
    """One form that a table can be copied in."""

    label: str
    write: Callable[[Table], str]
    plain: bool = False
    """Numbers without separators and units, and no sums among them: for programs that count on."""


def aligned(table: Table) -> str:
    """Columns as wide as their widest cell, for type of one width: a rule under the headings and above the sums."""
    widths = [max(len(line[n]) for line in table.lines) for n in range(len(table.headings))]
    rule = "  ".join("-" * width for width in widths)
    heads, *rows = ["  ".join(_padded(line, widths, table.numbers)).rstrip() for line in table.lines]
    foot = [rule, rows.pop()] if table.sums else []
    return "".join(f"{line}\n" for line in [heads, rule, *rows, *foot])


def tabbed(table: Table) -> str:
    """Cells with tabs between, as spreadsheets take them."""
    return "".join("\t".join(line) + "\n" for line in table.lines)


def comma_separated(table: Table) -> str:
    """CSV as of RFC 4180, with line feeds."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table.lines)
    return text.getvalue()


def markdown(table: Table) -> str:
    """A Markdown table, columns padded so that it reads as plain text too."""
    escaped = [[in_markdown(cell) for cell in line] for line in table.lines]
    widths = [max(3, *(len(line[n]) for line in escaped)) for n in range(len(table.headings))]
    rule = ["-" * (w - 1) + ":" if right else "-" * w for w, right in zip(widths, table.numbers, strict=True)]
    lines = [escaped[0], rule, *escaped[1:]]
    return "".join(f"| {' | '.join(_padded(line, widths, table.numbers))} |\n" for line in lines)


def in_markdown(text: str) -> str:
    """Text that a Markdown reader shows as it is, on one line. Underscores within words mean nothing to it."""
    return "".join(f"\\{c}" if c in _MARKDOWN else c for c in " ".join(text.split()))


def _padded(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> list[str]:
    places = zip(cells, widths, numbers, strict=True)
    return [cell.rjust(width) if right else cell.ljust(width) for cell, width, right in places]


_MARKDOWN = frozenset("\\|*`<[]#")
_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$",
    "\u00d7": r"$\times$", "\u2013": "--",
}  # fmt: skip


def latex(table: Table) -> str:
    """A tabular in the manner of booktabs, text escaped."""
    heads, *rows = [[in_latex(cell) for cell in line] for line in [table.headings, *table.rows]]
    columns = "".join("r" if right else "l" for right in table.numbers)
    lines = [
        r"% Needs \usepackage{booktabs}.",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _row(heads),
        r"\midrule",
    ]
    lines += [_row(row) for row in rows]
    if table.sums:
        lines += [r"\midrule", _row([in_latex(cell) for cell in table.sums])]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def in_latex(text: str) -> str:
    """Text as LaTeX sets it, on one line."""
    return "".join(_LATEX.get(c, c) for c in " ".join(text.split()))


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


FORMS = (
    Form("Copy table as text", tabbed),
    Form("Copy table as CSV", comma_separated, plain=True),
    Form("Copy table as Markdown", markdown),
    Form("Copy table as LaTeX", latex),
)
