"""Aligned text tables for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.tables import Table, aligned

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Columns as wide as their widest cell; those whose index is in `right` are aligned right, as numbers are."""
    numbers = [index in right for index in range(len(headings))]
    return aligned(Table(_on_a_line(headings), [_on_a_line(row) for row in rows], numbers)).removesuffix("\n")


def _on_a_line(cells: Sequence[str]) -> list[str]:
    """Names in files may have been written by anybody: a line end in one must not break its row."""
    return [" ".join(cell.splitlines()) for cell in cells]
