"""Opening the window: what is missing is said in one sentence before Qt would abort or print a traceback."""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INSTEAD = "the commands check, train, code and export of cnnstudio work without one"

QT_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
}
"""Library -> Debian package: what Qt's own libraries need. Qt itself names one at a time, and for xcb a wrong one."""

X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""What Qt's platform plugin for X11 needs on top."""


BEFORE_QT = (
    "cnnstudio.core.edits",
    "cnnstudio.core.analysis.lint",
    "cnnstudio.core.formats.presets",
    "cnnstudio.wire.run_state",
)
"""Imported ahead of Qt, since PySide6 reads the source of each module that is imported after it."""


def run_window(path: str | Path | None = None) -> int:
    """Open the window, with the experiment file at `path` if one is given, and return the exit code.

    Where no window can open: one sentence on stderr that says what to install or do, and exit code 2.
    """
    problem = why_no_window(os.environ, sys.platform)
    if problem:
        return _refuse(problem)
    try:
        load_window()
        from cnnstudio.app.application import run_application
    except ImportError as error:
        return _refuse(why_not_imported(error))
    return run_application(Path(path) if path is not None else None, _refuse)


def load_window() -> None:
    """Import the window's modules in the order and manner that take least time. Raises ImportError."""
    gc.disable()  # what is imported stays, so there is nothing to collect
    try:
        for name in BEFORE_QT:
            importlib.import_module(name)
        importlib.import_module("cnnstudio.app.application")
    finally:
        gc.freeze()
        gc.enable()


def why_no_window(environment: Mapping[str, str], platform: str) -> str:
    """Why Qt could not open a window here, "" when nothing is known to be in the way."""
    if importlib.util.find_spec("PySide6") is None:
        return 'The window needs PySide6, which is not installed: run "pip install PySide6-Essentials".'
    if not platform.startswith("linux"):
        return ""
    chosen = environment.get("QT_QPA_PLATFORM", "").partition(":")[0].partition(";")[0]
    display, wayland = environment.get("DISPLAY", ""), environment.get("WAYLAND_DISPLAY", "")
    if not (chosen or display or wayland):
        return (
            "There is no screen for the window (neither DISPLAY nor WAYLAND_DISPLAY is set): start it from a desktop "
            f"session; {INSTEAD}."
        )
    known = _platforms()
    if chosen and known and chosen not in known:
        return f'QT_QPA_PLATFORM is "{chosen}", which Qt does not have: unset it, or use one of {", ".join(known)}.'
    on_x11 = chosen == "xcb" or (not chosen and not wayland)
    missing = missing_packages({**QT_LIBRARIES, **(X11_LIBRARIES if on_x11 else {})})
    if missing:
        return f'The window needs system libraries that are missing: run "sudo apt install {" ".join(missing)}".'
    if on_x11 and not _reaches_x_server(display):
        return f'The screen "{display}" that DISPLAY names cannot be reached: check that its X server runs; {INSTEAD}.'
    return ""


def missing_packages(libraries: Mapping[str, str]) -> list[str]:
    """Debian packages of those libraries that cannot be loaded."""
    return [package for library, package in libraries.items() if not _loads(library)]


def why_not_imported(error: ImportError) -> str:
    """What to do about Qt's own libraries failing to load."""
    text = str(error)
    library = text.partition(":")[0].strip()
    if ".so" in library:
        package = {**QT_LIBRARIES, **X11_LIBRARIES}.get(library)
        advice = f'run "sudo apt install {package}"' if package else f"install the system package that holds {library}"
        return f"The window needs the system library {library}, which is missing: {advice}."
    return f"The window's libraries cannot be loaded ({text}): install CNN Studio again in a fresh environment."


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _platforms() -> list[str]:
    spec = importlib.util.find_spec("PySide6")
    places: Iterable[str] = (spec.submodule_search_locations or ()) if spec is not None else ()
    found = (p.stem.removeprefix("libq") for place in places for p in Path(place).glob("Qt/plugins/platforms/libq*.so"))
    return sorted(found)


def _reaches_x_server(display: str) -> bool:
    """Ask as Qt will: Qt aborts the process when the answer is no."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # then Qt's own libraries bring theirs; let it try
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode() or None, None)
    reached = int(xcb.xcb_connection_has_error(connection)) == 0
    xcb.xcb_disconnect(connection)
    return reached


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"cnnstudio: {sentence}\n")
    return 2
