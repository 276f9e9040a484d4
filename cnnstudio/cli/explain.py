"""`cnnstudio explain`: why the network of a run answers as it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.cli.output import on_terminal, quiet, redraw, say, tell
from cnnstudio.cli.progress import CLEAR
from cnnstudio.cli.runs import add_run, frozen, run_folder
from cnnstudio.cli.trained import learned
from cnnstudio.cli.verb import OK, CommandError, UsageError, Verb
from cnnstudio.core.data.facts import PARTS
from cnnstudio.core.declare import Form, closest
from cnnstudio.core.explaining import METHODS
from cnnstudio.core.formats.storage import write_atomic
from cnnstudio.wire.messages import Sample

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import numpy as np

    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.explaining import Method
    from cnnstudio.wire.messages import Explained, ExplanationProgress
    from cnnstudio.wire.messages.inspection import Setting

_ENDING = ".png"
_FIRST = "validation:0"
_TOLD = {
    "score": ("score", "{:.4g}"),
    "share": ("share", "{:.1%}"),
    "cells": ("places with this class", "{:,.0f}"),
    "baseline": ("score of the empty sample", "{:.4g}"),
    "gap": ("unexplained", "{:.2%}"),
    "samples": ("steps", "{:,.0f}"),
    "fall": ("largest fall", "{:.4g}"),
    "patches": ("patches", "{:,.0f}"),
    "start": ("score at the start", "{:.4g}"),
}
"""What is said of an answer's numbers, in this order; --json has them all."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help="an image, signal or NumPy array (.npy)")
    parser.add_argument(
        "--sample", metavar="PART:INDEX", help=f"a sample of the run's data instead (default: {_FIRST})"
    )
    names = ", ".join(METHODS)
    parser.add_argument("--method", metavar="M", default="grad-cam", help=f"one of: {names} (default: grad-cam)")
    parser.add_argument("--block", metavar="B", default="", help="id of a block (default: the last that gives maps)")
    parser.add_argument("--channel", metavar="N", type=int, default=-1, help="a channel of the block, from 0")
    parser.add_argument(
        "--target", metavar="C", help="name or number of a class (default: the one that the network gives)"
    )
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="a setting of the method; can be repeated"
    )
    parser.add_argument("--out", metavar="PNG", type=Path, help="the picture to write")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


# What was asked for


def _method(text: str) -> type[Method]:
    if text not in METHODS:
        raise UsageError(f'There is no method "{text[:60]}". {closest(text, METHODS)}')
    return METHODS[text]


def _sample(file: Path | None, text: str | None) -> Sample | Path:
    if file is not None and text is not None:
        raise UsageError("A file and --sample were given: name one of them.")
    if file is not None:
        return file
    part, colon, index = (text or _FIRST).partition(":")
    if part not in PARTS:
        raise UsageError(f'There is no part "{part[:60]}" of the data. {closest(part, PARTS)}')
    if not colon or not index.isdecimal():
        raise UsageError(f'--sample takes a part and a number, as in {_FIRST}, not "{(text or "")[:60]}".')
    return Sample(part, int(index))


def _block(text: str, experiment: Experiment) -> str:
    blocks = experiment.architecture.blocks
    if text and text not in blocks:
        raise UsageError(f'There is no block "{text[:60]}" in the network. {closest(text, blocks)}')
    return text


def _target(text: str | None, info: DataInfo) -> int:
    """A class by its name, which may be a number itself, or by its number."""
    names = info.class_names
    if text is None:
        return -1
    if not names:
        raise UsageError("The network gives back samples, not classes: leave --target out.")
    if text in names:
        return names.index(text)
    if text.isdecimal() and int(text) < len(names):
        return int(text)
    raise UsageError(f'There is no class "{text[:60]}". {closest(text, names)}')


def _settings(given: Sequence[str], method: type[Method]) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for each in given:
        name, equals, text = each.partition("=")
        parameter = method.parameter(name)
        if not equals or parameter is None:
            known = [p.name for p in method.parameters]
            hint = closest(name, known) if known else "It has none."
            raise UsageError(f'{method.title} has no setting "{each[:60]}". {hint}')
        try:
            kind = {Form.INTEGER: int, Form.NUMBER: float}.get(parameter.form, str)
            value: Setting = kind(text)
        except ValueError:
            value = text
        if problem := parameter.problem(value):
            raise UsageError(f"{method.title}: {problem}")
        found[name] = value
    return found


