"""Sound files made unsound: bytes flipped, cut, doubled, and JSON whose values, names and depth are another's.

The same chance gives the same damage, so that a number names a case for ever.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

MOST_BYTES = 6 << 20
"""Past what any document may have, and no larger: a case is written, read and thrown away in milliseconds."""
_TOKENS = (
    b"null", b"{}", b"[]", b"-1", b"1e308", b'"x"', b"true", b"99999999", b"NaN", b"Infinity", b"-0", b"1e999",
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\n", b"\r\n", b"\x1b[2J", b'"', b"\\", b"PK",
)  # fmt: skip
_DEEP = 5_000
_NAMES = (
    "", "x" * 3000, "\ud800", "\u202e", "\0", "\x1b]0;owned\x07", "__class__", "../../etc/passwd", "C:\\nul", "a\nb",
    "é", "e\u0301", "$(id)", "{0.__class__}", "%s%n", "input", "output", "1e3", "NaN", "true", "'; DROP",
)  # fmt: skip
_NUMBERS = (
    0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, 10**17, -(10**17), 0.5, -0.0, 1e-320, 1e308, -1e308, 10**400,
)  # fmt: skip


class _Raw(str):
    """Text that goes into the JSON as it stands."""

    __slots__ = ()


def damaged(data: bytes, chance: random.Random, *, is_json: bool) -> bytes:
    """The file with one to several faults."""
    if is_json and chance.random() < 0.6:
        found = _another_document(data, chance)
        return found if chance.random() < 0.85 else _torn(found, chance)
    return _torn(data, chance)


def _torn(data: bytes, chance: random.Random) -> bytes:
    torn = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        _tear(torn, chance)
        if not torn:
            return chance.choice((b"", b"\0", b"{", b"\xff" * 100))
    return bytes(torn[:MOST_BYTES])


def _tear(data: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(data))
    some = chance.choice((1, 4, 30, 500))
    match chance.randrange(9):
        case 0:
            data[place] ^= 1 << chance.randrange(8)
        case 1:
            data[place] = chance.randrange(256)
        case 2:
            del data[place : place + some]
        case 3:
            data[place:place] = data[place : place + some]
        case 4:
            del data[place:]
        case 5:
            data[place : place + some] = bytes(len(data[place : place + some]))
        case 6:
            other = chance.randrange(len(data))
            data[place : place + some], piece = data[other : other + some], bytes(data[place : place + some])
            data[other : other + len(piece)] = piece
        case 7:
            data += data[place:]
        case _:
            data[place:place] = chance.choice(_TOKENS)


def _another_document(data: bytes, chance: random.Random) -> bytes:
    """Well-formed JSON, or nearly so, of another meaning."""
    try:
        document = json.loads(data)
    except ValueError:
        return _torn(data, chance)
    for _ in range(chance.choice((1, 1, 2, 4))):
        _change(document, chance)
    text = _written(document)
    if chance.random() < 0.05:
        text = f"{text[:-1]}, {text[1:]}" if chance.random() < 0.5 else f"[{text}]"
    return text.encode("utf-8", "surrogatepass")[:MOST_BYTES]


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Every container with every key of it."""
    found: list[tuple[Any, Any]] = []
    todo = [document]
    while todo:
        at = todo.pop()
        keys = list(at) if isinstance(at, dict) else range(len(at)) if isinstance(at, list) else []
        for key in keys:
            found.append((at, key))
            todo.append(at[key])
    return found


def _change(document: Any, chance: random.Random) -> None:
    places = _places(document)
    if not places:
        return
    holder, key = chance.choice(places)
    match chance.randrange(8):
        case 0 | 1:
            holder[key] = _hostile(chance)
        case 2:
            del holder[key]
        case 3 if isinstance(holder, dict):
            holder[chance.choice((*_NAMES, f"{key}s", key[:-1]))] = holder.pop(key)
        case 4 if isinstance(holder, dict):
            holder[_Raw(f"{json.dumps(key)}: {_written(holder[key])}, {json.dumps(key)}")] = _hostile(chance)
        case 5 if isinstance(holder, list):
            holder += [holder[key]] * chance.choice((1, 2, 40, 6000))
        case 6:
            holder[key] = [holder[key]] if chance.random() < 0.5 else {"a": holder[key]}
        case _:
            other, name = chance.choice(places)
            if name in other if isinstance(other, dict) else name < len(other):
                holder[key] = copy.deepcopy(other[name])


def _hostile(chance: random.Random) -> Any:
    match chance.randrange(8):
        case 0 | 1:
            return chance.choice(_NUMBERS)
        case 2 | 3:
            return chance.choice(_NAMES)
        case 4:
            return chance.choice((None, True, False, [], {}, [[]], {"": {}}, [None] * 100, ["a"] * 3000))
        case 5:
            deep = chance.choice((3, 17, 200, _DEEP))
            mark, end = chance.choice((("[", "]"), ('{"a":', "}")))
            return _Raw(mark * deep + "1" + end * deep)
        case 6:
            return _Raw(chance.choice(("NaN", "Infinity", "-Infinity", "1e999", "-", "9" * 5000, "0x10", "1_000")))
        case _:
            return "x" * chance.choice((300, 10_000, 400_000))


def _written(value: Any) -> str:
    """As JSON, with raw pieces as they are."""
    if isinstance(value, _Raw):
        return str(value)
    if isinstance(value, dict):
        pairs = (f"{k if isinstance(k, _Raw) else json.dumps(k)}: {_written(v)}" for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
