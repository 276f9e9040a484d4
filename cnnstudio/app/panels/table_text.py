"""A table as text for other programs. The first line holds the headings."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def tabbed(lines: Sequence[Sequence[str]]) -> str:
    """Cells with tabs between, as spreadsheets take them."""
    return "".join("\t".join(line) + "\n" for line in lines)


def comma_separated(lines: Sequence[Sequence[str]]) -> str:
    """CSV as of RFC 4180, with line feeds."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table, columns padded so that it reads as plain text too; all but the first two to the right."""
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    widths = [max(3, *(len(line[n]) for line in escaped)) for n in range(len(escaped[0]))]
    rule = [("-" * w if n < 2 else "-" * (w - 1) + ":") for n, w in enumerate(widths)]
    rows = [_row(escaped[0], widths), "| " + " | ".join(rule) + " |", *(_row(line, widths) for line in escaped[1:])]
    return "\n".join(rows) + "\n"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [c.ljust(w) if n < 2 else c.rjust(w) for n, (c, w) in enumerate(zip(cells, widths, strict=True))]
    return "| " + " | ".join(padded) + " |"
