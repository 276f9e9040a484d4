"""The colours of both looks. Nothing else in the application writes a colour down,
and only the families' own on paper lie lower, as drawings for print need them without a window.

Families are of equal lightness (OKLab L 0.55 to 0.61 in light, 0.71 to 0.77 in dark) and were placed by search so that
any two of them stay apart for normal, deuteranopic and protanopic eyes; tests hold that.
"""

from __future__ import annotations

import enum

from cnnstudio.core.placing.colours import ON_PAPER


class Role(enum.Enum):
    """What a colour is for."""

    WINDOW = "window"
    SURFACE = "surface"
    RAISED = "raised"
    CANVAS = "canvas"
    GRID = "grid"
    BORDER = "border"
    TEXT = "text"
    MUTED = "muted"
    DISABLED = "disabled"
    ACCENT = "accent"
    ON_ACCENT = "on_accent"
    SELECTION = "selection"
    HOVER = "hover"
    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"
    OK = "ok"
    EDGE = "edge"
    CURVE_1 = "curve_1"
    CURVE_2 = "curve_2"


LIGHT_COLORS = {
    Role.WINDOW: "#eef0f4",
    Role.SURFACE: "#ffffff",
    Role.RAISED: "#f6f7fa",
    Role.CANVAS: "#f8f9fb",
    Role.GRID: "#e3e6ec",
    Role.BORDER: "#ced4de",
    Role.TEXT: "#1b2230",
    Role.MUTED: "#596273",
    Role.DISABLED: "#9aa2b1",
    Role.ACCENT: "#2456c4",
    Role.ON_ACCENT: "#ffffff",
    Role.SELECTION: "#d6e2fb",
    Role.HOVER: "#e4e8f0",
    Role.ERROR: "#b3261e",
    Role.WARNING: "#8a5200",
    Role.HINT: "#2456c4",
    Role.OK: "#1b6e3c",
    Role.EDGE: "#8a94a6",
    Role.CURVE_1: "#2456c4",
    Role.CURVE_2: "#b35309",
}

DARK_COLORS = {
    Role.WINDOW: "#171a20",
    Role.SURFACE: "#1e222a",
    Role.RAISED: "#272c36",
    Role.CANVAS: "#14171c",
    Role.GRID: "#23272f",
    Role.BORDER: "#3a414e",
    Role.TEXT: "#e6e9ef",
    Role.MUTED: "#a3adbd",
    Role.DISABLED: "#666f7f",
    Role.ACCENT: "#7aa7ff",
    Role.ON_ACCENT: "#0d1a30",
    Role.SELECTION: "#283c63",
    Role.HOVER: "#2f3541",
    Role.ERROR: "#ff8a80",
    Role.WARNING: "#f2b84b",
    Role.HINT: "#7aa7ff",
    Role.OK: "#6fd08c",
    Role.EDGE: "#6f7a8c",
    Role.CURVE_1: "#7aa7ff",
    Role.CURVE_2: "#f5a35c",
}

LIGHT_FAMILIES = ON_PAPER

DARK_FAMILIES = {
    "Data": "#b99a8d",
    "Convolution": "#6d9fff",
    "Pooling": "#0dc6f8",
    "Normalisation": "#c480e9",
    "Activation": "#fc8404",
    "Regularisation": "#a3aa35",
    "Merge": "#fe6a71",
    "Reshape": "#8cc3a1",
    "Dense": "#ff85c6",
    "Composite": "#b4acdf",
    "Output": "#58ce5b",
    "Unknown": "#a5a5af",
}

SERIES = ("Convolution", "Merge", "Dense", "Pooling", "Activation", "Regularisation", "Output", "Composite")
"""Families whose colours stand for runs that are compared: those that lie farthest from the ones before come first."""
