"""What all messages have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import msgspec

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, Any]
else:

    class _ArrayType(type):
        def __instancecheck__(cls, value: object) -> bool:
            return is_array(value)

    class Array(metaclass=_ArrayType):
        """Stands for numpy.ndarray in message types, so that numpy is imported only when an array arrives."""


def is_array(value: object) -> bool:
    """Whether `value` is a numpy array, found out without importing numpy."""
    kind = type(value)
    return (kind.__module__, kind.__name__) == ("numpy", "ndarray")


PROTOCOL = 5
"""Raised when a message changes in a way the other side could misread."""


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of everything on the wire."""

    lossy: ClassVar[bool] = False

    @property
    def lane(self) -> str:
        """What a newer lossy message of this type must agree with to replace this one."""
        return ""


class Command(Message, frozen=True):
    """Window to worker."""


class Event(Message, frozen=True):
    """Worker to window."""


class Sample(msgspec.Struct, frozen=True):
    """One sample: part is "training", "validation" or "test", and index counts within the part, or see `PINNED`."""

    part: str = "validation"
    index: int = 0
