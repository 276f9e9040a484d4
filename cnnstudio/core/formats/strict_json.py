"""JSON documents with a versioned format, read strictly: sizes, types and names first, and each fault one sentence.

Experiment files and copied blocks are read this way. Nothing in a document is ever executed.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from cnnstudio.core.declare import DeclarationError, closest
from cnnstudio.core.formats.faults import FileError

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_PARTS", "FileError", "Format", "depth", "read_json", "write_json"]

MAX_BYTES = 4 * 1024 * 1024
"""A design of as many blocks as there may be has about half of it."""
MAX_DEPTH = 16
MAX_PARTS = 400_000
"""Lists and objects: Python takes some 60 bytes for the least of them, of which a file has two."""
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""How a letter beyond the first 65,536 is put in two parts, of which one alone is no letter."""
_MOST_DIGITS = 18
_LONG = re.compile(rf"[0-9]{{{_MOST_DIGITS}}}")

R = TypeVar("R", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Format(Generic[R]):
    """What a document must be to be read."""

    name: str
    major: int
    minor: int
    what: str
    """The document in a sentence: "an experiment"."""
    record: type[R]
    parts: tuple[type[msgspec.Struct], ...]
    """Records within `record`, whose entries are offered for misspelt ones."""

    @property
    def head(self) -> str:
        """The entry "format" as this version writes it."""
        return f"{self.name} {self.major}.{self.minor}"


def write_json(document: dict[str, Any]) -> str:
    """The document as text, an entry a line, lists of numbers and short texts on one."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return _on_one_line(text) + "\n"


def _on_one_line(text: str) -> str:
    """Put lists of numbers and short texts on one line: [3, 3] rather than four lines."""
    plain = r'(?:-?[\d.e+]+|"[a-z0-9_]*")'
    short = re.compile(rf"\[\s*({plain}(?:,\s*{plain})*)\s*\](?=,?$)", re.MULTILINE)
    return short.sub(lambda m: "[" + ", ".join(p.strip() for p in m[1].split(",")) + "]", text)


def read_json(text: str | bytes, place: str, form: Format[R]) -> R:
    """The record in a JSON text; `place` names the text in errors. Raises FileError."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) > MAX_BYTES:
        raise FileError(f"{place} has more than {MAX_BYTES:,} bytes, the most {form.what} may have.")
    try:
        plain = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{place} is not {form.what}: byte {error.start:,} is not UTF-8 text.") from error
    if plain.count("[") + plain.count("{") > MAX_PARTS:
        raise FileError(f"{place} has more than {MAX_PARTS:,} lists and objects, the most {form.what} may have.")
    if depth(plain, MAX_DEPTH) > MAX_DEPTH:
        raise FileError(f"{place} nests more than {MAX_DEPTH} levels deep, the most {form.what} may.")
    try:
        document = json.loads(
            plain,
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
            parse_int=_int if _LONG.search(plain) else None,  # which is asked a million times in the largest files
            parse_float=_float,
        )
    except json.JSONDecodeError as error:
        raise FileError(f"{place} is not JSON: {error.msg.lower()} in line {error.lineno:,}.") from error
    except DeclarationError as error:
        raise FileError(f"{place}: {error}") from error
    if _HALF.search(plain) and (name := _half_letter(document)):
        raise FileError(f"{place} holds half of a letter ({name}), which nothing can show: remove it.")
    _check_format(document, place, form)
    try:
        return msgspec.convert(document, form.record)
    except msgspec.ValidationError as error:
        raise FileError(f"{place}: {_explain(str(error), form)}") from error


def _check_format(document: object, place: str, form: Format[R]) -> None:
    given = document.get("format") if isinstance(document, dict) else None
    match = re.fullmatch(rf"{form.name} (\d{{1,6}})\.(\d{{1,6}})", given) if isinstance(given, str) else None
    if match is None:
        raise FileError(f'{place} is not {form.what}: "format" must read "{form.head}".')
    if int(match[1]) > form.major:
        raise FileError(
            f"{place} was written by a newer CNN Studio (format {match[1]}.{match[2]}; this one reads {form.major}.x): "
            "update the studio to open it."
        )
    if int(match[1]) < 1:
        raise FileError(f"{place} has the unknown format version {match[1]}.{match[2]}; the first was 1.0.")


def _explain(message: str, form: Format[R]) -> str:
    """msgspec's message with the place as a person reads it and the closest known name."""
    what, _, path = message.partition(" - at `")
    where = path.rstrip("`").removeprefix("$").lstrip(".") or "the document"
    unknown = re.search(r"unknown field `(.*)`", what, re.DOTALL)
    if unknown:
        records: tuple[type[msgspec.Struct], ...] = (form.record, *form.parts)
        known = {name for record in records for name in record.__struct_fields__}
        return f'{where} has the unknown entry "{unknown[1][:60]}". {closest(unknown[1][:200], known)}'
    missing = re.search(r"missing required field `(.*)`", what)
    if missing:
        return f'{where} lacks the entry "{missing[1]}".'
    return f"{where}: {what[:1].lower()}{what[1:].replace('`', '')}."


def _half_letter(document: object) -> str:
    """The first half of a letter that stands alone, as JSON puts it; "" where there is none."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        return f"\\u{ord(error.object[error.start]):04x}"
    return ""


_MARKS = re.compile(r'(?s:(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?[^"\[\]{}]*+)++)|[\[{]|[\]}]')
"""Brackets, and texts with all up to the next bracket, which may be a million texts. One without an end goes on to the
end of all, so that nothing is looked at twice."""


def depth(text: str, most: int) -> int:
    """Levels of nesting in a JSON text; counted no further than one past `most`."""
    deepest = level = 0
    for bracket in _MARKS.finditer(text):
        mark = bracket[0]
        if mark in "[{":
            level += 1
            deepest = max(deepest, level)
            if deepest > most:
                break
        elif mark in "]}":
            level -= 1
    return deepest


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DeclarationError(f'the entry "{key[:60]}" stands twice in one object; keep one of them.')
        found[key] = value
    return found


def _no_constant(name: str) -> float:
    raise DeclarationError(f"{name} is not a number of JSON.")


def _int(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise DeclarationError(f"the number {digits[:20]}... is too large.")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise DeclarationError(f"the number {digits[:20]} is too large.")
    return value
