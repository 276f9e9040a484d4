"""Aligned text tables for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Columns as wide as their widest cell; those whose index is in `right` are aligned right, as numbers are."""
    headings, rows = _on_a_line(headings), [_on_a_line(row) for row in rows]
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]

    def line(cells: Sequence[str]) -> str:
        aligned = (c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True)))
        return "  ".join(aligned).rstrip()

    rule = "  ".join("-" * w for w in widths)
    return "\n".join([line(headings), rule, *(line(row) for row in rows)])


def _on_a_line(cells: Sequence[str]) -> list[str]:
    """Names in files may have been written by anybody: a line end in one must not break its row."""
    return [" ".join(cell.splitlines()) for cell in cells]
