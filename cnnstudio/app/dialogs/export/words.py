"""What the export dialog says of options and of what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.app.format import count, share, size_of
from cnnstudio.core.exporting import FORMATS
from cnnstudio.core.metrics import metric_title, metric_value

if TYPE_CHECKING:
    from cnnstudio.core.exporting import ExportFormat, Quantisation
    from cnnstudio.wire.messages import Exported

KINDS = {"model": "Models", "weights": "Numbers", "code": "Code", "picture": "Pictures and tables"}
"""Kind of a form -> the heading over its forms."""
QUANTISATIONS: dict[Quantisation, tuple[str, str]] = {
    "none": ("None", "Weights and values are float32, as they were trained."),
    "float16": ("Float16", "Weights are kept in 16 bits: half the size, and hardly any difference."),
    "dynamic": ("Dynamic range", "Weights are kept in 8 bits, values are computed in float32: a quarter of the size."),
    "int8": (
        "Full int8",
        "Weights and values are in 8 bits, their ranges measured on training samples: a quarter of the size, and the "
        "only form for many microcontrollers. Quality is measured before and after.",
    ),
}
"""Quantisation -> its name on a button, and what it does."""
WEIGHTS = {
    "last": ("Last epoch", "The weights that the run ended with, which were tested."),
    "best": ("Best epoch", "The weights of the epoch that was best on validation."),
}
SAME = 1e-5
"""Outputs that differ by less are the same for every use."""


def title_of(done: Exported) -> str:
    """What happened, as a heading."""
    return f"{Path(done.path).name} is written"


def verdict(done: Exported) -> tuple[str, str]:
    """How the file compares with the network, and the tone for it."""
    if done.max_abs_difference is None or done.agreement is None:
        return "", ""
    by = f"Opened again by {done.runtime}, the file" if done.runtime else "Opened again, the file"
    same = done.max_abs_difference <= SAME and done.agreement >= 1.0
    if same:
        return f"{by} gives the same predictions as the network here.", "ok"
    if done.agreement >= 1.0:
        return f"{by} comes to the same predictions; its outputs differ a little.", "ok"
    tone = "" if done.metric else "warning"  # where it is the price of quantisation, quality says what it comes to
    return f"{by} differs from the network here on {share_of(1.0 - done.agreement)} of the predictions.", tone


def share_of(part: float) -> str:
    """A share in per cent that never rounds to all or nothing."""
    if 0.999 < part < 1.0:
        return f"{100 * part:.3f} %" if part < 0.999995 else "nearly 100 %"
    return share(round(part * 1_000_000), 1_000_000)


def facts(done: Exported) -> list[tuple[str, str]]:
    """Name and value of all that is known of a file, in the order in which it is shown."""
    path = Path(done.path)
    size = size_of(done.bytes)
    if done.bytes_before:
        size += f" ({size_of(done.bytes_before)} without quantisation)"
    found = [("File", str(path)), ("Size", size)]
    if done.max_abs_difference is not None and done.agreement is not None:
        on = f"on {count(done.samples)} samples of noise" if done.stand_in else f"on {count(done.samples)} test samples"
        found += [
            ("Opened again by", done.runtime or "Keras"),
            ("Largest difference", f"{done.max_abs_difference:.2g}, {on}"),
            ("Equal predictions", share_of(done.agreement)),
        ]
    if done.metric and done.quality_before is not None and done.quality_after is not None:
        before, after = (metric_value(done.metric, value) for value in (done.quality_before, done.quality_after))
        found.append((metric_title(done.metric), f"{before} before, {after} after"))
    if done.files:
        found.append(("Beside it", ", ".join(_beside(path, Path(file)) for file in done.files)))
    return found


def notes(done: Exported) -> list[str]:
    """What is worth knowing of a file, a sentence each."""
    told = list(done.notes)
    if done.stand_in:
        told.insert(0, "The files of the data are not there any more, so the file was compared on noise.")
    return told


def message(done: Exported) -> str:
    """The result in one sentence, for who has closed the dialog."""
    return " ".join(part for part in (f"{done.path} is written ({size_of(done.bytes)}).", verdict(done)[0]) if part)


def form_of(name: str) -> ExportFormat:
    """The form of that name; the first of all for a name that is none, as in old preferences."""
    return FORMATS.get(name, next(iter(FORMATS.values())))


def _beside(path: Path, file: Path) -> str:
    return file.name if file.parent == path.parent else str(file)
