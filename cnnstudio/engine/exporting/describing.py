"""What goes along with a model: how to prepare samples for it and read its answers, and a program that does so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.code.example import example
from cnnstudio.core.formats.sidecar import Sidecar, sidecar_of, sidecar_text

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.exporting import Wish
    from cnnstudio.engine.exporting.material import Material


def told_of(material: Material, wish: Wish) -> Sidecar:
    """What a person has to know of the file."""
    standardised = {name.removeprefix("channel_"): tuple(v) for name, v in material.finish.plain().items()}
    return sidecar_of(
        wish,
        material.experiment,
        material.program,
        material.data.info,
        white=material.front.white,
        epoch=material.epoch,
        **standardised,
    )


def describe(material: Material, wish: Wish, room: Path) -> tuple[Path, ...]:
    """Write what lies beside a file of that form into the room; what was written."""
    if not wish.beside:
        return ()
    sidecar = told_of(material, wish)
    made = [room / wish.sidecar.name]
    made[0].write_text(sidecar_text(sidecar), encoding="utf-8")
    if wish.example:
        made.append(room / wish.example_program.name)
        made[1].write_text(example(sidecar, wish.sidecar.name, material.served_program), encoding="utf-8")
    return tuple(made)
