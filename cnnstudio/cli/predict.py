"""`cnnstudio predict`: what the network of a run says of files that it has never seen."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.cli.output import quiet, say, tell
from cnnstudio.cli.runs import add_run, frozen, run_folder
from cnnstudio.cli.trained import add_weights, checked_weights, learned
from cnnstudio.cli.verb import AT_FAULT, OK, UsageError, Verb
from cnnstudio.core.data.info import Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.engine.using.predicting import Answer, Predictor

_TOLD = 3
"""Classes that a line of text names."""
_LEAST = 0.3


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f'must be a number from 0 to 1, not "{text[:60]}"')
    return value


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="images, signals or NumPy arrays (.npy, one sample or several), or a folder of them",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="a folder to write masks, boxes or the samples that come out to"
    )
    parser.add_argument(
        "--least", metavar="S", type=_share, default=_LEAST, help=f"least score of a box (default: {_LEAST})"
    )
    add_weights(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object a sample instead of text")


# What is said of an answer


def record(answer: Answer, info: DataInfo, written: Path | None = None) -> dict[str, Any]:
    """The JSON object of an answer."""
    sample = answer.sample
    told: dict[str, Any] = {"file": str(sample.path), "index": sample.number, "found": list(answer.found)}
    names, values = info.class_names, answer.values
    match info.task:
        case Task.CLASSIFICATION:
            told |= {"answer": names[int(values.argmax())], "classes": dict(zip(names, values.tolist(), strict=True))}
        case Task.MULTILABEL:
            chances = dict(zip(names, values.tolist(), strict=True))
            told |= {"answers": [name for name, chance in chances.items() if chance > 0.5], "classes": chances}
        case Task.SEGMENTATION:
            told |= {"classes": _areas(answer, names)}
        case Task.DETECTION:
            told |= {"boxes": [_box(line, names) for line in values.tolist()]}
        case Task.RECONSTRUCTION:
            told |= {"change": answer.change}
    return told | ({"written": str(written)} if written is not None else {})


def _areas(answer: Answer, names: Sequence[str]) -> dict[str, float]:
    """The share of each class that is there, the largest first; what the network did not see counts for nothing."""
    seen = answer.values[answer.values >= 0].ravel()
    counts = {name: int((seen == index).sum()) for index, name in enumerate(names)}
    found = sorted(((count, name) for name, count in counts.items() if count), key=lambda pair: -pair[0])
    return {name: count / max(1, seen.size) for count, name in found}


def _box(line: Sequence[float], names: Sequence[str]) -> dict[str, Any]:
    left, top, right, bottom, kind, score = line
    edges = {"left": left, "top": top, "right": right, "bottom": bottom}
    return {"class": names[int(kind)], "score": score, **{name: round(value, 2) for name, value in edges.items()}}


def text(answer: Answer, info: DataInfo, written: Path | None = None) -> str:
    """The same for a person to read."""
    told = record(answer, info)
    place = f" → {written}" if written is not None else ""
    return f"{answer.sample.name}: {_words(told, info.task)}{place}"


def _words(told: dict[str, Any], task: Task) -> str:
    if task is Task.DETECTION:
        boxes = [
            f"\n  {b['class']} {b['score']:.2f}: {b['left']:.0f}, {b['top']:.0f} to {b['right']:.0f}, {b['bottom']:.0f}"
            for b in told["boxes"]
        ]
        return "".join(boxes).lstrip() if len(boxes) == 1 else "".join(boxes) or "nothing found"
    if task is Task.RECONSTRUCTION:
        return f"changed by {told['change']:.4f} on average"
    shares: dict[str, float] = told["classes"]
    if task is Task.MULTILABEL:
        named = ", ".join(f"{name} ({_percent(shares[name])})" for name in told["answers"])
        return named or f"none of the classes; likeliest {_best(shares, 1)}"
    return _best(shares, _TOLD)


def _best(shares: dict[str, float], count: int) -> str:
    first = sorted(shares.items(), key=lambda pair: -pair[1])[:count]
    return ", ".join(f"{name} ({_percent(share)})" for name, share in first)


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


# Going through the files


def _files(given: Sequence[str], rank: int) -> list[Path]:
    """The files, and of a folder those directly in it whose ending says that the network can take them."""
    from cnnstudio.engine.using.new_samples import endings

    found: list[Path] = []
    for name in given:
        path = Path(name).expanduser()
        if not path.is_dir():
            found.append(path)
            continue
        within = sorted(p for p in path.iterdir() if p.is_file() and p.suffix.lower() in endings(rank))
        if not within:
            told = ", ".join(sorted(endings(rank)))
            raise UsageError(f'"{path}" holds no file that the network can take: their names end in {told}.')
        found += within
    return found


def _answers(predictor: Predictor, files: Sequence[Path]) -> Iterator[Answer | str]:
    """The answers for all files; a sentence for one that cannot be used, and the others go on."""
    from cnnstudio.engine.scan.listing import ReadError

    for path in files:
        try:
            yield from predictor.answers(path)
        except ReadError as error:
            yield str(error)


def _written(answer: Answer, info: DataInfo, out: Path | None) -> Path | None:
    from cnnstudio.engine.using.answer_files import write_answer

    try:
        return write_answer(answer, info.task, out) if out is not None else None
    except FileExistsError as error:
        raise UsageError(str(error)) from error


def _tell_all(predictor: Predictor, files: Sequence[Path], args: argparse.Namespace) -> int:
    """Print an answer after the other; the number of files that could not be used."""
    info, unusual, failed = predictor.info, 0, 0
    for answer in _answers(predictor, files):
        if isinstance(answer, str):
            failed += 1
            tell(f"cnnstudio: {answer}")
            continue
        unusual += predictor.is_unusual(answer)
        written = _written(answer, info, args.out)
        said = json.dumps(record(answer, info, written)) if args.json else text(answer, info, written)
        say(said)
    if unusual:
        sizes = " × ".join(f"{n:,}" for n in info.input_shape[:-1])
        tell(
            f"Warning: {unusual:,} {'sample has' if unusual == 1 else 'samples have'} another size than {sizes}, which "
            "all had in training, and had to be resized."
        )
    return failed


def _run(args: argparse.Namespace) -> int:
    which, folder = checked_weights(args.weights), run_folder(args.run)
    info = frozen(folder).data.info()
    if args.out is not None and args.out.exists() and not args.out.is_dir():
        raise UsageError(f"{args.out} is a file: name a folder with --out.")
    files = _files(args.files, info.rank)
    with quiet(), learned():
        from cnnstudio.engine.using.predicting import Predictor
        from cnnstudio.engine.using.trained import open_run

        predictor = Predictor(open_run(folder), which, least=args.least)
        failed = _tell_all(predictor, files, args)
    return AT_FAULT if failed else OK


VERB = Verb(
    "predict",
    "let the network of a run answer for new files",
    "Prepares files as the run's samples were prepared and prints what the network says of each: classes with their "
    "shares, boxes in pixels of the file, areas of masks. With --out, masks and pictures are written as .png, boxes as "
    "text as YOLO has it, other arrays as .npy, under the names of the files; nothing is written over. Exit code 1 "
    "when a file could not be used; the others are answered all the same.",
    _arguments,
    _run,
)
