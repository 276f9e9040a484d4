"""Figures and their numbers as files of the person's: asked for by name, written whole, and told in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from cnnstudio.app.theme.theme import LIGHT
from cnnstudio.core.formats.storage import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.theme import Theme

FORMS = {"png": "PNG image (*.png)", "svg": "SVG drawing (*.svg)", "pdf": "PDF document (*.pdf)"}


def ask_path(parent: QWidget, title: str, stem: str, forms: Mapping[str, str] = FORMS) -> Path | None:
    """Where to save: a path whose suffix names one of the forms, unless the person wrote another; None to leave it."""
    name, chosen = QFileDialog.getSaveFileName(parent, title, f"{stem}.{next(iter(forms))}", ";;".join(forms.values()))
    if not name:
        return None
    form = next((f for f, described in forms.items() if described == chosen), next(iter(forms)))
    path = Path(name)
    return path if path.suffix else path.with_suffix(f".{form}")


def save_figure(path: Path, drawn: Callable[[Theme, str], bytes]) -> tuple[bool, str]:
    """Write a figure, in light colours as paper has them; the suffix names the format.

    `drawn` gives the figure as a file of that form. Whether it was written, and the sentence that says so or why not.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMS:
        return False, f'A figure can be saved as .png, .svg or .pdf, not as "{path.suffix}": change the name.'
    return save_file(path, drawn(LIGHT, form), "figure")


def save_file(path: Path, data: bytes, what: str) -> tuple[bool, str]:
    """Write a file whole. Whether it was written, and the sentence that says so or why not."""
    try:
        write_atomic(path, data)
    except OSError as error:
        return False, f"The {what} was not saved to {path}: {error.strerror or error}. Choose another folder."
    return True, f"{what.capitalize()} saved to {path}"
