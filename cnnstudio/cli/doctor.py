"""`cnnstudio doctor`: what is installed, what can train, and what is missing."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING

from cnnstudio import __version__
from cnnstudio.cli.output import quiet, say
from cnnstudio.cli.verb import MISUSE, OK, Verb
from cnnstudio.core.exporting import FORMATS
from cnnstudio.core.formats.presets import presets
from cnnstudio.core.formats.storage import data_folder, runs_folder
from cnnstudio.core.formats.weights_store import kept, store_folder

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from cnnstudio.core.exporting import ExportFormat

PACKAGES = (
    "tensorflow", "keras", "numpy", "PySide6-Essentials", "matplotlib", "scikit-learn", "msgspec", "pillow",
    "safetensors", "tensorboardX",
)  # fmt: skip


@dataclass
class Findings:
    """What was found, in the order in which it is said."""

    versions: dict[str, str] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    """Form of export that needs a package of its own -> that it can be written, or what to install."""
    gpu: str = ""
    """Why no GPU is used and what to do; "" when one can be."""
    window: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    presets: int = 0
    faults: list[str] = field(default_factory=list)
    """What keeps some part of the studio from working, and what to do about it."""


def _versions(found: Findings) -> None:
    found.versions["CNN Studio"] = __version__
    found.versions["Python"] = ".".join(map(str, sys.version_info[:3]))
    for package in PACKAGES:
        try:
            found.versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found.versions[package] = "not installed"
            found.faults.append(f"{package} is not installed: install CNN Studio again in this environment.")


def _exports(found: Findings) -> None:
    """What is missing here is no fault: not everybody needs every form."""
    for form in FORMATS.values():
        if form.packages:
            found.exports[form.title] = f"missing: {form.pip}" if form.missing else _with_versions(form)


def _with_versions(form: ExportFormat) -> str:
    told = []
    for package in form.packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            told.append(f"{package.distribution} {metadata.version(package.distribution)}")
    return ", ".join(told)


def _devices(found: Findings) -> None:
    """Ask TensorFlow, which takes some seconds to load."""
    try:
        with quiet():
            from cnnstudio.engine.devices import diagnose

            report = diagnose()
    except ImportError as error:
        found.faults.append(f"TensorFlow cannot be loaded ({error}): install CNN Studio again in this environment.")
        return
    found.devices.update((device.id, device.name) for device in report.devices)
    found.gpu = " ".join(part for part in (report.reason, report.advice) if part)


def _window(found: Findings) -> None:
    from cnnstudio.app.start import QT_LIBRARIES, X11_LIBRARIES, missing_packages, why_no_window

    missing = missing_packages({**QT_LIBRARIES, **X11_LIBRARIES}) if sys.platform.startswith("linux") else []
    found.window["system libraries"] = f"missing: {', '.join(missing)}" if missing else "all there"
    problem = why_no_window(os.environ, sys.platform)
    found.window["can open"] = f"no. {problem}" if problem else "yes"
    if missing:
        found.faults.append(
            f"Qt needs system libraries that are missing: on Debian or Ubuntu run "
            f'"sudo apt install {" ".join(missing)}"; every verb works without a window meanwhile.'
        )


def _folders(found: Findings) -> None:
    for name, folder in (("data", data_folder()), ("runs", runs_folder())):
        problem = _why_not_writable(folder)
        found.folders[name] = f"{folder} ({problem or 'writable'})"
        if problem:
            found.faults.append(f"{folder} {problem}: change that, or set CNNSTUDIO_HOME to another folder.")
    files, size = kept()
    found.folders["weights"] = f"{store_folder()} ({files:,} {'file' if files == 1 else 'files'}, {size:,} bytes)"
    found.presets = sum(1 for preset in presets() if not preset.user)
    if not found.presets:
        found.faults.append("No shipped presets were found: install CNN Studio again.")


def _why_not_writable(folder: Path) -> str:
    """Why files cannot be made in `folder`, which need not be there yet; "" when they can."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not there.is_dir():
        return f"cannot be made, as {there} is a file"
    return "" if os.access(there, os.W_OK | os.X_OK) else "cannot be written"


def examine() -> Findings:
    """Everything, the slow question for devices last."""
    found = Findings()
    for part in (_versions, _exports, _folders, _window, _devices):
        part(found)
    return found


def _section(title: str, rows: dict[str, str]) -> list[str]:
    width = max((len(name) for name in rows), default=0)
    return [title, *(f"  {name.ljust(width)}  {value}" for name, value in rows.items()), ""]


def told(found: Findings) -> str:
    """The findings as a person reads them."""
    lines = [*_section("Versions", found.versions), *_section("Devices", found.devices)]
    if found.gpu:
        lines[-1:] = [f"  No GPU is used. {found.gpu}", ""]
    lines += _section("Exports beyond Keras, TensorFlow and code", found.exports)
    lines += [*_section("Window", found.window), *_section("Folders", found.folders)]
    lines[-1:] = [f"  {found.presets} shipped presets", ""]
    if found.faults:
        lines += ["What to mend", *(f"  {fault}" for fault in found.faults)]
    else:
        lines.append("Everything CNN Studio needs is here")
    return "\n".join(lines)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _run(args: argparse.Namespace) -> int:
    found = examine()
    say(json.dumps(vars(found), indent=2) if args.json else told(found))
    return MISUSE if found.faults else OK


VERB = Verb(
    "doctor",
    "say what is installed, which devices can train, and what is missing",
    "Looks at versions, devices, the system libraries that Qt needs, and the folders the studio writes to. It says why "
    "no GPU is used, if none is, and what to do. Exit code 2 when something is missing.",
    _arguments,
    _run,
)
