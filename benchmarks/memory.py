"""The memory that a run is told to need against the memory that it took: every preset and many random networks.

Run: python benchmarks/memory.py [--nets 60] [--presets] [--seed 0] [--json FILE]

Each network is trained for three short epochs in a process of its own, which has trained something tiny before, as the
worker has. Every fourth of the random ones has millions of weights and little else.

What counts is the highest resident memory on the way, less what the process took when the run began. A ratio below 1
would be a run that is let in and does not fit; above 2, a run that is refused although it would fit with half as much.
Linux only.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import importlib
import json
import multiprocessing
import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.core.analysis.lint import has_errors, lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.data.info import Task
from cnnstudio.core.declare import from_plain
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.presets import presets
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.optimizers import OPTIMIZERS
from cnnstudio.core.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_MOST_MACS = 8e9
"""Multiply-adds of one batch: a step is to take a second or two."""
_MOST_BYTES = 1.2e9
"""Of the results of all layers for one batch."""
_LEAST_WEIGHTS = {False: 0, True: 3_000_000}
"""By whether it is one of those with many weights."""
_EDGES = {1: (64, 2048), 2: (8, 128), 3: (6, 24)}
"""Shortest and longest edge of a sample by rank."""


def drawn(seed: int) -> Experiment:
    """A random network that can be trained, with any optimizer and batch size."""
    rng = random.Random(seed)
    heavy = seed % 4 == 3
    while True:
        experiment = _heavy(rng) if heavy else _tried(rng)
        design = trace(experiment.architecture, experiment.data.info())
        if has_errors(lint(design)):
            continue
        batch = experiment.training.batch_size
        bytes_of_batch = sum(b.activation_bytes for b in design.blocks.values()) * batch
        if (
            design.macs * batch < _MOST_MACS
            and bytes_of_batch < _MOST_BYTES
            and _LEAST_WEIGHTS[heavy] < design.params < 3e7
        ):
            return dataclasses.replace(experiment, name=f"random {seed}")


def _tried(rng: random.Random) -> Experiment:
    rank = rng.choice((1, 2, 2, 2, 3))
    low, high = _EDGES[rank]
    edge = round(low * (high / low) ** rng.random())
    shape = (*(edge for _ in range(rank)), rng.choice((1, 3)))
    blocks: list[tuple[str, dict[str, Any]]] = [_drawn_block(rng) for _ in range(rng.randint(1, 12))]
    blocks.append((rng.choice(("Flatten", "GlobalAveragePooling")), {}))
    if rng.random() < 0.5:
        blocks.append(("Dense", {"units": rng.choice((32, 128, 512, 2048)), "activation": "relu"}))
    return _trained_on(shape, blocks, rng)


def _heavy(rng: random.Random) -> Experiment:
    """Dense layers over all of a small sample: what takes memory are weights and their copies."""
    edge = rng.choice((16, 24, 32, 48))
    blocks: list[tuple[str, dict[str, Any]]] = [_drawn_block(rng) for _ in range(rng.choice((0, 0, 1)))]
    blocks.append(("Flatten", {}))
    widths = [rng.choice((256, 512, 1024, 2048, 4096)) for _ in range(rng.randint(1, 4))]
    blocks += [("Dense", {"units": width, "activation": "relu"}) for width in widths]
    return _trained_on((edge, edge, rng.choice((1, 3))), blocks, rng)


def _trained_on(shape: tuple[int, ...], blocks: list[tuple[str, dict[str, Any]]], rng: random.Random) -> Experiment:
    batch = rng.choice((8, 16, 32, 64, 128, 256))
    optimizer: Any = rng.choice(tuple(OPTIMIZERS))
    training = TrainingRecipe(batch_size=batch, optimizer=optimizer)
    source = Noise(shape=shape, classes=10, count=max(10, round(2.2 * batch / 0.7)))
    return Experiment("", "", (), _chain(shape, blocks), DataRecipe(source=source), training)


def _drawn_block(rng: random.Random) -> tuple[str, dict[str, Any]]:
    filters = rng.choice((8, 16, 32, 64, 128))
    kernel = rng.choice((1, 3, 3, 3, 5, 7))
    activation = rng.choice(("relu", "relu", "gelu", "silu", "tanh", "elu"))
    convolution = {"filters": filters, "kernel_size": kernel, "activation": activation}
    return rng.choice(
        (
            ("Convolution", convolution),
            ("Convolution", convolution),
            ("Convolution", convolution),
            ("Convolution", {**convolution, "strides": 2}),
            ("ConvNormActivation", {"filters": filters}),
            ("Residual", {"filters": filters}),
            ("SeparableConvolution", {"filters": filters}),
            ("DepthwiseConvolution", {}),
            ("TransposedConvolution", {"filters": rng.choice((8, 16, 32)), "strides": 2}),
            ("MaxPooling", {}),
            ("MaxPooling", {}),
            ("AveragePooling", {}),
            ("BatchNormalisation", {}),
            ("LayerNormalisation", {}),
            ("Dropout", {}),
            ("Activation", {"function": activation}),
            ("SqueezeExcite", {}),
            ("Inception", {}),
        )
    )


def _chain(shape: tuple[int, ...], blocks: list[tuple[str, dict[str, Any]]]) -> Architecture:
    placed: list[Block] = []
    for number, (kind, values) in enumerate((("Input", {"shape": shape}), *blocks, ("Output", {}))):
        id = {0: "input", len(blocks) + 1: "output"}.get(number, f"{kind.lower()}_{number}")
        placed.append(Block(id, from_plain(spec_class(kind), values, id), tuple(b.id for b in placed[-1:])))
    return Architecture.of(placed)


def shipped() -> list[Experiment]:
    """The presets on noise of the shape and task of their data: what is measured is memory, not learning."""
    found = []
    for known in presets():
        if known.experiment is None or known.user:
            continue
        experiment = known.experiment
        info, batch = experiment.data.info(), experiment.training.batch_size
        count = max(10, round(2.2 * batch / 0.7))
        task: Any = info.task.value if isinstance(info.task, Task) else info.task
        source = Noise(task=task, shape=info.input_shape, classes=max(2, info.classes), count=count)
        recipe = dataclasses.replace(experiment.data, source=source, split="auto")
        found.append(dataclasses.replace(experiment, name=known.id, data=recipe))
    return found


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"This system does not tell {name}: the benchmark needs Linux.")


def _measure(experiment: Experiment, answer: Connection) -> None:
    """In a process of its own: train, and send how much was told and how much was taken."""
    from cnnstudio.engine.estimate import needed_bytes
    from cnnstudio.engine.running.control import Control
    from cnnstudio.engine.running.training import train
    from cnnstudio.engine.warming import warm_up

    training = dataclasses.replace(experiment.training, epochs=3, device="cpu")
    experiment = dataclasses.replace(experiment, training=training)
    warm_up()
    gc.collect()
    design = trace(experiment.architecture, experiment.data.info())
    needed = needed_bytes(experiment, design)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    before = _status("VmRSS")
    with tempfile.TemporaryDirectory() as folder:
        train(experiment, Path(folder) / "run", lambda event: None, Control())
    answer.send({"name": experiment.name, "needed": needed, "taken": _status("VmHWM") - before})


def measured(experiment: Experiment) -> dict[str, Any]:
    """What a run was told to need, by part, and what it took, in bytes; {} where it failed."""
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_measure, args=(experiment, there))
    process.start()
    there.close()
    try:
        found: dict[str, Any] = here.recv()
    except EOFError:
        found = {}
    process.join()
    return found


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nets", type=int, default=60, help="how many random networks")
    parser.add_argument("--presets", action="store_true", help="every shipped preset, too")
    parser.add_argument("--seed", type=int, default=0, help="of the first network; the next has the next")
    parser.add_argument("--json", type=Path, help="file that gets one JSON object a line")
    asked = parser.parse_args(arguments)
    # Loaded once for all: a copy of this process costs nothing, as long as TensorFlow has not computed in it yet.
    for name in ("running.training", "warming"):
        importlib.import_module(f"cnnstudio.engine.{name}")

    experiments = shipped() if asked.presets else []
    experiments += [drawn(seed) for seed in range(asked.seed, asked.seed + asked.nets)]
    sys.stdout.write(f"{'network':24}{'told MB':>10}{'taken MB':>10}{'ratio':>8}\n")
    ratios = []
    for experiment in experiments:
        found = measured(experiment)
        if not found:
            sys.stdout.write(f"{experiment.name:24}{'failed':>10}\n")
            continue
        told = sum(found["needed"].values())
        ratios.append(told / found["taken"])
        sys.stdout.write(f"{experiment.name:24}{told / 1e6:>10.0f}{found['taken'] / 1e6:>10.0f}{ratios[-1]:>8.2f}\n")
        sys.stdout.flush()
        if asked.json:
            with asked.json.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found) + "\n")
    too_low, too_high = sum(r < 1 for r in ratios), sum(r > 2 for r in ratios)
    sys.stdout.write(
        f"{len(ratios)} networks: ratio {min(ratios):.2f} to {max(ratios):.2f}; {too_low} told too little, "
        f"{too_high} more than twice too much\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
