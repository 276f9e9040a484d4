"""Names of classes as people put them beside their data: classes.txt, and the forms of data.yaml that YOLO writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnnstudio.core.data.facts import MOST_CLASSES
from cnnstudio.engine.scan.listing import ScanError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_BYTES = 1 << 20
LONGEST = 200
"""Characters of a name."""
TEXTS = ("classes.txt", "obj.names", "labels.txt")
YAMLS = ("data.yaml", "data.yml", "dataset.yaml")
_KEY = re.compile(r"([A-Za-z_]\w*)\s*:\s*(.*)", re.ASCII)
_ITEM = re.compile(r"-\s+(.*)")
_NUMBERED = re.compile(r"(\d{1,6})\s*:\s*(.+)", re.ASCII)
_SCALAR = re.compile(r""""((?:[^"\\]|\\["\\])*)"|'((?:[^']|'')*)'|([^\s"'\[\]{},#&*!|>%@`](?:[^\[\]{},#]|(?<!\s)#)*)""")


def read_names(folder: Path) -> tuple[tuple[str, ...], str]:
    """(names in the order of their numbers, the file they are from); ((), "") where there is none.

    Raises ScanError for a file that is one and cannot be read, OSError.
    """
    for name in YAMLS:
        if (folder / name).is_file():
            names = _checked(yaml_names(_text(folder / name), name), name)
            if names:
                return names, name
    for name in TEXTS:
        if (folder / name).is_file():
            return _checked(text_lines(_text(folder / name)), name), name
    return (), ""


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ScanError(f'"{path.name}" has more than {MOST_BYTES:,} bytes: write one class name on each line.')
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScanError(f'"{path.name}" is not UTF-8 text: save it as UTF-8.') from error
    if "\0" in text:
        raise ScanError(f'"{path.name}" is not a text: write one class name on each line.')
    return text


def text_lines(text: str) -> list[str]:
    """One name a line; empty lines at the end do not count."""
    return [line.strip() for line in text.rstrip().splitlines()]


def _checked(names: list[str], file: str) -> tuple[str, ...]:
    if len(names) > MOST_CLASSES:
        raise ScanError(f'"{file}" has {len(names):,} class names; there may be {MOST_CLASSES:,}.')
    seen: dict[str, int] = {}
    for number, name in enumerate(names):
        if not name or len(name) > LONGEST or not name.isprintable():
            raise ScanError(
                f'"{file}": the name of class {number} must be 1 to {LONGEST} characters: got "{name[:40]}".'
            )
        if name in seen:
            raise ScanError(f'"{file}": classes {seen[name]} and {number} are both called "{name}": rename one.')
        seen[name] = number
    return tuple(names)


def yaml_names(text: str, file: str = "data.yaml") -> list[str]:
    """What stands under `names:` in one of YOLO's forms: [a, b] on one line, a list of "- a", or "0: a" lines.

    [] where there is no such key. Raises ScanError for any other form; nothing else of the file is interpreted.
    """
    lines = text.splitlines()
    for number, line in enumerate(lines):
        match = _KEY.fullmatch(line.rstrip()) if not line[:1].isspace() else None
        if match is None or match[1] != "names":
            continue
        rest = _without_comment(match[2])
        if rest.startswith("["):
            return _flow(rest, lines[number + 1 :], "]", file)
        if rest.startswith("{"):
            return _numbered(_flow(rest, lines[number + 1 :], "}", file, keyed=True), file)
        if rest:
            raise _wrong(file)
        return _listed(lines[number + 1 :], file)
    return []


def _without_comment(text: str) -> str:
    return re.sub(r"(^|\s)#.*", "", text).strip()


def _wrong(file: str) -> ScanError:
    return ScanError(f'"{file}": the class names are not in a form that YOLO writes. Write names: [first, second].')


def _flow(first: str, rest: list[str], end: str, file: str, keyed: bool = False) -> list[str]:
    """The entries of [a, b] or {0: a, 1: b}, also over several lines."""
    text = first
    for line in rest:
        if end in text:
            break
        text += " " + _without_comment(line)
    inner = text.strip()
    if not inner.endswith(end):
        raise _wrong(file)
    inner, found, at = inner[1:-1].strip(), [], 0
    while at < len(inner):
        key = re.compile(r"\d{1,6}\s*:\s*", re.ASCII).match(inner, at) if keyed else None
        if keyed and key is None:
            raise _wrong(file)
        match = _SCALAR.match(inner, key.end() if key else at)
        if match is None:
            raise _wrong(file)
        found.append((key[0] if key else "") + _scalar(match))
        at = match.end()
        comma = re.compile(r"\s*(?:,\s*|$)").match(inner, at)
        if comma is None:
            raise _wrong(file)
        at = comma.end()
    return found


def _listed(lines: list[str], file: str) -> list[str]:
    """The lines below `names:`, up to the next key."""
    items: list[str] = []
    numbered: list[str] = []
    for line in lines:
        text = _without_comment(line)
        if not text:
            continue
        item, entry = _ITEM.fullmatch(text), _NUMBERED.fullmatch(text)
        if item is not None:
            items.append(_one(item[1], file))
        elif entry is not None and line[:1].isspace():
            numbered.append(f"{entry[1]}: {_one(entry[2], file)}")
        elif not line[:1].isspace():
            break
        else:
            raise _wrong(file)
    if items and numbered:
        raise _wrong(file)
    return items or _numbered(numbered, file)


def _numbered(entries: Iterable[str], file: str) -> list[str]:
    names: dict[int, str] = {}
    for entry in entries:
        number, _, name = entry.partition(":")
        if int(number) in names:
            raise ScanError(f'"{file}" names class {int(number)} twice: remove one.')
        names[int(number)] = name.strip()
    missing = next((n for n in range(len(names)) if n not in names), None)
    if missing is not None:
        raise ScanError(f'"{file}" does not name class {missing}: the numbers must run from 0 without a gap.')
    return [names[n] for n in range(len(names))]


def _one(text: str, file: str) -> str:
    match = _SCALAR.fullmatch(text.strip())
    if match is None:
        raise _wrong(file)
    return _scalar(match)


def _scalar(match: re.Match[str]) -> str:
    double, single, plain = match.groups()
    if double is not None:
        return re.sub(r"\\([\"\\])", r"\1", double)
    return single.replace("''", "'") if single is not None else plain.strip()
