"""Fixes as entries of a menu: what each does at the left, what it gives at the right, shown on the canvas meanwhile."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cnnstudio.app.theme import set_icon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMenu

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix

MOST = 6
"""Entries of one menu."""


def add_fixes(menu: QMenu, diagnostics: Iterable[Diagnostic], bridge: DocumentBridge) -> int:
    """Put the fixes of these findings at the end of the menu; returns how many there are."""
    found = [fix for diagnostic in diagnostics for fix in diagnostic.fixes][:MOST]
    fixes = {f"{menu.objectName()}_fix_{number}": fix for number, fix in enumerate(found)}
    for name, fix in fixes.items():
        entry = menu.addAction(f"Fix: {fix.label}\t{fix.gives}" if fix.gives else f"Fix: {fix.label}")
        entry.setObjectName(name)
        entry.setToolTip(f"{fix.label}: {fix.gives}" if fix.gives else fix.label)
        entry.triggered.connect(partial(_make, bridge, fix))
        set_icon(entry, "fix")
    if fixes:
        menu.hovered.connect(partial(_point, menu, bridge, fixes))
        menu.aboutToHide.connect(partial(bridge.fix_preview.leave, menu))
    return len(fixes)


def _make(bridge: DocumentBridge, fix: Fix) -> None:
    bridge.do(fix.edit())


def _point(menu: QMenu, bridge: DocumentBridge, fixes: dict[str, Fix], entry: QAction) -> None:
    fix = fixes.get(entry.objectName())
    if fix is None:
        bridge.fix_preview.leave(menu)
    else:
        bridge.fix_preview.point_at(fix, menu, takes_keys=False)
