"""Python written by the program: safe literals, free names, calls laid out within the line length."""

from __future__ import annotations

import builtins
import keyword
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

COLUMNS = 88
"""Longest line of generated code: that of Black, which leaves the code as it is."""
LONGEST_NAME = 40
"""Longer names are cut, so that a line never has to hold more than a name and a call's head."""
INDENT = "    "


def literal(value: Any) -> str:
    """`value` as Python source, strings in double quotes. Raises TypeError for what has no literal."""
    if isinstance(value, str):
        # Behind a leading apostrophe repr chooses double quotes, unless the text holds some itself.
        return repr(value) if '"' in value else '"' + repr("'" + value)[2:]
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, tuple):
        inner = ", ".join(literal(v) for v in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, list):
        return "[" + ", ".join(literal(v) for v in value) + "]"
    if isinstance(value, dict) and value.keys() == {"class_name", "config"}:
        return _initializer(value).text
    raise TypeError(f"{type(value).__name__} has no literal in generated code.")


def one_line(text: str) -> str:
    """`text` with everything that is not printable turned into spaces, so that it stays on its line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def docstring(title: str, paragraphs: Sequence[str], indent: str = "") -> list[str]:
    """Lines of a docstring that says `title`, then `paragraphs`, and that no text can close early."""
    lines = [one_line(title)]
    for paragraph in paragraphs:
        lines.append("")
        lines.extend(_wrap(one_line(paragraph), COLUMNS - len(indent)))
    safe = [line.replace("\\", "\\\\").replace('"', '\\"') if _risky(line) else line for line in lines]
    if len(safe) == 1:
        return [f'{indent}"""{safe[0]}"""']
    return [f'{indent}"""{safe[0]}', *((indent + line).rstrip() for line in safe[1:]), f'{indent}"""']


def comment(text: str, indent: str) -> list[str]:
    """Lines of a comment."""
    return [f"{indent}# {line}" for line in _wrap(one_line(text), COLUMNS - len(indent) - 2)]


def _risky(line: str) -> bool:
    return "\\" in line or '""' in line or line.endswith('"')


def _wrap(text: str, width: int) -> list[str]:
    lines, at = [], ""
    for word in text.split(" "):
        if at and len(at) + 1 + len(word) > width:
            lines.append(at)
            at = word
        else:
            at = f"{at} {word}" if at else word
    return [*lines, at]


def free_name(wanted: str, taken: Collection[str]) -> str:
    """A valid variable name like `wanted` that is no keyword, no builtin and not in `taken`."""
    name = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in wanted)[:LONGEST_NAME]
    if not name or name[0].isdigit():
        name = f"_{name}"[:LONGEST_NAME]
    if keyword.iskeyword(name) or hasattr(builtins, name):
        name += "_"
    stem, number = name, 2
    while name in taken:
        tail = f"_{number}"
        name, number = stem[: LONGEST_NAME - len(tail)] + tail, number + 1
    return name


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of source that can be broken up: `text` in one line, else `parts`, one a line, between the brackets."""

    text: str
    opening: str = ""
    parts: tuple[Piece, ...] = ()
    closing: str = ""
    loose: bool = False
    """Broken up, the parts go one a line even where they fit on one: what Black does to lists and tuples."""


def listed(head: str, parts: Sequence[Piece]) -> Piece:
    """A list of these behind `head`."""
    return Piece(f"{head}[{', '.join(p.text for p in parts)}]", f"{head}[", tuple(parts), "]", loose=True)


def value_piece(value: Any, head: str = "") -> Piece:
    """`value` as source behind `head`. Raises TypeError for what has no literal."""
    if isinstance(value, tuple | list) and value:
        brackets = "()" if isinstance(value, tuple) else "[]"
        parts = tuple(value_piece(v) for v in value)
        return Piece(head + literal(value), head + brackets[0], parts, brackets[1], loose=True)
    if isinstance(value, dict):
        return _initializer(value, head)
    return Piece(head + literal(value))


def _initializer(plain: Mapping[str, Any], head: str = "") -> Piece:
    """Keras's plain form of an initialiser, {"class_name": ..., "config": {...}}, as the call that makes it."""
    return call(f"{head}keras.initializers.{plain['class_name']}", arguments(list(plain["config"].values()), {}))


def arguments(by_position: Sequence[Any], by_name: Mapping[str, Any]) -> list[Piece]:
    """The arguments of a call, each as source."""
    return [*(value_piece(v) for v in by_position), *(value_piece(v, f"{k}=") for k, v in by_name.items())]


def call(head: str, parts: Sequence[Piece], tail: str = "") -> Piece:
    """`head(parts)tail`."""
    return Piece(f"{head}({', '.join(p.text for p in parts)}){tail}", f"{head}(", tuple(parts), f"){tail}")


def laid_out(piece: Piece, indent: str) -> list[str]:
    """Lines of `piece` as Black would lay them out: on one, else what is in brackets on a line of its own, else its
    parts one a line."""
    whole = indent + piece.text
    if len(whole) <= COLUMNS or not piece.parts:
        return [whole]
    inner = indent + INDENT
    joined = inner + ", ".join(p.text for p in piece.parts)
    if len(joined) <= COLUMNS and not piece.loose:
        body = [joined]
    else:
        body = [line for p in piece.parts for line in laid_out(_with_comma(p), inner)]
    return [indent + piece.opening, *body, indent + piece.closing]


def _with_comma(piece: Piece) -> Piece:
    return Piece(f"{piece.text},", piece.opening, piece.parts, f"{piece.closing},", piece.loose)