def _checked_out(path: Path | None) -> Path | None:
    if path is None:
        return None
    if path.suffix.lower() != _ENDING:
        raise UsageError(f'The name of the picture ends in {_ENDING}, but "{path.name}" does not.')
    if path.exists():
        raise UsageError(f"{path} is there already: name another file, so that nothing is lost.")
    return path


# What is said of it


class _Bar:
    """How far the work is, on a line of the terminal that is written over."""

    def __init__(self) -> None:
        self._shown = on_terminal()

    def __call__(self, event: ExplanationProgress) -> None:
        if self._shown:
            redraw(f"{CLEAR}{event.done:,} of {event.total:,}")

    def close(self) -> None:
        """Leave the line empty."""
        if self._shown:
            redraw(CLEAR)


def record(answer: Explained, wish: dict[str, Any], info: DataInfo, out: Path | None) -> dict[str, Any]:
    """The JSON object of an explanation."""
    named = info.class_names[answer.target] if answer.target >= 0 else None
    told = {**wish, "method": answer.method, "block": answer.block or None, "class": named, "numbers": answer.numbers}
    shape = list(answer.picture.shape)
    return told | {"shape": shape, **({"written": str(out)} if out is not None else {})}


def text(answer: Explained, info: DataInfo, channel: int = -1) -> str:
    """The same for a person to read, on one line."""
    numbers = answer.numbers
    told = [f"{word} {form.format(numbers[name])}" for name, (word, form) in _TOLD.items() if name in numbers]
    if answer.method == "grad-cam" and not answer.picture.any():
        told.append("no place speaks for it")
    return f"{heading(answer, info, channel)}: {', '.join(told)}".replace("%", " %")


def heading(answer: Explained, info: DataInfo, channel: int = -1) -> str:
    """What was explained, and by what."""
    where = f", {answer.block}" if answer.block else ""
    where += f", channel {channel}" if METHODS[answer.method].about == "channel" else ""
    what = f", class {info.class_names[answer.target]}" if answer.target >= 0 else ""
    return f"{METHODS[answer.method].title}{where}{what}"


def _run(args: argparse.Namespace) -> int:
    method, sample, out = _method(args.method), _sample(args.file, args.sample), _checked_out(args.out)
    settings, folder = _settings(args.set, method), run_folder(args.run)
    experiment = frozen(folder)
    info = experiment.data.info()
    block, target = _block(args.block, experiment), _target(args.target, info)
    if method.about == "channel" and (not block or args.channel < 0):
        raise UsageError(f"{method.title} is about a channel of a block: name it with --block and --channel.")
    with quiet(), learned():
        from cnnstudio.engine.using.explaining import Wish, explain_run
        from cnnstudio.engine.using.trained import open_run

        bar = _Bar()
        try:
            wish = Wish(args.method, sample, block, args.channel, target, settings)
            answer, inputs = explain_run(open_run(folder), wish, bar)
        finally:
            bar.close()
    if out is not None:
        _write(out, answer, inputs, heading(answer, info, args.channel))
    named = {"run": str(folder), "sample": str(sample) if isinstance(sample, Path) else f"{sample.part}:{sample.index}"}
    say(json.dumps(record(answer, named, info, out)) if args.json else text(answer, info, args.channel))
    if out is not None and not args.json:
        tell(f"Wrote {out}.")
    return OK


def _write(out: Path, answer: Explained, inputs: np.ndarray, title: str) -> None:
    from cnnstudio.engine.using.explained_figure import explained_png

    method = METHODS[answer.method]
    box = [answer.numbers[edge] for edge in ("left", "top", "right", "bottom") if edge in answer.numbers]
    drawn = explained_png(answer.picture, inputs, title, signed=method.signed, sample=method.makes_sample, box=box)
    try:
        write_atomic(out, drawn)
    except OSError as error:
        raise CommandError(f"{out} could not be written: {error.strerror or error}.") from error


VERB = Verb(
    "explain",
    "show why the network of a run answers as it does",
    "Explains what the network says of a sample of the run's data, or of a file, which is prepared as they were: where "
    "maps speak for a class (grad-cam), what each place adds to the score (integrated-gradients), how the score falls "
    "where the sample is covered (occlusion), and what a channel of a block looks for (activation-maximisation). "
    "Prints the numbers; with --out the picture is written. Nothing in the run's folder changes.",
    _arguments,
    _run,
)
