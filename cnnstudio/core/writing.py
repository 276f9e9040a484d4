"""Python written by the program: safe literals, free names, calls laid out within the line length."""

from __future__ import annotations

import builtins
import keyword
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

COLUMNS = 100
"""Longest line of generated code."""
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


def arguments(by_position: Sequence[Any], by_name: Mapping[str, Any]) -> list[str]:
    """The arguments of a call, each as source."""
    return [*(literal(v) for v in by_position), *(f"{k}={literal(v)}" for k, v in by_name.items())]


def call(head: str, parts: Sequence[str], tail: str, indent: str) -> list[str]:
    """Lines of `head(parts)tail`: on one line, else the arguments on a line of their own, else one a line."""
    joined = ", ".join(parts)
    whole = f"{indent}{head}({joined}){tail}"
    if len(whole) <= COLUMNS:
        return [whole]
    inner = indent + INDENT
    body = [inner + joined] if len(inner + joined) <= COLUMNS else [f"{inner}{part}," for part in parts]
    return [f"{indent}{head}(", *body, f"{indent}){tail}"]
