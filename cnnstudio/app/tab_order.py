"""The order of the Tab key where parts of the window are built late: Qt puts those behind everything else."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

_TAB = Qt.FocusPolicy.TabFocus.value
"""As a number: a thousand widgets are asked, and flags are made anew each time that they are compared."""


def settle_tabs(container: QWidget, inside: Sequence[QWidget] | None = None) -> None:
    """Let what is in `container` follow what the Tab key reaches before it, in the order in which it was built.

    Who knows all stops in the container and their order gives them as `inside`: looking for them means walking the
    whole window.
    """
    if inside is None:
        inside = [w for w in _chain(container.window()) if container.isAncestorOf(w)]
    before = _previous(container)
    for first, second in itertools.pairwise([*([before] if before is not None else []), *inside]):
        QWidget.setTabOrder(first, second)


def settle_parts(container: QWidget, parts: Sequence[QWidget]) -> None:
    """Let the stops of these parts of `container` follow each other part by part, whichever was built first."""
    chain = _chain(container.window())
    settle_tabs(container, [stop for part in parts for stop in chain if stop is part or part.isAncestorOf(stop)])


def settle_before(stop: QWidget, inside: Sequence[QWidget]) -> None:
    """Let the Tab key reach these, in their order, and then `stop`."""
    before = _previous(stop)
    while before is not None and before in inside:
        before = _previous(before)
    for first, second in itertools.pairwise([*([before] if before is not None else []), *inside]):
        QWidget.setTabOrder(first, second)


def _is_stop(widget: QWidget) -> bool:
    return bool(widget.focusPolicy().value & _TAB) and widget.focusProxy() is None


def _chain(window: QWidget) -> list[QWidget]:
    found: list[QWidget] = []
    at = window.nextInFocusChain()
    while at is not None and at is not window:
        if _is_stop(at):
            found.append(at)
        at = at.nextInFocusChain()
    return found


def _previous(container: QWidget) -> QWidget | None:
    """The nearest stop before `container` in the chain that is not inside it; None at the window's beginning."""
    window, at = container.window(), container.previousInFocusChain()
    while at is not None and at is not window:
        if _is_stop(at) and not container.isAncestorOf(at):
            return at
        at = at.previousInFocusChain()
    return None
